// A part of weft_spatten_fetch: where the accesses of one stream go on chip. Of the next rows of
// the fetch it is known which they are and of which tokens; each access belongs to one of them, and
// may hold the beginning of the one behind.
//
// Within the cycle.
module weft_spatten_places #(
  parameter  int unsigned ADDRESSES    = 1,    // accesses of a cycle
  parameter  int unsigned LOOK         = 2,    // rows that are known
  parameter  int unsigned CHANNELS     = 1,    // of memory: one answers in the order of requests
  parameter  int unsigned KEY_BITS     = 7,    // of a token
  parameter  int unsigned COUNT_BITS   = 8,
  parameter  int unsigned WORD_ADDRESS = 11,
  parameter  int unsigned ROOM_BITS    = 12,
  parameter  int unsigned TAKEN_BITS   = 2
) (
  input  logic [2:0]                        parts_i,    // words of a row on chip
  input  logic [3:0]                        chunks_i,   // of a row in memory
  input  logic                              packed_i,   // rows of tokens that follow one another do
  input  logic [LOOK*COUNT_BITS-1:0]        rows_i,     // numbers in the fetch
  input  logic [LOOK*COUNT_BITS-1:0]        lefts_i,    // rows of the fetch from each on
  input  logic [LOOK*KEY_BITS-1:0]          tokens_i,

  // Of each access: which row it belongs to, and where its fetch's rows begin on chip
  input  logic [ADDRESSES*TAKEN_BITS-1:0]   aheads_i,
  input  logic [ADDRESSES*WORD_ADDRESS-1:0] bases_i,
  output logic [ADDRESSES*WORD_ADDRESS-1:0] words_o,    // where the row begins
  output logic [ADDRESSES*ROOM_BITS-1:0]    rooms_o     // chunks from there that it may write
);

  for (genvar k = 0; k < ADDRESSES; k++) begin : gen_access
    logic [31:0]           ahead;
    logic [COUNT_BITS-1:0] row, left, room;

    assign ahead = 32'(aheads_i[k*TAKEN_BITS +: TAKEN_BITS]);
    assign row   = rows_i[ahead*COUNT_BITS +: COUNT_BITS];
    assign left  = lefts_i[ahead*COUNT_BITS +: COUNT_BITS];

    // What lies behind the row in memory: of accesses in order it may be written where the next row
    // stands, since that row's own access comes later; else only if it is the next row's.
    if (CHANNELS == 1) begin : gen_to_the_end
      logic unused_tokens;
      assign unused_tokens = ^{tokens_i, packed_i};
      assign room = left;
    end else begin : gen_neighbours
      logic [KEY_BITS-1:0] token, behind;
      logic                neighbours;
      assign token      = tokens_i[ahead*KEY_BITS +: KEY_BITS];
      assign behind     = tokens_i[(ahead + 1)*KEY_BITS +: KEY_BITS];
      assign neighbours = packed_i && left != COUNT_BITS'(1) && behind == token + KEY_BITS'(1);
      assign room       = neighbours ? COUNT_BITS'(2) : COUNT_BITS'(1);
    end

    assign words_o[k*WORD_ADDRESS +: WORD_ADDRESS] =
        bases_i[k*WORD_ADDRESS +: WORD_ADDRESS] + WORD_ADDRESS'(row) * WORD_ADDRESS'(parts_i);
    assign rooms_o[k*ROOM_BITS +: ROOM_BITS] = ROOM_BITS'(room) * ROOM_BITS'(chunks_i);
  end

endmodule
