// Walks the tiles of queries in the order in which AV divides them: heads, blocks, tiles of the
// block.
module weft_output_walker #(
  parameter int unsigned SIDE = 16
) (
  input  logic                     clk_i,
  input  logic                     start_i,
  input  weft_engine_pkg::config_t config_i,
  input  logic                     next_i,
  output logic [15:0]              key_o,         // word of the denominators
  output logic [19:0]              address_o,     // first word of the numerators
  output logic                     slot_o,        // which copy of the output
  output logic [5:0]               block_o,
  output logic                     ends_block_o
);
  logic [23:0] block_begin_q, query_q, block_end, next;
  logic [15:0] place_q;
  logic [39:0] block_limit;
  assign block_limit = 40'(block_begin_q) + 40'(config_i.block_tiles) * 40'(SIDE);
  assign block_end = block_limit < 40'(config_i.rows) ? block_limit[23:0] : config_i.rows;
  assign next = query_q + 24'(SIDE);
  assign ends_block_o = next >= block_end;

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      block_begin_q <= '0;
      query_q <= '0;
      place_q <= '0;
      block_o <= '0;
      slot_o <= 1'b0;
    end else if (next_i) begin
      slot_o <= !slot_o;
      if (!ends_block_o) begin
        query_q <= next;
        place_q <= place_q + 16'd1;
      end else begin
        block_begin_q <= block_end == config_i.rows ? 24'b0 : block_end;
        query_q <= block_end == config_i.rows ? 24'b0 : block_end;
        place_q <= '0;
        block_o <= block_o + 6'd1;
      end
    end
  end
  assign key_o = (block_o[0] ? config_i.block_tiles : 16'b0) + place_q;
  assign address_o = 20'(key_o) * 20'(config_i.width_v);

`ifndef SYNTHESIS
  a_start_alone : assert property (@(posedge clk_i) start_i |-> !next_i)
    else $error("weft_output_walker: a tile is taken in the cycle in which a run begins");
  a_queries_left : assert property (@(posedge clk_i) next_i
      |-> query_q < config_i.rows && place_q < config_i.block_tiles)
    else $error("weft_output_walker: row %0d of %0d", query_q, config_i.rows);
`endif
endmodule
