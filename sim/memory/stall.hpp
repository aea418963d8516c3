// Memory that stalls at random. A stall is a pure function of seed, port and ordinal, drawn from no
// shared generator: one request more moves no other stall, and SystemC and RTL see the same. No
// SystemC here. Values: docs/units/memory.md.
#pragma once

#include <cstdint>

#include "models/engine/run/run_options.hpp"
#include "sim/common/time.hpp"
#include "sim/common/timing.hpp"

namespace weft::sim::memory {

using weft::engine::StallProfile;

// Where a stall happens: before memory accepts a request, or before it gives a response.
enum class StallPort : std::uint8_t { request, response };

class Stalls {
 public:
  Stalls() = default;
  Stalls(StallProfile profile, std::uint64_t seed) : profile_(profile), seed_(seed) {}

  // By how many cycles request or response number `ordinal` of a port of the memory, counted from 0
  // over reads and writes alike, is late.
  Cycle cycles(StallPort where, std::uint64_t ordinal, std::uint64_t port = 0) const {
    const bool request = where == StallPort::request;
    const bool here = profile_ == StallProfile::both ||
                      profile_ == (request ? StallProfile::sink : StallProfile::source);
    if (profile_ == StallProfile::bursty) {
      if (word(kDomains * port, ordinal / kRunLength) % 4 != 0) return 0;
      const std::uint64_t drawn = word(kDomains * port + domain(where), ordinal);
      return static_cast<Cycle>(request ? 1 + drawn % 7 : 8 + drawn % 16);
    }
    if (!here) return 0;
    const std::uint64_t drawn = word(kDomains * port + domain(where), ordinal);
    if (drawn % 4 != 0) return 0;
    return static_cast<Cycle>(1 + drawn / 4 % (request ? 7 : 15));
  }

  StallProfile profile() const { return profile_; }
  TimingDependsOn timing_depends_on() const {
    return profile_ == StallProfile::none ? TimingDependsOn::shape : TimingDependsOn::random;
  }

 private:
  static constexpr std::uint64_t kRunLength =
      16;  // ordinals that stall together, or not, in profile bursty
  // Of each port: runs, requests, responses.
  static constexpr std::uint64_t kDomains = 3;
  static constexpr std::uint64_t domain(StallPort where) {
    return where == StallPort::request ? 1 : 2;
  }

  // The finaliser of splitmix64 (Steele, Lea, Flood, 2014).
  static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
  }
  // 64 bits that depend on nothing else.
  std::uint64_t word(std::uint64_t domain, std::uint64_t ordinal) const {
    constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;
    return mix(mix(mix(seed_ + kGolden) + (domain + 1) * kGolden) + (ordinal + 1) * kGolden);
  }

  StallProfile profile_ = StallProfile::none;
  std::uint64_t seed_ = 0;
};

}  // namespace weft::sim::memory
