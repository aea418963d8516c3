// Which transfer goes next: program order, which is block of queries, then loads before the store,
// then first key, then Q, K, V. Blocks are ordinals modulo 64 and never 32 apart.
module weft_transfer_arbiter (
  input  logic [3:0]  ready_i,   // by weft_engine_pkg::target_e
  input  logic [5:0]  q_block_i,
  input  logic [5:0]  k_block_i,
  input  logic [5:0]  v_block_i,
  input  logic [5:0]  out_block_i,
  input  logic [23:0] k_key_i,
  input  logic [23:0] v_key_i,
  output logic [3:0]  grant_o    // one-hot
);
  // Loads first among themselves.
  logic k_first, q_first;  // K before V; Q before the better of these
  logic [5:0] k_from_v, q_from_kv, kv_block, load_block;
  logic kv_ready, load_ready, kv_is_later;
  assign k_from_v = k_block_i - v_block_i;
  assign k_first = !ready_i[2] || k_from_v[5] || (k_from_v == 6'b0 && k_key_i <= v_key_i);
  assign kv_ready = ready_i[1] || ready_i[2];
  assign kv_block = ready_i[1] && k_first ? k_block_i : v_block_i;
  assign q_from_kv = q_block_i - kv_block;
  assign kv_is_later = q_from_kv[5] || q_from_kv == 6'b0;  // Q's place is the block's very first
  assign q_first = !kv_ready || kv_is_later;
  assign load_ready = ready_i[0] || kv_ready;
  assign load_block = ready_i[0] && q_first ? q_block_i : kv_block;
  logic [5:0] out_from_load;
  logic out_first, unused_distance;
  assign out_from_load = out_block_i - load_block;
  assign out_first = !load_ready || out_from_load[5];
  assign unused_distance = ^out_from_load[4:0];
  always_comb begin
    grant_o = 4'b0;
    if (ready_i[3] && out_first) grant_o[3] = 1'b1;
    else if (ready_i[0] && q_first) grant_o[0] = 1'b1;
    else if (ready_i[1] && k_first) grant_o[1] = 1'b1;
    else if (ready_i[2]) grant_o[2] = 1'b1;
  end

`ifndef SYNTHESIS
  always_comb begin
    a_one_hot : assert ($onehot0(grant_o));
    a_asked : assert ((grant_o & ~ready_i) == '0);
    a_any : assert ((grant_o != '0) == (ready_i != '0));
  end
`endif
endmodule
