// The 2D array: SIDE x SIDE elements, keys along the rows, queries along the columns. Control and
// the rows' operands enter at the left, row i i cycles after row 0; columns' operands at the top,
// column j j cycles after column 0, so the element (i, j) executes a slot i + j cycles after
// element (0, 0). A column's result leaves its foot.
module weft_spatial_array #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3,
  localparam int unsigned ROWS_BITS = $clog2(SIDE + 1),
  localparam int unsigned DIAGONAL_BITS = $clog2(SIDE) + 17  // SIDE x group_i, either way
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  input  logic [31:0]                 scale_i,
  // element (0, 0)'s slot, the keys there are, and which of them a query sees: that of row i is
  // visible to column j where i x group - j <= diagonal
  input  weft_array_pkg::pe_control_t control_i,
  input  logic [ROWS_BITS-1:0]        rows_i,
  input  logic signed [DIAGONAL_BITS-1:0] diagonal_i,
  input  logic [15:0]                 group_i,   // columns of a query; constant during a run
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
  localparam int unsigned ControlBits = weft_array_pkg::PeControlBits;
  localparam int unsigned OpAt = weft_array_pkg::PeOpAt;
  localparam int unsigned ContextAt = weft_array_pkg::PeContextAt;
  localparam int unsigned RowValidAt = weft_array_pkg::PeRowValidAt;
  localparam int unsigned NearBits = $clog2(SIDE) + 1;  // of weft_pe_row
  localparam int unsigned ContextBits = $clog2(CONTEXTS);
  localparam logic [31:0] MinusInfinity = 32'hFF800000;

  // What a row needs of a diagonal: from 0 on it sees all, from -SIDE on down nothing.
  localparam logic signed [DIAGONAL_BITS-1:0] Hidden = -(DIAGONAL_BITS'(SIDE));
  function automatic logic [NearBits-1:0] near(input logic signed [DIAGONAL_BITS-1:0] diagonal);
    near = !diagonal[DIAGONAL_BITS-1] ? '0 : diagonal < Hidden ? Hidden[NearBits-1:0]
        : diagonal[NearBits-1:0];
  endfunction

  // The left edge: control, the number of keys and the diagonal go down, a row a cycle.
  logic [SIDE*ControlBits-1:0] edge_control, edge_control_q;  // row i's at bit ControlBits i
  logic [SIDE*ROWS_BITS-1:0] edge_rows_q;
  logic [SIDE*DIAGONAL_BITS-1:0] edge_diagonal_q;
  logic [SIDE*NearBits-1:0] edge_near;
  logic [SIDE*16-1:0] edge_row;
  for (genvar i = 0; i < SIDE; i++) begin : gen_edge
    logic [ControlBits-1:0] here;
    logic [ROWS_BITS-1:0] rows;
    logic signed [DIAGONAL_BITS-1:0] diagonal;
    if (i == 0) begin : gen_first
      assign here = control_i;
      assign rows = rows_i;
      assign diagonal = diagonal_i;
    end else begin : gen_next
      assign diagonal = edge_diagonal_q[(i-1)*DIAGONAL_BITS+:DIAGONAL_BITS];
      assign here = edge_control_q[(i-1)*ControlBits+:ControlBits];
      assign rows = edge_rows_q[(i-1)*ROWS_BITS+:ROWS_BITS];
    end
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        edge_control_q[i*ControlBits+:ControlBits] <= '0;
        edge_rows_q[i*ROWS_BITS+:ROWS_BITS] <= '0;
        edge_diagonal_q[i*DIAGONAL_BITS+:DIAGONAL_BITS] <= '0;
      end else begin
        edge_control_q[i*ControlBits+:ControlBits] <= here;
        edge_rows_q[i*ROWS_BITS+:ROWS_BITS] <= rows;
        edge_diagonal_q[i*DIAGONAL_BITS+:DIAGONAL_BITS] <=
            diagonal - DIAGONAL_BITS'(group_i);  // one row down
      end
    end
    always_comb begin
      edge_control[i*ControlBits+:ControlBits] = here;
      edge_control[i*ControlBits+RowValidAt] = rows > ROWS_BITS'(i);
    end
    assign edge_near[i*NearBits+:NearBits] = near(diagonal);
    assign edge_row[i*16+:16] = here[OpAt+:4]
        == weft_array_pkg::PeSlnv ? v_i[i*16+:16] : k_i[i*16+:16];
  end

  logic [SIDE*32-1:0] top_column, top_partial;  // what enters row 0
  for (genvar j = 0; j < SIDE; j++) begin : gen_top
    logic [ControlBits-1:0] here;
    if (j == 0) begin : gen_first
      assign here = edge_control[ControlBits-1:0];
    end else begin : gen_next
      assign here = gen_row[0].control[(j-1)*ControlBits+:ControlBits];
    end
    // The maximum of each context waits at the top of its column for the subtraction.
    logic [31:0] rm_q [CONTEXTS];
    always_ff @(posedge clk_i) begin
      if (rm_valid_i[j]) rm_q[rm_context_i[j*4+:ContextBits]] <= rm_i[j*32+:32];
    end
    assign top_column[j*32+:32] = here[OpAt+:4] == weft_array_pkg::PeSub
        ? rm_q[here[ContextAt+:ContextBits]] : {q_i[j*16+:16], 16'b0};
    assign top_partial[j*32+:32] = here[OpAt+:4] == weft_array_pkg::PeLm ? MinusInfinity : 32'b0;
  end

  for (genvar i = 0; i < SIDE; i++) begin : gen_row
    logic [SIDE*32-1:0] column_in, partial_in;
    // What leaves the row: columns' operands and results, word j of column j, and their control.
    logic [SIDE*32-1:0] column, partial;
    logic [SIDE*ControlBits-1:0] control;
    if (i == 0) begin : gen_first
      assign column_in = top_column;
      assign partial_in = top_partial;
    end else begin : gen_next
      assign column_in = gen_row[i-1].column;
      assign partial_in = gen_row[i-1].partial;
    end
    weft_pe_row #(.SIDE(SIDE), .CONTEXTS(CONTEXTS)) u_row (
      .clk_i, .rst_ni, .scale_i, .control_i(edge_control[i*ControlBits+:ControlBits]),
      .diagonal_i(edge_near[i*NearBits+:NearBits]),
      .row_i(edge_row[i*16+:16]), .column_i(column_in),
      .partial_i(partial_in), .control_o(control), .column_o(column), .partial_o(partial)
    );
    logic unused_control;
    assign unused_control = ^control;
  end

  // The control of the slot whose result stands at a foot has left the last row with it.
  for (genvar j = 0; j < SIDE; j++) begin : gen_foot
    assign foot_op_o[j*4+:4] = gen_row[SIDE-1].control[j*ControlBits+OpAt+:4];
    assign foot_context_o[j*4+:4] = gen_row[SIDE-1].control[j*ControlBits+ContextAt+:4];
  end
  assign foot_o = gen_row[SIDE-1].partial;

  // What leaves at the foot of the edge, at the right and at the feet of the operands is dropped.
  logic unused;
  assign unused = ^{edge_control_q[(SIDE-1)*ControlBits+:ControlBits],
      edge_rows_q[(SIDE-1)*ROWS_BITS+:ROWS_BITS],
      edge_diagonal_q[(SIDE-1)*DIAGONAL_BITS+:DIAGONAL_BITS], rm_context_i,
      gen_row[SIDE-1].column};

`ifndef SYNTHESIS
  weft_array_pkg::pe_control_t probe;  // the bits' places are those of the members
  initial begin
    probe = '0;
    probe.op = weft_array_pkg::PeQk;
    probe.context_id = 4'd5;
    probe.row_valid = 1'b1;
    if (probe[OpAt+:4] != 4'd1 || probe[ContextAt+:4] != 4'd5 || !probe[RowValidAt])
      $fatal(1, "weft_spatial_array: places of a control word");
  end
  initial if (SIDE < 2 || SIDE > 256) $fatal(1, "weft_spatial_array: SIDE is 2 to 256");
  // Of every element: the control word only moves on from here.
  a_context : assert property (@(posedge clk_i) disable iff (!rst_ni)
    control_i.op == weft_array_pkg::PeNop || 32'(control_i.context_id) < CONTEXTS);
  a_op : assert property (@(posedge clk_i) disable iff (!rst_ni)
    control_i.op <= weft_array_pkg::PeSlnv
    || (control_i.op >= weft_array_pkg::PeExp1 && control_i.op <= weft_array_pkg::PeExp6));
  a_rows : assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(rows_i) <= SIDE);
`endif
endmodule
