// Fires the steps of the engine: which tile starts which Einsum on which array in which cycle, and
// which transfer goes to the fetcher. One firing an array a cycle; on an array the earlier Einsum
// first, but AV before all else. In cycle t of a run it decides as the simulator's sequencer does
// in its cycle t; the arrays execute what is fired in t from t + 2 on.
module weft_fusemax_sequencer #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3,
  parameter int unsigned LINKS = 3,
  parameter int unsigned PAIRS = 8,
  parameter int unsigned DIVIDE_STAGES = 13,
  parameter int unsigned BEAT_ELEMENTS = 16,
  parameter int unsigned KEYS_STRIDE = 128, // elements between the two copies of K and V in a bank
  localparam int unsigned ROWS_BITS = $clog2(SIDE + 1),     // of weft_spatial_array
  localparam int unsigned DIAGONAL_BITS = $clog2(SIDE) + 17
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          start_i,
  input  weft_engine_pkg::config_t      config_i,
  output logic                          busy_o,
  output logic                          finished_o,
  // transfers, each held until it is taken
  output logic                          transfer_valid_o,
  input  logic                          transfer_ready_i,
  output weft_engine_pkg::transfer_t    transfer_o,
  input  logic                          done_valid_i,
  input  logic [1:0]                    done_target_i,  // a weft_engine_pkg::target_e
  // the 2D array: operands' addresses a cycle before its slot
  output logic                          q_read_o,
  output logic [19:0]                   q_address_o,
  output logic                          k_read_o,
  output logic                          v_read_o,
  output logic [8:0]                    kv_address_o,
  output weft_array_pkg::pe_control_t   pe_control_o,
  output logic [ROWS_BITS-1:0]          pe_rows_o,
  output logic signed [DIAGONAL_BITS-1:0] pe_diagonal_o,
  // the 1D array
  output weft_array_pkg::lane_control_t lane_control_o,
  // counters, in the order of the register file from 0x108 on
  output logic [8*64-1:0]               counters_o
`ifdef WEFT_OBSERVE
  // what fires in this cycle
  ,
  output logic                          fire_2d_valid_o,
  output logic [2:0]                    fire_2d_step_o,
  output logic                          fire_1d_valid_o,
  output logic [2:0]                    fire_1d_step_o
`endif
);
  // Tiles under way: from BQK's to RNV's.
  localparam int unsigned Ring = 16;

  logic busy_q;
  // Tiles as bits: of an array of structures Yosys makes one element (findings/struct-arrays.sh).
  logic [weft_engine_pkg::TileBits-1:0] ring_q [Ring];
  logic [5:0] made_q;  // tiles that the walker has put there
  logic walker_valid, walker_ready;
  weft_engine_pkg::tile_t walker_tile;
  weft_tile_walker #(.SIDE(SIDE), .CONTEXTS(CONTEXTS), .LINKS(LINKS), .PAIRS(PAIRS),
      .BEAT_ELEMENTS(BEAT_ELEMENTS)) u_tiles (
    .clk_i, .rst_ni, .start_i, .config_i, .tile_valid_o(walker_valid), .tile_ready_i(walker_ready),
    .tile_o(walker_tile)
  );

  // Progress of the steps.
  logic [4:0] fire_2d, step_2d;
  logic [6:0] fire_1d, step_1d;  // the last is AV
  logic active_2d, last_2d, free_2d, active_1d, last_1d, free_1d;
  logic [7:0] slot_2d, slot_1d, length_2d, length_1d;
  logic [5*6-1:0] fired_2d, done_2d, blocks_2d, keys_2d;
  logic [6*6-1:0] fired_1d, done_1d, blocks_1d, keys_1d;
  weft_engine_pkg::tile_t tile_2d, tile_1d, tile_1d_best;  // of what fires
  for (genvar s = 0; s < 5; s++) begin : gen_step_2d
    weft_step u_step (
      .clk_i, .rst_ni, .clear_i(start_i), .fire_i(fire_2d[s]),
      .end_i(step_2d[s] && active_2d && last_2d),
      .ends_block_i(tile_2d.ends_block), .ends_keys_i(tile_2d.ends_keys),
      .fired_o(fired_2d[s*6+:6]), .done_o(done_2d[s*6+:6]),
      .blocks_done_o(blocks_2d[s*6+:6]), .keys_done_o(keys_2d[s*6+:6])
    );
  end
  for (genvar s = 0; s < 6; s++) begin : gen_step_1d
    weft_step u_step (
      .clk_i, .rst_ni, .clear_i(start_i), .fire_i(fire_1d[s]),
      .end_i(step_1d[s] && active_1d && last_1d),
      .ends_block_i(tile_1d.ends_block), .ends_keys_i(tile_1d.ends_keys),
      .fired_o(fired_1d[s*6+:6]), .done_o(done_1d[s*6+:6]),
      .blocks_done_o(blocks_1d[s*6+:6]), .keys_done_o(keys_1d[s*6+:6])
    );
  end

  // AV walks queries, not tiles. Its results leave the divider DIVIDE_STAGES - 1 cycles after its
  // last slot; then its firing has ended.
  logic [15:0] av_key;
  logic [19:0] av_address;
  logic [5:0] av_block, av_fired_q, av_done_q, av_blocks_done_q;
  logic av_slot, av_ends_block, av_ends_block_q, av_end, av_end_block, av_late, av_late_block;
  weft_output_walker #(.SIDE(SIDE)) u_output (
    .clk_i, .start_i, .config_i, .next_i(fire_1d[6]), .key_o(av_key), .address_o(av_address),
    .slot_o(av_slot), .block_o(av_block),
    .ends_block_o(av_ends_block)
  );
  assign av_end = step_1d[6] && active_1d && last_1d;
  assign av_end_block = fire_1d[6] ? av_ends_block : av_ends_block_q;
  if (DIVIDE_STAGES > 1) begin : gen_late
    weft_link #(.WIDTH(1), .HOPS(DIVIDE_STAGES - 1)) u_late (
      .clk_i, .rst_ni, .valid_i(av_end), .data_i(av_end_block), .valid_o(av_late),
      .data_o(av_late_block)
    );
  end else begin : gen_at_once
    assign av_late = av_end;
    assign av_late_block = av_end_block;
  end

  // What crosses the links between the arrays arrives SIDE cycles later.
  logic [SIDE-1:0] lm_way_q, rm_way_q, sld_way_q, slnv_way_q;
  logic [5:0] arrived_lm_q, arrived_rm_q, arrived_sld_q, arrived_slnv_q, leaving_rnv_q;
  logic lm_leaves, rm_leaves, sld_leaves, rnv_leaving;
  logic [7:0] leaving_slot;
  assign lm_leaves = fire_2d[1];
  assign rm_leaves = fire_1d[0];
  assign sld_leaves = fire_2d[3];
  // Room for one more SLNV once RNV has SIDE slots to go: the first element needs as long to
  // arrive.
  assign leaving_slot = 32'(config_i.width_v) > SIDE ? config_i.width_v - 8'(SIDE + 1) : 8'b0;
  assign rnv_leaving = step_1d[5] && active_1d && slot_1d == leaving_slot;

  // Operands in the buffer and outputs on their way.
  logic [5:0] q_fired_q, k_fired_q, v_fired_q, out_fired_q, q_done_q, k_done_q, v_done_q,
      out_done_q;
  logic [5:0] k_used_q, v_used_q;
  logic [2:0] in_flight_q;
  // tiles of queries whose numerators and denominators are final
  logic [16:0] rnv_complete_q, rd_complete_q;
  logic [3:0] transfer_fire;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      lm_way_q <= '0;
      rm_way_q <= '0;
      sld_way_q <= '0;
      slnv_way_q <= '0;
    end else begin
      lm_way_q <= {lm_way_q[SIDE-2:0], lm_leaves};
      rm_way_q <= {rm_way_q[SIDE-2:0], rm_leaves};
      sld_way_q <= {sld_way_q[SIDE-2:0], sld_leaves};
      slnv_way_q <= {slnv_way_q[SIDE-2:0], fire_2d[4]};
    end
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      {made_q, arrived_lm_q, arrived_rm_q, arrived_sld_q, arrived_slnv_q, leaving_rnv_q} <= '0;
      {av_fired_q, av_done_q, av_blocks_done_q, av_ends_block_q} <= '0;
      {q_fired_q, k_fired_q, v_fired_q, out_fired_q, q_done_q, k_done_q, v_done_q, out_done_q,
          k_used_q, v_used_q} <= '0;
      {in_flight_q, rnv_complete_q, rd_complete_q} <= '0;
    end else if (start_i) begin
      {made_q, arrived_lm_q, arrived_rm_q, arrived_sld_q, arrived_slnv_q, leaving_rnv_q} <= '0;
      {av_fired_q, av_done_q, av_blocks_done_q, av_ends_block_q} <= '0;
      {q_fired_q, k_fired_q, v_fired_q, out_fired_q, q_done_q, k_done_q, v_done_q, out_done_q,
          k_used_q, v_used_q} <= '0;
      {in_flight_q, rnv_complete_q, rd_complete_q} <= '0;
    end else begin
      made_q <= made_q + 6'(walker_valid && walker_ready);
      arrived_lm_q <= arrived_lm_q + 6'(lm_way_q[SIDE-1]);
      arrived_rm_q <= arrived_rm_q + 6'(rm_way_q[SIDE-1]);
      arrived_sld_q <= arrived_sld_q + 6'(sld_way_q[SIDE-1]);
      arrived_slnv_q <= arrived_slnv_q + 6'(slnv_way_q[SIDE-1]);
      leaving_rnv_q <= leaving_rnv_q + 6'(rnv_leaving);
      av_fired_q <= av_fired_q + 6'(fire_1d[6]);
      av_done_q <= av_done_q + 6'(av_late);
      av_blocks_done_q <= av_blocks_done_q + 6'(av_late && av_late_block);
      av_ends_block_q <= av_end_block;
      q_fired_q <= q_fired_q + 6'(transfer_fire[0]);
      k_fired_q <= k_fired_q + 6'(transfer_fire[1]);
      v_fired_q <= v_fired_q + 6'(transfer_fire[2]);
      out_fired_q <= out_fired_q + 6'(transfer_fire[3]);
      q_done_q <= q_done_q + 6'(done_valid_i && done_target_i == weft_engine_pkg::TargetQ);
      k_done_q <= k_done_q + 6'(done_valid_i && done_target_i == weft_engine_pkg::TargetK);
      v_done_q <= v_done_q + 6'(done_valid_i && done_target_i == weft_engine_pkg::TargetV);
      out_done_q <= out_done_q + 6'(done_valid_i && done_target_i == weft_engine_pkg::TargetOut);
      k_used_q <= k_used_q + 6'(fire_2d[0] && tile_2d.ends_keys);
      v_used_q <= v_used_q + 6'(fire_2d[4] && tile_2d.ends_keys);
      in_flight_q <= in_flight_q + 3'(|transfer_fire) - 3'(done_valid_i);
      rnv_complete_q <= rnv_complete_q + 17'(fire_1d[5] && tile_1d.last) - 17'(fire_1d[6]);
      rd_complete_q <= rd_complete_q + 17'(fire_1d[3] && tile_1d.last) - 17'(fire_1d[6]);
    end
  end

  // The walker keeps the ring full.
  logic [5:0] ring_used;
  assign ring_used = made_q - fired_1d[5*6+:6];
  assign walker_ready = ring_used < 6'(Ring);
  always_ff @(posedge clk_i) begin
    if (walker_valid && walker_ready) ring_q[made_q[3:0]] <= walker_tile;
  end

  // Each step's next tile.
  weft_engine_pkg::tile_t next_spd, next_spnv, next_rm, next_rd, next_rnv;
  assign next_rm = ring_q[fired_1d[0*6+:4]];
  assign next_spd = ring_q[fired_1d[2*6+:4]];
  assign next_rd = ring_q[fired_1d[3*6+:4]];
  assign next_spnv = ring_q[fired_1d[4*6+:4]];
  assign next_rnv = ring_q[fired_1d[5*6+:4]];
  weft_engine_pkg::tile_t tile_bqk;
  assign tile_bqk = ring_q[fired_2d[3:0]];

  logic [4:0] data_2d, room_2d;
  logic [5:0] data_1d, room_1d;
  weft_step_rules #(.CONTEXTS(CONTEXTS), .LINKS(LINKS)) u_rules (
    .fired_2d_i(fired_2d), .done_2d_i(done_2d), .fired_1d_i(fired_1d), .done_1d_i(done_1d),
    .arrived_lm_i(arrived_lm_q), .arrived_rm_i(arrived_rm_q), .arrived_sld_i(arrived_sld_q),
    .arrived_slnv_i(arrived_slnv_q),
    .leaving_rnv_i(leaving_rnv_q),
    .rm_block_i(next_rm.block), .rd_block_i(next_rd.block), .rnv_block_i(next_rnv.block),
    .sln_blocks_done_i(blocks_2d[2*6+:6]), .prm_blocks_done_i(blocks_1d[1*6+:6]),
    .av_blocks_done_i(av_blocks_done_q),
    .tile_valid_i(made_q != fired_2d[5:0]), .q_there_i(q_done_q != tile_bqk.block),
    .k_there_i(k_done_q != k_used_q),
    .v_there_i(v_done_q != v_used_q),
    .spd_first_i(next_spd.first), .spd_peers_i(next_spd.peers), .spnv_first_i(next_spnv.first),
    .spnv_peers_i(next_spnv.peers),
    .data_2d_o(data_2d), .room_2d_o(room_2d), .data_1d_o(data_1d), .room_1d_o(room_1d)
  );

  // What fires: AV where it can, so that outputs leave behind the work that is left; else the
  // earliest Einsum that can.
  logic [4:0] grant_2d;
  logic [5:0] grant_1d;
  logic any_2d, unused_any_1d, av_data, av_room, av_ready;
  logic [5:0] out_under_way;
  weft_priority_arbiter #(.REQUESTS(5)) u_first_2d (.request_i(data_2d & room_2d),
      .grant_o(grant_2d), .any_o(any_2d));
  weft_priority_arbiter #(.REQUESTS(6)) u_first_1d (.request_i(data_1d & room_1d),
      .grant_o(grant_1d), .any_o(unused_any_1d));
  assign out_under_way = av_fired_q - out_done_q;
  assign av_data = rnv_complete_q != 17'b0 && rd_complete_q != 17'b0;
  assign av_room = out_under_way < 6'd2;
  assign av_ready = av_data && av_room;
  assign fire_2d = busy_q && free_2d && any_2d ? grant_2d : 5'b0;
  assign fire_1d = !(busy_q && free_1d) ? 7'b0 : av_ready ? 7'b1000000 : {1'b0, grant_1d};

  // Their tiles and lengths.
  logic [3:0] index_2d, index_1d;
  weft_engine_pkg::tile_t tile_2d_q, tile_1d_q, slot_tile_2d, slot_tile_1d;
  always_comb begin
    index_2d = 4'b0;
    for (int unsigned s = 0; s < 5; s++) begin
      if (grant_2d[s]) index_2d |= fired_2d[s*6+:4];
    end
    index_1d = 4'b0;
    for (int unsigned s = 0; s < 6; s++) begin
      if (grant_1d[s]) index_1d |= fired_1d[s*6+:4];
    end
  end
  assign tile_2d = ring_q[index_2d];
  assign tile_1d_best = ring_q[index_1d];
  assign tile_1d = tile_1d_best;
  always_comb begin
    length_2d = 8'd1;
    if (fire_2d[0]) length_2d = config_i.width_qk;
    if (fire_2d[2]) length_2d = 8'd7;
    if (fire_2d[4]) length_2d = config_i.width_v;
    length_1d = 8'd1;
    if (fire_1d[1]) length_1d = 8'd7;
    if (fire_1d[4] || fire_1d[5] || fire_1d[6]) length_1d = config_i.width_v;
  end
  weft_issuer #(.STEPS(5)) u_issue_2d (
    .clk_i, .rst_ni, .clear_i(start_i), .run_i(busy_q), .fire_i(fire_2d), .length_i(length_2d),
    .data_ready_i(data_2d),
    .free_o(free_2d), .active_o(active_2d), .last_o(last_2d), .step_o(step_2d), .slot_o(slot_2d),
    .busy_cycles_o(counters_o[0*64+:64]), .stall_in_cycles_o(counters_o[1*64+:64]),
    .stall_out_cycles_o(counters_o[2*64+:64]),
    .tiles_o(counters_o[3*64+:64])
  );
  weft_issuer #(.STEPS(7)) u_issue_1d (
    .clk_i, .rst_ni, .clear_i(start_i), .run_i(busy_q), .fire_i(fire_1d), .length_i(length_1d),
    .data_ready_i({av_data, data_1d}),
    .free_o(free_1d), .active_o(active_1d), .last_o(last_1d), .step_o(step_1d), .slot_o(slot_1d),
    .busy_cycles_o(counters_o[4*64+:64]), .stall_in_cycles_o(counters_o[5*64+:64]),
    .stall_out_cycles_o(counters_o[6*64+:64]),
    .tiles_o(counters_o[7*64+:64])
  );
  always_ff @(posedge clk_i) begin
    if (|fire_2d) tile_2d_q <= tile_2d;
    if (|fire_1d) tile_1d_q <= tile_1d;
  end
  assign slot_tile_2d = |fire_2d ? tile_2d : tile_2d_q;
  assign slot_tile_1d = |fire_1d ? tile_1d : tile_1d_q;

  // Control words of the slots.
  weft_array_pkg::pe_control_t pe_d, pe_q;
  weft_array_pkg::lane_control_t lane_d, lane_q;
  logic [ROWS_BITS-1:0] pe_rows_q;
  logic signed [DIAGONAL_BITS-1:0] pe_diagonal_q;
  logic av_slot_q;
  logic [15:0] av_key_q;
  logic [19:0] av_address_q;
  weft_slot_words u_words (
    .active_2d_i(active_2d), .step_2d_i(step_2d), .slot_2d_i(slot_2d), .tile_2d_i(slot_tile_2d),
    .active_1d_i(active_1d),
    .step_1d_i(step_1d), .slot_1d_i(slot_1d), .tile_1d_i(slot_tile_1d),
    .av_key_i(fire_1d[6] ? av_key : av_key_q),
    .av_address_i(fire_1d[6] ? av_address : av_address_q),
    .av_slot_i(fire_1d[6] ? av_slot : av_slot_q), .pe_o(pe_d), .lane_o(lane_d)
  );
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      pe_q <= '0;
      pe_control_o <= '0;
      lane_q <= '0;
      lane_control_o <= '0;
      q_read_o <= 1'b0;
      k_read_o <= 1'b0;
      v_read_o <= 1'b0;
    end else begin
      pe_q <= pe_d;
      pe_control_o <= pe_q;
      lane_q <= lane_d;
      lane_control_o <= lane_q;
      q_read_o <= active_2d && step_2d[0];
      k_read_o <= active_2d && step_2d[0];
      v_read_o <= active_2d && step_2d[4];
    end
  end
  always_ff @(posedge clk_i) begin
    pe_rows_q <= slot_tile_2d.rows[ROWS_BITS-1:0];
    pe_rows_o <= pe_rows_q;
    pe_diagonal_q <= slot_tile_2d.diagonal[DIAGONAL_BITS-1:0];
    pe_diagonal_o <= pe_diagonal_q;
    q_address_o <= slot_tile_2d.q_address + 20'(slot_2d);
    kv_address_o <= (slot_tile_2d.keys_slot ? 9'(KEYS_STRIDE) : 9'b0) + 9'(slot_2d);
    if (fire_1d[6]) begin
      av_key_q <= av_key;
      av_address_q <= av_address;
      av_slot_q <= av_slot;
    end
  end

  // Transfers: room for two of each, and at most four under way.
  logic [3:0] transfer_there, transfer_ready, transfer_grant, transfer_shown;
  logic [3:0] transfer_waits_q;  // was shown and not taken: what is shown does not change
  weft_engine_pkg::transfer_t q_transfer, k_transfer, v_transfer, out_transfer;
  logic [5:0] q_block, k_block, v_block, out_block, q_held, k_held, v_held, out_made;
  logic [23:0] k_key, v_key, unused_q_key, unused_out_key;
  weft_transfer_walker #(.TARGET(weft_engine_pkg::TargetQ), .SIDE(SIDE),
      .BEAT_BYTES(2 * BEAT_ELEMENTS)) u_load_q (
    .clk_i, .rst_ni, .start_i, .config_i, .transfer_valid_o(transfer_there[0]),
    .transfer_ready_i(transfer_fire[0]),
    .transfer_o(q_transfer), .block_o(q_block), .key_o(unused_q_key)
  );
  weft_transfer_walker #(.TARGET(weft_engine_pkg::TargetK), .SIDE(SIDE),
      .BEAT_BYTES(2 * BEAT_ELEMENTS)) u_load_k (
    .clk_i, .rst_ni, .start_i, .config_i, .transfer_valid_o(transfer_there[1]),
    .transfer_ready_i(transfer_fire[1]),
    .transfer_o(k_transfer), .block_o(k_block), .key_o(k_key)
  );
  weft_transfer_walker #(.TARGET(weft_engine_pkg::TargetV), .SIDE(SIDE),
      .BEAT_BYTES(2 * BEAT_ELEMENTS)) u_load_v (
    .clk_i, .rst_ni, .start_i, .config_i, .transfer_valid_o(transfer_there[2]),
    .transfer_ready_i(transfer_fire[2]),
    .transfer_o(v_transfer), .block_o(v_block), .key_o(v_key)
  );
  weft_transfer_walker #(.TARGET(weft_engine_pkg::TargetOut), .SIDE(SIDE),
      .BEAT_BYTES(2 * BEAT_ELEMENTS)) u_store (
    .clk_i, .rst_ni, .start_i, .config_i, .transfer_valid_o(transfer_there[3]),
    .transfer_ready_i(transfer_fire[3]),
    .transfer_o(out_transfer), .block_o(out_block), .key_o(unused_out_key)
  );
  assign q_held = q_fired_q - blocks_2d[0*6+:6];
  assign k_held = k_fired_q - keys_2d[0*6+:6];
  assign v_held = v_fired_q - keys_2d[4*6+:6];
  assign out_made = av_done_q - out_fired_q;
  assign transfer_ready = transfer_there
      & {out_made != 6'b0, v_held < 6'd2, k_held < 6'd2, q_held < 6'd2};
  weft_transfer_arbiter u_transfers (
    .ready_i(transfer_ready), .q_block_i(q_block), .k_block_i(k_block), .v_block_i(v_block),
    .out_block_i(out_block),
    .k_key_i(k_key), .v_key_i(v_key), .grant_o(transfer_grant)
  );
  assign transfer_shown = |transfer_waits_q ? transfer_waits_q
      : busy_q && in_flight_q < 3'd4 ? transfer_grant : 4'b0;
  assign transfer_valid_o = |transfer_shown;
  assign transfer_fire = transfer_ready_i ? transfer_shown : 4'b0;
  assign transfer_o = transfer_shown[0] ? q_transfer : transfer_shown[1] ? k_transfer
      : transfer_shown[2] ? v_transfer : out_transfer;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) transfer_waits_q <= '0;
    else transfer_waits_q <= transfer_ready_i ? 4'b0 : transfer_shown;
  end

  // The run ends with the last output's write response.
  assign finished_o = busy_q && done_valid_i && !transfer_there[3] && in_flight_q == 3'd1;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) busy_q <= 1'b0;
    else busy_q <= start_i || (busy_q && !finished_o);
  end
  assign busy_o = busy_q;

`ifdef WEFT_OBSERVE
  assign fire_2d_valid_o = |fire_2d;
  assign fire_1d_valid_o = |fire_1d;
  always_comb begin
    fire_2d_step_o = 3'b0;
    for (int unsigned s = 0; s < 5; s++) if (fire_2d[s]) fire_2d_step_o = 3'(s);
    fire_1d_step_o = 3'b0;
    for (int unsigned s = 0; s < 7; s++) if (fire_1d[s]) fire_1d_step_o = 3'(s);
  end
`endif

`ifndef SYNTHESIS
  initial if ($bits(walker_tile) != weft_engine_pkg::TileBits)
      $fatal(1, "weft_fusemax_sequencer: TileBits");
  a_transfer_held : assert property (@(posedge clk_i) disable iff (!rst_ni)
      transfer_valid_o && !transfer_ready_i |=> transfer_valid_o && $stable(transfer_o));
  a_one_transfer : assert property (@(posedge clk_i) disable iff (!rst_ni)
      $onehot0(transfer_shown));
  a_in_flight : assert property (@(posedge clk_i) disable iff (!rst_ni) in_flight_q <= 3'd4);
  a_ring : assert property (@(posedge clk_i) disable iff (!rst_ni) 32'(ring_used) <= Ring);
  a_done_asked : assert property (@(posedge clk_i) disable iff (!rst_ni)
      done_valid_i |-> in_flight_q != '0);
  a_finish_busy : assert property (@(posedge clk_i) disable iff (!rst_ni)
      finished_o |=> !busy_o);
  a_idle : assert property (@(posedge clk_i) disable iff (!rst_ni)
      !busy_q |-> fire_2d == '0 && fire_1d == '0 && !transfer_valid_o);
`endif
endmodule
