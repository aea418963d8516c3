// Walks the transfers of one tensor in the order of the binding's loops: Q once a block of queries,
// K and V once a tile of keys of each block, the output once a tile of queries. A row is padded to
// whole beats.
module weft_transfer_walker #(
  parameter weft_engine_pkg::target_e TARGET = weft_engine_pkg::TargetQ,
  parameter int unsigned SIDE = 16,
  parameter int unsigned BEAT_BYTES = 32
) (
  input  logic                       clk_i,
  input  logic                       rst_ni,
  input  logic                       start_i,
  input  weft_engine_pkg::config_t   config_i,
  output logic                       transfer_valid_o,
  input  logic                       transfer_ready_i,
  output weft_engine_pkg::transfer_t transfer_o,
  output logic [5:0]                 block_o,  // ordinal of its block, modulo 64
  output logic [23:0]                key_o     // of K and V: first key; otherwise 0
);
  localparam bit OfKeys = TARGET == weft_engine_pkg::TargetK || TARGET == weft_engine_pkg::TargetV;
  localparam bit OfTiles = TARGET == weft_engine_pkg::TargetOut;
  localparam int unsigned BeatBits = $clog2(BEAT_BYTES);

  logic active_q, slot_q;
  logic [23:0] head_q;
  logic [5:0] block_q;
  logic [23:0] block_begin_q, first_q;
  logic [63:0] head_base_q;

  logic [39:0] block_limit;
  logic [23:0] block_end, next, rows;
  logic [39:0] scaled_q, next_scaled;  // of K and V: the key times the rows of a query
  logic last_keys, last_inner, last_block;
  assign block_limit = 40'(block_begin_q) + 40'(config_i.block_tiles) * 40'(SIDE);
  assign block_end = block_limit < 40'(config_i.rows) ? block_limit[23:0] : config_i.rows;
  assign next = OfKeys || OfTiles ? first_q + 24'(SIDE) : block_end;
  assign next_scaled = scaled_q + 40'(SIDE) * 40'(config_i.group);
  assign last_keys = config_i.causal ? next_scaled >= 40'(block_end) + config_i.ahead
      : next >= config_i.seq_kv;
  assign last_inner = OfKeys ? last_keys : next >= block_end;
  assign last_block = block_end == config_i.rows;
  // A tile of keys that the block's last query cuts is brought in whole.
  logic [23:0] rows_end;
  assign rows_end = OfKeys ? config_i.seq_kv : config_i.rows;
  assign rows = next < rows_end ? next - first_q : rows_end - first_q;

  logic [63:0] base, head_bytes;
  logic [8:0] width;
  always_comb begin
    unique case (TARGET)
      weft_engine_pkg::TargetQ: begin
        base = config_i.q_base;
        head_bytes = 64'(config_i.q_head_bytes);
        width = {1'b0, config_i.width_qk};
      end
      weft_engine_pkg::TargetK: begin
        base = config_i.k_base;
        head_bytes = 64'(config_i.k_head_bytes);
        width = {1'b0, config_i.width_qk};
      end
      weft_engine_pkg::TargetV: begin
        base = config_i.v_base;
        head_bytes = 64'(config_i.v_head_bytes);
        width = {1'b0, config_i.width_v};
      end
      weft_engine_pkg::TargetOut: begin
        base = config_i.out_base;
        head_bytes = 64'(config_i.out_head_bytes);
        width = {1'b0, config_i.width_v};
      end
    endcase
  end

  logic take;
  assign take = transfer_valid_o && transfer_ready_i;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (start_i) begin
      active_q <= 1'b1;
    end else if (take && last_inner && last_block && head_q + 24'd1 == config_i.heads) begin
      active_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      slot_q <= 1'b0;
      head_q <= '0;
      block_q <= '0;
      block_begin_q <= '0;
      first_q <= '0;
      scaled_q <= '0;
      head_base_q <= base;
    end else if (take) begin
      slot_q <= !slot_q;
      first_q <= next;
      scaled_q <= next_scaled;
      if (last_inner) begin
        scaled_q <= '0;
        block_q <= block_q + 6'd1;
        block_begin_q <= last_block ? 24'b0 : block_end;
        first_q <= last_block || OfKeys ? 24'b0 : block_end;
        if (last_block) begin
          head_q <= head_q + 24'd1;
          head_base_q <= head_base_q + head_bytes;
        end
      end
    end
  end

  logic [23:0] row_bytes;
  logic [9:0] padded;
  assign padded = ({width, 1'b0} + 10'(BEAT_BYTES - 1)) >> BeatBits << BeatBits;
  assign row_bytes = 24'(padded);
  assign transfer_valid_o = active_q;
  always_comb begin
    transfer_o.target = TARGET;
    transfer_o.slot = slot_q;
    transfer_o.address = head_base_q + 64'(first_q) * 64'(row_bytes);
    transfer_o.bytes = rows * row_bytes;
  end
  assign block_o = block_q;
  assign key_o = OfKeys ? first_q : 24'b0;

`ifndef SYNTHESIS
  a_transfer_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      transfer_valid_o && !transfer_ready_i && !start_i
      |=> transfer_valid_o && $stable(transfer_o));
  a_some_bytes : assert property (@(posedge clk_i) disable iff (!rst_ni)
      transfer_valid_o |-> transfer_o.bytes != '0);
`endif
endmodule
