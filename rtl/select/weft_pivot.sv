// Which candidate a round of quick-select compares with, as select::pivot_position: the finaliser
// of splitmix64 over the round's state, and of it the upper 32 bits. A state of round r is the
// selection's seed + (r + 1) * 9E3779B97F4A7C15 (mod 2^64), which whoever asks adds up.
//
// Two cycles from in_valid_i to word_o, one state a cycle, no back-pressure; word_o stays until the
// next state comes through.
module weft_pivot (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        in_valid_i,
  input  logic [63:0] in_state_i,
  output logic        out_valid_o,
  output logic [31:0] word_o
);

  localparam logic [63:0] First  = 64'hBF58476D1CE4E5B9;
  localparam logic [63:0] Second = 64'h94D049BB133111EB;

  logic        half_valid_q;
  logic [63:0] half_q, whole_q;
  logic [63:0] in_folded, half_folded, whole_folded;

  assign in_folded    = in_state_i ^ {30'b0, in_state_i[63:30]};
  assign half_folded  = half_q ^ {27'b0, half_q[63:27]};
  assign whole_folded = whole_q ^ {31'b0, whole_q[63:31]};
  assign word_o       = whole_folded[63:32];

  logic unused_low;
  assign unused_low = ^whole_folded[31:0];

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      half_valid_q <= 1'b0;
      out_valid_o  <= 1'b0;
    end else begin
      half_valid_q <= in_valid_i;
      out_valid_o  <= half_valid_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (in_valid_i) half_q <= in_folded * First;
    if (half_valid_q) whole_q <= half_folded * Second;
  end

endmodule
