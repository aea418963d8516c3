// weft_value_pruner: rows go on in order, each with its own numbers and after its order where it
// has one; what is offered stays until it is taken; the store never has more than it holds,
// whatever is stalled.
module formal_value_pruner #(
  parameter int unsigned STORE_BYTES = 6,
  parameter int unsigned KEYS        = 3,
  parameter int unsigned VALUE_BYTES = 3
) (
  input logic       clk_i,
  input logic       in_valid_i,
  input logic [1:0] in_kept_i,
  input logic [1:0] in_bytes_i,
  input logic       in_own_i,
  input logic [1:0] in_tag_i,
  input logic       order_ready_i,
  input logic       out_ready_i,
  input logic       released_valid_i,
  input logic [2:0] released_bytes_i,
  input logic       done_ready_i
);

  logic       rst_nq = 1'b0;
  logic       in_ready, order_valid, out_valid, released_ready, done_valid;
  logic [1:0] order_count, order_tag, out_kept, out_tag;
  logic [2:0] out_bytes;

  weft_value_pruner #(
    .STORE_BYTES(STORE_BYTES), .KEYS(KEYS), .VALUE_BYTES(VALUE_BYTES), .TAG_BITS(2)
  ) u_dut (
    .clk_i, .rst_ni (rst_nq), .in_valid_i, .in_ready_o (in_ready), .in_kept_i, .in_bytes_i,
    .in_own_i, .in_tag_i, .order_valid_o (order_valid), .order_ready_i,
    .order_count_o (order_count), .order_tag_o (order_tag), .out_valid_o (out_valid),
    .out_ready_i, .out_kept_o (out_kept), .out_bytes_o (out_bytes), .out_tag_o (out_tag),
    .released_valid_i, .released_ready_o (released_ready), .released_bytes_i,
    .done_valid_o (done_valid), .done_ready_i);

  // The row in hand: what came in and has not gone on. It has one place.
  logic       row_q, ordered_q;
  logic [1:0] kept_q, tag_q;
  logic       own_q;
  logic [3:0] used_q;
  logic       take, leave, order, release_now;
  logic       present, own;
  logic [1:0] kept, tag, each_q, each;
  logic [3:0] bytes;
  logic       enters;  // its bytes are taken: with its order, or as it goes on without one

  assign each        = row_q ? each_q : in_bytes_i;
  assign bytes       = !own ? 4'd0 : ({2'b0, kept} * {2'b0, each} > 4'd3) ? 4'd3
      : {2'b0, kept} * {2'b0, each};
  assign enters      = own && kept != 2'd0 && order;
  assign take        = in_valid_i && in_ready;
  assign leave       = out_valid && out_ready_i;
  assign order       = order_valid && order_ready_i;
  assign release_now = done_valid && done_ready_i;
  assign present     = row_q || take;
  assign kept        = row_q ? kept_q : in_kept_i;
  assign own         = row_q ? own_q : in_own_i;
  assign tag         = row_q ? tag_q : in_tag_i;

  logic       offered_q, order_offered_q;
  logic [6:0] offer_q;
  logic [3:0] order_offer_q;

  // What the engine owes: no more is released than is there.
  logic [3:0] gone;
  assign gone = released_valid_i ? {1'b0, released_bytes_i} : 4'd0;
  always_comb assume (gone <= used_q);
  // An offer stays until it is taken.
  logic       asked_q;
  logic [2:0] asked_bytes_q;
  always_comb assume (!asked_q || (released_valid_i && released_bytes_i == asked_bytes_q));

  always_ff @(posedge clk_i) begin
    rst_nq          <= 1'b1;
    offered_q       <= rst_nq && out_valid && !out_ready_i;
    offer_q         <= {out_kept, out_bytes, out_tag};
    order_offered_q <= rst_nq && order_valid && !order_ready_i;
    order_offer_q   <= {order_count, order_tag};
    asked_q         <= rst_nq && released_valid_i && !done_ready_i;
    asked_bytes_q   <= released_bytes_i;
    if (!rst_nq) begin
      row_q     <= 1'b0;
      ordered_q <= 1'b0;
      used_q    <= 4'd0;
    end else begin
      row_q     <= present && !leave;
      ordered_q <= (ordered_q || order) && !leave;
      used_q    <= used_q - (release_now ? gone : 4'd0) + (enters ? bytes : 4'd0);
      if (take) begin
        kept_q <= in_kept_i;
        each_q <= in_bytes_i;
        own_q  <= in_own_i;
        tag_q  <= in_tag_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_nq) begin
      a_one:     assert (in_ready == !row_q);
      a_present: assert (!(out_valid || order_valid) || present);
      a_own:     assert (!out_valid || (out_kept == kept && out_tag == tag));
      a_order:   assert (!order_valid || (own && kept != 2'd0 && order_count == kept
          && order_tag == tag && !ordered_q));
      a_ordered: assert (!out_valid || !own || kept == 2'd0 || ordered_q || order);
      a_bytes:   assert (!out_valid || {1'b0, out_bytes} == bytes);
      a_store:   assert (used_q <= 4'd6);
      a_done:    assert (done_valid == released_valid_i && released_ready == done_ready_i);
      if (offered_q) a_stable: assert (out_valid && offer_q == {out_kept, out_bytes, out_tag});
      if (order_offered_q) begin
        a_order_stable: assert (order_valid && order_offer_q == {order_count, order_tag});
      end
    end
  end

endmodule
