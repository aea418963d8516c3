// A row of the 2D array: control and the row's operand enter at the left and move right; the
// columns' operands and running results come from the row above and leave, a cycle later, for the
// row below.
module weft_pe_row #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3,
  // from one below the last column's to the first column's: -SIDE to SIDE - 1
  localparam int unsigned DIAGONAL_BITS = $clog2(SIDE) + 1
) (
  input  logic                                          clk_i,
  input  logic                                          rst_ni,
  input  logic [31:0]                                   scale_i,
  input  weft_array_pkg::pe_control_t                   control_i,
  input  logic [DIAGONAL_BITS-1:0]                      diagonal_i,
  input  logic [15:0]                                   row_i,
  input  logic [SIDE*32-1:0]                            column_i,
  input  logic [SIDE*32-1:0]                            partial_i,
  // control as it leaves each element, which is as its result does
  output logic [SIDE*weft_array_pkg::PeControlBits-1:0] control_o,
  output logic [SIDE*32-1:0]                            column_o,
  output logic [SIDE*32-1:0]                            partial_o
);
  localparam int unsigned ControlBits = weft_array_pkg::PeControlBits;

  // Operands on their way to the right: element j's at bit 16 j.
  logic [SIDE*16-1:0] row;
  logic [SIDE*DIAGONAL_BITS-1:0] diagonal;
  for (genvar j = 0; j < SIDE; j++) begin : gen_column
    weft_array_pkg::pe_control_t control_in;
    logic [DIAGONAL_BITS-1:0] diagonal_in;
    logic [15:0] row_in;
    if (j == 0) begin : gen_left
      assign control_in = control_i;
      assign diagonal_in = diagonal_i;
      assign row_in = row_i;
    end else begin : gen_inner
      assign control_in = control_o[(j-1)*ControlBits+:ControlBits];
      assign diagonal_in = diagonal[(j-1)*DIAGONAL_BITS+:DIAGONAL_BITS];
      assign row_in = row[(j-1)*16+:16];
    end
    weft_pe #(.CONTEXTS(CONTEXTS), .DIAGONAL_BITS(DIAGONAL_BITS)) u_pe (
      .clk_i, .rst_ni, .scale_i, .control_i(control_in), .diagonal_i(diagonal_in), .row_i(row_in),
      .column_i(column_i[j*32+:32]), .partial_i(partial_i[j*32+:32]),
      .control_o(control_o[j*ControlBits+:ControlBits]),
      .diagonal_o(diagonal[j*DIAGONAL_BITS+:DIAGONAL_BITS]), .row_o(row[j*16+:16]),
      .column_o(column_o[j*32+:32]),
      .partial_o(partial_o[j*32+:32])
    );
  end
  logic unused_last;  // what leaves the last column to the right
  assign unused_last = ^{row[(SIDE-1)*16+:16], diagonal[(SIDE-1)*DIAGONAL_BITS+:DIAGONAL_BITS]};

`ifndef SYNTHESIS
  initial if ($bits(weft_array_pkg::pe_control_t) != weft_array_pkg::PeControlBits)
      $fatal(1, "weft_pe_row: PeControlBits");
`endif
endmodule
