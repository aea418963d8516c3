// The order in which an array reads the rows of a store, keys or values, and the place of each part
// of them in its memory: for one query after another, a row a beat, each when it is there.
//
// A query is taken from the first queue that has one, and its first beat put into a link of two
// places in the same cycle, where its row is there; the link stands at the array from the next
// cycle on. Of a beat the array takes parts_i + 1 parts, in cycles that follow one another, the
// first where it is ready. What is to be read stands at read_ in the cycle before, so that a memory
// with a synchronous port has it there in time.
module weft_row_store #(
  parameter  int unsigned QUEUES       = 2,
  parameter  int unsigned TAG_BITS     = 4,    // which query
  parameter  int unsigned ROWS         = 128,  // most rows of a query
  parameter  int unsigned PARTS        = 4,    // most parts of a row
  parameter  int unsigned ADDRESS_BITS = 10,   // of a part
  localparam int unsigned COUNT_BITS   = $clog2(ROWS + 1),
  localparam int unsigned ROW_BITS     = (ROWS <= 1) ? 1 : $clog2(ROWS),
  localparam int unsigned PART_BITS    = (PARTS <= 1) ? 1 : $clog2(PARTS)
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic [PART_BITS-1:0]       parts_i,  // less one; constant while beats are under way

  input  logic [QUEUES-1:0]          row_valid_i,  // queries
  output logic [QUEUES-1:0]          row_ready_o,
  input  logic [QUEUES*TAG_BITS-1:0] row_tag_i,

  // Of the query in hand, within the cycle: how many rows it reads, the first part of row 0 of its
  // head, how many rows of the head are there; and which row its next beat is of.
  output logic [TAG_BITS-1:0]        hand_tag_o,
  input  logic [COUNT_BITS-1:0]      hand_rows_i,
  input  logic [ADDRESS_BITS-1:0]    hand_base_i,
  input  logic [COUNT_BITS-1:0]      hand_there_i,
  input  logic [ROW_BITS-1:0]        beat_row_i,     // in the store
  input  logic [ROW_BITS-1:0]        beat_along_i,   // goes along with it
  output logic [COUNT_BITS-1:0]      beat_number_o,  // of the query's
  output logic                       beat_sent_o,    // to the link

  // The part that is read for the next cycle.
  output logic [ADDRESS_BITS-1:0]    read_address_o,
  output logic [TAG_BITS-1:0]        read_tag_o,
  output logic [ROW_BITS-1:0]        read_along_o,
  output logic [PART_BITS-1:0]       read_part_o,

  output logic                       out_valid_o,  // a part
  input  logic                       out_ready_i,
  output logic [TAG_BITS-1:0]        out_tag_o,
  output logic                       out_begins_o,  // the first part of a query's first beat
  output logic                       out_some_o,    // 0: of a query that reads nothing
  output logic                       out_last_o     // of its query
);

  localparam int unsigned BEAT_BITS = ADDRESS_BITS + TAG_BITS + ROW_BITS + 3;

  // The query in hand -----------------------------------------------------------------------------
  logic                  in_hand_q, has_row, sends, first, last, some;
  logic [TAG_BITS-1:0]   tag_q, tag;
  logic [COUNT_BITS-1:0] number_q, number;
  logic [1:0]            held_q;  // beats in the link

  always_comb begin
    tag         = tag_q;
    has_row     = in_hand_q;
    row_ready_o = '0;
    if (!in_hand_q) begin
      for (int unsigned queue = 0; queue < QUEUES; queue++) begin
        row_ready_o[queue] = !has_row;
        if (row_valid_i[queue] && !has_row) begin
          has_row = 1'b1;
          tag     = row_tag_i[queue*TAG_BITS +: TAG_BITS];
        end
      end
    end
  end

  assign hand_tag_o    = tag;
  assign number        = in_hand_q ? number_q : '0;
  assign beat_number_o = number;
  assign some          = hand_rows_i != '0;
  assign first         = number == '0;
  assign last          = {1'b0, number} + (COUNT_BITS + 1)'(1) >= {1'b0, hand_rows_i};
  assign sends         = has_row && held_q != 2'd2
      && (!some || 32'(beat_row_i) < 32'(hand_there_i));
  assign beat_sent_o   = sends;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) in_hand_q <= 1'b0;
    else in_hand_q <= has_row && !(sends && last);
  end
  always_ff @(posedge clk_i) begin
    tag_q    <= tag;
    number_q <= sends ? number + COUNT_BITS'(1) : number;
  end

  // The link --------------------------------------------------------------------------------------
  logic [BEAT_BITS-1:0]    sent, beat_0_q, beat_1_q, taken_q, head, ahead;
  logic [2:0]              unused_ahead;
  logic [PART_BITS-1:0]    part_q;
  logic                    take, pops;
  logic [ADDRESS_BITS-1:0] address, ahead_address;

  assign address = hand_base_i
      + ADDRESS_BITS'(beat_row_i) * (ADDRESS_BITS'(parts_i) + ADDRESS_BITS'(1));
  assign sent    = {address, tag, beat_along_i, first, some, last};

  assign out_valid_o = part_q != '0 || held_q != 2'd0;
  assign take        = out_valid_o && out_ready_i;
  assign pops        = take && part_q == '0;
  assign head        = (part_q == '0) ? beat_0_q : taken_q;

  assign out_begins_o = part_q == '0 && head[2];
  assign out_some_o   = head[1];
  assign out_last_o   = head[0];
  assign out_tag_o    = head[3+ROW_BITS +: TAG_BITS];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q <= 2'd0;
      part_q <= '0;
    end else begin
      held_q <= held_q + {1'b0, sends} - {1'b0, pops};
      if (take) part_q <= (part_q == parts_i) ? '0 : part_q + PART_BITS'(1);
    end
  end
  always_ff @(posedge clk_i) begin
    if (pops) begin
      taken_q  <= beat_0_q;
      beat_0_q <= (held_q == 2'd2) ? beat_1_q : sent;
    end else if (held_q == 2'd0) begin
      beat_0_q <= sent;
    end
    if (held_q == 2'd1 && !pops) beat_1_q <= sent;
  end

  // What stands at the array in the next cycle ----------------------------------------------------
  logic goes_on;  // with the beat in hand
  assign goes_on     = take && part_q != parts_i;
  assign read_part_o = goes_on ? part_q + PART_BITS'(1) : '0;
  always_comb begin
    if (goes_on) ahead = head;
    else if (pops) ahead = (held_q == 2'd2) ? beat_1_q : sent;
    else ahead = (held_q != 2'd0) ? beat_0_q : sent;
  end
  assign {ahead_address, read_tag_o, read_along_o, unused_ahead} = ahead;
  assign read_address_o = ahead_address + ADDRESS_BITS'(read_part_o);

`ifndef SYNTHESIS
  a_parts_follow : assert property (@(posedge clk_i) disable iff (!rst_ni)
      part_q != '0 |-> out_ready_i)
    else $error("weft_row_store: parts of a beat are taken one behind another");
  a_held : assert property (@(posedge clk_i) disable iff (!rst_ni) held_q <= 2'd2);
  a_row : assert property (@(posedge clk_i) disable iff (!rst_ni)
      sends && some |-> 32'(beat_row_i) < ROWS);
`endif

endmodule
