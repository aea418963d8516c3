// An engine that is not FuseMax, for the loader's tests: adds COUNT words of memory, BIAS and what
// stands on level_i to each, and writes the sum back. One read at a time, of one beat.
module weft_summer #(
  parameter int unsigned BIAS = 0
) (
  input  logic        clock_i,
  input  logic        reset_ni,
  // registers
  input  logic        csr_awvalid_i,
  output logic        csr_awready_o,
  input  logic [7:0]  csr_awaddr_i,
  input  logic        csr_wvalid_i,
  output logic        csr_wready_o,
  input  logic [31:0] csr_wdata_i,
  input  logic [3:0]  csr_wstrb_i,
  output logic        csr_bvalid_o,
  input  logic        csr_bready_i,
  output logic [1:0]  csr_bresp_o,
  input  logic        csr_arvalid_i,
  output logic        csr_arready_o,
  input  logic [7:0]  csr_araddr_i,
  output logic        csr_rvalid_o,
  input  logic        csr_rready_i,
  output logic [31:0] csr_rdata_o,
  output logic [1:0]  csr_rresp_o,
  // memory, of words of 32 bits
  output logic        mem_arvalid_o,
  input  logic        mem_arready_i,
  output logic [39:0] mem_araddr_o,
  output logic [7:0]  mem_arlen_o,
  input  logic        mem_rvalid_i,
  output logic        mem_rready_o,
  input  logic [31:0] mem_rdata_i,
  input  logic [1:0]  mem_rresp_i,
  input  logic        mem_rlast_i,
  output logic        mem_awvalid_o,
  input  logic        mem_awready_i,
  output logic [39:0] mem_awaddr_o,
  output logic [7:0]  mem_awlen_o,
  output logic        mem_wvalid_o,
  input  logic        mem_wready_i,
  output logic [31:0] mem_wdata_o,
  output logic [3:0]  mem_wstrb_o,
  output logic        mem_wlast_o,
  input  logic        mem_bvalid_i,
  output logic        mem_bready_o,
  input  logic [1:0]  mem_bresp_i,
  // its own
  input  logic [4:0]  level_i,
  output logic [39:0] total_o,
  output logic [95:0] recent_o,  // the last three words, the newest lowest
  output logic        busy_o
);
  typedef enum logic [2:0] {Idle, Ask, Read, WriteAddress, WriteData, Answer} state_e;

  state_e state_q;
  // Registers by word: 0 control, 2 and 3 source, 4 and 5 target, 6 count.
  logic [31:0] words_q [8];
  logic [31:0] taken_q, count;
  assign count = words_q[6];
  logic done_q, write, read;

  // A write waits for both, and for the answer before it; a read for the answer before it.
  assign write = csr_awvalid_i && csr_wvalid_i && !csr_bvalid_o;
  assign read = csr_arvalid_i && !csr_rvalid_o;
  assign csr_awready_o = write;
  assign csr_wready_o = write;
  assign csr_arready_o = read;
  assign csr_bresp_o = 2'b00;
  assign csr_rresp_o = 2'b00;
  always_ff @(posedge clock_i or negedge reset_ni) begin
    if (!reset_ni) begin
      csr_bvalid_o <= 1'b0;
      csr_rvalid_o <= 1'b0;
      csr_rdata_o <= '0;
      for (int i = 0; i < 8; i++) words_q[i] <= '0;
    end else begin
      csr_bvalid_o <= write || (csr_bvalid_o && !csr_bready_i);
      csr_rvalid_o <= read || (csr_rvalid_o && !csr_rready_i);
      if (write && csr_wstrb_i == 4'hF) words_q[csr_awaddr_i[4:2]] <= csr_wdata_i;
      if (read) begin
        case (csr_araddr_i)
          8'h04: csr_rdata_o <= {30'b0, done_q, busy_o};
          8'h20: csr_rdata_o <= total_o[31:0];
          8'h24: csr_rdata_o <= {24'b0, total_o[39:32]};
          default: csr_rdata_o <= words_q[csr_araddr_i[4:2]];
        endcase
      end
    end
  end

  assign busy_o = state_q != Idle;
  assign mem_arvalid_o = state_q == Ask;
  assign mem_araddr_o = {words_q[3][7:0], words_q[2]} + 40'({taken_q, 2'b00});
  assign mem_arlen_o = 8'd0;
  assign mem_rready_o = 1'b1;
  assign mem_awvalid_o = state_q == WriteAddress;
  assign mem_awaddr_o = {words_q[5][7:0], words_q[4]};
  assign mem_awlen_o = 8'd0;
  assign mem_wvalid_o = state_q == WriteData;
  assign mem_wdata_o = total_o[31:0];
  assign mem_wstrb_o = 4'hF;
  assign mem_wlast_o = 1'b1;
  assign mem_bready_o = 1'b1;
  always_ff @(posedge clock_i or negedge reset_ni) begin
    if (!reset_ni) begin
      state_q <= Idle;
      taken_q <= '0;
      total_o <= '0;
      recent_o <= '0;
      done_q <= 1'b0;
    end else begin
      case (state_q)
        Idle: if (write && csr_awaddr_i == 8'h00 && csr_wdata_i[0]) begin
          state_q <= Ask;
          taken_q <= '0;
          total_o <= '0;
          done_q <= 1'b0;
        end
        Ask: if (mem_arready_i) state_q <= Read;
        Read: if (mem_rvalid_i) begin
          total_o <= total_o + 40'(mem_rdata_i) + 40'(BIAS) + 40'(level_i);
          recent_o <= {recent_o[63:0], mem_rdata_i};
          taken_q <= taken_q + 32'd1;
          state_q <= taken_q + 32'd1 == count ? WriteAddress : Ask;
        end
        WriteAddress: if (mem_awready_i) state_q <= WriteData;
        WriteData: if (mem_wready_i) state_q <= Answer;
        default: if (mem_bvalid_i) begin
          state_q <= Idle;
          done_q <= 1'b1;
        end
      endcase
    end
  end

  a_count : assert property (@(posedge clock_i) disable iff (!reset_ni)
      state_q == Ask |-> taken_q < count)
    else $fatal(1, "weft_summer: there is nothing to add");
endmodule
