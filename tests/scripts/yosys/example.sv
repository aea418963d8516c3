// The example of tests/scripts/synthesize_test.py: two levels below the top, one module with a
// parameter.
module leaf #(parameter int WIDTH = 4) (input logic clk_i, input logic [WIDTH-1:0] a_i,
    output logic [WIDTH-1:0] q_o);
  always_ff @(posedge clk_i) q_o <= a_i + 1'b1;
endmodule
module pair (input logic clk_i, input logic [3:0] a_i, output logic [3:0] q_o);
  logic [3:0] between;
  leaf #(.WIDTH(4)) first (.clk_i, .a_i, .q_o(between));
  leaf #(.WIDTH(4)) second (.clk_i, .a_i(between), .q_o);
endmodule
module top (input logic clk_i, input logic [3:0] a_i, output logic [3:0] q_o);
  logic [3:0] half;
  pair first (.clk_i, .a_i, .q_o(half));
  pair second (.clk_i, .a_i(half), .q_o);
endmodule
