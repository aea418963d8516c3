// A first-in first-out queue of any depth from 1 on.
//
// A word pushed in cycle t is on out_data_o from t + 1 on, once all before it are gone. No path
// leads from in to out or from out_ready_i to in_ready_o within a cycle: a full queue takes no word
// in the cycle in which one leaves.
module weft_fifo #(
  parameter  int unsigned WIDTH      = 8,
  parameter  int unsigned DEPTH      = 4,
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  in_valid_i,
  output logic                  in_ready_o,  // there is a free place
  input  logic [WIDTH-1:0]      in_data_i,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [WIDTH-1:0]      out_data_o,

  output logic [COUNT_BITS-1:0] count_o      // words held
);

  localparam int unsigned POINTER_BITS = (DEPTH <= 1) ? 1 : $clog2(DEPTH);

  logic [WIDTH-1:0]        words_q [DEPTH];
  logic [POINTER_BITS-1:0] write_q, write_d;
  logic [POINTER_BITS-1:0] read_q, read_d;
  logic [COUNT_BITS-1:0]   count_q, count_d;
  logic                    push, pop;

  assign in_ready_o  = count_q != COUNT_BITS'(DEPTH);
  assign out_valid_o = count_q != '0;
  assign out_data_o  = words_q[read_q];
  assign count_o     = count_q;

  assign push = in_valid_i && in_ready_o;
  assign pop  = out_valid_o && out_ready_i;

  always_comb begin
    write_d = write_q;
    read_d  = read_q;
    count_d = count_q;
    if (push) write_d = (write_q == POINTER_BITS'(DEPTH - 1)) ? '0 : write_q + POINTER_BITS'(1);
    if (pop)  read_d  = (read_q == POINTER_BITS'(DEPTH - 1)) ? '0 : read_q + POINTER_BITS'(1);
    if (push && !pop) count_d = count_q + COUNT_BITS'(1);
    if (pop && !push) count_d = count_q - COUNT_BITS'(1);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= '0;
      read_q  <= '0;
      count_q <= '0;
    end else begin
      write_q <= write_d;
      read_q  <= read_d;
      count_q <= count_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) words_q[write_q] <= in_data_i;
  end

`ifndef SYNTHESIS
  initial begin
    if (WIDTH == 0 || DEPTH == 0) $fatal(1, "weft_fifo: WIDTH and DEPTH must be above 0");
  end

  // Held by construction; they catch a change that breaks it.
  a_count : assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(count_q) <= DEPTH);
  a_no_overflow : assert property (@(posedge clk_i) disable iff (!rst_ni)
      32'(count_q) == DEPTH |-> !push);
  a_no_underflow : assert property (@(posedge clk_i) disable iff (!rst_ni) count_q == '0 |-> !pop);
  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o));
  a_in_ready_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      in_ready_o && !in_valid_i |=> in_ready_o);
`endif

endmodule
