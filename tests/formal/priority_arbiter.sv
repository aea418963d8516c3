// weft_priority_arbiter: the grant is one-hot and the lowest request, or zero without one.
module formal_priority_arbiter #(
  parameter int unsigned REQUESTS = 5
) (
  input logic [REQUESTS-1:0] request_i
);

  logic [REQUESTS-1:0] grant;
  logic                any;

  weft_priority_arbiter #(.REQUESTS(REQUESTS)) u_dut (.request_i, .grant_o (grant), .any_o (any));

  // The request of the lowest index, found by going through them from the top.
  logic [REQUESTS-1:0] lowest;
  always_comb begin
    lowest = '0;
    for (int i = 32'(REQUESTS) - 1; i >= 0; i--) begin
      if (request_i[i]) lowest = REQUESTS'(1) << i;
    end
  end

  always_comb begin
    a_any:     assert (any == (request_i != 0));
    a_one_hot: assert ((grant & (grant - REQUESTS'(1))) == 0);
    a_lowest:  assert (grant == lowest);
  end

endmodule
