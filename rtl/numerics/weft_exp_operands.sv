// What each of the six MACCs of an exponential works on: a * b + c (docs/units/numerics.md).
// Combinational; without valid_i, what comes out is anything. 2^(difference * scale) = 2^n * 2^r;
// steps 1 and 2 find n and r, steps 3 to 6 are the polynomial by Horner's rule.
module weft_exp_operands (
  input  logic        valid_i,
  input  logic [2:0]  step_i,        // 1 ... 6
  input  logic [31:0] difference_i,  // x = QK - RM
  input  logic [31:0] scale_i,       // softmax scale times log2 e
  input  logic [31:0] r_i,           // result of step 2
  input  logic [31:0] chain_i,       // result of the step before
  input  logic [31:0] negated_i,     // fp32 of -n
  output logic [31:0] a_o,
  output logic [31:0] b_o,
  output logic [31:0] c_o
);

  // 1.5 * 2^23: adding it rounds to the nearest integer
  localparam logic [31:0] Magic = 32'h4B400000;
  localparam logic [31:0] C4    = 32'h3C1D0166;
  localparam logic [31:0] C3    = 32'h3D64FE23;
  localparam logic [31:0] C2    = 32'h3E7601BC;
  localparam logic [31:0] C1    = 32'h3F317096;
  localparam logic [31:0] C0    = 32'h3F800000;

  always_comb begin
    a_o = 'x;
    b_o = 'x;
    c_o = 'x;
    if (valid_i) begin
      a_o = chain_i;
      b_o = r_i;
      unique case (step_i)
        3'd1: begin
          a_o = difference_i;
          b_o = scale_i;
          c_o = Magic;
        end
        3'd2: begin
          a_o = difference_i;
          b_o = scale_i;
          c_o = negated_i;
        end
        3'd3: begin
          a_o = C4;
          c_o = C3;
        end
        3'd4:    c_o = C2;
        3'd5:    c_o = C1;
        3'd0, 3'd6, 3'd7: c_o = C0;  // there are no steps 0 and 7
      endcase
    end
  end

endmodule
