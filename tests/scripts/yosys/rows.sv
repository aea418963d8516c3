// What tests/scripts/synthesize_test.py maps to a cell library.
module weft_row (input logic clk_i, input logic [3:0] d_i, output logic [3:0] q_o);
  always_ff @(posedge clk_i) q_o <= d_i;
endmodule

module weft_ram (input logic clk_i, input logic d_i, output logic q_o);
  (* keep *) logic q;
  always_ff @(posedge clk_i) q <= d_i;
  assign q_o = q;
endmodule

module weft_rows (input logic clk_i, input logic [3:0] d_i, input logic m_i, output logic [3:0] q_o,
                  output logic m_o);
  logic [3:0] middle;
  weft_row u_first (.clk_i, .d_i, .q_o(middle));
  weft_row u_second (.clk_i, .d_i(middle), .q_o);
  weft_ram u_ram (.clk_i, .d_i(m_i), .q_o(m_o));
endmodule

module weft_chain (input logic clk_i, input logic [7:0] d_i, output logic [7:0] q_o);
  logic [7:0] q;
  always_ff @(posedge clk_i) q <= {d_i[0] ^ d_i[1] ^ d_i[2] ^ d_i[3], d_i[7:1]};
  assign q_o = q;
endmodule

module weft_chains (input logic clk_i, input logic [7:0] d_i, output logic [31:0] q_o);
  logic [7:0] first, second, third;
  weft_chain u_first (.clk_i, .d_i, .q_o(first));
  weft_chain u_second (.clk_i, .d_i(first), .q_o(second));
  weft_chain u_third (.clk_i, .d_i(second), .q_o(third));
  assign q_o = {9'h0, third[0], third[0], 5'h1f, third, 8'h51};
endmodule

module weft_wide (input logic clk_i, input logic d_i, input logic [1023:0] e_i,
                  output logic [1023:0] q_o);
  logic q;
  always_ff @(posedge clk_i) begin
    q <= d_i;
    for (int i = 0; i < 1024; i++) q_o[i] <= e_i[i] & q;
  end
endmodule

module weft_clock_gate (input logic clk_i, input logic enable_i, output logic clk_o);
  logic unused;
  assign unused = enable_i;
  assign clk_o  = clk_i;
endmodule

module weft_gated (input logic clk_i, input logic enable_i, input logic [7:0] d_i,
                   output logic [7:0] q_o);
  logic       clk;
  logic [7:0] q;
  weft_clock_gate u_gate (.clk_i, .enable_i, .clk_o(clk));
  always_ff @(posedge clk) q <= d_i;
  weft_chain u_chain (.clk_i(clk), .d_i(q), .q_o);
endmodule
