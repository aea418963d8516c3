// One lane of the 1D array: the running maximum, denominator and numerator of its queries, an fp32
// MACC, a maximum and a pipelined divider. A slot takes two cycles: its words are read, then it
// executes. Slots follow each other every cycle. What the 2D array sends down the lane's column is
// kept here until its slot comes; new maxima go back up.
module weft_vector_lane #(
  parameter int unsigned CONTEXTS = 3,
  parameter int unsigned LINKS = 3,          // tiles of SLNV that can wait
  parameter int unsigned PAIRS = 8,          // tiles between RM and PRM; a power of two
  parameter int unsigned MAX_WIDTH = 128,    // largest F
  parameter int unsigned KEYS = 1024,        // words of running maxima and denominators
  parameter int unsigned RNV_WORDS = 16384,  // words of running numerators
  parameter int unsigned DIVIDE_STAGES = 13,
  parameter int unsigned BEAT_ELEMENTS = 16
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              clear_i,         // a run begins
  input  logic [31:0]                       scale_i,
  input  logic [7:0]                        width_i,         // F
  input  weft_array_pkg::lane_control_t     control_i,
  output weft_array_pkg::lane_control_t     control_o,       // to the next lane, a cycle later
  // the foot of the lane's column
  input  logic [3:0]                        foot_op_i,
  input  logic [3:0]                        foot_context_i,
  input  logic [31:0]                       foot_i,
  // the new running maximum, two cycles after its slot arrived
  output logic                              rm_valid_o,
  output logic [3:0]                        rm_context_o,
  output logic [31:0]                       rm_o,
  // the output, bf16: copy `drain_slot_i`, beat `drain_beat_i` of this lane's row, a cycle later
  input  logic                              drain_valid_i,
  input  logic                              drain_slot_i,
  input  logic [7:0]                        drain_beat_i,
  output logic [BEAT_ELEMENTS*16-1:0]       drain_data_o
);
  localparam int unsigned ContextBits = $clog2(CONTEXTS);
  localparam int unsigned KeyBits = $clog2(KEYS);
  localparam int unsigned RnvBits = $clog2(RNV_WORDS);
  localparam int unsigned WidthBits = $clog2(MAX_WIDTH);
  localparam int unsigned LinkWords = LINKS * MAX_WIDTH;
  localparam int unsigned LinkBits = $clog2(LinkWords);
  localparam int unsigned PairBits = $clog2(PAIRS);
  localparam int unsigned OutBeats = MAX_WIDTH / BEAT_ELEMENTS;  // of one copy
  localparam int unsigned OutBits = $clog2(2 * OutBeats);
  localparam logic [31:0] One = 32'h3F800000;
  localparam logic [31:0] MinusOne = 32'hBF800000;
  localparam logic [31:0] MinusZero = 32'h80000000;
  localparam logic [31:0] MinusInfinity = 32'hFF800000;

  // Stage 0, the slot as it arrives: words are read. Stage 1: it executes.
  weft_array_pkg::lane_control_t control_q;
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) control_q <= '0;
    else control_q <= control_i;
  end
  assign control_o = control_q;
  weft_array_pkg::lane_op_e op;
  assign op = control_q.op;

  // What the column sent.
  logic [31:0] lm_q [CONTEXTS];
  logic [31:0] sld_q [CONTEXTS];
  logic [LinkBits-1:0] slnv_at_q;          // where the next word of SLNV goes
  logic [LinkBits-1:0] slnv_tile_q;        // where its tile began
  logic [7:0] slnv_element_q;
  logic slnv_arrives;
  assign slnv_arrives = foot_op_i == weft_array_pkg::PeSlnv;
  always_ff @(posedge clk_i) begin
    if (foot_op_i == weft_array_pkg::PeLm) lm_q[foot_context_i[ContextBits-1:0]] <= foot_i;
    if (foot_op_i == weft_array_pkg::PeSld) sld_q[foot_context_i[ContextBits-1:0]] <= foot_i;
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      slnv_at_q <= '0;
      slnv_tile_q <= '0;
      slnv_element_q <= '0;
    end else if (clear_i) begin
      slnv_at_q <= '0;
      slnv_tile_q <= '0;
      slnv_element_q <= '0;
    end else if (slnv_arrives) begin
      if (slnv_element_q + 8'd1 == width_i) begin
        slnv_element_q <= '0;
        slnv_at_q <= 32'(slnv_tile_q) == LinkWords - MAX_WIDTH ? '0
            : slnv_tile_q + LinkBits'(MAX_WIDTH);
        slnv_tile_q <= 32'(slnv_tile_q) == LinkWords - MAX_WIDTH ? '0
            : slnv_tile_q + LinkBits'(MAX_WIDTH);
      end else begin
        slnv_element_q <= slnv_element_q + 8'd1;
        slnv_at_q <= slnv_at_q + LinkBits'(1);
      end
    end
  end

  // Words of the running state and of the links, read in stage 0 and written at the end of stage 1.
  logic [31:0] rm_word, rd_word, rnv_word, spnv_word, slnv_word, result;
  logic [LinkBits-1:0] link_address;
  assign link_address = LinkBits'(32'(control_i.link_id) * MAX_WIDTH + 32'(control_i.element));
  weft_ram #(.WORD_BITS(32), .WORDS(KEYS), .BYPASS(1'b1)) u_rm (
    .clk_i, .write_valid_i(op == weft_array_pkg::LaneRm),
    .write_address_i(control_q.key[KeyBits-1:0]), .write_lanes_i(1'b1),
    .write_data_i(result), .read_valid_i(control_i.op == weft_array_pkg::LaneRm),
    .read_address_i(control_i.key[KeyBits-1:0]),
    .read_data_o(rm_word)
  );
  weft_ram #(.WORD_BITS(32), .WORDS(KEYS), .BYPASS(1'b1)) u_rd (
    .clk_i, .write_valid_i(op == weft_array_pkg::LaneRd),
    .write_address_i(control_q.key[KeyBits-1:0]), .write_lanes_i(1'b1),
    .write_data_i(result),
    .read_valid_i(control_i.op == weft_array_pkg::LaneSpd
        || control_i.op == weft_array_pkg::LaneAv),
    .read_address_i(control_i.key[KeyBits-1:0]), .read_data_o(rd_word)
  );
  weft_ram #(.WORD_BITS(32), .WORDS(RNV_WORDS), .BYPASS(1'b1)) u_rnv (
    .clk_i, .write_valid_i(op == weft_array_pkg::LaneRnv),
    .write_address_i(control_q.address[RnvBits-1:0]), .write_lanes_i(1'b1),
    .write_data_i(result),
    .read_valid_i(control_i.op == weft_array_pkg::LaneSpnv
        || control_i.op == weft_array_pkg::LaneAv),
    .read_address_i(control_i.address[RnvBits-1:0]), .read_data_o(rnv_word)
  );
  weft_ram #(.WORD_BITS(32), .WORDS(MAX_WIDTH), .BYPASS(1'b1)) u_spnv (
    .clk_i, .write_valid_i(op == weft_array_pkg::LaneSpnv),
    .write_address_i(control_q.element[WidthBits-1:0]), .write_lanes_i(1'b1),
    .write_data_i(result), .read_valid_i(control_i.op == weft_array_pkg::LaneRnv),
    .read_address_i(control_i.element[WidthBits-1:0]),
    .read_data_o(spnv_word)
  );
  weft_ram #(.WORD_BITS(32), .WORDS(LinkWords), .BYPASS(1'b0)) u_slnv (
    .clk_i, .write_valid_i(slnv_arrives), .write_address_i(slnv_at_q), .write_lanes_i(1'b1),
    .write_data_i(foot_i),
    .read_valid_i(control_i.op == weft_array_pkg::LaneRnv), .read_address_i(link_address),
    .read_data_o(slnv_word)
  );

  // Small state between the steps of a tile.
  logic [31:0] old_q [PAIRS];
  logic [31:0] new_q [PAIRS];
  logic [31:0] prm_q [CONTEXTS];
  logic [31:0] spd_q [CONTEXTS];
  logic [31:0] difference_q, chain_q, special_value_q, negated_q;
  logic        special_q;
  logic [8:0]  power_q;

  logic [31:0] exp_a, exp_b, exp_c;
  weft_exp_operands u_operands (
    .valid_i(op[3]), .step_i(op[2:0]), .difference_i(difference_q), .scale_i,
    .r_i(difference_q), .chain_i(chain_q),
    .negated_i(negated_q),
    .a_o(exp_a), .b_o(exp_b), .c_o(exp_c)
  );

  logic [31:0] prm, old_maximum, a, b, c, sum;
  assign prm = prm_q[control_q.context_id[ContextBits-1:0]];
  assign old_maximum = control_q.first ? MinusInfinity : rm_word;
  always_comb begin
    a = 'x;
    b = 'x;
    c = 'x;
    unique case (op)
      weft_array_pkg::LaneSub: begin
        a = new_q[control_q.pair_id[PairBits-1:0]];
        b = MinusOne;
        c = old_q[control_q.pair_id[PairBits-1:0]];
      end
      weft_array_pkg::LaneSpd: begin
        a = control_q.first ? 32'b0 : rd_word;
        b = prm;
        c = MinusZero;  // a product: -0 is the neutral addend
      end
      weft_array_pkg::LaneRd: begin
        a = spd_q[control_q.context_id[ContextBits-1:0]];
        b = One;
        c = sld_q[control_q.context_id[ContextBits-1:0]];
      end
      weft_array_pkg::LaneSpnv: begin
        a = control_q.first ? 32'b0 : rnv_word;
        b = prm;
        c = MinusZero;
      end
      weft_array_pkg::LaneRnv: begin
        a = spnv_word;
        b = One;
        c = slnv_word;
      end
      weft_array_pkg::LaneExp1, weft_array_pkg::LaneExp2, weft_array_pkg::LaneExp3,
      weft_array_pkg::LaneExp4, weft_array_pkg::LaneExp5, weft_array_pkg::LaneExp6: begin
        a = exp_a;
        b = exp_b;
        c = exp_c;
      end
      weft_array_pkg::LaneNop, weft_array_pkg::LaneRm, weft_array_pkg::LaneAv: ;  // no sum
    endcase
  end

  logic unused_valid;
  weft_fp32_macc #(.STAGES(0)) u_macc (
    .clk_i, .rst_ni, .in_valid_i(1'b1), .a_i(a), .b_i(b), .c_i(c), .out_valid_o(unused_valid),
    .result_o(sum)
  );
  logic [31:0] maximum;
  weft_fp32_max u_max (.valid_i(op == weft_array_pkg::LaneRm), .a_i(old_maximum),
      .b_i(lm_q[control_q.context_id[ContextBits-1:0]]),
      .result_o(maximum));
  assign result = op == weft_array_pkg::LaneRm ? maximum : sum;

  logic        special;
  logic [31:0] special_value, negated, power_of_two;
  logic [8:0]  power;
  weft_exp_reduce u_reduce (.valid_i(op == weft_array_pkg::LaneExp1), .t_i(sum),
      .special_o(special), .special_value_o(special_value),
      .power_o(power), .negated_o(negated));
  weft_exp_insert u_insert (
    .valid_i(op == weft_array_pkg::LaneExp6), .chain_i(sum), .power_i(power_q),
    .special_i(special_q), .special_value_i(special_value_q),
    .result_o(power_of_two)
  );

  always_ff @(posedge clk_i) begin
    unique case (op)
      weft_array_pkg::LaneRm: begin
        old_q[control_q.pair_id[PairBits-1:0]] <= old_maximum;
        new_q[control_q.pair_id[PairBits-1:0]] <= maximum;
      end
      weft_array_pkg::LaneSub: difference_q <= sum;
      weft_array_pkg::LaneExp1: begin
        special_q <= special;
        special_value_q <= special_value;
        power_q <= power;
        negated_q <= negated;
      end
      weft_array_pkg::LaneExp2: difference_q <= sum;
      weft_array_pkg::LaneExp3, weft_array_pkg::LaneExp4, weft_array_pkg::LaneExp5: chain_q <= sum;
      weft_array_pkg::LaneExp6: prm_q[control_q.context_id[ContextBits-1:0]] <= power_of_two;
      weft_array_pkg::LaneSpd: spd_q[control_q.context_id[ContextBits-1:0]] <= sum;
      weft_array_pkg::LaneNop, weft_array_pkg::LaneRd, weft_array_pkg::LaneSpnv,
      weft_array_pkg::LaneRnv, weft_array_pkg::LaneAv: ;  // what they write are words of memories
    endcase
  end

  // The new maximum on its way back.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) rm_valid_o <= 1'b0;
    else rm_valid_o <= op == weft_array_pkg::LaneRm;
  end
  always_ff @(posedge clk_i) begin
    if (op == weft_array_pkg::LaneRm) begin
      rm_o <= maximum;
      rm_context_o <= control_q.context_id;
    end
  end

  // The division, and the output it fills element by element.
  logic divided;
  logic [31:0] quotient;
  logic [15:0] element;
  weft_fp32_divide #(.STAGES(DIVIDE_STAGES)) u_divide (
    .clk_i, .rst_ni, .in_valid_i(op == weft_array_pkg::LaneAv), .a_i(rnv_word), .b_i(rd_word),
    .out_valid_o(divided), .result_o(quotient)
  );
  weft_bf16_round u_round (.in_i(quotient), .out_o(element));
  logic [7:0] place_q [DIVIDE_STAGES];  // the element's place beside its division: copy and f
  logic [7:0] place;
  always_ff @(posedge clk_i) begin
    place_q[0] <= {control_q.out_slot, control_q.element};
    for (int unsigned s = 1; s < DIVIDE_STAGES; s++) place_q[s] <= place_q[s-1];
  end
  assign place = place_q[DIVIDE_STAGES-1];
  localparam int unsigned ElementBits = $clog2(BEAT_ELEMENTS);
  logic [BEAT_ELEMENTS-1:0] place_lanes;
  logic [OutBits-1:0] place_beat, drain_address;
  always_comb begin
    place_lanes = '0;
    place_lanes[place[ElementBits-1:0]] = 1'b1;
  end
  assign place_beat = OutBits'(32'(place[7]) * OutBeats + (32'(place[6:0]) >> ElementBits));
  assign drain_address = OutBits'(32'(drain_slot_i) * OutBeats + 32'(drain_beat_i));
  weft_ram #(.WORD_BITS(BEAT_ELEMENTS * 16), .WORDS(2 * OutBeats), .LANES(BEAT_ELEMENTS),
      .BYPASS(1'b0)) u_out (
    .clk_i, .write_valid_i(divided), .write_address_i(place_beat), .write_lanes_i(place_lanes),
    .write_data_i({BEAT_ELEMENTS{element}}), .read_valid_i(drain_valid_i),
    .read_address_i(drain_address), .read_data_o(drain_data_o)
  );

`ifndef SYNTHESIS
  initial begin
    if (CONTEXTS < 2 || CONTEXTS > 16) $fatal(1, "weft_vector_lane: CONTEXTS is 2 to 16");
    if (LINKS < 2 || LINKS > 4) $fatal(1, "weft_vector_lane: LINKS is 2 to 4");
    if (MAX_WIDTH > 128 || MAX_WIDTH % BEAT_ELEMENTS != 0)
        $fatal(1, "weft_vector_lane: MAX_WIDTH is up to 128, whole beats");
    if ((PAIRS & (PAIRS - 1)) != 0 || PAIRS > 16)
        $fatal(1, "weft_vector_lane: PAIRS is a power of two up to 16");
  end

  a_slnv_element : assert property (@(posedge clk_i) disable iff (!rst_ni)
      slnv_arrives && !clear_i |-> slnv_element_q < width_i)
    else $error("weft_vector_lane: element %0d of %0d", slnv_element_q, width_i);
  a_drain_beat : assert property (@(posedge clk_i) disable iff (!rst_ni)
      drain_valid_i |-> 32'(drain_beat_i) < OutBeats)
    else $error("weft_vector_lane: beat %0d of %0d", drain_beat_i, OutBeats);
`endif
endmodule
