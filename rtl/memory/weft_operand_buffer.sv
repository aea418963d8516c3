// The operands of one edge of an array: a bank for each of its rows (or columns), filled by beats,
// read by elements.
//
// A read in cycle t is of bank 0 in t, of bank 1 in t + 1, ..., since its address travels from bank
// to bank in registers: the skew that a systolic array wants. Bank i's element is on data_o from t
// + i + 1 until its next one. A fill in the cycle in which its bank reads the same beat is not seen
// by that read.
module weft_operand_buffer #(
  parameter  int unsigned SIDE          = 16,
  parameter  int unsigned BEAT_ELEMENTS = 16,   // a power of two
  parameter  int unsigned WORDS         = 1024, // elements of 16 bits a bank; a multiple of
                                                // BEAT_ELEMENTS
  localparam int unsigned BEATS         = WORDS / BEAT_ELEMENTS,
  localparam int unsigned BANK_BITS     = (SIDE <= 1) ? 1 : $clog2(SIDE),
  localparam int unsigned BEAT_BITS     = (BEATS <= 1) ? 1 : $clog2(BEATS),
  localparam int unsigned WORD_BITS     = (WORDS <= 1) ? 1 : $clog2(WORDS)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        fill_valid_i,
  input  logic [BANK_BITS-1:0]        fill_bank_i,
  input  logic [BEAT_BITS-1:0]        fill_address_i,  // in beats
  input  logic [BEAT_ELEMENTS*16-1:0] fill_data_i,

  input  logic                        read_valid_i,
  input  logic [WORD_BITS-1:0]        read_address_i,  // in elements
  output logic [SIDE*16-1:0]          data_o           // bank i's element at bit 16 i
);

  localparam int unsigned BEAT_LOG2 = $clog2(BEAT_ELEMENTS);

  // The read as bank i sees it, i cycles after bank 0; bank i's address at bit i * WORD_BITS.
  logic [SIDE-1:0]           read_valid;
  logic [SIDE*WORD_BITS-1:0] read_address;

  if (SIDE == 1) begin : gen_no_skew
    assign read_valid   = read_valid_i;
    assign read_address = read_address_i;
  end else begin : gen_skew
    logic [SIDE-2:0]               valid_q;
    logic [(SIDE-1)*WORD_BITS-1:0] address_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= '0;
      else         valid_q <= read_valid[SIDE-2:0];
    end
    always_ff @(posedge clk_i) begin
      address_q <= read_address[(SIDE-1)*WORD_BITS-1:0];
    end

    assign read_valid   = {valid_q, read_valid_i};
    assign read_address = {address_q, read_address_i};
  end

  for (genvar bank = 0; bank < SIDE; bank++) begin : gen_bank
    logic [WORD_BITS-1:0]        address;
    logic [BEAT_ELEMENTS*16-1:0] beat;

    assign address = read_address[bank*WORD_BITS +: WORD_BITS];

    weft_ram #(
      .WORD_BITS (BEAT_ELEMENTS * 16),
      .WORDS     (BEATS)
    ) u_ram (
      .clk_i           (clk_i),
      .write_valid_i   (fill_valid_i && fill_bank_i == BANK_BITS'(bank)),
      .write_address_i (fill_address_i),
      .write_lanes_i   (1'b1),
      .write_data_i    (fill_data_i),
      .read_valid_i    (read_valid[bank]),
      .read_address_i  (BEAT_BITS'(address >> BEAT_LOG2)),
      .read_data_o     (beat)
    );

    if (BEAT_ELEMENTS == 1) begin : gen_whole
      assign data_o[bank*16 +: 16] = beat;
    end else begin : gen_select
      logic [BEAT_LOG2-1:0] element_q;

      always_ff @(posedge clk_i) begin
        if (read_valid[bank]) element_q <= address[BEAT_LOG2-1:0];
      end
      assign data_o[bank*16 +: 16] = beat[element_q*16 +: 16];
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (SIDE == 0) $fatal(1, "weft_operand_buffer: SIDE must be above 0");
    if (BEAT_ELEMENTS == 0 || (BEAT_ELEMENTS & (BEAT_ELEMENTS - 1)) != 0) begin
      $fatal(1, "weft_operand_buffer: BEAT_ELEMENTS must be a power of two");
    end
    if (WORDS == 0 || WORDS % BEAT_ELEMENTS != 0) begin
      $fatal(1, "weft_operand_buffer: WORDS must be a multiple of BEAT_ELEMENTS above 0");
    end
  end

  a_fill_bank : assert property (@(posedge clk_i) disable iff (!rst_ni)
      fill_valid_i |-> 32'(fill_bank_i) < SIDE)
    else $error("weft_operand_buffer: a fill of bank %0d of %0d", fill_bank_i, SIDE);
`endif

endmodule
