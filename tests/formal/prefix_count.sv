// weft_prefix_count: how many bits are set before each lane, found by going through them.
module formal_prefix_count #(
  parameter int unsigned LANES = 5
) (
  input logic [LANES-1:0] bits_i
);

  localparam int unsigned COUNT_BITS = $clog2(LANES + 1);

  logic [LANES*COUNT_BITS-1:0] before, expected;
  logic [COUNT_BITS-1:0]       total, count;

  weft_prefix_count #(.LANES(LANES)) u_dut (
    .valid_i (1'b1), .bits_i, .before_o (before), .total_o (total)
  );

  always_comb begin
    count    = '0;
    expected = '0;
    for (int unsigned lane = 0; lane < LANES; lane++) begin
      expected[lane*COUNT_BITS +: COUNT_BITS] = count;
      count = count + (bits_i[lane] ? COUNT_BITS'(1) : COUNT_BITS'(0));
    end
  end

  always_comb begin
    a_before: assert (before == expected);
    a_total:  assert (total == count);
  end

endmodule
