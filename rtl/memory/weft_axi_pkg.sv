// The payloads of AXI4's channels, as units hand them to one another; valid and ready stand beside
// them, and so do data and strobes, whose width is a parameter (Yosys 0.23 knows no parameters that
// are types).
package weft_axi_pkg;

  // Of an ID: requests of one ID are answered in order, those of several masters keep theirs apart.
  localparam int unsigned IdBits = 4;

  localparam logic [1:0] BurstIncr = 2'b01;
  localparam logic [1:0] RespOkay = 2'b00;
  localparam logic [1:0] RespSlverr = 2'b10;
  // Normal memory that may be buffered, never cached; data, unprivileged, secure.
  localparam logic [3:0] CacheBufferable = 4'b0011;
  localparam logic [2:0] ProtData = 3'b000;

  // AR and AW.
  typedef struct packed {
    logic [IdBits-1:0] id;
    logic [63:0]       addr;
    logic [7:0]        len;     // beats - 1
    logic [2:0]        size;    // log2 of the bytes of a beat
    logic [1:0]        burst;
    logic              lock;
    logic [3:0]        cache;
    logic [2:0]        prot;
    logic [3:0]        qos;
    logic [3:0]        region;
  } ax_t;

  // R without its data.
  typedef struct packed {
    logic [IdBits-1:0] id;
    logic [1:0]        resp;
    logic              last;
  } r_t;

  // W without its data and strobes.
  typedef struct packed {
    logic last;
  } w_t;

  // B.
  typedef struct packed {
    logic [IdBits-1:0] id;
    logic [1:0]        resp;
  } b_t;

endpackage
