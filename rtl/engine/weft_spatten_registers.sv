// The registers of the SpAtten engine behind AXI4-Lite: what a layer is, scales of heads, commands,
// and what can be read of who is alive. docs/units/engine/spatten_rtl.md has the map.
module weft_spatten_registers #(
  parameter  int unsigned KEYS      = 128,
  parameter  int unsigned HEADS     = 16,
  localparam int unsigned KeyBits   = $clog2(KEYS),
  localparam int unsigned CountBits = $clog2(KEYS + 1),
  localparam int unsigned HeadBits  = $clog2(HEADS),
  localparam int unsigned ReadWords = 12
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,

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

  output weft_spatten_pkg::layer_t                  layer_o,
  output logic [CountBits-1:0]    tokens_o,  // of a run
  output logic [HeadBits:0]       heads_o,
  output logic                    begin_o,   // a run
  output logic                    start_o,   // a layer
  input  logic                    busy_i,
  input  logic                    done_i,    // a layer ends
  output logic                    done_o,    // the one that was started
  input  logic                    error_i,   // a response that is not OKAY

  // Scales of scores from whole keys and from upper bits, and of outputs; fp32, by head
  output logic [HEADS*32-1:0]     scale_whole_o,
  output logic [HEADS*32-1:0]     scale_upper_o,
  output logic [HEADS*32-1:0]     scale_out_o,

  output logic [KeyBits-1:0]      place_o,   // of the lists
  input  logic [ReadWords*32-1:0] reads_i    // from cycles on, in the order of their addresses
);

  localparam logic [9:0] WordControl = 10'h002;
  localparam logic [9:0] WordStatus  = 10'h003;
  localparam logic [9:0] WordConfig  = 10'h004;  // the first of the configuration
  localparam logic [9:0] WordHead    = 10'h028;  // head_index, and its scales behind it
  localparam logic [9:0] WordReads   = 10'h040;
  localparam logic [9:0] WordPlace   = 10'h044;  // list_index
  localparam int unsigned ConfigWords = 36;

  logic        write, write_refused, read_refused, in_config, in_scales, in_reads;
  logic [9:0]  write_word, read_word;
  logic [31:0] write_data, read_data, write_mask;
  logic [5:0]  config_index, config_read;
  logic [3:0]  read_index;
  logic        done_q, error_q;

  weft_axil_slave u_slave (
    .clk_i, .rst_ni, .axil_awvalid_i, .axil_awready_o, .axil_awaddr_i, .axil_wvalid_i,
    .axil_wready_o, .axil_wdata_i, .axil_wstrb_i, .axil_bvalid_o, .axil_bready_i, .axil_bresp_o,
    .axil_arvalid_i, .axil_arready_o, .axil_araddr_i, .axil_rvalid_o, .axil_rready_i,
    .axil_rdata_o, .axil_rresp_o, .write_o(write), .write_word_o(write_word),
    .write_data_o(write_data), .write_mask_o(write_mask), .write_refused_i(write_refused),
    .read_word_o(read_word), .read_data_i(read_data), .read_refused_i(read_refused)
  );

  // Writes ----------------------------------------------------------------------------------------
  logic [31:0]         config_q [ConfigWords];
  logic [HeadBits-1:0] head_q;
  logic [KeyBits-1:0]  place_q;

  assign in_config     = write_word >= WordConfig && write_word < WordHead;
  assign in_scales     = write_word >= WordHead && write_word < WordHead + 10'd4;
  assign config_index  = 6'(write_word - WordConfig);
  assign write_refused = (in_config || in_scales) ? busy_i
      : !(write_word == WordControl || write_word == WordStatus || write_word == WordPlace);
  assign start_o = write && write_word == WordControl && write_mask[0] && write_data[0] && !busy_i;
  assign begin_o = write && write_word == WordControl && write_mask[0] && write_data[1:0] == 2'b10
      && !busy_i;

  logic write_clk;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(write), .clk_o(write_clk));
  for (genvar word = 0; word < ConfigWords; word++) begin : gen_config
    always_ff @(posedge write_clk or negedge rst_ni) begin
      if (!rst_ni) config_q[word] <= '0;
      else if (write && in_config && !busy_i && config_index == 6'(word)) begin
        config_q[word] <= (config_q[word] & ~write_mask) | (write_data & write_mask);
      end
    end
  end
  always_ff @(posedge write_clk) begin
    if (write && write_word == WordHead && !busy_i) head_q <= HeadBits'(write_data);
    if (write && write_word == WordPlace) place_q <= KeyBits'(write_data);
    if (write && write_word == WordHead + 10'd1 && !busy_i)
      scale_whole_o[32'(head_q)*32 +: 32] <= write_data;
    if (write && write_word == WordHead + 10'd2 && !busy_i)
      scale_upper_o[32'(head_q)*32 +: 32] <= write_data;
    if (write && write_word == WordHead + 10'd3 && !busy_i)
      scale_out_o[32'(head_q)*32 +: 32] <= write_data;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      done_q  <= 1'b0;
      error_q <= 1'b0;
    end else begin
      done_q  <= !start_o && (done_q || done_i);
      error_q <= !begin_o && (error_q || error_i);
    end
  end

  // The configuration -----------------------------------------------------------------------------
  assign place_o  = place_q;
  assign tokens_o = CountBits'(config_q[0]);
  assign heads_o  = (HeadBits + 1)'(config_q[1]);
  always_comb begin
    layer_o.queries       = config_q[2][11:0];
    layer_o.causal        = config_q[3][0];
    layer_o.follows       = config_q[3][1];
    layer_o.streams       = config_q[3][2];
    layer_o.causal_offset = config_q[4][11:0];
    layer_o.width_qk      = config_q[5][6:0];
    layer_o.width_v       = config_q[6][6:0];
    layer_o.key_bits      = config_q[7][3:0];
    layer_o.lower_bits    = config_q[8][3:0];
    layer_o.threshold     = config_q[9];
    layer_o.seed          = {config_q[11], config_q[10]};
    layer_o.pruned_share  = config_q[12][16:0];
    layer_o.tokens_kept   = config_q[13][11:0];
    layer_o.heads_kept    = config_q[14][4:0];
    layer_o.token_seed    = {config_q[17], config_q[16]};
    layer_o.token_word    = config_q[18];
    layer_o.head_seed     = {config_q[21], config_q[20]};
    layer_o.head_word     = config_q[22];
    layer_o.base_keys     = {config_q[25][15:0], config_q[24]};
    layer_o.base_lower    = {config_q[27][15:0], config_q[26]};
    layer_o.base_values   = {config_q[29][15:0], config_q[28]};
    layer_o.head_keys     = config_q[30][23:0];
    layer_o.head_lower    = config_q[31][23:0];
    layer_o.head_values   = config_q[32][23:0];
    layer_o.pitch_keys    = config_q[33][15:0];
    layer_o.pitch_lower   = config_q[34][15:0];
    layer_o.pitch_values  = config_q[35][15:0];
  end

  // Reads -----------------------------------------------------------------------------------------
  assign config_read = 6'(read_word - WordConfig);
  assign read_index  = 4'(read_word - WordReads);
  assign in_reads    = read_word >= WordReads && read_word < WordReads + 10'(ReadWords);

  assign done_o = done_q;
  always_comb begin
    read_data    = '0;
    read_refused = 1'b0;
    if (read_word == WordControl)     read_data = '0;
    else if (read_word == WordStatus) read_data = {29'd0, error_q, done_q, busy_i};
    else if (read_word >= WordConfig && read_word < WordHead) read_data = config_q[config_read];
    else if (in_reads)                read_data = reads_i[32'(read_index)*32 +: 32];
    else                              read_refused = 1'b1;
  end

endmodule
