// What the units of the FuseMax engine share: its configuration, steps, tiles and transfers.
package weft_engine_pkg;

  // 2: registers and behaviour as in docs/units/engine/fusemax.md; 1 ran each query head by itself.
  localparam logic [15:0] EngineVersion = 16'd2;

  // What the words below are wide enough for: rows and columns of the 2D array.
  localparam int unsigned MostSide = 256;
  localparam int unsigned TileRowsBits = $clog2(MostSide + 1);
  // A diagonal is up to MostSide x the most rows of a query (16 bits), and as far below 0.
  localparam int unsigned TileDiagonalBits = $clog2(MostSide) + 17;

  // What the registers say of a run. Lengths in elements, strides in bytes; see
  // docs/units/engine/fusemax.md. The query heads that share a head of K and V are one head of
  // rows: row r is query r / group of head r % group of them.
  typedef struct packed {
    logic [63:0] q_base;
    logic [63:0] k_base;
    logic [63:0] v_base;
    logic [63:0] out_base;
    logic [31:0] q_head_bytes;    // from one head of Q to the next
    logic [31:0] k_head_bytes;    // from one head of K to the next
    logic [31:0] v_head_bytes;
    logic [31:0] out_head_bytes;
    logic [23:0] heads;           // layers x batch x heads of K and V
    logic [15:0] group;           // query heads that share a head of K and V
    logic [23:0] rows;            // P x group
    logic [23:0] seq_kv;          // M
    logic [39:0] ahead;           // (M - P) x group: row r sees key m where m x group <= r + ahead
    logic [7:0]  width_qk;        // E
    logic [7:0]  width_v;         // F
    logic [15:0] block_tiles;     // P1: tiles of queries that stay on chip
    logic        causal;          // query i sees keys 0 ... i + M - P
    logic [31:0] scale_log2e;     // fp32: softmax scale times log2 e
  } config_t;

  // Steps of the 2D array, earlier Einsums first, which is also their priority.
  typedef enum logic [2:0] {
    StepBqk  = 3'd0,
    StepLm   = 3'd1,
    StepSln  = 3'd2,
    StepSld  = 3'd3,
    StepSlnv = 3'd4
  } step_2d_e;

  // Steps of the 1D array.
  typedef enum logic [2:0] {
    StepRm   = 3'd0,
    StepPrm  = 3'd1,
    StepSpd  = 3'd2,
    StepRd   = 3'd3,
    StepSpnv = 3'd4,
    StepRnv  = 3'd5,
    StepAv   = 3'd6
  } step_1d_e;

  // Transfers between memory and the buffer.
  typedef enum logic [1:0] {
    TargetQ   = 2'd0,
    TargetK   = 2'd1,
    TargetV   = 2'd2,
    TargetOut = 2'd3
  } target_e;

  typedef struct packed {
    target_e     target;   // TargetOut is written to memory, the others are read
    logic        slot;     // which of the buffer's two copies
    logic [63:0] address;  // first byte; a multiple of the beat
    logic [23:0] bytes;    // a multiple of the beat, above 0
  } transfer_t;

  // One tile of keys against one tile of queries, as every step of it needs it.
  typedef struct packed {
    logic [TileRowsBits-1:0] rows;   // keys in it
    logic signed [TileDiagonalBits-1:0] diagonal;  // key row i is visible to query column j where
                                                   // i x group - j <= diagonal
    logic [19:0]       q_address;    // first element of its queries in a bank of the Q buffer
    logic [19:0]       rnv_address;  // first word of its numerators in a lane
    logic [15:0]       key;          // its word among the running maxima and denominators of a lane
    logic              keys_slot;    // which copy of K and V
    logic              first;        // nothing ran before for these queries
    logic              last;         // nothing follows for these queries
    logic              ends_keys;    // the last tile that needs its K and V
    logic              ends_block;   // the last tile of its block of queries
    logic [4:0]        peers;        // tiles of queries that share these keys; CONTEXTS stands for
                                     // more as well
    logic [3:0]        context_id;   // registers of the array that hold it
    logic [1:0]        link_id;      // place in the links' buffers
    logic [3:0]        pair_id;      // place of its old and new maxima
    logic [5:0]        block;        // ordinal of its block, modulo 64
  } tile_t;
  localparam int unsigned TileBits = TileRowsBits + TileDiagonalBits + 82;

endpackage
