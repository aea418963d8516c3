// A part of weft_spatten_pipeline: from a query's probabilities to its sums of values. They are
// buffered and the k-th largest found, compared with it and compacted; the values of those that are
// kept are read, multiplied by their probabilities and added up.
module weft_spatten_values #(
  parameter  int unsigned MULTIPLIERS  = 16,
  parameter  int unsigned PARTS        = 4,
  parameter  int unsigned KEYS         = 128,
  parameter  int unsigned SLOTS        = 16,
  parameter  int unsigned VALUE_WORDS  = 1024,
  parameter  int unsigned BITS         = 12,
  parameter  int unsigned LOOK         = 2,    // rows of values of their own that stand there
  localparam int unsigned SlotBits     = $clog2(SLOTS),
  localparam int unsigned PartBits     = (PARTS <= 1) ? 1 : $clog2(PARTS),
  localparam int unsigned KeyBits      = $clog2(KEYS),
  localparam int unsigned TakenBits    = $clog2(LOOK + 1),
  localparam int unsigned CountBits    = $clog2(KEYS + 1),
  localparam int unsigned ValueAddress = $clog2(VALUE_WORDS),
  localparam int unsigned WordBits     = MULTIPLIERS * BITS,
  localparam int unsigned BeatBits     = 8 * BITS + 4 + 1 + SlotBits,
  localparam int unsigned StoreBytes   = VALUE_WORDS / 2 * WordBits / 8,  // that are given away
  localparam int unsigned MostBytes    = PARTS * WordBits / 8,            // of a value
  localparam int unsigned EachBits     = $clog2(MostBytes + 1)
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic [PartBits-1:0]     value_parts_i,
  input  logic [EachBits-1:0]     value_bytes_i,  // of a value, as it is stored
  input  logic                    own_i,          // values are fetched for one query, packed

  output logic [ValueAddress-1:0] value_address_o,  // the store answers in the next cycle
  input  logic [WordBits-1:0]     value_word_i,

  input  logic                    in_valid_i,
  output logic                    in_ready_o,
  input  logic [BeatBits-1:0]     in_beat_i,  // values, count, last, slot

  // Of the slot that ends at the top-k engine, and of others behind it, within the cycle
  output logic [SlotBits-1:0]     top_slot_o,
  input  logic [CountBits-1:0]    top_kept_i,
  input  logic [63:0]             top_seed_i,
  input  logic [31:0]             top_word_i,
  output logic [SlotBits-1:0]     prune_slot_o,    // of the one at the value pruner
  input  logic [CountBits-1:0]    prune_rows_i,
  output logic [SlotBits-1:0]     value_slot_o,
  input  logic [CountBits-1:0]    value_rows_i,    // how many are
  input  logic                    value_whole_i,
  input  logic [ValueAddress-1:0] value_base_i,
  input  logic [CountBits-1:0]    values_there_i,

  // Values of one query: they are ordered, and which positions the next rows have
  // (weft_kept_positions)
  output logic                    order_valid_o,
  input  logic                    order_ready_i,
  output logic [CountBits-1:0]    order_count_o,
  output logic [SlotBits-1:0]     order_slot_o,
  input  logic                    order_whole_i,   // all of its values are kept
  output logic [LOOK*KeyBits-1:0] own_positions_o,
  output logic [LOOK*CountBits-1:0] own_numbers_o,
  output logic [LOOK*CountBits-1:0] own_left_o,
  input  logic [TakenBits-1:0]    own_taken_i,

  // A query is done with, and its values give room; told in a later cycle
  input  logic                    released_valid_i,
  input  logic [SlotBits-1:0]     released_slot_i,
  output logic                    finished_valid_o,
  output logic [SlotBits-1:0]     finished_slot_o,

  output logic                    out_valid_o,
  input  logic                    out_ready_i,
  output logic [SlotBits-1:0]     out_slot_o,
  output logic [PARTS*MULTIPLIERS*32-1:0] out_sums_o
);

  localparam int unsigned Lanes     = 8;
  localparam int unsigned Places    = 16;
  localparam int unsigned Words     = KEYS / Lanes;   // of a query's probabilities
  localparam int unsigned KeptWords = KEYS / Places;  // of its kept positions, at most
  localparam int unsigned WordIndex = KeyBits - 3;
  localparam int unsigned KeptIndex = (KeptWords <= 1) ? 1 : $clog2(KeptWords);
  localparam int unsigned FifoCount = $clog2(SLOTS + 1);
  localparam int unsigned BytesBits = $clog2(StoreBytes + 1);
  localparam int unsigned LevelBits = $clog2($clog2(MULTIPLIERS) + 1);
  localparam logic [LevelBits-1:0] Level = LevelBits'($clog2(MULTIPLIERS));

  // Probabilities wait for their values -----------------------------------------------------------
  logic                          enter;
  logic [WordIndex-1:0]          enter_word_q;
  logic [Lanes*BITS-1:0]         enter_values, probability_word;
  logic                          enter_last;
  logic [SlotBits-1:0]           enter_slot, read_slot;
  logic [3:0]                    unused_enter_count;
  logic [KeyBits-1:0]            read_position;
  logic [SlotBits+WordIndex-1:0] probability_write, probability_read;

  assign enter = in_valid_i && in_ready_o;
  assign {enter_values, unused_enter_count, enter_last, enter_slot} = in_beat_i;
  assign probability_write = {enter_slot, enter_word_q};
  assign probability_read  = {read_slot, read_position[KeyBits-1:3]};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) enter_word_q <= '0;
    else if (enter) enter_word_q <= enter_last ? '0 : enter_word_q + WordIndex'(1);
  end

  weft_ram #(.WORD_BITS(Lanes * BITS), .WORDS(SLOTS * Words)) u_probabilities (
    .clk_i, .write_valid_i(enter), .write_address_i(probability_write), .write_lanes_i(1'b1),
    .write_data_i(enter_values), .read_valid_i(1'b1), .read_address_i(probability_read),
    .read_data_o(probability_word)
  );

  // The k-th largest ------------------------------------------------------------------------------
  localparam int unsigned FoundBits = Places * BITS + Places + 4 + BITS + CountBits;
  logic                     top_valid, top_ready, top_last, found_valid, found_ready;
  logic [Lanes*BITS-1:0]    top_values;
  logic [3:0]               top_count;
  logic [1:0]               unused_top, unused_found, unused_kept;
  logic [FoundBits-1:0]     finding;
  logic                     finding_valid, finding_ready;
  logic [Places*BITS-1:0]   found_values;
  logic [Places-1:0]        found_present;
  logic                     found_first, found_last;
  weft_select_pkg::passes_e finding_passes, found_passes;
  logic [BITS-1:0]          found_threshold;
  logic [CountBits-1:0]     found_ties;

  weft_fifo #(.WIDTH(BeatBits), .DEPTH(2)) u_top_link (
    .clk_i, .rst_ni, .in_valid_i, .in_ready_o, .in_data_i(in_beat_i), .out_valid_o(top_valid),
    .out_ready_i(top_ready), .out_data_o({top_values, top_count, top_last, top_slot_o}),
    .count_o(unused_top)
  );
  weft_row_top_k #(
    .LANES(Places), .IN_LANES(Lanes), .VALUE_BITS(BITS), .ROWS(KeptWords), .BUFFERS(3)
  ) u_top_k (
    .clk_i, .rst_ni, .in_valid_i(top_valid), .in_ready_o(top_ready), .in_values_i(top_values),
    .in_count_i(top_count), .in_last_i(top_last), .in_kept_i(top_kept_i), .in_seed_i(top_seed_i),
    .in_word_i(top_word_i), .out_valid_o(finding_valid), .out_ready_i(finding_ready),
    .out_values_o(finding[FoundBits-1 -: Places*BITS]),
    .out_present_o(finding[4+BITS+CountBits +: Places]),
    .out_first_o(finding[3+BITS+CountBits]), .out_last_o(finding[2+BITS+CountBits]),
    .out_passes_o(finding_passes), .out_threshold_o(finding[CountBits +: BITS]),
    .out_ties_o(finding[CountBits-1:0])
  );
  assign finding[BITS+CountBits +: 2] = finding_passes;

  weft_fifo #(.WIDTH(FoundBits), .DEPTH(2)) u_found_link (
    .clk_i, .rst_ni, .in_valid_i(finding_valid), .in_ready_o(finding_ready), .in_data_i(finding),
    .out_valid_o(found_valid), .out_ready_i(found_ready),
    .out_data_o({found_values, found_present, found_first, found_last, found_passes,
        found_threshold, found_ties}),
    .count_o(unused_found)
  );

  // What is as large, compacted -------------------------------------------------------------------
  logic                      compared_valid, compared_ready, compared_last;
  logic [Places*BITS-1:0]    unused_values;
  logic [Places-1:0]         compared_keep, keep;
  logic                      keep_valid, keep_ready, keep_last;
  logic [KeyBits-1:0]        first_q;  // position of the beat before the zero eliminator
  logic [Places*KeyBits-1:0] positions, kept_positions;
  logic                      kept_valid, kept_ready, kept_last, kept_ends;
  logic [4:0]                kept_count;

  weft_comparator_array #(.LANES(Places), .VALUE_BITS(BITS), .KEYS(KEYS)) u_comparators (
    .clk_i, .rst_ni, .in_valid_i(found_valid), .in_ready_o(found_ready), .in_values_i(found_values),
    .in_present_i(found_present), .in_first_i(found_first), .in_last_i(found_last),
    .in_passes_i(found_passes), .in_threshold_i(found_threshold), .in_ties_i(found_ties),
    .out_valid_o(compared_valid), .out_ready_i(compared_ready), .out_values_o(unused_values),
    .out_keep_o(compared_keep), .out_last_o(compared_last)
  );
  weft_fifo #(.WIDTH(Places + 1), .DEPTH(2)) u_keep_link (
    .clk_i, .rst_ni, .in_valid_i(compared_valid), .in_ready_o(compared_ready),
    .in_data_i({compared_keep, compared_last}), .out_valid_o(keep_valid), .out_ready_i(keep_ready),
    .out_data_o({keep, keep_last}), .count_o(unused_kept)
  );
  for (genvar place = 0; place < Places; place++) begin : gen_position
    assign positions[place*KeyBits +: KeyBits] = first_q + KeyBits'(place);
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) first_q <= '0;
    else if (keep_valid && keep_ready) first_q <= keep_last ? '0 : first_q + KeyBits'(Places);
  end
  weft_zero_eliminator #(.PLACES(Places), .WIDTH(KeyBits)) u_eliminator (
    .clk_i, .rst_ni, .in_valid_i(keep_valid), .in_ready_o(keep_ready), .in_data_i(positions),
    .in_keep_i(keep), .in_last_i(keep_last), .out_valid_o(kept_valid), .out_ready_i(kept_ready),
    .out_data_o(kept_positions), .out_count_o(kept_count), .out_last_o(kept_last)
  );

  // Positions that are kept, in words as they came, those of no position left out -----------------
  logic [KeptIndex-1:0]      kept_word_q;
  logic [SlotBits-1:0]       filter_slot;
  logic                      filter_ready, unused_filter_valid, unused_filter_ready;
  logic [FifoCount-1:0]      unused_filters;
  logic                      row_valid, row_ready, pruned_valid, pruned_ready;
  logic [SlotBits-1:0]       row_slot, pruned_slot;
  logic [1:0]                unused_rows;

  assign kept_ready = !kept_last || filter_ready;
  assign kept_ends  = kept_valid && kept_ready && kept_last;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) kept_word_q <= '0;
    else if (kept_ends) kept_word_q <= '0;
    else if (kept_valid && kept_ready && kept_count != '0)
      kept_word_q <= kept_word_q + KeptIndex'(1);
  end

  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_filter_slots (
    .clk_i, .rst_ni, .in_valid_i(top_valid && top_ready && top_last),
    .in_ready_o(unused_filter_ready), .in_data_i(top_slot_o), .out_valid_o(unused_filter_valid),
    .out_ready_i(kept_ends), .out_data_o(filter_slot), .count_o(unused_filters)
  );
  weft_fifo #(.WIDTH(SlotBits), .DEPTH(2)) u_row_link (
    .clk_i, .rst_ni, .in_valid_i(kept_valid && kept_last), .in_ready_o(filter_ready),
    .in_data_i(filter_slot), .out_valid_o(row_valid), .out_ready_i(row_ready),
    .out_data_o(row_slot), .count_o(unused_rows)
  );

  // The value pruner: values of one query are ordered, others stay on chip ------------------------
  logic                  released_valid, unused_released_ready, pruned_room;
  logic [SlotBits-1:0]   released_slot, leaving_slot;
  logic [1:0]            unused_released;
  logic [BytesBits-1:0]  leaving_bytes;
  logic [BytesBits-1:0]  slot_bytes_q [SLOTS];
  logic                  leaving, unused_give;
  logic [CountBits-1:0]  unused_kept_count;
  logic [FifoCount-1:0]  unused_queue;

  weft_fifo #(.WIDTH(SlotBits), .DEPTH(2)) u_released_link (
    .clk_i, .rst_ni, .in_valid_i(released_valid_i), .in_ready_o(unused_released_ready),
    .in_data_i(released_slot_i), .out_valid_o(released_valid), .out_ready_i(1'b1),
    .out_data_o(released_slot), .count_o(unused_released)
  );
  assign finished_slot_o = released_slot;
  assign prune_slot_o    = row_slot;

  weft_value_pruner #(
    .STORE_BYTES(StoreBytes), .KEYS(KEYS), .VALUE_BYTES(MostBytes), .TAG_BITS(SlotBits)
  ) u_value_pruner (
    .clk_i, .rst_ni, .in_valid_i(row_valid), .in_ready_o(row_ready), .in_kept_i(prune_rows_i),
    .in_bytes_i(value_bytes_i), .in_own_i(own_i), .in_tag_i(row_slot), .order_valid_o,
    .order_ready_i, .order_count_o, .order_tag_o(order_slot_o), .out_valid_o(leaving),
    .out_ready_i(pruned_room), .out_kept_o(unused_kept_count), .out_bytes_o(leaving_bytes),
    .out_tag_o(leaving_slot), .released_valid_i(released_valid), .released_ready_o(unused_give),
    .released_bytes_i(slot_bytes_q[released_slot]), .done_valid_o(finished_valid_o),
    .done_ready_i(1'b1)
  );
  always_ff @(posedge clk_i) begin
    if (leaving) slot_bytes_q[leaving_slot] <= leaving_bytes;
  end

  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_pruned (
    .clk_i, .rst_ni, .in_valid_i(leaving), .in_ready_o(pruned_room), .in_data_i(leaving_slot),
    .out_valid_o(pruned_valid), .out_ready_i(pruned_ready), .out_data_o(pruned_slot),
    .count_o(unused_queue)
  );

  // Prob V ----------------------------------------------------------------------------------------
  logic                    value_beat, value_ready, value_begins, value_some, value_last;
  logic                    value_sent;
  logic [CountBits-1:0]    value_number;
  logic [KeyBits-1:0]      value_position;
  logic [PartBits-1:0]     unused_part;
  logic [SlotBits-1:0]     value_slot;
  logic [2:0]              lane_q;

  weft_kept_positions #(.SLOTS(SLOTS), .KEYS(KEYS), .PLACES(Places), .LOOK(LOOK)) u_kept (
    .clk_i, .rst_ni, .write_valid_i(kept_valid && kept_ready && kept_count != '0),
    .write_slot_i(filter_slot), .write_word_i(kept_word_q), .write_positions_i(kept_positions),
    .write_count_i(kept_count), .slot_i(value_slot_o), .whole_i(value_whole_i),
    .number_i(value_number), .sent_i(value_sent), .position_o(value_position),
    .line_valid_i(order_valid_o && order_ready_i), .line_slot_i(order_slot_o),
    .line_whole_i(order_whole_i), .line_rows_i(order_count_o), .line_positions_o(own_positions_o),
    .line_numbers_o(own_numbers_o), .line_left_o(own_left_o), .line_taken_i(own_taken_i)
  );
  always_ff @(posedge clk_i) lane_q <= read_position[2:0];

  weft_row_store #(
    .QUEUES(1), .TAG_BITS(SlotBits), .ROWS(KEYS), .PARTS(PARTS), .ADDRESS_BITS(ValueAddress)
  ) u_value_store (
    .clk_i,
    .rst_ni,
    .parts_i       (value_parts_i),
    .row_valid_i   (pruned_valid),
    .row_ready_o   (pruned_ready),
    .row_tag_i     (pruned_slot),
    .hand_tag_o    (value_slot_o),
    .hand_rows_i   (value_rows_i),
    .hand_base_i   (value_base_i),
    .hand_there_i  (values_there_i),
    .beat_row_i    (own_i ? value_number[KeyBits-1:0] : value_position),
    .beat_along_i  (value_position),
    .beat_number_o (value_number),
    .beat_sent_o   (value_sent),
    .read_address_o(value_address_o),
    .read_tag_o    (read_slot),
    .read_along_o  (read_position),
    .read_part_o   (unused_part),
    .out_valid_o   (value_beat),
    .out_ready_i   (value_ready),
    .out_tag_o     (value_slot),
    .out_begins_o  (value_begins),
    .out_some_o    (value_some),
    .out_last_o    (value_last)
  );
  weft_value_array #(
    .MULTIPLIERS(MULTIPLIERS), .PROBABILITY_BITS(BITS), .VALUE_BITS(BITS), .MIN_WIDTH(MULTIPLIERS),
    .PARTS(PARTS)
  ) u_prob_v (
    .clk_i, .rst_ni, .level_i(Level), .parts_i(value_parts_i), .in_valid_i(value_beat),
    .in_ready_o(value_ready), .in_probabilities_i(probability_word[lane_q*BITS +: BITS]),
    .in_values_i(value_word_i), .in_count_i(value_some), .in_last_i(value_last), .out_valid_o,
    .out_ready_i, .out_sums_o
  );

  logic                 unused_out_valid, unused_out_ready;
  logic [FifoCount-1:0] unused_outs;

  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_out_slots (
    .clk_i, .rst_ni, .in_valid_i(value_beat && value_ready && value_begins),
    .in_ready_o(unused_out_ready), .in_data_i(value_slot), .out_valid_o(unused_out_valid),
    .out_ready_i(out_valid_o && out_ready_i), .out_data_o(out_slot_o), .count_o(unused_outs)
  );

  logic unused_all;
  assign unused_all = ^{unused_enter_count, unused_top, unused_found, unused_kept, unused_values,
      unused_filter_valid, unused_filter_ready, unused_filters, unused_rows, unused_queue,
      unused_part, unused_out_valid, unused_out_ready, unused_outs, unused_released_ready,
      unused_released, unused_give, unused_kept_count};

`ifndef SYNTHESIS
  // Queries under way are no more than SLOTS, so that what waits for each has a place.
  a_filter_room : assert property (@(posedge clk_i) disable iff (!rst_ni)
      top_valid && top_ready && top_last |-> unused_filter_ready);
  a_filter_slot : assert property (@(posedge clk_i) disable iff (!rst_ni)
      kept_ends |-> unused_filter_valid);
  a_out_room : assert property (@(posedge clk_i) disable iff (!rst_ni)
      value_beat && value_ready && value_begins |-> unused_out_ready);
  a_out_slot : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o |-> unused_out_valid);
`endif

endmodule
