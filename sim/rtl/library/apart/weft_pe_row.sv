// In place of rtl/matmul/weft_pe_row.sv where a library's array is large: the same RTL, Verilated
// once by itself (its class is Vweft_pe_row) instead of once a row, and evaluated for every row at
// the edge of the clock. All that it hands on is registered, so that is all there is to it.
module weft_pe_row #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3,
  localparam int unsigned DIAGONAL_BITS = $clog2(SIDE) + 1,
  localparam int unsigned CONTROL_BITS = weft_array_pkg::PeControlBits
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic [31:0]                  scale_i,
  input  weft_array_pkg::pe_control_t  control_i,
  input  logic [DIAGONAL_BITS-1:0]     diagonal_i,
  input  logic [15:0]                  row_i,
  input  logic [SIDE*32-1:0]           column_i,
  input  logic [SIDE*32-1:0]           partial_i,
  output logic [SIDE*CONTROL_BITS-1:0] control_o,
  output logic [SIDE*32-1:0]           column_o,
  output logic [SIDE*32-1:0]           partial_o
);
  import "DPI-C" function chandle weft_pe_row_new();
  import "DPI-C" function void weft_pe_row_delete(input chandle row);
  import "DPI-C" function void weft_pe_row_edge(
    input chandle row, input bit rst_n, input int unsigned scale, input int unsigned control,
    input int unsigned diagonal, input int unsigned operand, input bit [SIDE*32-1:0] column_in,
    input bit [SIDE*32-1:0] partial_in, output bit [SIDE*CONTROL_BITS-1:0] control_out,
    output bit [SIDE*32-1:0] column_out, output bit [SIDE*32-1:0] partial_out);

  chandle row;
  initial row = weft_pe_row_new();
  final weft_pe_row_delete(row);

  bit [SIDE*CONTROL_BITS-1:0] control;
  bit [SIDE*32-1:0] column, partial;
  always @(posedge clk_i or negedge rst_ni) begin
    weft_pe_row_edge(row, rst_ni, scale_i, 32'(control_i), 32'(diagonal_i), 32'(row_i), column_i,
        partial_i, control, column, partial);
    control_o <= control;
    column_o <= column;
    partial_o <= partial;
  end

  logic unused_contexts;
  assign unused_contexts = CONTEXTS == 0;
endmodule
