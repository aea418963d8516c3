// Compacts what is valid in a beat, order kept: a prefix sum counts the invalid places before each,
// then ceil(log2 PLACES) layers of shifters, the first by one place, each next by twice as many,
// move each payload by the bits of its count. No two meet in one place.
//
// A register stage for the prefix sum and for each layer; a beat a cycle. What is held at the
// output lets no beat in, and what is under way closes up behind it. in_ready_o depends on
// out_ready_i within the cycle.
module weft_zero_eliminator #(
  parameter  int unsigned PLACES     = 16,
  parameter  int unsigned WIDTH      = 12,  // of a payload
  localparam int unsigned COUNT_BITS = $clog2(PLACES + 1)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [PLACES*WIDTH-1:0] in_data_i,
  input  logic [PLACES-1:0]       in_keep_i,   // places that are valid
  input  logic                    in_last_i,

  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [PLACES*WIDTH-1:0] out_data_o,  // the valid ones first
  output logic [COUNT_BITS-1:0]   out_count_o, // how many
  output logic                    out_last_o
);

  localparam int unsigned Layers     = (PLACES <= 1) ? 0 : $clog2(PLACES);
  localparam int unsigned SHIFT_BITS = (Layers == 0) ? 1 : Layers;

  // Stage 0: zeros before each place ------------------------------------------------------------
  logic [PLACES*COUNT_BITS-1:0] zeros_before;
  logic [COUNT_BITS-1:0]        zeros;

  weft_prefix_count #(.LANES(PLACES)) u_zeros (
    .valid_i (in_valid_i),
    .bits_i  (~in_keep_i),
    .before_o(zeros_before),
    .total_o (zeros)
  );

  // Stages: 0 has the prefix sum, each next what a layer of shifters made of the one before ------
  logic [Layers:0] full_q;   // stages that hold a beat
  logic [Layers:0] moves;    // stages that take what stands before them, or nothing

  for (genvar stage = 0; stage <= Layers; stage++) begin : gen_stage
    logic [PLACES*WIDTH-1:0]      data_d, data_q;
    logic [PLACES-1:0]            keep_d, keep_q;
    logic [PLACES*SHIFT_BITS-1:0] shift_d, shift_q;  // places still to go
    logic [COUNT_BITS-1:0]        count_d, count_q;
    logic                         last_d, last_q;
    logic                         comes;

    assign moves[stage] = out_ready_i || !(&full_q[Layers:stage]);

    if (stage == 0) begin : gen_sum
      assign comes   = in_valid_i && in_ready_o;
      assign data_d  = in_data_i;
      assign keep_d  = in_keep_i;
      assign count_d = COUNT_BITS'(PLACES) - zeros;
      assign last_d  = in_last_i;
      for (genvar place = 0; place < PLACES; place++) begin : gen_place
        assign shift_d[place*SHIFT_BITS +: SHIFT_BITS] =
            zeros_before[place*COUNT_BITS +: SHIFT_BITS];
      end
    end else begin : gen_layer
      assign comes   = full_q[stage-1];
      assign count_d = gen_stage[stage-1].count_q;
      assign last_d  = gen_stage[stage-1].last_q;

      weft_shift_layer #(
        .PLACES(PLACES), .WIDTH(WIDTH), .SHIFT_BITS(SHIFT_BITS), .LAYER(stage - 1)
      ) u_layer (
        .valid_i(full_q[stage-1]),
        .data_i (gen_stage[stage-1].data_q),
        .keep_i (gen_stage[stage-1].keep_q),
        .shift_i(gen_stage[stage-1].shift_q),
        .data_o (data_d),
        .keep_o (keep_d),
        .shift_o(shift_d)
      );
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) full_q[stage] <= 1'b0;
      else if (moves[stage]) full_q[stage] <= comes;
    end
    always_ff @(posedge clk_i) begin
      if (moves[stage] && comes) begin
        data_q  <= data_d;
        keep_q  <= keep_d;
        shift_q <= shift_d;
        count_q <= count_d;
        last_q  <= last_d;
      end
    end
  end

  assign in_ready_o  = moves[Layers];  // not held: all stages move
  assign out_valid_o = full_q[Layers];
  assign out_data_o  = gen_stage[Layers].data_q;
  assign out_count_o = gen_stage[Layers].count_q;
  assign out_last_o  = gen_stage[Layers].last_q;

  logic unused_shift;
  assign unused_shift = ^{gen_stage[Layers].shift_q, gen_stage[Layers].keep_q, zeros_before};

`ifndef SYNTHESIS
  initial begin
    if (PLACES == 0 || WIDTH == 0) begin
      $fatal(1, "weft_zero_eliminator: PLACES and WIDTH must be above 0");
    end
  end

  // The lowest out_count_o places are valid, and no others.
  a_compact : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o |-> gen_stage[Layers].keep_q
      == PLACES'((64'd1 << out_count_o) - 64'd1) || PLACES > 63);
  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o) && $stable(out_count_o)
      && $stable(out_last_o));
`endif

endmodule
