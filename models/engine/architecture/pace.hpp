// How fast a memory's bus serves, in whole numbers, so that its time recurs.
#pragma once

#include <cstdint>

#include "models/common/count.hpp"
#include "models/engine/architecture/architecture.hpp"

namespace weft::engine {

// `block_bytes` (a power of two) take `block_cycles`: a bandwidth rounded down, by 1e-4 at most, so
// that time recurs.
struct Pace {
  std::int64_t block_bytes = 1;
  std::int64_t block_cycles = 1;
  double bytes_per_cycle() const {
    return static_cast<double>(block_bytes) / static_cast<double>(block_cycles);
  }
};
Pace pace_of(double bandwidth_bytes_per_s, double clock_hz);
// Of the memory at its peak, no more than its data bus takes.
Pace pace_of(const Dram& dram, double clock_hz);

// A bus that serves in order: free from `cycle` + `part` / block_bytes on.
struct Bus {
  std::int64_t cycle = 0;
  std::int64_t part = 0;

  // So many parts of a cycle, each 1 / block_bytes of it.
  void take(std::int64_t parts, const Pace& pace) {
    const std::int64_t all = part + parts;
    cycle += all / pace.block_bytes;
    part = all % pace.block_bytes;
  }
  // Bytes that are there from cycle `from` on; the cycle after the one in which the last has gone.
  std::int64_t serve(std::int64_t from, std::int64_t bytes, const Pace& pace) {
    if (cycle < from) {
      cycle = from;
      part = 0;
    }
    take(bytes * pace.block_cycles, pace);
    return cycle + (part > 0 ? 1 : 0);
  }
};

// Cycles that a response takes on the data bus, where there is one: a beat each of what is read,
// one for what is written.
inline std::int64_t data_beats(const Dram& dram, std::uint64_t address, std::int64_t bytes,
                               bool write) {
  if (!dram.bus_bytes) return 0;
  if (write) return 1;
  const std::int64_t beat = *dram.bus_bytes;
  const auto into_beat = static_cast<std::int64_t>(address % static_cast<std::uint64_t>(beat));
  return ceil_div(into_beat + bytes, beat);
}

}  // namespace weft::engine
