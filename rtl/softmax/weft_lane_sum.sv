// Exponentials of a row added up in fp32, as softmax::LaneSum, bit for bit: a sum for each lane,
// then the sums in a tree, the upper half to the lower one level by level. A word of LANES a cycle,
// no back-pressure; 1 + 3 log2 LANES cycles from in_valid_i with in_last_i to out_valid_o.
module weft_lane_sum #(
  parameter int unsigned LANES = 8  // a power of two, 2 or more
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                in_valid_i,
  input  logic [LANES*32-1:0] in_values_i,  // not below 0
  input  logic                in_first_i,   // of its row
  input  logic                in_last_i,
  output logic                out_valid_o,
  output logic [31:0]         out_total_o
);

  localparam int unsigned Levels = $clog2(LANES);
  localparam logic [31:0] One    = 32'h3F800000;

  // A sum a lane, a word a cycle ------------------------------------------------------------------
  logic                last_q;
  logic [LANES-1:0]    added;
  logic [LANES*32-1:0] sums;

  always_ff @(posedge clk_i) last_q <= in_last_i;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [31:0] before_sum, sum_q;

    assign before_sum = in_first_i ? 32'd0 : added[lane] ? sums[lane*32 +: 32] : sum_q;

    weft_fp32_macc #(.STAGES(1)) u_add (
      .clk_i, .rst_ni, .in_valid_i, .a_i(in_values_i[lane*32 +: 32]), .b_i(One),
      .c_i(before_sum), .out_valid_o(added[lane]), .result_o(sums[lane*32 +: 32])
    );
    always_ff @(posedge clk_i) if (added[lane]) sum_q <= sums[lane*32 +: 32];
  end

  // The tree --------------------------------------------------------------------------------------
  for (genvar level = 0; level < Levels; level++) begin : gen_level
    localparam int unsigned Half = LANES >> (level + 1);
    logic                 valid, out_valid;
    logic [2*Half*32-1:0] values;
    logic [Half-1:0]      valids;
    logic [Half*32-1:0]   halves;

    if (level == 0) begin : gen_first
      assign valid  = added[0] && last_q;
      assign values = sums;
    end else begin : gen_next
      assign valid  = gen_level[level-1].out_valid;
      assign values = gen_level[level-1].halves;
    end
    assign out_valid = &valids;
    for (genvar i = 0; i < Half; i++) begin : gen_pair
      weft_fp32_macc #(.STAGES(3)) u_add (
        .clk_i, .rst_ni, .in_valid_i(valid), .a_i(values[i*32 +: 32]), .b_i(One),
        .c_i(values[(Half+i)*32 +: 32]), .out_valid_o(valids[i]), .result_o(halves[i*32 +: 32])
      );
    end
  end

  assign out_valid_o = gen_level[Levels-1].out_valid;
  assign out_total_o = gen_level[Levels-1].halves;

`ifndef SYNTHESIS
  initial if (LANES < 2 || (LANES & (LANES - 1)) != 0) begin
    $fatal(1, "weft_lane_sum: LANES must be a power of two");
  end

  logic within_q;  // a row has begun, and has not ended
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) within_q <= 1'b0;
    else if (in_valid_i) within_q <= !in_last_i;
  end
  a_first : assert property (@(posedge clk_i) disable iff (!rst_ni)
      in_valid_i |-> in_first_i == !within_q)
    else $error("weft_lane_sum: a row begins where the one before has ended");
`endif

endmodule
