// e^x of a finite x <= 0 in fp32, as softmax::exp5, bit for bit: x = n ln 2 + r, the Taylor series
// of e^r to the 5th order, n into the exponent; seven MACCs of three cycles one behind another.
// exp5(+-0) is 1, below 2^-126 it is +0. 21 cycles from in_valid_i to out_valid_o, one operation a
// cycle, no back-pressure.
module weft_exp5 (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  input  logic [31:0] x_i,
  output logic        out_valid_o,
  output logic [31:0] result_o
);

  localparam logic [31:0] Log2E = 32'h3FB8AA3B;
  localparam logic [31:0] Ln2   = 32'h3F317218;
  localparam logic [31:0] Magic = 32'h4B400000;  // 1.5 * 2^23: adding it rounds to an integer
  localparam int unsigned Terms = 5;
  // 1/0!, 1/1!, 1/2!, 1/3! and in the lowest bits 1/4!
  localparam logic [Terms*32-1:0] Taylor = {
    32'h3F800000, 32'h3F800000, 32'h3F000000, 32'h3E2AAAAB, 32'h3D2AAAAB};
  localparam logic [31:0] Last  = 32'h3C088889;  // 1/5!

  // n: MACC 1 -------------------------------------------------------------------------------------
  logic        t_valid;
  logic [31:0] t;
  logic [95:0] x_q;  // of three cycles, the oldest in the highest bits

  weft_fp32_macc #(.STAGES(3)) u_scale (
    .clk_i, .rst_ni, .in_valid_i, .a_i(x_i), .b_i(Log2E), .c_i(Magic),
    .out_valid_o(t_valid), .result_o(t)
  );
  always_ff @(posedge clk_i) x_q <= {x_q[63:0], x_i};

  logic        special;
  logic [31:0] unused_value;  // of x <= 0 it is +0
  logic [8:0]  power;
  logic [31:0] negated;

  weft_exp_reduce u_reduce (
    .valid_i(t_valid), .t_i(t), .special_o(special), .special_value_o(unused_value),
    .power_o(power), .negated_o(negated)
  );

  // r: MACC 2, -n * ln 2 + x ----------------------------------------------------------------------
  logic        r_valid;
  logic [31:0] r;

  weft_fp32_macc #(.STAGES(3)) u_rest (
    .clk_i, .rst_ni, .in_valid_i(t_valid), .a_i(negated), .b_i(Ln2), .c_i(x_q[95:64]),
    .out_valid_o(r_valid), .result_o(r)
  );

  // The series: MACCs 3 to 7, r along with it -----------------------------------------------------
  logic [9*18-1:0] power_q;    // n, of the 18 cycles behind MACC 1
  logic [17:0]     special_q;  // the exponential is 0
  always_ff @(posedge clk_i) begin
    power_q   <= {power_q[9*17-1:0], power};
    special_q <= {special_q[16:0], special};
  end

  for (genvar term = 0; term < Terms; term++) begin : gen_term
    logic        chain_valid, valid;
    logic [31:0] chain, chain_r, sum;
    logic [95:0] r_q;

    if (term == 0) begin : gen_first
      assign chain_valid = r_valid;
      assign chain       = Last;
      assign chain_r     = r;
    end else begin : gen_next
      assign chain_valid = gen_term[term-1].valid;
      assign chain       = gen_term[term-1].sum;
      assign chain_r     = gen_term[term-1].r_q[95:64];
    end

    weft_fp32_macc #(.STAGES(3)) u_term (
      .clk_i, .rst_ni, .in_valid_i(chain_valid), .a_i(chain), .b_i(chain_r),
      .c_i(Taylor[term*32 +: 32]), .out_valid_o(valid), .result_o(sum)
    );
    always_ff @(posedge clk_i) r_q <= {r_q[63:0], chain_r};
  end

  logic unused_bits;
  assign unused_bits = ^{unused_value, gen_term[Terms-1].r_q};

  assign out_valid_o = gen_term[Terms-1].valid;

  weft_exp_insert u_insert (
    .valid_i(out_valid_o), .chain_i(gen_term[Terms-1].sum), .power_i(power_q[9*17 +: 9]),
    .special_i(special_q[17]), .special_value_i(32'h00000000), .result_o
  );

`ifndef SYNTHESIS
  a_sign : assert property (@(posedge clk_i) disable iff (!rst_ni)
      in_valid_i |-> (x_i[31] || x_i[30:0] == 31'd0) && x_i[30:23] != 8'hFF)
    else $error("weft_exp5: of finite x <= 0 only");
  a_most : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o |-> result_o <= 32'h3F800000);
`endif

endmodule
