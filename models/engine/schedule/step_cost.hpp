// What one step over one tile costs on its array: the rules of docs/units/engine.md.
#pragma once

#include <array>
#include <cstdint>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// One step over one tile. TooLarge where 64 bits do not hold a count of it.
struct StepCost {
  std::int64_t issue_cycles = 0;  // the unit's slots it takes, without the two below
  std::int64_t folds = 1;         // times the laid-out ranks go round the array
  std::int64_t sum_folds =
      1;  // of those, along reduced rows: each adds to the sums of the one before
  std::int64_t preload_cycles = 0;  // to load the stationary operand, when it changes
  std::int64_t drain_cycles = 0;    // to read finished outputs out of the elements
  std::int64_t extra_latency_cycles =
      0;                       // from the last slot to the result's register, beyond one cycle
  std::int64_t rows_read = 0;  // buffer rows
  std::int64_t rows_written = 0;
  int read_streams = 0;  // operands read from the buffer
  int write_streams = 0;
  std::int64_t preload_rows = 0;  // buffer rows of the stationary operand
  // Bytes of each tensor between the array and the buffer; those of the stationary operand count
  // when it is loaded.
  struct Moved {
    TensorId tensor = kNone;
    std::int64_t read_bytes = 0;
    std::int64_t written_bytes = 0;
    bool at_preload = false;
    bool at_drain = false;
  };
  std::array<Moved, kMostTouched> moved{};
  int moved_count = 0;
  einsum::WorkCounts work{};  // operations by kind
  // Whether its outputs leave the elements at the end of the tiles of a reduced rank only.
  bool moves_at_drain() const {
    for (int i = 0; i < moved_count; ++i) {
      if (moved[static_cast<std::size_t>(i)].at_drain) return true;
    }
    return false;
  }
};
StepCost step_cost(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                   const LoweredStep& step, unsigned edges);

}  // namespace weft::engine
