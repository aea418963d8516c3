// A layer of a zero eliminator's shifters, within the cycle: what has bit LAYER in its count moves
// by 2^LAYER places towards the front, what has not stays. Without valid_i, what comes out is
// anything.
module weft_shift_layer #(
  parameter int unsigned PLACES     = 16,
  parameter int unsigned WIDTH      = 12,
  parameter int unsigned SHIFT_BITS = 4,
  parameter int unsigned LAYER      = 0   // below SHIFT_BITS
) (
  input  logic                         valid_i,
  input  logic [PLACES*WIDTH-1:0]      data_i,
  input  logic [PLACES-1:0]            keep_i,   // places that are valid
  input  logic [PLACES*SHIFT_BITS-1:0] shift_i,  // places to go, of each
  output logic [PLACES*WIDTH-1:0]      data_o,
  output logic [PLACES-1:0]            keep_o,
  output logic [PLACES*SHIFT_BITS-1:0] shift_o
);

  localparam int unsigned By = 1 << LAYER;

  logic [PLACES-1:0] stays;
  logic [PLACES-1:0] arrives;  // what stands By places behind

  always_comb begin
    stays   = 'x;
    arrives = 'x;
    data_o  = 'x;
    shift_o = 'x;
    keep_o  = 'x;
    if (valid_i) begin
      arrives = '0;
      data_o  = data_i;
      shift_o = shift_i;
      for (int unsigned place = 0; place < PLACES; place++) begin
        stays[place] = keep_i[place] && !shift_i[place*SHIFT_BITS + LAYER];
      end
      for (int unsigned place = 0; place + By < PLACES; place++) begin
        arrives[place] = keep_i[place+By] && shift_i[(place+By)*SHIFT_BITS + LAYER];
        if (arrives[place]) begin
          data_o[place*WIDTH +: WIDTH] = data_i[(place+By)*WIDTH +: WIDTH];
          shift_o[place*SHIFT_BITS +: SHIFT_BITS] = shift_i[(place+By)*SHIFT_BITS +: SHIFT_BITS];
        end
      end
      keep_o = stays | arrives;
    end
  end

`ifndef SYNTHESIS
  initial if (LAYER >= SHIFT_BITS) $fatal(1, "weft_shift_layer: a count has no bit LAYER");
`endif

endmodule
