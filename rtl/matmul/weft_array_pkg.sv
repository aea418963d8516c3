// Control words that travel through the 2D and the 1D array with the data, one slot a cycle.
package weft_array_pkg;

  // Slots of an element of the 2D array. Exp1 ... Exp6 are the MACCs of docs/units/numerics.md, and
  // the slots that have bit 3.
  typedef enum logic [3:0] {
    PeNop  = 4'd0,
    PeQk   = 4'd1,
    PeLm   = 4'd2,
    PeSub  = 4'd3,
    PeSld  = 4'd4,
    PeSlnv = 4'd5,
    PeExp1 = 4'd9,
    PeExp2 = 4'd10,
    PeExp3 = 4'd11,
    PeExp4 = 4'd12,
    PeExp5 = 4'd13,
    PeExp6 = 4'd14
  } pe_op_e;

  typedef struct packed {
    pe_op_e     op;
    logic       first;       // of PeQk: the sum starts here
    logic [3:0] context_id;
    logic       row_valid;   // the row holds a key
  } pe_control_t;

  // The same as bits, for generate blocks, where Yosys 0.23 knows no members; checked where they
  // are used.
  localparam int unsigned PeControlBits = 10;
  localparam int unsigned PeOpAt = 6;
  localparam int unsigned PeContextAt = 1;
  localparam int unsigned PeRowValidAt = 0;

  // Slots of a lane of the 1D array; the exponential's have bit 3 here too.
  typedef enum logic [3:0] {
    LaneNop  = 4'd0,
    LaneRm   = 4'd1,
    LaneSub  = 4'd2,
    LaneSpd  = 4'd3,
    LaneRd   = 4'd4,
    LaneSpnv = 4'd5,
    LaneRnv  = 4'd6,
    LaneAv   = 4'd7,
    LaneExp1 = 4'd9,
    LaneExp2 = 4'd10,
    LaneExp3 = 4'd11,
    LaneExp4 = 4'd12,
    LaneExp5 = 4'd13,
    LaneExp6 = 4'd14
  } lane_op_e;

  typedef struct packed {
    lane_op_e    op;
    logic        first;       // initial values in place of the running ones
    logic [15:0] key;         // word of the running maximum and denominator
    logic [19:0] address;     // word of the running numerator
    logic [6:0]  element;     // f
    logic [3:0]  context_id;
    logic [1:0]  link_id;
    logic [3:0]  pair_id;     // where RM leaves the old and the new maximum for PRM
    logic        out_slot;    // of LaneAv: which copy of the output
  } lane_control_t;

  localparam int unsigned LaneControlBits = 59;  // of the struct above; checked where it is used

endpackage
