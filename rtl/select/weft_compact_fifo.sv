// FIFO_L or FIFO_R of a quick-select engine: what a comparator array has kept of a beat is
// compacted and appended, within the cycle; what is held is read by rows of LANES from the start.
//
// LANES banks of ROWS words: value i stands in row i / LANES of bank i % LANES. A row that is asked
// for in cycle t stands on read_data_o from t + 1 until the next read; what is pushed in t can be
// read from t + 1 on.
module weft_compact_fifo #(
  parameter  int unsigned LANES      = 16,  // a power of two
  parameter  int unsigned VALUE_BITS = 12,
  parameter  int unsigned ROWS       = 64,
  localparam int unsigned COUNT_BITS = $clog2(LANES * ROWS + 1),
  localparam int unsigned ROW_BITS   = (ROWS <= 1) ? 1 : $clog2(ROWS)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        clear_i,  // holds nothing from the next cycle on; no push

  input  logic                        push_valid_i,
  input  logic [LANES*VALUE_BITS-1:0] push_values_i,
  input  logic [LANES-1:0]            push_keep_i,
  output logic [COUNT_BITS-1:0]       count_d_o,  // values held after this cycle's push

  input  logic                        read_valid_i,
  input  logic [ROW_BITS-1:0]         read_row_i,
  output logic [LANES*VALUE_BITS-1:0] read_data_o
);

  localparam int unsigned Layers     = (LANES <= 1) ? 0 : $clog2(LANES);
  localparam int unsigned LANE_BITS  = (Layers == 0) ? 1 : Layers;
  localparam int unsigned TALLY_BITS = $clog2(LANES + 1);

  // Compaction ------------------------------------------------------------------------------------
  logic [LANES*TALLY_BITS-1:0] zeros_before;
  logic [TALLY_BITS-1:0]       zeros, kept;

  weft_prefix_count #(.LANES(LANES)) u_zeros (
    .valid_i (push_valid_i),
    .bits_i  (~push_keep_i),
    .before_o(zeros_before),
    .total_o (zeros)
  );
  assign kept = TALLY_BITS'(LANES) - zeros;

  for (genvar layer = 0; layer <= Layers; layer++) begin : gen_layer
    logic [LANES*VALUE_BITS-1:0] data;
    logic [LANES-1:0]            keep;
    logic [LANES*LANE_BITS-1:0]  shift;

    if (layer == 0) begin : gen_first
      assign data = push_values_i;
      assign keep = push_keep_i;
      for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
        assign shift[lane*LANE_BITS +: LANE_BITS] = zeros_before[lane*TALLY_BITS +: LANE_BITS];
      end
    end else begin : gen_shift
      weft_shift_layer #(
        .PLACES(LANES), .WIDTH(VALUE_BITS), .SHIFT_BITS(LANE_BITS), .LAYER(layer - 1)
      ) u_layer (
        .valid_i(push_valid_i),
        .data_i (gen_layer[layer-1].data),
        .keep_i (gen_layer[layer-1].keep),
        .shift_i(gen_layer[layer-1].shift),
        .data_o (data),
        .keep_o (keep),
        .shift_o(shift)
      );
    end
  end

  logic unused_shift;
  assign unused_shift = ^{gen_layer[Layers].shift, gen_layer[Layers].keep, zeros_before};

  // Turned so that the first value stands at the tail's bank --------------------------------------
  logic [COUNT_BITS-1:0]       count_q;
  logic [LANES*VALUE_BITS-1:0] turned;
  logic [LANES-1:0]            written;   // banks
  logic [ROW_BITS-1:0]         tail_row;

  if (Layers == 0) begin : gen_one
    assign turned   = gen_layer[0].data;
    assign written  = push_keep_i;
    assign tail_row = count_q[ROW_BITS-1:0];
  end else begin : gen_turn
    logic [LANE_BITS-1:0]        tail;
    logic [LANES*VALUE_BITS-1:0] data;
    assign tail     = count_q[LANE_BITS-1:0];
    assign tail_row = ROW_BITS'(count_q >> LANE_BITS);
    assign data     = gen_layer[Layers].data;
    always_comb begin
      logic [LANE_BITS-1:0] from;  // the kept value that goes to a bank
      from    = 'x;
      turned  = 'x;
      written = 'x;
      if (push_valid_i) begin
        for (int unsigned bank = 0; bank < LANES; bank++) begin
          from = LANE_BITS'(bank) - tail;
          turned[bank*VALUE_BITS +: VALUE_BITS] = data[from*VALUE_BITS +: VALUE_BITS];
          written[bank] = TALLY_BITS'(from) < kept;
        end
      end
    end
  end

  for (genvar bank = 0; bank < LANES; bank++) begin : gen_memory
    logic [ROW_BITS-1:0] row;  // the tail's, or the next where the bank stands before the tail's
    if (bank == LANES - 1) begin : gen_row  // never before the tail's
      assign row = tail_row;
    end else begin : gen_rows
      assign row = (LANE_BITS'(bank) < count_q[LANE_BITS-1:0])
          ? tail_row + ROW_BITS'(1) : tail_row;
    end
    weft_ram #(.WORD_BITS(VALUE_BITS), .WORDS(ROWS)) u_bank (
      .clk_i,
      .write_valid_i  (push_valid_i && written[bank]),
      .write_address_i(row),
      .write_lanes_i  (1'b1),
      .write_data_i   (turned[bank*VALUE_BITS +: VALUE_BITS]),
      .read_valid_i,
      .read_address_i (read_row_i),
      .read_data_o    (read_data_o[bank*VALUE_BITS +: VALUE_BITS])
    );
  end

  assign count_d_o = push_valid_i ? count_q + COUNT_BITS'(kept) : count_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) count_q <= '0;
    else count_q <= clear_i ? '0 : count_d_o;
  end

`ifndef SYNTHESIS
  initial begin
    if (VALUE_BITS == 0 || ROWS == 0) begin
      $fatal(1, "weft_compact_fifo: VALUE_BITS and ROWS must be above 0");
    end
    if (LANES == 0 || (LANES & (LANES - 1)) != 0) begin
      $fatal(1, "weft_compact_fifo: LANES must be a power of two");
    end
  end

  a_room : assert property (@(posedge clk_i) disable iff (!rst_ni)
      push_valid_i |-> 32'(count_q) + 32'(kept) <= LANES * ROWS)
    else $error("weft_compact_fifo: more than LANES * ROWS values");
  a_clear : assert property (@(posedge clk_i) disable iff (!rst_ni) clear_i |-> !push_valid_i);
`endif

endmodule
