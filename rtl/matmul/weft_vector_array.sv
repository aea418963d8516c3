// The 1D array: SIDE lanes below the columns of the 2D array. Control enters lane 0 and reaches
// lane j j cycles later, as the columns' results do. New maxima go back to the tops of the columns
// over links of SIDE - 2 hops.
module weft_vector_array #(
  parameter int unsigned SIDE = 16,
  parameter int unsigned CONTEXTS = 3,
  parameter int unsigned LINKS = 3,
  parameter int unsigned PAIRS = 8,
  parameter int unsigned MAX_WIDTH = 128,
  parameter int unsigned KEYS = 1024,
  parameter int unsigned RNV_WORDS = 16384,
  parameter int unsigned DIVIDE_STAGES = 13,
  parameter int unsigned BEAT_ELEMENTS = 16,
  localparam int unsigned LANE_BITS = $clog2(SIDE)
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          clear_i,
  input  logic [31:0]                   scale_i,
  input  logic [7:0]                    width_i,         // F
  input  weft_array_pkg::lane_control_t control_i,       // lane 0's slot
  input  logic [SIDE*4-1:0]             foot_op_i,
  input  logic [SIDE*4-1:0]             foot_context_i,
  input  logic [SIDE*32-1:0]            foot_i,
  output logic [SIDE-1:0]               rm_valid_o,
  output logic [SIDE*4-1:0]             rm_context_o,
  output logic [SIDE*32-1:0]            rm_o,
  // the output of one lane, a cycle later
  input  logic                          drain_valid_i,
  input  logic [LANE_BITS-1:0]          drain_lane_i,
  input  logic                          drain_slot_i,
  input  logic [7:0]                    drain_beat_i,
  output logic [BEAT_ELEMENTS*16-1:0]   drain_data_o
);
  logic [LANE_BITS-1:0] drain_lane_q;
  always_ff @(posedge clk_i) begin
    if (drain_valid_i) drain_lane_q <= drain_lane_i;
  end

  localparam int unsigned ControlBits = weft_array_pkg::LaneControlBits;
  localparam int unsigned BeatBits = BEAT_ELEMENTS * 16;
  logic [SIDE*ControlBits-1:0] control;  // as it leaves each lane
  for (genvar j = 0; j < SIDE; j++) begin : gen_lane
    weft_array_pkg::lane_control_t control_in;
    logic rm_valid;
    logic [3:0] rm_context;
    logic [31:0] rm;
    // the lane's beat; that of the lane to be drained, from here or from a lane before
    logic [BeatBits-1:0] out, drained;
    if (j == 0) begin : gen_first
      assign control_in = control_i;
    end else begin : gen_next
      assign control_in = control[(j-1)*ControlBits+:ControlBits];
    end
    weft_vector_lane #(
      .CONTEXTS(CONTEXTS), .LINKS(LINKS), .PAIRS(PAIRS), .MAX_WIDTH(MAX_WIDTH), .KEYS(KEYS),
      .RNV_WORDS(RNV_WORDS),
      .DIVIDE_STAGES(DIVIDE_STAGES), .BEAT_ELEMENTS(BEAT_ELEMENTS)
    ) u_lane (
      .clk_i, .rst_ni, .clear_i, .scale_i, .width_i, .control_i(control_in),
      .control_o(control[j*ControlBits+:ControlBits]),
      .foot_op_i(foot_op_i[j*4+:4]), .foot_context_i(foot_context_i[j*4+:4]),
      .foot_i(foot_i[j*32+:32]),
      .rm_valid_o(rm_valid), .rm_context_o(rm_context), .rm_o(rm),
      .drain_valid_i(drain_valid_i && drain_lane_i == LANE_BITS'(j)), .drain_slot_i, .drain_beat_i,
      .drain_data_o(out)
    );
    weft_link #(.WIDTH(36), .HOPS(SIDE - 2)) u_link (
      .clk_i, .rst_ni, .valid_i(rm_valid), .data_i({rm_context, rm}), .valid_o(rm_valid_o[j]),
      .data_o({rm_context_o[j*4+:4], rm_o[j*32+:32]})
    );
    if (j == 0) begin : gen_drain_first
      assign drained = out;
    end else begin : gen_drain_next
      assign drained = drain_lane_q == LANE_BITS'(j) ? out : gen_lane[j-1].drained;
    end
  end
  assign drain_data_o = gen_lane[SIDE-1].drained;

  logic unused_control;
  assign unused_control = ^control[(SIDE-1)*ControlBits+:ControlBits];

`ifndef SYNTHESIS
  initial if ($bits(weft_array_pkg::lane_control_t) != ControlBits)
      $fatal(1, "weft_vector_array: LaneControlBits");
  // Of every lane: the control word only moves on from here.
  a_op : assert property (@(posedge clk_i) disable iff (!rst_ni)
    control_i.op <= weft_array_pkg::LaneAv
    || (control_i.op >= weft_array_pkg::LaneExp1 && control_i.op <= weft_array_pkg::LaneExp6));
  a_context : assert property (@(posedge clk_i) disable iff (!rst_ni)
    control_i.op == weft_array_pkg::LaneNop || control_i.op == weft_array_pkg::LaneAv
    || 32'(control_i.context_id) < CONTEXTS);
  a_drain_lane : assert property (@(posedge clk_i) disable iff (!rst_ni)
    drain_valid_i |-> 32'(drain_lane_i) < SIDE);
  initial if (SIDE < 3 || SIDE > 256) $fatal(1, "weft_vector_array: SIDE is 3 to 256");
`endif
endmodule
