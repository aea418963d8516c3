// Where tensors lie: apart from one another, aligned, and every transfer one run of its own.
#include "models/engine/layout.hpp"

#include <map>
#include <set>

#include "sim/engine/step_state.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Layout;
using weft::engine::StepKind;
using weft::engine::TensorId;

// Ranks that are no multiples of the tiles, and two query heads to a key head.
const Shape kShape{.batch = 2, .heads = 4, .kv_heads = 2, .seq_q = 75, .seq_kv = 150, .width_qk = 20, .width_v = 24};

class LayoutOf : public testing::TestWithParam<std::string> {
 protected:
  Scheduled point_{at_side(GetParam(), 16), kShape};
  Layout layout_{point_.schedule};
};

TEST_P(LayoutOf, TensorsFollowOneAnotherAligned) {
  const auto burst = static_cast<std::uint64_t>(point_.made.arch().dram.burst_bytes);
  std::uint64_t end = 0;
  int there = 0;
  for (std::size_t t = 0; t < point_.lowering.tensors.size(); ++t) {
    const Layout::Extent& extent = layout_.tensor(static_cast<TensorId>(t));
    if (extent.bytes == 0) continue;
    ++there;
    EXPECT_EQ(extent.begin, end);
    EXPECT_EQ(extent.begin % burst, 0u);
    EXPECT_EQ(extent.slice_bytes % burst, 0u);
    end = extent.begin + extent.bytes;
  }
  EXPECT_GE(there, 4);  // Q, K, V and the output
  EXPECT_EQ(layout_.bytes(), end);
}

// Every step that moves a tensor covers each head's slice without a gap and without two tiles on one byte.
TEST_P(LayoutOf, TransfersOfAHeadTileItsSlice) {
  int steps = 0;
  for (const auto& group : point_.schedule.groups) {
    for (const auto& step : group.steps) {
      if (step.kind == StepKind::compute) continue;
      ++steps;
      SCOPED_TRACE(step.name);
      const std::int64_t element = numerics::bytes(point_.lowering.tensors[step.tensor].format);
      std::map<std::uint64_t, std::uint64_t> runs;  // begin to end, over all heads
      const Walker walker(point_.lowering, point_.sizing, group.group, step.loops);
      StepState state;
      for (walker.start(state); !state.finished; walker.next(state)) {
        const std::uint64_t begin = layout_.address(group.group, step.tensor, step.loops, state.at);
        const std::uint64_t end =
            begin +
            static_cast<std::uint64_t>(region_at(point_.lowering, point_.sizing, group.group, step.tensor, step.loops, state.at) * element);
        const auto [known, fresh] = runs.emplace(begin, end);
        EXPECT_TRUE(fresh || known->second == end) << "two lengths at " << begin;
      }
      const Layout::Extent& extent = layout_.tensor(step.tensor);
      std::uint64_t at = extent.begin;
      std::uint64_t bytes = 0;
      for (const auto& [begin, end] : runs) {
        EXPECT_GE(begin, at);
        EXPECT_LE(begin - at, layout_.alignment() - 1) << "a gap at " << at;
        at = end;
        bytes += end - begin;
      }
      EXPECT_LE(at, extent.begin + extent.bytes);
      // By hand: elements of a slice, and slices.
      const std::string tensor = point_.lowering.cascade->tensors[step.tensor].name;
      const std::map<std::string, std::int64_t> slice{{"Q", 75 * 20},  {"K", 150 * 20},  {"V", 150 * 24},
                                                      {"AV", 75 * 24}, {"QK", 75 * 150}, {"A", 75 * 150}};
      ASSERT_TRUE(slice.contains(tensor)) << tensor;
      const std::int64_t slices = tensor == "K" || tensor == "V" ? 2 * 2 : 2 * 4;
      EXPECT_EQ(bytes, static_cast<std::uint64_t>(slice.at(tensor) * slices * element));
    }
  }
  EXPECT_GE(steps, 4);
}

// Over the tiles of one rank, and from head to head, addresses grow.
TEST_P(LayoutOf, AddressesGrowOverTiles) {
  int compared = 0;
  for (const auto& group : point_.schedule.groups) {
    for (const auto& step : group.steps) {
      if (step.kind == StepKind::compute) continue;
      const Walker walker(point_.lowering, point_.sizing, group.group, step.loops);
      StepState state;
      std::map<Coordinates, std::pair<std::int64_t, std::uint64_t>> last;  // by all but the innermost coordinate
      const auto innermost = static_cast<std::size_t>(step.loops.back());
      for (walker.start(state); !state.finished; walker.next(state)) {
        Coordinates outer = state.at;
        outer[innermost] = 0;
        const std::uint64_t address = layout_.address(group.group, step.tensor, step.loops, state.at);
        const auto before = last.find(outer);
        if (before != last.end()) {
          EXPECT_GT(state.at[innermost], before->second.first);
          // Heads of a group share their keys; nothing else shares.
          EXPECT_GE(address, before->second.second) << step.name;
          ++compared;
        }
        last[outer] = {state.at[innermost], address};
      }
    }
  }
  EXPECT_GT(compared, 0);
}

INSTANTIATE_TEST_SUITE_P(Designs, LayoutOf, testing::ValuesIn(kDesigns));

// The heads of one group read the same keys and values, those of another group others.
TEST(Layout, QueryHeadsOfAGroupShareKeys) {
  const Scheduled point(at_side("fusemax", 16), kShape);
  const Layout layout(point.schedule);
  std::set<std::string> seen;
  for (const auto& step : point.schedule.groups[0].steps) {
    if (step.kind != StepKind::load) continue;
    seen.insert(step.name);
    const auto at = [&](std::int64_t head) { return layout.address(0, step.tensor, step.loops, Coordinates{head}); };
    for (std::int64_t head = 0; head + 1 < 8; ++head) {
      EXPECT_EQ(at(head) == at(head + 1), step.name != "load Q" && head % 2 == 0) << step.name << " of head " << head;
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"load K", "load Q", "load V"}));
}

}  // namespace
}  // namespace weft::sim::engine::test
