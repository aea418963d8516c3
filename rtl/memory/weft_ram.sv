// A memory with one synchronous read port and one write port, written by lanes.
//
// What a read in cycle t asks for stands on read_data_o from t + 1 until the next read. A read of
// the word that is written in the same cycle gives the old word, or with BYPASS the new one, lane
// by lane. Contents are not reset.
module weft_ram #(
  parameter  int unsigned WORD_BITS    = 16,
  parameter  int unsigned WORDS        = 256,
  parameter  int unsigned LANES        = 1,    // write enables; each covers WORD_BITS / LANES bits
  parameter  bit          BYPASS       = 1'b0,
  parameter  bit          GATED        = 1'b0,  // of several lanes: no edge without a write
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

  localparam int unsigned LANE_BITS = WORD_BITS / LANES;

  logic [WORD_BITS-1:0] memory_q [WORDS];
  logic [WORD_BITS-1:0] word_q;

  if (LANES == 1) begin : gen_whole
    always_ff @(posedge clk_i) begin
      if (write_valid_i && write_lanes_i[0]) memory_q[write_address_i] <= write_data_i;
    end
  end else begin : gen_lanes
    logic write_clk;
    if (GATED) begin : gen_gate
      weft_clock_gate u_gate (.clk_i, .rst_ni(1'b1), .enable_i(write_valid_i), .clk_o(write_clk));
    end else begin : gen_no_gate
      assign write_clk = clk_i;
    end
    always_ff @(posedge write_clk) begin
      if (write_valid_i) begin
        for (int unsigned lane = 0; lane < LANES; lane++) begin
          if (write_lanes_i[lane]) begin
            memory_q[write_address_i][lane*LANE_BITS +: LANE_BITS] <=
                write_data_i[lane*LANE_BITS +: LANE_BITS];
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (read_valid_i) word_q <= memory_q[read_address_i];
  end

  if (BYPASS) begin : gen_bypass
    // lanes that were written in the cycle of the last read, at its address
    logic [LANES-1:0]     hit_q;
    logic [WORD_BITS-1:0] new_q;

    always_ff @(posedge clk_i) begin
      if (read_valid_i) begin
        hit_q <= (write_valid_i && write_address_i == read_address_i) ? write_lanes_i : '0;
        new_q <= write_data_i;
      end
    end

    always_comb begin
      read_data_o = word_q;
      for (int unsigned lane = 0; lane < LANES; lane++) begin
        if (hit_q[lane]) read_data_o[lane*LANE_BITS +: LANE_BITS] =
            new_q[lane*LANE_BITS +: LANE_BITS];
      end
    end
  end else begin : gen_no_bypass
    assign read_data_o = word_q;
  end

`ifndef SYNTHESIS
  initial begin
    if (WORD_BITS == 0 || WORDS == 0) $fatal(1, "weft_ram: WORD_BITS and WORDS must be above 0");
    if (LANES == 0 || WORD_BITS % LANES != 0) $fatal(1, "weft_ram: LANES must divide WORD_BITS");
  end

  a_write_address : assert property (@(posedge clk_i) write_valid_i
      |-> 32'(write_address_i) < WORDS)
    else $error("weft_ram: a write to word %0d of %0d", write_address_i, WORDS);
  a_read_address : assert property (@(posedge clk_i) read_valid_i |-> 32'(read_address_i) < WORDS)
    else $error("weft_ram: a read of word %0d of %0d", read_address_i, WORDS);
`endif

endmodule
