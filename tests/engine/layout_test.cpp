// Where tensors lie: apart from one another, aligned, and every transfer one run of its own.
#include "models/engine/schedule/layout.hpp"

#include <algorithm>
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
const Shape kLayoutShape{.batch = 2,
                         .heads = 4,
                         .kv_heads = 2,
                         .seq_q = 75,
                         .seq_kv = 150,
                         .width_qk = 20,
                         .width_v = 24};

class LayoutOf : public testing::TestWithParam<std::string> {
 protected:
  Scheduled point_{at_side(GetParam(), 16), kLayoutShape};
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

// Every step that moves a tensor covers each head's slice without a gap and without two tiles on
// one byte.
TEST_P(LayoutOf, TransfersOfAHeadTileItsSlice) {
  int steps = 0;
  for (const auto& group : point_.schedule.groups) {
    for (const auto& step : group.steps) {
      if (step.kind == StepKind::compute) continue;
      ++steps;
      SCOPED_TRACE(step.name);
      std::map<std::uint64_t, std::uint64_t> runs;  // begin to end, over all heads
      const Walker walker(point_.lowering, point_.sizing, group.group, step.loops);
      StepState state;
      for (walker.start(state); !state.finished; walker.next(state)) {
        const std::uint64_t begin = layout_.address(group.group, step.tensor, step.loops, state.at);
        const std::uint64_t end = begin + static_cast<std::uint64_t>(layout_.region_bytes(
                                              group.group, step.tensor, step.loops, state.at));
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
      // By hand: bytes of a slice, and slices. On a bus of 32 bytes a row of 20 or 24 values takes
      // two beats.
      const std::string tensor = point_.lowering.cascade->tensors[step.tensor].name;
      const bool beats = GetParam() == "fusemax" || GetParam() == "fusemax-architecture";
      const std::int64_t keys = beats ? 64 : 40;
      const std::int64_t values = beats ? 64 : 48;
      const std::map<std::string, std::int64_t> slice{{"Q", 75 * keys},     {"K", 150 * keys},
                                                      {"V", 150 * values},  {"AV", 75 * values},
                                                      {"QK", 75 * 150 * 2}, {"A", 75 * 150 * 2}};
      ASSERT_TRUE(slice.contains(tensor)) << tensor;
      const std::int64_t slices = tensor == "K" || tensor == "V" ? 2 * 2 : 2 * 4;
      EXPECT_EQ(bytes, static_cast<std::uint64_t>(slice.at(tensor) * slices));
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
      std::map<Coordinates, std::pair<std::int64_t, std::uint64_t>>
          last;  // by all but the innermost coordinate
      const auto innermost = static_cast<std::size_t>(step.loops.back());
      for (walker.start(state); !state.finished; walker.next(state)) {
        Coordinates outer = state.at;
        outer[innermost] = 0;
        const std::uint64_t address =
            layout_.address(group.group, step.tensor, step.loops, state.at);
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

// [head of keys][token][query head of it, of Q and the output][width]: what is written and read
// outside, and what the RTL's base and stride registers stand for.
TEST_P(LayoutOf, HeadsAreRowsOfTokens) {
  const std::uint64_t beat =
      GetParam() == "fusemax" || GetParam() == "fusemax-architecture" ? 32 : 1;
  std::set<std::string> seen;
  for (const auto& group : point_.schedule.groups) {
    for (const auto& step : group.steps) {
      const std::string tensor =
          step.kind == StepKind::compute ? "" : point_.lowering.cascade->tensors[step.tensor].name;
      const std::map<std::string, std::uint64_t> widths{
          {"Q", 20}, {"K", 20}, {"V", 24}, {"AV", 24}};
      if (!widths.contains(tensor)) continue;
      SCOPED_TRACE(step.name);
      const bool of_keys = tensor == "K" || tensor == "V";
      const Layout::Extent& extent = layout_.tensor(step.tensor);
      EXPECT_EQ(extent.row_bytes, (2 * widths.at(tensor) + beat - 1) / beat * beat);
      // The tiled rank of the tensor, and the loops over its blocks and tiles.
      const auto& lowered = point_.lowering.groups[group.group];
      const auto base = of_keys ? weft::engine::Quantity::seq_kv : weft::engine::Quantity::seq_q;
      std::size_t i = 0;
      while (!point_.lowering.is(lowered.tiled.at(i).base, base)) ++i;
      const Walker walker(point_.lowering, point_.sizing, group.group, step.loops);
      StepState state;
      for (walker.start(state); !state.finished; walker.next(state)) {
        const auto& rank = point_.sizing.groups[group.group].ranks[i];
        const auto runs = [&](int l) {
          return l >= 0 && std::find(step.loops.begin(), step.loops.end(), l) != step.loops.end();
        };
        std::int64_t token = 0;
        if (runs(lowered.tiled[i].block_loop))
          token += state.at[lowered.tiled[i].block_loop] * rank.block * rank.tile;
        if (runs(lowered.tiled[i].tile_loop))
          token += state.at[lowered.tiled[i].tile_loop] * rank.tile;
        const auto head = static_cast<std::uint64_t>(state.at[0]);  // of keys
        EXPECT_EQ(layout_.address(group.group, step.tensor, step.loops, state.at),
                  extent.begin + head * extent.slice_bytes +
                      static_cast<std::uint64_t>(token) * extent.row_bytes);
        seen.insert(tensor);
      }
    }
  }
  EXPECT_EQ(seen.size(), 4u);
}

INSTANTIATE_TEST_SUITE_P(Designs, LayoutOf, testing::ValuesIn(kDesigns));

// The heads of one group read the same keys and values, those of another group others: where they
// run apart, too, here for a buffer that takes no tile of both.
TEST(Layout, QueryHeadsOfAGroupShareKeys) {
  Shape shape = kLayoutShape;
  shape.seq_q = 1;
  const Scheduled point("fusemax-16x16", shape, 1, {{"arch.buffer.bytes", "3400"}});
  ASSERT_EQ(point.sizing.together, 1);
  const Layout layout(point.schedule);
  std::set<std::string> seen;
  for (const auto& step : point.schedule.groups[0].steps) {
    if (step.kind != StepKind::load) continue;
    seen.insert(step.name);
    const auto at = [&](std::int64_t head) {
      return layout.address(0, step.tensor, step.loops, Coordinates{head});
    };
    for (std::int64_t head = 0; head + 1 < 8; ++head) {
      EXPECT_EQ(at(head) == at(head + 1), step.name != "load Q" && head % 2 == 0)
          << step.name << " of head " << head;
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"load K", "load Q", "load V"}));
}

}  // namespace
}  // namespace weft::sim::engine::test
