// Small functions on integers of a type set that ap_types and ac_types spell differently.
#pragma once

namespace weft::hls {

// ⌈log₂ count⌉, and the bits that hold 0 to `most`.
constexpr int log2_up(int count) {
  int bits = 0;
  for (int reach = 1; reach < count; reach *= 2) ++bits;
  return bits;
}
constexpr int bits_for(int most) { return log2_up(most + 1) > 0 ? log2_up(most + 1) : 1; }

}  // namespace weft::hls
