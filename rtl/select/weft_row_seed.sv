// Seeds of selections, one behind another: select::seed_of(seed, number) for numbers from 0 on, and
// of each the word that its first pivot is drawn with (weft_pivot).
//
// A seed that is asked for in cycle t stands at out_ in t + 4, with its tag; one a cycle.
module weft_row_seed #(
  parameter int unsigned TAG_BITS = 4
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                begin_i,      // numbers begin anew
  input  logic [63:0]         seed_i,
  input  logic                in_valid_i,
  input  logic [TAG_BITS-1:0] in_tag_i,
  output logic                out_valid_o,
  output logic [TAG_BITS-1:0] out_tag_o,
  output logic [63:0]         out_seed_o,
  output logic [31:0]         out_word_o
);

  localparam logic [63:0] Golden = 64'h9E3779B97F4A7C15;
  localparam logic [63:0] First  = 64'hBF58476D1CE4E5B9;
  localparam logic [63:0] Second = 64'h94D049BB133111EB;

  logic [63:0]           golden_q;   // times the number plus one
  logic [63:0]           state, folded, half_q, half_folded, whole_q, made;
  logic [3:0]            valid_q;    // by stage
  logic [4*TAG_BITS-1:0] tags_q;
  logic [2*64-1:0]       seeds_q;    // beside the pivot's two stages
  logic                  unused_valid;

  assign state       = seed_i + golden_q;
  assign folded      = state ^ {30'b0, state[63:30]};
  assign half_folded = half_q ^ {27'b0, half_q[63:27]};
  assign made        = whole_q ^ {31'b0, whole_q[63:31]};

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      golden_q <= Golden;
      valid_q  <= '0;
    end else begin
      if (begin_i) golden_q <= Golden;
      else if (in_valid_i) golden_q <= golden_q + Golden;
      valid_q <= {valid_q[2:0], in_valid_i};
    end
  end
  always_ff @(posedge clk_i) begin
    half_q  <= folded * First;
    whole_q <= half_folded * Second;
    seeds_q <= {seeds_q[63:0], made};
    tags_q  <= {tags_q[3*TAG_BITS-1:0], in_tag_i};
  end

  weft_pivot u_word (
    .clk_i, .rst_ni, .in_valid_i(valid_q[1]), .in_state_i(made + Golden),
    .out_valid_o(unused_valid), .word_o(out_word_o)
  );
  assign out_valid_o = valid_q[3];
  assign out_tag_o   = tags_q[3*TAG_BITS +: TAG_BITS];
  assign out_seed_o  = seeds_q[127:64];

  logic unused_all;
  assign unused_all = unused_valid;

endmodule
