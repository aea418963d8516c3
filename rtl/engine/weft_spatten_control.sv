// The schedule of a layer of the SpAtten engine: asks for the keys and values of one head after
// another as far as there is room for them, and sends their queries into the pipeline in order. A
// query's slot is free when its keys are decided, its probabilities added and its output done.
//
// What is told in cycle t is heard in t + 1, and makes room in that cycle; one order, and one
// query, go out a cycle. The first order goes out in the cycle behind start_i, cycle 0 of the
// layer.
module weft_spatten_control #(
  parameter  int unsigned KEYS        = 128,
  parameter  int unsigned HEADS       = 16,
  parameter  int unsigned SLOTS       = 16,
  parameter  int unsigned STORE_BYTES = 24576,  // of keys, and of values
  parameter  int unsigned CHUNK_ROWS  = 64,     // keys that are asked for at once
  parameter  int unsigned WORDS       = 2048,   // of either store, as built
  parameter  int unsigned PARTS       = 4,      // most words of a row
  parameter  int unsigned ROW_BYTES   = 96,     // and most bytes
  localparam int unsigned KeyBits     = $clog2(KEYS),
  localparam int unsigned CountBits   = $clog2(KEYS + 1),
  localparam int unsigned HeadBits    = $clog2(HEADS),
  localparam int unsigned SlotBits    = $clog2(SLOTS),
  localparam int unsigned PartBits    = $clog2(PARTS + 1),
  localparam int unsigned EachBits    = $clog2(ROW_BYTES + 1),
  localparam int unsigned BytesBits   = $clog2(STORE_BYTES + 1) + 1
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      start_i,
  output logic                      running_o,
  output logic                      done_o,          // the last query has been heard of
  // Constant while it runs, as are the counts behind them
  input  logic                      streams_i,       // one query a head, with values of its own
  input  logic [EachBits-1:0]       key_bytes_i,     // of a row on chip
  input  logic [EachBits-1:0]       value_bytes_i,
  input  logic [PartBits-1:0]       parts_i,         // words of a row on chip, of keys or values
  input  logic [CountBits-1:0]      tokens_i,        // alive
  input  logic [HeadBits:0]         heads_i,
  input  logic [CountBits-1:0]      queries_i,       // of a head

  // Orders of rows of a head: keys in chunks, values as a whole
  output logic                      key_order_valid_o,
  input  logic                      key_order_ready_i,
  output logic [CountBits-1:0]      key_order_count_o,
  output logic                      value_order_valid_o,
  input  logic                      value_order_ready_i,
  output logic [HeadBits-1:0]       order_head_o,    // place among the alive, of both

  // A query goes into the pipeline
  output logic                      issue_valid_o,
  output logic [SlotBits-1:0]       issue_slot_o,
  output logic [HeadBits-1:0]       issue_head_o,    // place
  output logic [KeyBits-1:0]        issue_query_o,   // place
  output logic [SLOTS*HeadBits-1:0] slot_heads_o,    // of each slot

  // Told of a query, from the cycle on in which it is
  input  logic                      decided_valid_i,
  input  logic [SlotBits-1:0]       decided_slot_i,
  input  logic                      added_valid_i,   // in the order of decisions
  input  logic                      finished_valid_i,
  input  logic [SlotBits-1:0]       finished_slot_i
);

  localparam int unsigned Tellers = 3;
  localparam int unsigned RowsBits = CountBits + HeadBits + 1;

  // What was told ---------------------------------------------------------------------------------
  logic [Tellers-1:0]          heard_q;
  logic [Tellers*SlotBits-1:0] heard_slots_q;
  logic [SlotBits-1:0]         added_slot;
  logic [1:0]                  unused_added;
  logic [SlotBits:0]           unused_count;

  // Confidence decides of a query and sends it to be added in one cycle.
  weft_fifo #(.WIDTH(SlotBits), .DEPTH(SLOTS)) u_adding (
    .clk_i, .rst_ni, .in_valid_i(decided_valid_i), .in_ready_o(unused_added[0]),
    .in_data_i(decided_slot_i), .out_valid_o(unused_added[1]), .out_ready_i(added_valid_i),
    .out_data_o(added_slot), .count_o(unused_count)
  );
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) heard_q <= '0;
    else heard_q <= {finished_valid_i, added_valid_i, decided_valid_i};
  end
  always_ff @(posedge clk_i) heard_slots_q <= {finished_slot_i, added_slot, decided_slot_i};

  // Slots, and the rows of each head that are done ------------------------------------------------
  logic [SLOTS*HeadBits-1:0]  slot_heads_q;
  logic [SLOTS-1:0]           used_q, used;
  logic [SLOTS*2-1:0]         told_q, told;       // how many have told of it
  logic [HEADS*CountBits-1:0] rows_q, rows;       // done, of each head
  logic [HeadBits:0]          finish_count;       // heads that are done in this cycle
  logic [RowsBits-1:0]        left_q, left;       // rows of the layer that are not done

  always_comb begin
    logic [SlotBits-1:0] slot;
    logic [HeadBits-1:0] head;
    used         = used_q;
    told         = told_q;
    rows         = rows_q;
    left         = left_q;
    finish_count = '0;
    for (int unsigned teller = 0; teller < Tellers; teller++) begin
      slot = heard_slots_q[teller*SlotBits +: SlotBits];
      head = slot_heads_q[32'(slot)*HeadBits +: HeadBits];
      if (heard_q[teller]) begin
        if (told[32'(slot)*2 +: 2] == 2'(Tellers - 1)) begin
          used[slot] = 1'b0;
          told[32'(slot)*2 +: 2] = 2'd0;
          left = left - RowsBits'(1);
          rows[32'(head)*CountBits +: CountBits] =
              rows[32'(head)*CountBits +: CountBits] + CountBits'(1);
          if (rows[32'(head)*CountBits +: CountBits] == queries_i) begin
            finish_count = finish_count + (HeadBits + 1)'(1);
          end
        end else begin
          told[32'(slot)*2 +: 2] = told[32'(slot)*2 +: 2] + 2'd1;
        end
      end
    end
  end

  // Room on chip ----------------------------------------------------------------------------------
  logic                 running_q;
  logic [BytesBits-1:0] key_bytes_q, key_bytes, value_bytes_q, value_bytes;
  logic [BytesBits-1:0] head_key_bytes, head_value_bytes, chunk_bytes;

  assign head_key_bytes   = BytesBits'(tokens_i) * BytesBits'(key_bytes_i);
  assign head_value_bytes = BytesBits'(tokens_i) * BytesBits'(value_bytes_i);
  assign key_bytes   = key_bytes_q - (streams_i ? (heard_q[0] ? head_key_bytes : '0)
      : BytesBits'(finish_count) * head_key_bytes);
  assign value_bytes = value_bytes_q
      - (streams_i ? '0 : BytesBits'(finish_count) * head_value_bytes);

  // Orders ----------------------------------------------------------------------------------------
  logic [HeadBits:0]    asking_q, asking_d;  // the head whose rows are asked for
  logic [CountBits-1:0] asked_q, asked_d;    // its keys that were
  logic [CountBits-1:0] keys_left, chunk;
  logic                 asks, keys_room, values_room, asked_keys, asked_values, built_room;
  logic [HeadBits:0]    first_q;             // head whose rows are needed
  logic [HEADS-1:0]     decided_q;           // with streams: heads whose keys are needed no more
  logic                 first_done;

  assign keys_left   = tokens_i - asked_q;
  assign chunk       = (32'(keys_left) < CHUNK_ROWS) ? keys_left : CountBits'(CHUNK_ROWS);
  assign chunk_bytes = BytesBits'(chunk) * BytesBits'(key_bytes_i);
  assign asks        = running_q && asking_q < heads_i;
  assign keys_room   = key_bytes == '0 || 32'(key_bytes) + 32'(chunk_bytes) <= STORE_BYTES;
  assign values_room = value_bytes == '0
      || 32'(value_bytes) + 32'(head_value_bytes) <= STORE_BYTES;
  // Heads lie behind one another in the stores, from the first whose rows are needed on.
  assign built_room  = asking_q == first_q
      || (32'(asking_q) + 32'd1 - 32'(first_q)) * 32'(tokens_i) * 32'(parts_i) <= WORDS;

  assign key_order_valid_o   = asks && keys_left != '0 && keys_room && built_room;
  assign value_order_valid_o = asks && keys_left == '0 && values_room;
  assign key_order_count_o   = chunk;
  assign order_head_o        = HeadBits'(asking_q);
  assign asked_keys          = key_order_valid_o && key_order_ready_i;
  assign asked_values        = value_order_valid_o && value_order_ready_i;

  always_comb begin
    asking_d = asking_q;
    asked_d  = asked_q;
    if (asked_keys) asked_d = asked_q + chunk;
    if (asked_values || (streams_i && asked_keys && chunk == keys_left)) begin
      asking_d = asking_q + (HeadBits + 1)'(1);
      asked_d  = '0;
    end
  end

  assign first_done = streams_i ? decided_q[HeadBits'(first_q)]
      : rows_q[32'(HeadBits'(first_q))*CountBits +: CountBits] == queries_i;

  // Queries: all keys of theirs must be asked for, since one that has begun is not overtaken ------
  logic [HeadBits:0]    issuing_q;
  logic [CountBits-1:0] query_q;
  logic                 has_keys, free, last_query;
  logic [SlotBits-1:0]  slot;

  always_comb begin
    free = 1'b0;
    slot = '0;
    for (int unsigned s = SLOTS; s > 0; s--) begin
      if (!used[s-1]) begin
        free = 1'b1;
        slot = SlotBits'(s - 1);
      end
    end
  end
  assign has_keys      = asking_d > issuing_q || (asking_d == issuing_q && asked_d == tokens_i);
  assign issue_valid_o = running_q && issuing_q < heads_i && free && has_keys;
  assign issue_slot_o  = slot;
  assign issue_head_o  = HeadBits'(issuing_q);
  assign issue_query_o = KeyBits'(query_q);
  assign last_query    = query_q + CountBits'(1) == queries_i;
  assign slot_heads_o  = slot_heads_q;
  assign running_o     = running_q;
  assign done_o        = running_q && left == '0;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      running_q <= 1'b0;
      used_q    <= '0;
      told_q    <= '0;
    end else begin
      running_q <= start_i || (running_q && !done_o);
      used_q    <= used;
      told_q    <= told;
      if (issue_valid_o) used_q[slot] <= 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (start_i) begin
      rows_q        <= '0;
      first_q       <= '0;
      decided_q     <= '0;
      left_q        <= RowsBits'(heads_i) * RowsBits'(queries_i);
      key_bytes_q   <= '0;
      value_bytes_q <= '0;
      asking_q      <= '0;
      asked_q       <= '0;
      issuing_q     <= '0;
      query_q       <= '0;
    end else if (running_q) begin
      rows_q        <= rows;
      if (first_done && first_q < heads_i) first_q <= first_q + (HeadBits + 1)'(1);
      if (heard_q[0]) begin
        decided_q[slot_heads_q[32'(heard_slots_q[SlotBits-1:0])*HeadBits +: HeadBits]] <= 1'b1;
      end
      left_q        <= left;
      key_bytes_q   <= key_bytes + (asked_keys ? chunk_bytes : '0);
      value_bytes_q <= value_bytes + (asked_values ? head_value_bytes : '0);
      asking_q      <= asking_d;
      asked_q       <= asked_d;
      if (issue_valid_o) begin
        slot_heads_q[32'(slot)*HeadBits +: HeadBits] <= HeadBits'(issuing_q);
        query_q   <= last_query ? '0 : query_q + CountBits'(1);
        issuing_q <= last_query ? issuing_q + (HeadBits + 1)'(1) : issuing_q;
      end
    end
  end

`ifndef SYNTHESIS
  initial begin
    if (KEYS * PARTS > WORDS) $fatal(1, "weft_spatten_control: a head does not fit the stores");
  end

  a_adding : assert property (@(posedge clk_i) disable iff (!rst_ni)
      added_valid_i |-> unused_added[1])
    else $error("weft_spatten_control: a query was added that was not decided");
  a_adding_room : assert property (@(posedge clk_i) disable iff (!rst_ni)
      decided_valid_i |-> unused_added[0]);
  a_slots : assert property (@(posedge clk_i) disable iff (!rst_ni)
      heard_q[0] |-> used_q[heard_slots_q[SlotBits-1:0]])
    else $error("weft_spatten_control: heard of a slot without a query");
  a_start : assert property (@(posedge clk_i) disable iff (!rst_ni)
      start_i |-> !running_q && used_q == '0 && tokens_i != '0 && heads_i != '0
      && queries_i != '0);
  a_bytes : assert property (@(posedge clk_i) disable iff (!rst_ni)
      running_q |-> 32'(key_bytes_q) <= STORE_BYTES && 32'(value_bytes_q) <= STORE_BYTES);
`endif

  logic unused_all;
  assign unused_all = ^{unused_added, unused_count};

endmodule
