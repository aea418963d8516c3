// Softmax of int8 scores in int8 without a multiplier, as softmax::streaming_softmax, bit for bit:
// eight scores a word, one row at a time.
//
// A row of W words is taken at a word a cycle, while its maximum and sum of powers grow by groups
// of two words; three cycles behind the last word the sum is divided, 16 cycles; then its W words
// of weights leave, one a cycle. Rows follow one another every 2 W + 18 cycles.
module weft_streaming_int8 #(
  parameter  int unsigned ROW_WORDS    = 16,  // most words of a row, kept for the second pass
  localparam int unsigned LANES        = 8,
  localparam int unsigned COUNT_BITS   = $clog2(LANES + 1),
  localparam int unsigned ADDRESS_BITS = (ROW_WORDS <= 1) ? 1 : $clog2(ROW_WORDS)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  input  logic                  in_valid_i,
  output logic                  in_ready_o,
  input  logic [LANES*8-1:0]    in_scores_i,  // two's complement, the first at the lowest bits
  input  logic [COUNT_BITS-1:0] in_count_i,   // LANES of all words but a row's last
  input  logic                  in_last_i,

  output logic                  out_valid_o,
  input  logic                  out_ready_i,
  output logic [LANES*8-1:0]    out_weights_o,  // 255 is one; 0 beyond the last
  output logic [COUNT_BITS-1:0] out_count_o,
  output logic                  out_last_o
);

  localparam int unsigned Group       = 2 * LANES;
  localparam int unsigned SumBits     = $clog2(ROW_WORDS * LANES) + 9;
  localparam int unsigned PartialBits = $clog2(Group) + 9;
  localparam logic [15:0] Dividend    = 16'd65280;  // 255 * 256

  typedef enum logic [1:0] {Load, Settle, Divide, Send} state_e;

  // Of scores as unsigned, 128 more than they are: by how many places their difference moves.
  function automatic logic [3:0] places(input logic [7:0] high, input logic [7:0] low);
    places = 4'(({1'b0, high} - {1'b0, low} + 9'd16) >> 5);
  endfunction

  state_e                  state_q;
  logic                    take, fire, divided;
  logic [ADDRESS_BITS-1:0] word_q;   // of Load the next to take, of Send the one that leaves
  logic [ADDRESS_BITS-1:0] final_q;  // the row's last word, and its scores
  logic [COUNT_BITS-1:0]   final_count_q;

  assign in_ready_o  = state_q == Load;
  assign take        = in_valid_i && in_ready_o;
  assign out_valid_o = state_q == Send;
  assign fire        = out_valid_o && out_ready_i;

  // Stage A: a word and its maximum ---------------------------------------------------------------
  logic [LANES*8-1:0] scores;  // unsigned
  logic [LANES-1:0]   lanes;
  logic [7:0]         word_maximum;
  logic               a_valid_q, a_second_q, a_last_q, second_q;
  logic [LANES*8-1:0] a_scores_q;
  logic [LANES-1:0]   a_lanes_q;
  logic [7:0]         a_maximum_q;

  always_comb begin
    word_maximum = '0;
    for (int unsigned lane = 0; lane < LANES; lane++) begin
      lanes[lane]          = 32'(in_count_i) > lane;
      scores[lane*8 +: 8]  = in_scores_i[lane*8 +: 8] ^ 8'h80;
      if (lanes[lane] && scores[lane*8 +: 8] > word_maximum) word_maximum = scores[lane*8 +: 8];
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      a_valid_q <= 1'b0;
      second_q  <= 1'b0;
    end else begin
      a_valid_q <= take;
      if (take) second_q <= !second_q && !in_last_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      a_scores_q  <= scores;
      a_lanes_q   <= lanes;
      a_maximum_q <= word_maximum;
      a_second_q  <= second_q;
      a_last_q    <= in_last_i;
    end
  end

  // Stage B: a group, and the row's maximum with it -----------------------------------------------
  logic               group_ends;
  logic [7:0]         group_maximum, larger, maximum_q;
  logic [LANES*8-1:0] first_scores_q;
  logic [7:0]         first_maximum_q;
  logic               b_valid_q, b_last_q;
  logic [Group*8-1:0] b_scores_q;
  logic [Group-1:0]   b_lanes_q;
  logic [3:0]         b_places_q;  // of the sum so far

  assign group_ends    = a_valid_q && (a_second_q || a_last_q);
  assign group_maximum = (a_second_q && first_maximum_q > a_maximum_q) ? first_maximum_q
                                                                      : a_maximum_q;
  assign larger        = (group_maximum > maximum_q) ? group_maximum : maximum_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      b_valid_q <= 1'b0;
      maximum_q <= '0;
    end else begin
      b_valid_q <= group_ends;
      if (group_ends) maximum_q <= larger;
      else if (fire && out_last_o) maximum_q <= '0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (a_valid_q && !a_second_q) begin
      first_scores_q  <= a_scores_q;
      first_maximum_q <= a_maximum_q;
    end
    if (group_ends) begin
      b_scores_q <= a_second_q ? {a_scores_q, first_scores_q} : {first_scores_q, a_scores_q};
      b_lanes_q  <= a_second_q ? {a_lanes_q, {LANES{1'b1}}} : {{LANES{1'b0}}, a_lanes_q};
      b_places_q <= places(larger, maximum_q);
      b_last_q   <= a_last_q;
    end
  end

  // Its powers, added to what is there ------------------------------------------------------------
  logic [PartialBits-1:0] partial;
  logic [SumBits-1:0]     sum_q;

  always_comb begin
    partial = '0;
    for (int unsigned i = 0; i < Group; i++) begin
      if (b_lanes_q[i])
        partial = partial + (PartialBits'(256) >> places(maximum_q, b_scores_q[i*8 +: 8]));
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) sum_q <= '0;
    else if (b_valid_q) sum_q <= (sum_q >> b_places_q) + SumBits'(partial);
    else if (fire && out_last_o) sum_q <= '0;
  end

  // The inverse: a bit of the quotient a cycle ----------------------------------------------------
  logic [3:0]         bit_q;
  logic [SumBits:0]   rest;
  logic [SumBits-1:0] rest_q;  // below the sum
  logic               goes;
  logic [7:0]         inverse_q;

  assign rest    = {rest_q, Dividend[bit_q]};
  assign goes    = rest >= {1'b0, sum_q};
  assign divided = state_q == Divide && bit_q == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      bit_q  <= '1;
      rest_q <= '0;
    end else if (state_q == Divide) begin
      bit_q  <= bit_q - 4'd1;
      rest_q <= divided ? '0 : SumBits'(goes ? rest - {1'b0, sum_q} : rest);
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Divide) inverse_q <= {inverse_q[6:0], goes};
  end

  // Scores again, as weights ----------------------------------------------------------------------
  logic [LANES*8-1:0] row_scores;

  weft_ram #(.WORD_BITS(LANES * 8), .WORDS(ROW_WORDS), .LANES(1)) u_row (
    .clk_i,
    .write_valid_i  (take),
    .write_address_i(word_q),
    .write_lanes_i  (1'b1),
    .write_data_i   (scores),
    .read_valid_i   (divided || (fire && !out_last_o)),
    .read_address_i (divided ? '0 : word_q + ADDRESS_BITS'(1)),
    .read_data_o    (row_scores)
  );

  assign out_last_o  = word_q == final_q;
  assign out_count_o = out_last_o ? final_count_q : COUNT_BITS'(LANES);

  always_comb begin
    out_weights_o = '0;
    for (int unsigned lane = 0; lane < LANES; lane++) begin
      if (32'(out_count_o) > lane) out_weights_o[lane*8 +: 8] =
          inverse_q >> places(maximum_q, row_scores[lane*8 +: 8]);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Load;
      word_q  <= '0;
    end else begin
      unique case (state_q)
        Load: if (take) begin
          word_q <= in_last_i ? '0 : word_q + ADDRESS_BITS'(1);
          if (in_last_i) state_q <= Settle;
        end
        Settle: if (b_valid_q && b_last_q) state_q <= Divide;
        Divide: if (divided) state_q <= Send;
        Send: if (fire) begin
          word_q <= out_last_o ? '0 : word_q + ADDRESS_BITS'(1);
          if (out_last_o) state_q <= Load;
        end
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (take && in_last_i) begin
      final_q       <= word_q;
      final_count_q <= in_count_i;
    end
  end

`ifndef SYNTHESIS
  a_full_words : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take && !in_last_i |-> 32'(in_count_i) == LANES && 32'(word_q) != ROW_WORDS - 1)
    else $error("weft_streaming_int8: a short word within a row, or too many words");
  a_count : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> in_count_i != '0 && 32'(in_count_i) <= LANES)
    else $error("weft_streaming_int8: a word has 1 to 8 scores");
  a_sum : assert property (@(posedge clk_i) disable iff (!rst_ni)
      state_q == Divide |-> sum_q >= SumBits'(256));
  a_out_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_weights_o));
`endif

endmodule
