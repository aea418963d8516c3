// Walks the tiles of a run in the order of the binding's loops: heads, blocks of rows, tiles of
// keys, tiles of rows of the block; a row is a query of one of the heads that share the keys. Under
// a causal mask tiles that no row sees are left out. One tile a cycle when they are taken.
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
  localparam logic [39:0] Side = 40'(SIDE);
  localparam logic signed [41:0] AllHidden = -(42'(SIDE));  // a diagonal below all elements
  localparam int unsigned ElementBits = $clog2(BEAT_ELEMENTS);
  localparam int unsigned RowsBits = weft_engine_pkg::TileRowsBits;
  localparam int unsigned DiagonalBits = weft_engine_pkg::TileDiagonalBits;

  logic active_q;
  logic [23:0] head_q;
  logic [5:0] block_q;
  logic [23:0] block_begin_q;     // first row of the block
  logic [24:0] block_tile_q;      // its tile among those of the head
  logic [23:0] query_q, key_q;    // first row and first key of the tile
  logic [39:0] scaled_q;          // that key times the rows of a query, as below
  logic [15:0] place_q;           // of the tile of rows in its block
  logic [23:0] seen_begin_q;      // first row of the first tile in the block that sees these keys
  logic signed [41:0] seen_q;     // that tile among those of the head; below 0 where more would see
                                  // them, if there were any
  logic keys_slot_q;
  logic [3:0] context_q;
  logic [1:0] link_q;
  logic [3:0] pair_q;

  logic [23:0] block_end, tile_end, next_query, next_key;
  logic [39:0] next_scaled;
  logic last_query, last_key, last_of_tile;
  logic [39:0] block_limit;
  assign block_limit = 40'(block_begin_q) + 40'(config_i.block_tiles) * Side;
  assign block_end = block_limit < 40'(config_i.rows) ? block_limit[23:0] : config_i.rows;
  assign next_query = query_q + 24'(SIDE);
  assign next_key = key_q + 24'(SIDE);
  assign next_scaled = scaled_q + Side * 40'(config_i.group);
  assign tile_end = next_query < config_i.rows ? next_query : config_i.rows;
  assign last_query = next_query >= block_end;
  // Under a mask the row before `end` is the last to see a key: none from that on where key x group
  // >= end + ahead.
  assign last_key = config_i.causal ? next_scaled >= 40'(block_end) + config_i.ahead
      : next_key >= config_i.seq_kv;
  assign last_of_tile = config_i.causal ? next_scaled >= 40'(tile_end) + config_i.ahead
      : next_key >= config_i.seq_kv;

  // Tiles of rows fall out of sight as keys go on: a tile of keys is `group` tiles of rows, so the
  // first that sees the next keys is as many further. The first tile of keys would be seen by
  // `ahead` rows more.
  logic [39:0] ahead_tiles, ahead_tiles_q;
  assign ahead_tiles = (config_i.ahead + Side - 40'd1) / Side;
  logic signed [41:0] seen_next, seen_past_block;
  logic [15:0] seen_place_next;
  logic [23:0] seen_begin_next;
  assign seen_next = seen_q + $signed(42'(config_i.group));
  assign seen_past_block = seen_next - $signed(42'(block_tile_q));
  assign seen_place_next = config_i.causal && seen_past_block > 0 ? seen_past_block[15:0] : '0;
  assign seen_begin_next = block_begin_q + 24'(seen_place_next) * 24'(SIDE);

  logic [23:0] block_next;
  logic last_block;
  assign last_block = block_end == config_i.rows;
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
      block_tile_q <= '0;
      query_q <= '0;
      key_q <= '0;
      scaled_q <= '0;
      place_q <= '0;
      seen_begin_q <= '0;
      seen_q <= -$signed({2'b0, ahead_tiles});
      ahead_tiles_q <= ahead_tiles;
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
          scaled_q <= next_scaled;
          query_q <= seen_begin_next;
          place_q <= seen_place_next;
          seen_begin_q <= seen_begin_next;
          seen_q <= seen_next;
        end else begin
          block_q <= block_q + 6'd1;
          head_q <= last_block ? head_q + 24'd1 : head_q;
          block_begin_q <= block_next;
          block_tile_q <= last_block ? '0 : block_tile_q + 25'(config_i.block_tiles);
          query_q <= block_next;
          key_q <= '0;
          scaled_q <= '0;
          place_q <= '0;
          seen_begin_q <= block_next;
          seen_q <= -$signed({2'b0, ahead_tiles_q});
        end
      end
    end
  end

  logic [15:0] word;
  logic [7:0] row_elements;  // of Q in a bank: whole beats
  logic signed [41:0] diagonal, far;
  logic [23:0] keys_left, queries_left;
  assign word = (block_q[0] ? config_i.block_tiles : 16'b0) + place_q;
  assign row_elements = ((config_i.width_qk + 8'(BEAT_ELEMENTS - 1)) >> ElementBits) << ElementBits;
  assign diagonal = $signed(42'(query_q)) + $signed(42'(config_i.ahead)) - $signed(42'(scaled_q));
  assign far = $signed(42'(SIDE) * 42'(config_i.group));
  assign keys_left = config_i.seq_kv - key_q;
  assign queries_left = block_end - seen_begin_q;

  assign tile_valid_o = active_q;
  always_comb begin
    tile_o = '0;
    tile_o.rows = keys_left < 24'(SIDE) ? keys_left[RowsBits-1:0] : RowsBits'(SIDE);
    if (!config_i.causal || diagonal > far) tile_o.diagonal = far[DiagonalBits-1:0];
    else if (diagonal < AllHidden) tile_o.diagonal = AllHidden[DiagonalBits-1:0];
    else tile_o.diagonal = diagonal[DiagonalBits-1:0];
    tile_o.q_address = 20'(word) * 20'(row_elements);
    tile_o.rnv_address = 20'(word) * 20'(config_i.width_v);
    tile_o.key = word;
    tile_o.keys_slot = keys_slot_q;
    tile_o.first = key_q == 24'b0;
    tile_o.last = last_of_tile;
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

`ifndef SYNTHESIS
  initial begin
    if (SIDE == 0 || SIDE > weft_engine_pkg::MostSide)
      $fatal(1, "weft_tile_walker: SIDE is 1 to %0d", weft_engine_pkg::MostSide);
    if (CONTEXTS > 16 || LINKS > 4 || PAIRS > 16)
      $fatal(1, "weft_tile_walker: CONTEXTS, LINKS or PAIRS exceed a tile's fields");
  end
  a_tile_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      tile_valid_o && !tile_ready_i && !start_i |=> tile_valid_o && $stable(tile_o));
  a_keys_left : assert property (@(posedge clk_i) disable iff (!rst_ni)
      tile_valid_o |-> key_q < config_i.seq_kv && query_q < config_i.rows);
`endif
endmodule
