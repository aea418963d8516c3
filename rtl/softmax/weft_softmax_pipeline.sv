// Softmax of rows that stream through, as softmax::probabilities, bit for bit: scores are
// dequantised and wait until their row's largest is known; it is subtracted, and exponentials and
// their sum are made while they wait in a ring of their own; then they are divided by it and
// requantised. Three rows are in it at once, one in each part, or more where they are short.
//
// A row may be exponentiated from cycle 7 on behind the one in which its last beat is taken, a word
// of LANES a cycle; divided from cycle 36 on behind the last of them, a word a cycle; and a word
// stands at out_valid_o 21 cycles later. A word moves on where the next ring has room for it, and
// the first of a row where fewer than ROWS are there.
module weft_softmax_pipeline #(
  parameter  int unsigned LANES            = 8,    // a power of two
  parameter  int unsigned SCORE_BITS       = 32,   // of an integer score in two's complement
  parameter  int unsigned PROBABILITY_BITS = 12,
  parameter  int unsigned WORDS            = 128,  // LANES * WORDS are a row's most scores
  parameter  int unsigned ROWS             = 16,   // in either ring
  localparam int unsigned COUNT_BITS       = $clog2(LANES + 1)
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,

  input  logic                              in_valid_i,
  output logic                              in_ready_o,
  input  logic [LANES*SCORE_BITS-1:0]       in_scores_i,
  input  logic [COUNT_BITS-1:0]             in_count_i,  // 0 only of an empty row
  input  logic                              in_last_i,
  input  logic [31:0]                       in_scale_i,  // fp32: what an integer score is worth

  output logic                              out_valid_o,
  input  logic                              out_ready_i,
  output logic [LANES*PROBABILITY_BITS-1:0] out_probabilities_o,  // 0 beyond the count
  output logic [COUNT_BITS-1:0]             out_count_o,  // LANES of all words but a row's last
  output logic                              out_last_o,
  output logic [31:0]                       out_largest_o  // the row's, fp32; 1 of an empty row
);

  localparam int unsigned ADDRESS_BITS = $clog2(WORDS);
  localparam int unsigned HELD_BITS    = $clog2(WORDS + 1);
  localparam int unsigned ROW_BITS     = $clog2(ROWS + 1);
  localparam logic [31:0] One          = 32'h3F800000;
  localparam logic [31:0] Least        = 32'hFF7FFFFF;  // the most negative finite number
  localparam int unsigned Subtract     = 4;   // with the read
  localparam int unsigned Exponential  = 25;  // and the exponential
  localparam int unsigned Divide       = 13;
  localparam int unsigned Quotient     = 14;  // with the read
  localparam int unsigned Integer      = 20;  // and the requantised one
  localparam int unsigned Places       = 22;  // of words from the division to the next unit

  // Scores ----------------------------------------------------------------------------------------
  logic                  row_valid, word_first, word_last, exponentiates;
  logic [31:0]           row_largest;
  logic [COUNT_BITS-1:0] word_count;
  logic [LANES*32-1:0]   scores;

  weft_score_buffer #(
    .LANES(LANES), .SCORE_BITS(SCORE_BITS), .WORDS(WORDS), .ROWS(ROWS)
  ) u_scores (
    .clk_i,
    .rst_ni,
    .in_valid_i,
    .in_ready_o,
    .in_scores_i,
    .in_count_i,
    .in_last_i,
    .in_scale_i,
    .row_valid_o  (row_valid),
    .row_largest_o(row_largest),
    .word_first_o (word_first),
    .word_last_o  (word_last),
    .word_count_o (word_count),
    .read_valid_i (exponentiates),
    .read_data_o  (scores)
  );

  // Exponentials ----------------------------------------------------------------------------------
  localparam int unsigned WORD_BITS = 2 + COUNT_BITS;  // first, last, count
  localparam int unsigned OUT_BITS  = $clog2(Places + 1);

  logic [HELD_BITS-1:0]                  held_q;  // words in the ring, or on their way to it
  logic [OUT_BITS-1:0]                   out_held_q;  // divided, and not gone
  logic [ROW_BITS-1:0]                   rows_q;
  logic                                  divides, divides_last;
  logic                                  subtracts_q;
  logic [31:0]                           largest_q;
  logic [Exponential*WORD_BITS-1:0]      words_q;
  logic [COUNT_BITS-1:0]                 subtracted_count, exponential_count;
  logic                                  exponential_first, exponential_last;
  logic [LANES-1:0]                      subtracted, exponential_valid;
  logic [LANES*32-1:0]                   exponentials;

  logic clk, awake;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(awake), .clk_o(clk));
  assign awake = row_valid || held_q != '0 || out_held_q != '0;

  assign exponentiates = row_valid && 32'(held_q) != WORDS
      && (!word_first || 32'(rows_q) != ROWS);

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      held_q      <= '0;
      rows_q      <= '0;
      subtracts_q <= 1'b0;
    end else begin
      held_q      <= held_q + HELD_BITS'(exponentiates) - HELD_BITS'(divides);
      rows_q      <= rows_q + ROW_BITS'(exponentiates && word_first)
          - ROW_BITS'(divides && divides_last);
      subtracts_q <= exponentiates;
    end
  end
  always_ff @(posedge clk) begin
    largest_q <= row_largest;
    words_q   <= {words_q[(Exponential-1)*WORD_BITS-1:0], word_first, word_last, word_count};
  end
  assign subtracted_count = words_q[(Subtract-1)*WORD_BITS +: COUNT_BITS];
  assign {exponential_first, exponential_last, exponential_count} =
      words_q[(Exponential-1)*WORD_BITS +: WORD_BITS];

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_exponential
    logic [31:0] difference, argument, result;

    weft_fp32_macc #(.STAGES(3)) u_subtract (
      .clk_i(clk), .rst_ni, .in_valid_i(subtracts_q), .a_i(scores[lane*32 +: 32]), .b_i(One),
      .c_i({~largest_q[31], largest_q[30:0]}), .out_valid_o(subtracted[lane]),
      .result_o(difference)
    );
    // Of two finite scores it may be -inf, whose exponential is 0 too.
    assign argument = (lane >= 32'(subtracted_count)) ? 32'd0
        : (&difference[30:23]) ? Least : difference;

    weft_exp5 u_exponential (
      .clk_i(clk), .rst_ni, .in_valid_i(subtracted[lane]), .x_i(argument),
      .out_valid_o(exponential_valid[lane]), .result_o(result)
    );
    assign exponentials[lane*32 +: 32] = (lane < 32'(exponential_count)) ? result : 32'd0;
  end

  // Their sum -------------------------------------------------------------------------------------
  logic                    total_made, total_valid, total_ready;
  logic [31:0]             made_total, total;
  logic [ROW_BITS-1:0]     unused_totals;
  logic [ADDRESS_BITS-1:0] tail_q, head_q;
  logic [LANES*32-1:0]     dividends;

  weft_lane_sum #(.LANES(LANES)) u_sum (
    .clk_i(clk), .rst_ni, .in_valid_i(exponential_valid[0]), .in_values_i(exponentials),
    .in_first_i(exponential_first), .in_last_i(exponential_last),
    .out_valid_o(total_made), .out_total_o(made_total)
  );

  weft_ram #(.WORD_BITS(LANES * 32), .WORDS(WORDS)) u_exponentials (
    .clk_i(clk),
    .write_valid_i  (exponential_valid[0]),
    .write_address_i(tail_q),
    .write_lanes_i  (1'b1),
    .write_data_i   (exponentials),
    .read_valid_i   (divides),
    .read_address_i (head_q),
    .read_data_o    (dividends)
  );

  // An empty row's sum is 0, and nothing is divided by it.
  weft_fifo #(.WIDTH(32), .DEPTH(ROWS)) u_totals (
    .clk_i(clk),
    .rst_ni,
    .in_valid_i (total_made),
    .in_ready_o (total_ready),  // there is room: rows_q
    .in_data_i  ((made_total == 32'd0) ? One : made_total),
    .out_valid_o(total_valid),
    .out_ready_i(divides && divides_last),
    .out_data_o (total),
    .count_o    (unused_totals)
  );

  // What a row's words are, of the rows in the ring.
  logic                  shape_ready, shape_valid;
  logic [ROW_BITS-1:0]   unused_shapes;
  logic [HELD_BITS-1:0]  made_q, divided_q, row_words;
  logic [COUNT_BITS-1:0] row_last_count;

  weft_fifo #(.WIDTH(HELD_BITS + COUNT_BITS), .DEPTH(ROWS)) u_shapes (
    .clk_i(clk),
    .rst_ni,
    .in_valid_i (exponentiates && word_last),
    .in_ready_o (shape_ready),
    .in_data_i  ({made_q + HELD_BITS'(1), word_count}),
    .out_valid_o(shape_valid),
    .out_ready_i(divides && divides_last),
    .out_data_o ({row_words, row_last_count}),
    .count_o    (unused_shapes)
  );

  // Probabilities ---------------------------------------------------------------------------------
  localparam int unsigned TAG_BITS = 1 + COUNT_BITS;

  logic                                  reads_q;
  logic [31:0]                           total_q;
  logic [Integer*TAG_BITS-1:0]           tags_q;   // last, count
  logic [LANES:0]                        divided;  // above the lanes: 1 by the sum
  logic [LANES-1:0]                      integer_valid;
  logic [LANES*PROBABILITY_BITS-1:0]     integers;
  logic [31:0]                           top;
  logic [(Integer-Quotient)*32-1:0]      top_q;

  assign divides      = total_valid && 32'(out_held_q) != Places;
  assign divides_last = divided_q + HELD_BITS'(1) == row_words;

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      tail_q     <= '0;
      head_q     <= '0;
      made_q     <= '0;
      divided_q  <= '0;
      out_held_q <= '0;
      reads_q    <= 1'b0;
    end else begin
      if (exponential_valid[0]) begin
        tail_q <= (32'(tail_q) == WORDS - 1) ? '0 : tail_q + ADDRESS_BITS'(1);
      end
      if (exponentiates) made_q <= word_last ? '0 : made_q + HELD_BITS'(1);
      if (divides) begin
        head_q    <= (32'(head_q) == WORDS - 1) ? '0 : head_q + ADDRESS_BITS'(1);
        divided_q <= divides_last ? '0 : divided_q + HELD_BITS'(1);
      end
      out_held_q <= out_held_q + OUT_BITS'(divides) - OUT_BITS'(out_valid_o && out_ready_i);
      reads_q    <= divides;
    end
  end
  always_ff @(posedge clk) begin
    total_q <= total;
    tags_q  <= {tags_q[(Integer-1)*TAG_BITS-1:0], divides_last,
        divides_last ? row_last_count : COUNT_BITS'(LANES)};
    top_q   <= {top_q[(Integer-Quotient-1)*32-1:0], top};
  end

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_probability
    logic [31:0] probability;

    weft_fp32_divide #(.STAGES(Divide)) u_divide (
      .clk_i(clk), .rst_ni, .in_valid_i(reads_q), .a_i(dividends[lane*32 +: 32]), .b_i(total_q),
      .out_valid_o(divided[lane]), .result_o(probability)
    );
    weft_requantise #(.BITS(PROBABILITY_BITS)) u_requantise (
      .clk_i(clk), .rst_ni, .in_valid_i(divided[lane]), .probability_i(probability),
      .out_valid_o(integer_valid[lane]),
      .integer_o(integers[lane*PROBABILITY_BITS +: PROBABILITY_BITS])
    );
  end
  // e^0, of the largest score, over the sum.
  weft_fp32_divide #(.STAGES(Divide)) u_divide_top (
    .clk_i(clk), .rst_ni, .in_valid_i(reads_q), .a_i(One), .b_i(total_q),
    .out_valid_o(divided[LANES]), .result_o(top)
  );

  logic                out_fifo_ready;
  logic [OUT_BITS-1:0] unused_out_count;

  weft_fifo #(.WIDTH(TAG_BITS + LANES * PROBABILITY_BITS + 32), .DEPTH(Places)) u_out (
    .clk_i(clk),
    .rst_ni,
    .in_valid_i (integer_valid[0]),
    .in_ready_o (out_fifo_ready),  // there is room: out_held_q
    .in_data_i  ({tags_q[(Integer-1)*TAG_BITS +: TAG_BITS], integers,
        top_q[(Integer-Quotient-1)*32 +: 32]}),
    .out_valid_o,
    .out_ready_i,
    .out_data_o ({out_last_o, out_count_o, out_probabilities_o, out_largest_o}),
    .count_o    (unused_out_count)
  );

  logic unused_valids;
  assign unused_valids = ^{exponential_valid, divided[LANES], integer_valid};

`ifndef SYNTHESIS
  a_held : assert property (@(posedge clk) disable iff (!rst_ni)
      32'(held_q) <= WORDS && 32'(rows_q) <= ROWS && 32'(out_held_q) <= Places);
  // All that was sent on has had a place.
  a_totals : assert property (@(posedge clk) disable iff (!rst_ni)
      total_made |-> total_ready);
  a_shape_there : assert property (@(posedge clk) disable iff (!rst_ni)
      total_valid |-> shape_valid);
  a_shape_room : assert property (@(posedge clk) disable iff (!rst_ni)
      exponentiates && word_last |-> shape_ready);
  a_out : assert property (@(posedge clk) disable iff (!rst_ni)
      integer_valid[0] |-> out_fifo_ready);
  a_out_stable : assert property (@(posedge clk) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_probabilities_o)
      && $stable(out_count_o) && $stable(out_last_o) && $stable(out_largest_o));
  a_most : assert property (@(posedge clk) disable iff (!rst_ni)
      out_valid_o |-> out_largest_o <= One);
`endif

endmodule
