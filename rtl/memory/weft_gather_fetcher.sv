// Fetches rows here and there from CHANNELS of memory at once. Streams make addresses, the first
// stream first, as many a cycle as the address crossbar has inputs; that brings each to its channel
// (weft_gather_crossbar). What comes back is told by its stream and number, and rows in order
// (weft_gather_stream).
//
// An order that comes in cycle t shows its first ARs in t + 1. Channels are read masters of AXI4,
// one access a burst; responses are in order and never held up.
module weft_gather_fetcher #(
  parameter  int unsigned STREAMS          = 3,
  parameter  int unsigned CHANNELS         = 1,    // a power of two
  parameter  int unsigned INTERLEAVE_BYTES = 256,  // from one channel to the next: a power of two
  parameter  int unsigned ADDRESSES        = 1,    // inputs of the address crossbar
  parameter  int unsigned QUEUE            = 64,   // accesses of a channel at once: a power of two
  parameter  int unsigned ACCESS_BYTES     = 32,   // a power of two, 128 at most
  parameter  int unsigned SKIPS            = 1,    // as ACCESSES to TAG_BITS: of the streams
  parameter  int unsigned ACCESSES         = 128,
  parameter  int unsigned ADDRESS_BITS     = 48,
  parameter  int unsigned TOKEN_BITS       = 16,
  parameter  int unsigned BYTES_BITS       = 16,
  parameter  int unsigned COUNT_BITS       = 12,
  parameter  int unsigned TAG_BITS         = 8,
  localparam int unsigned STEPS            = ADDRESSES * (SKIPS + 1),
  localparam int unsigned TAKEN_BITS       = $clog2(STEPS + 1),
  localparam int unsigned NUMBER_BITS      = $clog2(ACCESSES),
  localparam int unsigned ROOM_BITS        = $clog2(ADDRESSES + 1),
  localparam int unsigned OFFSET_BITS      = BYTES_BITS + 1,
  localparam int unsigned STREAM_BITS      = (STREAMS <= 1) ? 1 : $clog2(STREAMS),
  localparam int unsigned DATA_BITS        = ACCESS_BYTES * 8
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,

  // Of each stream: orders of rows, tokens of the rows to come, rows that are there
  input  logic [STREAMS-1:0]                  order_valid_i,
  output logic [STREAMS-1:0]                  order_ready_o,
  input  logic [STREAMS*ADDRESS_BITS-1:0]     order_address_i,
  input  logic [STREAMS*BYTES_BITS-1:0]       order_pitch_i,
  input  logic [STREAMS*BYTES_BITS-1:0]       order_bytes_i,
  input  logic [STREAMS*COUNT_BITS-1:0]       order_count_i,
  input  logic [STREAMS*TAG_BITS-1:0]         order_tag_i,
  input  logic [STREAMS*STEPS*TOKEN_BITS-1:0] tokens_i,
  output logic [STREAMS*TAKEN_BITS-1:0]       tokens_taken_o,
  output logic [STREAMS-1:0]                  arrived_valid_o,
  input  logic [STREAMS-1:0]                  arrived_ready_i,
  output logic [STREAMS*COUNT_BITS-1:0]       arrived_count_o,
  output logic [STREAMS*TAG_BITS-1:0]         arrived_tag_o,

  // Of each stream: the addresses that it makes in this cycle, the first's number, and of each what
  // weft_gather_stream tells of its row
  output logic [STREAMS*ROOM_BITS-1:0]             issue_count_o,
  output logic [STREAMS*NUMBER_BITS-1:0]           issue_number_o,
  output logic [STREAMS*ADDRESSES*TAKEN_BITS-1:0]  issue_ahead_o,
  output logic [STREAMS*ADDRESSES*TAG_BITS-1:0]    issue_tag_o,
  output logic [STREAMS*ADDRESSES*OFFSET_BITS-1:0] issue_offset_o,

  // Of each channel: what has come, and whose it is
  output logic [CHANNELS-1:0]                 fill_valid_o,
  output logic [CHANNELS*STREAM_BITS-1:0]     fill_stream_o,
  output logic [CHANNELS*NUMBER_BITS-1:0]     fill_number_o,  // of the stream's accesses
  output logic [CHANNELS*DATA_BITS-1:0]       fill_data_o,
  output logic                                error_o,        // a response that is not OKAY

  output logic [CHANNELS-1:0]                 axi_arvalid_o,
  input  logic [CHANNELS-1:0]                 axi_arready_i,
  output logic [CHANNELS*ADDRESS_BITS-1:0]    axi_araddr_o,
  output logic [7:0]                          axi_arlen_o,    // of all
  output logic [2:0]                          axi_arsize_o,
  output logic [1:0]                          axi_arburst_o,
  input  logic [CHANNELS-1:0]                 axi_rvalid_i,
  output logic [CHANNELS-1:0]                 axi_rready_o,
  input  logic [CHANNELS*DATA_BITS-1:0]       axi_rdata_i,
  input  logic [CHANNELS*2-1:0]               axi_rresp_i
);

  localparam int unsigned ACCESS_LOG2     = $clog2(ACCESS_BYTES);
  localparam int unsigned PLACE_BITS      = ADDRESS_BITS - ACCESS_LOG2;
  localparam int unsigned INTERLEAVE_LOG2 = $clog2(INTERLEAVE_BYTES) - ACCESS_LOG2;
  localparam int unsigned OWNER_BITS      = STREAM_BITS + NUMBER_BITS;

  // Streams, the first first ----------------------------------------------------------------------
  logic [ROOM_BITS-1:0]                    crossbar_room;
  logic [STREAMS*ROOM_BITS-1:0]            issue_count;
  logic [STREAMS*ADDRESSES*PLACE_BITS-1:0] issue_places;
  logic [STREAMS*NUMBER_BITS-1:0]          issue_number;
  logic [CHANNELS*STREAM_BITS-1:0]         back_stream;
  logic [CHANNELS*NUMBER_BITS-1:0]         back_number;

  for (genvar s = 0; s < STREAMS; s++) begin : gen_stream
    logic [ROOM_BITS-1:0] room, count;  // that the streams before it leave; that it takes
    logic [CHANNELS-1:0]  done_valid;

    if (s == 0) begin : gen_first
      assign room = crossbar_room;
    end else begin : gen_next
      assign room = gen_stream[s-1].room - gen_stream[s-1].count;
    end
    assign issue_count[s*ROOM_BITS +: ROOM_BITS] = count;
    for (genvar c = 0; c < CHANNELS; c++) begin : gen_done
      assign done_valid[c] =
          axi_rvalid_i[c] && 32'(back_stream[c*STREAM_BITS +: STREAM_BITS]) == s;
    end

    weft_gather_stream #(
      .ADDRESSES(ADDRESSES), .SKIPS(SKIPS), .ACCESS_BYTES(ACCESS_BYTES), .ACCESSES(ACCESSES),
      .CHANNELS(CHANNELS), .ADDRESS_BITS(ADDRESS_BITS), .TOKEN_BITS(TOKEN_BITS),
      .BYTES_BITS(BYTES_BITS), .COUNT_BITS(COUNT_BITS), .TAG_BITS(TAG_BITS)
    ) u_stream (
      .clk_i,
      .rst_ni,
      .order_valid_i  (order_valid_i[s]),
      .order_ready_o  (order_ready_o[s]),
      .order_address_i(order_address_i[s*ADDRESS_BITS +: ADDRESS_BITS]),
      .order_pitch_i  (order_pitch_i[s*BYTES_BITS +: BYTES_BITS]),
      .order_bytes_i  (order_bytes_i[s*BYTES_BITS +: BYTES_BITS]),
      .order_count_i  (order_count_i[s*COUNT_BITS +: COUNT_BITS]),
      .order_tag_i    (order_tag_i[s*TAG_BITS +: TAG_BITS]),
      .tokens_i       (tokens_i[s*STEPS*TOKEN_BITS +: STEPS*TOKEN_BITS]),
      .tokens_taken_o (tokens_taken_o[s*TAKEN_BITS +: TAKEN_BITS]),
      .room_i         (room),
      .issue_count_o  (count),
      .issue_places_o (issue_places[s*ADDRESSES*PLACE_BITS +: ADDRESSES*PLACE_BITS]),
      .issue_number_o (issue_number[s*NUMBER_BITS +: NUMBER_BITS]),
      .issue_ahead_o  (issue_ahead_o[s*ADDRESSES*TAKEN_BITS +: ADDRESSES*TAKEN_BITS]),
      .issue_tag_o    (issue_tag_o[s*ADDRESSES*TAG_BITS +: ADDRESSES*TAG_BITS]),
      .issue_offset_o (issue_offset_o[s*ADDRESSES*OFFSET_BITS +: ADDRESSES*OFFSET_BITS]),
      .done_valid_i   (done_valid),
      .done_number_i  (back_number),
      .arrived_valid_o(arrived_valid_o[s]),
      .arrived_ready_i(arrived_ready_i[s]),
      .arrived_count_o(arrived_count_o[s*COUNT_BITS +: COUNT_BITS]),
      .arrived_tag_o  (arrived_tag_o[s*TAG_BITS +: TAG_BITS])
    );
  end

  assign issue_count_o  = issue_count;
  assign issue_number_o = issue_number;

  // The crossbars of addresses and of what comes back ---------------------------------------------
  logic [ROOM_BITS-1:0]            crossbar_count;
  logic [ADDRESSES*PLACE_BITS-1:0] crossbar_places;
  logic [ADDRESSES*OWNER_BITS-1:0] crossbar_owners;
  logic [CHANNELS*PLACE_BITS-1:0]  request_places;
  logic [CHANNELS*OWNER_BITS-1:0]  back_owners;

  always_comb begin
    crossbar_count  = '0;
    crossbar_places = '0;
    crossbar_owners = '0;
    for (int unsigned s = 0; s < STREAMS; s++) begin
      for (int unsigned k = 0; k < ADDRESSES; k++) begin
        if (k < 32'(issue_count[s*ROOM_BITS +: ROOM_BITS])) begin
          crossbar_places[32'(crossbar_count)*PLACE_BITS +: PLACE_BITS] =
              issue_places[(s*ADDRESSES + k)*PLACE_BITS +: PLACE_BITS];
          crossbar_owners[32'(crossbar_count)*OWNER_BITS +: OWNER_BITS] = {STREAM_BITS'(s),
              issue_number[s*NUMBER_BITS +: NUMBER_BITS] + NUMBER_BITS'(k)};
          crossbar_count = crossbar_count + ROOM_BITS'(1);
        end
      end
    end
  end

  weft_gather_crossbar #(
    .INPUTS(ADDRESSES), .CHANNELS(CHANNELS), .QUEUE(QUEUE), .PLACE_BITS(PLACE_BITS),
    .INTERLEAVE_LOG2(INTERLEAVE_LOG2), .OWNER_BITS(OWNER_BITS)
  ) u_crossbar (
    .clk_i,
    .rst_ni,
    .room_o          (crossbar_room),
    .in_count_i      (crossbar_count),
    .in_places_i     (crossbar_places),
    .in_owners_i     (crossbar_owners),
    .request_valid_o (axi_arvalid_o),
    .request_ready_i (axi_arready_i),
    .request_place_o (request_places),
    .response_valid_i(axi_rvalid_i),
    .response_owner_o(back_owners)
  );

  for (genvar c = 0; c < CHANNELS; c++) begin : gen_channel
    assign axi_araddr_o[c*ADDRESS_BITS +: ADDRESS_BITS] =
        {request_places[c*PLACE_BITS +: PLACE_BITS], ACCESS_LOG2'(0)};
    assign back_number[c*NUMBER_BITS +: NUMBER_BITS] = back_owners[c*OWNER_BITS +: NUMBER_BITS];
    assign back_stream[c*STREAM_BITS +: STREAM_BITS] =
        back_owners[c*OWNER_BITS + NUMBER_BITS +: STREAM_BITS];
  end

  assign axi_arlen_o   = 8'd0;
  assign axi_arsize_o  = 3'(ACCESS_LOG2);
  assign axi_arburst_o = weft_axi_pkg::BurstIncr;
  assign axi_rready_o  = '1;
  assign fill_valid_o  = axi_rvalid_i;
  assign fill_stream_o = back_stream;
  assign fill_number_o = back_number;
  assign fill_data_o   = axi_rdata_i;

  logic [CHANNELS-1:0] errors;
  for (genvar c = 0; c < CHANNELS; c++) begin : gen_response
    assign errors[c] = axi_rvalid_i[c] && axi_rresp_i[c*2 +: 2] != weft_axi_pkg::RespOkay;
`ifndef SYNTHESIS
    a_ar_stable : assert property (@(posedge clk_i) disable iff (!rst_ni)
        axi_arvalid_o[c] && !axi_arready_i[c] |=> axi_arvalid_o[c]
        && $stable(axi_araddr_o[c*ADDRESS_BITS +: ADDRESS_BITS]));
    a_owner : assert property (@(posedge clk_i) disable iff (!rst_ni)
        axi_rvalid_i[c] |-> 32'(back_stream[c*STREAM_BITS +: STREAM_BITS]) < STREAMS);
`endif
  end
  assign error_o = |errors;

`ifndef SYNTHESIS
  initial begin
    if (INTERLEAVE_BYTES < ACCESS_BYTES || (INTERLEAVE_BYTES & (INTERLEAVE_BYTES - 1)) != 0) begin
      $fatal(1, "weft_gather_fetcher: INTERLEAVE_BYTES is a power of two, an access or more");
    end
    if (ACCESS_BYTES > 128) $fatal(1, "weft_gather_fetcher: ACCESS_BYTES is 128 at most");
  end
`endif

endmodule
