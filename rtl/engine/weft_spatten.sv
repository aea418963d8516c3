// The SpAtten engine: keys and values of the alive come by a gather fetcher, queries go through the
// pipeline of Q K, softmax, progressive quantisation, top-k and prob V, importances of tokens and
// heads are added up, and behind a layer those who are to go are selected. A start is a layer;
// between layers the host reads who is alive. docs/units/engine/spatten_rtl.md.
module weft_spatten #(
  parameter  int unsigned MULTIPLIERS = 16,   // of either array
  parameter  int unsigned PARTS       = 4,    // a head is up to MULTIPLIERS * PARTS wide
  parameter  int unsigned KEYS        = 128,  // most tokens
  parameter  int unsigned HEADS       = 16,
  parameter  int unsigned SLOTS       = 16,   // queries at once
  parameter  int unsigned BITS        = 12,
  parameter  int unsigned CHANNELS    = 1,    // of memory, an AXI4 master each
  parameter  int unsigned ADDRESSES   = 1,    // accesses that are asked for in a cycle
  localparam int unsigned StoreBytes  = 2 * KEYS * MULTIPLIERS * PARTS * BITS / 8,
  localparam int unsigned Words       = 4 * KEYS * PARTS,  // of either store
  localparam int unsigned KeyBits     = $clog2(KEYS),
  localparam int unsigned CountBits   = $clog2(KEYS + 1),
  localparam int unsigned HeadBits    = $clog2(HEADS),
  localparam int unsigned SlotBits    = $clog2(SLOTS),
  localparam int unsigned PartBits    = (PARTS <= 1) ? 1 : $clog2(PARTS),
  localparam int unsigned Address     = $clog2(Words),
  localparam int unsigned WordBits    = MULTIPLIERS * BITS,
  localparam int unsigned EachBits    = $clog2(PARTS * WordBits / 8 + 1),
  localparam int unsigned Steps       = 2 * ADDRESSES,
  localparam int unsigned Look        = (CHANNELS == 1) ? Steps : Steps + 1,
  localparam int unsigned TakenBits   = $clog2(Steps + 1)
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      axil_awvalid_i,
  output logic                      axil_awready_o,
  input  logic [11:0]               axil_awaddr_i,
  input  logic                      axil_wvalid_i,
  output logic                      axil_wready_o,
  input  logic [31:0]               axil_wdata_i,
  input  logic [3:0]                axil_wstrb_i,
  output logic                      axil_bvalid_o,
  input  logic                      axil_bready_i,
  output logic [1:0]                axil_bresp_o,
  input  logic                      axil_arvalid_i,
  output logic                      axil_arready_o,
  input  logic [11:0]               axil_araddr_i,
  output logic                      axil_rvalid_o,
  input  logic                      axil_rready_i,
  output logic [31:0]               axil_rdata_o,
  output logic [1:0]                axil_rresp_o,
  output logic                      done_o,  // the layer that was started

  // Keys and values, a master a channel: reads alone
  output logic [CHANNELS-1:0]       axi_arvalid_o,
  input  logic [CHANNELS-1:0]       axi_arready_i,
  output logic [CHANNELS*48-1:0]    axi_araddr_o,
  output logic [CHANNELS*8-1:0]     axi_arlen_o,
  output logic [CHANNELS*3-1:0]     axi_arsize_o,
  output logic [CHANNELS*2-1:0]     axi_arburst_o,
  input  logic [CHANNELS-1:0]       axi_rvalid_i,
  output logic [CHANNELS-1:0]       axi_rready_o,
  input  logic [CHANNELS*256-1:0]   axi_rdata_i,
  input  logic [CHANNELS*2-1:0]     axi_rresp_i,
  input  logic [CHANNELS-1:0]       axi_rlast_i,
  output logic [CHANNELS-1:0]       axi_awvalid_o,
  input  logic [CHANNELS-1:0]       axi_awready_i,
  output logic [CHANNELS*48-1:0]    axi_awaddr_o,
  output logic [CHANNELS*8-1:0]     axi_awlen_o,
  output logic [CHANNELS*3-1:0]     axi_awsize_o,
  output logic [CHANNELS*2-1:0]     axi_awburst_o,
  output logic [CHANNELS-1:0]       axi_wvalid_o,
  input  logic [CHANNELS-1:0]       axi_wready_i,
  output logic [CHANNELS*256-1:0]   axi_wdata_o,
  output logic [CHANNELS*32-1:0]    axi_wstrb_o,
  output logic [CHANNELS-1:0]       axi_wlast_o,
  input  logic [CHANNELS-1:0]       axi_bvalid_i,
  output logic [CHANNELS-1:0]       axi_bready_o,
  input  logic [CHANNELS*2-1:0]     axi_bresp_i,

  // Queries, from a memory beside the engine: their words stand in the next cycle
  output logic                      query_valid_o,
  output logic [HeadBits-1:0]       query_head_o,
  output logic [KeyBits-1:0]        query_row_o,
  output logic [PartBits-1:0]       query_part_o,
  input  logic [WordBits-1:0]       query_data_i,

  // Outputs in fp32, which nothing holds up
  output logic                      out_valid_o,
  output logic [HeadBits-1:0]       out_head_o,
  output logic [KeyBits-1:0]        out_query_o,
  output logic [PartBits-1:0]       out_part_o,
  output logic [MULTIPLIERS*32-1:0] out_values_o
);

  localparam int unsigned WidthLog2 = $clog2(MULTIPLIERS);
  localparam int unsigned RowBits   = $clog2(PARTS + 1);

  // Registers, and what goes on -------------------------------------------------------------------
  weft_spatten_pkg::layer_t layer;
  logic [CountBits-1:0] run_tokens, tokens, queries;
  logic [HeadBits:0]    run_heads, heads;
  logic                 begins, starts, busy, running, rows_done, lists_busy, heard, error;
  logic                 fetch_busy, fetching_q, draining_q, layer_ends, finishing_q, layer_done;
  logic [HEADS*32-1:0]  scale_whole, scale_upper, scale_out;
  logic [KeyBits-1:0]   place, place_q;
  logic [63:0]          count_q, cycles_q;
  logic [31:0]          rows_q, again_count_q, accesses_q;
  logic [31:0]          token_importance, head_importance;
  logic [KEYS*KeyBits-1:0]   token_ids;
  logic [KEYS*CountBits-1:0] ranks;
  logic [HEADS*HeadBits-1:0] head_ids;
  logic                 issue, again;

  // Behind the last query rows may be on their way that none needs. The lists, by which they are
  // asked for, are to stay until they have come, which is heard in the cycle behind.
  assign layer_ends = (rows_done || draining_q) && !fetching_q;
  assign busy       = running || draining_q || lists_busy || fetch_busy || finishing_q;
  assign queries    = layer.follows ? tokens : CountBits'(layer.queries);
  assign layer_done = finishing_q && !lists_busy;

  weft_spatten_registers #(.KEYS(KEYS), .HEADS(HEADS)) u_registers (
    .clk_i, .rst_ni, .axil_awvalid_i, .axil_awready_o, .axil_awaddr_i, .axil_wvalid_i,
    .axil_wready_o, .axil_wdata_i, .axil_wstrb_i, .axil_bvalid_o, .axil_bready_i, .axil_bresp_o,
    .axil_arvalid_i, .axil_arready_o, .axil_araddr_i, .axil_rvalid_o, .axil_rready_i,
    .axil_rdata_o, .axil_rresp_o, .layer_o(layer), .tokens_o(run_tokens), .heads_o(run_heads),
    .begin_o(begins), .start_o(starts), .busy_i(busy), .done_i(layer_done), .done_o,
    .error_i(error), .scale_whole_o(scale_whole), .scale_upper_o(scale_upper),
    .scale_out_o(scale_out), .place_o(place),
    .reads_i({accesses_q, again_count_q, rows_q, head_importance,
        32'(head_ids[32'(HeadBits'(place_q))*HeadBits +: HeadBits]), token_importance,
        32'(token_ids[32'(place_q)*KeyBits +: KeyBits]), 32'(place), 32'(heads), 32'(tokens),
        cycles_q})
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fetching_q  <= 1'b0;
      draining_q  <= 1'b0;
      finishing_q <= 1'b0;
    end else begin
      fetching_q  <= fetch_busy;
      draining_q  <= (rows_done || draining_q) && !layer_ends;
      finishing_q <= layer_ends || (finishing_q && !layer_done);
    end
  end
  always_ff @(posedge clk_i) begin
    place_q <= place;
    count_q <= starts ? '0 : count_q + 64'd1;
    if (layer_ends || (finishing_q && heard)) cycles_q <= count_q;
    if (begins) begin
      rows_q        <= '0;
      again_count_q <= '0;
      accesses_q    <= '0;
    end else begin
      rows_q        <= rows_q + 32'(issue);
      again_count_q <= again_count_q + 32'(again);
      accesses_q    <= accesses_q + 32'($countones(axi_arvalid_o & axi_arready_i));
    end
  end

  // Who is alive ----------------------------------------------------------------------------------
  logic                sums_valid, settle_valid, settle_fresh;
  logic [KeyBits-4:0]  sums_row;
  logic [8*32-1:0]     sums_data;
  logic [HeadBits-1:0] settle_head;
  logic [31:0]         settle_value;

  weft_spatten_lists #(.KEYS(KEYS), .HEADS(HEADS)) u_lists (
    .clk_i, .rst_ni, .begin_i(begins), .finish_i(layer_ends), .busy_o(lists_busy),
    .heard_o(heard), .tokens_i(run_tokens), .heads_i(run_heads), .layer_i(layer),
    .token_count_o(tokens), .head_count_o(heads), .tokens_o(token_ids), .ranks_o(ranks),
    .heads_o(head_ids), .sums_valid_o(sums_valid), .sums_row_o(sums_row), .sums_data_i(sums_data),
    .settle_valid_o(settle_valid), .settle_head_o(settle_head), .settle_fresh_o(settle_fresh),
    .settle_value_i(settle_value), .place_i(place), .token_importance_o(token_importance),
    .head_importance_o(head_importance)
  );

  // The schedule ----------------------------------------------------------------------------------
  logic                      key_order, key_order_ready, value_order, value_order_ready;
  logic [CountBits-1:0]      key_order_count;
  logic [HeadBits-1:0]       order_head, issue_head;
  logic [SlotBits-1:0]       issue_slot, decided_slot, released_slot, finished_slot;
  logic [KeyBits-1:0]        issue_place;
  logic [SLOTS*HeadBits-1:0] slot_heads;
  logic                      decided, added, released, finished;
  logic [EachBits-1:0]       key_bytes, value_bytes;  // of a row on chip

  logic [RowBits-1:0]        key_words, value_words, row_words;  // of a row on chip

  assign key_words   = RowBits'(layer.width_qk >> WidthLog2);
  assign value_words = RowBits'(layer.width_v >> WidthLog2);
  assign row_words   = (!layer.streams && value_words > key_words) ? value_words : key_words;
  assign key_bytes   = EachBits'(key_words) * EachBits'(WordBits / 8);
  assign value_bytes = EachBits'(value_words) * EachBits'(WordBits / 8);

  weft_spatten_control #(
    .KEYS(KEYS), .HEADS(HEADS), .SLOTS(SLOTS), .STORE_BYTES(StoreBytes), .CHUNK_ROWS(64),
    .WORDS(Words), .PARTS(PARTS), .ROW_BYTES(PARTS * WordBits / 8)
  ) u_control (
    .clk_i, .rst_ni, .start_i(starts), .running_o(running), .done_o(rows_done),
    .streams_i(layer.streams), .key_bytes_i(key_bytes), .value_bytes_i(value_bytes),
    .parts_i(row_words), .tokens_i(tokens), .heads_i(heads), .queries_i(queries),
    .key_order_valid_o(key_order),
    .key_order_ready_i(key_order_ready), .key_order_count_o(key_order_count),
    .value_order_valid_o(value_order), .value_order_ready_i(value_order_ready),
    .order_head_o(order_head), .issue_valid_o(issue), .issue_slot_o(issue_slot),
    .issue_head_o(issue_head), .issue_query_o(issue_place), .slot_heads_o(slot_heads),
    .decided_valid_i(decided), .decided_slot_i(decided_slot), .added_valid_i(added),
    .finished_valid_i(finished), .finished_slot_i(finished_slot)
  );

  // A query: whom it is of, what it sees and keeps ------------------------------------------------
  logic [KeyBits-1:0]     issue_query;
  logic [HeadBits-1:0]    issue_id;
  logic [CountBits:0]     last_seen;  // token
  logic [CountBits-1:0]   seen, pruned, kept;
  logic [CountBits+16:0]  share;
  logic [Address-1:0]     key_base;
  logic                   first_q;    // no query of the layer has been issued
  logic [HeadBits-1:0]    slot_ids_q     [SLOTS];
  logic [KeyBits-1:0]     slot_queries_q [SLOTS];

  assign issue_id    = head_ids[32'(issue_head)*HeadBits +: HeadBits];
  assign issue_query = layer.follows ? token_ids[32'(issue_place)*KeyBits +: KeyBits] : issue_place;
  assign last_seen   = (CountBits + 1)'(issue_query) + (CountBits + 1)'(layer.causal_offset);
  assign seen        = (layer.causal && 32'(last_seen) < KEYS)
      ? ranks[32'(KeyBits'(last_seen))*CountBits +: CountBits] : tokens;
  assign share       = (CountBits + 17)'(seen) * (CountBits + 17)'(layer.pruned_share);
  assign pruned      = share[16 +: CountBits];
  assign kept        = (pruned >= seen && seen != '0) ? CountBits'(1) : seen - pruned;

  always_ff @(posedge clk_i) begin
    first_q <= starts || (first_q && !issue);
    if (issue) begin
      slot_ids_q[issue_slot]     <= issue_id;
      slot_queries_q[issue_slot] <= issue_query;
    end
  end

  logic                seed_valid;
  logic [SlotBits-1:0] seed_slot;
  logic [63:0]         seed;
  logic [31:0]         seed_word;
  weft_row_seed #(.TAG_BITS(SlotBits)) u_seeds (
    .clk_i, .rst_ni, .begin_i(begins), .seed_i(layer.seed), .in_valid_i(issue),
    .in_tag_i(issue_slot), .out_valid_o(seed_valid), .out_tag_o(seed_slot), .out_seed_o(seed),
    .out_word_o(seed_word)
  );

  logic                         row_valid, row_ready, word_valid;
  logic [SlotBits-1:0]          row_slot;
  logic [$clog2(SLOTS*PARTS)-1:0] word_address;
  logic [WordBits-1:0]          word_data;
  logic [HeadBits-1:0]          read_head;
  logic [KeyBits-1:0]           read_place;
  logic [PartBits-1:0]          key_parts, value_parts;  // of a row, less one

  assign key_parts   = PartBits'(key_words - RowBits'(1));
  assign value_parts = PartBits'(value_words - RowBits'(1));
  weft_spatten_queries #(
    .KEYS(KEYS), .HEADS(HEADS), .SLOTS(SLOTS), .PARTS(PARTS), .WORD_BITS(WordBits)
  ) u_queries (
    .clk_i, .rst_ni, .start_i(starts), .heads_i(heads), .queries_i(queries),
    .parts_i(key_parts), .read_valid_o(query_valid_o), .read_head_o(read_head),
    .read_query_o(read_place), .read_part_o(query_part_o), .read_data_i(query_data_i),
    .issue_valid_i(issue), .issue_slot_i(issue_slot), .row_valid_o(row_valid),
    .row_slot_o(row_slot), .word_valid_o(word_valid), .word_address_o(word_address),
    .word_data_o(word_data)
  );
  assign query_head_o = head_ids[32'(read_head)*HeadBits +: HeadBits];
  assign query_row_o  = layer.follows ? token_ids[32'(read_place)*KeyBits +: KeyBits] : read_place;

  // Keys and values on chip -----------------------------------------------------------------------
  logic [SlotBits-1:0]  key_slot, value_slot;
  logic                 key_whole, lower_order, lower_order_ready;
  logic [CountBits-1:0] keys_there, values_there;
  logic [Address-1:0]   key_address, value_address;
  logic [WordBits-1:0]  key_word, value_word;
  logic [Address-1:0]   value_base;
  logic                 own_order, own_ready;
  logic [CountBits-1:0] own_count;
  logic [SlotBits-1:0]  own_slot;
  logic [TakenBits-1:0] own_taken;
  logic [Look*KeyBits-1:0]   own_positions;
  logic [Look*CountBits-1:0] own_numbers, own_left;
  logic [7:0]           arlen;  // of all channels
  logic [2:0]           arsize;
  logic [1:0]           arburst;

  weft_spatten_fetch #(
    .MULTIPLIERS(MULTIPLIERS), .BITS(BITS), .KEYS(KEYS), .HEADS(HEADS), .SLOTS(SLOTS),
    .WORDS(Words), .CHANNELS(CHANNELS), .ADDRESSES(ADDRESSES)
  ) u_fetch (
    .clk_i, .rst_ni, .start_i(starts), .busy_o(fetch_busy), .layer_i(layer), .tokens_i(tokens),
    .token_ids_i(token_ids), .head_ids_i(head_ids), .key_order_valid_i(key_order),
    .key_order_ready_o(key_order_ready), .key_order_count_i(key_order_count),
    .value_order_valid_i(value_order), .value_order_ready_o(value_order_ready),
    .order_head_i(order_head), .lower_order_valid_i(lower_order),
    .lower_order_ready_o(lower_order_ready),
    .lower_head_i(slot_heads[32'(decided_slot)*HeadBits +: HeadBits]),
    .key_head_i(slot_heads[32'(key_slot)*HeadBits +: HeadBits]),
    .key_whole_i(key_whole && layer.lower_bits != 4'd0), .keys_there_o(keys_there),
    .value_head_i(slot_heads[32'(value_slot)*HeadBits +: HeadBits]),
    .value_slot_i(value_slot), .values_there_o(values_there), .value_base_o(value_base),
    .base_head_i(issue_head), .key_base_o(key_base), .own_order_valid_i(own_order),
    .own_order_ready_o(own_ready), .own_order_count_i(own_count), .own_order_slot_i(own_slot),
    .own_head_i(slot_heads[32'(own_slot)*HeadBits +: HeadBits]), .own_positions_i(own_positions),
    .own_numbers_i(own_numbers), .own_left_i(own_left), .own_taken_o(own_taken),
    .key_address_i(key_address), .key_word_o(key_word),
    .value_address_i(value_address), .value_word_o(value_word), .error_o(error), .axi_arvalid_o,
    .axi_arready_i, .axi_araddr_o, .axi_arlen_o(arlen), .axi_arsize_o(arsize),
    .axi_arburst_o(arburst), .axi_rvalid_i, .axi_rready_o, .axi_rdata_i, .axi_rresp_i
  );
  assign axi_arlen_o   = {CHANNELS{arlen}};
  assign axi_arsize_o  = {CHANNELS{arsize}};
  assign axi_arburst_o = {CHANNELS{arburst}};

  // From queries to sums --------------------------------------------------------------------------
  logic                                 sums, sums_ready;
  logic [SlotBits-1:0]                  sums_slot;
  logic [PARTS*MULTIPLIERS*32-1:0]      out_sums;

  weft_spatten_pipeline #(
    .MULTIPLIERS(MULTIPLIERS), .PARTS(PARTS), .KEYS(KEYS), .SLOTS(SLOTS), .KEY_WORDS(Words),
    .VALUE_WORDS(Words), .BITS(BITS), .ROWS(16), .LOOK(Look)
  ) u_pipeline (
    .clk_i, .rst_ni, .key_parts_i(key_parts), .value_parts_i(value_parts),
    .lower_bits_i(layer.lower_bits), .threshold_i(layer.threshold),
    .value_bytes_i(value_bytes), .own_values_i(layer.streams), .key_address_o(key_address),
    .key_word_i(key_word), .value_address_o(value_address), .value_word_i(value_word),
    .query_valid_i(word_valid), .query_address_i(word_address), .query_data_i(word_data),
    .slot_valid_i(issue), .slot_i(issue_slot), .slot_keys_i(seen), .slot_kept_i(kept),
    .slot_key_i(key_base),
    .slot_scale_i(scale_whole[32'(issue_id)*32 +: 32]),
    .slot_upper_i(scale_upper[32'(issue_id)*32 +: 32]), .slot_fresh_i(issue_place == '0),
    .slot_first_i(first_q), .seed_valid_i(seed_valid), .seed_slot_i(seed_slot), .seed_i(seed),
    .seed_word_i(seed_word), .row_valid_i(row_valid), .row_ready_o(row_ready),
    .row_slot_i(row_slot), .key_slot_o(key_slot), .key_whole_o(key_whole),
    .keys_there_i(keys_there), .value_slot_o(value_slot), .values_there_i(values_there),
    .value_base_i(value_base), .order_valid_o(own_order), .order_ready_i(own_ready),
    .order_count_o(own_count), .order_slot_o(own_slot), .own_positions_o(own_positions),
    .own_numbers_o(own_numbers), .own_left_o(own_left), .own_taken_i(own_taken),
    .released_valid_i(released), .released_slot_i(released_slot), .finished_valid_o(finished),
    .finished_slot_o(finished_slot),
    .lower_valid_o(lower_order), .lower_ready_i(lower_order_ready), .decided_valid_o(decided),
    .decided_ready_i(1'b1), .decided_slot_o(decided_slot), .again_o(again),
    .added_valid_o(added), .added_ready_i(1'b1), .sums_valid_i(sums_valid),
    .sums_row_i(sums_row), .sums_data_o(sums_data), .out_valid_o(sums), .out_ready_i(sums_ready),
    .out_slot_o(sums_slot), .out_sums_o(out_sums)
  );

  // Outputs, and what heads are worth -------------------------------------------------------------
  logic [HEADS-1:0]    fresh_q;    // of each head: none of its queries has come out
  logic [HeadBits-1:0] sums_head;
  logic [SlotBits-1:0] out_slot;
  logic                unused_last;

  assign sums_head = slot_ids_q[sums_slot];
  always_ff @(posedge clk_i) begin
    if (starts) fresh_q <= '1;
    else if (sums && sums_ready) fresh_q[sums_head] <= 1'b0;
  end

  weft_spatten_outputs #(
    .MULTIPLIERS(MULTIPLIERS), .PARTS(PARTS), .HEADS(HEADS), .TAG_BITS(SlotBits)
  ) u_outputs (
    .clk_i, .rst_ni, .parts_i(value_parts), .in_valid_i(sums), .in_ready_o(sums_ready),
    .in_sums_i(out_sums), .in_scale_i(scale_out[32'(sums_head)*32 +: 32]), .in_head_i(sums_head),
    .in_fresh_i(fresh_q[sums_head]), .in_tag_i(sums_slot), .out_valid_o, .out_values_o,
    .out_part_o, .out_last_o(unused_last), .out_tag_o(out_slot), .done_valid_o(released),
    .done_tag_o(released_slot), .settle_valid_i(settle_valid), .settle_head_i(settle_head),
    .settle_fresh_i(settle_fresh), .settle_value_o(settle_value)
  );
  assign out_head_o  = slot_ids_q[out_slot];
  assign out_query_o = slot_queries_q[out_slot];

  // Nothing is written ----------------------------------------------------------------------------
  assign axi_awvalid_o = '0;
  assign axi_awaddr_o  = '0;
  assign axi_awlen_o   = '0;
  assign axi_awsize_o  = '0;
  assign axi_awburst_o = '0;
  assign axi_wvalid_o  = '0;
  assign axi_wdata_o   = '0;
  assign axi_wstrb_o   = '0;
  assign axi_wlast_o   = '0;
  assign axi_bready_o  = '1;

  logic unused_all;
  assign unused_all = ^{axi_rlast_i, axi_awready_i, axi_wready_i, axi_bvalid_i, axi_bresp_i,
      unused_last, share};

`ifndef SYNTHESIS
  a_row_room : assert property (@(posedge clk_i) disable iff (!rst_ni) row_valid |-> row_ready)
    else $error("weft_spatten: more queries than the pipeline has slots");
`else
  logic unused_room;
  assign unused_room = row_ready;
`endif

endmodule
