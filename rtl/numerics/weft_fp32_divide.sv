// a / b in fp32, correctly rounded, as numerics::divide: subnormals are zeros, one NaN (7FC00000).
// Restoring digit recurrence: 26 bits of the quotient (24, one more where it is below 1, and a
// guard), the remainder is the sticky bit. STAGES cycles from in_valid_i to out_valid_o, one
// operation a cycle, no back-pressure: STAGES register cuts with 26 / STAGES digits before each;
// rounding follows the last cut.
module weft_fp32_divide #(
  parameter int unsigned STAGES = 13  // 1 ... 26
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        out_valid_o,
  output logic [31:0] result_o
);

`ifndef SYNTHESIS
  initial if (STAGES < 1 || STAGES > 26) $fatal(1, "weft_fp32_divide: STAGES is 1 to 26");
`endif

  localparam int unsigned Digits = 26;

  // Operands --------------------------------------------------------------------------------------
  logic a_zero, b_zero, a_inf, b_inf, start_nan, start_inf, start_zero;
  logic [23:0] start_dividend, start_divisor;
  logic [9:0]  start_exponent;  // signed: of a quotient in [1, 2)

  assign a_zero = a_i[30:23] == 8'd0;
  assign b_zero = b_i[30:23] == 8'd0;
  assign a_inf  = a_i[30:0] == 31'h7F800000;
  assign b_inf  = b_i[30:0] == 31'h7F800000;

  assign start_nan = (a_i[30:0] > 31'h7F800000) | (b_i[30:0] > 31'h7F800000) | (a_zero & b_zero)
      | (a_inf & b_inf);
  assign start_inf      = a_inf | b_zero;
  assign start_zero     = a_zero | b_inf;
  assign start_dividend = {1'b1, a_i[22:0]};
  assign start_divisor  = {1'b1, b_i[22:0]};
  assign start_exponent = {2'b0, a_i[30:23]} + 10'd127 - {2'b0, b_i[30:23]};

  // Digits, and the cut after them ----------------------------------------------------------------
  typedef struct packed {
    logic        sign, nan, inf, zero;
    logic [9:0]  exponent;
    logic [23:0] divisor;
  } operands_t;

  for (genvar k = 0; k < STAGES; k++) begin : gen_stage
    localparam int unsigned Here = ((k + 1) * Digits) / STAGES - (k * Digits) / STAGES;

    logic        valid;
    logic [37:0] operands;   // an operands_t, as bits: Yosys 0.23 knows no members in here
    logic [24:0] remainder;  // below twice the divisor before every digit
    logic [25:0] quotient;

    if (k == 0) begin : gen_first
      assign valid     = in_valid_i;
      assign operands  = {a_i[31] ^ b_i[31], start_nan, start_inf, start_zero, start_exponent,
          start_divisor};
      assign remainder = {1'b0, start_dividend};
      assign quotient  = 26'd0;
    end else begin : gen_next
      assign valid     = gen_stage[k-1].valid_q;
      assign operands  = gen_stage[k-1].operands_q;
      assign remainder = gen_stage[k-1].remainder_q;
      assign quotient  = gen_stage[k-1].quotient_q;
    end

    logic        valid_q;
    logic [37:0] operands_q;
    logic [24:0] remainder_d, remainder_q;
    logic [25:0] quotient_d, quotient_q;
    logic [24:0] trial;  // at least -2^24 and below 2^24

    always_comb begin
      remainder_d = 'x;
      quotient_d  = 'x;
      trial       = 'x;
      if (valid) begin
        remainder_d = remainder;
        quotient_d  = quotient;
        for (int unsigned i = 0; i < Here; i++) begin
          trial       = remainder_d - {1'b0, operands[23:0]};
          quotient_d  = {quotient_d[24:0], ~trial[24]};
          remainder_d = {trial[24] ? remainder_d[23:0] : trial[23:0], 1'b0};
        end
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= 1'b0;
      else valid_q <= valid;
    end
    always_ff @(posedge clk_i) begin
      operands_q  <= operands;
      remainder_q <= remainder_d;
      quotient_q  <= quotient_d;
    end
  end

  // Round -----------------------------------------------------------------------------------------
  operands_t   last;
  logic        sticky, below_one;
  logic [25:0] last_quotient, significand;
  logic [31:0] rounded;
  logic        unused_divisor;

  assign unused_divisor = ^last.divisor;

  assign last          = gen_stage[STAGES-1].operands_q;
  assign last_quotient = gen_stage[STAGES-1].quotient_q;
  assign sticky        = gen_stage[STAGES-1].remainder_q != 25'd0;
  assign below_one     = ~last_quotient[25];
  // From 1 on the last digit is one too many; where it is 1 the remainder is not 0, so it adds
  // nothing to the sticky bit: an odd quotient of 26 bits that is exact would take a divisor of 26
  // bits.
  assign significand   = {below_one ? last_quotient[24:0] : last_quotient[25:1], sticky};

  weft_fp32_round u_round (
    .valid_i      (out_valid_o),
    .sign_i       (last.sign),
    .exponent_i   (last.exponent - {9'b0, below_one}),
    .significand_i(significand),
    .result_o     (rounded)
  );

  assign out_valid_o = gen_stage[STAGES-1].valid_q;

  always_comb begin
    if (last.nan) result_o = 32'h7FC00000;
    else if (last.inf) result_o = {last.sign, 8'hFF, 23'b0};
    else if (last.zero) result_o = {last.sign, 31'b0};
    else result_o = rounded;
  end

endmodule
