// One element of the 2D array: an fp32 MACC, a maximum, and the state of CONTEXTS tiles. It
// executes one slot a cycle, as the control word that arrives with the data says, and hands
// operands to the right and downwards a cycle later. Each MACC closes in one cycle, so a sum takes
// a term every cycle (docs/adr: the accumulate loop). That a slot is one of pe_op_e and names one
// of CONTEXTS is asserted where slots enter the array (weft_spatial_array), not in every element.
module weft_pe #(
  parameter int unsigned CONTEXTS = 3,
  parameter int unsigned DIAGONAL_BITS = 8
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic [31:0]                   scale_i,     // fp32: softmax scale times log2 e; constant
                                                     // during a run
  // from the left: control, how far the key lies on the visible side of the diagonal (the query
  // sees it where this is not negative), and the row's operand, bf16 (K or V)
  input  weft_array_pkg::pe_control_t   control_i,
  input  logic [DIAGONAL_BITS-1:0]      diagonal_i,  // signed
  input  logic [15:0]                   row_i,
  // from above: the column's operand, fp32 (Q, or RM during PeSub), and the column's running result
  input  logic [31:0]                   column_i,
  input  logic [31:0]                   partial_i,
  output weft_array_pkg::pe_control_t   control_o,
  output logic [DIAGONAL_BITS-1:0]      diagonal_o,  // of the column to the right
  output logic [15:0]                   row_o,
  output logic [31:0]                   column_o,
  output logic [31:0]                   partial_o
);
  localparam int unsigned ContextBits = $clog2(CONTEXTS);
  localparam logic [31:0] One = 32'h3F800000;
  localparam logic [31:0] MinusOne = 32'hBF800000;
  localparam logic [31:0] MinusInfinity = 32'hFF800000;

  weft_array_pkg::pe_control_t control_q;
  logic [DIAGONAL_BITS-1:0] diagonal_q;
  logic [15:0] row_q;
  logic [31:0] column_q, partial_q;
  logic [31:0] state_q [CONTEXTS];  // a tile's QK, later its SLN
  logic [31:0] difference_q;        // QK - RM, from the second MACC on the reduced argument
  logic [31:0] chain_q;             // the polynomial so far
  logic        special_q;
  logic [31:0] special_value_q, negated_q;
  logic [8:0]  power_q;

  weft_array_pkg::pe_op_e op;
  logic [31:0] state, row, visible_state;
  logic hidden;  // the query must not see the key: nothing of it, weight or value, reaches a result
  assign hidden = diagonal_i[DIAGONAL_BITS-1];
  assign op = control_i.op;
  assign state = state_q[control_i.context_id[ContextBits-1:0]];
  assign row = {row_i, 16'b0};

  logic [31:0] exp_a, exp_b, exp_c;
  weft_exp_operands u_operands (
    .valid_i(op[3]), .step_i(op[2:0]), .difference_i(difference_q), .scale_i,
    .r_i(difference_q), .chain_i(chain_q),
    .negated_i(negated_q),
    .a_o(exp_a), .b_o(exp_b), .c_o(exp_c)
  );

  logic [31:0] a, b, c, sum;
  always_comb begin
    a = 'x;
    b = 'x;
    c = 'x;
    unique case (op)
      weft_array_pkg::PeQk: begin
        a = row;
        b = column_i;
        c = control_i.first ? 32'b0 : state;
      end
      weft_array_pkg::PeSub: begin
        a = column_i;
        b = MinusOne;
        c = state;
      end
      weft_array_pkg::PeSld: begin
        a = state;
        b = One;
        c = partial_i;
      end
      weft_array_pkg::PeSlnv: begin
        a = state;
        b = row;
        c = partial_i;
      end
      weft_array_pkg::PeExp1, weft_array_pkg::PeExp2, weft_array_pkg::PeExp3,
      weft_array_pkg::PeExp4, weft_array_pkg::PeExp5, weft_array_pkg::PeExp6: begin
        a = exp_a;
        b = exp_b;
        c = exp_c;
      end
      weft_array_pkg::PeNop, weft_array_pkg::PeLm: ;  // nobody takes the sum
    endcase
  end

  logic unused_valid;
  weft_fp32_macc #(.STAGES(0)) u_macc (
    .clk_i, .rst_ni, .in_valid_i(1'b1), .a_i(a), .b_i(b), .c_i(c), .out_valid_o(unused_valid),
    .result_o(sum)
  );

  logic [31:0] maximum;
  assign visible_state = hidden ? MinusInfinity : state;
  weft_fp32_max u_max (.valid_i(op == weft_array_pkg::PeLm), .a_i(partial_i), .b_i(visible_state),
      .result_o(maximum));

  logic        special;
  logic [31:0] special_value, negated, power_of_two;
  logic [8:0]  power;
  logic [15:0] weight;
  weft_exp_reduce u_reduce (.valid_i(op == weft_array_pkg::PeExp1), .t_i(sum),
      .special_o(special), .special_value_o(special_value),
      .power_o(power), .negated_o(negated));
  weft_exp_insert u_insert (
    .valid_i(op == weft_array_pkg::PeExp6), .chain_i(sum), .power_i(power_q),
    .special_i(special_q), .special_value_i(special_value_q),
    .result_o(power_of_two)
  );
  weft_bf16_round u_round (.in_i(power_of_two), .out_o(weight));

  always_ff @(posedge clk_i) begin
    row_q <= row_i;
    column_q <= column_i;
    partial_q <= partial_i;
    unique case (op)
      weft_array_pkg::PeQk: state_q[control_i.context_id[ContextBits-1:0]] <= sum;
      weft_array_pkg::PeLm: begin
        state_q[control_i.context_id[ContextBits-1:0]] <= visible_state;
        if (control_i.row_valid) partial_q <= maximum;
      end
      weft_array_pkg::PeSub: difference_q <= sum;
      weft_array_pkg::PeExp1: begin
        special_q <= special;
        special_value_q <= special_value;
        power_q <= power;
        negated_q <= negated;
      end
      weft_array_pkg::PeExp2: difference_q <= sum;
      weft_array_pkg::PeExp3, weft_array_pkg::PeExp4, weft_array_pkg::PeExp5: chain_q <= sum;
      weft_array_pkg::PeExp6: state_q[control_i.context_id[ContextBits-1:0]] <= {weight, 16'b0};
      weft_array_pkg::PeSld, weft_array_pkg::PeSlnv:
        if (control_i.row_valid && !hidden) partial_q <= sum;
      weft_array_pkg::PeNop: ;
    endcase
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      control_q <= '0;
      diagonal_q <= '0;
    end else begin
      control_q <= control_i;
      diagonal_q <= diagonal_i + DIAGONAL_BITS'(1);  // one column to the right
    end
  end

  assign control_o = control_q;
  assign diagonal_o = diagonal_q;
  assign row_o = row_q;
  assign column_o = column_q;
  assign partial_o = partial_q;

`ifndef SYNTHESIS
  initial if (CONTEXTS < 2 || CONTEXTS > 16) $fatal(1, "weft_pe: CONTEXTS is 2 to 16");
`endif
endmodule
