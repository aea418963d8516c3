// weft_zero_eliminator: every beat comes out once, in order, as the subsequence of what was valid
// in it, with its count and its end, whatever is stalled; what is offered stays until it is taken.
module formal_zero_eliminator #(
  parameter int unsigned PLACES = 4,
  parameter int unsigned WIDTH  = 2
) (
  input logic                    clk_i,
  input logic                    in_valid_i,
  input logic [PLACES*WIDTH-1:0] in_data_i,
  input logic [PLACES-1:0]       in_keep_i,
  input logic                    in_last_i,
  input logic                    out_ready_i
);

  localparam int unsigned COUNT_BITS = $clog2(PLACES + 1);
  localparam int unsigned ENTRY_BITS = PLACES * WIDTH + COUNT_BITS + 1;
  localparam int unsigned HELD       = 8;  // more than there are stages

  logic                    rst_nq = 1'b0;
  logic                    in_ready, out_valid, out_last;
  logic [PLACES*WIDTH-1:0] out_data;
  logic [COUNT_BITS-1:0]   out_count;

  weft_zero_eliminator #(.PLACES(PLACES), .WIDTH(WIDTH)) u_dut (
    .clk_i, .rst_ni (rst_nq), .in_valid_i, .in_ready_o (in_ready), .in_data_i, .in_keep_i,
    .in_last_i, .out_valid_o (out_valid), .out_ready_i, .out_data_o (out_data),
    .out_count_o (out_count), .out_last_o (out_last));

  // The subsequence, found by going through the places; what is not of it is 0.
  logic [PLACES*WIDTH-1:0] kept;
  logic [COUNT_BITS-1:0]   count;
  always_comb begin
    kept  = '0;
    count = '0;
    for (int unsigned place = 0; place < PLACES; place++) begin
      if (in_keep_i[place]) begin
        kept  = kept | ({{(PLACES*WIDTH-WIDTH){1'b0}}, in_data_i[place*WIDTH +: WIDTH]}
            << (count * WIDTH));
        count = count + COUNT_BITS'(1);
      end
    end
  end

  // Beats under way, the oldest in the lowest bits.
  logic [HELD*ENTRY_BITS-1:0] queue_q;
  logic [3:0]                 held_q;
  logic                       push, pop;
  logic [3:0]                 at;
  assign push = in_valid_i && in_ready;
  assign pop  = out_valid && out_ready_i;
  assign at   = pop ? held_q - 4'd1 : held_q;

  logic                       offered_q;  // and not taken
  logic [ENTRY_BITS-1:0]      offer_q;
  always_ff @(posedge clk_i) begin
    rst_nq    <= 1'b1;
    offered_q <= rst_nq && out_valid && !out_ready_i;
    offer_q   <= {out_last, out_count, out_data};
    if (!rst_nq) begin
      held_q  <= 4'd0;
      queue_q <= '0;
    end else begin
      held_q  <= at + (push ? 4'd1 : 4'd0);
      queue_q <= (pop ? queue_q >> ENTRY_BITS : queue_q)
          | (push ? ({{((HELD-1)*ENTRY_BITS){1'b0}}, in_last_i, count, kept} << (at * ENTRY_BITS))
          : '0);
    end
  end

  logic [PLACES*WIDTH-1:0] out_kept;  // what of the output counts
  always_comb begin
    out_kept = '0;
    for (int unsigned place = 0; place < PLACES; place++) begin
      if (COUNT_BITS'(place) < out_count) begin
        out_kept[place*WIDTH +: WIDTH] = out_data[place*WIDTH +: WIDTH];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_nq) begin
      a_room: assert (held_q < HELD);
      if (out_valid) begin
        a_known:       assert (held_q != 4'd0);
        a_subsequence: assert (out_kept == queue_q[PLACES*WIDTH-1:0]);
        a_count:       assert (out_count == queue_q[PLACES*WIDTH +: COUNT_BITS]);
        a_last:        assert (out_last == queue_q[ENTRY_BITS-1]);
      end
      if (offered_q) begin
        a_stable: assert (out_valid && offer_q == {out_last, out_count, out_data});
      end
      a_open: assert (in_ready == !(out_valid && !out_ready_i));
    end
  end

endmodule
