// The FuseMax engine: attention in one pass over the keys on a SIDE x SIDE array and SIDE lanes, a
// fused cascade of twelve Einsums (FuseMax, MICRO 2024). AXI4-Lite registers, an AXI4 master for Q,
// K, V and the output, an interrupt. Registers, memory layout and timing:
// docs/units/engine/fusemax.md. With WEFT_OBSERVE defined it has ports beside these that say what
// fires in each cycle; without, as it is synthesised, none.
module weft_fusemax #(
  parameter int unsigned SIDE = 16,                     // 4 to 256
  parameter int unsigned CONTEXTS = 3,                  // tiles whose state an element holds
  parameter int unsigned MAX_WIDTH = 128,               // largest E and F
  parameter int unsigned BUFFER_BYTES = SIDE * 65536,
  parameter int unsigned DIVIDE_STAGES = 13,
  parameter int unsigned OUTSTANDING = 64,              // memory requests under way
  parameter int unsigned AXI_ID = 0,                    // of all of them
  // two bytes an element of a row, up to the widest data bus of AXI
  localparam int unsigned BEAT_BYTES = SIDE > 64 ? 128 : 2 * (32'd1 << $clog2(SIDE))
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,  // may begin and end at any time
  // registers
  input  logic                    axil_awvalid_i,
  output logic                    axil_awready_o,
  input  logic [11:0]             axil_awaddr_i,
  input  logic                    axil_wvalid_i,
  output logic                    axil_wready_o,
  input  logic [31:0]             axil_wdata_i,
  input  logic [3:0]              axil_wstrb_i,
  output logic                    axil_bvalid_o,
  input  logic                    axil_bready_i,
  output logic [1:0]              axil_bresp_o,
  input  logic                    axil_arvalid_i,
  output logic                    axil_arready_o,
  input  logic [11:0]             axil_araddr_i,
  output logic                    axil_rvalid_o,
  input  logic                    axil_rready_i,
  output logic [31:0]             axil_rdata_o,
  output logic [1:0]              axil_rresp_o,
  // memory
  output logic                    axi_arvalid_o,
  input  logic                    axi_arready_i,
  output logic [weft_axi_pkg::IdBits-1:0] axi_arid_o,
  output logic [63:0]             axi_araddr_o,
  output logic [7:0]              axi_arlen_o,
  output logic [2:0]              axi_arsize_o,
  output logic [1:0]              axi_arburst_o,
  output logic                    axi_arlock_o,
  output logic [3:0]              axi_arcache_o,
  output logic [2:0]              axi_arprot_o,
  output logic [3:0]              axi_arqos_o,
  output logic [3:0]              axi_arregion_o,
  input  logic                    axi_rvalid_i,
  output logic                    axi_rready_o,
  input  logic [weft_axi_pkg::IdBits-1:0] axi_rid_i,
  input  logic [BEAT_BYTES*8-1:0] axi_rdata_i,
  input  logic [1:0]              axi_rresp_i,
  input  logic                    axi_rlast_i,
  output logic                    axi_awvalid_o,
  input  logic                    axi_awready_i,
  output logic [weft_axi_pkg::IdBits-1:0] axi_awid_o,
  output logic [63:0]             axi_awaddr_o,
  output logic [7:0]              axi_awlen_o,
  output logic [2:0]              axi_awsize_o,
  output logic [1:0]              axi_awburst_o,
  output logic                    axi_awlock_o,
  output logic [3:0]              axi_awcache_o,
  output logic [2:0]              axi_awprot_o,
  output logic [3:0]              axi_awqos_o,
  output logic [3:0]              axi_awregion_o,
  output logic                    axi_wvalid_o,
  input  logic                    axi_wready_i,
  output logic [BEAT_BYTES*8-1:0] axi_wdata_o,
  output logic [BEAT_BYTES-1:0]   axi_wstrb_o,
  output logic                    axi_wlast_o,
  input  logic                    axi_bvalid_i,
  output logic                    axi_bready_o,
  input  logic [weft_axi_pkg::IdBits-1:0] axi_bid_i,
  input  logic [1:0]              axi_bresp_i,
  output logic                    irq_o
`ifdef WEFT_OBSERVE
  // what fires in this cycle
  ,
  output logic                    busy_o,
  output logic                    fire_2d_valid_o,
  output logic [2:0]              fire_2d_step_o,
  output logic                    fire_1d_valid_o,
  output logic [2:0]              fire_1d_step_o,
  output logic                    fire_transfer_valid_o,
  output logic [1:0]              fire_transfer_target_o
`endif
);
  // tiles of SLNV below the array
  localparam int unsigned Links = 3;
  // tiles between RM and PRM
  localparam int unsigned Pairs = CONTEXTS + Links + 1 > 8 ? 16 : 8;
  localparam int unsigned BeatElements = BEAT_BYTES / 2;
  localparam int unsigned LaneBytes = BUFFER_BYTES / SIDE;
  localparam int unsigned QWords = LaneBytes / 2;      // of a bank of Q; whichever tensor is widest
                                                       // may fill the buffer
  localparam int unsigned RnvWords = LaneBytes / 4;    // of a lane's numerators
  localparam int unsigned Keys = LaneBytes / 14;       // of a lane's maxima and denominators
  localparam int unsigned QBits = $clog2(QWords);
  localparam int unsigned QBeatBits = $clog2(QWords / BeatElements);
  localparam int unsigned KvWords = 2 * MAX_WIDTH;
  localparam int unsigned KvBits = $clog2(KvWords);
  localparam int unsigned KvBeatBits = $clog2(KvWords / BeatElements);
  localparam int unsigned KvCopyBeats = MAX_WIDTH / BeatElements;
  localparam int unsigned BankBits = $clog2(SIDE);
  localparam int unsigned ElementBits = $clog2(BeatElements);

  // The reset of all that follows ends with the clock; until then nothing is taken.
  logic rst_n;
  weft_reset_sync u_reset (.clk_i, .rst_ni, .rst_no(rst_n));
  logic axil_awready, axil_wready, axil_arready;
  assign axil_awready_o = axil_awready && rst_n;
  assign axil_wready_o = axil_wready && rst_n;
  assign axil_arready_o = axil_arready && rst_n;

  weft_engine_pkg::config_t cfg;
  logic start, busy, finished, error, config_bad;
  logic [63:0] cycles_q, read_requests, write_requests, bytes_read, bytes_written;
  logic [8*64-1:0] array_counters;
  weft_registers #(.SIDE(SIDE), .CONTEXTS(CONTEXTS), .MAX_WIDTH(MAX_WIDTH)) u_registers (
    .clk_i, .rst_ni(rst_n), .axil_awvalid_i, .axil_awready_o(axil_awready), .axil_awaddr_i,
    .axil_wvalid_i, .axil_wready_o(axil_wready), .axil_wdata_i, .axil_wstrb_i,
    .axil_bvalid_o, .axil_bready_i, .axil_bresp_o, .axil_arvalid_i, .axil_arready_o(axil_arready),
    .axil_araddr_i,
    .axil_rvalid_o, .axil_rready_i,
    .axil_rdata_o, .axil_rresp_o, .irq_o, .config_o(cfg), .config_bad_i(config_bad),
    .start_o(start), .busy_i(busy),
    .finished_i(finished), .error_i(error),
    .counters_i({bytes_written, bytes_read, write_requests, read_requests, array_counters,
        cycles_q})
  );
  always_ff @(posedge clk_i or negedge rst_n) begin
    if (!rst_n) cycles_q <= '0;
    else if (start) cycles_q <= '0;
    else if (busy) cycles_q <= cycles_q + 64'd1;
  end

  // Beats of a row of Q and K, and of V and the output; what a block of queries takes must fit.
  logic [7:0] qk_row_beats, v_row_beats;
  logic [31:0] block_words, block_beats;
  assign qk_row_beats = (cfg.width_qk + 8'(BeatElements - 1)) >> ElementBits;
  assign v_row_beats = (cfg.width_v + 8'(BeatElements - 1)) >> ElementBits;
  assign block_words = 32'(cfg.block_tiles) << 1;
  assign block_beats = 32'(cfg.block_tiles) * 32'(qk_row_beats);
  assign config_bad = block_words > Keys || block_beats << (ElementBits + 1) > QWords
      || block_words * 32'(cfg.width_v) > RnvWords;

  // Sequencer and fetcher.
  logic transfer_valid, transfer_ready, done_valid;
  weft_engine_pkg::transfer_t transfer;
  logic [1:0] done_target;  // a weft_engine_pkg::target_e
  logic q_read, k_read, v_read;
  logic [19:0] q_address;
  logic [8:0] kv_address;
  weft_array_pkg::pe_control_t pe_control;
  logic [$clog2(SIDE+1)-1:0] pe_rows;
  logic signed [$clog2(SIDE)+16:0] pe_diagonal;
  weft_array_pkg::lane_control_t lane_control;
  weft_fusemax_sequencer #(
    .SIDE(SIDE), .CONTEXTS(CONTEXTS), .LINKS(Links), .PAIRS(Pairs), .DIVIDE_STAGES(DIVIDE_STAGES),
    .BEAT_ELEMENTS(BeatElements),
    .KEYS_STRIDE(MAX_WIDTH)
  ) u_sequencer (
    .clk_i, .rst_ni(rst_n), .start_i(start), .config_i(cfg), .busy_o(busy), .finished_o(finished),
    .transfer_valid_o(transfer_valid), .transfer_ready_i(transfer_ready), .transfer_o(transfer),
    .done_valid_i(done_valid),
    .done_target_i(done_target),
    .q_read_o(q_read), .q_address_o(q_address), .k_read_o(k_read), .v_read_o(v_read),
    .kv_address_o(kv_address),
    .pe_control_o(pe_control), .pe_rows_o(pe_rows), .pe_diagonal_o(pe_diagonal),
    .lane_control_o(lane_control),
    .counters_o(array_counters)
`ifdef WEFT_OBSERVE
    ,
    .fire_2d_valid_o, .fire_2d_step_o, .fire_1d_valid_o, .fire_1d_step_o
`endif
  );
`ifdef WEFT_OBSERVE
  assign busy_o = busy;
  assign fire_transfer_valid_o = transfer_valid && transfer_ready;
  assign fire_transfer_target_o = transfer.target;
`endif

  logic fill_valid, fill_slot, drain_read, drain_slot;
  logic [1:0] fill_target;
  logic [23:0] fill_beat, drain_beat;
  logic [BEAT_BYTES*8-1:0] fill_data, drain_data;
  weft_axi_pkg::ax_t axi_ar, axi_aw;
  weft_axi_pkg::r_t axi_r;
  weft_axi_pkg::w_t axi_w;
  weft_axi_pkg::b_t axi_b;
  assign {axi_arid_o, axi_araddr_o, axi_arlen_o, axi_arsize_o, axi_arburst_o, axi_arlock_o,
      axi_arcache_o, axi_arprot_o, axi_arqos_o, axi_arregion_o} = axi_ar;
  assign {axi_awid_o, axi_awaddr_o, axi_awlen_o, axi_awsize_o, axi_awburst_o, axi_awlock_o,
      axi_awcache_o, axi_awprot_o, axi_awqos_o, axi_awregion_o} = axi_aw;
  assign axi_r = {axi_rid_i, axi_rresp_i, axi_rlast_i};
  assign axi_wlast_o = axi_w.last;
  assign axi_b = {axi_bid_i, axi_bresp_i};
  weft_fetcher #(.BEAT_BYTES(BEAT_BYTES), .BURST_BEATS(8), .OUTSTANDING(OUTSTANDING), .TRANSFERS(4),
      .DRAIN_DELAY(4), .AXI_ID(AXI_ID)) u_fetcher (
    .clk_i, .rst_ni(rst_n), .transfer_valid_i(transfer_valid), .transfer_ready_o(transfer_ready),
    .transfer_i(transfer),
    .done_valid_o(done_valid), .done_target_o(done_target), .error_o(error),
    .fill_valid_o(fill_valid), .fill_target_o(fill_target), .fill_slot_o(fill_slot),
    .fill_beat_o(fill_beat), .fill_data_o(fill_data),
    .drain_read_o(drain_read), .drain_slot_o(drain_slot), .drain_beat_o(drain_beat),
    .drain_data_i(drain_data),
    .clear_i(start), .read_requests_o(read_requests), .write_requests_o(write_requests),
    .bytes_read_o(bytes_read),
    .bytes_written_o(bytes_written),
    .axi_arvalid_o, .axi_arready_i, .axi_ar_o(axi_ar), .axi_rvalid_i, .axi_rready_o, .axi_rdata_i,
    .axi_r_i(axi_r), .axi_awvalid_o, .axi_awready_i, .axi_aw_o(axi_aw), .axi_wvalid_o,
    .axi_wready_i, .axi_wdata_o, .axi_wstrb_o, .axi_w_o(axi_w), .axi_bvalid_i, .axi_bready_o,
    .axi_b_i(axi_b)
  );

  // Operands: rows of Q, K and V into their banks.
  logic q_fills, k_fills, v_fills, fill_first;
  logic [BankBits-1:0] q_bank, kv_bank;
  logic [QBeatBits-1:0] q_fill_address, q_fill_base;
  logic [KvBeatBits-1:0] kv_fill_address, kv_fill_base;
  assign q_fills = fill_valid && fill_target == weft_engine_pkg::TargetQ;
  assign k_fills = fill_valid && fill_target == weft_engine_pkg::TargetK;
  assign v_fills = fill_valid && fill_target == weft_engine_pkg::TargetV;
  assign fill_first = fill_beat == 24'b0;
  assign q_fill_base = fill_slot ? QBeatBits'(block_beats) : '0;
  assign kv_fill_base = fill_slot ? KvBeatBits'(KvCopyBeats) : '0;
  weft_fill #(.SIDE(SIDE), .BANK_BITS(BankBits), .ADDRESS_BITS(QBeatBits)) u_fill_q (
    .clk_i, .rst_ni(rst_n), .valid_i(q_fills), .first_i(fill_first), .base_i(q_fill_base),
    .row_beats_i(qk_row_beats), .bank_o(q_bank),
    .address_o(q_fill_address)
  );
  weft_fill #(.SIDE(SIDE), .BANK_BITS(BankBits), .ADDRESS_BITS(KvBeatBits)) u_fill_kv (
    .clk_i, .rst_ni(rst_n), .valid_i(k_fills || v_fills), .first_i(fill_first),
    .base_i(kv_fill_base),
    .row_beats_i(v_fills ? v_row_beats : qk_row_beats), .bank_o(kv_bank),
    .address_o(kv_fill_address)
  );
  logic [SIDE*16-1:0] q_operands, k_operands, v_operands;
  weft_operand_buffer #(.SIDE(SIDE), .BEAT_ELEMENTS(BeatElements), .WORDS(QWords)) u_q (
    .clk_i, .rst_ni(rst_n), .fill_valid_i(q_fills), .fill_bank_i(q_bank),
    .fill_address_i(q_fill_address), .fill_data_i(fill_data),
    .read_valid_i(q_read), .read_address_i(q_address[QBits-1:0]), .data_o(q_operands)
  );
  weft_operand_buffer #(.SIDE(SIDE), .BEAT_ELEMENTS(BeatElements), .WORDS(KvWords)) u_k (
    .clk_i, .rst_ni(rst_n), .fill_valid_i(k_fills), .fill_bank_i(kv_bank),
    .fill_address_i(kv_fill_address), .fill_data_i(fill_data),
    .read_valid_i(k_read), .read_address_i(kv_address[KvBits-1:0]), .data_o(k_operands)
  );
  weft_operand_buffer #(.SIDE(SIDE), .BEAT_ELEMENTS(BeatElements), .WORDS(KvWords)) u_v (
    .clk_i, .rst_ni(rst_n), .fill_valid_i(v_fills), .fill_bank_i(kv_bank),
    .fill_address_i(kv_fill_address), .fill_data_i(fill_data),
    .read_valid_i(v_read), .read_address_i(kv_address[KvBits-1:0]), .data_o(v_operands)
  );

  // The arrays.
  logic [SIDE-1:0] rm_valid;
  logic [SIDE*4-1:0] rm_context, foot_op, foot_context;
  logic [SIDE*32-1:0] rm, foot;
  weft_spatial_array #(.SIDE(SIDE), .CONTEXTS(CONTEXTS)) u_array_2d (
    .clk_i, .rst_ni(rst_n), .scale_i(cfg.scale_log2e), .control_i(pe_control), .rows_i(pe_rows),
    .diagonal_i(pe_diagonal), .group_i(cfg.group),
    .k_i(k_operands), .v_i(v_operands),
    .q_i(q_operands), .rm_valid_i(rm_valid), .rm_context_i(rm_context), .rm_i(rm),
    .foot_op_o(foot_op), .foot_context_o(foot_context),
    .foot_o(foot)
  );
  // The output is read row by row: row r is lane r's.
  logic [BankBits-1:0] drain_lane;
  logic [7:0] drain_word;
  weft_fill #(.SIDE(SIDE), .BANK_BITS(BankBits), .ADDRESS_BITS(8)) u_drain (
    .clk_i, .rst_ni(rst_n), .valid_i(drain_read), .first_i(drain_beat == 24'b0), .base_i(8'b0),
    .row_beats_i(v_row_beats), .bank_o(drain_lane),
    .address_o(drain_word)
  );
  weft_vector_array #(
    .SIDE(SIDE), .CONTEXTS(CONTEXTS), .LINKS(Links), .PAIRS(Pairs), .MAX_WIDTH(MAX_WIDTH),
    .KEYS(Keys), .RNV_WORDS(RnvWords),
    .DIVIDE_STAGES(DIVIDE_STAGES), .BEAT_ELEMENTS(BeatElements)
  ) u_array_1d (
    .clk_i, .rst_ni(rst_n), .clear_i(start), .scale_i(cfg.scale_log2e), .width_i(cfg.width_v),
    .control_i(lane_control), .foot_op_i(foot_op),
    .foot_context_i(foot_context), .foot_i(foot), .rm_valid_o(rm_valid), .rm_context_o(rm_context),
    .rm_o(rm),
    .drain_valid_i(drain_read), .drain_lane_i(drain_lane), .drain_slot_i(drain_slot),
    .drain_beat_i(drain_word),
    .drain_data_o(drain_data)
  );

`ifndef SYNTHESIS
  initial begin
    if (SIDE < 4 || SIDE > weft_engine_pkg::MostSide)
        $fatal(1, "weft_fusemax: SIDE is 4 to %0d", weft_engine_pkg::MostSide);
    if (CONTEXTS < 2 || CONTEXTS > 8) $fatal(1, "weft_fusemax: CONTEXTS is 2 to 8");
    if (MAX_WIDTH > 128 || MAX_WIDTH < 32) $fatal(1, "weft_fusemax: MAX_WIDTH is 32 to 128");
  end
  // In reset nothing is offered and nothing is taken, whatever the units behind it say.
  a_reset_quiet : assert property (@(posedge clk_i) !rst_n
      |-> !(axil_awready_o || axil_wready_o || axil_arready_o || axil_bvalid_o || axil_rvalid_o
          || axi_arvalid_o || axi_awvalid_o || axi_wvalid_o || irq_o));
`endif
endmodule
