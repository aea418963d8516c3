// The closed form against SystemC: what is counted must be equal, what is timed within a stated
// bound.
#include "models/engine/analytic/analytic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "models/engine/run/run_options.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::ArrayCounter;
using weft::engine::BufferCounter;
using weft::engine::DramCounter;
using weft::engine::Fidelity;
using weft::engine::Status;
using weft::engine::UnitKind;
using weft::engine::UnitResult;

struct Point {
  std::string design;
  Shape shape;
};

class Points {
 public:
  explicit Points(std::uint64_t seed) : random_(seed) {}

  // Every design in turn; every fourth causal; lengths with and without edges, up to `tiles` tiles
  // of the side.
  Point next(std::int64_t tiles) {
    Point point;
    const int side = 8 << (random_() % 4);
    point.design = at_side(kDesigns[count_ % kDesigns.size()], side);
    Shape& s = point.shape;
    s.causal = count_++ / kDesigns.size() % 4 == 3;
    s.batch = up_to(2);
    s.heads = s.kv_heads = up_to(4);
    const bool whole = random_() % 3 == 0;
    const auto length = [&] { return whole ? side * up_to(tiles) : up_to(side * tiles); };
    s.seq_q = length();
    s.seq_kv = s.causal ? s.seq_q + (random_() % 2 == 0 ? 0 : up_to(3 * side)) : length();
    s.width_qk = up_to(2 * side);
    s.width_v = up_to(2 * side);
    return point;
  }

 private:
  std::int64_t up_to(std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most));
  }
  std::mt19937_64 random_;
  std::size_t count_ = 0;
};

struct Pair {
  Result closed;
  Result simulated;
};
Pair both(const Point& point) {
  const auto made = design(point.design);
  RunOptions options;
  Pair pair;
  pair.simulated = run_point(made, point.shape, options);
  options.fidelity = Fidelity::analytic;
  pair.closed = run_point(made, point.shape, options);
  return pair;
}

// Requests are cut where addresses are: equal where every transfer begins on a burst, as where rows
// lie on whole beats and a tile is at least a burst; elsewhere a transfer may be one request more.
void expect_same_requests(const Point& point, const UnitResult& closed,
                          const UnitResult& simulated) {
  const bool aligned = point.design.starts_with("fusemax-") &&
                       !point.design.starts_with("fusemax-cascade") &&
                       !point.design.ends_with("x64");
  for (const DramCounter counter : {DramCounter::read_requests, DramCounter::write_requests}) {
    const auto at = static_cast<std::size_t>(counter);
    if (aligned) {
      EXPECT_EQ(closed.counters[at], simulated.counters[at]);
    } else {
      EXPECT_GE(simulated.counters[at], closed.counters[at]);
      EXPECT_LE(simulated.counters[at], 2 * closed.counters[at]);
    }
  }
}

void expect_same_counts(const Pair& pair, const Point& point) {
  ASSERT_EQ(pair.closed.status, pair.simulated.status);
  if (pair.closed.status != Status::ok) return;
  for (const UnitResult& unit : pair.simulated.units) {
    const UnitResult& closed = unit_of(pair.closed, unit.kind, unit.array);
    if (unit.kind == UnitKind::array) {
      EXPECT_EQ(closed.busy_cycles, unit.busy_cycles) << "array " << unit.array;
      EXPECT_EQ(closed.counters, unit.counters) << "array " << unit.array;
    }
    if (unit.kind == UnitKind::dram) {
      for (const DramCounter counter : {DramCounter::bytes_read, DramCounter::bytes_written})
        EXPECT_EQ(closed.counters[static_cast<std::size_t>(counter)],
                  unit.counters[static_cast<std::size_t>(counter)]);
      expect_same_requests(point, closed, unit);
    }
    if (unit.kind == UnitKind::buffer) {
      for (const BufferCounter counter : {BufferCounter::rows_read, BufferCounter::rows_written,
                                          BufferCounter::rows_filled, BufferCounter::rows_emptied})
        EXPECT_EQ(closed.counters[static_cast<std::size_t>(counter)],
                  unit.counters[static_cast<std::size_t>(counter)]);
    }
  }
  for (const auto& moved : pair.simulated.traffic) {
    const auto found = std::find_if(
        pair.closed.traffic.begin(), pair.closed.traffic.end(), [&](const auto& other) {
          return other.tensor == moved.tensor && other.level == moved.level;
        });
    ASSERT_NE(found, pair.closed.traffic.end()) << "tensor " << moved.tensor;
    EXPECT_EQ(found->read_bytes, moved.read_bytes) << "tensor " << moved.tensor;
    EXPECT_EQ(found->written_bytes, moved.written_bytes) << "tensor " << moved.tensor;
  }
}

TEST(Analytic, CountsWhatTheSimulatorCounts) {
  const std::uint64_t seed = weft::test::seed_or(20);
  Points points(seed);
  for (int i = 0; i < 200; ++i) {
    const Point point = points.next(12);
    SCOPED_TRACE(weft::test::seed_text(seed) + " point " + std::to_string(i) + " " + point.design +
                 text(point.shape));
    expect_same_counts(both(point), point);
    if (HasFailure()) return;
  }
}

// Lengths of up to 4, 16 and 60 tiles, 75 points each; docs/units/analytic.md has what holds for
// designs of every kind.
TEST(Analytic, CyclesAreWithinTheStatedBounds) {
  struct Difference {
    std::int64_t points = 0;
    double sum = 0;
    double least = 0;
    double most = 0;
  };
  const std::uint64_t seed = weft::test::seed_or(21);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::printf("%-22s %6s %7s %10s %8s %8s\n", "design", "tiles", "points", "mean |d|", "least",
              "most");
  for (const std::int64_t tiles : {4, 16, 60}) {
    std::map<std::string, Difference> by_design;
    Points points(seed);
    for (int i = 0; i < 75; ++i) {
      const Point point = points.next(tiles);
      const Pair pair = both(point);
      if (pair.simulated.status != Status::ok) continue;
      const double d =
          static_cast<double>(pair.closed.cycles) / static_cast<double>(pair.simulated.cycles) - 1;
      Difference& all = by_design[point.design.substr(0, point.design.rfind('-'))];
      ++all.points;
      all.sum += std::abs(d);
      all.least = std::min(all.least, d);
      all.most = std::max(all.most, d);
      EXPECT_GT(d, -0.25) << point.design << text(point.shape);
      EXPECT_LT(d, 0.25) << point.design << text(point.shape);
    }
    ASSERT_EQ(by_design.size(), kDesigns.size());
    for (const auto& [name, all] : by_design) {
      std::printf("%-22s %6d %7d %8.2f %% %6.1f %% %6.1f %%\n", name.c_str(),
                  static_cast<int>(tiles), static_cast<int>(all.points),
                  100 * all.sum / static_cast<double>(all.points), 100 * all.least, 100 * all.most);
      EXPECT_LT(all.sum / static_cast<double>(all.points), 0.04) << name;
    }
  }
}

TEST(Analytic, LongPointsAtCloudScaleAreWithinTwoPercent) {
  for (const std::string& name : kDesigns) {
    for (const bool causal : {false, true}) {
      const Shape shape{.batch = 1,
                        .heads = 2,
                        .kv_heads = 2,
                        .seq_q = 16384,
                        .seq_kv = 16384,
                        .width_qk = 64,
                        .width_v = 64,
                        .causal = causal};
      const Pair pair = both({name, shape});
      const double d =
          static_cast<double>(pair.closed.cycles) / static_cast<double>(pair.simulated.cycles) - 1;
      std::printf("%-22s 16384 tokens%s %+.2f %%\n", name.c_str(), causal ? " causal" : "",
                  100 * d);
      EXPECT_LT(std::abs(d), 0.02) << name << text(shape);
    }
  }
}

// FuseMax at side 16 holds, for each tile of queries in a block, two copies of Q, RM, RD and RNV,
// and two each of a tile of K, V and AV: written out here by hand.
TEST(Sizing, BlocksAreAsLargeAsTheBufferTakes) {
  const std::uint64_t seed = weft::test::seed_or(22);
  std::mt19937_64 random(seed);
  int cut = 0;
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(weft::test::seed_text(seed) + " point " + std::to_string(i));
    const auto up_to = [&](std::int64_t most) {
      return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
    };
    Shape shape{.batch = 1,
                .heads = 1,
                .kv_heads = 1,
                .seq_q = 16 * up_to(4000),
                .seq_kv = 16 * up_to(100),
                .width_qk = up_to(200),
                .width_v = up_to(200)};
    const auto made = design("fusemax-16x16");
    const auto sizing = size_point(made.lowering(false), workload_of(shape), shape, 1);
    ASSERT_TRUE(sizing.feasible) << sizing.reason;
    const std::int64_t tiles = shape.seq_q / 16;
    const std::int64_t one = 2 * 16 * (2 * shape.width_qk + 4 + 4 + 4 * shape.width_v);
    const std::int64_t fixed =
        2 * 16 * (2 * shape.width_qk + 2 * shape.width_v + 2 * shape.width_v);
    const std::int64_t capacity = made.arch().buffer.bytes;
    std::int64_t block = 0;
    std::int64_t blocks = 0;
    for (const auto& rank : sizing.groups[0].ranks) {
      if (rank.base == made.lowering(false).cascade->rank("P")) {
        block = rank.block;
        blocks = rank.blocks;
      }
    }
    ASSERT_GT(blocks, 0);
    EXPECT_EQ(sizing.groups[0].buffer_bytes, one * block + fixed);
    EXPECT_LE(sizing.groups[0].buffer_bytes, capacity);
    EXPECT_EQ(block, (tiles + blocks - 1) / blocks);  // balanced
    if (blocks == 1) continue;
    ++cut;
    const std::int64_t fewer = (tiles + blocks - 2) / (blocks - 1);
    EXPECT_GT(one * fewer + fixed, capacity);
  }
  EXPECT_GT(cut, 50);
}

// Whether one tile fits depends on the shape as well (ranks that are not cut are whole in it), so
// it is no fault of the files.
TEST(Sizing, ABufferTooSmallForOneTileIsInfeasible) {
  const Shape shape{.batch = 1,
                    .heads = 1,
                    .kv_heads = 1,
                    .seq_q = 256,
                    .seq_kv = 256,
                    .width_qk = 64,
                    .width_v = 64};
  for (const std::string& name : kDesigns) {
    const auto made = design(at_side(name, 16), {{"arch.buffer.bytes", "4096"}});
    for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
      const Result result = run_point(made, shape, {.fidelity = fidelity});
      EXPECT_EQ(result.status, Status::infeasible) << name;
      EXPECT_NE(result.reason.find("group "), std::string::npos) << result.reason;
      EXPECT_NE(result.reason.find("the buffer has 4096"), std::string::npos) << result.reason;
      EXPECT_EQ(result.cycles, 0u);
    }
  }
}

// The softmax of the unfused design holds whole rows: 18 bytes a key (four copies of QK and A, one
// of SN, in bf16). At side 8 the buffer of 1 MiB takes 58254 keys.
TEST(Sizing, AShapeTooLargeIsInfeasibleWithItsReason) {
  const auto made = design("unfused-8x8");
  Shape shape{.batch = 1,
              .heads = 1,
              .kv_heads = 1,
              .seq_q = 8,
              .seq_kv = 58254,
              .width_qk = 8,
              .width_v = 8};
  RunOptions options;
  options.fidelity = Fidelity::analytic;
  EXPECT_EQ(run_point(made, shape, options).status, Status::ok);
  shape.seq_kv = 58255;
  for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
    options.fidelity = fidelity;
    const Result result = run_point(made, shape, options);
    EXPECT_EQ(result.status, Status::infeasible);
    EXPECT_NE(result.reason.find("softmax"), std::string::npos) << result.reason;
    EXPECT_NE(result.reason.find("1048576"), std::string::npos) << result.reason;
    EXPECT_EQ(result.cycles, 0u);
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
