// Positions that a selection has kept, of each query under way: written in words as the zero
// eliminator gives them, those of no position left out, and read one by one. A query that is kept
// whole has all positions, and no words.
//
// Beside whoever reads values of one query, a walker goes over the positions of queries one behind
// another, in the order in which they are put in line: those of the next LOOK rows stand there
// within the cycle.
module weft_kept_positions #(
  parameter  int unsigned SLOTS     = 16,   // queries at once; a power of two
  parameter  int unsigned KEYS      = 128,  // most of a query
  parameter  int unsigned PLACES    = 16,   // of a word
  parameter  int unsigned LOOK      = 2,    // rows that stand there at once
  localparam int unsigned SlotBits  = $clog2(SLOTS),
  localparam int unsigned KeyBits   = $clog2(KEYS),
  localparam int unsigned CountBits = $clog2(KEYS + 1),
  localparam int unsigned Words     = KEYS / PLACES,
  localparam int unsigned WordIndex = (Words <= 1) ? 1 : $clog2(Words),
  localparam int unsigned PlaceBits = $clog2(PLACES),
  localparam int unsigned TallyBits = $clog2(PLACES + 1),
  localparam int unsigned TakenBits = $clog2(LOOK + 1)
) (
  input  logic                      clk_i,
  input  logic                      rst_ni,

  input  logic                      write_valid_i,  // one position at least
  input  logic [SlotBits-1:0]       write_slot_i,
  input  logic [WordIndex-1:0]      write_word_i,
  input  logic [PLACES*KeyBits-1:0] write_positions_i,
  input  logic [TallyBits-1:0]      write_count_i,

  // The position of a query's row `number`; asked for in order, each until `sent`
  input  logic [SlotBits-1:0]       slot_i,
  input  logic                      whole_i,
  input  logic [CountBits-1:0]      number_i,
  input  logic                      sent_i,
  output logic [KeyBits-1:0]        position_o,

  // A query is put in line, with its rows, one at least; of the next rows of all of them
  input  logic                      line_valid_i,
  input  logic [SlotBits-1:0]       line_slot_i,
  input  logic                      line_whole_i,
  input  logic [CountBits-1:0]      line_rows_i,
  output logic [LOOK*KeyBits-1:0]   line_positions_o,
  output logic [LOOK*CountBits-1:0] line_numbers_o,   // within its query
  output logic [LOOK*CountBits-1:0] line_left_o,      // rows of its query from it on
  input  logic [TakenBits-1:0]      line_taken_i
);

  logic [PLACES*KeyBits-1:0] positions_q [SLOTS*Words];
  logic [TallyBits-1:0]      counts_q    [SLOTS*Words];

  always_ff @(posedge clk_i) begin
    if (write_valid_i) begin
      positions_q[{write_slot_i, write_word_i}] <= write_positions_i;
      counts_q[{write_slot_i, write_word_i}]    <= write_count_i;
    end
  end

  // One query -------------------------------------------------------------------------------------
  logic [WordIndex-1:0]      word_q, word;
  logic [PlaceBits-1:0]      place_q, place;
  logic [PLACES*KeyBits-1:0] positions;
  logic                      ends;  // its word

  assign word       = (number_i == '0) ? '0 : word_q;
  assign place      = (number_i == '0) ? '0 : place_q;
  assign positions  = positions_q[{slot_i, word}];
  assign ends       = TallyBits'(place) + TallyBits'(1) == counts_q[{slot_i, word}];
  assign position_o = whole_i ? KeyBits'(number_i) : positions[32'(place)*KeyBits +: KeyBits];
  always_ff @(posedge clk_i) begin
    word_q  <= (sent_i && ends) ? word + WordIndex'(1) : word;
    place_q <= !sent_i ? place : ends ? '0 : place + PlaceBits'(1);
  end

  // The line --------------------------------------------------------------------------------------
  localparam int unsigned EntryBits = SlotBits + 1 + CountBits;
  logic [EntryBits-1:0] line_q [SLOTS];
  logic [SlotBits-1:0]  write_q;
  // Of a row: its query's place in the line, its number, and where its position stands.
  localparam int unsigned RowBits = SlotBits + CountBits + WordIndex + PlaceBits;
  logic [RowBits-1:0]      row_q;
  logic [LOOK*RowBits-1:0] behinds;

  for (genvar r = 0; r < LOOK; r++) begin : gen_row
    logic [RowBits-1:0]        here, behind;
    logic [SlotBits-1:0]       at, slot;
    logic [CountBits-1:0]      number, count;
    logic [WordIndex-1:0]      in_word;
    logic [PlaceBits-1:0]      in_place;
    logic [PLACES*KeyBits-1:0] of_word;
    logic                      whole, last, word_ends;

    if (r == 0) begin : gen_next
      assign here = row_q;
    end else begin : gen_other
      assign here = gen_row[r-1].behind;
    end
    assign {at, number, in_word, in_place} = here;
    assign {slot, whole, count} = line_q[at];
    assign of_word   = positions_q[{slot, in_word}];
    assign last      = number + CountBits'(1) == count;
    assign word_ends = TallyBits'(in_place) + TallyBits'(1) == counts_q[{slot, in_word}];
    assign line_positions_o[r*KeyBits +: KeyBits] =
        whole ? KeyBits'(number) : of_word[32'(in_place)*KeyBits +: KeyBits];
    assign line_numbers_o[r*CountBits +: CountBits] = number;
    assign line_left_o[r*CountBits +: CountBits]    = count - number;
    assign behind = last
        ? {at + SlotBits'(1), CountBits'(0), WordIndex'(0), PlaceBits'(0)}
        : {at, number + CountBits'(1), word_ends ? in_word + WordIndex'(1) : in_word,
            word_ends ? PlaceBits'(0) : in_place + PlaceBits'(1)};
    assign behinds[r*RowBits +: RowBits] = behind;
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      write_q <= '0;
      row_q   <= '0;
    end else begin
      if (line_valid_i) write_q <= write_q + SlotBits'(1);
      if (line_taken_i != '0) begin
        row_q <= behinds[(32'(line_taken_i) - 1)*RowBits +: RowBits];
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (line_valid_i) line_q[write_q] <= {line_slot_i, line_whole_i, line_rows_i};
  end

`ifndef SYNTHESIS
  a_line : assert property (@(posedge clk_i) disable iff (!rst_ni)
      line_valid_i |-> line_rows_i != '0)
    else $error("weft_kept_positions: a query without rows stands in line");
  a_written : assert property (@(posedge clk_i) disable iff (!rst_ni)
      write_valid_i |-> write_count_i != '0);
`endif

endmodule
