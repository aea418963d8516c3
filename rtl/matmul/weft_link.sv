// A path of HOPS registers: a word that enters in a cycle stands at the end HOPS cycles later.
module weft_link #(
  parameter int unsigned WIDTH = 37,
  parameter int unsigned HOPS = 14
) (
  input  logic             clk_i,
  input  logic             rst_ni,
  input  logic             valid_i,
  input  logic [WIDTH-1:0] data_i,
  output logic             valid_o,
  output logic [WIDTH-1:0] data_o
);
  logic [HOPS-1:0] valid_q;
  logic [WIDTH-1:0] data_q [HOPS];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= HOPS'({valid_q, valid_i});
  end
  always_ff @(posedge clk_i) begin
    data_q[0] <= data_i;
    for (int unsigned h = 1; h < HOPS; h++) data_q[h] <= data_q[h-1];
  end
  assign valid_o = valid_q[HOPS-1];
  assign data_o = data_q[HOPS-1];

`ifndef SYNTHESIS
  initial if (HOPS < 1) $fatal(1, "weft_link: HOPS is 1 or more");
`endif
endmodule
