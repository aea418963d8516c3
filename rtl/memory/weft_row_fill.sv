// A store of rows on chip that is filled from accesses of memory. An access tells when it is issued
// where its row begins on chip; what comes back is cut into chunks of MULTIPLIERS nibbles, and each
// goes to the word and to the nibbles of its elements that it belongs to.
//
// Of each source a row's elements stand side by side in memory, nibbles_i nibbles each, from the
// row's first byte on; on chip they are BITS wide, MULTIPLIERS a word, and the source's nibbles
// begin at nibble shift_i. So a word takes nibbles_i chunks, and chunk k of a row goes to word
// issue_word_i + k / nibbles_i, around the end of the store. Rows of a fetch follow one another on
// chip: what an access has of the row behind its own lands where that belongs, if rows that share
// an access are neighbours in memory. Chunks before the row (negative ones) and those from
// issue_room_i on are left out.
//
// Of each channel one access comes back a cycle. From one channel they come in the order of their
// issue, and what lies behind a row that is no neighbour of the next one may be written into that,
// whose own access puts it right. Of several channels, rows up to issue_room_i have to lie one
// behind another.
//
// A fill is written in its cycle, and a read in the next one sees it.
module weft_row_fill #(
  parameter  int unsigned SOURCES      = 2,
  parameter  int unsigned MULTIPLIERS  = 16,    // elements of a word: a power of two
  parameter  int unsigned BITS         = 12,    // of an element on chip: 4, 8 or 12
  parameter  int unsigned WORDS        = 2048,  // a power of two
  parameter  int unsigned ACCESS_BYTES = 32,    // a power of two, whole chunks
  parameter  int unsigned ACCESSES     = 64,    // of a source, under way: a power of two
  parameter  int unsigned OFFSET_BITS  = 8,     // signed
  parameter  int unsigned ROOM_BITS    = 12,
  parameter  int unsigned ISSUES       = 1,     // accesses of a source that are issued in a cycle
  parameter  int unsigned CHANNELS     = 1,     // accesses that come back in a cycle
  localparam int unsigned NUMBER_BITS  = $clog2(ACCESSES),
  localparam int unsigned WORD_ADDRESS = $clog2(WORDS),
  localparam int unsigned WORD_BITS    = MULTIPLIERS * BITS,
  localparam int unsigned DATA_BITS    = ACCESS_BYTES * 8
) (
  input  logic                            clk_i,

  // Of each source, constant while its accesses are under way
  input  logic [SOURCES*2-1:0]            nibbles_i,       // of an element in memory: 1, 2 or 3
  input  logic [SOURCES*2-1:0]            shift_i,         // nibbles below them on chip

  // Of each source, accesses that are issued: so many in the first places, numbered on from the
  // first's
  input  logic [SOURCES*ISSUES-1:0]              issue_valid_i,
  input  logic [SOURCES*NUMBER_BITS-1:0]         issue_number_i,
  input  logic [SOURCES*ISSUES*WORD_ADDRESS-1:0] issue_word_i,    // where its row begins
  input  logic [SOURCES*ISSUES*OFFSET_BITS-1:0]  issue_offset_i,  // bytes: its first less its row's
                                                                  // first; whole chunks, two's
                                                                  // complement
  input  logic [SOURCES*ISSUES*ROOM_BITS-1:0]    issue_room_i,    // chunks from its row's first to
                                                                  // the end of the last row that
                                                                  // it may write

  // What comes back: of each channel one access, of one source, in a later cycle than its issue
  input  logic [CHANNELS*SOURCES-1:0]            fill_valid_i,
  input  logic [CHANNELS*NUMBER_BITS-1:0]        fill_number_i,
  input  logic [CHANNELS*DATA_BITS-1:0]          fill_data_i,

  input  logic [WORD_ADDRESS-1:0]         read_address_i,
  output logic [WORD_BITS-1:0]            read_data_o      // in the next cycle
);

  localparam int unsigned CHUNKS      = ACCESS_BYTES * 2 / MULTIPLIERS;  // of an access; and banks
  localparam int unsigned CHUNK_BITS  = MULTIPLIERS * 4;
  localparam int unsigned CHUNK_LOG2  = $clog2(MULTIPLIERS / 2);         // of bytes
  localparam int unsigned CHUNKS_LOG2 = $clog2(CHUNKS);
  localparam int unsigned CHUNK_INDEX = (CHUNKS <= 1) ? 1 : CHUNKS_LOG2;  // bits
  localparam logic [CHUNK_INDEX-1:0] LOW = CHUNK_INDEX'(CHUNKS - 1);
  localparam int unsigned HERE_BITS   = CHUNKS_LOG2 + 1;                 // of a count of chunks
  localparam int unsigned AT_BITS     = HERE_BITS + 2;
  localparam int unsigned NIBBLES     = BITS / 4;
  localparam int unsigned LANES       = MULTIPLIERS * NIBBLES;
  localparam int unsigned PLACE_BITS  = WORD_ADDRESS + 2 + 2 * HERE_BITS;
  localparam int unsigned BANK_BITS   = WORD_ADDRESS - CHUNKS_LOG2;      // of a word in its bank
  // An index of a chunk is counted from BEFORE chunks ahead of the row, whole words of 1, 2 or 3 of
  // them, so that none is below 0. A third of it is THIRD / 2^(INDEX_BITS + 1), rounded down.
  localparam int unsigned BEFORE      = 6 * ((CHUNKS + 5) / 6);
  localparam int unsigned FIRST_BITS  = OFFSET_BITS - CHUNK_LOG2;
  localparam int unsigned INDEX_BITS  = FIRST_BITS + $clog2(BEFORE + 1);
  localparam int unsigned THIRD       = ((1 << (INDEX_BITS + 1)) + 2) / 3;
  localparam int unsigned THIRD_BITS  = 2 * INDEX_BITS + 1;
  localparam int unsigned LEFT_BITS   = FIRST_BITS + ROOM_BITS + 1;

  // Where an access's first chunk goes, and which of them do: from issue to fill ------------------
  logic [CHANNELS*SOURCES*PLACE_BITS-1:0] places;  // of what each channel would fill of each source

  for (genvar s = 0; s < SOURCES; s++) begin : gen_source
    logic [PLACE_BITS-1:0] places_q [ACCESSES];

    for (genvar k = 0; k < ISSUES; k++) begin : gen_issue
      localparam int unsigned At = s * ISSUES + k;
      logic [FIRST_BITS-1:0]   first;   // chunk of the row, two's complement
      logic [INDEX_BITS-1:0]   index, whole;
      logic [THIRD_BITS-1:0]   third;
      logic [LEFT_BITS-1:0]    left;    // chunks from it to the end of what it may write
      logic [WORD_ADDRESS-1:0] word;    // of the first chunk
      logic [1:0]              phase;   // chunks of its word before it
      logic [HERE_BITS-1:0]    skipped, ends;
      logic [NUMBER_BITS-1:0]  number;

      always_comb begin
        {first, index, third, left, word, whole, phase, skipped, ends} = 'x;
        if (issue_valid_i[At]) begin
          first = issue_offset_i[At*OFFSET_BITS + CHUNK_LOG2 +: FIRST_BITS];
          index = {{(INDEX_BITS - FIRST_BITS){first[FIRST_BITS-1]}}, first} + INDEX_BITS'(BEFORE);
          third = THIRD_BITS'(index) * THIRD_BITS'(THIRD);
          left  = LEFT_BITS'(issue_room_i[At*ROOM_BITS +: ROOM_BITS])
              - {{(LEFT_BITS - FIRST_BITS){first[FIRST_BITS-1]}}, first};
          word  = issue_word_i[At*WORD_ADDRESS +: WORD_ADDRESS];
          unique case (nibbles_i[s*2 +: 2])
            2'd3: begin
              whole = INDEX_BITS'(third >> (INDEX_BITS + 1));
              phase = 2'(index - whole * INDEX_BITS'(3));
              word  = word + WORD_ADDRESS'(whole) - WORD_ADDRESS'(BEFORE / 3);
            end
            2'd2: begin
              whole = index >> 1;
              phase = {1'b0, index[0]};
              word  = word + WORD_ADDRESS'(whole) - WORD_ADDRESS'(BEFORE / 2);
            end
            2'd0, 2'd1: begin
              whole = index;
              phase = 2'd0;
              word  = word + WORD_ADDRESS'(whole) - WORD_ADDRESS'(BEFORE);
            end
          endcase
          skipped = first[FIRST_BITS-1] ? HERE_BITS'(0) - HERE_BITS'(first) : '0;
          ends    = (left > LEFT_BITS'(CHUNKS)) ? HERE_BITS'(CHUNKS) : HERE_BITS'(left);
        end
      end

      assign number = issue_number_i[s*NUMBER_BITS +: NUMBER_BITS] + NUMBER_BITS'(k);
      always_ff @(posedge clk_i) begin
        if (issue_valid_i[At]) places_q[number] <= {word, phase, skipped, ends};
      end
    end

    for (genvar c = 0; c < CHANNELS; c++) begin : gen_place
      assign places[(c*SOURCES + s)*PLACE_BITS +: PLACE_BITS] =
          places_q[fill_number_i[c*NUMBER_BITS +: NUMBER_BITS]];
    end
  end

  // Of each channel the source that is filled -----------------------------------------------------
  logic [CHANNELS*PLACE_BITS-1:0] fill_places;
  logic [CHANNELS*2-1:0]          fill_nibbles, fill_shifts;

  for (genvar c = 0; c < CHANNELS; c++) begin : gen_fill
    logic [PLACE_BITS-1:0] place;
    logic [1:0]            nibbles, shift;

    always_comb begin
      place   = places[c*SOURCES*PLACE_BITS +: PLACE_BITS];
      nibbles = nibbles_i[1:0];
      shift   = shift_i[1:0];
      for (int unsigned s = 1; s < SOURCES; s++) begin
        if (fill_valid_i[c*SOURCES + s]) begin
          place   = places[(c*SOURCES + s)*PLACE_BITS +: PLACE_BITS];
          nibbles = nibbles_i[s*2 +: 2];
          shift   = shift_i[s*2 +: 2];
        end
      end
    end
    assign fill_places[c*PLACE_BITS +: PLACE_BITS] = place;
    assign fill_nibbles[c*2 +: 2] = nibbles;
    assign fill_shifts[c*2 +: 2]  = shift;
  end

  // Banks, by the low bits of a word: each is written one word of an access at most ---------------
  logic [CHUNKS*WORD_BITS-1:0] bank_words;
  logic [CHUNK_INDEX-1:0]      read_bank_q;

  for (genvar b = 0; b < CHUNKS; b++) begin : gen_bank
    logic [CHANNELS-1:0]           write_valid;
    logic [CHANNELS*BANK_BITS-1:0] write_address;
    logic [CHANNELS*LANES-1:0]     write_lanes;
    logic [CHANNELS*WORD_BITS-1:0] write_data;

    for (genvar c = 0; c < CHANNELS; c++) begin : gen_channel
      logic [WORD_ADDRESS-1:0]       fill_word;
      logic [1:0]                    fill_phase, nibbles;
      logic [HERE_BITS-1:0]          fill_skipped, fill_ends;
      logic [CHUNK_INDEX-1:0]        ahead;     // its word, counted from the access's first
      logic [WORD_ADDRESS-1:0]       word;
      logic [NIBBLES*CHUNK_BITS-1:0] plane;     // chunks of that word, the first lowest
      logic [NIBBLES-1:0]            there;     // which of them the access has
      logic [WORD_BITS-1:0]          elements;  // the plane's nibbles in elements
      logic [LANES-1:0]              lanes;

      assign {fill_word, fill_phase, fill_skipped, fill_ends} =
          fill_places[c*PLACE_BITS +: PLACE_BITS];
      assign nibbles        = fill_nibbles[c*2 +: 2];
      assign write_valid[c] = fill_valid_i[c*SOURCES +: SOURCES] != '0;

      always_comb begin
        logic [AT_BITS-1:0]     chunk;  // of the access; of one before it, beyond all of them
        logic [CHUNK_INDEX-1:0] of_access;
        {ahead, word, plane, there, elements, lanes, chunk, of_access} = 'x;
        write_data[c*WORD_BITS +: WORD_BITS] = 'x;
        write_lanes[c*LANES +: LANES]        = 'x;
        if (write_valid[c]) begin
          ahead = (CHUNK_INDEX'(b) - fill_word[CHUNK_INDEX-1:0]) & LOW;
          word  = fill_word + WORD_ADDRESS'(ahead);
          for (int unsigned p = 0; p < NIBBLES; p++) begin
            chunk = AT_BITS'(ahead) * AT_BITS'(nibbles) + AT_BITS'(p) - AT_BITS'(fill_phase);
            of_access = chunk[CHUNK_INDEX-1:0] & LOW;
            plane[p*CHUNK_BITS +: CHUNK_BITS] =
                fill_data_i[c*DATA_BITS + 32'(of_access)*CHUNK_BITS +: CHUNK_BITS];
            there[p] = p < 32'(nibbles) && chunk >= AT_BITS'(fill_skipped)
                && chunk < AT_BITS'(fill_ends);
          end
          elements = '0;
          lanes    = '0;
          for (int unsigned n = 1; n <= NIBBLES; n++) begin
            if (32'(nibbles) == n) begin
              for (int unsigned k = 0; k < MULTIPLIERS * n; k++) begin
                elements[(k / n * NIBBLES + k % n)*4 +: 4] = plane[k*4 +: 4];
                lanes[k / n * NIBBLES + k % n]             = there[k / MULTIPLIERS];
              end
            end
          end
          write_data[c*WORD_BITS +: WORD_BITS] = elements << {fill_shifts[c*2 +: 2], 2'b00};
          write_lanes[c*LANES +: LANES]        = lanes << fill_shifts[c*2 +: 2];
        end
      end
      assign write_address[c*BANK_BITS +: BANK_BITS] = word[WORD_ADDRESS-1:CHUNKS_LOG2];

      logic unused_low;
      assign unused_low = ^word[CHUNK_INDEX-1:0];
    end

    if (CHANNELS == 1) begin : gen_one
      weft_ram #(
        .WORD_BITS(WORD_BITS), .WORDS(WORDS / CHUNKS), .LANES(LANES), .GATED(1'b1)
      ) u_words (
        .clk_i,
        .write_valid_i  (write_valid),
        .write_address_i(write_address),
        .write_lanes_i  (write_lanes),
        .write_data_i   (write_data),
        .read_valid_i   (1'b1),
        .read_address_i (read_address_i[WORD_ADDRESS-1:CHUNKS_LOG2]),
        .read_data_o    (bank_words[b*WORD_BITS +: WORD_BITS])
      );
    end else begin : gen_several
      weft_multi_write_ram #(
        .WORD_BITS(WORD_BITS), .WORDS(WORDS / CHUNKS), .LANES(LANES), .PORTS(CHANNELS)
      ) u_words (
        .clk_i,
        .write_valid_i  (write_valid),
        .write_address_i(write_address),
        .write_lanes_i  (write_lanes),
        .write_data_i   (write_data),
        .read_address_i (read_address_i[WORD_ADDRESS-1:CHUNKS_LOG2]),
        .read_data_o    (bank_words[b*WORD_BITS +: WORD_BITS])
      );
    end
  end

  always_ff @(posedge clk_i) read_bank_q <= read_address_i[CHUNK_INDEX-1:0] & LOW;
  assign read_data_o = bank_words[32'(read_bank_q)*WORD_BITS +: WORD_BITS];

`ifndef SYNTHESIS
  initial begin
    if (BITS != 4 && BITS != 8 && BITS != 12) $fatal(1, "weft_row_fill: BITS is 4, 8 or 12");
    if (MULTIPLIERS < 2 || (MULTIPLIERS & (MULTIPLIERS - 1)) != 0) begin
      $fatal(1, "weft_row_fill: MULTIPLIERS is a power of two, 2 or more");
    end
    if (2 * ACCESS_BYTES < MULTIPLIERS || (ACCESS_BYTES & (ACCESS_BYTES - 1)) != 0) begin
      $fatal(1, "weft_row_fill: ACCESS_BYTES is a power of two, a chunk or more");
    end
    if (WORDS < 2 * CHUNKS || (WORDS & (WORDS - 1)) != 0) begin
      $fatal(1, "weft_row_fill: WORDS is a power of two, two a bank or more");
    end
    if (ISSUES == 0 || CHANNELS == 0) $fatal(1, "weft_row_fill: none of it");
    if (ACCESSES < 2 || (ACCESSES & (ACCESSES - 1)) != 0) begin
      $fatal(1, "weft_row_fill: ACCESSES is a power of two, 2 or more");
    end
  end

  for (genvar c = 0; c < CHANNELS; c++) begin : gen_assert_channel
    a_one : assert property (@(posedge clk_i) $onehot0(fill_valid_i[c*SOURCES +: SOURCES]))
      else $error("weft_row_fill: two sources are filled by one access");
  end
  for (genvar s = 0; s < SOURCES; s++) begin : gen_assert
    for (genvar k = 0; k < ISSUES; k++) begin : gen_assert_issue
      localparam int unsigned At = s * ISSUES + k;
      a_chunks : assert property (@(posedge clk_i) issue_valid_i[At]
          |-> issue_offset_i[At*OFFSET_BITS +: CHUNK_LOG2] == '0)
        else $error("weft_row_fill: an access that begins amid a chunk of its row");
      a_before : assert property (@(posedge clk_i) issue_valid_i[At]
          |-> 32'(gen_source[s].gen_issue[k].index) + CHUNKS > BEFORE
          && gen_source[s].gen_issue[k].left != '0
          && !gen_source[s].gen_issue[k].left[LEFT_BITS-1])
        else $error("weft_row_fill: an access that has nothing of its row");
      a_nibbles : assert property (@(posedge clk_i) issue_valid_i[At]
          |-> nibbles_i[s*2 +: 2] != 2'd0
          && 32'(nibbles_i[s*2 +: 2]) + 32'(shift_i[s*2 +: 2]) <= NIBBLES)
        else $error("weft_row_fill: nibbles that an element does not have");
    end
  end
`endif

endmodule
