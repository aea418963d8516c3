// What the units of a top-k engine say to one another.
package weft_select_pkg;

  // What passes the filter behind a selection: what is as large as the k-th largest value, of those
  // equal to it the first so many; or everything; or nothing. No other value is used.
  typedef enum logic [1:0] {
    PassThreshold = 2'd0,
    PassAll       = 2'd1,
    PassNone      = 2'd2
  } passes_e;

endpackage
