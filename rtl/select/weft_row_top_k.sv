// The top-k engine of local value pruning: buffers a row of probabilities as it comes, finds the
// k-th largest by quick-select, and sends the buffer to a filter pass once more. One row is
// selected from while the one before is sent and the one behind comes in.
//
// A row is complete in the cycle behind its last beat; the oldest that is complete is selected from
// as soon as the engine is free, and sent from the cycle on in which its k-th largest is known. A
// row that is kept whole takes no rounds and goes as one empty beat; one of which nothing is kept
// takes no rounds, and its values, which no filter reads, are sent as 0.
module weft_row_top_k #(
  parameter  int unsigned LANES      = 16,  // comparators of either array; a power of two
  parameter  int unsigned IN_LANES   = 8,   // probabilities of a beat that comes; divides LANES
  parameter  int unsigned VALUE_BITS = 12,
  parameter  int unsigned ROWS       = 64,  // LANES * ROWS are a row's most values
  parameter  int unsigned BUFFERS    = 3,   // rows held at once, 2 or more
  localparam int unsigned COUNT_BITS = $clog2(LANES * ROWS + 1),
  localparam int unsigned IN_BITS    = $clog2(IN_LANES + 1)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  input  logic                           in_valid_i,
  output logic                           in_ready_o,
  input  logic [IN_LANES*VALUE_BITS-1:0] in_values_i,
  input  logic [IN_BITS-1:0]             in_count_i,  // IN_LANES of all beats but a row's last
  input  logic                           in_last_i,
  input  logic [COUNT_BITS-1:0]          in_kept_i,   // k, as all of these with a row's last beat
  input  logic [63:0]                    in_seed_i,   // of the selection
  input  logic [31:0]                    in_word_i,   // its word of round 0 (weft_pivot)

  output logic                           out_valid_o,
  input  logic                           out_ready_i,
  output logic [LANES*VALUE_BITS-1:0]    out_values_o,
  output logic [LANES-1:0]               out_present_o,
  output logic                           out_first_o,
  output logic                           out_last_o,
  output weft_select_pkg::passes_e       out_passes_o,
  output logic [VALUE_BITS-1:0]          out_threshold_o,
  output logic [COUNT_BITS-1:0]          out_ties_o
);

  localparam int unsigned Parts       = LANES / IN_LANES;  // beats that come to a row of the buffer
  localparam int unsigned ROW_BITS    = (ROWS <= 1) ? 1 : $clog2(ROWS);
  localparam int unsigned PART_BITS   = (Parts <= 1) ? 1 : $clog2(Parts);
  localparam int unsigned BUFFER_BITS = $clog2(BUFFERS);

  typedef enum logic [2:0] {
    Free,
    Coming,
    Complete,
    Selecting,
    Selected
  } stage_e;

  logic [BUFFER_BITS-1:0] tail_q, head_q;  // the buffer that fills or is next to; the oldest row
  logic [ROW_BITS-1:0]    in_row_q;
  logic [PART_BITS-1:0]   in_part_q;
  logic [COUNT_BITS-1:0]  in_held_q;       // values of the row that comes
  logic [COUNT_BITS-1:0]  sent_q;          // values of the oldest row
  logic                   take, fire, out_end;
  logic [BUFFERS-1:0]     free, complete, roundless, selecting;

  // Quick-select ----------------------------------------------------------------------------------
  logic                        start, idle, done, source_valid;
  logic [ROW_BITS-1:0]         source_row;
  logic [LANES*VALUE_BITS-1:0] source_data;
  logic [BUFFERS-1:0]          starts;      // the buffer that is selected from now on
  logic [BUFFERS-1:0]          selected;    // may be sent
  logic [BUFFER_BITS-1:0]      source_q;    // the buffer that is selected from
  logic [COUNT_BITS-1:0]       start_count, start_wanted, ties;
  logic [63:0]                 start_seed;
  logic [31:0]                 start_word;
  logic [VALUE_BITS-1:0]       threshold;

  weft_quick_select #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .ROWS(ROWS)) u_select (
    .clk_i,
    .rst_ni,
    .start_valid_i (start),
    .start_ready_o (idle),
    .start_count_i (start_count),
    .start_wanted_i(start_wanted),
    .start_seed_i  (start_seed),
    .start_word_i  (start_word),
    .source_valid_o(source_valid),
    .source_row_o  (source_row),
    .source_data_i (source_data),
    .done_valid_o  (done),
    .threshold_o   (threshold),
    .ties_o        (ties)
  );

  // Oldest first: a row without rounds is selected at once where no row before it is selected from;
  // the first of the others starts.
  logic                          engine_free;
  logic [BUFFER_BITS-1:0]        oldest [BUFFERS];  // by age
  always_comb begin
    engine_free = idle;
    starts      = '0;
    selected    = '0;
    for (int unsigned age = 0; age < BUFFERS; age++) begin
      if (complete[oldest[age]] && engine_free) begin
        if (roundless[oldest[age]]) begin
          selected[oldest[age]] = 1'b1;
        end else begin
          starts[oldest[age]] = 1'b1;
          engine_free         = 1'b0;
        end
      end
    end
  end
  assign start = |starts;

  for (genvar age = 0; age < BUFFERS; age++) begin : gen_age
    logic [BUFFER_BITS:0] sum;
    assign sum         = {1'b0, head_q} + (BUFFER_BITS + 1)'(age);
    assign oldest[age] = (32'(sum) >= BUFFERS) ? BUFFER_BITS'(32'(sum) - BUFFERS)
        : sum[BUFFER_BITS-1:0];
  end

  // Buffers ---------------------------------------------------------------------------------------
  logic [BUFFERS*LANES*VALUE_BITS-1:0] held_data;
  logic [BUFFERS*COUNT_BITS-1:0]       held_count, held_kept, held_ties;
  logic [BUFFERS*64-1:0]               held_seed;
  logic [BUFFERS*32-1:0]               held_word;
  logic [BUFFERS*VALUE_BITS-1:0]       held_threshold;
  logic [BUFFERS-1:0]                  may_send;

  for (genvar b = 0; b < BUFFERS; b++) begin : gen_buffer
    stage_e                stage_q;
    logic [COUNT_BITS-1:0] count_q, kept_q, ties_q;
    logic [63:0]           seed_q;
    logic [31:0]           word_q;
    logic [VALUE_BITS-1:0] threshold_q;
    logic                  fills, sends, reads;

    assign fills        = take && 32'(tail_q) == b;
    assign sends        = fire && 32'(head_q) == b;
    assign free[b]      = stage_q == Free;
    assign complete[b]  = stage_q == Complete;
    assign selecting[b] = stage_q == Selecting;
    assign roundless[b] = kept_q == '0 || kept_q >= count_q;
    assign may_send[b]  = stage_q == Selected || selected[b] || (selecting[b] && done);

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        stage_q <= Free;
      end else begin
        unique case (stage_q)
          Free:      if (fills) stage_q <= in_last_i ? Complete : Coming;
          Coming:    if (fills && in_last_i) stage_q <= Complete;
          Complete: begin
            if (selected[b]) stage_q <= (sends && out_end) ? Free : Selected;
            else if (starts[b]) stage_q <= Selecting;
          end
          Selecting: if (done) stage_q <= (sends && out_end) ? Free : Selected;
          Selected:  if (sends && out_end) stage_q <= Free;
        endcase
      end
    end
    always_ff @(posedge clk_i) begin
      if (fills && in_last_i) begin
        count_q <= in_held_q + COUNT_BITS'(in_count_i);
        kept_q  <= in_kept_i;
        seed_q  <= in_seed_i;
        word_q  <= in_word_i;
      end
      if (selecting[b] && done) begin
        threshold_q <= threshold;
        ties_q      <= ties;
      end
    end

    // Whoever selects reads it, else its next row to be sent is made ready.
    logic [ROW_BITS-1:0] send_row, read_row;
    assign reads    = source_valid && (start ? starts[b] : selecting[b]);
    assign send_row = (32'(head_q) != b) ? '0 : ROW_BITS'(sent_q / COUNT_BITS'(LANES));
    assign read_row = reads ? source_row
        : (sends && !out_end) ? send_row + ROW_BITS'(1) : send_row;

    for (genvar part = 0; part < Parts; part++) begin : gen_part
      weft_ram #(.WORD_BITS(IN_LANES * VALUE_BITS), .WORDS(ROWS)) u_values (
        .clk_i,
        .write_valid_i  (fills && 32'(in_part_q) == part),
        .write_address_i(in_row_q),
        .write_lanes_i  (1'b1),
        .write_data_i   (in_values_i),
        .read_valid_i   (1'b1),
        .read_address_i (read_row),
        .read_data_o    (held_data[(b*LANES + part*IN_LANES)*VALUE_BITS +: IN_LANES*VALUE_BITS])
      );
    end

    assign held_count[b*COUNT_BITS +: COUNT_BITS]     = count_q;
    assign held_kept[b*COUNT_BITS +: COUNT_BITS]      = kept_q;
    assign held_ties[b*COUNT_BITS +: COUNT_BITS]      = ties_q;
    assign held_seed[b*64 +: 64]                      = seed_q;
    assign held_word[b*32 +: 32]                      = word_q;
    assign held_threshold[b*VALUE_BITS +: VALUE_BITS] = threshold_q;
  end

  always_comb begin
    start_count  = 'x;
    start_wanted = 'x;
    start_seed   = 'x;
    start_word   = 'x;
    for (int unsigned b = 0; b < BUFFERS; b++) begin
      if (starts[b]) begin
        start_count  = held_count[b*COUNT_BITS +: COUNT_BITS];
        start_wanted = held_kept[b*COUNT_BITS +: COUNT_BITS];
        start_seed   = held_seed[b*64 +: 64];
        start_word   = held_word[b*32 +: 32];
      end
    end
  end
  assign source_data = held_data[32'(source_q)*LANES*VALUE_BITS +: LANES*VALUE_BITS];

  // Rows come -------------------------------------------------------------------------------------
  logic coming_q;  // a row has begun to come, and has not ended
  assign in_ready_o = coming_q || free[tail_q];
  assign take       = in_valid_i && in_ready_o;

  // Rows go ---------------------------------------------------------------------------------------
  logic                  whole;
  logic [COUNT_BITS-1:0] count, kept, left;
  logic                  just_done;

  assign count         = held_count[head_q*COUNT_BITS +: COUNT_BITS];
  assign kept          = held_kept[head_q*COUNT_BITS +: COUNT_BITS];
  assign whole         = kept >= count;
  assign left          = whole ? '0 : count - sent_q;
  assign out_valid_o   = may_send[head_q];
  assign fire          = out_valid_o && out_ready_i;
  assign out_first_o   = sent_q == '0;
  assign out_last_o    = 32'(left) <= LANES;
  assign out_end       = out_last_o;
  assign just_done     = selecting[head_q];  // the k-th largest is not in its register yet
  assign out_threshold_o = just_done ? threshold : held_threshold[head_q*VALUE_BITS +: VALUE_BITS];
  assign out_ties_o    = just_done ? ties : held_ties[head_q*COUNT_BITS +: COUNT_BITS];
  assign out_passes_o  = whole ? weft_select_pkg::PassAll
      : (kept == '0) ? weft_select_pkg::PassNone : weft_select_pkg::PassThreshold;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    assign out_present_o[lane] = 32'(left) > lane;
  end
  assign out_values_o = (whole || kept == '0) ? '0
      : held_data[32'(head_q)*LANES*VALUE_BITS +: LANES*VALUE_BITS];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tail_q    <= '0;
      head_q    <= '0;
      coming_q  <= 1'b0;
      in_row_q  <= '0;
      in_part_q <= '0;
      in_held_q <= '0;
      sent_q    <= '0;
    end else begin
      if (take) begin
        coming_q  <= !in_last_i;
        in_held_q <= in_last_i ? '0 : in_held_q + COUNT_BITS'(in_count_i);
        if (in_last_i) begin
          in_row_q  <= '0;
          in_part_q <= '0;
          tail_q    <= (32'(tail_q) == BUFFERS - 1) ? '0 : tail_q + BUFFER_BITS'(1);
        end else if (32'(in_part_q) == Parts - 1) begin
          in_row_q  <= in_row_q + ROW_BITS'(1);
          in_part_q <= '0;
        end else begin
          in_part_q <= in_part_q + PART_BITS'(1);
        end
      end
      if (fire) begin
        sent_q <= out_end ? '0 : sent_q + COUNT_BITS'(LANES);
        if (out_end) head_q <= (32'(head_q) == BUFFERS - 1) ? '0 : head_q + BUFFER_BITS'(1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    for (int unsigned b = 0; b < BUFFERS; b++) begin
      if (starts[b]) source_q <= BUFFER_BITS'(b);
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (IN_LANES == 0 || LANES % IN_LANES != 0) begin
      $fatal(1, "weft_row_top_k: IN_LANES must divide LANES");
    end
    if (BUFFERS < 2) $fatal(1, "weft_row_top_k: BUFFERS must be 2 or more");
  end

  a_full_beats : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take && !in_last_i |-> 32'(in_count_i) == IN_LANES)
    else $error("weft_row_top_k: only a row's last beat may be short");
  a_room : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> 32'(in_held_q) + 32'(in_count_i) <= LANES * ROWS)
    else $error("weft_row_top_k: a row has more values than LANES * ROWS");
  a_one : assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot0(starts));
  a_one_source : assert property (@(posedge clk_i) disable iff (!rst_ni) $onehot0(selecting));
  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_values_o)
      && $stable(out_present_o) && $stable(out_first_o) && $stable(out_last_o)
      && $stable(out_passes_o));
  a_in_ready_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      in_ready_o && !in_valid_i |=> in_ready_o);
`endif

endmodule
