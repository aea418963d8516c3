// Sorts PLACES unsigned words, the largest first, by Batcher's odd-even merge: what a top-k engine
// is compared with. A register stage behind each of the L (L + 1) / 2 layers of comparators, L
// being log2 PLACES; a vector a cycle, no back-pressure.
module weft_full_sorter #(
  parameter int unsigned PLACES = 16,  // a power of two, 2 or more
  parameter int unsigned WIDTH  = 12
) (
  input  logic                    clk_i,
  input  logic                    rst_ni,
  input  logic                    in_valid_i,
  input  logic [PLACES*WIDTH-1:0] in_words_i,
  output logic                    out_valid_o,
  output logic [PLACES*WIDTH-1:0] out_words_o
);

  localparam int unsigned Levels = $clog2(PLACES);
  localparam int unsigned Stages = Levels * (Levels + 1) / 2;

  logic [Stages-1:0] valid_q;
  logic [Stages:0]   valid;  // before each stage, and behind the last
  assign valid = {valid_q, in_valid_i};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= valid[Stages-1:0];
  end

  // Level `level` merges sorted halves of 2^level places; its step `step` compares what stands
  // 2^(level - step) places apart.
  for (genvar level = 0; level < Levels; level++) begin : gen_level
    for (genvar step = 0; step <= level; step++) begin : gen_step
      localparam int unsigned Stage  = level * (level + 1) / 2 + step;
      localparam int unsigned Half   = 1 << level;
      localparam int unsigned Apart  = 1 << (level - step);
      localparam int unsigned Offset = (step == 0) ? 0 : Apart;

      logic [PLACES*WIDTH-1:0] words, words_d, words_q;

      if (Stage == 0) begin : gen_in
        assign words = in_words_i;
      end else if (step == 0) begin : gen_level_before
        assign words = gen_level[level-1].gen_step[level-1].words_q;
      end else begin : gen_step_before
        assign words = gen_level[level].gen_step[step-1].words_q;
      end

      for (genvar place = 0; place < PLACES; place++) begin : gen_place
        // The first of a pair: within its sorted whole, and every other run of Apart places.
        localparam bit First = place >= Offset && (place - Offset) % (2 * Apart) < Apart
            && place + Apart < PLACES && place / (2 * Half) == (place + Apart) / (2 * Half);
        localparam bit Second = place >= Apart + Offset
            && (place - Apart - Offset) % (2 * Apart) < Apart
            && (place - Apart) / (2 * Half) == place / (2 * Half);
        if (First) begin : gen_pair
          weft_compare_exchange #(.WIDTH(WIDTH)) u_pair (
            .a_i    (words[place*WIDTH +: WIDTH]),
            .b_i    (words[(place+Apart)*WIDTH +: WIDTH]),
            .large_o(words_d[place*WIDTH +: WIDTH]),
            .small_o(words_d[(place+Apart)*WIDTH +: WIDTH])
          );
        end else if (!Second) begin : gen_alone
          assign words_d[place*WIDTH +: WIDTH] = words[place*WIDTH +: WIDTH];
        end
      end

      always_ff @(posedge clk_i) begin
        if (valid[Stage]) words_q <= words_d;
      end
    end
  end

  assign out_valid_o = valid[Stages];
  assign out_words_o = gen_level[Levels-1].gen_step[Levels-1].words_q;

`ifndef SYNTHESIS
  initial begin
    if (PLACES < 2 || (PLACES & (PLACES - 1)) != 0) begin
      $fatal(1, "weft_full_sorter: PLACES is a power of two");
    end
  end

  for (genvar place = 1; place < PLACES; place++) begin : gen_order
    a_order : assert property (@(posedge clk_i) disable iff (!rst_ni) out_valid_o
        |-> out_words_o[(place-1)*WIDTH +: WIDTH] >= out_words_o[place*WIDTH +: WIDTH]);
  end
`endif

endmodule
