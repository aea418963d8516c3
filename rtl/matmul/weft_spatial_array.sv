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

  for (genvar i = 0; i < SIDE; ++i) begin : g_row
    for (genvar j = 0; j < SIDE; ++j) begin : g_column
      weft_array_pkg::pe_control_t control_in, control_out;
      logic [15:0] row_in, row_out;
      logic [31:0] column_in, column_out, partial_in, partial_out;
      if (j == 0) begin : g_left
        assign control_in = g_edge[i].control_row;
        assign row_in = g_edge[i].row;
      end else begin : g_inner
        assign control_in = g_row[i].g_column[j-1].control_out;
        assign row_in = g_row[i].g_column[j-1].row_out;
      end
      if (i == 0) begin : g_top
        // The maximum of each context waits at the top of its column for the subtraction.
        logic [31:0] rm_q [CONTEXTS];
        always_ff @(posedge clk_i) begin
          if (rm_valid_i[j]) rm_q[rm_context_i[j*4+:ContextBits]] <= rm_i[j*32+:32];
        end
        assign column_in = control_in.op == weft_array_pkg::PeSub ? rm_q[control_in.context_id[ContextBits-1:0]] : {q_i[j*16+:16], 16'b0};
        assign partial_in = control_in.op == weft_array_pkg::PeLm ? MinusInfinity : 32'b0;
      end else begin : g_below
        assign column_in = g_row[i-1].g_column[j].column_out;
        assign partial_in = g_row[i-1].g_column[j].partial_out;
      end
      weft_pe #(.CONTEXTS(CONTEXTS)) u_pe (
        .clk_i, .rst_ni, .scale_i,
        .control_i(control_in), .row_i(row_in), .column_i(column_in), .partial_i(partial_in),
        .control_o(control_out), .row_o(row_out), .column_o(column_out), .partial_o(partial_out)
      );
      if (i == SIDE - 1) begin : g_foot
        // The control of the slot whose result stands here has left the element with it.
        assign foot_op_o[j*4+:4] = control_out.op;
        assign foot_context_o[j*4+:4] = control_out.context_id;
        assign foot_o[j*32+:32] = partial_out;
      end
    end
  end

  // What leaves at the right and at the foot of the edge is dropped.
  logic unused_edge;
  assign unused_edge = ^{g_edge[SIDE-1].control_q, g_edge[SIDE-1].rows_q, rm_context_i};
  for (genvar i = 0; i < SIDE; ++i) begin : g_unused
    logic unused;
    assign unused = ^{g_row[i].g_column[SIDE-1].control_out, g_row[i].g_column[SIDE-1].row_out, g_row[SIDE-1].g_column[i].column_out};
  end

`ifndef SYNTHESIS
  initial if (SIDE < 2 || SIDE > 32) $fatal(1, "weft_spatial_array: SIDE is 2 to 32");
`endif
endmodule
