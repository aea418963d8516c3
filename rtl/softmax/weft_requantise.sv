// A probability as an integer of BITS, as softmax::requantise: times 2^BITS - 1 in fp32, to the
// nearest integer, ties to even, at most 2^BITS - 1. Six cycles from in_valid_i to out_valid_o, one
// operation a cycle, no back-pressure.
module weft_requantise #(
  parameter int unsigned BITS = 12  // 1 ... 22
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  input  logic            in_valid_i,
  input  logic [31:0]     probability_i,  // 0 ... 1
  output logic            out_valid_o,
  output logic [BITS-1:0] integer_o
);

  // 2^BITS - 1 in fp32: a leading one and BITS - 1 more of them
  localparam logic [31:0] Most  = ((32'd126 + BITS) << 23)
      | (((32'd1 << (BITS - 1)) - 32'd1) << (24 - BITS));
  // 2^23: adding it leaves an integer in the low bits
  localparam logic [31:0] Shift = 32'h4B000000;
  localparam logic [31:0] One   = 32'h3F800000;

  logic        scaled_valid;
  logic [31:0] scaled, shifted;
  logic        over;

  weft_fp32_macc #(.STAGES(3)) u_scale (
    .clk_i, .rst_ni, .in_valid_i, .a_i(probability_i), .b_i(Most), .c_i(32'h80000000),
    .out_valid_o(scaled_valid), .result_o(scaled)
  );
  weft_fp32_macc #(.STAGES(3)) u_shift (
    .clk_i, .rst_ni, .in_valid_i(scaled_valid), .a_i(scaled), .b_i(One), .c_i(Shift),
    .out_valid_o, .result_o(shifted)
  );

  assign over      = shifted[22:BITS] != '0;
  assign integer_o = over ? '1 : shifted[BITS-1:0];

  logic unused_exponent;
  assign unused_exponent = ^shifted[31:23];

`ifndef SYNTHESIS
  initial if (BITS < 1 || BITS > 22) $fatal(1, "weft_requantise: BITS is 1 to 22");

  a_range : assert property (@(posedge clk_i) disable iff (!rst_ni)
      in_valid_i |-> probability_i <= One || probability_i == 32'h80000000)
    else $error("weft_requantise: a probability is 0 to 1");
`endif

endmodule
