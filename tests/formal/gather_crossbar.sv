// weft_gather_crossbar: each address goes to its own channel, once, in the order in which those of
// its channel came; what comes back is given to whom it belongs, in that order; requests are stable
// until taken; no more are under way than a channel has places; and while a channel has a place no
// address of its waits, so that none is held up for longer than its channel is.
module formal_gather_crossbar #(
  parameter int unsigned INPUTS   = 2,
  parameter int unsigned CHANNELS = 2,
  parameter int unsigned QUEUE    = 2
) (
  input logic                         clk_i,
  input logic [$clog2(INPUTS+1)-1:0]  in_count_i,
  input logic [INPUTS*3-1:0]          in_places_i,
  input logic [CHANNELS-1:0]          request_ready_i,
  input logic [CHANNELS-1:0]          response_valid_i,
  input logic                         watched_channel_i,  // any
  input logic [3:0]                   watched_number_i    // of the addresses of that channel
);

  localparam int unsigned OWNER_BITS = 4;
  localparam int unsigned ROOM_BITS  = $clog2(INPUTS + 1);
  localparam int unsigned COUNT      = 4;   // bits of a count: no sequence is that long
  localparam int unsigned MASK       = CHANNELS - 1;

  logic                           rst_nq = 1'b0;
  logic [ROOM_BITS-1:0]           room;
  logic [INPUTS*OWNER_BITS-1:0]   owners;
  logic [CHANNELS-1:0]            request_valid;
  logic [CHANNELS*3-1:0]          request_place;
  logic [CHANNELS*OWNER_BITS-1:0] response_owner;

  weft_gather_crossbar #(
    .INPUTS(INPUTS), .CHANNELS(CHANNELS), .QUEUE(QUEUE), .PLACE_BITS(3), .INTERLEAVE_LOG2(1),
    .OWNER_BITS(OWNER_BITS)
  ) u_dut (
    .clk_i, .rst_ni (rst_nq), .room_o (room), .in_count_i, .in_places_i, .in_owners_i (owners),
    .request_valid_o (request_valid), .request_ready_i, .request_place_o (request_place),
    .response_valid_i, .response_owner_o (response_owner));

  // One channel and one number of its addresses are watched, whichever: what holds of that holds of
  // all. An owner is the number among all addresses.
  logic                       channel_q;
  logic [COUNT-1:0]           number_q;
  logic [COUNT-1:0]           all_q;                      // addresses that came
  logic [COUNT-1:0]           came_q, sent_q, back_q;     // of the channel
  logic [COUNT-1:0]           came;
  logic [2:0]                 place_q;                    // of the watched one
  logic [OWNER_BITS-1:0]      owner_q;
  logic [CHANNELS*COUNT-1:0]  flying_q;                   // of each: sent, without a response
  logic [CHANNELS*COUNT-1:0]  under_q, under;             // of each: came, without a response
  logic [CHANNELS-1:0]        offered_q;
  logic [CHANNELS*3-1:0]      offer_q;

  logic                       sends, answers, meets;
  logic [2:0]                 meets_place;
  logic [OWNER_BITS-1:0]      meets_owner;

  assign sends   = request_valid[channel_q] && request_ready_i[channel_q];
  assign answers = response_valid_i[channel_q];

  always_comb begin
    came        = came_q;
    under       = under_q;
    meets       = 1'b0;
    meets_place = '0;
    meets_owner = '0;
    for (int unsigned k = 0; k < INPUTS; k++) begin
      owners[k*OWNER_BITS +: OWNER_BITS] = all_q + OWNER_BITS'(k);
      for (int unsigned c = 0; c < CHANNELS; c++) begin
        if (k < 32'(in_count_i) && (32'(in_places_i[k*3+1]) & MASK) == c) begin
          under[c*COUNT +: COUNT] = under[c*COUNT +: COUNT] + COUNT'(1);
        end
      end
      if (k < 32'(in_count_i)
          && (32'(in_places_i[k*3+1]) & MASK) == (32'(channel_q) & MASK)) begin
        if (came == number_q) begin
          meets       = 1'b1;
          meets_place = in_places_i[k*3 +: 3];
          meets_owner = all_q + OWNER_BITS'(k);
        end
        came = came + COUNT'(1);
      end
    end
  end

  // Only what is beyond a channel's places waits at an input; an offer stays until it is taken.
  logic [31:0] beyond;
  logic        stays;
  always_comb begin
    beyond = '0;
    stays  = 1'b1;
    for (int unsigned c = 0; c < CHANNELS; c++) begin
      if (32'(under_q[c*COUNT +: COUNT]) > QUEUE) begin
        beyond = beyond + 32'(under_q[c*COUNT +: COUNT]) - QUEUE;
      end
      if (offered_q[c]
          && (!request_valid[c] || request_place[c*3 +: 3] != offer_q[c*3 +: 3])) stays = 1'b0;
    end
  end

  // What the streams and the memories owe: no more addresses than there is room; a response to what
  // was asked for in an earlier cycle.
  always_comb assume (in_count_i <= room);
  for (genvar c = 0; c < CHANNELS; c++) begin : gen_owes
    always_comb assume (!response_valid_i[c] || flying_q[c*COUNT +: COUNT] != '0);
  end

  always_ff @(posedge clk_i) begin
    rst_nq <= 1'b1;
    if (!rst_nq) begin
      channel_q <= watched_channel_i & (CHANNELS > 1);
      number_q  <= watched_number_i;
      all_q     <= '0;
      came_q    <= '0;
      sent_q    <= '0;
      back_q    <= '0;
      flying_q  <= '0;
      under_q   <= '0;
      offered_q <= '0;
    end else begin
      all_q     <= all_q + COUNT'(in_count_i);
      came_q    <= came;
      sent_q    <= sent_q + COUNT'(sends);
      back_q    <= back_q + COUNT'(answers);
      offered_q <= request_valid & ~request_ready_i;
      offer_q   <= request_place;
      for (int unsigned c = 0; c < CHANNELS; c++) begin
        flying_q[c*COUNT +: COUNT] <= flying_q[c*COUNT +: COUNT]
            + COUNT'(request_valid[c] && request_ready_i[c]) - COUNT'(response_valid_i[c]);
        under_q[c*COUNT +: COUNT]  <= under[c*COUNT +: COUNT] - COUNT'(response_valid_i[c]);
      end
      if (meets) begin
        place_q <= meets_place;
        owner_q <= meets_owner;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (rst_nq) begin
      a_none_made: assert (!request_valid[channel_q] || sent_q < came_q);
      if (request_valid[channel_q] && sent_q == number_q) begin
        a_place: assert (request_place[channel_q*3 +: 3] == place_q);
      end
      if (answers && back_q == number_q) begin
        a_owner: assert (response_owner[channel_q*OWNER_BITS +: OWNER_BITS] == owner_q);
      end
      a_places: assert (32'(sent_q - back_q) <= QUEUE);
      // What came and was not sent stands at the channel, unless all its places are taken.
      a_goes:   assert (request_valid[channel_q] || sent_q == came_q
          || 32'(sent_q - back_q) >= QUEUE);
      a_waits:  assert (32'(INPUTS) - 32'(room) == beyond);
      a_stable: assert (stays);
    end
  end

endmodule
