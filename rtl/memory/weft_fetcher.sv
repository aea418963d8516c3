// Moves tiles between memory and the buffers over AXI4: takes transfers in order, cuts them into
// bursts, steers what is read to where it belongs, sends what is drained, and reports each transfer
// when its last response is in.
//
// A transfer taken in cycle t shows its first AR or AW in t + 1 if no older request waits, and the
// next request follows in the cycle after a handshake: at most one a cycle over both channels.
// Responses are never held up. See docs/units/memory/fetcher.md for the timing of every port.
module weft_fetcher #(
  parameter  int unsigned BEAT_BYTES  = 32,  // a power of two
  parameter  int unsigned BURST_BEATS = 8,   // a power of two; no burst crosses a multiple of
                                             // BURST_BEATS * BEAT_BYTES
  parameter  int unsigned OUTSTANDING = 64,  // most requests under way
  parameter  int unsigned TRANSFERS   = 4,   // most transfers under way
  parameter  int unsigned DRAIN_DELAY = 4,   // least cycles from taking a transfer to its first
                                             // drain_read_o
  parameter  int unsigned AXI_ID      = 0,   // of all its requests
  localparam int unsigned BEAT_BITS   = BEAT_BYTES * 8
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,

  // From the sequencer, and back to it; held until it is taken
  input  logic                       transfer_valid_i,
  output logic                       transfer_ready_o,  // always set unless TRANSFERS are under way
  input  weft_engine_pkg::transfer_t transfer_i,
  output logic                       done_valid_o,      // the oldest transfer is complete
  output logic [1:0]                 done_target_o,
  output logic                       error_o,           // a response that is not OKAY, in its cycle

  // What is read, in the cycle of its beat
  output logic                       fill_valid_o,
  output logic [1:0]                 fill_target_o,
  output logic                       fill_slot_o,
  output logic [23:0]                fill_beat_o,       // within the transfer
  output logic [BEAT_BITS-1:0]       fill_data_o,

  // What is written, one cycle after it is asked for
  output logic                       drain_read_o,
  output logic                       drain_slot_o,
  output logic [23:0]                drain_beat_o,      // within the transfer
  input  logic [BEAT_BITS-1:0]       drain_data_i,

  // Counted at the handshake of AR or AW
  input  logic                       clear_i,
  output logic [63:0]                read_requests_o,
  output logic [63:0]                write_requests_o,
  output logic [63:0]                bytes_read_o,
  output logic [63:0]                bytes_written_o,

  output logic                       axi_arvalid_o,
  input  logic                       axi_arready_i,
  output weft_axi_pkg::ax_t          axi_ar_o,
  input  logic                       axi_rvalid_i,
  output logic                       axi_rready_o,
  input  logic [BEAT_BITS-1:0]       axi_rdata_i,
  input  weft_axi_pkg::r_t           axi_r_i,
  output logic                       axi_awvalid_o,
  input  logic                       axi_awready_i,
  output weft_axi_pkg::ax_t          axi_aw_o,
  output logic                       axi_wvalid_o,
  input  logic                       axi_wready_i,
  output logic [BEAT_BITS-1:0]       axi_wdata_o,
  output logic [BEAT_BYTES-1:0]      axi_wstrb_o,
  output weft_axi_pkg::w_t           axi_w_o,
  input  logic                       axi_bvalid_i,
  output logic                       axi_bready_o,
  input  weft_axi_pkg::b_t           axi_b_i
);

  localparam int unsigned BEAT_LOG2    = $clog2(BEAT_BYTES);
  localparam int unsigned BURST_LOG2   = $clog2(BURST_BEATS);
  localparam int unsigned ADDRESS_BITS = 64 - BEAT_LOG2;  // of a beat
  localparam int unsigned BEATS_BITS   = 24 - BEAT_LOG2;  // beats of a transfer
  localparam int unsigned BURSTS_BITS  = BEATS_BITS + 1 - BURST_LOG2;
  localparam int unsigned INDEX_BITS   = (TRANSFERS <= 1) ? 1 : $clog2(TRANSFERS);
  localparam int unsigned HELD_BITS    = $clog2(TRANSFERS + 1);
  localparam int unsigned WAY_BITS     = $clog2(OUTSTANDING + 1);
  localparam logic [weft_axi_pkg::IdBits-1:0] AxiId = weft_axi_pkg::IdBits'(AXI_ID);

  // ---- The transfers under way: a ring of entries, from taking to done ----

  logic [1:0]              target_q     [TRANSFERS];
  logic                    slot_q       [TRANSFERS];
  logic                    write_q      [TRANSFERS];
  logic [ADDRESS_BITS-1:0] address_q    [TRANSFERS];  // of the next request, in beats
  logic [BEATS_BITS-1:0]   left_q       [TRANSFERS];  // beats not yet requested
  logic [BEATS_BITS-1:0]   last_beat_q  [TRANSFERS];  // index of the last beat
  logic [BURST_LOG2-1:0]   offset_q     [TRANSFERS];  // of the first beat, within its burst's place
  logic [BURSTS_BITS-1:0]  last_burst_q [TRANSFERS];  // index of the last burst

  logic [INDEX_BITS-1:0]   tail_q, head_q;            // the next free entry, the oldest transfer
  logic [HELD_BITS-1:0]    held_q;
  logic [TRANSFERS-1:0]    answered_q, answered_d;    // the last response is in

  logic                    take, take_write, done;
  logic [BEATS_BITS-1:0]   take_beats, take_last_beat;
  logic [BURST_LOG2-1:0]   take_offset;

  // Queues of entries waiting for their requests, their data and their responses, each as deep as
  // there are entries.
  logic [2:0]              queue_ready;
  logic [3*HELD_BITS-1:0]  unused_count;

  function automatic logic [INDEX_BITS-1:0] after(input logic [INDEX_BITS-1:0] index);
    after = (index == INDEX_BITS'(TRANSFERS - 1)) ? '0 : index + INDEX_BITS'(1);
  endfunction

  assign transfer_ready_o = held_q != HELD_BITS'(TRANSFERS);
  assign take             = transfer_valid_i && transfer_ready_o;
  assign take_write       = transfer_i.target == weft_engine_pkg::TargetOut;
  assign take_beats       = transfer_i.bytes[23:BEAT_LOG2];
  assign take_last_beat   = take_beats - BEATS_BITS'(1);
  assign take_offset      = transfer_i.address[BEAT_LOG2 +: BURST_LOG2];

  // ---- Requests: the oldest transfer that is not yet asked for in full ----

  logic                    cut_valid, cut_write, cut_last;
  logic [INDEX_BITS-1:0]   cut;
  logic [ADDRESS_BITS-1:0] cut_address;
  logic [BEATS_BITS-1:0]   cut_left;
  // beats to the end of the burst's place; of this request
  logic [BURST_LOG2:0]     cut_room, cut_beats;
  logic [7:0]              cut_length;
  logic [WAY_BITS-1:0]     way_q;                // requests without their last response
  logic                    read_sent, write_sent, sent, read_ended;

  weft_fifo #(.WIDTH(INDEX_BITS), .DEPTH(TRANSFERS)) u_cut (
    .clk_i, .rst_ni, .count_o (unused_count[0*HELD_BITS +: HELD_BITS]),
    .in_valid_i  (take), .in_ready_o (queue_ready[0]), .in_data_i (tail_q),
    .out_valid_o (cut_valid), .out_ready_i (sent && cut_last), .out_data_o (cut)
  );

  assign cut_write   = write_q[cut];
  assign cut_address = address_q[cut];
  assign cut_left    = left_q[cut];
  assign cut_room    = (BURST_LOG2 + 1)'(BURST_BEATS) - {1'b0, cut_address[BURST_LOG2-1:0]};
  assign cut_last    = cut_left <= BEATS_BITS'(cut_room);
  assign cut_beats   = cut_last ? cut_left[BURST_LOG2:0] : cut_room;
  assign cut_length  = 8'(cut_beats) - 8'd1;

  assign axi_arvalid_o = cut_valid && !cut_write && way_q != WAY_BITS'(OUTSTANDING);
  assign axi_awvalid_o = cut_valid && cut_write && way_q != WAY_BITS'(OUTSTANDING);
  always_comb begin
    axi_ar_o       = '0;
    axi_ar_o.id    = AxiId;
    axi_ar_o.addr  = {cut_address, BEAT_LOG2'(0)};
    axi_ar_o.len   = cut_length;
    axi_ar_o.size  = 3'(BEAT_LOG2);
    axi_ar_o.burst = weft_axi_pkg::BurstIncr;
    axi_ar_o.cache = weft_axi_pkg::CacheBufferable;
    axi_ar_o.prot  = weft_axi_pkg::ProtData;
  end
  assign axi_aw_o = axi_ar_o;

  assign read_sent  = axi_arvalid_o && axi_arready_i;
  assign write_sent = axi_awvalid_o && axi_awready_i;
  assign sent       = read_sent || write_sent;
  assign read_ended = axi_rvalid_i && axi_r_i.last;

  always_ff @(posedge clk_i) begin
    if (take) begin
      target_q[tail_q]     <= transfer_i.target;
      slot_q[tail_q]       <= transfer_i.slot;
      write_q[tail_q]      <= take_write;
      address_q[tail_q]    <= transfer_i.address[63:BEAT_LOG2];
      left_q[tail_q]       <= take_beats;
      last_beat_q[tail_q]  <= take_last_beat;
      offset_q[tail_q]     <= take_offset;
      last_burst_q[tail_q] <= BURSTS_BITS'(
          ({1'b0, take_last_beat} + (BEATS_BITS + 1)'(take_offset)) >> BURST_LOG2);
    end
    if (sent) begin
      address_q[cut] <= {cut_address[ADDRESS_BITS-1:BURST_LOG2] + 1'b1, BURST_LOG2'(0)};
      left_q[cut]    <= cut_left - BEATS_BITS'(cut_beats);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) way_q <= '0;
    else         way_q <= way_q + WAY_BITS'(sent) - WAY_BITS'(read_ended) - WAY_BITS'(axi_bvalid_i);
  end

  // ---- What is read: straight to where the oldest unfilled transfer wants it ----

  logic                  fill_valid, fill_ends;
  logic [INDEX_BITS-1:0] fill;
  logic [BEATS_BITS-1:0] fill_beat_q;
  logic [BURST_LOG2-1:0] fill_place;  // of the beat within its burst's place

  weft_fifo #(.WIDTH(INDEX_BITS), .DEPTH(TRANSFERS)) u_fill (
    .clk_i, .rst_ni, .count_o (unused_count[1*HELD_BITS +: HELD_BITS]),
    .in_valid_i  (take && !take_write), .in_ready_o (queue_ready[1]), .in_data_i (tail_q),
    .out_valid_o (fill_valid), .out_ready_i (fill_ends), .out_data_o (fill)
  );

  assign axi_rready_o  = 1'b1;
  assign fill_valid_o  = fill_valid && axi_rvalid_i;
  assign fill_ends     = fill_valid_o && fill_beat_q == last_beat_q[fill];
  assign fill_place    = fill_beat_q[BURST_LOG2-1:0] + offset_q[fill];
  assign fill_target_o = target_q[fill];
  assign fill_slot_o   = slot_q[fill];
  assign fill_beat_o   = 24'(fill_beat_q);
  assign fill_data_o   = axi_rdata_i;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)           fill_beat_q <= '0;
    else if (fill_valid_o) fill_beat_q <= fill_ends ? '0 : fill_beat_q + BEATS_BITS'(1);
  end

  // ---- What is written: no beat before its AW is presented ----

  // AW is presented now for the first time; was presented, and not accepted
  logic announce, announced_q;

  assign announce = axi_awvalid_o && !announced_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) announced_q <= 1'b0;
    else         announced_q <= axi_awvalid_o && !axi_awready_i;
  end

  weft_drain #(
    .BEAT_BYTES  (BEAT_BYTES),
    .BURST_BEATS (BURST_BEATS),
    .OUTSTANDING (OUTSTANDING),
    .TRANSFERS   (TRANSFERS),
    .DRAIN_DELAY (DRAIN_DELAY)
  ) u_drain (
    .clk_i, .rst_ni,
    .transfer_valid_i     (take && take_write),
    .transfer_slot_i      (transfer_i.slot),
    .transfer_last_beat_i (take_last_beat),
    .transfer_offset_i    (take_offset),
    .credit_valid_i       (announce),
    .credit_beats_i       (cut_beats),
    .drain_read_o, .drain_slot_o, .drain_beat_o, .drain_data_i,
    .axi_wvalid_o, .axi_wready_i, .axi_wdata_o, .axi_wstrb_o, .axi_w_o
  );

  // ---- Write responses ----

  logic                   answer_valid, answer_ends;
  logic [INDEX_BITS-1:0]  answer;
  logic [BURSTS_BITS-1:0] answer_burst_q;

  weft_fifo #(.WIDTH(INDEX_BITS), .DEPTH(TRANSFERS)) u_answer (
    .clk_i, .rst_ni, .count_o (unused_count[2*HELD_BITS +: HELD_BITS]),
    .in_valid_i  (take && take_write), .in_ready_o (queue_ready[2]), .in_data_i (tail_q),
    .out_valid_o (answer_valid), .out_ready_i (answer_ends), .out_data_o (answer)
  );

  assign axi_bready_o = 1'b1;
  assign answer_ends  = answer_valid && axi_bvalid_i && answer_burst_q == last_burst_q[answer];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni)                           answer_burst_q <= '0;
    else if (answer_valid && axi_bvalid_i) answer_burst_q <= answer_ends ? '0
        : answer_burst_q + BURSTS_BITS'(1);
  end

  // ---- Completion, oldest first, one a cycle ----

  always_comb begin
    answered_d = answered_q;
    if (fill_ends)   answered_d[fill]   = 1'b1;
    if (answer_ends) answered_d[answer] = 1'b1;
  end

  assign done          = held_q != '0 && answered_d[head_q];
  assign done_valid_o  = done;
  assign done_target_o = target_q[head_q];
  assign error_o       = (axi_rvalid_i && axi_r_i.resp != weft_axi_pkg::RespOkay)
      || (axi_bvalid_i && axi_b_i.resp != weft_axi_pkg::RespOkay);

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      tail_q     <= '0;
      head_q     <= '0;
      held_q     <= '0;
      answered_q <= '0;
    end else begin
      if (take) tail_q <= after(tail_q);
      held_q     <= held_q + HELD_BITS'(take) - HELD_BITS'(done);
      answered_q <= answered_d;
      if (done) begin
        head_q             <= after(head_q);
        answered_q[head_q] <= 1'b0;
      end
    end
  end

  // ---- Counters ----

  logic [63:0]             read_requests_q, write_requests_q;
  logic [ADDRESS_BITS-1:0] beats_read_q, beats_written_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_requests_q  <= '0;
      write_requests_q <= '0;
      beats_read_q     <= '0;
      beats_written_q  <= '0;
    end else if (clear_i) begin
      read_requests_q  <= '0;
      write_requests_q <= '0;
      beats_read_q     <= '0;
      beats_written_q  <= '0;
    end else begin
      if (read_sent) begin
        read_requests_q <= read_requests_q + 64'd1;
        beats_read_q    <= beats_read_q + ADDRESS_BITS'(cut_beats);
      end
      if (write_sent) begin
        write_requests_q <= write_requests_q + 64'd1;
        beats_written_q  <= beats_written_q + ADDRESS_BITS'(cut_beats);
      end
    end
  end

  assign read_requests_o  = read_requests_q;
  assign write_requests_o = write_requests_q;
  assign bytes_read_o     = {beats_read_q, BEAT_LOG2'(0)};
  assign bytes_written_o  = {beats_written_q, BEAT_LOG2'(0)};

  // Responses are this unit's own: whoever joins several masters goes by the ID.
  logic unused_id;
  assign unused_id = ^{axi_r_i.id, axi_b_i.id};

`ifndef SYNTHESIS
  initial begin
    if (BEAT_BYTES < 2 || BEAT_BYTES > 128 || (BEAT_BYTES & (BEAT_BYTES - 1)) != 0) begin
      $fatal(1, "weft_fetcher: BEAT_BYTES must be a power of two from 2 to 128");
    end
    if (BURST_BEATS < 2 || BURST_BEATS > 256 || (BURST_BEATS & (BURST_BEATS - 1)) != 0) begin
      $fatal(1, "weft_fetcher: BURST_BEATS must be a power of two from 2 to 256");
    end
    if (BURST_BEATS * BEAT_BYTES > 4096) $fatal(1, "weft_fetcher: a burst may not cross 4 KiB");
    if (AXI_ID >= (1 << weft_axi_pkg::IdBits)) $fatal(1, "weft_fetcher: AXI_ID has too many bits");
    if (OUTSTANDING == 0 || TRANSFERS == 0 || DRAIN_DELAY == 0) begin
      $fatal(1, "weft_fetcher: OUTSTANDING, TRANSFERS and DRAIN_DELAY must be above 0");
    end
  end

  // What the sequencer owes
  a_transfer_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      transfer_valid_i && !transfer_ready_o |=> transfer_valid_i && $stable(transfer_i))
    else $error("weft_fetcher: a transfer was withdrawn or changed");
  a_transfer_bytes : assert property (@(posedge clk_i) disable iff (!rst_ni)
      transfer_valid_i |-> transfer_i.bytes != '0 && transfer_i.bytes[BEAT_LOG2-1:0] == '0)
    else $error("weft_fetcher: %0d bytes are no whole number of beats above 0", transfer_i.bytes);
  a_transfer_address : assert property (@(posedge clk_i) disable iff (!rst_ni)
      transfer_valid_i |-> transfer_i.address[BEAT_LOG2-1:0] == '0)
    else $error("weft_fetcher: address %h is no multiple of a beat", transfer_i.address);

  // What memory owes
  a_read_asked : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axi_rvalid_i |-> fill_valid && way_q != '0)
    else $error("weft_fetcher: data that nobody asked for");
  a_read_last : assert property (@(posedge clk_i) disable iff (!rst_ni) fill_valid_o
      |-> axi_r_i.last == (fill_ends || fill_place == '1))
    else $error("weft_fetcher: rlast at the wrong beat");
  a_answer_asked : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axi_bvalid_i |-> answer_valid && way_q != '0)
    else $error("weft_fetcher: a write response that nobody waits for");

  a_read_id : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axi_rvalid_i |-> axi_r_i.id == AxiId)
    else $error("weft_fetcher: data of ID %0d, which is another's", axi_r_i.id);
  a_answer_id : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axi_bvalid_i |-> axi_b_i.id == AxiId)
    else $error("weft_fetcher: a write response of ID %0d, which is another's", axi_b_i.id);

  // What this unit owes
  a_ar_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axi_arvalid_o && !axi_arready_i
      |=> axi_arvalid_o && $stable(axi_ar_o));
  a_aw_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axi_awvalid_o && !axi_awready_i
      |=> axi_awvalid_o && $stable(axi_aw_o));
  a_one_request : assert property (@(posedge clk_i) disable iff (!rst_ni)
      !(axi_arvalid_o && axi_awvalid_o));
  a_outstanding : assert property (@(posedge clk_i) disable iff (!rst_ni)
      32'(way_q) <= OUTSTANDING);
  a_queues : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> queue_ready == '1);
  a_idle_at_rest : assert property (@(posedge clk_i) disable iff (!rst_ni)
      held_q == '0 |-> way_q == '0);
`endif

endmodule
