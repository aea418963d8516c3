// A memory with one synchronous read port and several write ports, each written by lanes: registers
// rather than an SRAM. Behind more than one channel of memory a store takes an access of each in a
// cycle (weft_row_fill).
//
// What a read in cycle t asks for stands on read_data_o in t + 1; of a word that is written in the
// same cycle it is the old one. Of two ports that write one lane of one word the later one counts.
// Contents are not reset.
module weft_multi_write_ram #(
  parameter  int unsigned WORD_BITS    = 16,
  parameter  int unsigned WORDS        = 256,
  parameter  int unsigned LANES        = 1,    // write enables of a port
  parameter  int unsigned PORTS        = 2,    // that write
  localparam int unsigned ADDRESS_BITS = (WORDS <= 1) ? 1 : $clog2(WORDS)
) (
  input  logic                          clk_i,

  input  logic [PORTS-1:0]              write_valid_i,
  input  logic [PORTS*ADDRESS_BITS-1:0] write_address_i,
  input  logic [PORTS*LANES-1:0]        write_lanes_i,
  input  logic [PORTS*WORD_BITS-1:0]    write_data_i,

  input  logic [ADDRESS_BITS-1:0]       read_address_i,
  output logic [WORD_BITS-1:0]          read_data_o
);

  localparam int unsigned LANE_BITS = WORD_BITS / LANES;

  logic [WORD_BITS-1:0] memory_q [WORDS];
  logic                 write_clk;

  weft_clock_gate u_gate (
    .clk_i, .rst_ni(1'b1), .enable_i(write_valid_i != '0), .clk_o(write_clk)
  );

  // A port writes the whole word, with the lanes of the ports before it.
  always_ff @(posedge write_clk) begin
    logic [ADDRESS_BITS-1:0] address;
    logic [WORD_BITS-1:0]    word;
    for (int unsigned p = 0; p < PORTS; p++) begin
      if (write_valid_i[p]) begin
        address = write_address_i[p*ADDRESS_BITS +: ADDRESS_BITS];
        word    = memory_q[address];
        for (int unsigned other = 0; other <= p; other++) begin
          if (write_valid_i[other]
              && write_address_i[other*ADDRESS_BITS +: ADDRESS_BITS] == address) begin
            for (int unsigned lane = 0; lane < LANES; lane++) begin
              if (write_lanes_i[other*LANES + lane]) begin
                word[lane*LANE_BITS +: LANE_BITS] =
                    write_data_i[other*WORD_BITS + lane*LANE_BITS +: LANE_BITS];
              end
            end
          end
        end
        memory_q[address] <= word;
      end
    end
  end
  always_ff @(posedge clk_i) read_data_o <= memory_q[read_address_i];

`ifndef SYNTHESIS
  initial begin
    if (WORD_BITS == 0 || WORDS == 0) begin
      $fatal(1, "weft_multi_write_ram: WORD_BITS and WORDS must be above 0");
    end
    if (LANES == 0 || WORD_BITS % LANES != 0) begin
      $fatal(1, "weft_multi_write_ram: LANES must divide WORD_BITS");
    end
  end

  a_read_address : assert property (@(posedge clk_i) 32'(read_address_i) < WORDS)
    else $error("weft_multi_write_ram: a read of word %0d of %0d", read_address_i, WORDS);
`endif

endmodule
