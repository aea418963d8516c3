// weft_spatten_control: every query of every head is issued once, in order, into a slot that no
// query is in, when all keys of its head are asked for; rows of a head are asked for once, in
// order, and an order stays as it is until it is taken; the stores are never over-full; a layer
// ends when all of its queries are through, and while none is in a slot something goes on.
module formal_spatten_control #(
  parameter int unsigned STORE_BYTES = 4,
  parameter int unsigned WORDS       = 6
) (
  input logic       clk_i,
  input logic       start_i,
  input logic       key_ready_i,
  input logic       value_ready_i,
  input logic       decided_valid_i,
  input logic       decided_slot_i,
  input logic       added_valid_i,
  input logic       finished_valid_i,
  input logic       finished_slot_i
);

  localparam int unsigned Parts = 2;

  // Of all layers: up to 3 tokens and queries, 2 heads, rows of 1 or 2 bytes
  (* anyconst *) logic       streams;
  (* anyconst *) logic [1:0] tokens, heads, queries, key_row, value_row, parts;
  logic [3:0] head_keys, head_values;  // bytes
  assign head_keys   = 4'(tokens) * 4'(key_row);
  assign head_values = 4'(tokens) * 4'(value_row);

  logic       rst_nq = 1'b0;
  logic       running, done, key_order, value_order, order_head, issue, issue_slot, issue_head;
  logic [1:0] key_count, issue_query, slot_heads;

  weft_spatten_control #(
    .KEYS(3), .HEADS(2), .SLOTS(2), .STORE_BYTES(STORE_BYTES), .CHUNK_ROWS(2), .WORDS(WORDS),
    .PARTS(Parts), .ROW_BYTES(2)
  ) u_dut (
    .clk_i, .rst_ni (rst_nq), .start_i, .running_o (running), .done_o (done),
    .streams_i (streams), .key_bytes_i (key_row), .value_bytes_i (value_row),
    .parts_i (parts), .tokens_i (tokens), .heads_i (heads), .queries_i (queries),
    .key_order_valid_o (key_order),
    .key_order_ready_i (key_ready_i), .key_order_count_o (key_count),
    .value_order_valid_o (value_order), .value_order_ready_i (value_ready_i),
    .order_head_o (order_head), .issue_valid_o (issue), .issue_slot_o (issue_slot),
    .issue_head_o (issue_head), .issue_query_o (issue_query), .slot_heads_o (slot_heads),
    .decided_valid_i, .decided_slot_i, .added_valid_i, .finished_valid_i, .finished_slot_i);

  // Who tells of a query that is in its slot: each once, additions in the order of decisions ------
  logic [1:0] in_q, decided_q, added_q, finished_q, fresh_q, through;
  logic [1:0] decided, added, finished;
  logic [1:0] waiting_q, waits_q, waits;  // to be added: how many, and slots, the first in bit 0

  assign waits   = (waiting_q == 2'd0) ? {waits_q[1], decided_slot_i}
      : (waiting_q == 2'd1) ? {decided_slot_i, waits_q[0]} : waits_q;
  assign through = in_q & decided_q & added_q & finished_q;  // which is heard in this cycle

  always_comb begin
    assume (tokens != 2'd0 && heads != 2'd0 && heads != 2'd3 && queries != 2'd0);
    assume (key_row != 2'd0 && key_row != 2'd3 && value_row != 2'd0 && value_row != 2'd3);
    assume (!streams || queries == 2'd1);
    assume (parts != 2'd0 && 32'(parts) <= Parts);
    assume (32'(head_keys) <= STORE_BYTES && 32'(head_values) <= STORE_BYTES);
    assume (!start_i || (rst_nq && !running && in_q == 2'd0));
    assume (!decided_valid_i || (in_q[decided_slot_i] && !decided_q[decided_slot_i]));
    assume (!added_valid_i || waiting_q != 2'd0);
    assume (!finished_valid_i || (in_q[finished_slot_i] && !finished_q[finished_slot_i]));
    // No output without values.
    assume (!finished_valid_i || streams || asked_head_q > 2'(heads_q[finished_slot_i]));
  end
  always_comb begin
    decided  = decided_q;
    added    = added_q;
    finished = finished_q;
    if (decided_valid_i) decided[decided_slot_i] = 1'b1;
    if (added_valid_i) added[waits_q[0]] = 1'b1;
    if (finished_valid_i) finished[finished_slot_i] = 1'b1;
  end

  // What has been issued and asked for ------------------------------------------------------------
  logic       run_q;
  logic [1:0] next_head_q, next_query_q, asked_head_q, asked_q, asked;
  logic [1:0] heads_q;              // of the query in each slot
  logic [1:0] rows0_q, rows1_q, rows0, rows1, ended;
  logic [3:0] left_q, left;         // queries that are not through
  logic [3:0] keys_q, values_q, keys, values;
  logic [2:0] idle_q;
  logic [1:0] gone_q;               // heads of a decided query, with streams
  logic [1:0] first;                // head whose rows are needed
  logic       key_taken, value_taken, head_asked;

  assign key_taken   = key_order && key_ready_i;
  assign value_taken = value_order && value_ready_i;
  assign asked       = asked_q + (key_taken ? key_count : 2'd0);
  assign head_asked  = streams ? key_taken && asked == tokens : value_taken;
  assign left        = left_q - 4'(through[0]) - 4'(through[1]);
  assign rows0       = rows0_q + 2'(through[0] && !heads_q[0]) + 2'(through[1] && !heads_q[1]);
  assign rows1       = rows1_q + 2'(through[0] && heads_q[0]) + 2'(through[1] && heads_q[1]);
  assign ended       = {rows1 == queries && rows1_q != queries,
      rows0 == queries && rows0_q != queries};
  assign first       = streams ? (!gone_q[0] ? 2'd0 : !gone_q[1] ? 2'd1 : 2'd2)
      : (rows0 != queries) ? 2'd0 : (rows1 != queries) ? 2'd1 : 2'd2;
  assign keys        = keys_q - (streams ? ((fresh_q != 2'd0) ? head_keys : 4'd0)
      : (ended[0] ? head_keys : 4'd0) + (ended[1] ? head_keys : 4'd0));
  assign values      = streams ? 4'd0
      : values_q - (ended[0] ? head_values : 4'd0) - (ended[1] ? head_values : 4'd0);

  always_ff @(posedge clk_i) begin
    rst_nq <= 1'b1;
    if (!rst_nq) begin
      in_q       <= 2'd0;
      decided_q  <= 2'd0;
      added_q    <= 2'd0;
      finished_q <= 2'd0;
      fresh_q    <= 2'd0;
      waiting_q  <= 2'd0;
      run_q      <= 1'b0;
      idle_q     <= 3'd0;
    end else begin
      decided_q  <= decided & ~through;
      added_q    <= added & ~through;
      finished_q <= finished & ~through;
      fresh_q    <= decided & ~decided_q;
      waiting_q  <= waiting_q + 2'(decided_valid_i) - 2'(added_valid_i);
      waits_q    <= added_valid_i ? {waits[1], waits[1]} : waits;
      in_q       <= in_q & ~through;
      if (issue) begin
        in_q[issue_slot]    <= 1'b1;
        heads_q[issue_slot] <= issue_head;
      end
      run_q  <= start_i || (run_q && left != 4'd0);
      idle_q <= (!running || done || issue || key_order || value_order || in_q != 2'd0) ? 3'd0
          : idle_q + 3'd1;
    end
    if (start_i) begin
      next_head_q  <= 2'd0;
      next_query_q <= 2'd0;
      asked_head_q <= 2'd0;
      asked_q      <= 2'd0;
      rows0_q      <= 2'd0;
      rows1_q      <= 2'd0;
      gone_q       <= 2'd0;
      left_q       <= 4'(heads) * 4'(queries);
      keys_q       <= 4'd0;
      values_q     <= 4'd0;
    end else begin
      if (issue) begin
        next_query_q <= (next_query_q + 2'd1 == queries) ? 2'd0 : next_query_q + 2'd1;
        next_head_q  <= next_head_q + 2'(next_query_q + 2'd1 == queries);
      end
      asked_q      <= head_asked ? 2'd0 : asked;
      asked_head_q <= asked_head_q + 2'(head_asked);
      gone_q       <= gone_q | {|(fresh_q & heads_q), |(fresh_q & ~heads_q)};
      rows0_q      <= rows0;
      rows1_q      <= rows1;
      left_q       <= left;
      keys_q       <= keys + (key_taken ? 4'(key_count) * 4'(key_row) : 4'd0);
      values_q     <= values + (value_taken ? head_values : 4'd0);
    end
  end

  always_comb begin
    if (rst_nq) begin
      a_running: assert (running == run_q);
      a_done:    assert (done == (run_q && left == 4'd0));
    end
    if (rst_nq && run_q) begin
      a_free:    assert (!issue || !in_q[issue_slot] || through[issue_slot]);
      a_next:    assert (!issue || (next_head_q < heads && 2'(issue_head) == next_head_q
          && issue_query == next_query_q));
      a_keys:    assert (!issue || asked_head_q > next_head_q
          || (asked_head_q == next_head_q && asked == tokens));
      a_of:      assert (!(key_order || value_order)
          || (asked_head_q < heads && 2'(order_head) == asked_head_q));
      a_chunk:   assert (!key_order || (asked_q != tokens
          && key_count == ((tokens - asked_q > 2'd2) ? 2'd2 : tokens - asked_q)));
      a_values:  assert (!value_order || (!streams && asked_q == tokens));
      a_words:   assert (!key_order || asked_head_q == first
          || (32'(asked_head_q) + 32'd1 - 32'(first)) * 32'(tokens) * 32'(parts) <= WORDS);
      a_room:    assert (32'(keys_q) <= STORE_BYTES && 32'(values_q) <= STORE_BYTES);
      a_heads:   assert ((in_q & (slot_heads ^ heads_q)) == 2'd0);
      a_goes_on: assert (idle_q <= 3'd3);
    end else if (rst_nq) begin
      a_rest:    assert (!issue && !key_order && !value_order);
    end
  end

  // An order that is not taken stays as it is.
  logic       key_waits_q, value_waits_q, head_waits_q;
  logic [1:0] count_waits_q;
  always_ff @(posedge clk_i) begin
    key_waits_q   <= rst_nq && key_order && !key_ready_i;
    value_waits_q <= rst_nq && value_order && !value_ready_i;
    head_waits_q  <= order_head;
    count_waits_q <= key_count;
    if (rst_nq && key_waits_q) begin
      a_key_stays: assert (key_order && order_head == head_waits_q && key_count == count_waits_q);
    end
    if (rst_nq && value_waits_q) a_value_stays: assert (value_order && order_head == head_waits_q);
  end

endmodule
