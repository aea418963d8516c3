// Local value pruning's orders: of a row whose values are selected, those that are kept are asked
// for, as far as the values' store has room for them, and the row goes on. Rows pass in order; one
// that has no room is held, with all behind it.
//
// A row that comes in cycle t is ordered and goes on in t where there is room and both ends are
// ready: order_valid_o and out_valid_o depend on in_valid_i, out_valid_o on order_ready_i, and room
// on released_valid_i and done_ready_i, within the cycle. in_ready_o depends on nothing: a row that
// cannot go on is held here.
module weft_value_pruner #(
  parameter  int unsigned STORE_BYTES = 196608,  // of the values' store
  parameter  int unsigned KEYS        = 1024,    // most of a row
  parameter  int unsigned VALUE_BYTES = 192,     // most of a value as it is stored
  parameter  int unsigned TAG_BITS    = 8,       // of what goes along with a row
  localparam int unsigned COUNT_BITS  = $clog2(KEYS + 1),
  localparam int unsigned VALUE_BITS  = $clog2(VALUE_BYTES + 1),
  localparam int unsigned BYTES_BITS  = $clog2(STORE_BYTES + 1)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [COUNT_BITS-1:0] in_kept_i,   // values that count
  input  logic [VALUE_BITS-1:0] in_bytes_i,  // of each, as stored
  input  logic                  in_own_i,    // they are fetched for this row alone; else they stay
                                             // on chip for all queries of its head
  input  logic [TAG_BITS-1:0]   in_tag_i,

  output logic                  order_valid_o,  // its values, where it has some of its own
  input  logic                  order_ready_i,
  output logic [COUNT_BITS-1:0] order_count_o,
  output logic [TAG_BITS-1:0]   order_tag_o,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [COUNT_BITS-1:0] out_kept_o,
  output logic [BYTES_BITS-1:0] out_bytes_o,  // of the store; to be released
  output logic [TAG_BITS-1:0]   out_tag_o,

  input  logic                  released_valid_i,  // a row's values are no longer needed
  output logic                  released_ready_o,
  input  logic [BYTES_BITS-1:0] released_bytes_i,  // what its out_bytes_o were
  output logic                  done_valid_o,      // the same, on its way
  input  logic                  done_ready_i
);

  localparam int unsigned PRODUCT_BITS = COUNT_BITS + VALUE_BITS;
  localparam int unsigned WIDE_BITS    = (PRODUCT_BITS > BYTES_BITS) ? PRODUCT_BITS : BYTES_BITS;
  localparam int unsigned Half         = STORE_BYTES / 2;

  logic                  held_q, ordered_q;  // a row is held; its values are asked for
  logic [COUNT_BITS-1:0] kept_q, kept;
  logic [VALUE_BITS-1:0] each_q, each_bytes;
  logic                  own_q, own;
  logic [TAG_BITS-1:0]   tag_q, tag;

  assign in_ready_o = !held_q;
  assign kept       = held_q ? kept_q : in_kept_i;
  assign each_bytes = held_q ? each_q : in_bytes_i;
  assign own        = held_q ? own_q : in_own_i;
  assign tag        = held_q ? tag_q : in_tag_i;

  // Room ------------------------------------------------------------------------------------------
  // More values than half of the store pass through it, so an empty store has room for any row.
  logic [WIDE_BITS-1:0]  needed;
  logic [BYTES_BITS-1:0] bytes, used_q, used, used_d;
  logic [BYTES_BITS:0]   together;
  logic                  room;

  assign needed   = WIDE_BITS'(kept) * WIDE_BITS'(each_bytes);
  assign bytes    = !own ? '0 : (32'(needed) > Half) ? BYTES_BITS'(Half) : BYTES_BITS'(needed);
  assign used     = (released_valid_i && done_ready_i) ? used_q - released_bytes_i : used_q;
  assign together = {1'b0, used} + {1'b0, bytes};
  assign room     = 32'(together) <= STORE_BYTES;

  assign done_valid_o     = released_valid_i;
  assign released_ready_o = done_ready_i;

  // Order, then on --------------------------------------------------------------------------------
  logic present, orders, orders_now, ordered, leaves;

  assign present       = held_q || in_valid_i;
  assign orders        = own && kept != '0;
  assign order_valid_o = present && !ordered_q && room && orders;
  assign order_count_o = kept;
  assign order_tag_o   = tag;
  assign orders_now    = present && !ordered_q && room && (!orders || order_ready_i);
  assign ordered       = ordered_q || orders_now;
  assign out_valid_o   = present && ordered;
  assign out_kept_o    = kept;
  assign out_bytes_o   = bytes;
  assign out_tag_o     = tag;
  assign leaves        = out_valid_o && out_ready_i;
  assign used_d        = orders_now ? together[BYTES_BITS-1:0] : used;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q    <= 1'b0;
      ordered_q <= 1'b0;
      used_q    <= '0;
    end else begin
      held_q    <= present && !leaves;
      ordered_q <= ordered && !leaves;
      used_q    <= used_d;
    end
  end
  always_ff @(posedge clk_i) begin
    if (in_valid_i && !held_q) begin
      kept_q <= in_kept_i;
      each_q <= in_bytes_i;
      own_q  <= in_own_i;
      tag_q  <= in_tag_i;
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (STORE_BYTES < 2 || KEYS == 0 || VALUE_BYTES == 0 || TAG_BITS == 0) begin
      $fatal(1, "weft_value_pruner: nothing to keep, or nowhere");
    end
  end

  a_released : assert property (@(posedge clk_i) disable iff (!rst_ni)
      released_valid_i |-> released_bytes_i <= used_q)
    else $error("weft_value_pruner: more is released than is there");
  a_fits : assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(used_q) <= STORE_BYTES);
  a_order_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      order_valid_o && !order_ready_i |=> order_valid_o && $stable(order_count_o)
      && $stable(order_tag_o));
  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_kept_o) && $stable(out_bytes_o)
      && $stable(out_tag_o));
`endif

endmodule
