// The control words of rtl/matmul/weft_array_pkg.sv, as the ports of Verilated units carry them.
#pragma once

#include <cstdint>

namespace weft::test {

enum class PeOp : std::uint8_t {
  nop,
  qk,
  lm,
  sub,
  sld,
  slnv,
  exp1 = 9,
  exp2,
  exp3,
  exp4,
  exp5,
  exp6
};
inline constexpr PeOp kSlnSlots[] = {PeOp::sub,  PeOp::exp1, PeOp::exp2, PeOp::exp3,
                                     PeOp::exp4, PeOp::exp5, PeOp::exp6};

struct PeControl {
  PeOp op = PeOp::nop;
  bool first = false;
  int context = 0;
  bool row_valid = false;
  int diagonal = 0;  // beside the word: diagonal_i, modulo 256 of weft_pe

  std::uint16_t word() const {
    return static_cast<std::uint16_t>(static_cast<int>(op) << 6 | (first ? 1 : 0) << 5 |
                                      context << 1 | (row_valid ? 1 : 0));
  }
};
inline constexpr int kPeControlBits = 10;

enum class LaneOp : std::uint8_t {
  nop,
  rm,
  sub,
  spd,
  rd,
  spnv,
  rnv,
  av,
  exp1 = 9,
  exp2,
  exp3,
  exp4,
  exp5,
  exp6
};
inline constexpr LaneOp kPrmSlots[] = {LaneOp::sub,  LaneOp::exp1, LaneOp::exp2, LaneOp::exp3,
                                       LaneOp::exp4, LaneOp::exp5, LaneOp::exp6};

struct LaneControl {
  LaneOp op = LaneOp::nop;
  bool first = false;
  std::uint32_t key = 0;
  std::uint32_t address = 0;
  std::uint32_t element = 0;
  std::uint32_t context = 0;
  std::uint32_t link = 0;
  std::uint32_t pair = 0;
  std::uint32_t out_slot = 0;

  std::uint64_t word() const {
    return static_cast<std::uint64_t>(op) << 55 | static_cast<std::uint64_t>(first) << 54 |
           static_cast<std::uint64_t>(key) << 38 | static_cast<std::uint64_t>(address) << 18 |
           element << 11 | context << 7 | link << 5 | pair << 1 | out_slot;
  }
};

}  // namespace weft::test
