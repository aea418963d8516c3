// A part of weft_softmax_pipeline: rows of integer scores come, are dequantised, and wait in a ring
// of words of LANES until their row's largest is known. A row begins a word; its beats may have any
// number of scores up to LANES, position i goes to lane i mod LANES.
//
// A beat is written five cycles after it is taken. Two cycles behind that, where it ended a row,
// row_valid_o tells that the row may be read, a word a cycle, in order; what is read stands on
// read_data_o in the next cycle.
module weft_score_buffer #(
  parameter  int unsigned LANES      = 8,    // a power of two, 2 or more
  parameter  int unsigned SCORE_BITS = 32,
  parameter  int unsigned WORDS      = 128,  // LANES * WORDS are a row's most scores
  parameter  int unsigned ROWS       = 16,   // that it holds at once, the one that comes among them
  localparam int unsigned COUNT_BITS = $clog2(LANES + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [LANES*SCORE_BITS-1:0] in_scores_i,
  input  logic [COUNT_BITS-1:0]       in_count_i,  // 0 only of a row of one beat: an empty row
  input  logic                        in_last_i,
  input  logic [31:0]                 in_scale_i,

  output logic                        row_valid_o,
  output logic [31:0]                 row_largest_o,
  output logic                        word_first_o,  // of its row, as the others of the word that
  output logic                        word_last_o,   // is to be read next
  output logic [COUNT_BITS-1:0]       word_count_o,  // scores in it
  input  logic                        read_valid_i,  // only with row_valid_o
  output logic [LANES*32-1:0]         read_data_o
);

  localparam int unsigned Latency      = 5;  // of weft_dequantise
  localparam int unsigned LANE_BITS    = $clog2(LANES);
  localparam int unsigned ADDRESS_BITS = $clog2(WORDS);
  localparam int unsigned HELD_BITS    = $clog2(WORDS + 1);
  localparam int unsigned ROW_BITS     = $clog2(ROWS + 1);
  localparam logic [31:0] Lowest       = 32'hFF800000;  // -inf

  // Until a beat is where row_valid_o tells of it.
  localparam int unsigned Way = 8;
  logic [Way-1:0] recent_q;
  logic clk, awake;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(awake), .clk_o(clk));
  assign awake = in_valid_i || read_valid_i || recent_q != '0;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) recent_q <= '0;
    else recent_q <= {recent_q[Way-2:0], in_valid_i};
  end

  // Places ----------------------------------------------------------------------------------------
  logic                    take, read_end, opens;
  logic                    coming_q;  // a row has begun to come, and has not ended
  logic [LANE_BITS-1:0]    offset_q;  // of the next score
  logic [ADDRESS_BITS-1:0] tail_q, after, beyond;  // its word, and the two behind
  logic [HELD_BITS-1:0]    own_q, words, held_q;   // words of the row that comes, and of all
  logic [ROW_BITS-1:0]     rows_q;
  logic [COUNT_BITS:0]     ending;   // the offset behind the beat, of the word in which it begins
  logic                    crosses;  // into the next word
  logic [COUNT_BITS-1:0]   last_count;

  // Where all words are of the row that comes, what is to come fits into the last of them.
  assign in_ready_o = (coming_q || 32'(rows_q) != ROWS)
      && (32'(held_q) != WORDS || 32'(own_q) == WORDS);
  assign take       = in_valid_i && in_ready_o;

  assign ending     = (COUNT_BITS + 1)'(offset_q) + {1'b0, in_count_i};
  assign crosses    = 32'(ending) > LANES;
  assign opens      = (offset_q == '0) ? (in_count_i != '0 || !coming_q) : crosses;
  assign words      = own_q + HELD_BITS'(opens);
  assign last_count = crosses ? COUNT_BITS'(32'(ending) - LANES) : COUNT_BITS'(ending);
  assign after      = (32'(tail_q) == WORDS - 1) ? '0 : tail_q + ADDRESS_BITS'(1);
  assign beyond     = (32'(after) == WORDS - 1) ? '0 : after + ADDRESS_BITS'(1);

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      coming_q <= 1'b0;
      offset_q <= '0;
      tail_q   <= '0;
      own_q    <= '0;
      held_q   <= '0;
      rows_q   <= '0;
    end else begin
      if (take) begin
        coming_q <= !in_last_i;
        offset_q <= in_last_i ? '0 : LANE_BITS'(ending);
        own_q    <= in_last_i ? '0 : words;
        if (in_last_i) tail_q <= crosses ? beyond : after;
        else if (32'(ending) >= LANES) tail_q <= after;
      end
      held_q <= held_q + HELD_BITS'(take && opens) - HELD_BITS'(read_valid_i);
      rows_q <= rows_q + ROW_BITS'(take && !coming_q) - ROW_BITS'(read_end);
    end
  end

  // Dequantised, lane by lane ---------------------------------------------------------------------
  localparam int unsigned BEAT_BITS = 2 + 2 * LANES + 2 * ADDRESS_BITS + HELD_BITS + COUNT_BITS;

  logic [LANES-1:0]             in_present, in_crossed, present, crossed;
  logic                         beat_first, beat_last;
  logic [ADDRESS_BITS-1:0]      beat_address, crossed_address;
  logic [HELD_BITS-1:0]         beat_words;
  logic [COUNT_BITS-1:0]        beat_count;
  logic [Latency*BEAT_BITS-1:0] beats_q;  // of five cycles, the oldest in the highest bits
  logic [LANES-1:0]             written_valid;
  logic [LANES*32-1:0]          candidates;

  always_ff @(posedge clk) begin
    beats_q <= {beats_q[(Latency-1)*BEAT_BITS-1:0], !coming_q, in_last_i, in_present, in_crossed,
        tail_q, after, words, last_count};
  end
  assign {beat_first, beat_last, present, crossed, beat_address, crossed_address, beat_words,
      beat_count} = beats_q[(Latency-1)*BEAT_BITS +: BEAT_BITS];

  logic [ADDRESS_BITS-1:0] head_q;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [LANE_BITS-1:0] source;  // which score of the beat comes here
    logic [31:0]          value;

    assign source           = LANE_BITS'(lane) - offset_q;
    assign in_present[lane] = 32'(source) < 32'(in_count_i);
    assign in_crossed[lane] = lane < 32'(offset_q);

    weft_dequantise #(.BITS(SCORE_BITS)) u_dequantise (
      .clk_i(clk), .rst_ni, .in_valid_i(take),
      .score_i(in_scores_i[source*SCORE_BITS +: SCORE_BITS]), .scale_i(in_scale_i),
      .out_valid_o(written_valid[lane]), .result_o(value)
    );
    weft_ram #(.WORD_BITS(32), .WORDS(WORDS)) u_scores (
      .clk_i(clk),
      .write_valid_i  (written_valid[lane] && present[lane]),
      .write_address_i(crossed[lane] ? crossed_address : beat_address),
      .write_lanes_i  (1'b1),
      .write_data_i   (value),
      .read_valid_i,
      .read_address_i (head_q),
      .read_data_o    (read_data_o[lane*32 +: 32])
    );
    assign candidates[lane*32 +: 32] = present[lane] ? value : Lowest;
  end

  // The largest -----------------------------------------------------------------------------------
  // Of the beat by a tree, then of the row so far.
  for (genvar level = 0; level < LANE_BITS; level++) begin : gen_level
    localparam int unsigned Pairs = LANES >> (level + 1);
    logic [2*Pairs*32-1:0] values;
    logic [Pairs*32-1:0]   larger;

    if (level == 0) begin : gen_first
      assign values = candidates;
    end else begin : gen_next
      assign values = gen_level[level-1].larger;
    end
    for (genvar pair = 0; pair < Pairs; pair++) begin : gen_pair
      weft_fp32_max u_max (
        .valid_i(written_valid[0]), .a_i(values[2*pair*32 +: 32]),
        .b_i(values[(2*pair+1)*32 +: 32]), .result_o(larger[pair*32 +: 32])
      );
    end
  end

  logic                  beat_valid_q, beat_first_q, beat_last_q;
  logic [HELD_BITS-1:0]  beat_words_q;
  logic [COUNT_BITS-1:0] beat_count_q;
  logic [31:0]           beat_largest_q, running_q, running_d, larger;

  weft_fp32_max u_running (
    .valid_i(beat_valid_q && !beat_first_q), .a_i(running_q), .b_i(beat_largest_q),
    .result_o(larger)
  );
  assign running_d = beat_first_q ? beat_largest_q : larger;

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) beat_valid_q <= 1'b0;
    else beat_valid_q <= written_valid[0];
  end
  always_ff @(posedge clk) begin
    beat_first_q   <= beat_first;
    beat_last_q    <= beat_last;
    beat_words_q   <= beat_words;
    beat_count_q   <= beat_count;
    beat_largest_q <= gen_level[LANE_BITS-1].larger;
    if (beat_valid_q) running_q <= running_d;
  end

  // Rows that are complete, and their words -------------------------------------------------------
  logic                  unused_ready;
  logic [ROW_BITS-1:0]   unused_count;
  logic [HELD_BITS-1:0]  row_words, read_q;
  logic [COUNT_BITS-1:0] row_last_count;

  weft_fifo #(.WIDTH(32 + HELD_BITS + COUNT_BITS), .DEPTH(ROWS)) u_rows (
    .clk_i(clk),
    .rst_ni,
    .in_valid_i (beat_valid_q && beat_last_q),
    .in_ready_o (unused_ready),  // there is room: rows_q
    .in_data_i  ({running_d, beat_words_q, beat_count_q}),
    .out_valid_o(row_valid_o),
    .out_ready_i(read_end),
    .out_data_o ({row_largest_o, row_words, row_last_count}),
    .count_o    (unused_count)
  );

  assign word_first_o = read_q == '0;
  assign word_last_o  = read_q + HELD_BITS'(1) == row_words;
  assign word_count_o = word_last_o ? row_last_count : COUNT_BITS'(LANES);
  assign read_end     = read_valid_i && word_last_o;

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q <= '0;
      read_q <= '0;
    end else if (read_valid_i) begin
      head_q <= (32'(head_q) == WORDS - 1) ? '0 : head_q + ADDRESS_BITS'(1);
      read_q <= word_last_o ? '0 : read_q + HELD_BITS'(1);
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (LANES < 2 || (LANES & (LANES - 1)) != 0) begin
      $fatal(1, "weft_score_buffer: LANES must be a power of two");
    end
    if (WORDS < 2 || ROWS == 0) $fatal(1, "weft_score_buffer: WORDS is 2 or more, ROWS 1 or more");
  end

  a_count : assert property (@(posedge clk) disable iff (!rst_ni)
      take |-> 32'(in_count_i) <= LANES && (in_count_i != '0 || (in_last_i && !coming_q)))
    else $error("weft_score_buffer: a beat has 1 to LANES scores, an empty row one empty beat");
  a_room : assert property (@(posedge clk) disable iff (!rst_ni)
      take |-> 32'(own_q) + 32'(opens) <= WORDS)
    else $error("weft_score_buffer: a row has more scores than LANES * WORDS");
  a_held : assert property (@(posedge clk) disable iff (!rst_ni)
      32'(held_q) <= WORDS && 32'(rows_q) <= ROWS);
  a_read : assert property (@(posedge clk) disable iff (!rst_ni) read_valid_i |-> row_valid_o);
  a_in_ready_stable : assert property (@(posedge clk) disable iff (!rst_ni)
      in_ready_o && !in_valid_i |=> in_ready_o);
`endif

endmodule
