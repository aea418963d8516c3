// A reset that begins at once and ends with the clock: rst_no falls with rst_ni, whatever the clock
// does, and rises STAGES rising edges after it, so that no register sees it rise near an edge.
module weft_reset_sync #(
  parameter int unsigned STAGES = 2
) (
  input  logic clk_i,
  input  logic rst_ni,
  output logic rst_no
);
  logic [STAGES-1:0] stages_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) stages_q <= '0;
    else stages_q <= STAGES'({stages_q, 1'b1});
  end
  assign rst_no = stages_q[STAGES-1];

`ifndef SYNTHESIS
  initial if (STAGES < 2) $fatal(1, "weft_reset_sync: STAGES is 2 or more");
  a_at_once : assert property (@(posedge clk_i) !rst_ni |-> !rst_no);
`endif
endmodule
