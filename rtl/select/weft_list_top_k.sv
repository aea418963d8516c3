// The top-k engine of token and head pruning: of a list of importances that stands in a store, the
// coordinates of the k largest, in their order. Quick-select finds the k-th, a filter pass reads
// the list once more, compares and compacts.
//
// A selection is taken in cycle t; its rounds take their cycles (weft_quick_select), the filter
// ceil(items / LANES) + 2 + ceil(log2 LANES), and then out_valid_o stands until it is taken; the
// next may be taken in that cycle, so in_ready_o depends on out_ready_i. What is kept comes out
// during the filter pass, a row of LANES at a time, the last in the cycle in which out_valid_o
// rises; nothing holds it.
module weft_list_top_k #(
  parameter  int unsigned LANES      = 16,  // comparators of either array; a power of two
  parameter  int unsigned VALUE_BITS = 32,  // of an unsigned importance
  parameter  int unsigned ROWS       = 64,  // LANES * ROWS are a list's most items
  localparam int unsigned COUNT_BITS = $clog2(LANES * ROWS + 1),
  localparam int unsigned ROW_BITS   = (ROWS <= 1) ? 1 : $clog2(ROWS),
  localparam int unsigned INDEX_BITS = (LANES * ROWS <= 2) ? 1 : $clog2(LANES * ROWS),
  localparam int unsigned TALLY_BITS = $clog2(LANES + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [COUNT_BITS-1:0]       in_items_i,
  input  logic [COUNT_BITS-1:0]       in_kept_i,    // k: 0 keeps none, as many as items or more all
  input  logic [63:0]                 in_seed_i,
  input  logic [31:0]                 in_word_i,    // the seed's word of round 0 (weft_pivot)

  // The store: what is asked for in a cycle stands on store_data_i in the next.
  output logic                        store_valid_o,
  output logic [ROW_BITS-1:0]         store_row_o,
  input  logic [LANES*VALUE_BITS-1:0] store_data_i,

  output logic                        kept_valid_o,
  output logic [LANES*INDEX_BITS-1:0] kept_index_o,  // ascending, in the lowest places
  output logic [TALLY_BITS-1:0]       kept_count_o,

  output logic                        out_valid_o,   // the selection is made
  input  logic                        out_ready_i
);

  localparam int unsigned Layers    = (LANES <= 1) ? 0 : $clog2(LANES);
  localparam int unsigned LATENCY   = 2 + Layers;  // of the filter, behind its last row
  localparam int unsigned WAIT_BITS = $clog2(LATENCY + 1);

  typedef enum logic [2:0] {
    Idle,
    Rounds,
    Filter,   // rows are asked for
    Drain,    // the last of them is on its way
    Done
  } state_e;

  state_e                 state_q;
  logic [COUNT_BITS-1:0]  items_q, left_q;  // items; those whose rows have not been asked for
  logic [ROW_BITS-1:0]    row_q;
  logic [WAIT_BITS-1:0]   wait_q;
  weft_select_pkg::passes_e passes_q;
  logic                   take, roundless, rounds_done, filters;
  logic                   select_ready, select_source;
  logic [ROW_BITS-1:0]    select_row;
  logic [VALUE_BITS-1:0]  threshold;
  logic [COUNT_BITS-1:0]  ties, left;
  logic                   ends;

  assign in_ready_o  = state_q == Idle || (state_q == Done && out_ready_i);
  assign out_valid_o = state_q == Done;
  assign take        = in_valid_i && in_ready_o;
  assign roundless   = in_kept_i == '0 || in_kept_i >= in_items_i;

  weft_quick_select #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .ROWS(ROWS)) u_select (
    .clk_i,
    .rst_ni,
    .start_valid_i (take && !roundless),
    .start_ready_o (select_ready),
    .start_count_i (in_items_i),
    .start_wanted_i(in_kept_i),
    .start_seed_i  (in_seed_i),
    .start_word_i  (in_word_i),
    .source_valid_o(select_source),
    .source_row_o  (select_row),
    .source_data_i (store_data_i),
    .done_valid_o  (rounds_done),
    .threshold_o   (threshold),
    .ties_o        (ties)
  );

  // The filter's rows -----------------------------------------------------------------------------
  logic begins;  // the filter pass, in the cycle in which the k-th largest is known
  assign begins  = (take && roundless) || rounds_done;
  assign left    = take ? in_items_i : rounds_done ? items_q : left_q;
  assign filters = (begins && left != '0) || state_q == Filter;
  assign ends    = 32'(left) <= LANES;

  assign store_valid_o = select_source || filters;
  assign store_row_o   = select_source ? select_row : begins ? '0 : row_q;

  logic                  asked_q, first_q, last_q;
  logic [LANES-1:0]      present_q;
  logic [ROW_BITS-1:0]   asked_row_q;
  logic [LANES-1:0]      present;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    assign present[lane] = 32'(left) > lane;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      asked_q <= 1'b0;
    end else begin
      asked_q <= filters;
      unique case (state_q)
        Idle, Done: begin
          if (take) state_q <= !roundless ? Rounds : ends ? Drain : Filter;
          else if (out_ready_i) state_q <= Idle;
        end
        Rounds: if (rounds_done) state_q <= ends ? Drain : Filter;
        Filter: if (ends) state_q <= Drain;
        Drain:  if (wait_q == '0) state_q <= Done;
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      items_q  <= in_items_i;
      passes_q <= (in_kept_i >= in_items_i) ? weft_select_pkg::PassAll
          : (in_kept_i == '0) ? weft_select_pkg::PassNone : weft_select_pkg::PassThreshold;
    end
    if (filters) begin
      left_q      <= ends ? '0 : left - COUNT_BITS'(LANES);
      row_q       <= begins ? ROW_BITS'(1) : row_q + ROW_BITS'(1);
      asked_row_q <= begins ? '0 : row_q;
      present_q   <= present;
      first_q     <= begins;
      last_q      <= ends;
    end
    // From the cycle behind the last row's on; without a row from the one behind this on.
    if (filters || begins) wait_q <= (left == '0) ? WAIT_BITS'(LATENCY - 2)
        : WAIT_BITS'(LATENCY - 1);
    else if (state_q == Drain) wait_q <= wait_q - WAIT_BITS'(1);
  end

  // Compare, compact ------------------------------------------------------------------------------
  logic                        compared_valid, unused_ready, compact_ready, unused_last;
  logic [LANES*VALUE_BITS-1:0] unused_values;
  logic [LANES-1:0]            compared_keep;
  logic                        compared_last;
  logic [ROW_BITS-1:0]         compared_row_q;
  logic [LANES*INDEX_BITS-1:0] indices;

  weft_comparator_array #(
    .LANES(LANES), .VALUE_BITS(VALUE_BITS), .KEYS(LANES * ROWS)
  ) u_compare (
    .clk_i,
    .rst_ni,
    .in_valid_i    (asked_q),
    .in_ready_o    (unused_ready),
    .in_values_i   (store_data_i),
    .in_present_i  (present_q),
    .in_first_i    (first_q),
    .in_last_i     (last_q),
    .in_passes_i   (passes_q),
    .in_threshold_i(threshold),
    .in_ties_i     (ties),
    .out_valid_o   (compared_valid),
    .out_ready_i   (compact_ready),
    .out_values_o  (unused_values),
    .out_keep_o    (compared_keep),
    .out_last_o    (compared_last)
  );

  always_ff @(posedge clk_i) begin
    if (asked_q) compared_row_q <= asked_row_q;
  end
  for (genvar lane = 0; lane < LANES; lane++) begin : gen_index
    assign indices[lane*INDEX_BITS +: INDEX_BITS] =
        INDEX_BITS'(32'(compared_row_q) * LANES + lane);
  end

  weft_zero_eliminator #(.PLACES(LANES), .WIDTH(INDEX_BITS)) u_compact (
    .clk_i,
    .rst_ni,
    .in_valid_i (compared_valid),
    .in_ready_o (compact_ready),
    .in_data_i  (indices),
    .in_keep_i  (compared_keep),
    .in_last_i  (compared_last),
    .out_valid_o(kept_valid_o),
    .out_ready_i(1'b1),
    .out_data_o (kept_index_o),
    .out_count_o(kept_count_o),
    .out_last_o (unused_last)
  );

  logic unused_values_bits;
  assign unused_values_bits = ^{unused_values, unused_ready, unused_last, select_ready};

`ifndef SYNTHESIS
  a_select_ready : assert property (@(posedge clk_i) disable iff (!rst_ni) take |-> select_ready);
  a_items : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> 32'(in_items_i) <= LANES * ROWS)
    else $error("weft_list_top_k: a list has more than LANES * ROWS items");
  a_filter_open : assert property (@(posedge clk_i) disable iff (!rst_ni)
      asked_q |-> unused_ready);
  a_last : assert property (@(posedge clk_i) disable iff (!rst_ni)
      kept_valid_o && unused_last |-> out_valid_o);
  a_out_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o);
`endif

endmodule
