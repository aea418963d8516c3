// e^(s * difference) = 2^(difference * scale) in fp32 by six MACCs on one unit, as
// numerics::exp_maccs. One exponential at a time: 6 * (STAGES + 1) cycles from the input's
// handshake to out_valid_o, and as many from one input to the next where nothing stalls. While a
// result waits in the output register the next one is computed, and waits behind it with in_ready_o
// low. No output depends on an input within a cycle.
module weft_exp_fp32 #(
  parameter int unsigned STAGES = 0  // of weft_fp32_macc
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  output logic        in_ready_o,
  input  logic [31:0] in_difference_i,  // QK - RM
  input  logic [31:0] in_scale_i,       // softmax scale times log2 e; finite
  output logic        out_valid_o,
  input  logic        out_ready_i,
  output logic [31:0] out_result_o
);

  localparam logic [2:0] Idle   = 3'd0;  // an input is step 1 in the cycle of its handshake
  localparam logic [2:0] Last   = 3'd6;
  localparam logic [2:0] Parked = 3'd7;  // done, and the output register is taken
  localparam logic [1:0] Final  = STAGES[1:0];

  logic [2:0]  state_d, state_q;  // Idle, the step under way, or Parked
  logic [1:0]  wait_d, wait_q;    // cycles that the step has lasted
  logic [31:0] difference_q, scale_q, t_q, r_q, chain_q;
  logic        out_valid_d, out_valid_q;
  logic [31:0] out_result_q;

  logic        accept, running, ends, done, out_free, move;
  logic [2:0]  step;

  assign accept   = in_valid_i & in_ready_o;
  assign running  = accept | ((state_q != Idle) & (state_q != Parked));
  assign step     = (state_q == Idle) ? 3'd1 : state_q;
  assign ends     = running & (wait_q == Final);
  assign done     = ends & (step == Last);
  assign out_free = ~out_valid_q | out_ready_i;
  assign move     = out_free & (done | (state_q == Parked));

  // The six steps ---------------------------------------------------------------------------------
  logic [31:0] a, b, c, macc_result, special_value, negated, chain, result;
  logic        special, macc_valid;
  logic [8:0]  power;

  weft_exp_operands u_operands (
    .step_i      (step),
    .difference_i(state_q == Idle ? in_difference_i : difference_q),
    .scale_i     (state_q == Idle ? in_scale_i : scale_q),
    .r_i         (r_q),
    .chain_i     (chain_q),
    .negated_i   (negated),
    .a_o         (a),
    .b_o         (b),
    .c_o         (c)
  );

  weft_fp32_macc #(
    .STAGES(STAGES)
  ) u_macc (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .in_valid_i (running & (wait_q == 2'd0)),
    .a_i        (a),
    .b_i        (b),
    .c_i        (c),
    .out_valid_o(macc_valid),
    .result_o   (macc_result)
  );

  weft_exp_reduce u_reduce (
    .t_i            (t_q),
    .special_o      (special),
    .special_value_o(special_value),
    .power_o        (power),
    .negated_o      (negated)
  );

  assign chain = (state_q == Parked) ? chain_q : macc_result;

  weft_exp_insert u_insert (
    .chain_i        (chain),
    .power_i        (power),
    .special_i      (special),
    .special_value_i(special_value),
    .result_o       (result)
  );

  // State -----------------------------------------------------------------------------------------
  assign in_ready_o   = state_q == Idle;
  assign out_valid_o  = out_valid_q;
  assign out_result_o = out_result_q;

  always_comb begin
    state_d = state_q;
    if (move) state_d = Idle;
    else if (running) state_d = ends ? step + 3'd1 : step;
    wait_d = (running & ~ends) ? wait_q + 2'd1 : 2'd0;
    out_valid_d = move | (out_valid_q & ~out_ready_i);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q     <= Idle;
      wait_q      <= 2'd0;
      out_valid_q <= 1'b0;
    end else begin
      state_q     <= state_d;
      wait_q      <= wait_d;
      out_valid_q <= out_valid_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (accept) begin
      difference_q <= in_difference_i;
      scale_q      <= in_scale_i;
    end
    if (ends) begin
      if (step == 3'd1) t_q <= macc_result;
      if (step == 3'd2) r_q <= macc_result;
      chain_q <= macc_result;
    end
    if (move) out_result_q <= result;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_result_o))
    else $error("weft_exp_fp32: output changed while stalled");
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    in_valid_i && !in_ready_o |=> in_valid_i && $stable(in_difference_i) && $stable(in_scale_i))
    else $error("weft_exp_fp32: input changed while stalled");
  assert property (@(posedge clk_i) disable iff (!rst_ni) ends |-> macc_valid)
    else $error("weft_exp_fp32: a step ended without its result");
`else
  logic unused_macc_valid;
  assign unused_macc_valid = macc_valid;
`endif

endmodule
