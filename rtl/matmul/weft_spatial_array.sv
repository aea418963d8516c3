// The 2D array: SIDE x SIDE elements, keys along the rows, queries along the columns. Control and the rows' operands
// enter at the left, row i i cycles after row 0; columns' operands at the top, column j j cycles after column 0, so the
// element (i, j) executes a slot i + j cycles after element (0, 0). A column's result leaves its foot.
module weft_spatial_array #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  input  logic [31:0]                 scale_i,
  // element (0, 0)'s slot, and the keys there are
  input  weft_array_pkg::pe_control_t control_i,
  input  logic [5:0]                  rows_i,
  // operands of row i, i cycles later than row 0; Q of column j, j cycles later than column 0
  input  logic [SIDE*16-1:0]          k_i,
  input  logic [SIDE*16-1:0]          v_i,
  input  logic [SIDE*16-1:0]          q_i,
  // running maxima from the 1D array, lane j j cycles later than lane 0
  input  logic [SIDE-1:0]             rm_valid_i,
  input  logic [SIDE*4-1:0]           rm_context_i,
  input  logic [SIDE*32-1:0]          rm_i,
  // the foot of column j: which slot's result, and the result
  output logic [SIDE*4-1:0]           foot_op_o,
  output logic [SIDE*4-1:0]           foot_context_o,
  output logic [SIDE*32-1:0]          foot_o
);
  localparam int unsigned ControlBits = $bits(weft_array_pkg::pe_control_t);
  localparam int unsigned ContextBits = $clog2(CONTEXTS);
  localparam logic [31:0] MinusInfinity = 32'hFF800000;

  // Row i's left edge: control, and the row's operand.
  for (genvar i = 0; i < SIDE; ++i) begin : g_edge
    weft_array_pkg::pe_control_t control, control_q, control_row;
    logic [5:0] rows, rows_q;
    logic [15:0] row;
    if (i == 0) begin : g_first
      assign control = control_i;
      assign rows = rows_i;
    end else begin : g_next
      assign control = g_edge[i-1].control_q;
      assign rows = g_edge[i-1].rows_q;
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        control_q <= '0;
        rows_q <= '0;
      end else begin
        control_q <= control;
        control_q.diagonal <= control.diagonal - 8'sd1;  // one row down
        rows_q <= rows;
      end
    end
    always_comb begin
      control_row = control;
      control_row.row_valid = rows > 6'(i);
    end
    assign row = control.op == weft_array_pkg::PeSlnv ? v_i[i*16+:16] : k_i[i*16+:16];
  end

  // Row 0's control as it reaches each column.
  logic [SIDE*ControlBits-1:0] top_control;
  assign top_control = {g_row[0].control[(SIDE-1)*ControlBits-1:0], g_edge[0].control_row};
  logic [SIDE*32-1:0] top_column, top_partial;
  for (genvar j = 0; j < SIDE; ++j) begin : g_top
    weft_array_pkg::pe_control_t control;
    assign control = top_control[j*ControlBits+:ControlBits];
    // The maximum of each context waits at the top of its column for the subtraction.
    logic [31:0] rm_q [CONTEXTS];
    always_ff @(posedge clk_i) begin
      if (rm_valid_i[j]) rm_q[rm_context_i[j*4+:ContextBits]] <= rm_i[j*32+:32];
    end
    assign top_column[j*32+:32] = control.op == weft_array_pkg::PeSub ? rm_q[control.context_id[ContextBits-1:0]]
                                                                      : {q_i[j*16+:16], 16'b0};
    assign top_partial[j*32+:32] = control.op == weft_array_pkg::PeLm ? MinusInfinity : 32'b0;
  end

  for (genvar i = 0; i < SIDE; ++i) begin : g_row
    logic [SIDE*ControlBits-1:0] control;
    logic [SIDE*32-1:0] column_in, partial_in, column, partial;
    if (i == 0) begin : g_first
      assign column_in = top_column;
      assign partial_in = top_partial;
    end else begin : g_next
      assign column_in = g_row[i-1].column;
      assign partial_in = g_row[i-1].partial;
    end
    weft_pe_row #(.SIDE(SIDE), .CONTEXTS(CONTEXTS)) u_row (
      .clk_i, .rst_ni, .scale_i, .control_i(g_edge[i].control_row), .row_i(g_edge[i].row), .column_i(column_in), .partial_i(partial_in),
      .control_o(control), .column_o(column), .partial_o(partial)
    );
  end

  // The control of the slot whose result stands at a foot has left the last row with it.
  for (genvar j = 0; j < SIDE; ++j) begin : g_foot
    weft_array_pkg::pe_control_t control;
    assign control = g_row[SIDE-1].control[j*ControlBits+:ControlBits];
    assign foot_op_o[j*4+:4] = control.op;
    assign foot_context_o[j*4+:4] = control.context_id;
  end
  assign foot_o = g_row[SIDE-1].partial;

  // What leaves at the foot of the edge and of the columns is dropped.
  logic unused;
  assign unused = ^{g_edge[SIDE-1].control_q, g_edge[SIDE-1].rows_q, rm_context_i, g_row[SIDE-1].column};

`ifndef SYNTHESIS
  initial if (SIDE < 2 || SIDE > 32) $fatal(1, "weft_spatial_array: SIDE is 2 to 32");
`endif
endmodule
