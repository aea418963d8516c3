// fp32 to the nearest bf16, ties to even, as numerics::bf16_bits: subnormals are zeros, NaN is
// 7FC0, beyond the largest bf16 is infinity. Combinational.
module weft_bf16_round (
  input  logic [31:0] in_i,
  output logic [15:0] out_o
);

  logic        round_up;
  logic [15:0] rounded;  // the carry may reach the exponent, and infinity

  assign round_up = in_i[15] & (in_i[16] | (in_i[14:0] != 15'd0));
  assign rounded  = in_i[31:16] + {15'b0, round_up};

  always_comb begin
    if (in_i[30:0] > 31'h7F800000) out_o = 16'h7FC0;
    else if (in_i[30:23] == 8'd0) out_o = {in_i[31], 15'b0};
    else out_o = rounded;
  end

endmodule
