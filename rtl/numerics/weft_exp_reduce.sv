// What the first MACC of an exponential says, as numerics::reduce_exp: t = difference * scale + 1.5
// * 2^23 holds the nearest integer n in its low bits, and its bits order as its values do.
// Combinational; without valid_i, what comes out is anything.
module weft_exp_reduce (
  input  logic        valid_i,
  input  logic [31:0] t_i,              // a result of weft_fp32_macc
  output logic        special_o,        // special_value_o is the exponential; the rest of the chain
                                        // does not matter
  output logic [31:0] special_value_o,  // NaN, +0 or +inf
  output logic [8:0]  power_o,          // n, signed: -126 ... 128 unless special
  output logic [31:0] negated_o         // fp32 of -n, -0 where n is 0
);

  localparam logic [31:0] Lowest  = 32'h4B3FFF82;  // 1.5 * 2^23 - 126
  localparam logic [31:0] Highest = 32'h4B400080;  // 1.5 * 2^23 + 128

  always_comb begin
    special_o       = 'x;
    special_value_o = 'x;
    if (valid_i) begin
      if (t_i == 32'h7FC00000) begin
        special_o       = 1'b1;
        special_value_o = 32'h7FC00000;
      end else if (t_i[31] | (t_i < Lowest)) begin
        special_o       = 1'b1;
        special_value_o = 32'h00000000;
      end else begin
        special_o       = t_i > Highest;
        special_value_o = 32'h7F800000;
      end
    end
  end

  // The low nine bits of 1.5 * 2^23 are zero, so those of t are n.
  logic [7:0] normal;  // n's magnitude, later its leading one at the left
  logic [2:0] zeros;

  assign power_o = t_i[8:0];

  always_comb begin
    normal    = 'x;
    zeros     = 'x;
    negated_o = 'x;
    if (valid_i) begin
      normal = t_i[8] ? -t_i[7:0] : t_i[7:0];
      zeros  = 3'd0;
      if (normal[7:4] == 4'd0) begin
        zeros[2] = 1'b1;
        normal   = {normal[3:0], 4'b0};
      end
      if (normal[7:6] == 2'd0) begin
        zeros[1] = 1'b1;
        normal   = {normal[5:0], 2'b0};
      end
      if (!normal[7]) begin
        zeros[0] = 1'b1;
        normal   = {normal[6:0], 1'b0};
      end
      negated_o = {~t_i[8], 31'b0};
      if (normal[7]) negated_o[30:16] = {8'd134 - {5'b0, zeros}, normal[6:0]};
    end
  end

endmodule
