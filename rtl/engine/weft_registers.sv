// The registers of the engine behind AXI4-Lite: configuration, start, status, interrupt and
// counters. docs/units/engine/registers.md has the map.
module weft_registers #(
  parameter  int unsigned SIDE      = 16,
  parameter  int unsigned CONTEXTS  = 3,
  parameter  int unsigned MAX_WIDTH = 128,
  localparam int unsigned COUNTERS  = 13
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  input  logic                     axil_awvalid_i,
  output logic                     axil_awready_o,
  input  logic [11:0]              axil_awaddr_i,
  input  logic                     axil_wvalid_i,
  output logic                     axil_wready_o,
  input  logic [31:0]              axil_wdata_i,
  input  logic [3:0]               axil_wstrb_i,
  output logic                     axil_bvalid_o,
  input  logic                     axil_bready_i,
  output logic [1:0]               axil_bresp_o,
  input  logic                     axil_arvalid_i,
  output logic                     axil_arready_o,
  input  logic [11:0]              axil_araddr_i,
  output logic                     axil_rvalid_o,
  input  logic                     axil_rready_i,
  output logic [31:0]              axil_rdata_o,
  output logic [1:0]               axil_rresp_o,
  output logic                     irq_o,         // done and enabled

  output weft_engine_pkg::config_t config_o,
  input  logic                     config_bad_i,  // config_o does not fit the engine
  output logic                     start_o,       // a run begins: busy_i is set from the next cycle
                                                  // on
  input  logic                     busy_i,
  input  logic                     finished_i,    // the run is over: sets done
  input  logic                     error_i,       // sets error
  input  logic [COUNTERS*64-1:0]   counters_i     // in the order of their addresses, cycles first
);

  // Registers by the number of their word
  localparam logic [9:0] WORD_ID       = 10'h000;
  localparam logic [9:0] WORD_PARAMS   = 10'h001;
  localparam logic [9:0] WORD_CONTROL  = 10'h002;
  localparam logic [9:0] WORD_STATUS   = 10'h003;
  localparam logic [9:0] WORD_CONFIG   = 10'h004;  // SEQ_Q, the first of the configuration
  localparam logic [9:0] WORD_FLAGS    = 10'h00A;
  localparam logic [9:0] WORD_HOLE     = 10'h00D;  // after SCALE_LOG2E
  localparam logic [9:0] WORD_BASES    = 10'h010;
  localparam logic [9:0] WORD_END      = 10'h01C;  // after OUT_HEAD_BYTES
  localparam logic [9:0] WORD_COUNTERS = 10'h040;
  // from SEQ_Q to OUT_HEAD_BYTES, hole and all; three are never written
  localparam int unsigned CONFIG_WORDS = 24;

  // The configuration as written, in whole words: what exceeds a field makes a start bad instead of
  // being cut off.
  logic [31:0] config_q [CONFIG_WORDS];
  logic        interrupt_q, done_q, error_q;

  // ---- Configuration ----

  logic bad;
  logic [39:0] rows;  // of a head: the queries of all that share its keys
  assign rows = 40'(config_q[0][23:0]) * 40'(config_q[5][15:0]);
  logic [23:0] keys_before;  // the first query
  assign keys_before = config_q[1][23:0] - config_q[0][23:0];

  always_comb begin
    config_o                = '0;
    config_o.rows           = rows[23:0];
    config_o.seq_kv         = config_q[1][23:0];
    config_o.ahead          = 40'(keys_before) * 40'(config_q[5][15:0]);
    config_o.width_qk       = config_q[2][7:0];
    config_o.width_v        = config_q[3][7:0];
    config_o.heads          = config_q[4][23:0];
    config_o.group          = config_q[5][15:0];
    config_o.causal         = config_q[6][0];
    config_o.block_tiles    = config_q[7][15:0];
    config_o.scale_log2e    = config_q[8];
    config_o.q_base         = {config_q[13], config_q[12]};
    config_o.k_base         = {config_q[15], config_q[14]};
    config_o.v_base         = {config_q[17], config_q[16]};
    config_o.out_base       = {config_q[19], config_q[18]};
    config_o.q_head_bytes   = config_q[20];
    config_o.k_head_bytes   = config_q[21];
    config_o.v_head_bytes   = config_q[22];
    config_o.out_head_bytes = config_q[23];
  end

  // Zero or beyond what the field or the engine holds
  function automatic logic outside(input logic [31:0] value, input logic [31:0] most);
    outside = value == 32'd0 || value > most;
  endfunction

  assign bad = outside(config_q[0], 32'hFF_FFFF) || outside(config_q[1], 32'hFF_FFFF)
            || outside(config_q[2], 32'(MAX_WIDTH)) || outside(config_q[3], 32'(MAX_WIDTH))
            || outside(config_q[4], 32'hFF_FFFF) || outside(config_q[5], 32'hFFFF)
            || rows > 40'hFF_FFFF
            || outside(config_q[7], 32'hFFFF)
            || (config_q[6][0] && config_q[1] < config_q[0])
            || config_bad_i;

  // ---- The bus ----

  logic        write, write_refused, read_unmapped;
  logic [9:0]  write_word, read_word;
  logic [31:0] write_data, write_mask, read_data;

  weft_axil_slave u_slave (
    .clk_i, .rst_ni, .axil_awvalid_i, .axil_awready_o, .axil_awaddr_i, .axil_wvalid_i,
    .axil_wready_o, .axil_wdata_i, .axil_wstrb_i, .axil_bvalid_o, .axil_bready_i, .axil_bresp_o,
    .axil_arvalid_i, .axil_arready_o, .axil_araddr_i, .axil_rvalid_o, .axil_rready_i,
    .axil_rdata_o, .axil_rresp_o, .write_o(write), .write_word_o(write_word),
    .write_data_o(write_data), .write_mask_o(write_mask), .write_refused_i(write_refused),
    .read_word_o(read_word), .read_data_i(read_data), .read_refused_i(read_unmapped)
  );

  // ---- Writes ----

  logic       in_config, write_config, start;
  logic [4:0] config_index;

  function automatic logic is_config(input logic [9:0] word);
    is_config = word >= WORD_CONFIG && word < WORD_END && !(word >= WORD_HOLE && word < WORD_BASES);
  endfunction
  function automatic logic is_counter(input logic [9:0] word);
    is_counter = word >= WORD_COUNTERS && word < WORD_COUNTERS + 10'(2 * COUNTERS);
  endfunction

  assign in_config    = is_config(write_word);
  assign write_config = write && in_config && !busy_i;
  assign config_index = 5'(write_word - WORD_CONFIG);
  // Nothing there, or a configuration that a run is using.
  assign write_refused = in_config ? busy_i
      : !(write_word < WORD_CONFIG || is_counter(write_word));

  assign start   = write && write_word == WORD_CONTROL && write_mask[0] && write_data[0] && !busy_i;
  assign start_o = start && !bad;

  for (genvar word = 0; word < CONFIG_WORDS; word++) begin : gen_config
    // Only bit 0 of FLAGS exists.
    localparam logic [31:0] EXISTING = (10'(word) + WORD_CONFIG == WORD_FLAGS) ? 32'd1
        : 32'hFFFF_FFFF;

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) config_q[word] <= '0;
      else if (write_config && config_index == 5'(word)) begin
        config_q[word] <= ((config_q[word] & ~write_mask) | (write_data & write_mask)) & EXISTING;
      end
    end
  end

  // ---- Status: setting wins over clearing ----

  logic clear_status;

  assign clear_status = write && write_word == WORD_STATUS && write_mask[0];
  assign irq_o        = done_q && interrupt_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      interrupt_q <= 1'b0;
      done_q      <= 1'b0;
      error_q     <= 1'b0;
    end else begin
      if (write && write_word == WORD_CONTROL && write_mask[0]) interrupt_q <= write_data[1];
      done_q  <= finished_i || (done_q && !(clear_status && write_data[1]));
      error_q <= error_i || (start && bad) || (error_q && !(clear_status && write_data[2]));
    end
  end

  // ---- Reads ----

  logic [5:0] counter_half;  // counters, low half first

  assign counter_half = 6'(read_word - WORD_COUNTERS);

  always_comb begin
    read_data     = '0;
    read_unmapped = 1'b0;
    if (read_word == WORD_ID)             read_data = {16'h5746, weft_engine_pkg::EngineVersion};
    // SIDE 256 reads as 0.
    else if (read_word == WORD_PARAMS)    read_data = {16'(MAX_WIDTH), 8'(CONTEXTS), 8'(SIDE)};
    else if (read_word == WORD_CONTROL)   read_data = {30'd0, interrupt_q, 1'b0};
    else if (read_word == WORD_STATUS)    read_data = {29'd0, error_q, done_q, busy_i};
    else if (is_config(read_word))        read_data = config_q[5'(read_word - WORD_CONFIG)];
    else if (is_counter(read_word))       read_data = counters_i[counter_half*32 +: 32];
    else                                  read_unmapped = 1'b1;
  end

`ifndef SYNTHESIS
  initial begin
    if (SIDE == 0 || SIDE > 256) $fatal(1, "weft_registers: SIDE must be from 1 to 256");
    if (CONTEXTS == 0 || CONTEXTS > 255)
        $fatal(1, "weft_registers: CONTEXTS must be from 1 to 255");
    if (MAX_WIDTH == 0 || MAX_WIDTH > 255)
        $fatal(1, "weft_registers: MAX_WIDTH must be from 1 to 255");
  end

  a_start_idle : assert property (@(posedge clk_i) disable iff (!rst_ni)
      start_o |-> !busy_i && !bad);
`endif

endmodule
