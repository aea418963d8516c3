// The last step of every fp32 operation: one rounding, to nearest, ties to even, then subnormal
// results to zero. In: a normalised significand of 24 bits, a guard bit and a sticky bit; its value
// is significand_i / 2^25 * 2^(exponent_i - 127). Leading bit 0: the value is an exact zero, and
// sign_i is its sign. Without valid_i, what comes out is anything.
module weft_fp32_round (
  input  logic               valid_i,
  input  logic               sign_i,
  input  logic signed [9:0]  exponent_i,     // biased; any value: below 1 the result is zero, above
                                             // 254 infinity
  input  logic        [25:0] significand_i,  // [25:2] significand, [1] guard, [0] sticky
  output logic        [31:0] result_o
);

  logic        round_up;
  logic        grid_corner;
  logic [32:0] packed_word;  // a carry out of the fraction raises the exponent, as it should

  // Rounding comes before flushing and on the subnormal grid, whose spacing below 2^-126 is twice
  // that of this significand's last bit: from 2^-126 - 2^-150 on, which is all ones here, the
  // result is 2^-126.
  always_comb begin
    round_up    = 'x;
    packed_word = 'x;
    grid_corner = 'x;
    result_o    = 'x;
    if (valid_i) begin
      round_up    = significand_i[1] & (significand_i[2] | significand_i[0]);
      packed_word = {exponent_i, significand_i[24:2]} + {32'b0, round_up};
      grid_corner = (exponent_i == 10'sd0) & (&significand_i[25:2]);
      if (!significand_i[25]) result_o = {sign_i, 31'b0};
      else if (exponent_i <= 10'sd0) result_o = {sign_i, 7'b0, grid_corner, 23'b0};
      else if (packed_word[32:23] >= 10'd255) result_o = {sign_i, 8'hFF, 23'b0};
      else result_o = {sign_i, packed_word[30:0]};
    end
  end

endmodule
