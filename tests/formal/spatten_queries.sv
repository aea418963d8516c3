// weft_spatten_queries: queries go in in the order in which they are issued, each once and with the
// slot that it was issued with, no earlier than it is; its words follow one another cycle by cycle,
// each is the memory's of that query and part, and stands at the slot's address of that part. A
// query that waits goes in as soon as the one before it is in.
module formal_spatten_queries #(
  parameter int unsigned KEYS  = 4,
  parameter int unsigned PARTS = 2
) (
  input logic       clk_i,
  input logic       start_i,
  input logic       issue_valid_i,
  input logic       issue_slot_i,
  input logic [1:0] release_i,      // slots whose query is through
  input logic [3:0] noise_i         // from the memory where nothing was asked for
);

  // Of all layers
  (* anyconst *) logic [1:0] heads;
  (* anyconst *) logic [2:0] queries;
  (* anyconst *) logic       parts;  // less one

  logic       rst_nq = 1'b0;
  logic       read, read_head, read_part, row, row_slot, word;
  logic [1:0] read_query, word_address;
  logic [3:0] word_data, data_q;

  weft_spatten_queries #(.KEYS(KEYS), .HEADS(2), .SLOTS(2), .PARTS(PARTS), .WORD_BITS(4)) u_dut (
    .clk_i, .rst_ni (rst_nq), .start_i, .heads_i (heads), .queries_i (queries), .parts_i (parts),
    .read_valid_o (read), .read_head_o (read_head), .read_query_o (read_query),
    .read_part_o (read_part), .read_data_i (data_q), .issue_valid_i, .issue_slot_i,
    .row_valid_o (row), .row_slot_o (row_slot), .word_valid_o (word),
    .word_address_o (word_address), .word_data_o (word_data));

  // A word says whose it is.
  always_ff @(posedge clk_i) begin
    data_q <= read ? {read_head, read_query, read_part} : noise_i;
  end

  logic [3:0] left_q;         // of the layer's queries, not issued
  logic [1:0] waits_q, slots_q;  // how many wait, and their slots, the first in bit 0
  logic [1:0] busy_q;         // slots that a query is in, be it on its way
  logic       head_q;         // the query that goes in next
  logic [1:0] query_q;
  logic       amid_q, slot_q, amid_head_q;  // its second word comes
  logic [1:0] amid_query_q, since_q;        // cycles since the start, 2 at most
  logic       front;
  logic [1:0] slots;

  assign slots = (waits_q == 2'd0) ? {slots_q[1], issue_slot_i}
      : (waits_q == 2'd1) ? {issue_slot_i, slots_q[0]} : slots_q;
  assign front = slots[0];

  always_comb begin
    assume (heads != 2'd0 && heads <= 2'd2 && queries != 3'd0 && queries <= 3'd4);
    assume (!start_i || (rst_nq && left_q == 4'd0 && waits_q == 2'd0 && !amid_q));
    assume (!issue_valid_i || (!start_i && left_q != 4'd0 && !busy_q[issue_slot_i]));
  end

  always_ff @(posedge clk_i) begin
    rst_nq <= 1'b1;
    if (!rst_nq) begin
      left_q  <= 4'd0;
      waits_q <= 2'd0;
      busy_q  <= 2'd0;
      amid_q  <= 1'b0;
      since_q <= 2'd0;
    end else begin
      waits_q <= waits_q + 2'(issue_valid_i) - 2'(row);
      slots_q <= row ? {slots[1], slots[1]} : slots;
      for (int s = 0; s < 2; s++) begin
        if (issue_valid_i && issue_slot_i == 1'(s)) busy_q[s] <= 1'b1;
        else if (release_i[s] && (waits_q == 2'd0 || slots_q[0] != 1'(s))
            && (waits_q != 2'd2 || slots_q[1] != 1'(s)) && !(amid_q && slot_q == 1'(s))) begin
          busy_q[s] <= 1'b0;
        end
      end
      amid_q       <= row && parts;
      slot_q       <= row_slot;
      amid_head_q  <= head_q;
      amid_query_q <= query_q;
      if (start_i) begin
        left_q  <= 4'(heads) * 4'(queries);
        head_q  <= 1'b0;
        query_q <= 2'd0;
        since_q <= 2'd0;
      end else begin
        left_q <= left_q - 4'(issue_valid_i);
        if (row) begin
          query_q <= (3'(query_q) + 3'd1 == queries) ? 2'd0 : query_q + 2'd1;
          head_q  <= head_q ^ (3'(query_q) + 3'd1 == queries);
        end
        if (since_q != 2'd2) since_q <= since_q + 2'd1;
      end
    end
  end

  always_comb begin
    if (rst_nq) begin
      a_issued: assert (!row || waits_q != 2'd0 || issue_valid_i);
      a_slot:   assert (!row || row_slot == front);
      a_apart:  assert (!row || !amid_q);
      a_words:  assert (word == (row || amid_q));
      a_first:  assert (!row || (word_address == {front, 1'b0}
          && word_data == {head_q, query_q, 1'b0}));
      a_second: assert (!amid_q || (word_address == {slot_q, 1'b1}
          && word_data == {amid_head_q, amid_query_q, 1'b1}));
      a_soon:   assert (row || amid_q || since_q != 2'd2
          || (waits_q == 2'd0 && !issue_valid_i));
    end
  end

endmodule
