// One stream of weft_gather_fetcher: takes orders of rows here and there, makes the addresses of
// the accesses that cover them, and tells of rows in order, when their last access is done.
//
// Everything happens within the cycle: addresses follow from an order at the port, rows from a
// response. A row that lies in the access that was asked for last is whole with that one.
module weft_gather_stream #(
  parameter  int unsigned ADDRESSES    = 1,    // most of a cycle
  parameter  int unsigned SKIPS        = 1,    // most rows in a row that lie in one access: the
                                               // access's bytes less one over a row's
  parameter  int unsigned ACCESS_BYTES = 32,   // a power of two
  parameter  int unsigned ACCESSES     = 128,  // under way, or done before an older one
  parameter  int unsigned CHANNELS     = 1,
  parameter  int unsigned PARTS        = 4,    // orders held
  parameter  int unsigned ADDRESS_BITS = 48,
  parameter  int unsigned TOKEN_BITS   = 16,
  parameter  int unsigned BYTES_BITS   = 16,   // of a pitch and of a row
  parameter  int unsigned COUNT_BITS   = 12,   // rows of an order
  parameter  int unsigned TAG_BITS     = 8,    // which fetch; of two that follow one another they
                                               // differ
  localparam int unsigned STEPS        = ADDRESSES * (SKIPS + 1),
  localparam int unsigned TAKEN_BITS   = $clog2(STEPS + 1),
  localparam int unsigned ROOM_BITS    = $clog2(ADDRESSES + 1),
  localparam int unsigned NUMBER_BITS  = $clog2(ACCESSES),
  localparam int unsigned ACCESS_LOG2  = $clog2(ACCESS_BYTES),
  localparam int unsigned PLACE_BITS   = ADDRESS_BITS - ACCESS_LOG2,
  localparam int unsigned OFFSET_BITS  = BYTES_BITS + 1
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,

  input  logic                            order_valid_i,
  output logic                            order_ready_o,
  input  logic [ADDRESS_BITS-1:0]         order_address_i,  // token t's row: address + t * pitch
  input  logic [BYTES_BITS-1:0]           order_pitch_i,
  input  logic [BYTES_BITS-1:0]           order_bytes_i,    // of a row
  input  logic [COUNT_BITS-1:0]           order_count_i,    // rows, one at least
  input  logic [TAG_BITS-1:0]             order_tag_i,

  // Tokens of the next rows of all orders, that at the port among them; how many are done with.
  input  logic [STEPS*TOKEN_BITS-1:0]     tokens_i,
  output logic [TAKEN_BITS-1:0]           tokens_taken_o,

  input  logic [ROOM_BITS-1:0]            room_i,           // for addresses, in this cycle
  output logic [ROOM_BITS-1:0]            issue_count_o,
  output logic [ADDRESSES*PLACE_BITS-1:0] issue_places_o,   // addresses in accesses
  output logic [NUMBER_BITS-1:0]          issue_number_o,   // of the first; the others follow
  // Of each address, the row that it was made for: how many rows are taken in this cycle before
  // that, the order's tag, and the access's first byte less the row's first, two's complement.
  output logic [ADDRESSES*TAKEN_BITS-1:0]  issue_ahead_o,
  output logic [ADDRESSES*TAG_BITS-1:0]    issue_tag_o,
  output logic [ADDRESSES*OFFSET_BITS-1:0] issue_offset_o,

  input  logic [CHANNELS-1:0]             done_valid_i,
  input  logic [CHANNELS*NUMBER_BITS-1:0] done_number_i,

  output logic                            arrived_valid_o,  // rows of the oldest order, and while
  input  logic                            arrived_ready_i,  // they wait there may be more of them
  output logic [COUNT_BITS-1:0]           arrived_count_o,
  output logic [TAG_BITS-1:0]             arrived_tag_o
);

  localparam int unsigned PART_BITS  = ADDRESS_BITS + 2 * BYTES_BITS + COUNT_BITS + TAG_BITS;
  localparam int unsigned PARTS_BITS = $clog2(PARTS + 1);
  localparam int unsigned TOTAL_BITS = COUNT_BITS + PARTS_BITS;  // rows under way fit
  localparam int unsigned HELD_BITS  = $clog2(ACCESSES + 1);
  // Of one channel responses come in order: one access a cycle is the oldest that is done.
  localparam int unsigned Run        = (CHANNELS == 1) ? 1 : ACCESSES;

  logic [PARTS*PART_BITS-1:0] parts_q, parts;
  logic [PARTS_BITS-1:0]      parts_count_q, parts_left, parts_count, asking_q, asking_first;
  logic [NUMBER_BITS-1:0]     oldest_q, oldest, newest_q;
  logic [HELD_BITS-1:0]       held_q, held;         // accesses
  logic [ACCESSES-1:0]        done_q, done;
  logic [TOTAL_BITS-1:0]      before_q [ACCESSES];  // rows that are whole before the access is done
  logic [TOTAL_BITS-1:0]      asked_q, told_q, whole, ready;

  // Rows that are whole ---------------------------------------------------------------------------
  always_comb begin
    logic                   ends;
    logic [NUMBER_BITS-1:0] number;
    done = done_q;
    for (int unsigned c = 0; c < CHANNELS; c++) begin
      if (done_valid_i[c]) done[done_number_i[c*NUMBER_BITS +: NUMBER_BITS]] = 1'b1;
    end
    oldest = oldest_q;
    held   = held_q;
    ends   = 1'b0;
    for (int unsigned k = 0; k < Run; k++) begin
      number = oldest_q + NUMBER_BITS'(k);
      if (held == '0 || !done[number]) ends = 1'b1;
      if (!ends) begin
        oldest = oldest + NUMBER_BITS'(1);
        held   = held - HELD_BITS'(1);
      end
    end
  end
  assign whole = (held == '0) ? asked_q : before_q[oldest];
  assign ready = whole - told_q;

  logic [COUNT_BITS-1:0] arrived_q, oldest_left;  // rows of the oldest order told; and not
  logic                  tell, part_ends;

  assign oldest_left     = parts_q[TAG_BITS +: COUNT_BITS] - arrived_q;
  assign arrived_valid_o = ready != '0;
  assign arrived_count_o = (ready < TOTAL_BITS'(oldest_left)) ? COUNT_BITS'(ready) : oldest_left;
  assign arrived_tag_o   = parts_q[TAG_BITS-1:0];
  assign tell            = arrived_valid_o && arrived_ready_i;
  assign part_ends       = tell && arrived_count_o == oldest_left;

  // Orders, the oldest in the lowest bits ---------------------------------------------------------
  logic take;
  assign parts_left    = parts_count_q - PARTS_BITS'(part_ends);
  assign order_ready_o = 32'(parts_left) < PARTS;
  assign take          = order_valid_i && order_ready_o;
  assign parts_count   = parts_left + PARTS_BITS'(take);
  assign asking_first  = asking_q - PARTS_BITS'(part_ends);

  always_comb begin
    parts = part_ends ? parts_q >> PART_BITS : parts_q;
    for (int unsigned p = 0; p < PARTS; p++) begin
      if (take && 32'(parts_left) == p) begin
        parts[p*PART_BITS +: PART_BITS] = {order_address_i, order_pitch_i, order_bytes_i,
            order_count_i, order_tag_i};
      end
    end
  end

  // Addresses -------------------------------------------------------------------------------------
  logic [PARTS_BITS-1:0]           asking;
  logic [COUNT_BITS-1:0]           row_q, row;          // of the order that is asked for
  logic                            amid_q, amid;    // a row's accesses
  logic [PLACE_BITS-1:0]           next_q, next;        // access of that row
  logic                            last_known_q, last_known;
  logic [PLACE_BITS-1:0]           last_q, last;        // access that was asked for last
  logic [TAG_BITS-1:0]             last_tag_q, last_tag;
  logic [TOTAL_BITS-1:0]           asked;
  logic [TAKEN_BITS-1:0]           taken;
  logic [ROOM_BITS-1:0]            used;
  logic [ADDRESSES*PLACE_BITS-1:0] places;
  logic [ADDRESSES*TOTAL_BITS-1:0] befores;
  logic [ADDRESSES*TAKEN_BITS-1:0]  aheads;
  logic [ADDRESSES*TAG_BITS-1:0]    tags;
  logic [ADDRESSES*OFFSET_BITS-1:0] offsets;
  logic                            unused_low;

  always_comb begin
    logic [ADDRESS_BITS-1:0] part_address, row_address, row_last;
    logic [BYTES_BITS-1:0]   part_pitch, part_bytes;
    logic [COUNT_BITS-1:0]   part_count;
    logic [TAG_BITS-1:0]     part_tag;
    logic [PLACE_BITS-1:0]   first_place, last_place, place;
    logic                    shares, skips;
    asking     = asking_first;
    row        = row_q;
    amid       = amid_q;
    next       = next_q;
    last_known = last_known_q;
    last       = last_q;
    last_tag   = last_tag_q;
    asked      = asked_q;
    taken      = '0;
    used       = '0;
    places     = '0;
    befores    = '0;
    aheads     = '0;
    tags       = '0;
    offsets    = '0;
    unused_low = 1'b0;
    for (int unsigned step = 0; step < STEPS; step++) begin
      {part_address, part_pitch, part_bytes, part_count, part_tag} = 'x;
      {row_address, row_last, first_place, last_place, place, shares, skips} = 'x;
      if (asking < parts_count && used < room_i && 32'(held) + 32'(used) < ACCESSES) begin
        {part_address, part_pitch, part_bytes, part_count, part_tag} =
            parts[32'(asking)*PART_BITS +: PART_BITS];
        row_address = part_address + ADDRESS_BITS'(tokens_i[32'(taken)*TOKEN_BITS +: TOKEN_BITS])
            * ADDRESS_BITS'(part_pitch);
        row_last    = row_address + ADDRESS_BITS'(part_bytes) - ADDRESS_BITS'(1);
        unused_low  = unused_low ^ (^{row_last[ACCESS_LOG2-1:0]});
        first_place = row_address[ADDRESS_BITS-1:ACCESS_LOG2];
        last_place  = row_last[ADDRESS_BITS-1:ACCESS_LOG2];
        shares      = last_known && last_tag == part_tag && first_place == last;
        skips       = !amid && shares && last_place == last;
        place       = amid ? next : shares ? first_place + PLACE_BITS'(1) : first_place;
        if (!skips) begin
          places[32'(used)*PLACE_BITS +: PLACE_BITS]  = place;
          befores[32'(used)*TOTAL_BITS +: TOTAL_BITS] = asked;
          aheads[32'(used)*TAKEN_BITS +: TAKEN_BITS]  = taken;
          tags[32'(used)*TAG_BITS +: TAG_BITS]        = part_tag;
          offsets[32'(used)*OFFSET_BITS +: OFFSET_BITS] =
              OFFSET_BITS'({place, ACCESS_LOG2'(0)}) - OFFSET_BITS'(row_address);
          used       = used + ROOM_BITS'(1);
          last       = place;
          last_tag   = part_tag;
          last_known = 1'b1;
          next       = place + PLACE_BITS'(1);
          amid       = place != last_place;
        end
        if (!amid) begin
          taken = taken + TAKEN_BITS'(1);
          asked = asked + TOTAL_BITS'(1);
          row   = row + COUNT_BITS'(1);
          if (row == part_count) begin
            row    = '0;
            asking = asking + PARTS_BITS'(1);
          end
        end
      end
    end
  end

  assign tokens_taken_o = taken;
  assign issue_count_o  = used;
  assign issue_places_o = places;
  assign issue_number_o = newest_q;
  assign issue_ahead_o  = aheads;
  assign issue_tag_o    = tags;
  assign issue_offset_o = offsets;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      parts_count_q <= '0;
      asking_q      <= '0;
      oldest_q      <= '0;
      newest_q      <= '0;
      held_q        <= '0;
      asked_q       <= '0;
      told_q        <= '0;
      arrived_q     <= '0;
      row_q         <= '0;
      amid_q      <= 1'b0;
      last_known_q  <= 1'b0;
    end else begin
      parts_count_q <= parts_count;
      asking_q      <= asking;
      oldest_q      <= oldest;
      newest_q      <= newest_q + NUMBER_BITS'(used);
      held_q        <= held + HELD_BITS'(used);
      asked_q       <= asked;
      if (tell) begin
        told_q    <= told_q + TOTAL_BITS'(arrived_count_o);
        arrived_q <= part_ends ? '0 : arrived_q + arrived_count_o;
      end
      row_q        <= row;
      amid_q     <= amid;
      last_known_q <= last_known;
    end
  end
  always_ff @(posedge clk_i) begin
    parts_q    <= parts;
    next_q     <= next;
    last_q     <= last;
    last_tag_q <= last_tag;
    done_q     <= done;
    for (int unsigned k = 0; k < ADDRESSES; k++) begin
      if (k < 32'(used)) begin
        done_q[newest_q + NUMBER_BITS'(k)]   <= 1'b0;
        before_q[newest_q + NUMBER_BITS'(k)] <= befores[k*TOTAL_BITS +: TOTAL_BITS];
      end
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (ADDRESSES == 0 || PARTS == 0 || CHANNELS == 0) $fatal(1, "weft_gather_stream: none of it");
    if (ACCESSES < 2 || (ACCESSES & (ACCESSES - 1)) != 0) begin
      $fatal(1, "weft_gather_stream: ACCESSES is a power of two, 2 or more");
    end
    if (ACCESS_BYTES < 2 || (ACCESS_BYTES & (ACCESS_BYTES - 1)) != 0) begin
      $fatal(1, "weft_gather_stream: ACCESS_BYTES is a power of two, 2 or more");
    end
  end

  a_order : assert property (@(posedge clk_i) disable iff (!rst_ni) take
      |-> order_count_i != '0 && order_bytes_i != '0
      && 32'(order_bytes_i) * (SKIPS + 1) >= ACCESS_BYTES)
    else $error("weft_gather_stream: an order of nothing, or of rows narrower than SKIPS allows");
  a_done : assert property (@(posedge clk_i) disable iff (!rst_ni)
      done_valid_i != '0 |-> held_q != '0);
  a_arrived : assert property (@(posedge clk_i) disable iff (!rst_ni)
      arrived_valid_o && !arrived_ready_i |=> arrived_valid_o && $stable(arrived_tag_o)
      && arrived_count_o >= $past(arrived_count_o));
  a_asked : assert property (@(posedge clk_i) disable iff (!rst_ni) asking_q <= parts_count_q);
`endif

endmodule
