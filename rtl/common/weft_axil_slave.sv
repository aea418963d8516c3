// An AXI4-Lite slave of 32-bit words, for the registers behind it: writes and reads one at a time.
//
// AW and W are taken in either order; the write happens in the cycle in which both are there and no
// older response waits, and is answered in the next. A read is answered in the cycle after AR. What
// is refused, within the cycle, is answered with SLVERR.
module weft_axil_slave (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        axil_awvalid_i,
  output logic        axil_awready_o,
  input  logic [11:0] axil_awaddr_i,
  input  logic        axil_wvalid_i,
  output logic        axil_wready_o,
  input  logic [31:0] axil_wdata_i,
  input  logic [3:0]  axil_wstrb_i,
  output logic        axil_bvalid_o,
  input  logic        axil_bready_i,
  output logic [1:0]  axil_bresp_o,
  input  logic        axil_arvalid_i,
  output logic        axil_arready_o,
  input  logic [11:0] axil_araddr_i,
  output logic        axil_rvalid_o,
  input  logic        axil_rready_i,
  output logic [31:0] axil_rdata_o,
  output logic [1:0]  axil_rresp_o,

  output logic        write_o,
  output logic [9:0]  write_word_o,     // by number
  output logic [31:0] write_data_o,
  output logic [31:0] write_mask_o,     // of the bytes that are written
  input  logic        write_refused_i,
  output logic [9:0]  read_word_o,
  input  logic [31:0] read_data_i,
  input  logic        read_refused_i
);

  localparam logic [1:0] Okay   = 2'b00;
  localparam logic [1:0] SlvErr = 2'b10;

  // ---- Writes ----

  logic        address_held_q, data_held_q, write_answer_q;
  logic [9:0]  address_q;
  logic [31:0] data_q;
  logic [3:0]  strobe_q;
  logic [1:0]  write_response_q;

  assign axil_awready_o = !address_held_q;
  assign axil_wready_o  = !data_held_q;
  assign axil_bvalid_o  = write_answer_q;
  assign axil_bresp_o   = write_response_q;

  assign write_o        = address_held_q && data_held_q && !write_answer_q;
  assign write_word_o   = address_q;
  assign write_data_o   = data_q;
  assign write_mask_o   = {{8{strobe_q[3]}}, {8{strobe_q[2]}}, {8{strobe_q[1]}}, {8{strobe_q[0]}}};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      address_held_q   <= 1'b0;
      data_held_q      <= 1'b0;
      write_answer_q   <= 1'b0;
      write_response_q <= Okay;
    end else begin
      if (axil_awvalid_i && axil_awready_o) address_held_q <= 1'b1;
      if (axil_wvalid_i && axil_wready_o)   data_held_q <= 1'b1;
      if (axil_bvalid_o && axil_bready_i)   write_answer_q <= 1'b0;
      if (write_o) begin
        address_held_q   <= 1'b0;
        data_held_q      <= 1'b0;
        write_answer_q   <= 1'b1;
        write_response_q <= write_refused_i ? SlvErr : Okay;
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (axil_awready_o) address_q <= axil_awaddr_i[11:2];
    if (axil_wready_o) begin
      data_q   <= axil_wdata_i;
      strobe_q <= axil_wstrb_i;
    end
  end

  // ---- Reads ----

  logic [31:0] read_data_q;
  logic        read_answer_q;
  logic [1:0]  read_response_q;

  assign axil_arready_o = !read_answer_q;
  assign axil_rvalid_o  = read_answer_q;
  assign axil_rdata_o   = read_data_q;
  assign axil_rresp_o   = read_response_q;
  assign read_word_o    = axil_araddr_i[11:2];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      read_answer_q   <= 1'b0;
      read_data_q     <= '0;
      read_response_q <= Okay;
    end else if (axil_arvalid_i && axil_arready_o) begin
      read_answer_q   <= 1'b1;
      read_data_q     <= read_data_i;
      read_response_q <= read_refused_i ? SlvErr : Okay;
    end else if (axil_rready_i) begin
      read_answer_q <= 1'b0;
    end
  end

`ifndef SYNTHESIS
  a_aw_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axil_awvalid_i && !axil_awready_o |=> axil_awvalid_i && $stable(axil_awaddr_i))
    else $error("weft_axil_slave: AW was withdrawn or changed");
  a_w_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axil_wvalid_i && !axil_wready_o |=> axil_wvalid_i && $stable(axil_wdata_i)
          && $stable(axil_wstrb_i))
    else $error("weft_axil_slave: W was withdrawn or changed");
  a_ar_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axil_arvalid_i && !axil_arready_o |=> axil_arvalid_i && $stable(axil_araddr_i))
    else $error("weft_axil_slave: AR was withdrawn or changed");
  a_b_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axil_bvalid_o && !axil_bready_i |=> axil_bvalid_o && $stable(axil_bresp_o));
  a_r_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      axil_rvalid_o && !axil_rready_i |=> axil_rvalid_o && $stable(axil_rdata_o)
          && $stable(axil_rresp_o));
`endif

  logic unused_low;
  assign unused_low = ^{axil_awaddr_i[1:0], axil_araddr_i[1:0]};

endmodule
