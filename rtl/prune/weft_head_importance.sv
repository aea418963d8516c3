// Importance of heads: magnitudes of their outputs, added in fp32 in the order in which rows come,
// LANES one behind another a cycle. A head's magnitude of a layer is a sum of its own, which is
// added to the head's importance behind the layer.
//
// A row comes in parts of LANES outputs, one a cycle; one whose first part is taken in cycle t is
// added in full, and done_valid_o set, in t + 2 + its parts less one. in_ready_o depends on
// done_ready_i within the cycle: while a row's end is held no other row is taken.
module weft_head_importance #(
  parameter  int unsigned LANES      = 8,
  parameter  int unsigned HEADS      = 16,
  localparam int unsigned COUNT_BITS = $clog2(LANES + 1),
  localparam int unsigned HEAD_BITS  = (HEADS <= 1) ? 1 : $clog2(HEADS)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  in_valid_i,  // a row's parts follow one another
  output logic                  in_ready_o,
  input  logic [LANES*32-1:0]   in_values_i,
  input  logic [COUNT_BITS-1:0] in_count_i,
  input  logic                  in_last_i,   // of its row
  input  logic [HEAD_BITS-1:0]  in_head_i,
  input  logic                  in_fresh_i,  // the head's first row of a layer

  output logic                  done_valid_o,  // a row has been added in full
  input  logic                  done_ready_i,

  // While no row is taken: a head's magnitude is added to its importance, which stands on
  // settle_value_o in the next cycle
  input  logic                  settle_valid_i,
  input  logic [HEAD_BITS-1:0]  settle_head_i,
  input  logic                  settle_fresh_i,  // importances begin anew
  output logic [31:0]           settle_value_o
);

  localparam logic [31:0] One = 32'h3F800000;

  logic                 held, take, begins_q;  // the next part is a row's first
  logic                 adds_q, first_q, last_q, fresh_q;
  logic [LANES*32-1:0]  values_q;
  logic [LANES-1:0]     lanes_q;
  logic [HEAD_BITS-1:0] head_q;
  logic [31:0]          before_sum, sum_q, sum, magnitude;
  logic [1:0]           ended_q;               // rows whose end has not been told

  assign done_valid_o = ended_q != 2'd0;
  assign held         = done_valid_o && !done_ready_i;
  assign in_ready_o   = !begins_q || !held;
  assign take         = in_valid_i && in_ready_o;

  // Magnitudes one behind another -----------------------------------------------------------------
  assign before_sum = !first_q ? sum_q : fresh_q ? 32'd0 : magnitude;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [31:0] from, added, to;
    logic        unused_valid;
    if (lane == 0) begin : gen_first
      assign from = before_sum;
    end else begin : gen_next
      assign from = gen_lane[lane-1].to;
    end
    weft_fp32_macc #(.STAGES(0)) u_add (
      .clk_i, .rst_ni, .in_valid_i(adds_q), .a_i({1'b0, values_q[lane*32 +: 31]}), .b_i(One),
      .c_i(from), .out_valid_o(unused_valid), .result_o(added)
    );
    assign to = lanes_q[lane] ? added : from;
  end
  assign sum = gen_lane[LANES-1].to;

  logic [LANES-1:0] unused_signs;
  for (genvar lane = 0; lane < LANES; lane++) begin : gen_sign
    assign unused_signs[lane] = values_q[lane*32 + 31];
  end

  weft_ram #(.WORD_BITS(32), .WORDS(HEADS), .BYPASS(1'b1)) u_magnitudes (
    .clk_i,
    .write_valid_i  (adds_q && last_q),
    .write_address_i(head_q),
    .write_lanes_i  (1'b1),
    .write_data_i   (sum),
    .read_valid_i   ((take && begins_q) || settle_valid_i),
    .read_address_i (take ? in_head_i : settle_head_i),
    .read_data_o    (magnitude)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      begins_q <= 1'b1;
      adds_q   <= 1'b0;
      ended_q  <= 2'd0;
    end else begin
      adds_q  <= take;
      if (take) begins_q <= in_last_i;
      ended_q <= ended_q + 2'(adds_q && last_q) - 2'(done_valid_o && done_ready_i);
    end
  end
  always_ff @(posedge clk_i) begin
    if (take) begin
      first_q  <= begins_q;
      last_q   <= in_last_i;
      fresh_q  <= in_fresh_i;
      head_q   <= in_head_i;
      values_q <= in_values_i;
      for (int unsigned lane = 0; lane < LANES; lane++) lanes_q[lane] <= 32'(in_count_i) > lane;
    end
    if (adds_q) sum_q <= sum;
  end

  // Behind a layer --------------------------------------------------------------------------------
  logic                 settles_q, settle_fresh_q, unused_settle_valid;
  logic [HEAD_BITS-1:0] settle_head_q;
  logic [31:0]          importance;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) settles_q <= 1'b0;
    else settles_q <= settle_valid_i;
  end
  always_ff @(posedge clk_i) begin
    settle_head_q  <= settle_head_i;
    settle_fresh_q <= settle_fresh_i;
  end

  weft_fp32_macc #(.STAGES(0)) u_settle (
    .clk_i, .rst_ni, .in_valid_i(settles_q), .a_i(magnitude), .b_i(One),
    .c_i(settle_fresh_q ? 32'd0 : importance), .out_valid_o(unused_settle_valid),
    .result_o(settle_value_o)
  );

  weft_ram #(.WORD_BITS(32), .WORDS(HEADS), .BYPASS(1'b1)) u_importances (
    .clk_i,
    .write_valid_i  (settles_q),
    .write_address_i(settle_head_q),
    .write_lanes_i  (1'b1),
    .write_data_i   (settle_value_o),
    .read_valid_i   (settle_valid_i),
    .read_address_i (settle_head_i),
    .read_data_o    (importance)
  );

`ifndef SYNTHESIS
  initial if (LANES == 0 || HEADS == 0) $fatal(1, "weft_head_importance: no LANES or no HEADS");

  a_parts_follow : assert property (@(posedge clk_i) disable iff (!rst_ni)
      !begins_q |-> in_valid_i)
    else $error("weft_head_importance: parts of a row follow one another");
  a_settle : assert property (@(posedge clk_i) disable iff (!rst_ni)
      settle_valid_i |-> !take && !adds_q)
    else $error("weft_head_importance: settled while a row is added");
  a_ended : assert property (@(posedge clk_i) disable iff (!rst_ni) ended_q != 2'd3);
  a_done_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      done_valid_o && !done_ready_i |=> done_valid_o);
`endif

endmodule
