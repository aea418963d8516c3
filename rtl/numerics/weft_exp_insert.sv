// The last step of an exponential, as numerics::insert_exponent: 2^n * 2^r by adding n to the
// exponent field of 2^r, or the value of a special argument. Combinational; without valid_i, what
// comes out is anything.
module weft_exp_insert (
  input  logic        valid_i,
  input  logic [31:0] chain_i,          // 2^r, in [1/2, 2), unless special
  input  logic [8:0]  power_i,          // n, signed
  input  logic        special_i,
  input  logic [31:0] special_value_i,
  output logic [31:0] result_o
);

  logic signed [9:0] field;

  assign field = $signed({2'b0, chain_i[30:23]}) + $signed({power_i[8], power_i});

  always_comb begin
    result_o = 'x;
    if (valid_i) begin
      if (special_i) result_o = special_value_i;
      else if (field <= 10'sd0) result_o = 32'h00000000;
      else if (field >= 10'sd255) result_o = 32'h7F800000;
      else result_o = {1'b0, field[7:0], chain_i[22:0]};
    end
  end

  logic unused_sign;
  assign unused_sign = chain_i[31];

endmodule
