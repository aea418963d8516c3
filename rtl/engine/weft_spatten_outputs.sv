// From the integer sums of queries to their outputs in fp32, and to the importances of their heads.
//
// A query waits in a link of two places: one that comes in cycle t can be taken in t + 1. Of one
// that is taken in cycle t part p goes in t + p to the multipliers with the scale, and stands at
// out_ in t + p + 5; the next query is taken in t + parts or later. The magnitudes are added to the
// head's behind that, and done_valid_o tells it in t + parts + 6, for one cycle. Nothing holds
// outputs or ends up.
module weft_spatten_outputs #(
  parameter  int unsigned MULTIPLIERS = 16,  // outputs of a part
  parameter  int unsigned PARTS       = 4,   // most of a query
  parameter  int unsigned HEADS       = 16,
  parameter  int unsigned TAG_BITS    = 4,   // which query
  localparam int unsigned PART_BITS   = (PARTS <= 1) ? 1 : $clog2(PARTS),
  localparam int unsigned HEAD_BITS   = (HEADS <= 1) ? 1 : $clog2(HEADS),
  localparam int unsigned SUMS_BITS   = PARTS * MULTIPLIERS * 32
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic [PART_BITS-1:0]      parts_i,     // less one; constant while queries are under way

  input  logic                      in_valid_i,
  output logic                      in_ready_o,
  input  logic [SUMS_BITS-1:0]      in_sums_i,   // two's complement, 32 bits each
  input  logic [31:0]               in_scale_i,  // of an output, fp32
  input  logic [HEAD_BITS-1:0]      in_head_i,
  input  logic                      in_fresh_i,  // the first of its head in the layer
  input  logic [TAG_BITS-1:0]       in_tag_i,

  output logic                      out_valid_o,
  output logic [MULTIPLIERS*32-1:0] out_values_o,
  output logic [PART_BITS-1:0]      out_part_o,
  output logic                      out_last_o,  // part of its query
  output logic [TAG_BITS-1:0]       out_tag_o,

  output logic                      done_valid_o,  // a query's magnitudes have been added
  output logic [TAG_BITS-1:0]       done_tag_o,

  // As of weft_head_importance: while no query is under way
  input  logic                      settle_valid_i,
  input  logic [HEAD_BITS-1:0]      settle_head_i,
  input  logic                      settle_fresh_i,
  output logic [31:0]               settle_value_o   // in the next cycle
);

  localparam int unsigned COUNT_BITS = $clog2(MULTIPLIERS + 1);
  localparam int unsigned ROW_BITS   = SUMS_BITS + 32 + HEAD_BITS + 1 + TAG_BITS;
  localparam int unsigned STAGES     = 5;  // of weft_dequantise
  localparam int unsigned PART_WIDTH = PART_BITS + 1 + HEAD_BITS + 1 + TAG_BITS;

  // A query, a part a cycle -----------------------------------------------------------------------
  logic                      row_valid, row_last, row_fresh;
  logic [ROW_BITS-1:0]       row;
  logic [SUMS_BITS-1:0]      row_sums;
  logic [MULTIPLIERS*32-1:0] part_sums;
  logic [31:0]               row_scale;
  logic [HEAD_BITS-1:0]      row_head;
  logic [TAG_BITS-1:0]       row_tag;
  logic [PART_BITS-1:0]      part_q;
  logic [1:0]                unused_count;

  // Until a part's magnitudes have been added.
  localparam int unsigned Way = STAGES + 6;
  logic [Way-1:0] recent_q;
  logic clk, awake;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(awake), .clk_o(clk));
  assign awake = in_valid_i || row_valid || settle_valid_i || recent_q != '0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) recent_q <= '0;
    else recent_q <= {recent_q[Way-2:0], row_valid || settle_valid_i};
  end

  weft_fifo #(.WIDTH(ROW_BITS), .DEPTH(2)) u_rows (
    .clk_i(clk), .rst_ni, .in_valid_i, .in_ready_o,
    .in_data_i({in_sums_i, in_scale_i, in_head_i, in_fresh_i, in_tag_i}),
    .out_valid_o(row_valid), .out_ready_i(row_last), .out_data_o(row), .count_o(unused_count)
  );
  assign {row_sums, row_scale, row_head, row_fresh, row_tag} = row;
  assign row_last  = part_q == parts_i;
  assign part_sums = row_sums[32'(part_q)*(MULTIPLIERS*32) +: MULTIPLIERS*32];

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) part_q <= '0;
    else if (row_valid) part_q <= row_last ? '0 : part_q + PART_BITS'(1);
  end

  // Times the scale -------------------------------------------------------------------------------
  logic [MULTIPLIERS-1:0]       valids;
  logic [STAGES*PART_WIDTH-1:0] parts_q;  // beside the multipliers, the newest lowest
  logic [HEAD_BITS-1:0]         out_head;
  logic                         out_fresh;

  for (genvar m = 0; m < MULTIPLIERS; m++) begin : gen_multiplier
    weft_dequantise #(.BITS(32)) u_dequantise (
      .clk_i(clk), .rst_ni, .in_valid_i(row_valid), .score_i(part_sums[m*32 +: 32]),
      .scale_i(row_scale), .out_valid_o(valids[m]), .result_o(out_values_o[m*32 +: 32])
    );
  end
  always_ff @(posedge clk) begin
    parts_q <= {parts_q[0 +: (STAGES-1)*PART_WIDTH],
        part_q, row_last, row_head, row_fresh, row_tag};
  end

  assign {out_part_o, out_last_o, out_head, out_fresh, out_tag_o} =
      parts_q[(STAGES-1)*PART_WIDTH +: PART_WIDTH];
  assign out_valid_o = valids[0];

  // Magnitudes ------------------------------------------------------------------------------------
  logic                unused_ready;  // no end is held, so nothing waits for one
  logic [TAG_BITS-1:0] added_tag_q;

  weft_head_importance #(.LANES(MULTIPLIERS), .HEADS(HEADS)) u_importance (
    .clk_i(clk), .rst_ni, .in_valid_i(out_valid_o), .in_ready_o(unused_ready),
    .in_values_i(out_values_o), .in_count_i(COUNT_BITS'(MULTIPLIERS)), .in_last_i(out_last_o),
    .in_head_i(out_head), .in_fresh_i(out_fresh), .done_valid_o, .done_ready_i(1'b1),
    .settle_valid_i, .settle_head_i, .settle_fresh_i, .settle_value_o
  );
  always_ff @(posedge clk) begin
    added_tag_q <= out_tag_o;
    done_tag_o  <= added_tag_q;
  end

`ifndef SYNTHESIS
  initial begin
    if (MULTIPLIERS == 0 || PARTS == 0) begin
      $fatal(1, "weft_spatten_outputs: no MULTIPLIERS or no PARTS");
    end
  end

  a_parts : assert property (@(posedge clk) disable iff (!rst_ni) row_valid |-> part_q <= parts_i)
    else $error("weft_spatten_outputs: parts_i changed while a query was under way");
  a_ready : assert property (@(posedge clk) disable iff (!rst_ni) out_valid_o |-> unused_ready);
  a_together : assert property (@(posedge clk) disable iff (!rst_ni)
      valids == '0 || valids == '1);
`endif

endmodule
