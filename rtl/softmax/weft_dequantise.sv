// An integer score in fp32, as softmax::dequantise: rounded to nearest, ties to even, then times
// the scale. Five cycles from in_valid_i to out_valid_o, one operation a cycle, no back-pressure.
module weft_dequantise #(
  parameter int unsigned BITS = 32  // of a score in two's complement, 2 ... 32
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  input  logic            in_valid_i,
  input  logic [BITS-1:0] score_i,
  input  logic [31:0]     scale_i,
  output logic            out_valid_o,
  output logic [31:0]     result_o
);

  // Magnitude -------------------------------------------------------------------------------------
  logic        magnitude_valid_q, sign_q;
  logic [31:0] magnitude_q, extended;
  logic [31:0] magnitude_scale_q;

  assign extended = {{(33 - BITS){score_i[BITS-1]}}, score_i[BITS-2:0]};

  always_ff @(posedge clk_i) begin
    sign_q            <= score_i[BITS-1];
    magnitude_q       <= score_i[BITS-1] ? -extended : extended;
    magnitude_scale_q <= scale_i;
  end

  // Leading one to the left, rounded --------------------------------------------------------------
  logic [31:0] normal, rounded;
  logic [4:0]  zeros;

  always_comb begin
    normal = 'x;
    zeros  = 'x;
    if (magnitude_valid_q) begin
      normal = magnitude_q;
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
  end

  weft_fp32_round u_round (
    .valid_i      (magnitude_valid_q),
    .sign_i       (sign_q),
    .exponent_i   (10'd158 - {5'b0, zeros}),
    .significand_i({normal[31:7], normal[6:0] != 7'd0}),
    .result_o     (rounded)
  );

  // Times the scale -------------------------------------------------------------------------------
  logic        float_valid_q;
  logic [31:0] float_q, float_scale_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      magnitude_valid_q <= 1'b0;
      float_valid_q     <= 1'b0;
    end else begin
      magnitude_valid_q <= in_valid_i;
      float_valid_q     <= magnitude_valid_q;
    end
  end
  always_ff @(posedge clk_i) begin
    float_q       <= rounded;
    float_scale_q <= magnitude_scale_q;
  end

  weft_fp32_macc #(.STAGES(3)) u_scale (
    .clk_i, .rst_ni, .in_valid_i(float_valid_q), .a_i(float_q), .b_i(float_scale_q),
    .c_i(32'h80000000), .out_valid_o, .result_o  // - 0, which keeps the product's zero as it is
  );

`ifndef SYNTHESIS
  initial if (BITS < 2 || BITS > 32) $fatal(1, "weft_dequantise: BITS is 2 to 32");
`endif

endmodule
