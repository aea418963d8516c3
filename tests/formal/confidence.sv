// weft_confidence: a beat of a row that goes on is taken once by out and once by importance before
// the next comes in, a row's last once by decided too; of a row that is dropped nothing goes on,
// and it is sent back once, no earlier than its head's lower bits are ordered, which they are once.
module formal_confidence #(
  parameter int unsigned LANES      = 1,
  parameter int unsigned VALUE_BITS = 2,
  parameter int unsigned TAG_BITS   = 2
) (
  input logic                        clk_i,
  input logic [31:0]                 threshold_i,
  input logic                        in_valid_i,
  input logic [LANES*VALUE_BITS-1:0] in_values_i,
  input logic                        in_count_i,
  input logic                        in_last_i,
  input logic [31:0]                 in_largest_i,
  input logic                        in_split_i,
  input logic                        in_fresh_i,
  input logic [TAG_BITS-1:0]         in_tag_i,
  input logic [4:0]                  ready_i
);

  logic                        rst_nq = 1'b0;
  logic                        in_ready, take;
  logic [4:0]                  valid, fires;  // out, importance, decided, lower, recompute
  logic [LANES*VALUE_BITS-1:0] values;
  logic                        count, last;
  logic [TAG_BITS-1:0]         tag;

  weft_confidence #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .TAG_BITS(TAG_BITS)) u_dut (
    .clk_i, .rst_ni (rst_nq), .threshold_i, .in_valid_i, .in_ready_o (in_ready), .in_values_i,
    .in_count_i, .in_last_i, .in_largest_i, .in_split_i, .in_fresh_i, .in_tag_i,
    .beat_values_o (values), .beat_count_o (count), .beat_last_o (last), .beat_tag_o (tag),
    .out_valid_o (valid[0]), .out_ready_i (ready_i[0]),
    .importance_valid_o (valid[1]), .importance_ready_i (ready_i[1]),
    .decided_valid_o (valid[2]), .decided_ready_i (ready_i[2]),
    .lower_valid_o (valid[3]), .lower_ready_i (ready_i[3]),
    .recompute_valid_o (valid[4]), .recompute_ready_i (ready_i[4]));

  assign take  = in_valid_i && in_ready;
  assign fires = valid & ready_i;

  always_comb assume (!threshold_i[31] && !in_largest_i[31]);

  // The beat in hand, as it was taken, and which ends have had it.
  logic                        held_q, drops_q, last_q, ordered_q, done;
  logic [4:0]                  had_q, had;
  logic [LANES*VALUE_BITS-1:0] values_q;
  logic [TAG_BITS-1:0]         tag_q;

  assign had = had_q | fires;
  always_comb begin
    if (drops_q) done = !last_q || had[4];
    else done = had[0] && had[1] && (!last_q || had[2]);
  end

  always_ff @(posedge clk_i) begin
    rst_nq <= 1'b1;
    if (!rst_nq) begin
      held_q    <= 1'b0;
      had_q     <= '0;
      ordered_q <= 1'b0;
    end else begin
      if (take) begin
        held_q    <= 1'b1;
        had_q     <= '0;
        values_q  <= in_values_i;
        tag_q     <= in_tag_i;
        last_q    <= in_last_i;
        drops_q   <= in_split_i && in_count_i && in_largest_i < threshold_i;
      end else begin
        had_q <= had;
        if (held_q && done) held_q <= 1'b0;
      end
      ordered_q <= !(take && in_fresh_i) && (ordered_q || fires[3]);
    end
  end

  always_comb begin
    if (rst_nq) begin
      a_take:    assert (!take || !held_q || done);
      a_room:    assert (in_ready || (held_q && !done));
      a_nothing: assert (held_q || valid == 5'd0);
      a_once:    assert ((valid & had_q) == 5'd0);
      a_goes_on: assert (!held_q || !drops_q || valid[2:0] == 3'd0);
      a_dropped: assert (!held_q || drops_q || valid[4:3] == 2'd0);
      a_last:    assert (!held_q || last_q || valid[4:2] == 3'd0);
      a_order:   assert (!valid[4] || ordered_q || fires[3]);
      a_lower:   assert (!valid[3] || !ordered_q);
      a_beat:    assert (!held_q || done || had != had_q || valid != 5'd0);
      a_content: assert (valid == 5'd0 || (values == values_q && tag == tag_q && last == last_q));
    end
  end

  logic [4:0] waits_q;
  always_ff @(posedge clk_i) begin
    waits_q <= rst_nq ? valid & ~ready_i : 5'd0;
    if (rst_nq) a_stays: assert ((waits_q & ~valid) == 5'd0);
  end

  logic unused_count;
  assign unused_count = count;

endmodule
