// Values times their probabilities, summed over the keys of a row: MULTIPLIERS products a cycle,
// each into an accumulator of its own; where a beat has several values, their accumulators are
// added at the row's end.
//
// A value takes 2^level_i places, or all of them in parts_i + 1 parts, one a cycle. A beat of up to
// MULTIPLIERS >> level_i values that is taken in cycle t is through in t + 3 + parts_i, and its row
// comes out then where the beat was the last of it; the next is taken parts_i + 1 cycles later.
// in_ready_o depends on out_ready_i within the cycle: while a row is held at the output no beat is
// taken, and those under way wait behind it without bubbles.
module weft_value_array #(
  parameter  int unsigned MULTIPLIERS      = 64,  // a power of two, 2 or more
  parameter  int unsigned PROBABILITY_BITS = 12,  // unsigned
  parameter  int unsigned VALUE_BITS       = 12,  // of elements, two's complement
  parameter  int unsigned SUM_BITS         = 32,  // of an output, which fits
  parameter  int unsigned MIN_WIDTH        = 32,  // places of the narrowest value: a power of two
  parameter  int unsigned PARTS            = 4,   // most parts of a value
  localparam int unsigned VALUES           = MULTIPLIERS / MIN_WIDTH,
  localparam int unsigned COUNT_BITS       = $clog2(VALUES + 1),
  localparam int unsigned LEVEL_BITS       = $clog2($clog2(MULTIPLIERS) + 1),
  localparam int unsigned PART_BITS        = (PARTS <= 1) ? 1 : $clog2(PARTS)
) (
  input  logic                                  clk_i,
  input  logic                                  rst_ni,

  // Of the head, constant while beats are under way
  input  logic [LEVEL_BITS-1:0]                 level_i,  // log2 of a value's places
  input  logic [PART_BITS-1:0]                  parts_i,  // less one; 0 below the highest level

  input  logic                                  in_valid_i,  // a beat's parts follow one another
  output logic                                  in_ready_o,
  input  logic [VALUES*PROBABILITY_BITS-1:0]    in_probabilities_i,  // in all parts of the beat
  input  logic [MULTIPLIERS*VALUE_BITS-1:0]     in_values_i,  // value after value, 2^level_i places
  input  logic [COUNT_BITS-1:0]                 in_count_i,   // values of the beat; may be none
  input  logic                                  in_last_i,    // of its row

  output logic                                  out_valid_o,
  input  logic                                  out_ready_i,
  output logic [PARTS*MULTIPLIERS*SUM_BITS-1:0] out_sums_o   // by channel; those of the head count
);

  localparam int unsigned Levels       = $clog2(MULTIPLIERS);
  localparam int unsigned LowLevel     = $clog2(MIN_WIDTH);
  localparam int unsigned PRODUCT_BITS = PROBABILITY_BITS + VALUE_BITS;

  logic                 held, take;
  logic [PART_BITS-1:0] part_q;

  assign held       = out_valid_o && !out_ready_i;
  assign in_ready_o = part_q != '0 || !held;
  assign take       = in_valid_i && in_ready_o;

  // Three places: products, accumulators, the output. A beat that is through leaves the last in a
  // cycle, be it that its row goes on. ------------------------------------------------------------
  logic                 products_valid_q, first_q, final_q, last_q;  // final: of the beat's parts
  logic [PART_BITS-1:0] products_part_q;
  logic                 sums_valid_q, sums_last_q;    // a beat is in the accumulators in full
  logic                 through_valid_q, through_last_q;
  logic                 sums_move, products_move;
  logic                 row_begins_q;  // the next beat that is taken is its row's first

  logic clk, awake;
  weft_clock_gate u_gate (.clk_i, .rst_ni, .enable_i(awake), .clk_o(clk));
  assign awake = in_valid_i || products_valid_q || sums_valid_q || through_valid_q;

  assign out_valid_o   = through_valid_q && through_last_q;
  assign sums_move     = sums_valid_q && !held;
  assign products_move = products_valid_q && !(sums_valid_q && held);

  always_ff @(posedge clk or negedge rst_ni) begin
    if (!rst_ni) begin
      part_q           <= '0;
      row_begins_q     <= 1'b1;
      products_valid_q <= 1'b0;
      sums_valid_q     <= 1'b0;
      through_valid_q  <= 1'b0;
    end else begin
      if (take) begin
        part_q <= (part_q == parts_i) ? '0 : part_q + PART_BITS'(1);
        if (part_q == parts_i) row_begins_q <= in_last_i;
      end
      if (take || products_move) products_valid_q <= take;
      if (products_move && final_q) sums_valid_q <= 1'b1;
      else if (sums_move) sums_valid_q <= 1'b0;
      if (!held) through_valid_q <= sums_valid_q;
    end
  end
  always_ff @(posedge clk) begin
    if (take) begin
      first_q         <= row_begins_q;
      final_q         <= part_q == parts_i;
      last_q          <= in_last_i;
      products_part_q <= part_q;
    end
    if (products_move && final_q) sums_last_q <= last_q;
    if (sums_move) through_last_q <= sums_last_q;
  end

  // Products --------------------------------------------------------------------------------------
  logic [MULTIPLIERS*PRODUCT_BITS-1:0] products_q;

  for (genvar place = 0; place < MULTIPLIERS; place++) begin : gen_place
    logic [PROBABILITY_BITS-1:0]    probability;  // of the value that the place belongs to
    logic [VALUE_BITS-1:0]          value;
    logic signed [PRODUCT_BITS-1:0] wide_probability, wide_value;

    always_comb begin
      probability = (in_count_i == '0) ? '0 : in_probabilities_i[PROBABILITY_BITS-1:0];
      for (int unsigned l = LowLevel; l < Levels; l++) begin
        if (32'(level_i) == l) begin
          probability = (32'(in_count_i) > place >> l)
              ? in_probabilities_i[(place >> l)*PROBABILITY_BITS +: PROBABILITY_BITS] : '0;
        end
      end
    end
    assign value            = in_values_i[place*VALUE_BITS +: VALUE_BITS];
    assign wide_probability = {{VALUE_BITS{1'b0}}, probability};
    assign wide_value       = {{PROBABILITY_BITS{value[VALUE_BITS-1]}}, value};
    always_ff @(posedge clk) begin
      if (take) products_q[place*PRODUCT_BITS +: PRODUCT_BITS] <= wide_probability * wide_value;
    end
  end

  // Accumulators, and at a row's end their sums by channel ----------------------------------------
  for (genvar part = 0; part < PARTS; part++) begin : gen_part
    logic [MULTIPLIERS*SUM_BITS-1:0] sums_q, out_d, out_q;

    for (genvar place = 0; place < MULTIPLIERS; place++) begin : gen_sum
      logic [PRODUCT_BITS-1:0] product;
      logic [SUM_BITS-1:0]     wide;
      assign product = products_q[place*PRODUCT_BITS +: PRODUCT_BITS];
      assign wide    = {{(SUM_BITS - PRODUCT_BITS){product[PRODUCT_BITS-1]}}, product};
      always_ff @(posedge clk) begin
        if (products_move && 32'(products_part_q) == part) begin
          sums_q[place*SUM_BITS +: SUM_BITS] <=
              first_q ? wide : sums_q[place*SUM_BITS +: SUM_BITS] + wide;
        end
        if (sums_move && sums_last_q) begin
          out_q[place*SUM_BITS +: SUM_BITS] <= out_d[place*SUM_BITS +: SUM_BITS];
        end
      end
    end

    if (part == 0) begin : gen_fold
      // Fold f leaves 2^(Levels - f) places, where the head has no more than that.
      for (genvar fold = 0; fold <= Levels - LowLevel; fold++) begin : gen_level
        localparam int unsigned Level = Levels - fold;
        logic [MULTIPLIERS*SUM_BITS-1:0] words;
        if (fold == 0) begin : gen_all
          assign words = sums_q;
        end else begin : gen_half
          for (genvar place = 0; place < MULTIPLIERS; place++) begin : gen_word
            logic [SUM_BITS-1:0] same, other;
            assign same = gen_level[fold-1].words[place*SUM_BITS +: SUM_BITS];
            if (place < (1 << Level)) begin : gen_add
              assign other = (32'(level_i) > Level) ? '0
                  : gen_level[fold-1].words[(place + (1 << Level))*SUM_BITS +: SUM_BITS];
            end else begin : gen_same
              assign other = '0;
            end
            assign words[place*SUM_BITS +: SUM_BITS] = same + other;
          end
        end
      end
      assign out_d = gen_level[Levels-LowLevel].words;
    end else begin : gen_whole
      assign out_d = sums_q;
    end
    assign out_sums_o[part*MULTIPLIERS*SUM_BITS +: MULTIPLIERS*SUM_BITS] = out_q;
  end

`ifndef SYNTHESIS
  initial begin
    if (MULTIPLIERS < 2 || (MULTIPLIERS & (MULTIPLIERS - 1)) != 0) begin
      $fatal(1, "weft_value_array: MULTIPLIERS is a power of two, 2 or more");
    end
    if (MIN_WIDTH == 0 || (MIN_WIDTH & (MIN_WIDTH - 1)) != 0 || MIN_WIDTH > MULTIPLIERS) begin
      $fatal(1, "weft_value_array: MIN_WIDTH is a power of two up to MULTIPLIERS");
    end
    if (SUM_BITS <= PRODUCT_BITS || PARTS == 0) begin
      $fatal(1, "weft_value_array: SUM_BITS not above a product's, or no PARTS");
    end
  end

  a_parts_follow : assert property (@(posedge clk) disable iff (!rst_ni)
      part_q != '0 |-> in_valid_i)
    else $error("weft_value_array: parts of a beat follow one another");
  a_head : assert property (@(posedge clk) disable iff (!rst_ni) take
      |-> 32'(level_i) >= LowLevel && 32'(level_i) <= Levels && 32'(parts_i) < PARTS
      && (parts_i == '0 || 32'(level_i) == Levels)
      && 32'(in_count_i) <= MULTIPLIERS >> level_i)
    else $error("weft_value_array: places or parts that there are not, or too many values");
  a_head_stays : assert property (@(posedge clk) disable iff (!rst_ni)
      products_valid_q || sums_valid_q |-> $stable(level_i) && $stable(parts_i))
    else $error("weft_value_array: a head changes with beats under way");
  a_room : assert property (@(posedge clk) disable iff (!rst_ni)
      take && products_valid_q |-> products_move);
  a_out_stable : assert property (@(posedge clk) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |=> out_valid_o);
  // $stable of a vector of so many words does not compile in Verilator 5.006.
  a_out_kept : assert property (@(posedge clk) disable iff (!rst_ni)
      out_valid_o && !out_ready_i |-> !sums_move);
`endif

endmodule
