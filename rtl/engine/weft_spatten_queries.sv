// Brings queries into the pipeline: their words come from a memory beside the engine, a cycle after
// they are asked for, and go into the slot of each query as the array will read them, a word a
// cycle. The first word of the next query is there before that is issued; a query goes in in the
// cycle in which its first word is written.
module weft_spatten_queries #(
  parameter  int unsigned KEYS      = 128,
  parameter  int unsigned HEADS     = 16,
  parameter  int unsigned SLOTS     = 16,
  parameter  int unsigned PARTS     = 4,
  parameter  int unsigned WORD_BITS = 192,
  localparam int unsigned KeyBits   = $clog2(KEYS),
  localparam int unsigned CountBits = $clog2(KEYS + 1),
  localparam int unsigned HeadBits  = $clog2(HEADS),
  localparam int unsigned SlotBits  = $clog2(SLOTS),
  localparam int unsigned PartBits  = (PARTS <= 1) ? 1 : $clog2(PARTS),
  localparam int unsigned Address   = $clog2(SLOTS * PARTS)
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,

  input  logic                         start_i,    // a layer
  input  logic [HeadBits:0]            heads_i,
  input  logic [CountBits-1:0]         queries_i,  // of a head
  input  logic [PartBits-1:0]          parts_i,    // less one

  // The next query, by places among the alive; the memory's answer stands in the next cycle.
  output logic                         read_valid_o,
  output logic [HeadBits-1:0]          read_head_o,
  output logic [KeyBits-1:0]           read_query_o,
  output logic [PartBits-1:0]          read_part_o,
  input  logic [WORD_BITS-1:0]         read_data_i,

  input  logic                         issue_valid_i,  // in the same order
  input  logic [SlotBits-1:0]          issue_slot_i,

  output logic                         row_valid_o,    // into the pipeline, which has room
  output logic [SlotBits-1:0]          row_slot_o,
  output logic                         word_valid_o,
  output logic [Address-1:0]           word_address_o,  // slot * PARTS + part
  output logic [WORD_BITS-1:0]         word_data_o
);

  // Issued, not begun -----------------------------------------------------------------------------
  logic                waits_valid, waits_ready, unused_ready, has_slot;
  logic [SlotBits-1:0] waits_slot, slot;
  logic [SlotBits:0]   unused_count;

  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_waits (
    .clk_i, .rst_ni, .in_valid_i(issue_valid_i && !(row_valid_o && !waits_valid)),
    .in_ready_o(unused_ready), .in_data_i(issue_slot_i), .out_valid_o(waits_valid),
    .out_ready_i(waits_ready), .out_data_o(waits_slot), .count_o(unused_count)
  );
  assign has_slot    = waits_valid || issue_valid_i;
  assign slot        = waits_valid ? waits_slot : issue_slot_i;
  assign waits_ready = row_valid_o;

  // Words: the first of the next query is held until it is issued ---------------------------------
  logic                 amid_q;         // words of a query are under way
  logic [PartBits-1:0]  part_q;         // that comes in this cycle
  logic [SlotBits-1:0]  slot_q;
  logic                 first_comes_q, first_held_q, first_there, last_part;
  logic [WORD_BITS-1:0] first_q;

  assign first_there = first_comes_q || first_held_q;
  assign row_valid_o = !amid_q && first_there && has_slot;
  assign row_slot_o  = slot;
  assign last_part   = amid_q ? part_q == parts_i : parts_i == '0;

  assign word_valid_o   = row_valid_o || amid_q;
  assign word_address_o = amid_q ? Address'(slot_q) * Address'(PARTS) + Address'(part_q)
      : Address'(slot) * Address'(PARTS);
  assign word_data_o    = (!amid_q && first_held_q) ? first_q : read_data_i;

  // Asked for: the rest of the query that goes in, then the first word of the one behind it
  logic [HeadBits:0]    head_q;         // of the query whose word is asked for next
  logic [CountBits-1:0] query_q;
  logic                 first_asked_q;  // of the layer's first query
  logic                 begins, advances, last_query;

  assign begins       = word_valid_o ? last_part : !first_asked_q;
  assign read_valid_o = head_q < heads_i && (begins || word_valid_o);
  assign read_head_o  = HeadBits'(head_q);
  assign read_query_o = KeyBits'(query_q);
  assign read_part_o  = begins ? '0 : amid_q ? part_q + PartBits'(1) : PartBits'(1);
  assign advances     = read_valid_o && read_part_o == parts_i;
  assign last_query   = query_q + CountBits'(1) == queries_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      amid_q        <= 1'b0;
      first_comes_q <= 1'b0;
      first_held_q  <= 1'b0;
      first_asked_q <= 1'b1;
    end else begin
      amid_q        <= word_valid_o && !last_part;
      first_comes_q <= read_valid_o && begins;
      first_held_q  <= first_there && !row_valid_o;
      first_asked_q <= !start_i && (first_asked_q || begins);
    end
  end
  always_ff @(posedge clk_i) begin
    part_q <= read_part_o;
    if (row_valid_o) slot_q <= slot;
    if (first_comes_q) first_q <= read_data_i;
    if (start_i) begin
      head_q  <= '0;
      query_q <= '0;
    end else if (advances) begin
      query_q <= last_query ? '0 : query_q + CountBits'(1);
      if (last_query) head_q <= head_q + (HeadBits + 1)'(1);
    end
  end

`ifndef SYNTHESIS
  a_room : assert property (@(posedge clk_i) disable iff (!rst_ni) issue_valid_i |-> unused_ready)
    else $error("weft_spatten_queries: more queries than slots");
  a_start : assert property (@(posedge clk_i) disable iff (!rst_ni)
      start_i |-> !waits_valid && !first_there && !amid_q)
    else $error("weft_spatten_queries: a layer begins while queries of another go in");
`else
  logic unused_all;
  assign unused_all = unused_ready;
`endif
  logic unused_waits;
  assign unused_waits = ^unused_count;

endmodule
