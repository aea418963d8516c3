// Finds the period of a simulation. A snapshot is taken whenever the driver begins an iteration of
// a loop; the same relative state at the same loop, twice, is a period: what follows the second
// repeats what followed the first, shifted. Whole periods are jumped over with exactly the cycles
// and counters of a full run.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sim/common/state_words.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim {

class SteadyState {
 public:
  // A snapshot of everything that a period must repeat.
  struct Snapshot {
    std::vector<std::int64_t> words;  // relative state of every unit and channel
    Cycle now = 0;                    // in ticks
    std::size_t phase = 0;
    Position at{};
    std::vector<std::int64_t> ordinals;  // of every unit
    std::vector<std::uint64_t> sums;     // counters and sums of every unit and channel
  };
  // One period, from a snapshot before to the one looked at; none where `before` is nullptr.
  struct Found {
    Jump period;
    const Snapshot* before = nullptr;
  };

  // Compares with the snapshots of the same loop within the same outer iterations.
  Found look(int level, Snapshot snapshot);
  // Whether another snapshot at this loop is worth its cost.
  bool wants(int level, std::size_t phase, const Position& at);
  // After a jump the old snapshots of this and inner loops no longer fit.
  void forget(int level);

 private:
  static constexpr std::size_t kMost = 512;  // snapshots of a loop before giving it up
  static constexpr int kMostFailures = 3;    // loops given up before none is tried at that level
  struct Level {
    std::size_t phase = 0;
    Position outer{};
    std::size_t taken = 0;
    int failures = 0;
    std::unordered_multimap<std::uint64_t, Snapshot> snapshots;
  };

  static bool same_outer(const Level& level, int index, std::size_t phase, const Position& at);

  std::array<Level, kMostLevels> levels_;
};

}  // namespace weft::sim
