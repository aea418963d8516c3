// The energies and areas that the published rules charge. Every number comes from the caller's cost
// table: the rules themselves hold none, so that they run with any table.
#pragma once

#include <cstdint>
#include <vector>

namespace weft::evaluation {

// A row of 256 words (512 bytes) of the global buffer.
struct BufferRowCosts {
  double read_pj = 0;
  double write_pj = 0;
};

// A global buffer as the area sweep builds it.
struct SramArea {
  std::int64_t bytes = 0;
  std::int64_t row_bytes = 0;
  double um2 = 0;  // without its address bits
};

struct RuleCosts {
  // Energy of one operation of an array's element, pJ.
  double mac_pj = 0;
  double add_pj = 0;
  double max_pj = 0;
  double exp_pj = 0;  // a unit of its own: flat and unfused
  double divide_pj = 0;
  // Data, pJ. A word has 16 bits.
  double dram_word_pj = 0;
  BufferRowCosts buffer_16_mib;
  BufferRowCosts buffer_32_mib;
  double register_read_pj =
      0;  // a word, of a register file or of the staging file between the arrays
  double register_write_pj = 0;
  // Areas, µm².
  double mac_um2 = 0;
  double max_um2 = 0;
  double divide_um2 = 0;
  double register_file_um2 = 0;  // of whatever depth, without its address bits
  double address_bit_um2 = 0;    // for each bit of the address of a register file or a buffer
  std::vector<SramArea> srams;   // looked up by capacity and row
};

}  // namespace weft::evaluation
