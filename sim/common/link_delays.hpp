// Links that are late at random: by how much a beat is, is a pure function of the link's seed and
// the beat's ordinal. For tests of units that must not mind.
#pragma once

#include <cstdint>

#include "sim/common/time.hpp"

namespace weft::sim {

class LinkDelays {
 public:
  LinkDelays() = default;
  explicit LinkDelays(std::uint64_t seed) : seed_(seed), late_(true) {}

  bool any() const { return late_; }
  // Cycles beyond the link's own: none for three beats of four, 1 to 7 for the others.
  Cycle of(std::uint64_t ordinal) const {
    const std::uint64_t drawn = mix(seed_ + (ordinal + 1) * 0x9E3779B97F4A7C15u);
    return drawn % 4 == 0 ? static_cast<Cycle>(1 + drawn / 4 % 7) : 0;
  }
  // Of one of many links.
  static LinkDelays of_link(std::uint64_t seed, std::uint64_t link) {
    return LinkDelays(mix(mix(seed) + link));
  }

 private:
  // The finaliser of splitmix64 (Steele, Lea, Flood, 2014).
  static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
  }

  std::uint64_t seed_ = 0;
  bool late_ = false;
};

}  // namespace weft::sim
