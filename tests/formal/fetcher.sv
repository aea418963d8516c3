// weft_fetcher on its AXI channels: what is valid stays as it is until it is taken, bursts keep
// their boundary, W follows AW, and neither requests nor transfers under way exceed their limits.
// Memory answers what was asked for, at any time.
//
// Of transfers of up to 31 beats. W_ENDS: only that W's bursts end where their AW says, of writes
// of up to 5 beats; no invariants are stated for that.
module formal_fetcher #(
  parameter  bit          W_ENDS      = 1'b0,
  localparam int unsigned OUTSTANDING = 2,
  localparam int unsigned TRANSFERS   = 2,
  localparam int unsigned BEAT_BYTES  = 2,
  localparam int unsigned BURST_BEATS = 2,
  localparam int unsigned MOST_BEATS  = W_ENDS ? 5 : 31
) (
  input logic                       clk_i,
  input logic                       rst_ni,
  input logic                       transfer_valid_i,
  input weft_engine_pkg::transfer_t transfer_i,
  input logic [15:0]                drain_data_i,
  input logic                       arready_i,
  input logic                       rvalid_i,
  input logic [15:0]                rdata_i,
  input logic [1:0]                 rresp_i,
  input logic                       rlast_i,
  input logic                       awready_i,
  input logic                       wready_i,
  input logic                       bvalid_i,
  input logic [1:0]                 bresp_i
);

  logic        transfer_ready, done, fill_valid, drain_read;
  logic        arvalid, rready, awvalid, wvalid, wlast, bready;
  logic [63:0] araddr, awaddr;
  logic [7:0]  arlen, awlen;
  logic [15:0] wdata;
  weft_axi_pkg::ax_t ar_payload, aw_payload;
  assign araddr = ar_payload.addr;
  assign arlen  = ar_payload.len;
  assign awaddr = aw_payload.addr;
  assign awlen  = aw_payload.len;

  weft_fetcher #(
    .BEAT_BYTES  (BEAT_BYTES),
    .BURST_BEATS (BURST_BEATS),
    .OUTSTANDING (OUTSTANDING),
    .TRANSFERS   (TRANSFERS),
    .DRAIN_DELAY (2)
  ) u_dut (
    .clk_i, .rst_ni,
    .transfer_valid_i, .transfer_ready_o (transfer_ready), .transfer_i,
    .done_valid_o (done), .done_target_o (), .error_o (),
    .fill_valid_o (fill_valid), .fill_target_o (), .fill_slot_o (), .fill_beat_o (),
    .fill_data_o (),
    .drain_read_o (drain_read), .drain_slot_o (), .drain_beat_o (), .drain_data_i,
    .clear_i (1'b0), .read_requests_o (), .write_requests_o (), .bytes_read_o (),
    .bytes_written_o (),
    .axi_arvalid_o (arvalid), .axi_arready_i (arready_i), .axi_ar_o (ar_payload),
    .axi_rvalid_i (rvalid_i), .axi_rready_o (rready), .axi_rdata_i (rdata_i),
    .axi_r_i ({weft_axi_pkg::IdBits'(0), rresp_i, rlast_i}),
    .axi_awvalid_o (awvalid), .axi_awready_i (awready_i), .axi_aw_o (aw_payload),
    .axi_wvalid_o (wvalid), .axi_wready_i (wready_i), .axi_wdata_o (wdata), .axi_wstrb_o (),
    .axi_w_o (wlast),
    .axi_bvalid_i (bvalid_i), .axi_bready_o (bready), .axi_b_i ({weft_axi_pkg::IdBits'(0), bresp_i})
  );

  // Inside the unit, for the invariants.
  (* hierconn *) wire        \u_dut.tail_q ;
  (* hierconn *) wire        \u_dut.head_q ;
  (* hierconn *) wire [1:0]  \u_dut.held_q ;
  (* hierconn *) wire [1:0]  \u_dut.answered_q ;
  (* hierconn *) wire [1:0]  \u_dut.way_q ;
  (* hierconn *) wire [22:0] \u_dut.fill_beat_q ;
  (* hierconn *) wire [22:0] \u_dut.answer_burst_q ;
  (* hierconn *) wire        \u_dut.announced_q ;
  (* hierconn *) wire        \u_dut.write_q[0] ;
  (* hierconn *) wire        \u_dut.write_q[1] ;
  (* hierconn *) wire [22:0] \u_dut.left_q[0] ;
  (* hierconn *) wire [22:0] \u_dut.left_q[1] ;
  (* hierconn *) wire [62:0] \u_dut.address_q[0] ;
  (* hierconn *) wire [62:0] \u_dut.address_q[1] ;
  (* hierconn *) wire [22:0] \u_dut.last_beat_q[0] ;
  (* hierconn *) wire [22:0] \u_dut.last_beat_q[1] ;
  (* hierconn *) wire        \u_dut.offset_q[0] ;
  (* hierconn *) wire        \u_dut.offset_q[1] ;
  (* hierconn *) wire [22:0] \u_dut.last_burst_q[0] ;
  (* hierconn *) wire [22:0] \u_dut.last_burst_q[1] ;
  (* hierconn *) wire [1:0]  \u_dut.u_cut.count_q ;
  (* hierconn *) wire        \u_dut.u_cut.read_q ;
  (* hierconn *) wire        \u_dut.u_cut.write_q ;
  (* hierconn *) wire        \u_dut.u_cut.words_q[0] ;
  (* hierconn *) wire        \u_dut.u_cut.words_q[1] ;
  (* hierconn *) wire [1:0]  \u_dut.u_fill.count_q ;
  (* hierconn *) wire        \u_dut.u_fill.read_q ;
  (* hierconn *) wire        \u_dut.u_fill.write_q ;
  (* hierconn *) wire        \u_dut.u_fill.words_q[0] ;
  (* hierconn *) wire        \u_dut.u_fill.words_q[1] ;
  (* hierconn *) wire [1:0]  \u_dut.u_answer.count_q ;
  (* hierconn *) wire        \u_dut.u_answer.read_q ;
  (* hierconn *) wire        \u_dut.u_answer.write_q ;
  (* hierconn *) wire        \u_dut.u_answer.words_q[0] ;
  (* hierconn *) wire        \u_dut.u_answer.words_q[1] ;
  (* hierconn *) wire [1:0]  \u_dut.u_drain.u_staged.count_q ;
  (* hierconn *) wire [1:0]  \u_dut.u_drain.u_staged.read_q ;
  (* hierconn *) wire [1:0]  \u_dut.u_drain.u_staged.write_q ;
  (* hierconn *) wire [2:0]  \u_dut.u_drain.credit_q ;
  (* hierconn *) wire        \u_dut.u_drain.fetched_q ;

  // Reset in the first cycle, and never again.
  logic started_q = 1'b0;
  always_ff @(posedge clk_i) started_q <= 1'b1;
  always_comb assume (rst_ni == started_q);

  // ---- What is under way, as seen from outside ----

  logic take, ar, aw, w, r_last, w_last;
  assign take   = transfer_valid_i && transfer_ready;
  assign ar     = arvalid && arready_i;
  assign aw     = awvalid && awready_i;
  assign w      = wvalid && wready_i;
  assign r_last = rvalid_i && rlast_i;
  // where it ought to be; whether wlast says so is a_w_last
  assign w_last = w && w_beat_q == w_length;

  logic [2:0] held_q;               // transfers
  logic [2:0] reads_q, writes_q;    // requests without their last response
  logic [2:0] data_q;               // writes whose W is complete and whose B is to come; AW may
                                    // still be missing
  logic [2:0] bare_q;               // writes that were taken on AW, and whose W is not complete,
                                    // less those the other way round
  logic       r_beat_q, w_beat_q;   // of the burst that is coming in or going out: BURST_BEATS is 2
  logic [1:0] r_length_q, r_length_d;  // arlen of the reads under way, oldest lowest; 0 or 1
  logic [1:0] w_length_q;           // awlen of the writes of bare_q
  logic       w_length;             // of the burst that goes out now: its AW was taken, or is
                                    // presented
  assign w_length = (bare_q == 3'd1 || bare_q == 3'd2) ? w_length_q[0] : awlen[0];

  always_ff @(posedge clk_i) begin
    if (!started_q) begin
      held_q   <= '0;
      reads_q  <= '0;
      writes_q <= '0;
      data_q   <= '0;
      bare_q   <= '0;
      r_beat_q <= 1'b0;
      w_beat_q <= 1'b0;
    end else begin
      held_q   <= held_q + 3'(take) - 3'(done);
      reads_q  <= reads_q + 3'(ar) - 3'(r_last);
      writes_q <= writes_q + 3'(aw) - 3'(bvalid_i);
      data_q   <= data_q + 3'(w_last) - 3'(bvalid_i);
      bare_q   <= bare_q + 3'(aw) - 3'(w_last);
      if (rvalid_i) r_beat_q <= !rlast_i;
      if (w)        w_beat_q <= !w_last;
    end
  end

  // Lengths leave at the bottom and come in above those that stay.
  always_comb begin
    r_length_d = r_last ? {1'b0, r_length_q[1]} : r_length_q;
    if (ar) r_length_d[(reads_q - 3'(r_last)) != 0] = arlen[0];
  end
  always_ff @(posedge clk_i) begin
    r_length_q <= r_length_d;
    if (aw && !w_last && bare_q == 0) w_length_q[0] <= awlen[0];
    if (aw && !w_last && bare_q == 1) w_length_q[1] <= awlen[0];
    if (!aw && w_last)                w_length_q[0] <= w_length_q[1];
    if (aw && w_last && bare_q == 1)  w_length_q[0] <= awlen[0];
    if (aw && w_last && bare_q == 2)  w_length_q <= {awlen[0], w_length_q[1]};
  end

  // ---- What the sequencer and memory keep to ----

  always_comb begin
    if (started_q) begin
      assume (transfer_i.address[0] == 1'b0 && transfer_i.bytes[0] == 1'b0
          && transfer_i.bytes != 0);
      // Small, for the solver's sake
      assume (transfer_i.bytes <= 24'(MOST_BEATS * BEAT_BYTES));
      assume (!W_ENDS || (transfer_i.address[63:3] == '0
          && transfer_i.target == weft_engine_pkg::TargetOut));
      assume (!rvalid_i || reads_q != 0);
      assume (rlast_i == (r_beat_q == r_length_q[0]));
      assume (!bvalid_i || (writes_q != 0 && data_q != 0));
    end
  end

  // ---- What holds ----

  logic        ar_waits_q, aw_waits_q, w_waits_q, wlast_q;
  logic [63:0] araddr_q, awaddr_q;
  logic [7:0]  arlen_q, awlen_q;
  logic [15:0] wdata_q;
  always_ff @(posedge clk_i) begin
    ar_waits_q <= started_q && arvalid && !arready_i;
    aw_waits_q <= started_q && awvalid && !awready_i;
    w_waits_q  <= started_q && wvalid && !wready_i;
    araddr_q   <= araddr;
    arlen_q    <= arlen;
    awaddr_q   <= awaddr;
    awlen_q    <= awlen;
    wdata_q    <= wdata;
    wlast_q    <= wlast;
  end

  if (W_ENDS) begin : gen_w_ends
    always_comb begin
      if (started_q) a_w_last: assert (!wvalid || wlast == (w_beat_q == w_length));
    end
  end else begin : gen_rules
    always_comb begin
      if (started_q) begin
        a_ar_stable:   assert (!ar_waits_q || (arvalid && araddr == araddr_q && arlen == arlen_q));
        a_aw_stable:   assert (!aw_waits_q || (awvalid && awaddr == awaddr_q && awlen == awlen_q));
        a_w_stable:    assert (!w_waits_q || (wvalid && wdata == wdata_q && wlast == wlast_q));
        a_one_request: assert (!(arvalid && awvalid));
        a_outstanding: assert (reads_q + writes_q <= 3'(OUTSTANDING));
        a_transfers:   assert (held_q <= 3'(TRANSFERS)
            && transfer_ready == (held_q < 3'(TRANSFERS)));
        a_responses:   assert (rready && bready);  // never held up
        a_done:        assert (!done || held_q != 0);
        a_fill:        assert (fill_valid == rvalid_i);
        a_ar_boundary: assert (!arvalid
            || (araddr[0] == 1'b0 && {7'd0, araddr[1]} + arlen < 8'(BURST_BEATS)));
        a_aw_boundary: assert (!awvalid
            || (awaddr[0] == 1'b0 && {7'd0, awaddr[1]} + awlen < 8'(BURST_BEATS)));
        a_w_after_aw:  assert (!wvalid || bare_q == 3'd1 || bare_q == 3'd2
            || (bare_q == 3'd0 && awvalid));
      end
    end
  end

  // ---- Invariants, which make all of the above a matter of one step ----
  // o is the oldest transfer, y the younger one if there are two. Of each: beats in all and asked
  // for, bursts asked for.

  logic        o, y, o_cut, y_cut, o_write, y_write, o_offset, y_offset, o_place, y_place;
  logic [5:0]  o_left, y_left, o_beats, y_beats, o_asked, y_asked, o_bursts, y_bursts, o_last_burst,
      y_last_burst;
  assign o       = held_q != 0;
  assign y       = held_q == 3'd2;
  // waits for requests, as do all younger ones
  assign o_cut   = o && 3'(\u_dut.u_cut.count_q ) == held_q;
  assign y_cut   = y && \u_dut.u_cut.count_q != 0;
  assign o_write      = \u_dut.head_q ? \u_dut.write_q[1] : \u_dut.write_q[0] ;
  assign y_write      = \u_dut.head_q ? \u_dut.write_q[0] : \u_dut.write_q[1] ;
  assign o_offset     = \u_dut.head_q ? \u_dut.offset_q[1] : \u_dut.offset_q[0] ;
  assign y_offset     = \u_dut.head_q ? \u_dut.offset_q[0] : \u_dut.offset_q[1] ;
  assign o_place      = \u_dut.head_q ? \u_dut.address_q[1] [0] : \u_dut.address_q[0] [0];
  assign y_place      = \u_dut.head_q ? \u_dut.address_q[0] [0] : \u_dut.address_q[1] [0];
  assign o_left       = 6'(\u_dut.head_q ? \u_dut.left_q[1] : \u_dut.left_q[0] );
  assign y_left       = 6'(\u_dut.head_q ? \u_dut.left_q[0] : \u_dut.left_q[1] );
  assign o_beats      = 6'(\u_dut.head_q ? \u_dut.last_beat_q[1] : \u_dut.last_beat_q[0] ) + 6'd1;
  assign y_beats      = 6'(\u_dut.head_q ? \u_dut.last_beat_q[0] : \u_dut.last_beat_q[1] ) + 6'd1;
  assign o_last_burst = 6'(\u_dut.head_q ? \u_dut.last_burst_q[1] : \u_dut.last_burst_q[0] );
  assign y_last_burst = 6'(\u_dut.head_q ? \u_dut.last_burst_q[0] : \u_dut.last_burst_q[1] );
  assign o_asked      = o_beats - o_left;
  assign y_asked      = y_beats - y_left;
  assign o_bursts     = (o_left == 0) ? o_last_burst + 6'd1 : (o_asked == 0) ? 6'd0
      : (o_asked + 6'(o_offset)) >> 1;
  assign y_bursts     = (y_left == 0) ? y_last_burst + 6'd1 : (y_asked == 0) ? 6'd0
      : (y_asked + 6'(y_offset)) >> 1;

  logic o_small, y_small;
  assign o_small = !o || (\u_dut.head_q
      ? \u_dut.left_q[1] [22:5] == 0 && \u_dut.last_beat_q[1] < 31
        && \u_dut.last_burst_q[1] [22:5] == 0
      : \u_dut.left_q[0] [22:5] == 0 && \u_dut.last_beat_q[0] < 31
        && \u_dut.last_burst_q[0] [22:5] == 0);
  assign y_small = !y || (\u_dut.head_q
      ? \u_dut.left_q[0] [22:5] == 0 && \u_dut.last_beat_q[0] < 31
        && \u_dut.last_burst_q[0] [22:5] == 0
      : \u_dut.left_q[1] [22:5] == 0 && \u_dut.last_beat_q[1] < 31
        && \u_dut.last_burst_q[1] [22:5] == 0);

  // Reads and writes that wait for responses; their oldest is at the head of its queue.
  logic        o_fills, y_fills, o_answers, y_answers, o_answered, y_answered;
  logic [5:0]  fill_asked, fill_beats, read_beats, answer_bursts, answer_last, write_bursts;
  assign o_answered    = \u_dut.answered_q [\u_dut.head_q ];
  assign y_answered    = \u_dut.answered_q [~\u_dut.head_q ];
  assign o_fills       = o && !o_write && !o_answered;
  assign y_fills       = y && !y_write && !y_answered;
  assign o_answers     = o && o_write && !o_answered;
  assign y_answers     = y && y_write && !y_answered;
  assign fill_asked    = o_fills ? o_asked : y_asked;
  assign fill_beats    = o_fills ? o_beats : y_beats;
  assign answer_bursts = o_answers ? o_bursts : y_bursts;
  assign answer_last   = o_answers ? o_last_burst : y_last_burst;
  // Beats of the read requests under way, and bursts of the write requests.
  assign read_beats    = 6'(reads_q) + 6'(reads_q != 0 && r_length_q[0])
      + 6'(reads_q == 3'd2 && r_length_q[1]) - 6'(r_beat_q);
  assign write_bursts  = 6'(writes_q);

  // Beats whose AW was presented in an earlier cycle and that were not taken on W.
  logic [3:0] presented;
  always_comb begin
    presented = 4'(\u_dut.announced_q ) + 4'(\u_dut.announced_q && awlen[0]) - 4'(w_beat_q);
    if (bare_q == 3'd1 || bare_q == 3'd2) presented = presented + 4'd1 + 4'(w_length_q[0]);
    if (bare_q == 3'd2)                   presented = presented + 4'd1 + 4'(w_length_q[1]);
    if (bare_q == 3'd7)                   presented = 4'd0;  // that of the AW that waits
  end

  always_comb begin
    if (started_q && !W_ENDS) begin
      i_way:    assert (3'(\u_dut.way_q ) == reads_q + writes_q && reads_q <= 3'd2
          && writes_q <= 3'd2);
      i_held:   assert (3'(\u_dut.held_q ) == held_q
          && \u_dut.tail_q == (\u_dut.head_q ^ held_q[0]));
      i_small:  assert (\u_dut.fill_beat_q [22:5] == 0 && \u_dut.answer_burst_q [22:5] == 0
          && o_small && y_small);
      // The queues of entries
      i_cut:    assert (3'(\u_dut.u_cut.count_q ) <= held_q
                        && \u_dut.u_cut.write_q == (\u_dut.u_cut.read_q
                            ^ \u_dut.u_cut.count_q [0]));
      i_cut_1:  assert (\u_dut.u_cut.count_q == 0 || (\u_dut.tail_q ^ \u_dut.u_cut.count_q [0])
                        == (\u_dut.u_cut.read_q ? \u_dut.u_cut.words_q[1]
                            : \u_dut.u_cut.words_q[0] ));
      i_cut_2:  assert (\u_dut.u_cut.count_q != 2 || (\u_dut.tail_q ^ \u_dut.u_cut.count_q [0])
                        != (\u_dut.u_cut.read_q ? \u_dut.u_cut.words_q[0]
                            : \u_dut.u_cut.words_q[1] ));
      i_fill:   assert (\u_dut.u_fill.count_q == 2'(o_fills) + 2'(y_fills)
                        && \u_dut.u_fill.write_q == (\u_dut.u_fill.read_q
                            ^ \u_dut.u_fill.count_q [0]));
      i_fill_1: assert (\u_dut.u_fill.count_q == 0 || (\u_dut.head_q ^ !o_fills)
                        == (\u_dut.u_fill.read_q ? \u_dut.u_fill.words_q[1]
                            : \u_dut.u_fill.words_q[0] ));
      i_fill_2: assert (\u_dut.u_fill.count_q != 2 || (\u_dut.head_q ^ !o_fills)
                        != (\u_dut.u_fill.read_q ? \u_dut.u_fill.words_q[0]
                            : \u_dut.u_fill.words_q[1] ));
      i_ans:    assert (\u_dut.u_answer.count_q == 2'(o_answers) + 2'(y_answers)
                        && \u_dut.u_answer.write_q == (\u_dut.u_answer.read_q
                            ^ \u_dut.u_answer.count_q [0]));
      i_ans_1:  assert (\u_dut.u_answer.count_q == 0 || (\u_dut.head_q ^ !o_answers)
                        == (\u_dut.u_answer.read_q ? \u_dut.u_answer.words_q[1]
                            : \u_dut.u_answer.words_q[0] ));
      i_ans_2:  assert (\u_dut.u_answer.count_q != 2 || (\u_dut.head_q ^ !o_answers)
                        != (\u_dut.u_answer.read_q ? \u_dut.u_answer.words_q[0]
                            : \u_dut.u_answer.words_q[1] ));
      // What was asked for: all of a transfer that is not being cut, nothing of one that waits
      // behind another
      i_o_left: assert (!o || (o_left <= o_beats && o_beats != 0 && (o_left != 0) == o_cut));
      i_y_left: assert (!y || (y_left <= y_beats && y_beats != 0 && (y_left != 0) == y_cut
          && (!o_cut || y_asked == 0)));
      i_o_cut:  assert (!o_cut || (o_place == (o_asked[0] ^ o_offset)
          && (o_asked == 0 || !o_place)));
      i_y_cut:  assert (!y_cut || (y_place == (y_asked[0] ^ y_offset)
          && (y_asked == 0 || !y_place)));
      i_o_last: assert (!o || o_last_burst == (o_beats - 6'd1 + 6'(o_offset)) >> 1);
      i_y_last: assert (!y || y_last_burst == (y_beats - 6'd1 + 6'(y_offset)) >> 1);
      // Responses
      i_done:   assert ((!o_answered || (o && !o_cut)) && (!y_answered || (y && !y_cut)));
      i_beats:  assert (6'(\u_dut.fill_beat_q ) + read_beats
          == (o_fills ? o_asked : 6'd0) + (y_fills ? y_asked : 6'd0));
      i_beat:   assert ((o_fills || y_fills) ? 6'(\u_dut.fill_beat_q ) < fill_beats
          && 6'(\u_dut.fill_beat_q ) <= fill_asked
                                             : \u_dut.fill_beat_q == 0);
      i_r_beat: assert (!r_beat_q || (reads_q != 0 && r_length_q[0]));
      i_bursts: assert (6'(\u_dut.answer_burst_q ) + write_bursts
          == (o_answers ? o_bursts : 6'd0) + (y_answers ? y_bursts : 6'd0));
      i_burst:  assert ((o_answers || y_answers) ? 6'(\u_dut.answer_burst_q ) <= answer_last
                                                   && 6'(\u_dut.answer_burst_q ) <= answer_bursts
                                                 : \u_dut.answer_burst_q == 0);
      // W
      i_waits:  assert (\u_dut.announced_q == aw_waits_q);
      i_bare:   assert (bare_q == writes_q - data_q && data_q <= 3'd3
          && (bare_q <= 3'd2 || bare_q == 3'd7)
                        && (bare_q != 3'd7 || (\u_dut.announced_q && !w_beat_q)));
      i_w_beat: assert (!w_beat_q || (w_length && (bare_q != 0 || \u_dut.announced_q )));
      i_credit: assert (4'(\u_dut.u_drain.credit_q ) + 4'(\u_dut.u_drain.fetched_q )
                        + 4'(\u_dut.u_drain.u_staged.count_q ) == presented
                        && 3'(\u_dut.u_drain.fetched_q ) + 3'(\u_dut.u_drain.u_staged.count_q )
                        <= 3'd3);
      i_staged: assert (\u_dut.u_drain.u_staged.read_q < 3 && \u_dut.u_drain.u_staged.write_q < 3
                        && 3'(\u_dut.u_drain.u_staged.write_q )
                        == 3'(\u_dut.u_drain.u_staged.read_q )
                           + 3'(\u_dut.u_drain.u_staged.count_q )
                           - ((3'(\u_dut.u_drain.u_staged.read_q )
                               + 3'(\u_dut.u_drain.u_staged.count_q ) >= 3) ? 3'd3 : 3'd0));
    end
  end

endmodule
