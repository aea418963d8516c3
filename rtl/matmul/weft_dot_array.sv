// Scores of keys with a query: MULTIPLIERS products a cycle and a tree of adders whose upper levels
// add or pass on, so that it gives one score of a wide head or several of narrow ones.
//
// A head takes 2^level_i places, or all of them in parts_i + 1 parts, one a cycle; places that it
// does not need are 0 in the query. A beat of up to MULTIPLIERS >> level_i keys that is taken in
// cycle t comes out in t + 2 + log2 MULTIPLIERS + parts_i; the next is taken parts_i + 1 cycles
// later. in_ready_o depends on out_ready_i within the cycle: while a beat is held at the output no
// other is taken, and those under way wait behind it without bubbles.
module weft_dot_array #(
  parameter  int unsigned MULTIPLIERS = 64,  // a power of two, 2 or more
  parameter  int unsigned QUERY_BITS  = 12,  // of elements, two's complement
  parameter  int unsigned KEY_BITS    = 12,
  parameter  int unsigned SUM_BITS    = 32,  // of a score, which fits
  parameter  int unsigned MIN_WIDTH   = 32,  // places of the narrowest head: a power of two
  parameter  int unsigned PARTS       = 4,   // most parts of a key
  localparam int unsigned SCORES      = MULTIPLIERS / MIN_WIDTH,
  localparam int unsigned COUNT_BITS  = $clog2(SCORES + 1),
  localparam int unsigned LEVEL_BITS  = $clog2($clog2(MULTIPLIERS) + 1),
  localparam int unsigned PART_BITS   = (PARTS <= 1) ? 1 : $clog2(PARTS)
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  // Of the head, constant while beats are under way
  input  logic [LEVEL_BITS-1:0]             level_i,  // log2 of its places
  input  logic [PART_BITS-1:0]              parts_i,  // less one; 0 below the highest level

  input  logic                              in_valid_i,  // a beat's parts follow one another
  output logic                              in_ready_o,
  input  logic [MULTIPLIERS*QUERY_BITS-1:0] in_query_i,  // of the part, in the lowest places
  input  logic [MULTIPLIERS*KEY_BITS-1:0]   in_keys_i,   // key after key, 2^level_i places each
  input  logic [COUNT_BITS-1:0]             in_count_i,  // keys of the beat
  input  logic                              in_last_i,   // of its row

  output logic                              out_valid_o,
  input  logic                              out_ready_i,
  output logic [SCORES*SUM_BITS-1:0]        out_scores_o,
  output logic [COUNT_BITS-1:0]             out_count_o,
  output logic                              out_last_o
);

  localparam int unsigned Levels       = $clog2(MULTIPLIERS);
  localparam int unsigned LowLevel     = $clog2(MIN_WIDTH);
  localparam int unsigned PRODUCT_BITS = QUERY_BITS + KEY_BITS;
  localparam int unsigned ENTRY_BITS   = SCORES * SUM_BITS + COUNT_BITS + 1;
  localparam int unsigned PLACES       = Levels + 2;  // beats under way
  localparam int unsigned HELD_BITS    = $clog2(PLACES + 1);

  logic                 held, take;
  logic [PART_BITS-1:0] part_q;

  assign held       = out_valid_o && !out_ready_i;
  assign in_ready_o = part_q != '0 || !held;
  assign take       = in_valid_i && in_ready_o;

  // Along with the products and the sums of each level --------------------------------------------
  logic [Levels:0]                valid_q, first_q, final_q, last_q;  // first and final: parts
  logic [(Levels+1)*COUNT_BITS-1:0] count_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q <= '0;
      part_q  <= '0;
    end else begin
      valid_q <= {valid_q[Levels-1:0], take};
      if (take) part_q <= (part_q == parts_i) ? '0 : part_q + PART_BITS'(1);
    end
  end
  always_ff @(posedge clk_i) begin
    first_q <= {first_q[Levels-1:0], part_q == '0};
    final_q <= {final_q[Levels-1:0], part_q == parts_i};
    last_q  <= {last_q[Levels-1:0], in_last_i};
    count_q <= {count_q[Levels*COUNT_BITS-1:0], in_count_i};
  end

  // Level 0 are the products; a word of level l sums 2^l places, or the head's where it has fewer.
  for (genvar level = 0; level <= Levels; level++) begin : gen_level
    localparam int unsigned Sums  = MULTIPLIERS >> level;
    localparam int unsigned Words = (Sums > SCORES) ? Sums : SCORES;
    localparam int unsigned Bits  = PRODUCT_BITS + level;

    logic [Words*Bits-1:0] words, words_q;

    if (level == 0) begin : gen_products
      for (genvar place = 0; place < MULTIPLIERS; place++) begin : gen_place
        logic [QUERY_BITS-1:0]          query;  // its place in the head
        logic [KEY_BITS-1:0]            key;
        logic signed [PRODUCT_BITS-1:0] wide_query, wide_key;

        always_comb begin
          query = in_query_i[place*QUERY_BITS +: QUERY_BITS];
          for (int unsigned l = LowLevel; l < Levels; l++) begin
            if (32'(level_i) == l) begin
              query = in_query_i[(place % (1 << l))*QUERY_BITS +: QUERY_BITS];
            end
          end
        end
        assign key        = in_keys_i[place*KEY_BITS +: KEY_BITS];
        assign wide_query = {{KEY_BITS{query[QUERY_BITS-1]}}, query};
        assign wide_key   = {{QUERY_BITS{key[KEY_BITS-1]}}, key};
        assign words[place*Bits +: Bits] = wide_query * wide_key;
      end
      always_ff @(posedge clk_i) begin
        if (take) words_q <= words;
      end
    end else begin : gen_sums
      for (genvar word = 0; word < Words; word++) begin : gen_word
        logic [Bits-2:0] even, odd;
        logic [Bits-1:0] sum;
        if (word < Sums) begin : gen_sum
          assign even = gen_level[level-1].words_q[2*word*(Bits-1) +: Bits-1];
          assign odd  = gen_level[level-1].words_q[(2*word+1)*(Bits-1) +: Bits-1];
        end else begin : gen_no_sum
          assign even = '0;
          assign odd  = '0;
        end
        if (level > LowLevel) begin : gen_choice
          logic [Bits-2:0] alone;
          assign alone = gen_level[level-1].words_q[word*(Bits-1) +: Bits-1];
          assign sum   = (32'(level_i) >= level) ? {even[Bits-2], even} + {odd[Bits-2], odd}
              : {alone[Bits-2], alone};
        end else begin : gen_sum_only
          assign sum = {even[Bits-2], even} + {odd[Bits-2], odd};
        end
        assign words[word*Bits +: Bits] = sum;
      end
      always_ff @(posedge clk_i) begin
        if (valid_q[level-1]) words_q <= words;
      end
    end
  end

  // Parts of one key add up; the last one's sum is the score --------------------------------------
  localparam int unsigned LastBits = PRODUCT_BITS + Levels;

  logic [SCORES*SUM_BITS-1:0] scores;
  logic [SUM_BITS-1:0]        parts_sum_q;
  logic                       push, push_ready;
  logic [HELD_BITS-1:0]       unused_held;

  for (genvar score = 0; score < SCORES; score++) begin : gen_score
    logic [LastBits-1:0] word;
    logic [SUM_BITS-1:0] wide;
    assign word = gen_level[Levels].words_q[score*LastBits +: LastBits];
    if (LastBits < SUM_BITS) begin : gen_wider
      assign wide = {{(SUM_BITS - LastBits){word[LastBits-1]}}, word};
    end else if (LastBits == SUM_BITS) begin : gen_same
      assign wide = word;
    end else begin : gen_fits
      logic unused_top;
      assign wide       = word[SUM_BITS-1:0];
      assign unused_top = ^word[LastBits-1:SUM_BITS];
    end
    if (score == 0) begin : gen_parts
      assign scores[0 +: SUM_BITS] = first_q[Levels] ? wide : parts_sum_q + wide;
    end else begin : gen_whole
      assign scores[score*SUM_BITS +: SUM_BITS] = wide;
    end
  end

  always_ff @(posedge clk_i) begin
    if (valid_q[Levels]) parts_sum_q <= scores[SUM_BITS-1:0];
  end

  assign push = valid_q[Levels] && final_q[Levels];

  weft_fifo #(.WIDTH(ENTRY_BITS), .DEPTH(PLACES)) u_scores (
    .clk_i,
    .rst_ni,
    .in_valid_i (push),
    .in_ready_o (push_ready),
    .in_data_i  ({last_q[Levels], count_q[Levels*COUNT_BITS +: COUNT_BITS], scores}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o ({out_last_o, out_count_o, out_scores_o}),
    .count_o    (unused_held)
  );

`ifndef SYNTHESIS
  initial begin
    if (MULTIPLIERS < 2 || (MULTIPLIERS & (MULTIPLIERS - 1)) != 0) begin
      $fatal(1, "weft_dot_array: MULTIPLIERS is a power of two, 2 or more");
    end
    if (MIN_WIDTH == 0 || (MIN_WIDTH & (MIN_WIDTH - 1)) != 0 || MIN_WIDTH > MULTIPLIERS) begin
      $fatal(1, "weft_dot_array: MIN_WIDTH is a power of two up to MULTIPLIERS");
    end
    if (SUM_BITS < PRODUCT_BITS || PARTS == 0) begin
      $fatal(1, "weft_dot_array: SUM_BITS below a product's, or no PARTS");
    end
  end

  a_parts_follow : assert property (@(posedge clk_i) disable iff (!rst_ni)
      part_q != '0 |-> in_valid_i)
    else $error("weft_dot_array: parts of a beat follow one another");
  a_head : assert property (@(posedge clk_i) disable iff (!rst_ni) take
      |-> 32'(level_i) >= LowLevel && 32'(level_i) <= Levels && 32'(parts_i) < PARTS
      && (parts_i == '0 || 32'(level_i) == Levels)
      && 32'(in_count_i) <= MULTIPLIERS >> level_i)
    else $error("weft_dot_array: a head of places or parts that there are not, or too many keys");
  a_head_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      valid_q != '0 |-> $stable(level_i) && $stable(parts_i))
    else $error("weft_dot_array: a head changes with beats under way");
  a_room : assert property (@(posedge clk_i) disable iff (!rst_ni) push |-> push_ready);
  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_scores_o)
      && $stable(out_count_o) && $stable(out_last_o));
`else
  logic unused_ready;
  assign unused_ready = push_ready;
`endif

endmodule
