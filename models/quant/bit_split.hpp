// Bits of an integer tensor in one plane or two: "8" is one of 8 bits, "8+4" the upper 8 of 12 and
// the lower 4 apart.
#pragma once

#include <cstdint>
#include <string>

#include "models/common/fields.hpp"

namespace weft::quant {

struct BitSplit {
  int upper = 12;  // 2 to 12
  int lower = 0;   // 0 to 8; 0 is one plane

  int bits() const { return upper + lower; }
  friend bool operator==(const BitSplit&, const BitSplit&) = default;
};

void read_custom(const config::Value& value, BitSplit& out, config::Reader& reader);
std::string canonical_text(const BitSplit& split);

// An integer q of upper + lower bits, in two's complement, is upper_of · 2^lower + lower_of: the
// upper plane is q rounded down, the lower from 0 to 2^lower − 1.
constexpr std::int32_t upper_of(std::int32_t q, int lower) { return q >> lower; }
constexpr std::int32_t lower_of(std::int32_t q, int lower) { return q & ((1 << lower) - 1); }
constexpr std::int32_t joined(std::int32_t upper, std::int32_t lower_bits, int lower) {
  return upper * (1 << lower) + lower_bits;
}

// The confidence test of progressive quantisation: a row whose largest probability, computed from
// upper planes alone, is below the threshold is flat, and is computed again with the lower ones.
constexpr bool needs_lower_bits(float largest_probability, float threshold) {
  return largest_probability < threshold;
}

}  // namespace weft::quant
