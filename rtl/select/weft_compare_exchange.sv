// A comparator of a sorting network, within the cycle: the larger of two unsigned words first.
module weft_compare_exchange #(
  parameter int unsigned WIDTH = 12
) (
  input  logic [WIDTH-1:0] a_i,
  input  logic [WIDTH-1:0] b_i,
  output logic [WIDTH-1:0] large_o,
  output logic [WIDTH-1:0] small_o
);

  logic swaps;

  assign swaps   = a_i < b_i;
  assign large_o = swaps ? b_i : a_i;
  assign small_o = swaps ? a_i : b_i;

endmodule
