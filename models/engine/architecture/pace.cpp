#include "models/engine/architecture/pace.hpp"

#include <algorithm>
#include <cmath>

namespace weft::engine {

Pace pace_of(double bandwidth_bytes_per_s, double clock_hz) {
  Pace pace;
  for (pace.block_bytes = 16; pace.block_bytes < (std::int64_t{1} << 40); pace.block_bytes *= 2) {
    const double cycles = static_cast<double>(pace.block_bytes) * clock_hz / bandwidth_bytes_per_s;
    pace.block_cycles = static_cast<std::int64_t>(std::ceil(cycles));
    if (static_cast<double>(pace.block_cycles) <= cycles * (1 + 1e-4)) break;
  }
  return pace;
}

Pace pace_of(const Dram& dram, double clock_hz) {
  if (!dram.bus_bytes) return pace_of(dram.bandwidth_bytes_per_s, clock_hz);
  return pace_of(
      std::min(dram.bandwidth_bytes_per_s, static_cast<double>(*dram.bus_bytes) * clock_hz),
      clock_hz);
}

}  // namespace weft::engine
