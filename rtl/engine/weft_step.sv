// How far one step has come: firings begun and ended, and of those that ended, how many closed a
// block of queries or a tile of keys. Counts are modulo 64; what compares them is never that far
// apart.
module weft_step (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       clear_i,
  input  logic       fire_i,        // a firing begins
  input  logic       end_i,         // its last slot, in the cycle of fire_i at the earliest
  input  logic       ends_block_i,  // with fire_i
  input  logic       ends_keys_i,   // with fire_i
  output logic [5:0] fired_o,
  output logic [5:0] done_o,
  output logic [5:0] blocks_done_o,
  output logic [5:0] keys_done_o
);
  logic ends_block_q, ends_keys_q, ends_block, ends_keys;
  assign ends_block = fire_i ? ends_block_i : ends_block_q;
  assign ends_keys = fire_i ? ends_keys_i : ends_keys_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      fired_o <= '0;
      done_o <= '0;
      blocks_done_o <= '0;
      keys_done_o <= '0;
      ends_block_q <= 1'b0;
      ends_keys_q <= 1'b0;
    end else if (clear_i) begin
      fired_o <= '0;
      done_o <= '0;
      blocks_done_o <= '0;
      keys_done_o <= '0;
    end else begin
      fired_o <= fired_o + 6'(fire_i);
      done_o <= done_o + 6'(end_i);
      blocks_done_o <= blocks_done_o + 6'(end_i && ends_block);
      keys_done_o <= keys_done_o + 6'(end_i && ends_keys);
      ends_block_q <= ends_block;
      ends_keys_q <= ends_keys;
    end
  end

`ifndef SYNTHESIS
  logic [5:0] under_way;
  assign under_way = fired_o - done_o;
  a_one_under_way : assert property (@(posedge clk_i) disable iff (!rst_ni) under_way <= 6'd1);
  a_end_of_one : assert property (@(posedge clk_i) disable iff (!rst_ni)
      end_i && !clear_i |-> fire_i || under_way == 6'd1);
`endif
endmodule
