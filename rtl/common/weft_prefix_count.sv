// How many bits are set before each, and in all, within the cycle: a prefix sum of ceil(log2 LANES)
// layers, each of which adds what stands twice as far away as the one before. Without valid_i, what
// comes out is anything.
module weft_prefix_count #(
  parameter  int unsigned LANES      = 16,
  localparam int unsigned COUNT_BITS = $clog2(LANES + 1)
) (
  input  logic                        valid_i,
  input  logic [LANES-1:0]            bits_i,
  output logic [LANES*COUNT_BITS-1:0] before_o,  // of each lane, lane 0 in the lowest bits
  output logic [COUNT_BITS-1:0]       total_o
);

  localparam int unsigned Layers = (LANES <= 1) ? 0 : $clog2(LANES);

  for (genvar layer = 0; layer <= Layers; layer++) begin : gen_doubling
    logic [LANES*COUNT_BITS-1:0] sums;  // of the 2^layer bits up to each, it among them

    for (genvar lane = 0; lane < LANES; lane++) begin : gen_lane
      if (layer == 0) begin : gen_bit
        if (COUNT_BITS == 1) begin : gen_one
          assign sums[lane] = valid_i ? bits_i[lane] : 1'bx;
        end else begin : gen_wide
          assign sums[lane*COUNT_BITS +: COUNT_BITS] = valid_i
              ? {{(COUNT_BITS - 1){1'b0}}, bits_i[lane]} : 'x;
        end
      end else if (lane < (1 << (layer - 1))) begin : gen_same
        assign sums[lane*COUNT_BITS +: COUNT_BITS] = valid_i
            ? gen_doubling[layer-1].sums[lane*COUNT_BITS +: COUNT_BITS] : 'x;
      end else begin : gen_sum
        assign sums[lane*COUNT_BITS +: COUNT_BITS] = valid_i
            ? gen_doubling[layer-1].sums[lane*COUNT_BITS +: COUNT_BITS]
            + gen_doubling[layer-1].sums[(lane-(1<<(layer-1)))*COUNT_BITS +: COUNT_BITS] : 'x;
      end
    end
  end

  assign total_o = gen_doubling[Layers].sums[(LANES-1)*COUNT_BITS +: COUNT_BITS];
  assign before_o[COUNT_BITS-1:0] = '0;
  if (LANES > 1) begin : gen_before
    assign before_o[LANES*COUNT_BITS-1:COUNT_BITS] =
        gen_doubling[Layers].sums[(LANES-1)*COUNT_BITS-1:0];
  end

`ifndef SYNTHESIS
  initial if (LANES == 0) $fatal(1, "weft_prefix_count: LANES must be above 0");

  always_comb begin
    if (valid_i) begin
      a_none : assert ((total_o == '0) == (bits_i == '0));
      a_most : assert (32'(total_o) <= LANES);
    end
  end
`endif

endmodule
