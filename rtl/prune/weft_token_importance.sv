// The accumulators of token importance: what the queries of a layer give each key, added up by the
// key's place, LANES a cycle.
//
// A row's beats come in order from place 0 on. A beat is read in the cycle in which it is taken,
// added and written in the next; a row's end stands at done_valid_o in the one behind, and while
// that is held nothing comes in, so in_ready_o depends on done_ready_i within the cycle. Sums can
// be read by rows of LANES in any cycle in which no beat is taken.
module weft_token_importance #(
  parameter  int unsigned LANES      = 8,
  parameter  int unsigned VALUE_BITS = 12,   // of a probability, unsigned
  parameter  int unsigned SUM_BITS   = 32,   // of an importance; what does not fit is an error
  parameter  int unsigned ROWS       = 128,  // LANES * ROWS are the most keys
  localparam int unsigned COUNT_BITS = $clog2(LANES + 1),
  localparam int unsigned KEY_BITS   = $clog2(LANES * ROWS + 1),
  localparam int unsigned ROW_BITS   = (ROWS <= 1) ? 1 : $clog2(ROWS)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [LANES*VALUE_BITS-1:0] in_values_i,
  input  logic [COUNT_BITS-1:0]       in_count_i,  // LANES of all beats but a row's last
  input  logic                        in_last_i,
  input  logic                        in_fresh_i,  // sums begin anew: the first row of a layer,
                                                   // which may have fewer keys than the others

  output logic                        done_valid_o,  // a row has been added in full
  input  logic                        done_ready_i,

  input  logic                        read_valid_i,  // while no beat is taken
  input  logic [ROW_BITS-1:0]         read_row_i,
  output logic [LANES*SUM_BITS-1:0]   read_data_o    // in the next cycle
);

  logic                        take, held;
  logic                        added_q, added_last_q, ended_q;  // the two stages
  logic                        adds_q;  // the beat was taken in the cycle before
  logic [LANES-1:0]            fresh_q;  // no row of the layer has had that key
  logic [KEY_BITS-1:0]         seen_q, seen, keys;  // of the layer; of the row up to this beat
  logic [LANES-1:0]            lanes_q;
  logic [LANES*VALUE_BITS-1:0] values_q;
  logic [ROW_BITS-1:0]         row_q, added_row_q;
  logic [LANES*SUM_BITS-1:0]   sums;
  logic [LANES-1:0]            carries;  // what does not fit

  assign held         = ended_q && !done_ready_i;
  assign in_ready_o   = !held;
  assign take         = in_valid_i && in_ready_o;
  assign done_valid_o = ended_q;
  assign seen         = in_fresh_i ? '0 : seen_q;
  assign keys         = KEY_BITS'(32'(row_q) * LANES) + KEY_BITS'(in_count_i);

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [SUM_BITS-1:0] before_sum;
    assign before_sum = fresh_q[lane] ? '0 : read_data_o[lane*SUM_BITS +: SUM_BITS];
    assign {carries[lane], sums[lane*SUM_BITS +: SUM_BITS]} = {1'b0, before_sum}
        + {{(SUM_BITS + 1 - VALUE_BITS){1'b0}}, values_q[lane*VALUE_BITS +: VALUE_BITS]};
  end

  weft_ram #(
    .WORD_BITS(LANES * SUM_BITS), .WORDS(ROWS), .LANES(LANES), .BYPASS(1'b1), .GATED(1'b1)
  ) u_sums (
    .clk_i,
    .write_valid_i  (adds_q),
    .write_address_i(added_row_q),
    .write_lanes_i  (lanes_q),
    .write_data_i   (sums),
    .read_valid_i   (take || read_valid_i),
    .read_address_i (take ? row_q : read_row_i),
    .read_data_o
  );

  // A beat that ends no row goes on by itself; one behind a row's end that is held waits.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      adds_q  <= 1'b0;
      added_q <= 1'b0;
      ended_q <= 1'b0;
      row_q   <= '0;
    end else begin
      adds_q <= take;
      if (!held) begin
        added_q <= take;
        ended_q <= added_q && added_last_q;
      end
      if (take) row_q <= in_last_i ? '0 : row_q + ROW_BITS'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      added_last_q <= in_last_i;
      values_q     <= in_values_i;
      added_row_q  <= row_q;
      if (in_last_i) seen_q <= (keys > seen) ? keys : seen;
      for (int unsigned lane = 0; lane < LANES; lane++) begin
        lanes_q[lane] <= 32'(in_count_i) > lane;
        fresh_q[lane] <= 32'(row_q) * LANES + lane >= 32'(seen);
      end
    end
  end

`ifndef SYNTHESIS
  initial if (SUM_BITS < VALUE_BITS) $fatal(1, "weft_token_importance: SUM_BITS below VALUE_BITS");

  a_full_beats : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take && !in_last_i |-> 32'(in_count_i) == LANES && 32'(row_q) != ROWS - 1)
    else $error("weft_token_importance: a short beat within a row, or too many keys");
  a_fits : assert property (@(posedge clk_i) disable iff (!rst_ni)
      adds_q |-> (carries & lanes_q) == '0)
    else $error("weft_token_importance: an importance does not fit into SUM_BITS");
  a_read : assert property (@(posedge clk_i) disable iff (!rst_ni) read_valid_i |-> !take)
    else $error("weft_token_importance: read while a beat is taken");
  a_done_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      done_valid_o && !done_ready_i |=> done_valid_o);
`endif

endmodule
