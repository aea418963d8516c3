// Cycles, and what relates them to the kernel. Cycle t is the time before rising edge t: what a
// unit sends in t is seen from t + 1.
#pragma once

#include <cstdint>
#include <limits>

namespace weft::sim {

using Cycle = std::int64_t;
inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

}  // namespace weft::sim
