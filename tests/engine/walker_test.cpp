// The loops of every step of every design against plain nested loops over all tiles.
#include <algorithm>
#include <set>

#include "sim/engine/step_state.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::kNone;
using weft::engine::LoweredGroup;
using weft::engine::RankSize;

using Tuple = std::vector<std::int64_t>;  // one coordinate a loop of the step

// What one step's loops should visit, in order: every combination of tiles and blocks that exists
// and in which some query sees some key.
class Oracle {
 public:
  Oracle(const Scheduled& point, std::size_t group, const std::vector<int>& loops)
      : point_(point),
        group_(point.lowering.groups[group]),
        size_(point.sizing.groups[group]),
        loops_(loops) {
    Tuple at;
    visit(at);
  }
  const std::vector<Tuple>& tuples() const { return tuples_; }

 private:
  struct Interval {
    std::int64_t begin = 0;
    std::int64_t end = 0;
  };

  std::int64_t trips(int loop) const {
    if (loop == 0) return point_.sizing.repeats;
    for (std::size_t i = 0; i < group_.tiled.size(); ++i) {
      if (group_.tiled[i].block_loop == loop) return size_.ranks[i].blocks;
      if (group_.tiled[i].tile_loop == loop)
        return group_.tiled[i].block_loop == kNone ? size_.ranks[i].tiles : size_.ranks[i].block;
    }
    throw ContractError("a loop over nothing");
  }

  // Coordinates of rank i under `at`; empty where the tile does not exist.
  Interval covered(std::size_t i, const Tuple& at) const {
    const RankSize& rank = size_.ranks[i];
    const auto coordinate = [&](int loop) {
      const auto found = std::find(loops_.begin(), loops_.end(), loop);
      return loop == kNone || found == loops_.end()
                 ? kNone
                 : at[static_cast<std::size_t>(found - loops_.begin())];
    };
    const std::int64_t block = coordinate(group_.tiled[i].block_loop);
    const std::int64_t tile = coordinate(group_.tiled[i].tile_loop);
    std::int64_t first = 0;
    std::int64_t last = rank.tiles;
    if (block != kNone) {
      first = block * rank.block;
      last = std::min(rank.tiles, first + rank.block);
    }
    if (tile != kNone) {
      first += tile;
      last = std::min(last, first + 1);
    }
    return {first * rank.tile,
            std::max(first * rank.tile, std::min(rank.extent, last * rank.tile))};
  }

  bool exists(const Tuple& at) const {
    Interval keys;
    Interval queries;
    for (std::size_t i = 0; i < group_.tiled.size(); ++i) {
      const Interval interval = covered(i, at);
      if (interval.begin >= interval.end) return false;
      if (group_.tiled[i].base == point_.lowering.mask_key) keys = interval;
      if (group_.tiled[i].base == point_.lowering.mask_query) queries = interval;
    }
    if (!point_.sizing.masked || keys.end == 0 || queries.end == 0) return true;
    const Shape& shape = point_.sizing.shape;
    for (std::int64_t q = queries.begin; q < queries.end; ++q) {
      if (keys.begin <= q / point_.sizing.together + shape.seq_kv - shape.seq_q) return true;
    }
    return false;
  }

  void visit(Tuple& at) {
    if (at.size() == loops_.size()) {
      if (exists(at)) tuples_.push_back(at);
      return;
    }
    at.push_back(0);
    for (; at.back() < trips(loops_[at.size() - 1]); ++at.back()) visit(at);
    at.pop_back();
  }

  const Scheduled& point_;
  const LoweredGroup& group_;
  const weft::engine::GroupSize& size_;
  const std::vector<int>& loops_;
  std::vector<Tuple> tuples_;
};

// Loops up to and with the d-th are at the same iteration.
bool same_prefix(const Tuple& a, const Tuple& b, std::size_t d) {
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(d) + 1, b.begin());
}

struct Seen {
  std::int64_t firings = 0;
  std::int64_t masked_out = 0;
};

void expect_walk(const Scheduled& point, std::size_t group, const std::vector<int>& loops,
                 Seen& seen) {
  const Oracle oracle(point, group, loops);
  const std::vector<Tuple>& expected = oracle.tuples();
  const Walker walker(point.lowering, point.sizing, group, loops);
  StepState state;
  walker.start(state);
  std::vector<std::int64_t> begun(loops.size(),
                                  0);  // iterations of each loop before the current one
  for (std::size_t n = 0; n < expected.size(); ++n) {
    ASSERT_FALSE(state.finished) << "after " << n << " of " << expected.size();
    Tuple at;
    for (const int l : loops) at.push_back(state.at[static_cast<std::size_t>(l)]);
    ASSERT_EQ(at, expected[n]) << "firing " << n;
    unsigned ended = 0;
    const bool last = n + 1 == expected.size();
    for (std::size_t d = 0; d < loops.size(); ++d) {
      ASSERT_EQ(state.ordinal[static_cast<std::size_t>(loops[d])], begun[d])
          << "loop " << d << " at firing " << n;
      const bool first_inside = n == 0 || !same_prefix(expected[n - 1], expected[n], d);
      ASSERT_EQ(walker.first_inside(state, loops[d]), first_inside)
          << "loop " << d << " at firing " << n;
      if (last || !same_prefix(expected[n], expected[n + 1], d)) {
        ended |= 1u << loops[d];
        ++begun[d];
      }
    }
    // The innermost loop is at its last iteration where the loop outside it ends.
    const std::size_t inner = loops.size() - 1;
    const bool last_inner =
        last || (inner > 0 && !same_prefix(expected[n], expected[n + 1], inner - 1));
    ASSERT_EQ(walker.last_of(state, loops[inner]), last_inner) << "firing " << n;
    ASSERT_EQ(walker.next(state), ended) << "firing " << n;
  }
  EXPECT_TRUE(state.finished);
  seen.firings += static_cast<std::int64_t>(expected.size());
  std::int64_t all = 1;
  for (const int l : loops)
    all *= loop_trips(point.lowering.groups[group], point.sizing.groups[group], point.sizing, l);
  seen.masked_out += all - static_cast<std::int64_t>(expected.size());
}

class Walk : public testing::TestWithParam<std::string> {};

TEST_P(Walk, OfEveryStepIsThatOfNestedLoops) {
  const std::uint64_t seed = weft::test::seed_or(61);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  Seen seen;
  for (int i = 0; i < 24; ++i) {
    const auto length = [&] { return 1 + static_cast<std::int64_t>(random() % 70); };
    Shape shape{.batch = 1,
                .heads = 1 + static_cast<std::int64_t>(random() % 3),
                .kv_heads = 1,
                .seq_q = length(),
                .seq_kv = length(),
                .width_qk = 8,
                .width_v = 8};
    shape.kv_heads = i % 4 < 2 ? shape.heads : 1;
    shape.causal = i % 2 == 0;
    if (shape.causal && shape.seq_kv < shape.seq_q) std::swap(shape.seq_q, shape.seq_kv);
    const Scheduled point(at_side(GetParam(), i % 3 == 0 ? 8 : 4), shape);
    for (const auto& group : point.schedule.groups) {
      std::set<std::vector<int>> walked;
      for (const auto& step : group.steps) {
        if (!walked.insert(step.loops).second) continue;
        SCOPED_TRACE(point.made.name() + text(shape) + ", " + step.name);
        expect_walk(point, group.group, step.loops, seen);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(seen.firings, 2000);
  EXPECT_GT(seen.masked_out, 100);
}

// Buffers so small that the queries come in several blocks.
TEST(WalkBlocks, InSeveralBlocksOfQueries) {
  Seen seen;
  for (const bool causal : {false, true}) {
    for (const std::int64_t tokens : {512, 517, 640, 1001}) {
      const Shape shape{.batch = 1,
                        .heads = 1,
                        .kv_heads = 1,
                        .seq_q = tokens,
                        .seq_kv = tokens + 13,
                        .width_qk = 64,
                        .width_v = 64,
                        .causal = causal};
      const Scheduled point("fusemax-4x4", shape);
      ASSERT_GT(point.sizing.groups[0].ranks[0].blocks + point.sizing.groups[0].ranks[1].blocks, 2)
          << text(shape);
      for (const auto& step : point.schedule.groups[0].steps) {
        SCOPED_TRACE(text(shape) + ", " + step.name);
        expect_walk(point, 0, step.loops, seen);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(seen.firings, 10'000);
}

INSTANTIATE_TEST_SUITE_P(Designs, Walk, testing::ValuesIn(kDesigns));

}  // namespace
}  // namespace weft::sim::engine::test
