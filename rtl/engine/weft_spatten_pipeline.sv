// The attention of the SpAtten engine from keys on chip to sums of values: Q K by an array with
// adder trees, softmax, the decision of progressive quantisation, importance of tokens, the k
// largest probabilities of a row and the values that go with them, prob V. A query is a slot: what
// it reads is written there before it is sent in, and stays until all are done with it.
//
// Between any two units lies a link of two places, registered on both sides, as in the assembly of
// the simulator's units: configs/arch/spatten.yaml. Queries come out as they were decided,
// those that are computed again behind others that came later.
module weft_spatten_pipeline #(
  parameter  int unsigned MULTIPLIERS   = 16,   // of either array; a power of two
  parameter  int unsigned PARTS         = 4,    // most parts of a row, MULTIPLIERS wide each
  parameter  int unsigned KEYS          = 128,  // most keys of a query: a multiple of 16
  parameter  int unsigned SLOTS         = 16,   // queries at once; a power of two
  parameter  int unsigned KEY_WORDS     = 1024, // parts of keys on chip
  parameter  int unsigned VALUE_WORDS   = 1024,
  parameter  int unsigned BITS          = 12,   // of elements and probabilities
  parameter  int unsigned ROWS          = 16,   // in either ring of the softmax
  parameter  int unsigned LOOK          = 2,    // rows of values of their own that stand there
  localparam int unsigned SlotBits      = $clog2(SLOTS),
  localparam int unsigned PartBits      = (PARTS <= 1) ? 1 : $clog2(PARTS),
  localparam int unsigned KeyBits       = $clog2(KEYS),
  localparam int unsigned TakenBits     = $clog2(LOOK + 1),
  localparam int unsigned CountBits     = $clog2(KEYS + 1),
  localparam int unsigned KeyAddress    = $clog2(KEY_WORDS),
  localparam int unsigned ValueAddress  = $clog2(VALUE_WORDS),
  localparam int unsigned QueryAddress  = $clog2(SLOTS * PARTS),
  localparam int unsigned WordBits      = MULTIPLIERS * BITS,
  localparam int unsigned EachBits      = $clog2(PARTS * WordBits / 8 + 1)
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  // Of the run, constant while queries are under way.
  input  logic [PartBits-1:0]       key_parts_i,    // less one
  input  logic [PartBits-1:0]       value_parts_i,
  input  logic [3:0]                lower_bits_i,   // of a key, which the first pass leaves out
  input  logic [31:0]               threshold_i,    // of a largest probability, fp32
  input  logic [EachBits-1:0]       value_bytes_i,  // of a value, as it is stored
  input  logic                      own_values_i,   // values are fetched for one query, packed

  // Operands on chip: the stores of keys and values answer in the next cycle
  output logic [KeyAddress-1:0]     key_address_o,
  input  logic [WordBits-1:0]       key_word_i,
  output logic [ValueAddress-1:0]   value_address_o,
  input  logic [WordBits-1:0]       value_word_i,
  input  logic                      query_valid_i,
  input  logic [QueryAddress-1:0]   query_address_i,  // slot * PARTS + part
  input  logic [WordBits-1:0]       query_data_i,

  // A slot, written no later than its query is sent in.
  input  logic                      slot_valid_i,
  input  logic [SlotBits-1:0]       slot_i,
  input  logic [CountBits-1:0]      slot_keys_i,    // the first so many of its head
  input  logic [CountBits-1:0]      slot_kept_i,    // values that count; as many or more: all
  input  logic [KeyAddress-1:0]     slot_key_i,     // the first part of its head's first key
  input  logic [31:0]               slot_scale_i,   // fp32, of a score of whole keys
  input  logic [31:0]               slot_upper_i,   // and of upper bits alone
  input  logic                      slot_fresh_i,   // the first of its head
  input  logic                      slot_first_i,   // of its layer: importances begin anew

  // A slot's seed, written before it selects
  input  logic                      seed_valid_i,
  input  logic [SlotBits-1:0]       seed_slot_i,
  input  logic [63:0]               seed_i,         // of its selection
  input  logic [31:0]               seed_word_i,    // the seed's word of round 0

  input  logic                      row_valid_i,
  output logic                      row_ready_o,
  input  logic [SlotBits-1:0]       row_slot_i,

  // Of the query that reads keys, or values, how many of its head's are there.
  output logic [SlotBits-1:0]       key_slot_o,
  output logic                      key_whole_o,    // with the lower bits
  input  logic [CountBits-1:0]      keys_there_i,
  output logic [SlotBits-1:0]       value_slot_o,
  input  logic [CountBits-1:0]      values_there_i,
  input  logic [ValueAddress-1:0]   value_base_i,   // the first part of their first

  output logic                      lower_valid_o,    // the lower bits of the slot's head
  input  logic                      lower_ready_i,
  output logic                      decided_valid_o,  // the slot's keys are no longer needed
  input  logic                      decided_ready_i,
  output logic [SlotBits-1:0]       decided_slot_o,   // of both
  output logic                      again_o,          // and is computed again

  output logic                      added_valid_o,    // a query's probabilities, to the importances
  input  logic                      added_ready_i,
  input  logic                      sums_valid_i,     // importances are read by eights
  input  logic [KeyBits-4:0]        sums_row_i,
  output logic [8*32-1:0]           sums_data_o,

  // Where values are of one query: those that it keeps are ordered, in the order of the positions
  // that stand here for the next rows (weft_kept_positions)
  output logic                      order_valid_o,
  input  logic                      order_ready_i,
  output logic [CountBits-1:0]      order_count_o,
  output logic [SlotBits-1:0]       order_slot_o,
  output logic [LOOK*KeyBits-1:0]   own_positions_o,
  output logic [LOOK*CountBits-1:0] own_numbers_o,
  output logic [LOOK*CountBits-1:0] own_left_o,
  input  logic [TakenBits-1:0]      own_taken_i,

  // A query's outputs are done with, and its values give room; told a cycle later
  input  logic                      released_valid_i,
  input  logic [SlotBits-1:0]       released_slot_i,
  output logic                      finished_valid_o,
  output logic [SlotBits-1:0]       finished_slot_o,

  output logic                      out_valid_o,
  input  logic                      out_ready_i,
  output logic [SlotBits-1:0]       out_slot_o,
  output logic [PARTS*MULTIPLIERS*32-1:0] out_sums_o
);

  localparam int unsigned Lanes     = 8;   // of the softmax
  localparam int unsigned Places    = 16;  // of the top-k engine
  localparam int unsigned LaneCount = $clog2(Lanes + 1);
  localparam int unsigned WordsOf   = KEYS / Lanes;
  localparam int unsigned KeptWords = KEYS / Places;
  localparam int unsigned LevelBits = $clog2($clog2(MULTIPLIERS) + 1);
  localparam logic [LevelBits-1:0] Level = LevelBits'($clog2(MULTIPLIERS));

  // Slots -----------------------------------------------------------------------------------------
  logic [CountBits-1:0]    slot_keys_q  [SLOTS];
  logic [CountBits-1:0]    slot_kept_q  [SLOTS];
  logic [KeyAddress-1:0]   slot_key_q   [SLOTS];
  logic [31:0]             slot_scale_q [SLOTS];
  logic [31:0]             slot_upper_q [SLOTS];
  logic [63:0]             slot_seed_q  [SLOTS];
  logic [31:0]             slot_word_q  [SLOTS];
  logic [SLOTS-1:0]        slot_fresh_q;
  logic [SLOTS-1:0]        slot_again_q;  // it is computed with the lower bits
  logic                    again_valid, again_ready;
  logic [SlotBits-1:0]     decided_slot;

  always_ff @(posedge clk_i) begin
    if (slot_valid_i) begin
      slot_keys_q[slot_i]  <= slot_keys_i;
      slot_kept_q[slot_i]  <= slot_kept_i;
      slot_key_q[slot_i]   <= slot_key_i;
      slot_scale_q[slot_i] <= slot_scale_i;
      slot_upper_q[slot_i] <= slot_upper_i;
      slot_fresh_q[slot_i] <= slot_fresh_i;
      slot_again_q[slot_i] <= lower_bits_i == 4'd0;
    end
    if (again_valid && again_ready) slot_again_q[decided_slot] <= 1'b1;
    if (seed_valid_i) begin
      slot_seed_q[seed_slot_i] <= seed_i;
      slot_word_q[seed_slot_i] <= seed_word_i;
    end
  end
  assign key_whole_o = slot_again_q[key_slot_o];

  // Queries, those to be computed again first -----------------------------------------------------
  logic                        again_row_valid, new_row_valid;
  logic [1:0]                  rows_ready;
  logic [SlotBits-1:0]         again_row, new_row;
  logic [$clog2(SLOTS+1)-1:0]  unused_again, unused_new;

  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_again (
    .clk_i, .rst_ni, .in_valid_i(again_valid), .in_ready_o(again_ready), .in_data_i(decided_slot),
    .out_valid_o(again_row_valid), .out_ready_i(rows_ready[0]), .out_data_o(again_row),
    .count_o(unused_again)
  );
  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_rows (
    .clk_i, .rst_ni, .in_valid_i(row_valid_i), .in_ready_o(row_ready_o), .in_data_i(row_slot_i),
    .out_valid_o(new_row_valid), .out_ready_i(rows_ready[1]), .out_data_o(new_row),
    .count_o(unused_new)
  );

  // Q K -------------------------------------------------------------------------------------------
  logic                      key_beat, key_ready, key_begins, key_some, key_last;
  logic                      unused_key_sent;
  logic [SlotBits-1:0]       key_slot, key_read_slot;
  logic [CountBits-1:0]      key_number;
  logic [KeyBits-1:0]        unused_key_row;
  logic [PartBits-1:0]       key_part;
  logic [WordBits-1:0]       query_word, key_operand;
  logic                      score_valid, score_ready, score_some, score_last;
  logic [31:0]               score;

  weft_row_store #(
    .QUEUES(2), .TAG_BITS(SlotBits), .ROWS(KEYS), .PARTS(PARTS), .ADDRESS_BITS(KeyAddress)
  ) u_key_store (
    .clk_i,
    .rst_ni,
    .parts_i       (key_parts_i),
    .row_valid_i   ({new_row_valid, again_row_valid}),
    .row_ready_o   (rows_ready),
    .row_tag_i     ({new_row, again_row}),
    .hand_tag_o    (key_slot_o),
    .hand_rows_i   (slot_keys_q[key_slot_o]),
    .hand_base_i   (slot_key_q[key_slot_o]),
    .hand_there_i  (keys_there_i),
    .beat_row_i    (key_number[KeyBits-1:0]),
    .beat_along_i  (key_number[KeyBits-1:0]),
    .beat_number_o (key_number),
    .beat_sent_o   (unused_key_sent),
    .read_address_o(key_address_o),
    .read_tag_o    (key_read_slot),
    .read_along_o  (unused_key_row),
    .read_part_o   (key_part),
    .out_valid_o   (key_beat),
    .out_ready_i   (key_ready),
    .out_tag_o     (key_slot),
    .out_begins_o  (key_begins),
    .out_some_o    (key_some),
    .out_last_o    (key_last)
  );
  weft_ram #(.WORD_BITS(WordBits), .WORDS(SLOTS * PARTS)) u_queries (
    .clk_i, .write_valid_i(query_valid_i), .write_address_i(query_address_i), .write_lanes_i(1'b1),
    .write_data_i(query_data_i), .read_valid_i(1'b1),
    .read_address_i(QueryAddress'(key_read_slot) * QueryAddress'(PARTS) + QueryAddress'(key_part)),
    .read_data_o(query_word)
  );
  // The upper plane of a key is the key rounded down.
  for (genvar place = 0; place < MULTIPLIERS; place++) begin : gen_key
    logic signed [BITS-1:0] whole, upper;
    assign whole = key_word_i[place*BITS +: BITS];
    assign upper = whole >>> lower_bits_i;
    assign key_operand[place*BITS +: BITS] = slot_again_q[key_slot] ? whole : upper;
  end

  weft_dot_array #(
    .MULTIPLIERS(MULTIPLIERS), .QUERY_BITS(BITS), .KEY_BITS(BITS), .MIN_WIDTH(MULTIPLIERS),
    .PARTS(PARTS)
  ) u_qk (
    .clk_i, .rst_ni, .level_i(Level), .parts_i(key_parts_i), .in_valid_i(key_beat),
    .in_ready_o(key_ready), .in_query_i(query_word), .in_keys_i(key_operand),
    .in_count_i(key_some), .in_last_i(key_last), .out_valid_o(score_valid),
    .out_ready_i(score_ready), .out_scores_o(score), .out_count_o(score_some),
    .out_last_o(score_last)
  );

  // Which slots' scores, and then probabilities, are on their way.
  logic                       softmax_valid, softmax_ready, softmax_some, softmax_last;
  logic                       softmax_ends, made_ends;
  logic [31:0]                softmax_score;
  logic [SlotBits-1:0]        softmax_slot, made_slot;
  logic [1:0]                 unused_scores;
  logic [3:0]                 unused_slot_ports;
  logic [$clog2(SLOTS+1)-1:0] unused_slots_1, unused_slots_2;

  weft_fifo #(.WIDTH(34), .DEPTH(2)) u_score_link (
    .clk_i, .rst_ni, .in_valid_i(score_valid), .in_ready_o(score_ready),
    .in_data_i({score_some, score_last, score}), .out_valid_o(softmax_valid),
    .out_ready_i(softmax_ready), .out_data_o({softmax_some, softmax_last, softmax_score}),
    .count_o(unused_scores)
  );
  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_score_slots (
    .clk_i, .rst_ni, .in_valid_i(key_beat && key_ready && key_begins),
    .in_ready_o(unused_slot_ports[0]), .in_data_i(key_slot), .out_valid_o(unused_slot_ports[1]),
    .out_ready_i(softmax_ends), .out_data_o(softmax_slot), .count_o(unused_slots_1)
  );
  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_made_slots (
    .clk_i, .rst_ni, .in_valid_i(softmax_ends), .in_ready_o(unused_slot_ports[2]),
    .in_data_i(softmax_slot), .out_valid_o(unused_slot_ports[3]), .out_ready_i(made_ends),
    .out_data_o(made_slot), .count_o(unused_slots_2)
  );
  assign softmax_ends = softmax_valid && softmax_ready && softmax_last;

  // Softmax ---------------------------------------------------------------------------------------
  localparam int unsigned MadeBits = Lanes * BITS + LaneCount + 1 + 32;
  logic                  made_valid, made_ready, making_valid, making_ready, made_last;
  logic [MadeBits-1:0]   making;
  logic [Lanes*BITS-1:0] made_values;
  logic [LaneCount-1:0]  made_count;
  logic [31:0]           made_largest;
  logic [1:0]            unused_made;

  weft_softmax_pipeline #(
    .LANES(Lanes), .PROBABILITY_BITS(BITS), .WORDS(WordsOf), .ROWS(ROWS)
  ) u_softmax (
    .clk_i, .rst_ni, .in_valid_i(softmax_valid), .in_ready_o(softmax_ready),
    .in_scores_i({224'b0, softmax_score}), .in_count_i(LaneCount'(softmax_some)),
    .in_last_i(softmax_last),
    .in_scale_i(slot_again_q[softmax_slot] ? slot_scale_q[softmax_slot]
        : slot_upper_q[softmax_slot]),
    .out_valid_o(making_valid), .out_ready_i(making_ready),
    .out_probabilities_o(making[MadeBits-1 -: Lanes*BITS]),
    .out_count_o(making[33 +: LaneCount]), .out_last_o(making[32]), .out_largest_o(making[31:0])
  );
  weft_fifo #(.WIDTH(MadeBits), .DEPTH(2)) u_made_link (
    .clk_i, .rst_ni, .in_valid_i(making_valid), .in_ready_o(making_ready), .in_data_i(making),
    .out_valid_o(made_valid), .out_ready_i(made_ready),
    .out_data_o({made_values, made_count, made_last, made_largest}), .count_o(unused_made)
  );
  assign made_ends = made_valid && made_ready && made_last;

  // Enough, or again with the lower bits ----------------------------------------------------------
  logic [Lanes*BITS-1:0] decided_values;
  logic [LaneCount-1:0]  decided_count;
  logic                  decided_last, passes_valid, passes_ready, adds_valid, adds_ready;

  weft_confidence #(.LANES(Lanes), .VALUE_BITS(BITS), .TAG_BITS(SlotBits)) u_confidence (
    .clk_i, .rst_ni, .threshold_i, .in_valid_i(made_valid), .in_ready_o(made_ready),
    .in_values_i(made_values), .in_count_i(made_count), .in_last_i(made_last),
    .in_largest_i(made_largest), .in_split_i(!slot_again_q[made_slot]),
    .in_fresh_i(slot_fresh_q[made_slot] && (!slot_again_q[made_slot] || lower_bits_i == 4'd0)),
    .in_tag_i(made_slot), .beat_values_o(decided_values), .beat_count_o(decided_count),
    .beat_last_o(decided_last), .beat_tag_o(decided_slot), .out_valid_o(passes_valid),
    .out_ready_i(passes_ready), .importance_valid_o(adds_valid), .importance_ready_i(adds_ready),
    .decided_valid_o, .decided_ready_i, .lower_valid_o, .lower_ready_i,
    .recompute_valid_o(again_valid), .recompute_ready_i(again_ready)
  );
  assign decided_slot_o = decided_slot;
  assign again_o        = again_valid && again_ready;

  // Importance of tokens --------------------------------------------------------------------------
  localparam int unsigned BeatBits = Lanes * BITS + LaneCount + 1 + SlotBits;
  logic                  add_valid, add_ready, add_last;
  logic [Lanes*BITS-1:0] add_values;
  logic [LaneCount-1:0]  add_count;
  logic [SlotBits-1:0]   unused_add_slot;
  logic                  anew_q;  // whichever query of the layer is the first
  logic [1:0]            unused_adds;
  logic [BeatBits-1:0]   decided_beat;

  assign decided_beat = {decided_values, decided_count, decided_last, decided_slot};

  weft_fifo #(.WIDTH(BeatBits), .DEPTH(2)) u_importance_link (
    .clk_i, .rst_ni, .in_valid_i(adds_valid), .in_ready_o(adds_ready), .in_data_i(decided_beat),
    .out_valid_o(add_valid), .out_ready_i(add_ready),
    .out_data_o({add_values, add_count, add_last, unused_add_slot}), .count_o(unused_adds)
  );
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) anew_q <= 1'b0;
    else if (slot_valid_i && slot_first_i) anew_q <= 1'b1;
    else if (add_valid && add_ready && add_last) anew_q <= 1'b0;
  end

  weft_token_importance #(.LANES(Lanes), .VALUE_BITS(BITS), .ROWS(WordsOf)) u_importance (
    .clk_i, .rst_ni, .in_valid_i(add_valid), .in_ready_o(add_ready), .in_values_i(add_values),
    .in_count_i(add_count), .in_last_i(add_last), .in_fresh_i(anew_q),
    .done_valid_o(added_valid_o), .done_ready_i(added_ready_i), .read_valid_i(sums_valid_i),
    .read_row_i(sums_row_i), .read_data_o(sums_data_o)
  );

  // The k largest, and prob V ---------------------------------------------------------------------
  logic [SlotBits-1:0]  top_slot, prune_slot;
  logic [CountBits-1:0] prune_rows, value_rows;
  logic                 prune_whole, value_whole;

  assign prune_whole = slot_kept_q[prune_slot] >= slot_keys_q[prune_slot];
  assign prune_rows  = prune_whole ? slot_keys_q[prune_slot] : slot_kept_q[prune_slot];
  assign value_whole = slot_kept_q[value_slot_o] >= slot_keys_q[value_slot_o];
  assign value_rows  = value_whole ? slot_keys_q[value_slot_o] : slot_kept_q[value_slot_o];

  weft_spatten_values #(
    .MULTIPLIERS(MULTIPLIERS), .PARTS(PARTS), .KEYS(KEYS), .SLOTS(SLOTS),
    .VALUE_WORDS(VALUE_WORDS), .BITS(BITS), .LOOK(LOOK)
  ) u_values (
    .clk_i,
    .rst_ni,
    .value_parts_i,
    .value_bytes_i,
    .own_i           (own_values_i),
    .value_address_o,
    .value_word_i,
    .in_valid_i      (passes_valid),
    .in_ready_o      (passes_ready),
    .in_beat_i       (decided_beat),
    .top_slot_o      (top_slot),
    .top_kept_i      (slot_kept_q[top_slot]),
    .top_seed_i      (slot_seed_q[top_slot]),
    .top_word_i      (slot_word_q[top_slot]),
    .prune_slot_o    (prune_slot),
    .prune_rows_i    (prune_rows),
    .value_slot_o,
    .value_rows_i    (value_rows),
    .value_whole_i   (value_whole),
    .value_base_i,
    .order_valid_o,
    .order_ready_i,
    .order_count_o,
    .order_slot_o,
    .order_whole_i   (slot_kept_q[order_slot_o] >= slot_keys_q[order_slot_o]),
    .own_positions_o,
    .own_numbers_o,
    .own_left_o,
    .own_taken_i,
    .released_valid_i,
    .released_slot_i,
    .finished_valid_o,
    .finished_slot_o,
    .values_there_i,
    .out_valid_o,
    .out_ready_i,
    .out_slot_o,
    .out_sums_o
  );

  logic unused_all;
  assign unused_all = ^{unused_key_sent, unused_key_row, unused_scores, unused_made, unused_adds,
      unused_add_slot, unused_slots_1, unused_slots_2, unused_again, unused_new, unused_slot_ports,
      key_number[CountBits-1]};

`ifndef SYNTHESIS
  initial begin
    if (KEYS % Places != 0 || (KEYS & (KEYS - 1)) != 0) begin
      $fatal(1, "weft_spatten_pipeline: KEYS is a power of two, 16 or more");
    end
    if ((SLOTS & (SLOTS - 1)) != 0) $fatal(1, "weft_spatten_pipeline: SLOTS is a power of two");
    if (KeptWords == 0) $fatal(1, "weft_spatten_pipeline: fewer KEYS than the top-k engine takes");
  end

  a_slots : assert property (@(posedge clk_i) disable iff (!rst_ni)
      softmax_ends |-> unused_slot_ports[1])
    else $error("weft_spatten_pipeline: scores of no slot");
  a_row_keys : assert property (@(posedge clk_i) disable iff (!rst_ni)
      slot_valid_i |-> 32'(slot_keys_i) <= KEYS);
`endif

endmodule
