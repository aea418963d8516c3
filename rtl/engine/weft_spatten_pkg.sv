// What a layer of the SpAtten engine is told: docs/units/engine/spatten_rtl.md.
package weft_spatten_pkg;

  typedef struct packed {
    logic [11:0] queries;       // of a head, where they do not follow tokens
    logic        causal;
    logic        follows;       // queries are those of the tokens that are alive
    logic        streams;       // one query a head, whose values are fetched when it is known
                                // which
    logic [11:0] causal_offset;
    logic [6:0]  width_qk;
    logic [6:0]  width_v;
    logic [3:0]  key_bits;      // in the plane of keys
    logic [3:0]  lower_bits;
    logic [31:0] threshold;     // fp32
    logic [63:0] seed;
    logic [16:0] pruned_share;  // of a query's values, times 2^16
    logic [11:0] tokens_kept;   // behind the layer; 0: all, without a selection
    logic [4:0]  heads_kept;
    logic [63:0] token_seed;
    logic [31:0] token_word;
    logic [63:0] head_seed;
    logic [31:0] head_word;
    logic [47:0] base_keys;     // of each plane: keys (or their upper bits), lower bits, values
    logic [47:0] base_lower;
    logic [47:0] base_values;
    logic [23:0] head_keys;     // bytes from one head to the next
    logic [23:0] head_lower;
    logic [23:0] head_values;
    logic [15:0] pitch_keys;    // bytes from one token to the next
    logic [15:0] pitch_lower;
    logic [15:0] pitch_values;
  } layer_t;

endpackage
