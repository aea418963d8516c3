// The clock of a unit that rests: without enable_i in a cycle, the edge at its end does not come.
// What is behind it has to be such that the edge would change nothing that counts. Every edge comes
// in reset, which a simulator that begins in it sees by edges alone.
//
// WEFT_CLOCK_GATES makes a latch and a gate of it, which takes the rest out of a simulation too;
// without that macro every edge comes, as on parts whose clock trees have no gates.
module weft_clock_gate (
  input  logic clk_i,
  input  logic rst_ni,
  input  logic enable_i,  // settled before the clock falls, or while it is low
  output logic clk_o
);

`ifdef WEFT_CLOCK_GATES
  logic enable_q;
  always_latch begin
    if (!clk_i) enable_q = enable_i || !rst_ni;
  end
  assign clk_o = clk_i && enable_q;
`else
  logic unused_enable;
  assign unused_enable = enable_i ^ rst_ni;
  assign clk_o         = clk_i;
`endif

endmodule
