// The k-th largest of up to LANES * ROWS values by quick-select (HPCA 2021, section IV-B), as
// select::quick_select. A round compares all candidates, LANES a cycle, with a pivot among them:
// those above it go into one FIFO, those below into the other, those equal are counted; the next
// round takes one FIFO, and writes into both as it reads, since less is kept than has been read.
//
// A round of n candidates takes ceil(n / LANES) + 3 cycles: one for the pivot's place, in which a
// selection is also taken in, its word, the candidates, and one behind for the last compaction. The
// first round's candidates are read from whoever holds them, by rows: what is asked for in a cycle
// has to stand on source_data_i in the next.
module weft_quick_select #(
  parameter  int unsigned LANES      = 16,  // a power of two: comparators of either array
  parameter  int unsigned VALUE_BITS = 12,  // of an unsigned value
  parameter  int unsigned ROWS       = 64,
  localparam int unsigned COUNT_BITS = $clog2(LANES * ROWS + 1),
  localparam int unsigned ROW_BITS   = (ROWS <= 1) ? 1 : $clog2(ROWS)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        start_valid_i,
  output logic                        start_ready_o,
  input  logic [COUNT_BITS-1:0]       start_count_i,   // 2 ... LANES * ROWS values
  input  logic [COUNT_BITS-1:0]       start_wanted_i,  // k, 1 ... count - 1
  input  logic [63:0]                 start_seed_i,
  input  logic [31:0]                 start_word_i,    // the seed's word of round 0 (weft_pivot)

  output logic                        source_valid_o,
  output logic [ROW_BITS-1:0]         source_row_o,
  input  logic [LANES*VALUE_BITS-1:0] source_data_i,

  output logic                        done_valid_o,    // for a cycle, the one behind the last round
  output logic [VALUE_BITS-1:0]       threshold_o,     // the k-th largest, until the next is done
  output logic [COUNT_BITS-1:0]       ties_o           // so many equal ones are among the k
);

  localparam int unsigned LaneLog    = (LANES <= 1) ? 0 : $clog2(LANES);
  localparam int unsigned LANE_BITS  = (LaneLog == 0) ? 1 : LaneLog;
  localparam int unsigned TALLY_BITS = $clog2(LANES + 1);
  localparam logic [63:0] Golden     = 64'h9E3779B97F4A7C15;

  typedef enum logic [1:0] {
    Idle,    // may take a selection, which is its first round's first cycle
    Place,   // another round's first cycle: where the pivot stands
    Word,    // the pivot's word is there
    Stream   // candidates come, are compared and compacted
  } state_e;
  typedef enum logic [1:0] {
    FromSource,
    FromAbove,
    FromBelow
  } from_e;

  state_e                state_q;
  from_e                 from_q;    // the candidates of the round
  logic [COUNT_BITS-1:0] count_q;   // candidates that have not been compared
  logic [COUNT_BITS-1:0] wanted_q;
  logic [COUNT_BITS-1:0] equal_q;   // of the round, up to now
  logic [63:0]           seed_q;    // state of the last round whose word was asked for
  logic [LANE_BITS-1:0]  lane_q;    // of the pivot in its word
  logic [VALUE_BITS-1:0] pivot_q;
  logic [ROW_BITS-1:0]   row_q;     // next to be asked for
  logic                  start;

  logic clk, awake;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(awake), .clk_o(clk));
  assign awake = start_valid_i || state_q != Idle || done_valid_o;

  assign start_ready_o = state_q == Idle;
  assign start         = start_valid_i && start_ready_o;

  // Where the pivot stands: word * candidates / 2^32 ----------------------------------------------
  logic                    begins;  // a round's first cycle
  logic                    pivot_valid;
  logic [31:0]             next_word, word;
  logic [COUNT_BITS-1:0]   candidates;
  logic [32+COUNT_BITS-1:0] scaled;
  logic [COUNT_BITS-1:0]   position;
  logic [63:0]             next_seed;

  assign begins     = start || state_q == Place;
  assign word       = start ? start_word_i : next_word;
  assign candidates = start ? start_count_i : count_q;
  assign scaled     = {{COUNT_BITS{1'b0}}, word} * {32'b0, candidates};
  assign position   = scaled[32 +: COUNT_BITS];
  assign next_seed  = start ? start_seed_i + (Golden << 1) : seed_q + Golden;

  // The word of the round after this one, while this one runs.
  weft_pivot u_pivot (
    .clk_i(clk),
    .rst_ni,
    .in_valid_i (begins),
    .in_state_i (next_seed),
    .out_valid_o(pivot_valid),
    .word_o     (next_word)
  );

  logic unused_pivot;
  assign unused_pivot = ^{scaled[31:0], pivot_valid};  // it is read by an assertion

  // Reads -----------------------------------------------------------------------------------------
  logic                        more;  // candidates of the round to be asked for
  logic                        read;
  logic [ROW_BITS-1:0]         read_row;
  logic [LANES*VALUE_BITS-1:0] above_data, below_data, data;

  assign more     = 32'(count_q) > LANES;
  assign read     = begins || state_q == Word || (state_q == Stream && more);
  assign read_row = begins ? ROW_BITS'(position >> LaneLog) : row_q;

  assign source_valid_o = read && (start || (state_q != Place && from_q == FromSource));
  assign source_row_o   = read_row;

  always_comb begin
    unique case (from_q)
      FromSource: data = source_data_i;
      FromAbove:  data = above_data;
      FromBelow:  data = below_data;
      default:    data = 'x;
    endcase
  end

  // Comparison ------------------------------------------------------------------------------------
  logic                        compares;  // a row of candidates is there
  logic [LANES-1:0]            above_d, equal_d, below_d;
  logic                        compared_q, last_q;
  logic [LANES-1:0]            above_q, equal_lanes_q, below_q;
  logic [LANES*VALUE_BITS-1:0] values_q;

  assign compares = state_q == Stream && count_q != '0;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [VALUE_BITS-1:0] value;
    logic                  present;
    assign value         = data[lane*VALUE_BITS +: VALUE_BITS];
    assign present       = 32'(count_q) > lane;
    assign above_d[lane] = present && value > pivot_q;
    assign equal_d[lane] = present && value == pivot_q;
    assign below_d[lane] = present && value < pivot_q;
  end

  // Compaction, and after the last what the round has found ---------------------------------------
  logic [COUNT_BITS-1:0]       above_count, below_count, equal_count, up_to_equal;
  logic [LANES*TALLY_BITS-1:0] unused_equal_before;
  logic [TALLY_BITS-1:0]       equal_tally;
  logic                        ends, found, goes_above;

  weft_prefix_count #(.LANES(LANES)) u_equal (
    .valid_i (compared_q),
    .bits_i  (equal_lanes_q),
    .before_o(unused_equal_before),
    .total_o (equal_tally)
  );

  weft_compact_fifo #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .ROWS(ROWS)) u_above (
    .clk_i(clk),
    .rst_ni,
    .clear_i      (begins),
    .push_valid_i (compared_q),
    .push_values_i(values_q),
    .push_keep_i  (above_q),
    .count_d_o    (above_count),
    .read_valid_i (read && !start && from_q == FromAbove),
    .read_row_i   (read_row),
    .read_data_o  (above_data)
  );
  weft_compact_fifo #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .ROWS(ROWS)) u_below (
    .clk_i(clk),
    .rst_ni,
    .clear_i      (begins),
    .push_valid_i (compared_q),
    .push_values_i(values_q),
    .push_keep_i  (below_q),
    .count_d_o    (below_count),
    .read_valid_i (read && !start && from_q == FromBelow),
    .read_row_i   (read_row),
    .read_data_o  (below_data)
  );

  assign equal_count = equal_q + COUNT_BITS'(equal_tally);
  assign up_to_equal = above_count + equal_count;
  assign ends        = compared_q && last_q;
  assign goes_above  = above_count >= wanted_q;
  assign found       = !goes_above && up_to_equal >= wanted_q;

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      state_q      <= Idle;
      compared_q   <= 1'b0;
      done_valid_o <= 1'b0;
    end else begin
      compared_q   <= compares;
      done_valid_o <= ends && found;
      unique case (state_q)
        Idle:   if (start) state_q <= Word;
        Place:  state_q <= Word;
        Word:   state_q <= Stream;
        Stream: if (ends) state_q <= found ? Idle : Place;
      endcase
    end
  end

  always_ff @(posedge clk) begin
    if (start) begin
      from_q   <= FromSource;
      count_q  <= start_count_i;
      wanted_q <= start_wanted_i;
    end
    if (begins) begin
      seed_q  <= next_seed;
      lane_q  <= position[LANE_BITS-1:0] & LANE_BITS'(LANES - 1);
      row_q   <= '0;
      equal_q <= '0;
    end
    if (read && !begins) row_q <= row_q + ROW_BITS'(1);
    if (state_q == Word) pivot_q <= data[lane_q*VALUE_BITS +: VALUE_BITS];
    if (compares) begin
      above_q       <= above_d;
      equal_lanes_q <= equal_d;
      below_q       <= below_d;
      values_q      <= data;
      last_q        <= !more;
      count_q       <= more ? count_q - COUNT_BITS'(LANES) : '0;
    end
    if (compared_q) equal_q <= equal_count;
    if (ends) begin
      if (found) begin
        threshold_o <= pivot_q;
        ties_o      <= wanted_q - above_count;
      end else if (goes_above) begin
        from_q  <= FromAbove;
        count_q <= above_count;
      end else begin
        from_q   <= FromBelow;
        count_q  <= below_count;
        wanted_q <= wanted_q - up_to_equal;
      end
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (LANES == 0 || (LANES & (LANES - 1)) != 0) begin
      $fatal(1, "weft_quick_select: LANES must be a power of two");
    end
  end

  a_start : assert property (@(posedge clk) disable iff (!rst_ni)
      start |-> start_wanted_i != '0 && start_wanted_i < start_count_i
      && 32'(start_count_i) <= LANES * ROWS)
    else $error("weft_quick_select: k of count, with 1 <= k < count <= LANES * ROWS");
  logic word_ready_q;  // the next round's word is there
  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) word_ready_q <= 1'b0;
    else word_ready_q <= !begins && (word_ready_q || pivot_valid);
  end
  a_word : assert property (@(posedge clk) disable iff (!rst_ni)
      state_q == Place |-> word_ready_q);
  a_some : assert property (@(posedge clk) disable iff (!rst_ni)
      state_q == Place |-> wanted_q != '0 && wanted_q <= count_q);
  a_fewer : assert property (@(posedge clk) disable iff (!rst_ni)
      ends && !found |-> goes_above || below_count != '0);
`endif

endmodule
