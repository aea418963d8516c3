// a * b + c in fp32 with one rounding, as numerics::macc: subnormals are zeros, one NaN (7FC00000).
// STAGES cycles from in_valid_i to out_valid_o, one operation a cycle, no back-pressure. STAGES
// register cuts, in this order: after multiply and align, after add, after normalise; 0 is
// combinational. Without out_valid_o, what comes out is anything: a stage without an operation
// computes nothing, which is most of what a simulator saves by it.
module weft_fp32_macc #(
  parameter int unsigned STAGES = 0  // 0 ... 3
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  input  logic [31:0] c_i,
  output logic        out_valid_o,
  output logic [31:0] result_o
);

`ifndef SYNTHESIS
  initial if (STAGES > 3) $fatal(1, "weft_fp32_macc: STAGES is 0 to 3");
`endif

  // Operands --------------------------------------------------------------------------------------
  logic a_zero, b_zero, c_zero, a_inf, b_inf, c_inf, any_nan;
  logic product_sign, product_zero, product_inf, any_special;
  logic [23:0] a_significand, b_significand, c_significand;
  logic [47:0] product;  // 1.0 at bit 46; in [1, 4) unless zero

  // Align: the addend with the larger exponent stays, 1.0 at bit 48; the other moves right and
  // leaves a sticky bit. What is lost that way is below any bit that decides: a product loses bits
  // from a move by three on, and then it takes no more than half of c, which leaves one leading
  // zero at most.
  logic [9:0]  product_exponent;  // signed, -125 ... 381 unless the product is zero
  logic [9:0]  gap;               // signed
  logic [9:0]  distance;
  logic [5:0]  shift;
  logic        c_stays;
  logic [50:0] moving;
  logic [50:0] lost_mask;

  logic        aligned_valid, aligned_subtract, aligned_sign, aligned_nan, aligned_special;
  logic [8:0]  aligned_exponent;  // never below 0, since c's is not
  logic [50:0] aligned_anchor;
  logic [50:0] aligned_other;

  always_comb begin
    {a_zero, b_zero, c_zero, a_inf, b_inf, c_inf, any_nan} = 'x;
    {product_sign, product_zero, product_inf, any_special} = 'x;
    a_significand    = 'x;
    b_significand    = 'x;
    c_significand    = 'x;
    product          = 'x;
    product_exponent = 'x;
    gap              = 'x;
    distance         = 'x;
    shift            = 'x;
    c_stays          = 'x;
    moving           = 'x;
    lost_mask        = 'x;
    aligned_anchor   = 'x;
    aligned_other    = 'x;
    aligned_exponent = 'x;
    aligned_subtract = 'x;
    aligned_nan      = 'x;
    aligned_special  = 'x;
    aligned_sign     = 'x;
    if (in_valid_i) begin
      a_zero = a_i[30:23] == 8'd0;
      b_zero = b_i[30:23] == 8'd0;
      c_zero = c_i[30:23] == 8'd0;
      any_special = (&a_i[30:23]) | (&b_i[30:23]) | (&c_i[30:23]);
      a_inf  = (&a_i[30:23]) & (a_i[22:0] == 23'd0);
      b_inf  = (&b_i[30:23]) & (b_i[22:0] == 23'd0);
      c_inf  = (&c_i[30:23]) & (c_i[22:0] == 23'd0);
      any_nan = ((&a_i[30:23]) & ~a_inf) | ((&b_i[30:23]) & ~b_inf) | ((&c_i[30:23]) & ~c_inf);

      a_significand = a_zero ? 24'd0 : {1'b1, a_i[22:0]};
      b_significand = b_zero ? 24'd0 : {1'b1, b_i[22:0]};
      c_significand = c_zero ? 24'd0 : {1'b1, c_i[22:0]};

      product_sign = a_i[31] ^ b_i[31];
      product_zero = a_zero | b_zero;
      product_inf  = a_inf | b_inf;
      product      = {24'b0, a_significand} * {24'b0, b_significand};

      product_exponent = {2'b0, a_i[30:23]} + {2'b0, b_i[30:23]} - 10'd127;
      gap              = product_exponent - {2'b0, c_i[30:23]};
      distance         = gap[9] ? -gap : gap;
      shift            = (distance[9:6] != 4'd0) ? 6'd63 : distance[5:0];
      c_stays          = gap[9] | product_zero;
      moving           = c_stays ? {1'b0, product, 2'b0} : {2'b0, c_significand, 25'b0};
      lost_mask        = ~({51{1'b1}} << shift);

      aligned_anchor   = c_stays ? {2'b0, c_significand, 25'b0} : {1'b0, product, 2'b0};
      aligned_other    = (moving >> shift) | {50'b0, (moving & lost_mask) != 51'd0};
      aligned_exponent = c_stays ? {1'b0, c_i[30:23]} : product_exponent[8:0];
      aligned_subtract = product_sign ^ c_i[31];
      aligned_nan      = any_nan | (a_inf & b_zero) | (a_zero & b_inf)
          | (product_inf & c_inf & aligned_subtract);
      aligned_special  = any_special;
      aligned_sign     = (any_special ? c_inf : c_stays) ? c_i[31] : product_sign;
    end
  end

  assign aligned_valid = in_valid_i;

  // Cut 1 -----------------------------------------------------------------------------------------
  logic        add_valid, add_subtract, add_sign, add_nan, add_special;
  logic [8:0]  add_exponent;
  logic [50:0] add_anchor;
  logic [50:0] add_other;

  if (STAGES >= 1) begin : gen_cut_1
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) add_valid <= 1'b0;
      else add_valid <= aligned_valid;
    end
    always_ff @(posedge clk_i) begin
      add_subtract <= aligned_subtract;
      add_sign     <= aligned_sign;
      add_nan      <= aligned_nan;
      add_special  <= aligned_special;
      add_exponent <= aligned_exponent;
      add_anchor   <= aligned_anchor;
      add_other    <= aligned_other;
    end
  end else begin : gen_no_cut_1
    logic unused_clock;
    assign unused_clock = clk_i ^ rst_ni;
    assign add_valid    = aligned_valid;
    assign add_subtract = aligned_subtract;
    assign add_sign     = aligned_sign;
    assign add_nan      = aligned_nan;
    assign add_special  = aligned_special;
    assign add_exponent = aligned_exponent;
    assign add_anchor   = aligned_anchor;
    assign add_other    = aligned_other;
  end

  // Add, or the complement and one more at the carry in: an exact zero is +0 unless both addends
  // are -0; an infinity keeps its own sign.
  logic [51:0] sum;  // below 2^50 + 2^49 in magnitude
  logic        unused_carry;
  logic        summed_sign;
  logic [50:0] summed_magnitude;

  always_comb begin
    {sum, unused_carry} = 'x;
    summed_magnitude    = 'x;
    summed_sign         = 'x;
    if (add_valid) begin
      {sum, unused_carry} = {1'b0, add_anchor, 1'b1}
          + {add_subtract, add_other ^ {51{add_subtract}}, add_subtract};
      summed_magnitude = sum[51] ? -sum[50:0] : sum[50:0];
      if (add_special) summed_sign = add_sign;
      else if (sum == 52'd0) summed_sign = add_sign & ~add_subtract;
      else summed_sign = add_sign ^ sum[51];
    end
  end

  // Cut 2 -----------------------------------------------------------------------------------------
  logic        normalise_valid, normalise_sign, normalise_nan, normalise_special;
  logic [8:0]  normalise_exponent;
  logic [50:0] normalise_magnitude;

  if (STAGES >= 2) begin : gen_cut_2
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) normalise_valid <= 1'b0;
      else normalise_valid <= add_valid;
    end
    always_ff @(posedge clk_i) begin
      normalise_sign      <= summed_sign;
      normalise_nan       <= add_nan;
      normalise_special   <= add_special;
      normalise_exponent  <= add_exponent;
      normalise_magnitude <= summed_magnitude;
    end
  end else begin : gen_no_cut_2
    assign normalise_valid     = add_valid;
    assign normalise_sign      = summed_sign;
    assign normalise_nan       = add_nan;
    assign normalise_special   = add_special;
    assign normalise_exponent  = add_exponent;
    assign normalise_magnitude = summed_magnitude;
  end

  // Normalise: the leading one to bit 50, which is 4.0 at the anchor's exponent.
  logic [5:0]  zeros;
  logic [50:0] normal;
  logic [9:0]  normal_exponent;  // signed
  logic [25:0] normal_significand;

  always_comb begin
    normal             = 'x;
    zeros              = 'x;
    normal_exponent    = 'x;
    normal_significand = 'x;
    if (normalise_valid) begin
      normal = normalise_magnitude;
      zeros  = 6'd0;
      if (normal[50:19] == 32'd0) begin
        zeros[5] = 1'b1;
        normal   = {normal[18:0], 32'b0};
      end
      if (normal[50:35] == 16'd0) begin
        zeros[4] = 1'b1;
        normal   = {normal[34:0], 16'b0};
      end
      if (normal[50:43] == 8'd0) begin
        zeros[3] = 1'b1;
        normal   = {normal[42:0], 8'b0};
      end
      if (normal[50:47] == 4'd0) begin
        zeros[2] = 1'b1;
        normal   = {normal[46:0], 4'b0};
      end
      // The last two are as likely as not, which costs a simulator more in branches than in shifts.
      zeros[1] = normal[50:49] == 2'd0;
      normal   = normal << {zeros[1], 1'b0};
      zeros[0] = !normal[50];
      normal   = normal << zeros[0];

      normal_exponent    = {1'b0, normalise_exponent} + 10'd2 - {4'b0, zeros};
      normal_significand = {normal[50:26], normal[25:0] != 26'd0};
    end
  end

  // Cut 3 -----------------------------------------------------------------------------------------
  logic        round_valid, round_sign, round_nan, round_special;
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
      round_special     <= normalise_special;
      round_exponent    <= normal_exponent;
      round_significand <= normal_significand;
    end
  end else begin : gen_no_cut_3
    assign round_valid       = normalise_valid;
    assign round_sign        = normalise_sign;
    assign round_nan         = normalise_nan;
    assign round_special     = normalise_special;
    assign round_exponent    = normal_exponent;
    assign round_significand = normal_significand;
  end

  // Round -----------------------------------------------------------------------------------------
  logic [31:0] rounded;

  weft_fp32_round u_round (
    .valid_i      (round_valid),
    .sign_i       (round_sign),
    .exponent_i   (round_exponent),
    .significand_i(round_significand),
    .result_o     (rounded)
  );

  assign out_valid_o = round_valid;

  always_comb begin
    if (round_special) result_o = round_nan ? 32'h7FC00000 : {round_sign, 8'hFF, 23'b0};
    else result_o = rounded;
  end

endmodule
