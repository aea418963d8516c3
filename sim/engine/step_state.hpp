// Where one step of the schedule is: its loops, what it has completed, and when. Copyable; no
// kernel type in it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/engine/schedule/schedule.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim::engine {

using weft::engine::Coordinates;
using weft::engine::kMostLoops;
using weft::engine::kOuterRing;
using weft::engine::kRing;

// When a firing ran: results come from `start` + 1 on (its first element) to `end`.
struct Times {
  Cycle start = 0;
  Cycle end = 0;
};

// Long before a run.
inline constexpr Times kPast{-(Cycle{1} << 60), -(Cycle{1} << 60)};

// When a step's needs are met, as far as that is known.
struct Ready {
  bool known = false;
  Cycle data = 0;
  Cycle space = 0;
  Cycle at() const { return data > space ? data : space; }
};

// Progress at one key (a coordinate of the inner loops that are not of the pass rank).
struct Slot {
  std::int64_t count = 0;  // firings so far
  Times latest;
};

struct StepState {
  Coordinates at{};  // of the next firing
  std::array<std::int64_t, kMostLoops>
      ordinal{};  // iterations of each loop begun before the current one
  std::array<std::int64_t, kMostLoops> completed{};  // iterations of each loop that are complete
  std::size_t part = 0;  // of the run's schedules, whose coordinates `at` are
  bool finished = false;
  std::array<std::vector<Times>, kMostLoops>
      rings;                // by loop: times of the last kRing completed iterations
  std::vector<Slot> slots;  // [outer ordinal mod kOuterRing][key]
  std::deque<std::uint8_t>
      in_flight;               // transfers: which loops' iterations each completes, oldest first
  std::optional<Ready> ready;  // as last told, until it is in question
};

// The loops of one step: first position, next position, and which iterations end.
class Walker {
 public:
  Walker(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
         std::size_t group, const std::vector<int>& loops)
      : lowering_(&lowering), sizing_(&sizing), group_(group), loops_(&loops) {}

  void start(StepState& state) const;
  // Moves to the next firing. Bit l of the result is set where an iteration of loop l ended.
  std::uint8_t next(StepState& state) const;
  bool last_of(const StepState& state, int loop) const;  // the current iteration is the loop's last
  bool first_inside(const StepState& state,
                    int loop) const;  // all loops inside `loop` are at their first iteration

 private:
  weft::engine::TripRange range(const StepState& state, int loop) const;
  bool settle(StepState& state, std::size_t from) const;

  const weft::engine::Lowering* lowering_;
  const weft::engine::Sizing* sizing_;
  std::size_t group_;
  const std::vector<int>* loops_;
};

}  // namespace weft::sim::engine
