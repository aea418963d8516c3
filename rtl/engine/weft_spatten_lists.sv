// Who is alive in the SpAtten engine, tokens and heads: what a layer gives to each is added to its
// importance, and behind a layer all but the most important are gone. Between layers the lists
// stand in registers, with the rank of each token among the alive.
//
// begin_i: all tokens and heads are alive. finish_i, behind a layer: importances are added, those
// who are to go are selected, tokens first, and the lists read; heard_o is set in the cycle behind
// the last selection's answer, where there is one. busy_o meanwhile.
module weft_spatten_lists #(
  parameter  int unsigned KEYS      = 128,  // most tokens
  parameter  int unsigned HEADS     = 16,
  localparam int unsigned Lanes     = 8,
  localparam int unsigned KeyBits   = $clog2(KEYS),
  localparam int unsigned CountBits = $clog2(KEYS + 1),
  localparam int unsigned HeadBits  = $clog2(HEADS),
  localparam int unsigned RowBits   = KeyBits - 3
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      begin_i,
  input  logic                      finish_i,
  output logic                      busy_o,
  output logic                      heard_o,
  input  logic [CountBits-1:0]      tokens_i,  // of a run
  input  logic [HeadBits:0]         heads_i,
  input  weft_spatten_pkg::layer_t                    layer_i,

  output logic [CountBits-1:0]      token_count_o,
  output logic [HeadBits:0]         head_count_o,
  output logic [KEYS*KeyBits-1:0]   tokens_o,  // alive, ascending
  output logic [KEYS*CountBits-1:0] ranks_o,   // of each token: how many alive up to it
  output logic [HEADS*HeadBits-1:0] heads_o,

  // What the layer gave: tokens by eights, a head's magnitude added to its importance; a cycle on
  output logic                      sums_valid_o,
  output logic [RowBits-1:0]        sums_row_o,
  input  logic [Lanes*32-1:0]       sums_data_i,
  output logic                      settle_valid_o,
  output logic [HeadBits-1:0]       settle_head_o,
  output logic                      settle_fresh_o,
  input  logic [31:0]               settle_value_i,

  // While not busy: who stands at a place, and its importance; a cycle later
  input  logic [KeyBits-1:0]        place_i,
  output logic [31:0]               token_importance_o,
  output logic [31:0]               head_importance_o
);

  localparam int unsigned HeadRows    = (HEADS + Lanes - 1) / Lanes;
  localparam int unsigned HeadRowBits = (HeadRows <= 1) ? 1 : $clog2(HeadRows);

  typedef enum logic [3:0] {
    Idle,
    Clear,
    Append,        // everybody, by eights
    Settle,        // magnitudes of heads
    AddTokens,     // importances are added
    AddHeads,
    SelectTokens,
    SelectHeads,
    Close,         // who stays closes up
    Read,          // the lists, by eights
    Rank
  } state_e;

  state_e               state_q;
  logic [CountBits-1:0] step_q;  // within the state
  logic                 fresh_q; // no layer of the run has been finished
  logic                 waits_q; // a pruner has been asked

  // The two lists ---------------------------------------------------------------------------------
  logic                      token_busy, head_busy, token_ready, head_ready;
  logic                      token_asks, head_asks, token_out, head_out;
  logic                      token_adds, head_adds, appends, reads, head_gain;
  logic [HeadRowBits-1:0]    head_gain_row;
  logic [Lanes*KeyBits-1:0]  token_ids, read_tokens;
  logic [Lanes*HeadBits-1:0] head_ids, read_heads;
  logic [Lanes-1:0]          token_keep, head_keep;
  logic [Lanes*32-1:0]       read_token_values, read_head_values, head_gains_q;
  logic [HeadRows*Lanes*32-1:0] settled_q;  // by place
  logic [RowBits-1:0]        read_row;
  logic [KeyBits-1:0]        place_q;
  logic                      idle_q;

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [CountBits:0] place;
    assign place = {step_q, 1'b0} * (CountBits + 1)'(Lanes / 2) + (CountBits + 1)'(lane);
    assign token_ids[lane*KeyBits +: KeyBits]  = KeyBits'(place);
    assign head_ids[lane*HeadBits +: HeadBits] = HeadBits'(place);
    assign token_keep[lane] = place < (CountBits + 1)'(tokens_i);
    assign head_keep[lane]  = place < (CountBits + 1)'(heads_i);
  end

  assign appends    = state_q == Append;
  assign token_asks = state_q == SelectTokens && layer_i.tokens_kept != 12'd0;
  assign head_asks  = state_q == SelectHeads && layer_i.heads_kept != 5'd0;
  assign token_adds = state_q == AddTokens && !waits_q;
  assign head_adds  = state_q == AddHeads && !waits_q;
  // Of who stands at a place, once: when it is told, and when the lists are new.
  assign reads      = state_q == Read || (state_q == Idle && (place_i != place_q || !idle_q));
  assign read_row   = (state_q == Read) ? RowBits'(step_q) : RowBits'(place_i >> 3);

  weft_pruner #(.LANES(Lanes), .ID_BITS(KeyBits), .VALUE_BITS(32), .ROWS(KEYS / Lanes)) u_tokens (
    .clk_i,
    .rst_ni,
    .busy_o         (token_busy),
    .count_o        (token_count_o),
    .clear_i        (state_q == Clear),
    .append_valid_i (appends && token_keep != '0),
    .append_ids_i   (token_ids),
    .append_values_i('0),
    .append_keep_i  (token_keep),
    .add_valid_i    (token_adds),
    .add_replaces_i (1'b0),
    .gain_valid_o   (sums_valid_o),
    .gain_row_o     (sums_row_o),
    .gain_values_i  (sums_data_i),
    .in_valid_i     (token_asks && !waits_q),
    .in_ready_o     (token_ready),
    .in_kept_i      (CountBits'(layer_i.tokens_kept)),
    .in_protected_i ('0),
    .in_seed_i      (layer_i.token_seed),
    .in_word_i      (layer_i.token_word),
    .out_valid_o    (token_out),
    .out_ready_i    (1'b1),
    .read_valid_i   (reads && !token_busy),
    .read_row_i     (read_row),
    .read_ids_o     (read_tokens),
    .read_values_o  (read_token_values)
  );
  weft_pruner #(.LANES(Lanes), .ID_BITS(HeadBits), .VALUE_BITS(32), .ROWS(HeadRows)) u_heads (
    .clk_i,
    .rst_ni,
    .busy_o         (head_busy),
    .count_o        (head_count_o),
    .clear_i        (state_q == Clear),
    .append_valid_i (appends && head_keep != '0),
    .append_ids_i   (head_ids),
    .append_values_i('0),
    .append_keep_i  (head_keep),
    .add_valid_i    (head_adds),
    .add_replaces_i (1'b1),
    .gain_valid_o   (head_gain),
    .gain_row_o     (head_gain_row),
    .gain_values_i  (head_gains_q),
    .in_valid_i     (head_asks && !waits_q),
    .in_ready_o     (head_ready),
    .in_kept_i      ((HeadBits + 1)'(layer_i.heads_kept)),
    .in_protected_i ('0),
    .in_seed_i      (layer_i.head_seed),
    .in_word_i      (layer_i.head_word),
    .out_valid_o    (head_out),
    .out_ready_i    (1'b1),
    .read_valid_i   (reads && !head_busy),
    .read_row_i     (HeadRowBits'(read_row)),
    .read_ids_o     (read_heads),
    .read_values_o  (read_head_values)
  );
  always_ff @(posedge clk_i) begin
    if (head_gain) head_gains_q <= settled_q[32'(head_gain_row)*Lanes*32 +: Lanes*32];
  end

  // Magnitudes of the alive heads, one behind another ---------------------------------------------
  logic                settling_q;
  logic [HeadBits-1:0] settling_place_q;

  assign settle_valid_o = state_q == Settle;
  assign settle_head_o  = heads_o[32'(HeadBits'(step_q))*HeadBits +: HeadBits];
  assign settle_fresh_o = fresh_q;
  always_ff @(posedge clk_i) begin
    settling_q       <= settle_valid_o;
    settling_place_q <= HeadBits'(step_q);
    if (settling_q) settled_q[32'(settling_place_q)*32 +: 32] <= settle_value_i;
  end

  // The lists in registers ------------------------------------------------------------------------
  logic [KEYS*KeyBits-1:0]   tokens_q;
  logic [KEYS*CountBits-1:0] ranks_q;
  logic [HEADS*HeadBits-1:0] heads_q;
  logic                      comes_q;   // a row of the lists
  logic [RowBits-1:0]        comes_row_q;
  logic [CountBits-1:0]      rank_q;    // alive before the token in hand
  logic                      alive;     // that it is one of them

  assign tokens_o = tokens_q;
  assign ranks_o  = ranks_q;
  assign heads_o  = heads_q;
  assign alive    = rank_q < token_count_o
      && tokens_q[32'(KeyBits'(rank_q))*KeyBits +: KeyBits] == KeyBits'(step_q);
  always_ff @(posedge clk_i) begin
    comes_q     <= state_q == Read;
    comes_row_q <= read_row;
    if (comes_q) tokens_q[32'(comes_row_q)*Lanes*KeyBits +: Lanes*KeyBits] <= read_tokens;
    if (comes_q && 32'(comes_row_q) < HeadRows) begin
      heads_q[32'(comes_row_q)*Lanes*HeadBits +: Lanes*HeadBits] <= read_heads;
    end
    if (state_q == Rank) begin
      rank_q <= rank_q + CountBits'(alive);
      ranks_q[32'(KeyBits'(step_q))*CountBits +: CountBits] <= rank_q + CountBits'(alive);
    end else begin
      rank_q <= '0;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) idle_q <= 1'b0;
    else idle_q <= state_q == Idle;
  end
  always_ff @(posedge clk_i) place_q <= place_i;
  assign token_importance_o = read_token_values[32'(place_q[2:0])*32 +: 32];
  assign head_importance_o  = read_head_values[32'(place_q[2:0])*32 +: 32];

  // What is done when -----------------------------------------------------------------------------
  logic ends;  // the state
  always_comb begin
    ends = 1'b0;
    unique case (state_q)
      Idle:         ends = begin_i || finish_i;
      Clear:        ends = 1'b1;
      Append:       ends = 32'(step_q) == KEYS / Lanes - 1;
      Settle:       ends = (HeadBits + 1)'(step_q) + (HeadBits + 1)'(1) == head_count_o;
      AddTokens:    ends = waits_q && !token_busy;
      AddHeads:     ends = waits_q && !head_busy;
      SelectTokens: ends = !token_asks || token_out;
      SelectHeads:  ends = !head_asks || head_out;
      Close:        ends = !token_busy && !head_busy;
      Read:         ends = 32'(step_q) == KEYS / Lanes - 1;
      Rank:         ends = 32'(step_q) == KEYS - 1;
    endcase
  end

  assign busy_o = state_q != Idle;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      step_q  <= '0;
      waits_q <= 1'b0;
      heard_o <= 1'b0;
    end else begin
      step_q  <= (ends || state_q == Idle) ? '0 : step_q + CountBits'(1);
      waits_q <= !ends && state_q != Idle;
      heard_o <= (state_q == SelectHeads && head_out)
          || (state_q == SelectTokens && token_out && layer_i.heads_kept == 5'd0);
      if (ends) begin
        unique case (state_q)
          Idle:         state_q <= begin_i ? Clear : Settle;
          Clear:        state_q <= Append;
          Append:       state_q <= Read;
          Settle:       state_q <= AddTokens;
          AddTokens:    state_q <= AddHeads;
          AddHeads:     state_q <= SelectTokens;
          SelectTokens: state_q <= SelectHeads;
          SelectHeads:  state_q <= Close;
          Close:        state_q <= Read;
          Read:         state_q <= Rank;
          Rank:         state_q <= Idle;
        endcase
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (state_q == Clear) fresh_q <= 1'b1;
    else if (state_q == Settle && ends) fresh_q <= 1'b0;
  end

`ifndef SYNTHESIS
  a_asked : assert property (@(posedge clk_i) disable iff (!rst_ni)
      begin_i || finish_i |-> !busy_o)
    else $error("weft_spatten_lists: asked while it is busy");
  a_tokens_ready : assert property (@(posedge clk_i) disable iff (!rst_ni)
      token_asks && !waits_q |-> token_ready);
  a_heads_ready : assert property (@(posedge clk_i) disable iff (!rst_ni)
      head_asks && !waits_q |-> head_ready);
`endif

  logic unused_all;
  assign unused_all = ^{token_ready, head_ready, layer_i};

endmodule
