// A row of the 2D array: control and the row's operand enter at the left and move right; the columns' operands and
// running results come from the row above and leave, a cycle later, for the row below.
module weft_pe_row #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3
) (
  input  logic                                                clk_i,
  input  logic                                                rst_ni,
  input  logic [31:0]                                         scale_i,
  input  weft_array_pkg::pe_control_t                         control_i,
  input  logic [15:0]                                         row_i,
  input  logic [SIDE*32-1:0]                                  column_i,
  input  logic [SIDE*32-1:0]                                  partial_i,
  // control as it leaves each element, which is as its result does
  output logic [SIDE*$bits(weft_array_pkg::pe_control_t)-1:0] control_o,
  output logic [SIDE*32-1:0]                                  column_o,
  output logic [SIDE*32-1:0]                                  partial_o
);
  localparam int unsigned ControlBits = $bits(weft_array_pkg::pe_control_t);

  for (genvar j = 0; j < SIDE; ++j) begin : g_column
    weft_array_pkg::pe_control_t control_in, control_out;
    logic [15:0] row_in, row_out;
    if (j == 0) begin : g_left
      assign control_in = control_i;
      assign row_in = row_i;
    end else begin : g_inner
      assign control_in = g_column[j-1].control_out;
      assign row_in = g_column[j-1].row_out;
    end
    weft_pe #(.CONTEXTS(CONTEXTS)) u_pe (
      .clk_i, .rst_ni, .scale_i, .control_i(control_in), .row_i(row_in), .column_i(column_i[j*32+:32]), .partial_i(partial_i[j*32+:32]),
      .control_o(control_out), .row_o(row_out), .column_o(column_o[j*32+:32]), .partial_o(partial_o[j*32+:32])
    );
    assign control_o[j*ControlBits+:ControlBits] = control_out;
  end
  logic unused_row;
  assign unused_row = ^g_column[SIDE-1].row_out;
endmodule
