// weft_skid_buffer: words leave in the order in which they came, none is lost or made up, and the
// output is stable.
//
// A word of the solver's choice is followed from its push to its pop, with the number of words
// ahead of it.
module formal_skid_buffer #(
  parameter int unsigned WIDTH = 3
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             in_valid_i,
  input logic [WIDTH-1:0] in_data_i,
  input logic             out_ready_i,
  input logic             follow_i      // follow the word that is pushed now
);

  logic             in_ready, out_valid;
  logic [WIDTH-1:0] out_data;

  weft_skid_buffer #(.WIDTH(WIDTH)) u_dut (
    .clk_i, .rst_ni,
    .in_valid_i, .in_ready_o (in_ready), .in_data_i,
    .out_valid_o (out_valid), .out_ready_i, .out_data_o (out_data)
  );

  // Inside the unit, for the invariant that induction needs.
  (* hierconn *) wire [WIDTH-1:0] \u_dut.skid_q ;

  // Reset in the first cycle, and never again.
  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  logic push, pop;
  assign push = in_valid_i && in_ready;
  assign pop  = out_valid && out_ready_i;

  logic             followed_q, inside_q;  // a word was chosen; it is in the slice
  logic [WIDTH-1:0] word_q;
  logic [1:0]       ahead_q, held_q;       // words that leave before it; pushes less pops
  logic             stalled_q;             // the output was offered and not taken
  logic [WIDTH-1:0] offered_q;

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      followed_q <= 1'b0;
      inside_q   <= 1'b0;
      held_q     <= '0;
      stalled_q  <= 1'b0;
    end else begin
      held_q    <= held_q + 2'(push) - 2'(pop);
      stalled_q <= out_valid && !out_ready_i;
      offered_q <= out_data;
      if (push && follow_i && !followed_q) begin
        followed_q <= 1'b1;
        inside_q   <= 1'b1;
        word_q     <= in_data_i;
        ahead_q    <= held_q - 2'(pop);
      end else if (inside_q && pop) begin
        if (ahead_q == '0) inside_q <= 1'b0;
        else               ahead_q <= ahead_q - 2'd1;
      end
    end
  end

  always_comb begin
    if (started_q) begin
      a_held:      assert (held_q <= 2'd2);
      // two words at most: one at the output, one behind it
      a_in_ready:  assert (in_ready == (held_q != 2'd2));
      a_out_valid: assert (out_valid == (held_q != 0));
      a_stable:    assert (!stalled_q || (out_valid && out_data == offered_q));
      a_inside:    assert (!inside_q || ahead_q < held_q);
      a_order:     assert (!inside_q || ahead_q != 0 || (out_valid && out_data == word_q));
      // Invariant
      a_word:      assert (!inside_q || ahead_q != 1 || \u_dut.skid_q == word_q);
    end
  end

endmodule
