// The decision of progressive quantisation: a row of probabilities that were made from upper bits
// alone goes on where its largest is not below the threshold; else it is dropped, its head's lower
// bits are asked for, once, and it is to be computed again with them.
//
// A beat is offered in the cycle behind the one in which it is taken, to out and importance, a
// row's last also to decided; the next comes in when all have taken it, so in_ready_o depends on
// their ready. Of a row that is dropped the last beat asks for the lower bits where no row of its
// head has, and in the cycle in which they are ordered, or later, the row for another pass.
module weft_confidence #(
  parameter  int unsigned LANES      = 8,
  parameter  int unsigned VALUE_BITS = 12,  // of a probability
  parameter  int unsigned TAG_BITS   = 6,   // which row it is: goes along
  localparam int unsigned COUNT_BITS = $clog2(LANES + 1)
) (
  input  logic                        clk_i,
  input  logic                        rst_ni,

  input  logic [31:0]                 threshold_i,  // fp32, 0 or above

  input  logic                        in_valid_i,
  output logic                        in_ready_o,
  input  logic [LANES*VALUE_BITS-1:0] in_values_i,
  input  logic [COUNT_BITS-1:0]       in_count_i,    // 0 only of an empty row
  input  logic                        in_last_i,
  input  logic [31:0]                 in_largest_i,  // fp32, above 0; as the rest with every beat
  input  logic                        in_split_i,    // of upper bits, and there are lower ones
  input  logic                        in_fresh_i,    // the first of its head's rows
  input  logic [TAG_BITS-1:0]         in_tag_i,

  output logic [LANES*VALUE_BITS-1:0] beat_values_o,  // of what is offered, whoever takes it
  output logic [COUNT_BITS-1:0]       beat_count_o,
  output logic                        beat_last_o,
  output logic [TAG_BITS-1:0]         beat_tag_o,

  output logic                        out_valid_o,
  input  logic                        out_ready_i,
  output logic                        importance_valid_o,
  input  logic                        importance_ready_i,
  output logic                        decided_valid_o,    // the row's keys are no longer needed
  input  logic                        decided_ready_i,
  output logic                        lower_valid_o,      // the lower bits of the row's head
  input  logic                        lower_ready_i,
  output logic                        recompute_valid_o,  // the row
  input  logic                        recompute_ready_i
);

  logic                        valid_q, drops_q, drops;
  logic                        asked_q;  // for the lower bits of the head of the row in hand
  logic                        out_sent_q, importance_sent_q, decided_sent_q;
  logic                        take, passes, dropped, done, asks;
  logic [LANES*VALUE_BITS-1:0] values_q;
  logic [COUNT_BITS-1:0]       count_q;
  logic                        last_q;
  logic [TAG_BITS-1:0]         tag_q;

  assign drops = in_split_i && in_count_i != '0 && in_largest_i < threshold_i;

  assign out_valid_o        = valid_q && !drops_q && !out_sent_q;
  assign importance_valid_o = valid_q && !drops_q && !importance_sent_q;
  assign decided_valid_o    = valid_q && !drops_q && last_q && !decided_sent_q;
  assign lower_valid_o      = valid_q && drops_q && last_q && !asked_q;
  assign asks               = lower_valid_o && lower_ready_i;
  assign recompute_valid_o  = valid_q && drops_q && last_q && (asked_q || lower_ready_i);

  assign passes  = (out_sent_q || out_ready_i) && (importance_sent_q || importance_ready_i)
      && (!last_q || decided_sent_q || decided_ready_i);
  assign dropped = !last_q || (recompute_valid_o && recompute_ready_i);
  assign done    = drops_q ? dropped : passes;

  assign in_ready_o = !valid_q || done;
  assign take       = in_valid_i && in_ready_o;

  assign beat_values_o = values_q;
  assign beat_count_o  = count_q;
  assign beat_last_o   = last_q;
  assign beat_tag_o    = tag_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      valid_q           <= 1'b0;
      asked_q           <= 1'b0;
      out_sent_q        <= 1'b0;
      importance_sent_q <= 1'b0;
      decided_sent_q    <= 1'b0;
    end else begin
      if (in_ready_o) valid_q <= in_valid_i;
      asked_q           <= (take && in_fresh_i) ? 1'b0 : asked_q || asks;
      out_sent_q        <= !in_ready_o && (out_sent_q || (out_valid_o && out_ready_i));
      importance_sent_q <= !in_ready_o
          && (importance_sent_q || (importance_valid_o && importance_ready_i));
      decided_sent_q    <= !in_ready_o && (decided_sent_q || (decided_valid_o && decided_ready_i));
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      values_q <= in_values_i;
      count_q  <= in_count_i;
      last_q   <= in_last_i;
      tag_q    <= in_tag_i;
      drops_q  <= drops;
    end
  end

`ifndef SYNTHESIS
  a_threshold : assert property (@(posedge clk_i) disable iff (!rst_ni)
      take |-> !threshold_i[31] && !in_largest_i[31])
    else $error("weft_confidence: a threshold or a probability below 0");
  a_out_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o && $stable(beat_values_o)
      && $stable(beat_count_o) && $stable(beat_last_o) && $stable(beat_tag_o));
  a_importance_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      importance_valid_o && !importance_ready_i |=> importance_valid_o && $stable(beat_values_o)
      && $stable(beat_count_o) && $stable(beat_last_o) && $stable(beat_tag_o));
  a_decided_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      decided_valid_o && !decided_ready_i |=> decided_valid_o && $stable(beat_tag_o));
  a_lower_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      lower_valid_o && !lower_ready_i |=> lower_valid_o && $stable(beat_tag_o));
  a_recompute_stays : assert property (@(posedge clk_i) disable iff (!rst_ni)
      recompute_valid_o && !recompute_ready_i |=> recompute_valid_o && $stable(beat_tag_o));
`endif

endmodule
