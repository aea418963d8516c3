// Which candidate of a round of quick-select is the pivot: a pure function of a seed, the round and
// how many candidates there are, never a draw from a shared generator, so that one selection more
// moves no other, and C++, SystemC and RTL choose the same.
#pragma once

#include <cstdint>

namespace weft::select {

// The finaliser of splitmix64 (Steele, Lea, Flood, 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}
inline constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;

// The seed of one selection of many: of `seed` and the selection's own number, such as a layer, a
// head, a query. May be chained.
constexpr std::uint64_t seed_of(std::uint64_t seed, std::uint64_t ordinal) {
  return mix(seed + (ordinal + 1) * kGolden);
}

// From 0 to elements − 1, for 1 to 2^32 elements: the upper 32 bits of seed_of(seed, round), times
// `elements`, divided by 2^32.
constexpr std::int64_t pivot_position(std::uint64_t seed, std::int64_t round,
                                      std::int64_t elements) {
  const std::uint64_t word = seed_of(seed, static_cast<std::uint64_t>(round)) >> 32;
  return static_cast<std::int64_t>(word * static_cast<std::uint64_t>(elements) >> 32);
}

}  // namespace weft::select
