// When each step may fire, from how far the others have come: what an operand needs (data) and what
// a result needs (room). The rules are the binding's dataflow graph (docs/units/engine/fusemax.md,
// Rules); the simulator derives the same from the cascade. Counts are modulo 64; arrived_* are
// those of done_* that have crossed the link.
module weft_step_rules #(
  parameter int unsigned CONTEXTS = 3,
  parameter int unsigned LINKS = 3
) (
  // firings begun and ended, six bits a step, in the order of step_2d_e and step_1d_e (without AV)
  input  logic [5*6-1:0] fired_2d_i,
  input  logic [5*6-1:0] done_2d_i,
  input  logic [6*6-1:0] fired_1d_i,
  input  logic [6*6-1:0] done_1d_i,
  input  logic [5:0]     arrived_lm_i,
  input  logic [5:0]     arrived_rm_i,
  input  logic [5:0]     arrived_sld_i,
  input  logic [5:0]     arrived_slnv_i,      // its first element
  input  logic [5:0]     leaving_rnv_i,       // RNV is SIDE slots before its end, or has begun
  // blocks
  input  logic [5:0]     rm_block_i,          // of the step's next tile
  input  logic [5:0]     rd_block_i,
  input  logic [5:0]     rnv_block_i,
  input  logic [5:0]     sln_blocks_done_i,
  input  logic [5:0]     prm_blocks_done_i,
  input  logic [5:0]     av_blocks_done_i,
  // operands in the buffer
  input  logic           tile_valid_i,        // the walker has BQK's next tile
  input  logic           q_there_i,
  input  logic           k_there_i,
  input  logic           v_there_i,
  // of SPD's and SPNV's next tile
  input  logic           spd_first_i,
  input  logic [4:0]     spd_peers_i,
  input  logic           spnv_first_i,
  input  logic [4:0]     spnv_peers_i,
  output logic [4:0]     data_2d_o,
  output logic [4:0]     room_2d_o,
  output logic [5:0]     data_1d_o,
  output logic [5:0]     room_1d_o
);
  logic [5:0] bqk, lm, sln, sld, slnv, rm, prm, spd, rd, spnv, rnv;
  assign {slnv, sld, sln, lm, bqk} = fired_2d_i;
  assign {rnv, spnv, rd, spd, prm, rm} = fired_1d_i;
  logic [5:0] bqk_done, sln_done, sld_done, slnv_done, rm_done, prm_done, spd_done, rd_done,
      spnv_done, rnv_done, unused_lm_done;
  assign {slnv_done, sld_done, sln_done, unused_lm_done, bqk_done} = done_2d_i;
  assign {rnv_done, spnv_done, rd_done, spd_done, prm_done, rm_done} = done_1d_i;

  localparam logic [5:0] Contexts = 6'(CONTEXTS);
  localparam logic [5:0] Links = 6'(LINKS);
  logic [5:0] room_bqk, room_lm, room_sln_sld, room_sln, room_sld, room_slnv, room_prm_spd,
      room_prm, room_spd, room_spnv;
  assign room_bqk = bqk - slnv_done;  // the element's state, from BQK to SLNV
  assign room_lm = lm - rm_done;
  assign room_sln_sld = sln - sld_done;
  assign room_sln = sln - slnv_done;
  assign room_sld = sld - rd_done;
  assign room_slnv = slnv - leaving_rnv_i;
  assign room_prm_spd = prm - spd_done;
  assign room_prm = prm - spnv_done;
  assign room_spd = spd - rd_done;
  assign room_spnv = spnv - rnv_done;

  logic [5:0] rm_ahead_sln, rm_ahead_prm, rd_ahead_av, rnv_ahead_av;
  assign rm_ahead_sln = rm_block_i - sln_blocks_done_i;
  assign rm_ahead_prm = rm_block_i - prm_blocks_done_i;
  assign rd_ahead_av = rd_block_i - av_blocks_done_i;
  assign rnv_ahead_av = rnv_block_i - av_blocks_done_i;

  always_comb begin
    data_2d_o[0] = tile_valid_i && q_there_i && k_there_i;
    room_2d_o[0] = room_bqk < Contexts;
    data_2d_o[1] = bqk_done != lm;
    room_2d_o[1] = room_lm < Contexts;
    data_2d_o[2] = arrived_rm_i != sln;
    room_2d_o[2] = room_sln_sld < Contexts && room_sln < Contexts;
    data_2d_o[3] = sln_done != sld;
    room_2d_o[3] = room_sld < Contexts;
    data_2d_o[4] = sln_done != slnv && v_there_i;
    room_2d_o[4] = room_slnv < Links;

    data_1d_o[0] = arrived_lm_i != rm;
    room_1d_o[0] = rm_ahead_sln < 6'd2 && rm_ahead_prm < 6'd2;
    data_1d_o[1] = rm_done != prm;
    room_1d_o[1] = room_prm_spd < Contexts && room_prm < Contexts;
    data_1d_o[2] = prm_done != spd && (spd_first_i || room_spd < 6'(spd_peers_i));
    room_1d_o[2] = room_spd < Contexts;
    data_1d_o[3] = arrived_sld_i != rd && spd_done != rd;
    room_1d_o[3] = rd_ahead_av < 6'd2;
    data_1d_o[4] = prm_done != spnv && (spnv_first_i || room_spnv < 6'(spnv_peers_i));
    room_1d_o[4] = room_spnv == 6'd0;
    data_1d_o[5] = arrived_slnv_i != rnv && spnv_done != rnv;
    room_1d_o[5] = rnv_ahead_av < 6'd2;
  end
endmodule
