// A register slice: cuts every path between its two sides, and passes one word a cycle all the
// same.
//
// A word taken in cycle t is on out_data_o from t + 1 on. in_ready_o is a register; the word that
// arrives in the cycle in which the output turns out to be blocked waits in a second register.
module weft_skid_buffer #(
  parameter int unsigned WIDTH = 8
) (
  input  logic             clk_i,
  input  logic             rst_ni,

  input  logic             in_valid_i,
  output logic             in_ready_o,
  input  logic [WIDTH-1:0] in_data_i,

  output logic             out_valid_o,
  input  logic             out_ready_i,
  output logic [WIDTH-1:0] out_data_o
);

  logic             out_valid_q, out_valid_d;
  logic             ready_q, ready_d;  // clear while the second register holds a word
  logic [WIDTH-1:0] out_q, skid_q;
  logic             push, blocked;

  assign in_ready_o  = ready_q;
  assign out_valid_o = out_valid_q;
  assign out_data_o  = out_q;

  assign push    = in_valid_i && ready_q;
  assign blocked = out_valid_q && !out_ready_i;

  always_comb begin
    out_valid_d = blocked || push || !ready_q;
    ready_d     = !blocked || (ready_q && !push);
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      out_valid_q <= 1'b0;
      ready_q     <= 1'b1;
    end else begin
      out_valid_q <= out_valid_d;
      ready_q     <= ready_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!blocked) out_q <= ready_q ? in_data_i : skid_q;
    if (ready_q)  skid_q <= in_data_i;
  end

`ifndef SYNTHESIS
  initial begin
    if (WIDTH == 0) $fatal(1, "weft_skid_buffer: WIDTH must be above 0");
  end

  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_data_o));
  a_in_ready_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      in_ready_o && !in_valid_i |=> in_ready_o);
  a_skid_behind_out : assert property (@(posedge clk_i) disable iff (!rst_ni)
      !ready_q |-> out_valid_q);
`endif

endmodule
