// The larger of two fp32 numbers, as numerics::max: NaN wins and is 7FC00000, +0 is above -0,
// subnormals are zeros. Combinational; without valid_i, what comes out is anything.
module weft_fp32_max (
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] result_o
);

  logic [31:0] a_flushed, b_flushed, a_key, b_key;

  // Unsigned words in the order of the numbers: -inf < ... < -0 < +0 < ... < +inf.
  always_comb begin
    a_flushed = 'x;
    b_flushed = 'x;
    a_key = 'x;
    b_key = 'x;
    result_o = 'x;
    if (valid_i) begin
      a_flushed = (a_i[30:23] == 8'd0) ? {a_i[31], 31'b0} : a_i;
      b_flushed = (b_i[30:23] == 8'd0) ? {b_i[31], 31'b0} : b_i;
      a_key = a_flushed[31] ? ~a_flushed : {1'b1, a_flushed[30:0]};
      b_key = b_flushed[31] ? ~b_flushed : {1'b1, b_flushed[30:0]};
      if ((a_i[30:0] > 31'h7F800000) | (b_i[30:0] > 31'h7F800000)) result_o = 32'h7FC00000;
      else if (a_key < b_key) result_o = b_flushed;
      else result_o = a_flushed;
    end
  end

endmodule
