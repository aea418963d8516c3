// The write data of weft_fetcher: asks the buffer for the beats of each transfer and sends them on
// W.
//
// A transfer is drained from DRAIN_DELAY cycles after it was taken on, in order, and no beat of it
// before its AW is presented. The AW need not be accepted: a slave may wait for W before it takes
// AW.
module weft_drain #(
  parameter  int unsigned BEAT_BYTES   = 32,
  parameter  int unsigned BURST_BEATS  = 8,
  parameter  int unsigned OUTSTANDING  = 64,
  parameter  int unsigned TRANSFERS    = 4,
  parameter  int unsigned DRAIN_DELAY  = 4,
  localparam int unsigned BEAT_BITS    = BEAT_BYTES * 8,
  localparam int unsigned BEATS_BITS   = 24 - $clog2(BEAT_BYTES),
  localparam int unsigned BURST_LOG2   = $clog2(BURST_BEATS)
) (
  input  logic                  clk_i,
  input  logic                  rst_ni,

  // A transfer that is written to memory, in the cycle in which it is taken; at most TRANSFERS wait
  input  logic                  transfer_valid_i,
  input  logic                  transfer_slot_i,
  input  logic [BEATS_BITS-1:0] transfer_last_beat_i,  // beats - 1
  input  logic [BURST_LOG2-1:0] transfer_offset_i,     // of the first beat, within its burst's
                                                       // place

  // An AW is presented for the first time; it is of so many beats
  input  logic                  credit_valid_i,
  input  logic [BURST_LOG2:0]   credit_beats_i,

  // To the buffer, which answers in the next cycle
  output logic                  drain_read_o,
  output logic                  drain_slot_o,
  output logic [23:0]           drain_beat_o,
  input  logic [BEAT_BITS-1:0]  drain_data_i,

  output logic                  axi_wvalid_o,
  input  logic                  axi_wready_i,
  output logic [BEAT_BITS-1:0]  axi_wdata_o,
  output logic [BEAT_BYTES-1:0] axi_wstrb_o,
  output weft_axi_pkg::w_t      axi_w_o
);

  localparam int unsigned WAITING_BITS = 1 + BEATS_BITS + BURST_LOG2;
  localparam int unsigned HELD_BITS    = $clog2(TRANSFERS + 1);
  localparam int unsigned CREDIT_BITS  = $clog2(OUTSTANDING * BURST_BEATS + 1);
  localparam int unsigned STAGED       = 3;  // beats held before W: what it takes for one a cycle
  localparam int unsigned STAGED_BITS  = $clog2(STAGED + 1);

  // ---- Transfers, held back until they may be drained ----

  logic                    ripe_valid, ripe_ready, ends;
  logic [WAITING_BITS-1:0] taken, ripe;
  logic                    valid;
  logic [BEATS_BITS-1:0]   last_beat;
  logic [BURST_LOG2-1:0]   offset;
  logic [HELD_BITS-1:0]    unused_count;

  assign taken = {transfer_slot_i, transfer_last_beat_i, transfer_offset_i};

  if (DRAIN_DELAY == 1) begin : gen_no_ripening
    assign ripe_valid = transfer_valid_i;
    assign ripe       = taken;
  end else begin : gen_ripening
    localparam int unsigned STAGES = DRAIN_DELAY - 1;

    logic [STAGES-1:0]              valid_q;
    logic [STAGES*WAITING_BITS-1:0] taken_q;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) valid_q <= '0;
      else         valid_q <= STAGES'({valid_q, transfer_valid_i});
    end
    always_ff @(posedge clk_i) begin
      taken_q <= (STAGES * WAITING_BITS)'({taken_q, taken});
    end

    assign ripe_valid = valid_q[STAGES-1];
    assign ripe       = taken_q[(STAGES-1)*WAITING_BITS +: WAITING_BITS];
  end

  weft_fifo #(.WIDTH(WAITING_BITS), .DEPTH(TRANSFERS)) u_transfers (
    .clk_i, .rst_ni, .count_o (unused_count),
    .in_valid_i  (ripe_valid), .in_ready_o (ripe_ready), .in_data_i (ripe),
    .out_valid_o (valid), .out_ready_i (ends), .out_data_o ({drain_slot_o, last_beat, offset})
  );

  // ---- Beats: one a cycle while there is credit and room ----

  logic [BEATS_BITS-1:0]  beat_q;
  logic [BURST_LOG2-1:0]  place;          // of the beat within its burst's place
  logic [CREDIT_BITS-1:0] credit_q;       // beats whose AW was presented and that were not asked
                                          // for
  logic                   fetched_q, fetched_last_q, staged_ready;
  logic [STAGED_BITS-1:0] staged_count;

  assign drain_read_o = valid && credit_q != '0
                        && {1'b0, staged_count} + (STAGED_BITS + 1)'(fetched_q)
                        < (STAGED_BITS + 1)'(STAGED);
  assign drain_beat_o = 24'(beat_q);
  assign ends         = drain_read_o && beat_q == last_beat;
  assign place        = beat_q[BURST_LOG2-1:0] + offset;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      beat_q    <= '0;
      credit_q  <= '0;
      fetched_q <= 1'b0;
    end else begin
      if (drain_read_o) beat_q <= ends ? '0 : beat_q + BEATS_BITS'(1);
      credit_q  <= credit_q + (credit_valid_i ? CREDIT_BITS'(credit_beats_i) : '0)
          - CREDIT_BITS'(drain_read_o);
      fetched_q <= drain_read_o;
    end
  end
  always_ff @(posedge clk_i) begin
    fetched_last_q <= ends || place == '1;
  end

  weft_fifo #(.WIDTH(BEAT_BITS + 1), .DEPTH(STAGED)) u_staged (
    .clk_i, .rst_ni, .count_o (staged_count),
    .in_valid_i  (fetched_q), .in_ready_o (staged_ready),
    .in_data_i ({fetched_last_q, drain_data_i}),
    .out_valid_o (axi_wvalid_o), .out_ready_i (axi_wready_i),
    .out_data_o ({axi_w_o.last, axi_wdata_o})
  );

  assign axi_wstrb_o = '1;

`ifndef SYNTHESIS
  initial begin
    if (DRAIN_DELAY == 0) $fatal(1, "weft_drain: DRAIN_DELAY must be above 0");
  end

  a_ripe : assert property (@(posedge clk_i) disable iff (!rst_ni) ripe_valid |-> ripe_ready);
  a_staged : assert property (@(posedge clk_i) disable iff (!rst_ni) fetched_q |-> staged_ready);
  a_credit : assert property (@(posedge clk_i) disable iff (!rst_ni)
      32'(credit_q) <= OUTSTANDING * BURST_BEATS);
  a_w_stable : assert property (@(posedge clk_i) disable iff (!rst_ni) axi_wvalid_o && !axi_wready_i
      |=> axi_wvalid_o && $stable(axi_wdata_o) && $stable(axi_w_o));
`endif

endmodule
