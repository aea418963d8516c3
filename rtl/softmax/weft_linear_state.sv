// The state of linear attention with a decay, S <- lambda S + k v, o = q S, in fixed point, as
// softmax::LinearState, bit for bit. The WIDTH_V values of a row of S are computed side by side.
//
// A token's words of q, k and v are taken at one a cycle; then its WIDTH_QK rows go by, one a cycle
// (read, decayed, rounded and written, weighed: four cycles); then its outputs leave, one a cycle,
// while the next token comes in. Tokens follow one another every words + WIDTH_QK + 4 cycles where
// WIDTH_V are not more.
module weft_linear_state #(
  parameter  int unsigned WIDTH_QK = 32,  // 1 ... 65,536
  parameter  int unsigned WIDTH_V  = 32,
  localparam int unsigned LANES    = 8
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               in_valid_i,
  output logic               in_ready_o,
  input  logic [LANES*8-1:0] in_word_i,   // of q, then k, then v; each begins a word
  input  logic               in_fresh_i,  // with a token's first word: the state begins at zero
  input  logic [16:0]        in_decay_i,  // with it: lambda * 2^16, 0 ... 2^16

  output logic               out_valid_o,
  input  logic               out_ready_i,
  output logic [31:0]        out_value_o,  // o[0] first
  output logic               out_last_o
);

  localparam int unsigned WordsQk  = (WIDTH_QK + LANES - 1) / LANES;
  localparam int unsigned WordsV   = (WIDTH_V + LANES - 1) / LANES;
  localparam int unsigned Words    = 2 * WordsQk + WordsV;
  localparam int unsigned WordBits = $clog2(Words + 1);
  localparam int unsigned RowBits  = (WIDTH_QK <= 1) ? 1 : $clog2(WIDTH_QK);
  localparam int unsigned OutBits  = (WIDTH_V <= 1) ? 1 : $clog2(WIDTH_V);
  localparam int unsigned SumBits  = 40 + $clog2(WIDTH_QK);
  localparam int unsigned OutWhole = (SumBits < 45) ? 34 : SumBits - 11;
  localparam int unsigned NextBits = 50;  // of lambda S + k v, 28 bits of them below the point

  typedef enum logic [1:0] {Load, Rows, Settle} state_e;

  state_e              state_q;
  logic                take, all_taken, leaves, free;
  logic [WordBits-1:0] word_q;
  logic                fresh_q;
  logic [16:0]         decay_q;

  assign in_ready_o = state_q == Load;
  assign take       = in_valid_i && in_ready_o;
  assign all_taken  = take && word_q == WordBits'(Words - 1);

  // A token: q and k move on by a value a row -----------------------------------------------------
  logic [WordsQk*LANES*8-1:0] q_q, k_q;
  logic [WordsV*LANES*8-1:0]  v_q;

  always_ff @(posedge clk_i) begin
    if (take && word_q < WordBits'(WordsQk))
      q_q <= (WordsQk*LANES*8)'({in_word_i, q_q} >> (LANES * 8));
    else if (state_q == Rows) q_q <= q_q >> 8;
    if (take && word_q >= WordBits'(WordsQk) && word_q < WordBits'(2 * WordsQk))
      k_q <= (WordsQk*LANES*8)'({in_word_i, k_q} >> (LANES * 8));
    else if (state_q == Rows) k_q <= k_q >> 8;
    if (take && word_q >= WordBits'(2 * WordsQk))
      v_q <= (WordsV*LANES*8)'({in_word_i, v_q} >> (LANES * 8));
    if (take && word_q == '0) begin
      fresh_q <= in_fresh_i;
      decay_q <= in_decay_i;
    end
  end

  // Rows: 1 is read, 2 is decayed, 3 rounded and written, 4 weighed -------------------------------
  logic [RowBits-1:0]    row_q, row2_q, row3_q;
  logic                  last_row, valid2_q, valid3_q, valid4_q, last2_q, last3_q, last4_q;
  logic                  first4_q, done_q;
  logic [7:0]            q2_q, q3_q, q4_q, k2_q;
  logic [WIDTH_V*32-1:0] states, rounded, states4_q;
  logic [WIDTH_V*32-1:0] outputs;  // as the sums stand
  logic [WIDTH_V*32-1:0] outputs_q;

  assign last_row = row_q == RowBits'(WIDTH_QK - 1);

  weft_ram #(.WORD_BITS(WIDTH_V * 32), .WORDS(WIDTH_QK)) u_state (
    .clk_i,
    .write_valid_i  (valid3_q),
    .write_address_i(row3_q),
    .write_lanes_i  (1'b1),
    .write_data_i   (rounded),
    .read_valid_i   (state_q == Rows),
    .read_address_i (row_q),
    .read_data_o    (states)
  );

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid2_q <= 1'b0;
      valid3_q <= 1'b0;
      valid4_q <= 1'b0;
      done_q   <= 1'b0;
      first4_q <= 1'b1;
      row_q    <= '0;
    end else begin
      valid2_q <= state_q == Rows;
      valid3_q <= valid2_q;
      valid4_q <= valid3_q;
      if (valid4_q) first4_q <= last4_q;
      if (valid4_q && last4_q) done_q <= 1'b1;
      else if (leaves) done_q <= 1'b0;
      if (state_q == Rows) row_q <= last_row ? '0 : row_q + RowBits'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    q2_q      <= q_q[7:0];
    k2_q      <= k_q[7:0];
    row2_q    <= row_q;
    last2_q   <= last_row;
    q3_q      <= q2_q;
    row3_q    <= row2_q;
    last3_q   <= last2_q;
    q4_q      <= q3_q;
    last4_q   <= last3_q;
    states4_q <= rounded;
  end

  for (genvar f = 0; f < WIDTH_V; f++) begin : gen_lane
    logic signed [31:0]         state, weighed_state;
    logic signed [15:0]         product;
    logic signed [NextBits-1:0] next_q;
    logic signed [NextBits-17:0] whole;
    logic signed [SumBits-1:0]  sum_q, weighed;
    logic signed [OutWhole-1:0] out_whole;

    assign state   = fresh_q ? '0 : $signed(states[f*32 +: 32]);
    assign product = 16'($signed(k2_q)) * 16'($signed(v_q[f*8 +: 8]));

    always_ff @(posedge clk_i) begin
      next_q <= NextBits'($signed({1'b0, decay_q})) * NextBits'(state)
          + (NextBits'(product) <<< 28);
    end

    // To the nearest, ties to even: away from the floor where more than half is left, or half of an
    // odd one.
    assign whole = $signed(next_q[NextBits-1:16]) + $signed({{(NextBits-17){1'b0}},
        next_q[15] && (next_q[14:0] != '0 || next_q[16])});
    assign rounded[f*32 +: 32] = (whole > (NextBits-16)'($signed(32'h7FFFFFFF))) ? 32'h7FFFFFFF
        : (whole < (NextBits-16)'($signed(32'h80000000))) ? 32'h80000000 : whole[31:0];

    assign weighed_state = $signed(states4_q[f*32 +: 32]);
    assign weighed       = SumBits'($signed(q4_q)) * SumBits'(weighed_state);

    always_ff @(posedge clk_i) begin
      if (valid4_q) sum_q <= first4_q ? weighed : sum_q + weighed;
    end

    assign out_whole = OutWhole'($signed(sum_q[SumBits-1:12])) + $signed({{(OutWhole-1){1'b0}},
        sum_q[11] && (sum_q[10:0] != '0 || sum_q[12])});
    assign outputs[f*32 +: 32] = (out_whole > OutWhole'($signed(32'h7FFFFFFF))) ? 32'h7FFFFFFF
        : (out_whole < OutWhole'($signed(32'h80000000))) ? 32'h80000000 : out_whole[31:0];
  end

  // Outputs ---------------------------------------------------------------------------------------
  logic               holds_q;
  logic [OutBits-1:0] out_q;

  assign out_valid_o = holds_q;
  assign out_value_o = outputs_q[31:0];
  assign out_last_o  = out_q == OutBits'(WIDTH_V - 1);
  assign free        = !holds_q || (out_ready_i && out_last_o);
  assign leaves      = done_q && free;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      holds_q <= 1'b0;
      out_q   <= '0;
    end else begin
      if (free) holds_q <= done_q;
      if (holds_q && out_ready_i) out_q <= out_last_o ? '0 : out_q + OutBits'(1);
    end
  end

  always_ff @(posedge clk_i) begin
    if (leaves) outputs_q <= outputs;
    else if (out_valid_o && out_ready_i) outputs_q <= outputs_q >> 32;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Load;
      word_q  <= '0;
    end else begin
      unique case (state_q)
        Load: if (take) begin
          word_q <= all_taken ? '0 : word_q + WordBits'(1);
          if (all_taken) state_q <= Rows;
        end
        Rows: if (last_row) state_q <= Settle;
        Settle: if (leaves) state_q <= Load;
      endcase
    end
  end

`ifndef SYNTHESIS
  initial if (WIDTH_QK < 1 || WIDTH_QK > 65536 || WIDTH_V < 1)
    $fatal(1, "weft_linear_state: WIDTH_QK is 1 to 65,536, WIDTH_V at least 1");

  a_decay : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take && word_q == '0 |-> in_decay_i <= 17'd65536)
    else $error("weft_linear_state: a decay is 0 to 1");
  a_out_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_value_o));
`endif

endmodule
