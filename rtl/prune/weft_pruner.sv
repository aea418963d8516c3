// Cascade pruning's memory of one kind, tokens or heads: who is alive, in order, each with its
// importance. Importances are added up behind a layer; then all but the k most important are gone,
// of equal ones the first stay, and those that stay close up in place.
//
// A selection that is taken in cycle t is answered in the cycle of weft_list_top_k: out_valid_o.
// The list closes up behind that, a row of LANES a cycle; busy_o is set until it has, and while
// importances are added. in_ready_o is set when nothing goes on and no answer waits.
module weft_pruner #(
  parameter  int unsigned LANES      = 16,  // comparators, and places of a row; a power of two
  parameter  int unsigned ID_BITS    = 10,
  parameter  int unsigned VALUE_BITS = 32,  // of an importance: unsigned, or fp32 of 0 and above
  parameter  int unsigned ROWS       = 64,  // LANES * ROWS are the most alive
  localparam int unsigned COUNT_BITS = $clog2(LANES * ROWS + 1),
  localparam int unsigned ROW_BITS   = (ROWS <= 1) ? 1 : $clog2(ROWS),
  localparam int unsigned INDEX_BITS = (LANES * ROWS <= 2) ? 1 : $clog2(LANES * ROWS),
  localparam int unsigned TALLY_BITS = $clog2(LANES + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,
  output logic                        busy_o,
  output logic [COUNT_BITS-1:0]       count_o,  // alive

  // While not busy: nobody is alive, or more are, behind those that there are
  input  logic                        clear_i,
  input  logic                        append_valid_i,
  input  logic [LANES*ID_BITS-1:0]    append_ids_i,
  input  logic [LANES*VALUE_BITS-1:0] append_values_i,
  input  logic [LANES-1:0]            append_keep_i,

  // What a layer gives to each, row by row: asked for in a cycle, there in the next
  input  logic                        add_valid_i,     // begins, while not busy
  input  logic                        add_replaces_i,  // in place of what was
  output logic                        gain_valid_o,
  output logic [ROW_BITS-1:0]         gain_row_o,
  input  logic [LANES*VALUE_BITS-1:0] gain_values_i,

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [COUNT_BITS-1:0]       in_kept_i,       // k
  input  logic [COUNT_BITS-1:0]       in_protected_i,  // the last so many stay whatever they are
                                                       // worth, k at most
  input  logic [63:0]                 in_seed_i,
  input  logic [31:0]                 in_word_i,       // the seed's word of round 0 (weft_pivot)
  output logic                        out_valid_o,
  input  logic                        out_ready_i,

  // While not busy: a row of who is alive, a cycle later
  input  logic                        read_valid_i,
  input  logic [ROW_BITS-1:0]         read_row_i,
  output logic [LANES*ID_BITS-1:0]    read_ids_o,
  output logic [LANES*VALUE_BITS-1:0] read_values_o
);

  localparam int unsigned ENTRY_BITS = ID_BITS + VALUE_BITS;

  typedef enum logic [1:0] {
    Idle,
    Adding,
    Selecting,
    Closing
  } state_e;

  state_e                      state_q;
  logic [COUNT_BITS-1:0]       count_q, count_d, left_q;  // alive; of them not passed over yet
  logic [ROW_BITS-1:0]         row_q, pushed_row_q;
  logic                        pass, pass_q, ends, replaces_q;
  logic                        take, answered;
  logic [LANES*ROWS-1:0]       keep_q;
  logic [COUNT_BITS-1:0]       protect, items;
  logic [LANES-1:0]            present_q;  // of the row that is read in a pass

  logic clk, awake;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(awake), .clk_o(clk));
  assign awake = clear_i || append_valid_i || add_valid_i || in_valid_i || read_valid_i || busy_o
      || out_valid_o;

  assign busy_o     = state_q != Idle || pass_q;
  assign in_ready_o = !busy_o && !out_valid_o;
  assign take       = in_valid_i && in_ready_o;
  assign count_o    = count_q;
  assign protect    = (in_protected_i < in_kept_i) ? in_protected_i : in_kept_i;
  assign items      = count_q - protect;

  // Who is most important -------------------------------------------------------------------------
  logic                        list_ready, store_valid, kept_valid;
  logic [ROW_BITS-1:0]         store_row;
  logic [LANES*INDEX_BITS-1:0] kept_index;
  logic [TALLY_BITS-1:0]       kept_count;
  logic [LANES*VALUE_BITS-1:0] values;

  weft_list_top_k #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .ROWS(ROWS)) u_list (
    .clk_i(clk),
    .rst_ni,
    .in_valid_i   (take),
    .in_ready_o   (list_ready),
    .in_items_i   (items),
    .in_kept_i    (in_kept_i - protect),
    .in_seed_i,
    .in_word_i,
    .store_valid_o(store_valid),
    .store_row_o  (store_row),
    .store_data_i (values),
    .kept_valid_o (kept_valid),
    .kept_index_o (kept_index),
    .kept_count_o (kept_count),
    .out_valid_o,
    .out_ready_i
  );
  assign answered = state_q == Selecting && out_valid_o;

  always_ff @(posedge clk) begin
    if (take) begin
      for (int unsigned i = 0; i < LANES * ROWS; i++) begin
        keep_q[i] <= i >= 32'(items) && i < 32'(count_q);
      end
    end else if (kept_valid) begin
      for (int unsigned place = 0; place < LANES; place++) begin
        if (place < 32'(kept_count)) begin
          keep_q[kept_index[place*INDEX_BITS +: INDEX_BITS]] <= 1'b1;
        end
      end
    end
  end

  // A pass over all that were alive, in place: what is written stands no further on than what was
  // read. -----------------------------------------------------------------------------------------
  logic                        push_valid;
  logic [LANES*ENTRY_BITS-1:0] push_entries, entries;
  logic [LANES-1:0]            push_keep;

  assign pass         = state_q == Adding || state_q == Closing;
  assign ends         = 32'(left_q) <= LANES;
  assign gain_valid_o = state_q == Adding;
  assign gain_row_o   = row_q;
  assign push_valid   = pass_q || (append_valid_i && !busy_o);

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [ID_BITS-1:0]    id;
    logic [VALUE_BITS-1:0] value, gain;
    assign {id, value} = entries[lane*ENTRY_BITS +: ENTRY_BITS];
    assign gain        = gain_values_i[lane*VALUE_BITS +: VALUE_BITS];
    assign values[lane*VALUE_BITS +: VALUE_BITS]        = value;
    assign read_ids_o[lane*ID_BITS +: ID_BITS]          = id;
    assign read_values_o[lane*VALUE_BITS +: VALUE_BITS] = value;

    logic adds_q;
    always_ff @(posedge clk) adds_q <= state_q == Adding;

    assign push_entries[lane*ENTRY_BITS +: ENTRY_BITS] = !pass_q
        ? {append_ids_i[lane*ID_BITS +: ID_BITS], append_values_i[lane*VALUE_BITS +: VALUE_BITS]}
        : {id, !adds_q ? value : replaces_q ? gain : value + gain};
    assign push_keep[lane] = !pass_q ? append_keep_i[lane]
        : present_q[lane] && (adds_q || keep_q[32'(pushed_row_q) * LANES + lane]);
  end

  weft_compact_fifo #(.LANES(LANES), .VALUE_BITS(ENTRY_BITS), .ROWS(ROWS)) u_alive (
    .clk_i(clk),
    .rst_ni,
    .clear_i      (pass ? !pass_q : clear_i && !busy_o),  // entries stay where they are
    .push_valid_i (push_valid),
    .push_values_i(push_entries),
    .push_keep_i  (push_keep),
    .count_d_o    (count_d),
    .read_valid_i (pass || store_valid || read_valid_i),
    .read_row_i   (pass ? row_q : store_valid ? store_row : read_row_i),
    .read_data_o  (entries)
  );

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q <= Idle;
      pass_q  <= 1'b0;
      count_q <= '0;
    end else begin
      pass_q  <= pass;
      count_q <= (pass ? !pass_q : clear_i && !busy_o) ? '0 : count_d;
      unique case (state_q)
        Idle: begin
          if (take) state_q <= Selecting;
          else if (add_valid_i && !busy_o && count_q != '0) state_q <= Adding;
        end
        Selecting: if (answered) state_q <= (left_q == '0) ? Idle : Closing;
        Adding, Closing: if (ends) state_q <= Idle;
      endcase
    end
  end
  always_ff @(posedge clk) begin
    if (state_q == Idle) begin
      left_q     <= count_q;
      row_q      <= '0;
      replaces_q <= add_replaces_i;
    end else if (pass) begin
      left_q <= ends ? '0 : left_q - COUNT_BITS'(LANES);
      row_q  <= row_q + ROW_BITS'(1);
    end
    pushed_row_q <= row_q;
    for (int unsigned lane = 0; lane < LANES; lane++) present_q[lane] <= 32'(left_q) > lane;
  end

`ifndef SYNTHESIS
  a_list_ready : assert property (@(posedge clk) disable iff (!rst_ni) take |-> list_ready)
    else $error("weft_pruner: a selection before the last was answered");
  a_protected : assert property (@(posedge clk) disable iff (!rst_ni)
      take |-> in_protected_i <= count_q)
    else $error("weft_pruner: more protected than alive");
  a_one_at_a_time : assert property (@(posedge clk) disable iff (!rst_ni)
      busy_o |-> !append_valid_i && !add_valid_i && !clear_i && !read_valid_i)
    else $error("weft_pruner: the list is read or changed while it is busy");
  a_out_stays : assert property (@(posedge clk) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o);
`else
  logic unused_ready;
  assign unused_ready = list_ready;
`endif

endmodule
