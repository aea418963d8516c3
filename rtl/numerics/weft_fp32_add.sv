// a + b in fp32 with one rounding, as numerics::add: subnormals are zeros, one NaN (7FC00000).
// STAGES cycles from in_valid_i to out_valid_o, one operation a cycle, no back-pressure. STAGES
// register cuts, in this order: after align, after add, after normalise; 0 is combinational.
module weft_fp32_add #(
  parameter int unsigned STAGES = 0  // 0 ... 3
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
  initial if (STAGES > 3) $fatal(1, "weft_fp32_add: STAGES is 0 to 3");
`endif

  // Align: the larger magnitude stays, 1.0 at bit 30; the other moves right and leaves a sticky
  // bit. Six bits below the larger's last and the sticky bit are more than rounding needs.
  logic        a_stays;
  logic [31:0] larger;
  logic [30:0] smaller;
  logic [7:0]  gap;
  logic [4:0]  shift;
  logic [31:0] moving;
  logic [31:0] lost_mask;

  logic        aligned_subtract, aligned_nan;
  logic [31:0] aligned_anchor, aligned_other;

  assign a_stays   = a_i[30:0] >= b_i[30:0];
  assign larger    = a_stays ? a_i : b_i;
  assign smaller   = a_stays ? b_i[30:0] : a_i[30:0];
  assign gap       = larger[30:23] - smaller[30:23];
  assign shift     = (gap[7:5] != 3'd0) ? 5'd31 : gap[4:0];
  assign moving    = (smaller[30:23] == 8'd0) ? 32'd0 : {2'b01, smaller[22:0], 7'b0};
  assign lost_mask = (32'd1 << shift) - 32'd1;

  assign aligned_anchor   = (larger[30:23] == 8'd0) ? 32'd0 : {2'b01, larger[22:0], 7'b0};
  assign aligned_other    = (moving >> shift) | {31'b0, (moving & lost_mask) != 32'd0};
  assign aligned_subtract = a_i[31] ^ b_i[31];
  // A NaN is the larger; of two infinities so is either.
  assign aligned_nan = (larger[30:0] > 31'h7F800000)
      | ((smaller == 31'h7F800000) & aligned_subtract);

  // Cut 1 -----------------------------------------------------------------------------------------
  logic        add_valid, add_subtract, add_sign, add_nan;
  logic [7:0]  add_exponent;  // 255: infinity, or NaN
  logic [31:0] add_anchor, add_other;

  if (STAGES >= 1) begin : gen_cut_1
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) add_valid <= 1'b0;
      else add_valid <= in_valid_i;
    end
    always_ff @(posedge clk_i) begin
      add_subtract <= aligned_subtract;
      add_sign     <= larger[31];
      add_nan      <= aligned_nan;
      add_exponent <= larger[30:23];
      add_anchor   <= aligned_anchor;
      add_other    <= aligned_other;
    end
  end else begin : gen_no_cut_1
    logic unused_clock;
    assign unused_clock = clk_i ^ rst_ni;
    assign add_valid    = in_valid_i;
    assign add_subtract = aligned_subtract;
    assign add_sign     = larger[31];
    assign add_nan      = aligned_nan;
    assign add_exponent = larger[30:23];
    assign add_anchor   = aligned_anchor;
    assign add_other    = aligned_other;
  end

  // Add: never negative. An exact zero is +0 unless both addends are -0.
  logic [31:0] sum;
  logic        summed_sign;

  assign sum         = add_subtract ? add_anchor - add_other : add_anchor + add_other;
  assign summed_sign = add_sign & ~(add_subtract & (sum == 32'd0));

  // Cut 2 -----------------------------------------------------------------------------------------
  logic        normalise_valid, normalise_sign, normalise_nan;
  logic [7:0]  normalise_exponent;
  logic [31:0] normalise_sum;

  if (STAGES >= 2) begin : gen_cut_2
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) normalise_valid <= 1'b0;
      else normalise_valid <= add_valid;
    end
    always_ff @(posedge clk_i) begin
      normalise_sign     <= summed_sign;
      normalise_nan      <= add_nan;
      normalise_exponent <= add_exponent;
      normalise_sum      <= sum;
    end
  end else begin : gen_no_cut_2
    assign normalise_valid    = add_valid;
    assign normalise_sign     = summed_sign;
    assign normalise_nan      = add_nan;
    assign normalise_exponent = add_exponent;
    assign normalise_sum      = sum;
  end

  // Normalise: the leading one to bit 31, which is 2.0 at the larger's exponent.
  logic [4:0]  zeros;
  logic [31:0] normal;
  logic [9:0]  normal_exponent;  // signed
  logic [25:0] normal_significand;
  logic        normal_inf;

  always_comb begin
    normal = normalise_sum;
    zeros  = 5'd0;
    if (normal[31:16] == 16'd0) begin
      zeros[4] = 1'b1;
      normal   = {normal[15:0], 16'b0};
    end
    if (normal[31:24] == 8'd0) begin
      zeros[3] = 1'b1;
      normal   = {normal[23:0], 8'b0};
    end
    if (normal[31:28] == 4'd0) begin
      zeros[2] = 1'b1;
      normal   = {normal[27:0], 4'b0};
    end
    if (normal[31:30] == 2'd0) begin
      zeros[1] = 1'b1;
      normal   = {normal[29:0], 2'b0};
    end
    if (!normal[31]) begin
      zeros[0] = 1'b1;
      normal   = {normal[30:0], 1'b0};
    end
  end

  assign normal_exponent    = {2'b0, normalise_exponent} + 10'd1 - {5'b0, zeros};
  assign normal_significand = {normal[31:7], normal[6:0] != 7'd0};
  assign normal_inf         = normalise_exponent == 8'hFF;

  // Cut 3 -----------------------------------------------------------------------------------------
  logic        round_valid, round_sign, round_nan, round_inf;
  logic [9:0]  round_exponent;
  logic [25:0] round_significand;

  if (STAGES >= 3) begin : gen_cut_3
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) round_valid <= 1'b0;
      else round_valid <= normalise_valid;
    end
    always_ff @(posedge clk_i) begin
      round_sign        <= normalise_sign;
      round_nan         <= normalise_nan;
      round_inf         <= normal_inf;
      round_exponent    <= normal_exponent;
      round_significand <= normal_significand;
    end
  end else begin : gen_no_cut_3
    assign round_valid       = normalise_valid;
    assign round_sign        = normalise_sign;
    assign round_nan         = normalise_nan;
    assign round_inf         = normal_inf;
    assign round_exponent    = normal_exponent;
    assign round_significand = normal_significand;
  end

  // Round -----------------------------------------------------------------------------------------
  logic [31:0] rounded;

  weft_fp32_round u_round (
    .sign_i       (round_sign),
    .exponent_i   (round_exponent),
    .significand_i(round_significand),
    .result_o     (rounded)
  );

  assign out_valid_o = round_valid;

  always_comb begin
    if (round_nan) result_o = 32'h7FC00000;
    else if (round_inf) result_o = {round_sign, 8'hFF, 23'b0};
    else result_o = rounded;
  end

endmodule
