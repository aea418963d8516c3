// One group of a sized design, for analytic.cpp (what is counted) and analytic_bounds.cpp (what
// bounds its time).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/engine/analytic/analytic.hpp"
#include "models/engine/schedule/regions.hpp"
#include "models/engine/schedule/step_cost.hpp"

namespace weft::engine {

// One group: what is counted, then what is timed.
class GroupAnalyser {
 public:
  GroupAnalyser(const Lowering& lowering, const Sizing& sizing, std::size_t g, Analysis& all)
      : lowering_(lowering),
        sizing_(sizing),
        g_(g),
        group_(lowering.groups[g]),
        all_(all),
        busy_(lowering.arrays.size()),
        read_(group_.stages.size() * lowering.tensors.size()) {
    const std::size_t steps = group_.steps.size();
    check(steps <= kMostSteps, "a group of too many steps");
    check(lowering.arrays.size() <= kMostSteps, "too many arrays");
    unsigned edges = 0;  // ranks with a smaller last tile
    for (std::size_t i = 0; i < group_.tiled.size(); ++i) {
      const RankSize& size = sizing.groups[g].ranks[i];
      edges |= size.edge != size.tile ? 1u << i : 0u;
    }
    whole_.reserve(steps);
    issued_.reserve(steps);
    step_busy_.reserve(steps);
    timing_.resize((edges + 1) * steps);
  }

  GroupAnalysis run() {
    for (std::size_t s = 0; s < group_.steps.size(); ++s) {
      count_step(s);
      count_loads(s);
      count_stores(group_.steps[s]);
    }
    return time();
  }

 private:
  static constexpr std::size_t kMostSteps =
      32;  // of a group, whose times are followed through a tile

  struct Path {
    std::array<std::int64_t, kMostSteps> begin;  // of the step's slots, by step of the stage
    std::array<std::int64_t, kMostSteps> end;    // of its results
    std::int64_t length = 0;
  };
  struct Timing {
    std::int64_t issue = 0;
    std::int64_t extra = 0;
  };

  void count_step(std::size_t s);
  void count_preloads(std::size_t s, ArrayLoad& load);
  void count_drains(std::size_t s, ArrayLoad& load);
  // What `count` firings of a step move between the buffer and its array: always, with a preload,
  // or with a drain.
  enum class Moving : std::uint8_t { always, at_preload, at_drain };
  void count_buffer(const StepCost& cost, Moving when, std::int64_t count);
  void count_loads(std::size_t s);
  void count_stores(const LoweredStep& step);
  struct Transfers {
    Total bytes;
    Total count;
  };
  Transfers count_transfer(TensorId tensor, unsigned loops, bool write);
  std::int64_t region_bytes(TensorId tensor, const Regions& regions, unsigned last) const;
  std::int64_t first_bytes(TensorId tensor, unsigned loops) const {
    return region_bytes(tensor, Regions(lowering_, sizing_, g_, loops), 0);
  }
  bool loads_first(const LoweredStep& step, TensorId tensor);
  bool alone(const LoweredStep& step) const;
  void wait_for_room(std::int64_t copies, const Total& moved, const Total& regions,
                     const Total& used_cycles);
  std::int64_t copies(TensorId tensor) const {
    return copies_of(lowering_, residency(lowering_, sizing_, tensor));
  }
  Timing& timing(std::size_t s, unsigned edges) { return timing_[edges * group_.steps.size() + s]; }
  const Timing& timing(std::size_t s, unsigned edges) const {
    return timing_[edges * group_.steps.size() + s];
  }
  Path path(int stage, unsigned edges) const;
  double lives(int stage, const Path& whole) const;
  GroupAnalysis time();

  const Lowering& lowering_;
  const Sizing& sizing_;
  std::size_t g_;
  const LoweredGroup& group_;
  Analysis& all_;
  std::vector<Total> busy_;      // by array, of this group
  std::vector<StepCost> whole_;  // by step, of a full tile
  std::vector<char> read_;       // by stage and tensor: a step before this one reads it
  std::vector<Timing> timing_;   // by edges and step, of the tiles that there are
  std::vector<Total> step_busy_;
  std::vector<Total> issued_;  // by step: cycles of all its tiles
  double room_cycles_ = 0;     // the longest that copies in the buffer make anything wait
  Total bytes_;
  Total transfers_;
  Total requests_;
  Total firings_;
  Total exposed_;
  double first_load_ = 0;  // cycles of the first step's operands on the bus
  double last_store_ = 0;  // cycles of the last result on the bus
};

}  // namespace weft::engine
