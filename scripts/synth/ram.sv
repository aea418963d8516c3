// In place of rtl/memory/weft_ram.sv where paths are measured: a memory's own time is its maker's
// to say, so paths end in a register at each of its inputs and begin in one at its output.
module weft_ram #(
  parameter  int unsigned WORD_BITS    = 16,
  parameter  int unsigned WORDS        = 256,
  parameter  int unsigned LANES        = 1,
  parameter  bit          BYPASS       = 1'b0,
  parameter  bit          GATED        = 1'b0,
  localparam int unsigned ADDRESS_BITS = (WORDS <= 1) ? 1 : $clog2(WORDS)
) (
  input  logic                    clk_i,
  input  logic                    write_valid_i,
  input  logic [ADDRESS_BITS-1:0] write_address_i,
  input  logic [LANES-1:0]        write_lanes_i,
  input  logic [WORD_BITS-1:0]    write_data_i,
  input  logic                    read_valid_i,
  input  logic [ADDRESS_BITS-1:0] read_address_i,
  output logic [WORD_BITS-1:0]    read_data_o
);
  (* keep *) logic [2*ADDRESS_BITS+LANES+1:0] asked_q;
  (* keep *) logic [WORD_BITS-1:0] word_q;
  always_ff @(posedge clk_i) begin
    asked_q <= {write_valid_i, write_address_i, write_lanes_i, read_valid_i, read_address_i};
    word_q <= write_data_i;
  end
  assign read_data_o = word_q;
endmodule
