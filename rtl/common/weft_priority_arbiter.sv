// Grants the request with the lowest index, within the cycle; grant_o is one-hot, or zero if there
// is no request.
module weft_priority_arbiter #(
  parameter int unsigned REQUESTS = 4
) (
  input  logic [REQUESTS-1:0] request_i,
  output logic [REQUESTS-1:0] grant_o,
  output logic                any_o
);

  // A number and its negative share its lowest set bit and no higher one.
  assign grant_o = request_i & (~request_i + REQUESTS'(1));
  assign any_o   = |request_i;

`ifndef SYNTHESIS
  initial begin
    if (REQUESTS == 0) $fatal(1, "weft_priority_arbiter: REQUESTS must be above 0");
  end

  always_comb begin
    a_one_hot : assert (!any_o || $onehot(grant_o));
    a_asked : assert ((grant_o & ~request_i) == '0);
  end
`endif

endmodule
