// weft_comparator_array: of a row's beats, all that is above the threshold is kept, and of what
// equals it the first so many; whatever is stalled. So as many are kept as a selection wanted.
module formal_comparator_array #(
  parameter int unsigned LANES      = 2,
  parameter int unsigned VALUE_BITS = 2,
  parameter int unsigned KEYS       = 7
) (
  input logic                        clk_i,
  input logic                        in_valid_i,
  input logic [LANES*VALUE_BITS-1:0] in_values_i,
  input logic [LANES-1:0]            in_present_i,
  input logic                        in_last_i,
  input logic [1:0]                  in_passes_i,
  input logic [VALUE_BITS-1:0]       in_threshold_i,
  input logic [$clog2(KEYS + 1)-1:0] in_ties_i,
  input logic                        out_ready_i
);

  logic             rst_nq = 1'b0;
  logic             first_q = 1'b1;
  logic             in_ready, out_valid, out_last;
  logic [LANES-1:0] out_keep;

  weft_comparator_array #(.LANES(LANES), .VALUE_BITS(VALUE_BITS), .KEYS(KEYS)) u_dut (
    .clk_i, .rst_ni (rst_nq), .in_valid_i, .in_ready_o (in_ready), .in_values_i, .in_present_i,
    .in_first_i (first_q), .in_last_i, .in_passes_i (in_passes_i), .in_threshold_i, .in_ties_i,
    .out_valid_o (out_valid), .out_ready_i, .out_values_o (), .out_keep_o (out_keep),
    .out_last_o (out_last));

  // The row's selection, as its first beat has it, and how many equal ones have been met.
  logic [1:0]                  passes_q, passes;
  logic [VALUE_BITS-1:0]       threshold_q, threshold;
  logic [$clog2(KEYS + 1)-1:0] ties_q, ties;
  logic [7:0]                  met_q, met;
  logic [7:0]                  above_q, above, kept_q, kept;  // of the row, up to what came out
  logic [LANES-1:0]            keep, keep_q;
  logic                        last_q, take;

  assign take      = in_valid_i && in_ready;
  assign passes    = first_q ? in_passes_i : passes_q;
  assign threshold = first_q ? in_threshold_i : threshold_q;
  assign ties      = first_q ? in_ties_i : ties_q;

  always_comb begin
    met   = first_q ? 8'd0 : met_q;
    above = first_q ? 8'd0 : above_q;
    kept  = first_q ? 8'd0 : kept_q;
    keep  = '0;
    for (int unsigned lane = 0; lane < LANES; lane++) begin
      if (in_present_i[lane] && in_values_i[lane*VALUE_BITS +: VALUE_BITS] > threshold) begin
        keep[lane] = 1'b1;
        above      = above + 8'd1;
      end
      if (in_present_i[lane] && in_values_i[lane*VALUE_BITS +: VALUE_BITS] == threshold) begin
        keep[lane] = met < ties;
        met        = met + 8'd1;
      end
      if (passes == 2'd1) keep[lane] = in_present_i[lane];
      if (passes == 2'd2) keep[lane] = 1'b0;
      kept = kept + (keep[lane] ? 8'd1 : 8'd0);
    end
  end

  always_ff @(posedge clk_i) begin
    rst_nq <= 1'b1;
    if (!rst_nq) begin
      first_q <= 1'b1;
    end else if (take) begin
      first_q     <= in_last_i;
      passes_q    <= passes;
      threshold_q <= threshold;
      ties_q      <= ties;
      met_q       <= met;
      above_q     <= above;
      kept_q      <= kept;
      keep_q      <= keep;
      last_q      <= in_last_i;
    end
  end

  logic             offered_q;  // and not taken
  logic [LANES-1:0] offer_q;
  always_ff @(posedge clk_i) begin
    offered_q <= rst_nq && out_valid && !out_ready_i;
    offer_q   <= out_keep;
    if (rst_nq && offered_q) a_stable: assert (out_valid && out_keep == offer_q);
  end

  always_comb assume (!in_valid_i || !first_q || in_passes_i != 2'd3);

  always_ff @(posedge clk_i) begin
    if (rst_nq && out_valid) begin
      a_keep: assert (out_keep == keep_q);
      a_last: assert (out_last == last_q);
      // k values stay where k of them are above the threshold or equal ones that the ties let in
      if (passes_q == 2'd0 && met_q >= ties_q) a_count: assert (kept_q == above_q + ties_q);
    end
  end

endmodule
