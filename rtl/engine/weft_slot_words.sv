// The control words of one slot of each array, from the step that runs, its slot and its tile.
// Combinational.
module weft_slot_words (
  input  logic                          active_2d_i,
  input  logic [4:0]                    step_2d_i,     // one-hot, by weft_engine_pkg::step_2d_e
  input  logic [7:0]                    slot_2d_i,
  input  weft_engine_pkg::tile_t        tile_2d_i,
  input  logic                          active_1d_i,
  input  logic [6:0]                    step_1d_i,     // one-hot, by weft_engine_pkg::step_1d_e
  input  logic [7:0]                    slot_1d_i,
  input  weft_engine_pkg::tile_t        tile_1d_i,
  // AV has no tile: its words of the lanes, and its copy of the output
  input  logic [15:0]                   av_key_i,
  input  logic [19:0]                   av_address_i,
  input  logic                          av_slot_i,
  output weft_array_pkg::pe_control_t   pe_o,
  output weft_array_pkg::lane_control_t lane_o
);
  always_comb begin
    pe_o = '0;
    pe_o.first = slot_2d_i == 8'b0;
    pe_o.context_id = tile_2d_i.context_id;
    if (active_2d_i) begin
      if (step_2d_i[0]) pe_o.op = weft_array_pkg::PeQk;
      if (step_2d_i[1]) pe_o.op = weft_array_pkg::PeLm;
      if (step_2d_i[2]) begin
        unique case (slot_2d_i[2:0])
          3'd0: pe_o.op = weft_array_pkg::PeSub;
          3'd1: pe_o.op = weft_array_pkg::PeExp1;
          3'd2: pe_o.op = weft_array_pkg::PeExp2;
          3'd3: pe_o.op = weft_array_pkg::PeExp3;
          3'd4: pe_o.op = weft_array_pkg::PeExp4;
          3'd5: pe_o.op = weft_array_pkg::PeExp5;
          3'd6, 3'd7: pe_o.op = weft_array_pkg::PeExp6;  // there is no slot 7
        endcase
      end
      if (step_2d_i[3]) pe_o.op = weft_array_pkg::PeSld;
      if (step_2d_i[4]) pe_o.op = weft_array_pkg::PeSlnv;
    end
  end

  always_comb begin
    lane_o = '0;
    lane_o.first = tile_1d_i.first;
    lane_o.key = tile_1d_i.key;
    lane_o.address = tile_1d_i.rnv_address + 20'(slot_1d_i);
    lane_o.element = slot_1d_i[6:0];
    lane_o.context_id = tile_1d_i.context_id;
    lane_o.link_id = tile_1d_i.link_id;
    lane_o.pair_id = tile_1d_i.pair_id;
    if (active_1d_i) begin
      if (step_1d_i[0]) lane_o.op = weft_array_pkg::LaneRm;
      if (step_1d_i[1]) begin
        unique case (slot_1d_i[2:0])
          3'd0: lane_o.op = weft_array_pkg::LaneSub;
          3'd1: lane_o.op = weft_array_pkg::LaneExp1;
          3'd2: lane_o.op = weft_array_pkg::LaneExp2;
          3'd3: lane_o.op = weft_array_pkg::LaneExp3;
          3'd4: lane_o.op = weft_array_pkg::LaneExp4;
          3'd5: lane_o.op = weft_array_pkg::LaneExp5;
          3'd6, 3'd7: lane_o.op = weft_array_pkg::LaneExp6;
        endcase
      end
      if (step_1d_i[2]) lane_o.op = weft_array_pkg::LaneSpd;
      if (step_1d_i[3]) lane_o.op = weft_array_pkg::LaneRd;
      if (step_1d_i[4]) lane_o.op = weft_array_pkg::LaneSpnv;
      if (step_1d_i[5]) lane_o.op = weft_array_pkg::LaneRnv;
      if (step_1d_i[6]) begin
        lane_o.op = weft_array_pkg::LaneAv;
        lane_o.key = av_key_i;
        lane_o.address = av_address_i + 20'(slot_1d_i);
        lane_o.out_slot = av_slot_i;
      end
    end
  end

  // A tile has what other units need of it as well.
  logic unused_tile;
  assign unused_tile = ^{tile_2d_i, tile_1d_i, slot_2d_i};

`ifndef SYNTHESIS
  always_comb begin
    a_one_2d : assert (!active_2d_i || $onehot(step_2d_i));
    a_one_1d : assert (!active_1d_i || $onehot(step_1d_i));
    a_slot_2d : assert (!active_2d_i || !step_2d_i[2] || slot_2d_i < 8'd7);
    a_slot_1d : assert (!active_1d_i || !step_1d_i[1] || slot_1d_i < 8'd7);
  end
`endif
endmodule
