// The comparators of a filter pass: LANES values a cycle against the k-th largest. What is larger
// is kept, and of equal ones the first in order, as many as are to stay.
//
// One cycle from in to out, a beat a cycle. in_ready_o depends on out_ready_i within the cycle: a
// beat that is held at the output holds the one behind it.
module weft_comparator_array #(
  parameter  int unsigned LANES      = 16,
  parameter  int unsigned VALUE_BITS = 12,    // of an unsigned value
  parameter  int unsigned KEYS       = 1024,  // most values of a row
  localparam int unsigned TIES_BITS  = $clog2(KEYS + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [LANES*VALUE_BITS-1:0] in_values_i,
  input  logic [LANES-1:0]            in_present_i,    // places that have a value
  input  logic                        in_first_i,      // of its row
  input  logic                        in_last_i,
  input  weft_select_pkg::passes_e    in_passes_i,     // of the row: read with its first beat
  input  logic [VALUE_BITS-1:0]       in_threshold_i,
  input  logic [TIES_BITS-1:0]        in_ties_i,

  output logic                        out_valid_o,
  input  logic                        out_ready_i,
  output logic [LANES*VALUE_BITS-1:0] out_values_o,
  output logic [LANES-1:0]            out_keep_o,
  output logic                        out_last_o
);

  localparam int unsigned COUNT_BITS = $clog2(LANES + 1);
  localparam int unsigned SUM_BITS   = (TIES_BITS > COUNT_BITS) ? TIES_BITS : COUNT_BITS;

  weft_select_pkg::passes_e    passes, passes_q;
  logic [VALUE_BITS-1:0]       threshold, threshold_q;
  logic [TIES_BITS-1:0]        ties, ties_q;  // still to be kept
  logic [LANES-1:0]            above, equal, keep;
  logic [LANES*COUNT_BITS-1:0] equal_before;
  logic [COUNT_BITS-1:0]       equal_total;
  logic                        take;

  assign passes    = in_first_i ? in_passes_i : passes_q;
  assign threshold = in_first_i ? in_threshold_i : threshold_q;
  assign ties      = in_first_i ? in_ties_i : ties_q;

  for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
    logic [VALUE_BITS-1:0] value;
    logic                  tie_stays;

    assign value       = in_values_i[lane*VALUE_BITS +: VALUE_BITS];
    assign above[lane] = in_present_i[lane] && value > threshold;
    assign equal[lane] = in_present_i[lane] && value == threshold;
    assign tie_stays   = equal[lane]
        && SUM_BITS'(equal_before[lane*COUNT_BITS +: COUNT_BITS]) < SUM_BITS'(ties);

    always_comb begin
      unique case (passes)
        weft_select_pkg::PassThreshold: keep[lane] = above[lane] || tie_stays;
        weft_select_pkg::PassAll:       keep[lane] = in_present_i[lane];
        weft_select_pkg::PassNone:      keep[lane] = 1'b0;
        default:                        keep[lane] = 1'bx;
      endcase
    end
  end

  weft_prefix_count #(.LANES(LANES)) u_ties (
    .valid_i (in_valid_i),
    .bits_i  (equal),
    .before_o(equal_before),
    .total_o (equal_total)
  );

  assign in_ready_o = !out_valid_o || out_ready_i;
  assign take       = in_valid_i && in_ready_o;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) out_valid_o <= 1'b0;
    else if (in_ready_o) out_valid_o <= in_valid_i;
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      out_values_o <= in_values_i;
      out_keep_o   <= keep;
      out_last_o   <= in_last_i;
      passes_q     <= passes;
      threshold_q  <= threshold;
      ties_q       <= (SUM_BITS'(equal_total) < SUM_BITS'(ties))
          ? TIES_BITS'(SUM_BITS'(ties) - SUM_BITS'(equal_total)) : '0;
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (LANES == 0 || VALUE_BITS == 0 || KEYS == 0) begin
      $fatal(1, "weft_comparator_array: LANES, VALUE_BITS and KEYS must be above 0");
    end
  end

  logic within_q;  // a row has begun and has not ended
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) within_q <= 1'b0;
    else if (take) within_q <= !in_last_i;
  end

  a_begins : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> in_first_i == !within_q)
    else $error("weft_comparator_array: a row begins with its first beat, behind the last");
  a_passes : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> passes != 2'd3);
  a_out_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(out_values_o) && $stable(out_keep_o)
      && $stable(out_last_o));
`endif

endmodule
