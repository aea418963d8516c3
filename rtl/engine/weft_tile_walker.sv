// Walks the tiles of a run in the order of the binding's loops: heads, blocks of queries, tiles of
// keys, tiles of queries of the block. Under a causal mask tiles that no query sees are left out.
// One tile a cycle when they are taken.
module weft_tile_walker #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3,
  parameter int unsigned LINKS = 3,
  parameter int unsigned PAIRS = 8,
  parameter int unsigned BEAT_ELEMENTS = 16
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,
  input  logic                      start_i,   // begins a run; config_i is constant from here on
  input  weft_engine_pkg::config_t  config_i,
  output logic                      tile_valid_o,
  input  logic                      tile_ready_i,
  output weft_engine_pkg::tile_t    tile_o
);
  localparam logic signed [25:0] Side = 26'(SIDE);
  localparam int unsigned ElementBits = $clog2(BEAT_ELEMENTS);

  logic active_q;
  logic [23:0] head_q;
  logic [5:0] block_q;
  logic [23:0] block_begin_q;     // first query of the block
  logic [23:0] query_q, key_q;    // first query and first key of the tile
  logic [15:0] place_q;           // of the tile of queries in its block
  logic [23:0] seen_begin_q;      // first query of the first tile in the block that sees these keys
  logic [15:0] seen_place_q;
  logic keys_slot_q;
  logic [3:0] context_q;
  logic [1:0] link_q;
  logic [3:0] pair_q;

  logic [23:0] offset, block_end, block_keys_end, tile_end, tile_keys_end, next_query, next_key;
  logic last_query, last_key, seen_moves;
  logic [39:0] block_limit;
  // of a causal run: how far a query sees beyond its own index
  assign offset = config_i.seq_kv - config_i.seq_q;
  assign block_limit = 40'(block_begin_q) + 40'(config_i.block_tiles) * 40'(SIDE);
  assign block_end = block_limit < 40'(config_i.seq_q) ? block_limit[23:0] : config_i.seq_q;
  assign block_keys_end = config_i.causal ? block_end + offset : config_i.seq_kv;
  assign next_query = query_q + 24'(SIDE);
  assign next_key = key_q + 24'(SIDE);
  assign tile_end = next_query < config_i.seq_q ? next_query : config_i.seq_q;
  assign tile_keys_end = config_i.causal ? tile_end + offset : config_i.seq_kv;
  assign last_query = next_query >= block_end;
  assign last_key = next_key >= block_keys_end;
  // At most one tile of queries falls out of sight a step, since tiles of keys are as long as tiles
  // of queries.
  assign seen_moves = config_i.causal && seen_begin_q + 24'(SIDE) + offset <= next_key;

  logic [23:0] seen_next;
  logic [15:0] seen_place_next;
  assign seen_next = seen_moves ? seen_begin_q + 24'(SIDE) : seen_begin_q;
  assign seen_place_next = seen_moves ? seen_place_q + 16'd1 : seen_place_q;

  logic [23:0] block_next;
  logic last_block;
  assign last_block = block_end == config_i.seq_q;
  assign block_next = last_block ? 24'b0 : block_end;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
    end else if (start_i) begin
      active_q <= 1'b1;
    end else if (tile_valid_o && tile_ready_i && last_query && last_key && last_block
        && head_q + 24'd1 == config_i.heads) begin
      active_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      head_q <= '0;
      block_q <= '0;
      block_begin_q <= '0;
      query_q <= '0;
      key_q <= '0;
      place_q <= '0;
      seen_begin_q <= '0;
      seen_place_q <= '0;
      keys_slot_q <= 1'b0;
      context_q <= '0;
      link_q <= '0;
      pair_q <= '0;
    end else if (tile_valid_o && tile_ready_i) begin
      context_q <= 32'(context_q) == CONTEXTS - 1 ? '0 : context_q + 4'd1;
      link_q <= 32'(link_q) == LINKS - 1 ? '0 : link_q + 2'd1;
      pair_q <= 32'(pair_q) == PAIRS - 1 ? '0 : pair_q + 4'd1;
      if (!last_query) begin
        query_q <= next_query;
        place_q <= place_q + 16'd1;
      end else begin
        keys_slot_q <= !keys_slot_q;
        if (!last_key) begin
          key_q <= next_key;
          query_q <= seen_next;
          place_q <= seen_place_next;
          seen_begin_q <= seen_next;
          seen_place_q <= seen_place_next;
        end else begin
          block_q <= block_q + 6'd1;
          head_q <= last_block ? head_q + 24'd1 : head_q;
          block_begin_q <= block_next;
          query_q <= block_next;
          key_q <= '0;
          place_q <= '0;
          seen_begin_q <= block_next;
          seen_place_q <= '0;
        end
      end
    end
  end

  logic [15:0] word;
  logic [7:0] row_elements;  // of Q in a bank: whole beats
  logic signed [25:0] diagonal;
  logic [23:0] keys_left, queries_left;
  assign word = (block_q[0] ? config_i.block_tiles : 16'b0) + place_q;
  assign row_elements = ((config_i.width_qk + 8'(BEAT_ELEMENTS - 1)) >> ElementBits) << ElementBits;
  assign diagonal = $signed({2'b0, query_q}) + $signed({2'b0, offset}) - $signed({2'b0, key_q});
  assign keys_left = config_i.seq_kv - key_q;
  assign queries_left = block_end - seen_begin_q;

  assign tile_valid_o = active_q;
  always_comb begin
    tile_o = '0;
    tile_o.rows = keys_left < 24'(SIDE) ? keys_left[5:0] : 6'(SIDE);
    if (!config_i.causal || diagonal > Side) tile_o.diagonal = 8'(SIDE);
    else if (diagonal < -Side) tile_o.diagonal = -(8'(SIDE));
    else tile_o.diagonal = diagonal[7:0];
    tile_o.q_address = 20'(word) * 20'(row_elements);
    tile_o.rnv_address = 20'(word) * 20'(config_i.width_v);
    tile_o.key = word;
    tile_o.keys_slot = keys_slot_q;
    tile_o.first = key_q == 24'b0;
    tile_o.last = next_key >= tile_keys_end;
    tile_o.ends_keys = last_query;
    tile_o.ends_block = last_query && last_key;
    tile_o.peers = 5'd1;
    for (int unsigned k = 1; k < CONTEXTS; k++) begin
      if (queries_left > 24'(k * SIDE)) tile_o.peers = 5'(k + 1);
    end
    tile_o.context_id = context_q;
    tile_o.link_id = link_q;
    tile_o.pair_id = pair_q;
    tile_o.block = block_q;
  end
endmodule
