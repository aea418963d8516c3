// One group of a sized design, for analytic.cpp (what is counted) and analytic_bounds.cpp (what
// its time follows from).
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/engine/analytic/analytic.hpp"
#include "models/engine/schedule/regions.hpp"
#include "models/engine/schedule/step_cost.hpp"

namespace weft::engine {

// One group: what is counted, then the paths of its tiles.
class GroupAnalyser {
 public:
  GroupAnalyser(const Lowering& lowering, const Sizing& sizing, std::size_t g, Analysis& all)
      : lowering_(lowering),
        sizing_(sizing),
        g_(g),
        group_(lowering.groups[g]),
        all_(all),
        read_(group_.stages.size() * lowering.tensors.size()) {
    made_.busy.resize(lowering.arrays.size());
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
    made_.step_busy.reserve(steps);
    timing_.resize((edges + 1) * steps);
  }

  HeadWork::Group run() {
    for (std::size_t s = 0; s < group_.steps.size(); ++s) {
      count_step(s);
      count_loads(s);
      count_stores(group_.steps[s]);
    }
    follow_tiles();
    return std::move(made_);
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
  std::int64_t copies(TensorId tensor) const {
    return copies_of(lowering_, residency(lowering_, sizing_, tensor));
  }
  Timing& timing(std::size_t s, unsigned edges) { return timing_[edges * group_.steps.size() + s]; }
  const Timing& timing(std::size_t s, unsigned edges) const {
    return timing_[edges * group_.steps.size() + s];
  }
  Path path(int stage, unsigned edges) const;
  void follow_tiles();
  void follow_contexts(int stage, const Path& whole);
  void follow_chains();
  void put_ends(std::size_t stage, const Path& whole);

  const Lowering& lowering_;
  const Sizing& sizing_;
  std::size_t g_;
  const LoweredGroup& group_;
  Analysis& all_;
  HeadWork::Group made_;
  std::vector<StepCost> whole_;  // by step, of a full tile
  std::vector<char> read_;       // by stage and tensor: a step before this one reads it
  std::vector<Timing> timing_;   // by edges and step, of the tiles that there are
  std::vector<Total> issued_;    // by step: cycles of all its tiles
};

// The bounds of so many times what was counted, without its steps.
GroupAnalysis time_of(const Lowering& lowering, const HeadWork::Group& group, std::int64_t times);

}  // namespace weft::engine
