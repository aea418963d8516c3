// Cycles and ticks. Cycle t is the time before rising edge t: what a unit sends in t is seen from t
// + 1. A tick is the longest time of which every clock's period is a multiple; with one clock it is
// a cycle.
#pragma once

#include <cstdint>
#include <limits>

namespace weft::sim {

using Cycle = std::int64_t;
inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

// The first cycle of a clock that begins at `tick` or later.
constexpr Cycle first_cycle_from(Cycle tick, Cycle period_ticks) {
  return period_ticks == 1 ? tick : (tick + period_ticks - 1) / period_ticks;
}

}  // namespace weft::sim
