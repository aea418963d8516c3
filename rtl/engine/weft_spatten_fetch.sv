// Brings keys and values of the alive on chip: orders of rows of a head become accesses of CHANNELS
// of memory, and what comes back goes into the stores of keys and of values, of which the pipeline
// reads. A key's upper and lower bits come in planes of their own and stand side by side on chip.
//
// An access may hold the beginning of the next row (weft_spatten_places). Behind several channels
// one must know whether that is the neighbour in memory: so the token of one row more than can be
// taken in a cycle is looked at.
//
// Heads lie one behind another in either store, by their places among the alive. What is told to be
// there was written in a cycle before.
module weft_spatten_fetch #(
  parameter  int unsigned MULTIPLIERS = 16,
  parameter  int unsigned BITS        = 12,
  parameter  int unsigned KEYS        = 128,
  parameter  int unsigned HEADS       = 16,
  parameter  int unsigned SLOTS       = 16,    // queries at once
  parameter  int unsigned WORDS       = 2048,  // of either store
  parameter  int unsigned CHANNELS    = 1,     // of memory
  parameter  int unsigned ADDRESSES   = 1,     // of a cycle
  parameter  int unsigned QUEUE       = 16,    // accesses of a channel at once
  localparam int unsigned KeyBits     = $clog2(KEYS),
  localparam int unsigned CountBits   = $clog2(KEYS + 1),
  localparam int unsigned HeadBits    = $clog2(HEADS),
  localparam int unsigned SlotBits    = $clog2(SLOTS),
  localparam int unsigned Address     = $clog2(WORDS),
  localparam int unsigned WordBits    = MULTIPLIERS * BITS,
  localparam int unsigned AccessBytes = 32,
  localparam int unsigned AccessBits  = AccessBytes * 8,
  localparam int unsigned Steps       = 2 * ADDRESSES,  // most rows of a cycle
  localparam int unsigned TakenBits   = $clog2(Steps + 1),
  localparam int unsigned Look        = (CHANNELS == 1) ? Steps : Steps + 1
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      start_i,
  output logic                      busy_o,       // rows that were ordered have not come
  input  weft_spatten_pkg::layer_t  layer_i,      // constant from start_i to the last row, as are
  input  logic [CountBits-1:0]      tokens_i,     // how many are alive,
  input  logic [KEYS*KeyBits-1:0]   token_ids_i,  // and who
  input  logic [HEADS*HeadBits-1:0] head_ids_i,

  // Orders of rows of a head, by its place: so many keys more; all lower bits; all values
  input  logic                      key_order_valid_i,
  output logic                      key_order_ready_o,
  input  logic [CountBits-1:0]      key_order_count_i,
  input  logic                      value_order_valid_i,
  output logic                      value_order_ready_o,
  input  logic [HeadBits-1:0]       order_head_i,   // of keys and of values
  input  logic                      lower_order_valid_i,
  output logic                      lower_order_ready_o,
  input  logic [HeadBits-1:0]       lower_head_i,

  // And of values of one query, in the order of the positions that stand here for the next rows
  input  logic                      own_order_valid_i,
  output logic                      own_order_ready_o,
  input  logic [CountBits-1:0]      own_order_count_i,
  input  logic [SlotBits-1:0]       own_order_slot_i,
  input  logic [HeadBits-1:0]       own_head_i,
  input  logic [Look*KeyBits-1:0]   own_positions_i,
  input  logic [Look*CountBits-1:0] own_numbers_i,
  input  logic [Look*CountBits-1:0] own_left_i,
  output logic [TakenBits-1:0]      own_taken_o,

  // Within the cycle: how many rows of a head are there, and where its first stands
  input  logic [HeadBits-1:0]       key_head_i,
  input  logic                      key_whole_i,    // with the lower bits
  output logic [CountBits-1:0]      keys_there_o,
  input  logic [HeadBits-1:0]       value_head_i,
  input  logic [SlotBits-1:0]       value_slot_i,
  output logic [CountBits-1:0]      values_there_o,
  output logic [Address-1:0]        value_base_o,
  input  logic [HeadBits-1:0]       base_head_i,
  output logic [Address-1:0]        key_base_o,

  // The stores, a cycle later
  input  logic [Address-1:0]        key_address_i,
  output logic [WordBits-1:0]       key_word_o,
  input  logic [Address-1:0]        value_address_i,
  output logic [WordBits-1:0]       value_word_o,

  output logic                      error_o,
  output logic [CHANNELS-1:0]       axi_arvalid_o,
  input  logic [CHANNELS-1:0]       axi_arready_i,
  output logic [CHANNELS*48-1:0]    axi_araddr_o,
  output logic [7:0]                axi_arlen_o,   // of all channels
  output logic [2:0]                axi_arsize_o,
  output logic [1:0]                axi_arburst_o,
  input  logic [CHANNELS-1:0]       axi_rvalid_i,
  output logic [CHANNELS-1:0]       axi_rready_o,
  input  logic [CHANNELS*AccessBits-1:0] axi_rdata_i,
  input  logic [CHANNELS*2-1:0]     axi_rresp_i
);

  localparam int unsigned Streams     = 4;  // the first goes first
  localparam int unsigned LowerStream = 0;
  localparam int unsigned OwnStream   = 1;  // values of one query
  localparam int unsigned KeyStream   = 2;
  localparam int unsigned ValueStream = 3;

  // Under way, or done before an older one, which another channel may owe
  localparam int unsigned Accesses   = ((CHANNELS == 1) ? 2 : 8) * QUEUE;
  localparam int unsigned NumberBits = $clog2(Accesses);
  localparam int unsigned WhoBits    = (HeadBits > SlotBits) ? HeadBits : SlotBits;
  localparam int unsigned Whoever    = 1 << WhoBits;  // heads, or queries of values of their own
  localparam int unsigned TagBits    = WhoBits + 1;
  localparam int unsigned OffsetBits = 17;
  localparam int unsigned RoomBits   = CountBits + 4;
  localparam int unsigned OrderBits  = 48 + CountBits + TagBits;
  localparam int unsigned CountLog   = $clog2(ADDRESSES + 1);
  localparam int unsigned WidthLog2  = $clog2(MULTIPLIERS);
  localparam int unsigned StreamBits = $clog2(Streams);

  // They alternate, so that no fetch is taken for the one before it.
  logic layer_q, own_q, own_ordered;
  assign own_ordered = own_order_valid_i && own_order_ready_o;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      layer_q <= 1'b0;
      own_q   <= 1'b0;
    end else begin
      layer_q <= layer_q ^ start_i;
      own_q   <= own_q ^ own_ordered;
    end
  end

  // Rows: words on chip, bytes and chunks of MULTIPLIERS nibbles in memory ------------------------
  logic [2:0]              key_parts, value_parts;  // words of a row
  logic [Streams*16-1:0]   row_bytes, pitches;
  logic [Streams*4-1:0]    row_chunks;
  logic [Streams*3-1:0]    parts;
  logic [CountBits+2:0]    key_words, value_words;  // of a head

  assign key_parts   = 3'(layer_i.width_qk >> WidthLog2);
  assign value_parts = 3'(layer_i.width_v >> WidthLog2);
  assign key_words   = (CountBits + 3)'(tokens_i) * (CountBits + 3)'(key_parts);
  assign value_words = (CountBits + 3)'(tokens_i) * (CountBits + 3)'(value_parts);

  // Of so many words, so many nibbles an element
  function automatic logic [15:0] bytes_of(input logic [2:0] words, input logic [1:0] nibbles);
    bytes_of = 16'(words) * 16'(nibbles) * 16'(MULTIPLIERS / 2);
  endfunction
  assign row_bytes = {bytes_of(value_parts, 2'd3), bytes_of(key_parts, layer_i.key_bits[3:2]),
      bytes_of(value_parts, 2'd3), bytes_of(key_parts, layer_i.lower_bits[3:2])};
  assign pitches   = {layer_i.pitch_values, layer_i.pitch_keys, layer_i.pitch_values,
      layer_i.pitch_lower};
  assign parts     = {value_parts, key_parts, value_parts, key_parts};
  for (genvar s = 0; s < Streams; s++) begin : gen_chunks
    assign row_chunks[s*4 +: 4] = row_bytes[s*16+WidthLog2-1 +: 4];
  end

  // Orders, each behind a link of two places ------------------------------------------------------
  logic [Streams-1:0]           orders_in, orders_room, orders, orders_taken;
  logic [Streams*OrderBits-1:0] made, order;
  logic [Streams*48-1:0]        addresses;
  logic [Streams*CountBits-1:0] counts;
  logic [Streams*TagBits-1:0]   tags;
  logic [Streams*2-1:0]         unused_orders;
  logic [Streams-1:0]           arrived;
  logic [Streams*CountBits-1:0] arrived_counts;
  logic [HeadBits-1:0]          order_id, lower_id, own_id;

  assign order_id = head_ids_i[32'(order_head_i)*HeadBits +: HeadBits];
  assign lower_id = head_ids_i[32'(lower_head_i)*HeadBits +: HeadBits];
  assign own_id   = head_ids_i[32'(own_head_i)*HeadBits +: HeadBits];
  assign orders_in = {value_order_valid_i, key_order_valid_i, own_order_valid_i,
      lower_order_valid_i};
  assign {value_order_ready_o, key_order_ready_o, own_order_ready_o, lower_order_ready_o} =
      orders_room;
  assign made[LowerStream*OrderBits +: OrderBits] = {
      layer_i.base_lower + 48'(lower_id) * 48'(layer_i.head_lower), tokens_i, layer_q,
      WhoBits'(lower_head_i)};
  assign made[OwnStream*OrderBits +: OrderBits]   = {
      layer_i.base_values + 48'(own_id) * 48'(layer_i.head_values), own_order_count_i, own_q,
      WhoBits'(own_order_slot_i)};
  assign made[KeyStream*OrderBits +: OrderBits]   = {
      layer_i.base_keys + 48'(order_id) * 48'(layer_i.head_keys), key_order_count_i, layer_q,
      WhoBits'(order_head_i)};
  assign made[ValueStream*OrderBits +: OrderBits] = {
      layer_i.base_values + 48'(order_id) * 48'(layer_i.head_values), tokens_i, layer_q,
      WhoBits'(order_head_i)};

  // Where values of one query begin, behind one another around the store
  logic [SLOTS*Address-1:0] own_bases_q;
  logic [Address-1:0]       own_next_q;
  always_ff @(posedge clk_i) begin
    if (start_i) own_next_q <= '0;
    else if (own_ordered) begin
      own_bases_q[32'(own_order_slot_i)*Address +: Address] <= own_next_q;
      own_next_q <= own_next_q + Address'(own_order_count_i) * Address'(value_parts);
    end
  end

  // Rows that were ordered and have not come ------------------------------------------------------
  localparam int unsigned DueBits = CountBits + HeadBits + 3;
  logic [DueBits-1:0] due_q, due;
  assign busy_o = due_q != '0;
  always_comb begin
    due = due_q;
    for (int unsigned s = 0; s < Streams; s++) begin
      if (orders_in[s] && orders_room[s]) begin
        due = due + DueBits'(made[s*OrderBits + TagBits +: CountBits]);
      end
      if (arrived[s]) due = due - DueBits'(arrived_counts[s*CountBits +: CountBits]);
    end
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) due_q <= '0;
    else due_q <= due;
  end

  // Which rows of the fetch are next, of each stream, and their tokens ----------------------------
  localparam int unsigned Issues = Streams * ADDRESSES;
  logic [Streams*Steps*KeyBits-1:0]    tokens;  // those that may be taken
  logic [Streams*TakenBits-1:0]        taken;
  logic [Streams*CountLog-1:0]         issue_counts;
  logic [Issues-1:0]                   issues;
  logic [Streams*NumberBits-1:0]       issue_numbers;
  logic [Issues*TakenBits-1:0]         aheads;
  logic [Issues*TagBits-1:0]           issue_tags;
  logic [Issues*OffsetBits-1:0]        offsets;
  logic [Issues*8-1:0]                 short_offsets;
  logic [Issues*Address-1:0]           words;  // where the row of an access begins
  logic [Issues*RoomBits-1:0]          rooms;  // chunks from there to the end of what it may write
  logic [Streams*TagBits-1:0]          arrived_tags;

  // From the last row of a head on to the first of the next.
  function automatic logic [CountBits-1:0] around(input logic [CountBits-1:0] at,
                                                  input logic [CountBits-1:0] further,
                                                  input logic [CountBits-1:0] rows);
    logic [CountBits:0] place;
    place = (CountBits + 1)'(at) + (CountBits + 1)'(further);
    for (int unsigned turn = 0; turn < Look; turn++) begin
      if (place >= (CountBits + 1)'(rows)) place = place - (CountBits + 1)'(rows);
    end
    around = CountBits'(place);
  endfunction

  for (genvar s = 0; s < Streams; s++) begin : gen_stream
    logic [Look*CountBits-1:0] fetch_rows, lefts;  // the next rows' numbers; rows from each on
    logic [Look*KeyBits-1:0]   row_tokens;

    weft_fifo #(.WIDTH(OrderBits), .DEPTH(2)) u_orders (
      .clk_i, .rst_ni, .in_valid_i(orders_in[s]), .in_ready_o(orders_room[s]),
      .in_data_i(made[s*OrderBits +: OrderBits]), .out_valid_o(orders[s]),
      .out_ready_i(orders_taken[s]), .out_data_o(order[s*OrderBits +: OrderBits]),
      .count_o(unused_orders[s*2 +: 2])
    );
    assign {addresses[s*48 +: 48], counts[s*CountBits +: CountBits], tags[s*TagBits +: TagBits]} =
        order[s*OrderBits +: OrderBits];

    if (s == OwnStream) begin : gen_own
      for (genvar r = 0; r < Look; r++) begin : gen_token
        assign row_tokens[r*KeyBits +: KeyBits] =
            token_ids_i[32'(own_positions_i[r*KeyBits +: KeyBits])*KeyBits +: KeyBits];
      end
      assign fetch_rows = own_numbers_i;
      assign lefts      = own_left_i;
    end else begin : gen_all
      logic [CountBits-1:0] row_q;
      always_ff @(posedge clk_i) begin
        if (start_i) row_q <= '0;
        else row_q <= around(row_q, CountBits'(taken[s*TakenBits +: TakenBits]), tokens_i);
      end
      for (genvar r = 0; r < Look; r++) begin : gen_token
        logic [CountBits-1:0] row;
        assign row = around(row_q, CountBits'(r), tokens_i);
        assign fetch_rows[r*CountBits +: CountBits] = row;
        assign lefts[r*CountBits +: CountBits]      = tokens_i - row;
        assign row_tokens[r*KeyBits +: KeyBits] =
            token_ids_i[32'(KeyBits'(row))*KeyBits +: KeyBits];
      end
    end
    assign tokens[s*Steps*KeyBits +: Steps*KeyBits] = row_tokens[0 +: Steps*KeyBits];

    logic [ADDRESSES*Address-1:0] bases;
    for (genvar k = 0; k < ADDRESSES; k++) begin : gen_issue
      localparam int unsigned At = s * ADDRESSES + k;
      logic [WhoBits-1:0] who;
      assign who        = issue_tags[At*TagBits +: WhoBits];
      assign issues[At] = k < 32'(issue_counts[s*CountLog +: CountLog]);
      if (s == OwnStream) begin : gen_own_base
        assign bases[k*Address +: Address] = own_bases_q[32'(SlotBits'(who))*Address +: Address];
      end else begin : gen_base
        assign bases[k*Address +: Address] =
            Address'(who) * Address'(s == ValueStream ? value_words : key_words);
      end
      assign short_offsets[At*8 +: 8] = offsets[At*OffsetBits +: 8];
    end
    weft_spatten_places #(
      .ADDRESSES(ADDRESSES), .LOOK(Look), .CHANNELS(CHANNELS), .KEY_BITS(KeyBits),
      .COUNT_BITS(CountBits), .WORD_ADDRESS(Address), .ROOM_BITS(RoomBits), .TAKEN_BITS(TakenBits)
    ) u_places (
      .parts_i(parts[s*3 +: 3]), .chunks_i(row_chunks[s*4 +: 4]),
      .packed_i(pitches[s*16 +: 16] == row_bytes[s*16 +: 16]), .rows_i(fetch_rows), .lefts_i(lefts),
      .tokens_i(row_tokens), .aheads_i(aheads[s*ADDRESSES*TakenBits +: ADDRESSES*TakenBits]),
      .bases_i(bases), .words_o(words[s*ADDRESSES*Address +: ADDRESSES*Address]),
      .rooms_o(rooms[s*ADDRESSES*RoomBits +: ADDRESSES*RoomBits])
    );
  end
  assign own_taken_o = taken[OwnStream*TakenBits +: TakenBits];

  logic [CHANNELS-1:0]            fill_valid;
  logic [CHANNELS*StreamBits-1:0] fill_streams;
  logic [CHANNELS*NumberBits-1:0] fill_numbers;
  logic [CHANNELS*AccessBits-1:0] fill_data;

  weft_gather_fetcher #(
    .STREAMS(Streams), .CHANNELS(CHANNELS), .ADDRESSES(ADDRESSES), .QUEUE(QUEUE),
    .ACCESS_BYTES(AccessBytes), .SKIPS(1), .ACCESSES(Accesses), .ADDRESS_BITS(48),
    .TOKEN_BITS(KeyBits), .BYTES_BITS(16), .COUNT_BITS(CountBits), .TAG_BITS(TagBits)
  ) u_fetcher (
    .clk_i,
    .rst_ni,
    .order_valid_i  (orders),
    .order_ready_o  (orders_taken),
    .order_address_i(addresses),
    .order_pitch_i  (pitches),
    .order_bytes_i  (row_bytes),
    .order_count_i  (counts),
    .order_tag_i    (tags),
    .tokens_i       (tokens),
    .tokens_taken_o (taken),
    .arrived_valid_o(arrived),
    .arrived_ready_i('1),
    .arrived_count_o(arrived_counts),
    .arrived_tag_o  (arrived_tags),
    .issue_count_o  (issue_counts),
    .issue_number_o (issue_numbers),
    .issue_ahead_o  (aheads),
    .issue_tag_o    (issue_tags),
    .issue_offset_o (offsets),
    .fill_valid_o   (fill_valid),
    .fill_stream_o  (fill_streams),
    .fill_number_o  (fill_numbers),
    .fill_data_o    (fill_data),
    .error_o,
    .axi_arvalid_o,
    .axi_arready_i,
    .axi_araddr_o,
    .axi_arlen_o,
    .axi_arsize_o,
    .axi_arburst_o,
    .axi_rvalid_i,
    .axi_rready_o,
    .axi_rdata_i,
    .axi_rresp_i
  );

  // The stores ------------------------------------------------------------------------------------
  logic [CHANNELS*2-1:0] key_fills, value_fills;  // of each channel, which of two streams

  for (genvar c = 0; c < CHANNELS; c++) begin : gen_fill
    logic [31:0] stream;
    assign stream = fill_valid[c] ? 32'(fill_streams[c*StreamBits +: StreamBits]) : 32'(Streams);
    assign key_fills[c*2 +: 2]   = {stream == KeyStream, stream == LowerStream};
    assign value_fills[c*2 +: 2] = {stream == ValueStream, stream == OwnStream};
  end

  weft_row_fill #(
    .SOURCES(2), .MULTIPLIERS(MULTIPLIERS), .BITS(BITS), .WORDS(WORDS), .ACCESS_BYTES(AccessBytes),
    .ACCESSES(Accesses), .OFFSET_BITS(8), .ROOM_BITS(RoomBits), .ISSUES(ADDRESSES),
    .CHANNELS(CHANNELS)
  ) u_keys (
    .clk_i,
    .nibbles_i     ({layer_i.key_bits[3:2], layer_i.lower_bits[3:2]}),
    .shift_i       ({layer_i.lower_bits[3:2], 2'd0}),
    .issue_valid_i ({issues[KeyStream*ADDRESSES +: ADDRESSES],
        issues[LowerStream*ADDRESSES +: ADDRESSES]}),
    .issue_number_i({issue_numbers[KeyStream*NumberBits +: NumberBits],
        issue_numbers[LowerStream*NumberBits +: NumberBits]}),
    .issue_word_i  ({words[KeyStream*ADDRESSES*Address +: ADDRESSES*Address],
        words[LowerStream*ADDRESSES*Address +: ADDRESSES*Address]}),
    .issue_offset_i({short_offsets[KeyStream*ADDRESSES*8 +: ADDRESSES*8],
        short_offsets[LowerStream*ADDRESSES*8 +: ADDRESSES*8]}),
    .issue_room_i  ({rooms[KeyStream*ADDRESSES*RoomBits +: ADDRESSES*RoomBits],
        rooms[LowerStream*ADDRESSES*RoomBits +: ADDRESSES*RoomBits]}),
    .fill_valid_i  (key_fills),
    .fill_number_i (fill_numbers),
    .fill_data_i   (fill_data),
    .read_address_i(key_address_i),
    .read_data_o   (key_word_o)
  );
  weft_row_fill #(
    .SOURCES(2), .MULTIPLIERS(MULTIPLIERS), .BITS(BITS), .WORDS(WORDS), .ACCESS_BYTES(AccessBytes),
    .ACCESSES(Accesses), .OFFSET_BITS(8), .ROOM_BITS(RoomBits), .ISSUES(ADDRESSES),
    .CHANNELS(CHANNELS)
  ) u_values (
    .clk_i,
    .nibbles_i     ({2'd3, 2'd3}),
    .shift_i       ('0),
    .issue_valid_i ({issues[ValueStream*ADDRESSES +: ADDRESSES],
        issues[OwnStream*ADDRESSES +: ADDRESSES]}),
    .issue_number_i({issue_numbers[ValueStream*NumberBits +: NumberBits],
        issue_numbers[OwnStream*NumberBits +: NumberBits]}),
    .issue_word_i  ({words[ValueStream*ADDRESSES*Address +: ADDRESSES*Address],
        words[OwnStream*ADDRESSES*Address +: ADDRESSES*Address]}),
    .issue_offset_i({short_offsets[ValueStream*ADDRESSES*8 +: ADDRESSES*8],
        short_offsets[OwnStream*ADDRESSES*8 +: ADDRESSES*8]}),
    .issue_room_i  ({rooms[ValueStream*ADDRESSES*RoomBits +: ADDRESSES*RoomBits],
        rooms[OwnStream*ADDRESSES*RoomBits +: ADDRESSES*RoomBits]}),
    .fill_valid_i  (value_fills),
    .fill_number_i (fill_numbers),
    .fill_data_i   (fill_data),
    .read_address_i(value_address_i),
    .read_data_o   (value_word_o)
  );

  // Rows that are there, of each head -------------------------------------------------------------
  logic [CountBits-1:0] keys_there, lower_there;

  for (genvar s = 0; s < Streams; s++) begin : gen_there
    logic [CountBits-1:0] rows_q [Whoever];
    logic [WhoBits-1:0]   who;

    assign who = arrived_tags[s*TagBits +: WhoBits];
    always_ff @(posedge clk_i) begin
      if (start_i) begin
        for (int unsigned i = 0; i < Whoever; i++) rows_q[i] <= '0;
      end else begin
        if (arrived[s]) rows_q[who] <= rows_q[who] + arrived_counts[s*CountBits +: CountBits];
        if (s == OwnStream && own_ordered) rows_q[WhoBits'(own_order_slot_i)] <= '0;
      end
    end
  end

  assign keys_there     = gen_there[KeyStream].rows_q[WhoBits'(key_head_i)];
  assign lower_there    = gen_there[LowerStream].rows_q[WhoBits'(key_head_i)];
  assign keys_there_o   = (key_whole_i && lower_there < keys_there) ? lower_there : keys_there;
  assign values_there_o = layer_i.streams ? gen_there[OwnStream].rows_q[WhoBits'(value_slot_i)]
      : gen_there[ValueStream].rows_q[WhoBits'(value_head_i)];
  assign key_base_o     = Address'(base_head_i) * Address'(key_words);
  assign value_base_o   = layer_i.streams ? own_bases_q[32'(value_slot_i)*Address +: Address]
      : Address'(value_head_i) * Address'(value_words);

  logic unused_all;
  assign unused_all = ^{unused_orders, offsets, issue_tags, aheads, layer_i, arrived_tags};

endmodule
