// The way of INPUTS addresses a cycle to CHANNELS of memory, and of what comes back to whom it
// belongs. An address takes a place of its channel's queue, or waits at its input where that has
// none, and holds nobody but who would come after it to the same input; those that wait go before
// new ones, the oldest first. Each channel sends a request a cycle and keeps a place for it until
// its response, which comes in the order of the channel's requests and is never held up.
//
// An address that comes in cycle t stands at its channel in t + 1. A place that a response frees is
// taken in the cycle of the response.
module weft_gather_crossbar #(
  parameter  int unsigned INPUTS          = 1,
  parameter  int unsigned CHANNELS        = 1,   // a power of two
  parameter  int unsigned QUEUE           = 64,  // of a channel, under way or waiting for it: a
                                                 // power of two
  parameter  int unsigned PLACE_BITS      = 43,  // of an address, in accesses
  parameter  int unsigned INTERLEAVE_LOG2 = 3,   // accesses from one channel to the next
  parameter  int unsigned OWNER_BITS      = 9,   // whose an address is
  localparam int unsigned ROOM_BITS       = $clog2(INPUTS + 1)
) (
  input  logic                           clk_i,
  input  logic                           rst_ni,

  // Addresses: in the first so many places, of which there are room_o, the oldest first
  output logic [ROOM_BITS-1:0]           room_o,
  input  logic [ROOM_BITS-1:0]           in_count_i,
  input  logic [INPUTS*PLACE_BITS-1:0]   in_places_i,
  input  logic [INPUTS*OWNER_BITS-1:0]   in_owners_i,

  // Of each channel
  output logic [CHANNELS-1:0]            request_valid_o,
  input  logic [CHANNELS-1:0]            request_ready_i,
  output logic [CHANNELS*PLACE_BITS-1:0] request_place_o,
  input  logic [CHANNELS-1:0]            response_valid_i,
  output logic [CHANNELS*OWNER_BITS-1:0] response_owner_o  // within the cycle
);

  localparam int unsigned CHANNEL_BITS = (CHANNELS <= 1) ? 1 : $clog2(CHANNELS);
  localparam int unsigned QUEUE_BITS   = $clog2(QUEUE);
  localparam int unsigned UNDER_BITS   = $clog2(QUEUE + 1);
  localparam int unsigned ENTRY_BITS   = PLACE_BITS + OWNER_BITS;

  // Inputs: the addresses that wait, oldest first, then the new ones ------------------------------
  logic [ROOM_BITS-1:0]              held_q;         // inputs with an address that waits
  logic [INPUTS*ENTRY_BITS-1:0]      held_entries_q;
  logic [INPUTS*ENTRY_BITS-1:0]      entries;
  logic [ROOM_BITS-1:0]              entries_count;
  logic [INPUTS*CHANNEL_BITS-1:0]    channels;       // of each input
  logic [INPUTS*ROOM_BITS-1:0]       ranks;          // inputs before it for the same channel
  logic [INPUTS-1:0]                 goes;
  logic [CHANNELS*UNDER_BITS-1:0]    rooms;          // places of each channel

  assign room_o = ROOM_BITS'(INPUTS) - held_q;

  always_comb begin
    entries       = held_entries_q;
    entries_count = held_q;
    for (int unsigned k = 0; k < INPUTS; k++) begin
      if (k < 32'(in_count_i)) begin
        entries[32'(entries_count)*ENTRY_BITS +: ENTRY_BITS] = {
          in_places_i[k*PLACE_BITS +: PLACE_BITS], in_owners_i[k*OWNER_BITS +: OWNER_BITS]};
        entries_count = entries_count + ROOM_BITS'(1);
      end
    end
  end

  for (genvar i = 0; i < INPUTS; i++) begin : gen_input
    logic [CHANNEL_BITS-1:0] channel;
    if (CHANNELS == 1) begin : gen_one
      assign channel = '0;
    end else begin : gen_several
      assign channel = entries[i*ENTRY_BITS + OWNER_BITS + INTERLEAVE_LOG2 +: CHANNEL_BITS];
    end
    assign channels[i*CHANNEL_BITS +: CHANNEL_BITS] = channel;

    logic [ROOM_BITS-1:0] rank;
    if (i == 0) begin : gen_no_other
      assign rank = '0;
    end else begin : gen_others
      always_comb begin
        rank = '0;
        for (int unsigned j = 0; j < i; j++) begin
          if (channels[j*CHANNEL_BITS +: CHANNEL_BITS] == channel) rank = rank + ROOM_BITS'(1);
        end
      end
    end
    assign ranks[i*ROOM_BITS +: ROOM_BITS] = rank;
    assign goes[i] = i < 32'(entries_count)
        && 32'(rank) < 32'(rooms[32'(channel)*UNDER_BITS +: UNDER_BITS]);
  end

  logic [INPUTS*ENTRY_BITS-1:0] stay;
  logic [ROOM_BITS-1:0]         stay_count;
  always_comb begin
    stay       = '0;
    stay_count = '0;
    for (int unsigned i = 0; i < INPUTS; i++) begin
      if (i < 32'(entries_count) && !goes[i]) begin
        stay[32'(stay_count)*ENTRY_BITS +: ENTRY_BITS] = entries[i*ENTRY_BITS +: ENTRY_BITS];
        stay_count = stay_count + ROOM_BITS'(1);
      end
    end
  end
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) held_q <= '0;
    else held_q <= stay_count;
  end
  always_ff @(posedge clk_i) held_entries_q <= stay;

  // Queues of the channels: entries from their input over their request to their response ---------
  for (genvar c = 0; c < CHANNELS; c++) begin : gen_channel
    logic [ENTRY_BITS-1:0] entries_q [QUEUE];
    logic [QUEUE_BITS-1:0] write_q, send_q, back_q;
    logic [UNDER_BITS-1:0] waiting_q, under_q;  // without a request; without a response
    logic [ROOM_BITS-1:0]  pushes;
    logic                  sent, answered;
    logic [ENTRY_BITS-1:0] sending, back;

    always_comb begin
      pushes = '0;
      for (int unsigned i = 0; i < INPUTS; i++) begin
        if (goes[i] && 32'(channels[i*CHANNEL_BITS +: CHANNEL_BITS]) == c) begin
          pushes = pushes + ROOM_BITS'(1);
        end
      end
    end

    assign sending  = entries_q[send_q];
    assign back     = entries_q[back_q];
    assign sent     = request_valid_o[c] && request_ready_i[c];
    assign answered = response_valid_i[c];
    assign rooms[c*UNDER_BITS +: UNDER_BITS] =
        UNDER_BITS'(QUEUE) - under_q + UNDER_BITS'(answered);

    assign request_valid_o[c] = waiting_q != '0;
    assign request_place_o[c*PLACE_BITS +: PLACE_BITS]  = sending[OWNER_BITS +: PLACE_BITS];
    assign response_owner_o[c*OWNER_BITS +: OWNER_BITS] = back[OWNER_BITS-1:0];

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        write_q   <= '0;
        send_q    <= '0;
        back_q    <= '0;
        waiting_q <= '0;
        under_q   <= '0;
      end else begin
        write_q   <= write_q + QUEUE_BITS'(pushes);
        send_q    <= send_q + QUEUE_BITS'(sent);
        back_q    <= back_q + QUEUE_BITS'(answered);
        waiting_q <= waiting_q + UNDER_BITS'(pushes) - UNDER_BITS'(sent);
        under_q   <= under_q + UNDER_BITS'(pushes) - UNDER_BITS'(answered);
      end
    end
    // Indices by wires of their width: Yosys 0.23 takes a sum in an index of a memory for wider.
    logic [INPUTS*QUEUE_BITS-1:0] writes;
    for (genvar i = 0; i < INPUTS; i++) begin : gen_write
      assign writes[i*QUEUE_BITS +: QUEUE_BITS] =
          write_q + QUEUE_BITS'(ranks[i*ROOM_BITS +: ROOM_BITS]);
    end
    always_ff @(posedge clk_i) begin
      for (int unsigned i = 0; i < INPUTS; i++) begin
        if (goes[i] && 32'(channels[i*CHANNEL_BITS +: CHANNEL_BITS]) == c) begin
          entries_q[writes[i*QUEUE_BITS +: QUEUE_BITS]] <= entries[i*ENTRY_BITS +: ENTRY_BITS];
        end
      end
    end

    logic unused_place;
    assign unused_place = ^{sending[OWNER_BITS-1:0], back[OWNER_BITS +: PLACE_BITS]};

`ifndef SYNTHESIS
    a_answered : assert property (@(posedge clk_i) disable iff (!rst_ni)
        answered |-> under_q != waiting_q)
      else $error("weft_gather_crossbar: a response without a request");
    a_queue : assert property (@(posedge clk_i) disable iff (!rst_ni)
        32'(under_q) <= QUEUE && waiting_q <= under_q);
    a_request_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
        request_valid_o[c] && !request_ready_i[c] |=> request_valid_o[c]
        && $stable(request_place_o[c*PLACE_BITS +: PLACE_BITS]));
`endif
  end

`ifndef SYNTHESIS
  initial begin
    if (INPUTS == 0) $fatal(1, "weft_gather_crossbar: no input");
    if (CHANNELS == 0 || (CHANNELS & (CHANNELS - 1)) != 0) begin
      $fatal(1, "weft_gather_crossbar: CHANNELS is a power of two");
    end
    if (QUEUE < 2 || (QUEUE & (QUEUE - 1)) != 0) begin
      $fatal(1, "weft_gather_crossbar: QUEUE is a power of two, 2 or more");
    end
    if (PLACE_BITS < INTERLEAVE_LOG2 + CHANNEL_BITS) begin
      $fatal(1, "weft_gather_crossbar: an address has no bits of its channel");
    end
  end
  a_room : assert property (@(posedge clk_i) disable iff (!rst_ni) in_count_i <= room_o)
    else $error("weft_gather_crossbar: more addresses than inputs");
`endif

endmodule
