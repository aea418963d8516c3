// Finds the period of a simulation and jumps over whole periods, with exactly the cycles and
// counters of a full run. A snapshot is taken whenever the reference step begins an iteration of a
// loop; the same relative state at the same loop, twice, is a period: what follows the second
// repeats what followed the first, shifted.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "sim/common/state_words.hpp"
#include "sim/engine/sequencer.hpp"

namespace weft::sim::engine {

class SteadyState {
 public:
  // A snapshot of everything that a period must repeat.
  struct Snapshot {
    std::vector<std::int64_t> words;  // relative state of every unit and channel
    Cycle now = 0;
    Coordinates at{};  // of the reference step
    std::vector<std::int64_t> ordinals;
    std::vector<std::uint64_t> counters;  // of every unit
  };
  struct Found {
    Jump jump;
    const Snapshot* before = nullptr;
  };

  // Compares with the snapshots of the same loop within the same outer iterations. A result with
  // periods = 0: none. `left`: iterations of the loop that may still be skipped.
  Found look(int level, std::size_t group, Snapshot snapshot, std::int64_t left);
  // Whether another snapshot at this loop is worth its cost.
  bool wants(int level, std::size_t group, const Coordinates& at);
  // After a jump the old snapshots of this and inner loops no longer fit.
  void forget(int level);

 private:
  static constexpr std::size_t kMost =
      512;                                 // snapshots of one iteration's loop before giving it up
  static constexpr int kMostFailures = 3;  // loops given up before none is tried at that level
  struct Level {
    std::size_t group = 0;
    Coordinates outer{};
    std::size_t taken = 0;
    int failures = 0;
    std::unordered_multimap<std::uint64_t, Snapshot> snapshots;
  };

  bool same_outer(const Level& level, int index, std::size_t group, const Coordinates& at) const;

  std::array<Level, kMostLoops> levels_;
};

}  // namespace weft::sim::engine
