// weft_fifo: words leave in the order in which they came, none is lost or made up, and count_o is
// right.
//
// A word of the solver's choice is followed from its push to its pop, with the number of words
// ahead of it.
module formal_fifo #(
  parameter  int unsigned WIDTH      = 3,
  parameter  int unsigned DEPTH      = 3,  // at most 8
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1)
) (
  input logic             clk_i,
  input logic             rst_ni,
  input logic             in_valid_i,
  input logic [WIDTH-1:0] in_data_i,
  input logic             out_ready_i,
  input logic             follow_i      // follow the word that is pushed now
);

  localparam int unsigned POINTER_BITS = (DEPTH <= 1) ? 1 : $clog2(DEPTH);

  logic                  in_ready, out_valid;
  logic [WIDTH-1:0]      out_data;
  logic [COUNT_BITS-1:0] count;

  weft_fifo #(.WIDTH(WIDTH), .DEPTH(DEPTH)) u_dut (
    .clk_i, .rst_ni,
    .in_valid_i, .in_ready_o (in_ready), .in_data_i,
    .out_valid_o (out_valid), .out_ready_i, .out_data_o (out_data),
    .count_o (count)
  );

  // Inside the unit, for the invariants that induction needs.
  (* hierconn *) wire [POINTER_BITS-1:0] \u_dut.read_q ;
  (* hierconn *) wire [POINTER_BITS-1:0] \u_dut.write_q ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[0] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[1] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[2] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[3] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[4] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[5] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[6] ;
  (* hierconn *) wire [WIDTH-1:0] \u_dut.words_q[7] ;
  logic [8*WIDTH-1:0] words;
  assign words = {\u_dut.words_q[7] , \u_dut.words_q[6] , \u_dut.words_q[5] , \u_dut.words_q[4] ,
                  \u_dut.words_q[3] , \u_dut.words_q[2] , \u_dut.words_q[1] , \u_dut.words_q[0] };

  // Reset in the first cycle, and never again.
  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  logic push, pop;
  assign push = in_valid_i && in_ready;
  assign pop  = out_valid && out_ready_i;

  logic                  followed_q, inside_q;  // a word was chosen; it is in the queue
  logic [WIDTH-1:0]      word_q;
  logic [COUNT_BITS-1:0] ahead_q;               // words that leave before it
  logic [COUNT_BITS-1:0] held_q;                // pushes less pops
  logic                  stalled_q;             // the output was offered and not taken
  logic [WIDTH-1:0]      offered_q;

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      followed_q <= 1'b0;
      inside_q   <= 1'b0;
      held_q     <= '0;
      stalled_q  <= 1'b0;
    end else begin
      held_q    <= held_q + COUNT_BITS'(push) - COUNT_BITS'(pop);
      stalled_q <= out_valid && !out_ready_i;
      offered_q <= out_data;
      if (push && follow_i && !followed_q) begin
        followed_q <= 1'b1;
        inside_q   <= 1'b1;
        word_q     <= in_data_i;
        ahead_q    <= held_q - COUNT_BITS'(pop);
      end else if (inside_q && pop) begin
        if (ahead_q == '0) inside_q <= 1'b0;
        else               ahead_q <= ahead_q - COUNT_BITS'(1);
      end
    end
  end

  // Where the words after those held come to lie, and where the followed one lies, of DEPTH places
  // in a ring.
  logic [4:0] next, at;
  assign next = 5'(\u_dut.read_q ) + 5'(held_q)
      - ((5'(\u_dut.read_q ) + 5'(held_q) >= 5'(DEPTH)) ? 5'(DEPTH) : 5'd0);
  assign at   = 5'(\u_dut.read_q ) + 5'(ahead_q)
      - ((5'(\u_dut.read_q ) + 5'(ahead_q) >= 5'(DEPTH)) ? 5'(DEPTH) : 5'd0);

  logic lies_there;
  always_comb begin
    lies_there = 1'b0;
    for (int i = 0; i < 32'(DEPTH); i++) begin
      if (at == 5'(i) && words[i*WIDTH +: WIDTH] == word_q) lies_there = 1'b1;
    end
  end

  always_comb begin
    if (started_q) begin
      a_count:     assert (count == held_q && 5'(held_q) <= 5'(DEPTH));
      // a full queue takes nothing, any other takes a word
      a_in_ready:  assert (in_ready == (5'(held_q) < 5'(DEPTH)));
      // an empty queue gives nothing, any other gives a word
      a_out_valid: assert (out_valid == (held_q != 0));
      a_stable:    assert (!stalled_q || (out_valid && out_data == offered_q));
      a_inside:    assert (!inside_q || ahead_q < held_q);
      a_order:     assert (!inside_q || ahead_q != 0 || (out_valid && out_data == word_q));
      // Invariants
      a_pointers:  assert (5'(\u_dut.read_q ) < 5'(DEPTH) && 5'(\u_dut.write_q ) == next);
      a_word:      assert (!inside_q || lies_there);
    end
  end

endmodule
