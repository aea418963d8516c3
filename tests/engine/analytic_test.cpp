// The closed form against SystemC: what is counted must be equal, what is timed within a stated bound.
#include "models/engine/analytic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::ArrayCounter;
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

  // Every design in turn; every fourth causal; lengths with and without edges, up to `tiles` tiles of the side.
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
  std::int64_t up_to(std::int64_t most) { return 1 + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(most)); }
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

void expect_same_counts(const Pair& pair) {
  ASSERT_EQ(pair.closed.status, pair.simulated.status);
  if (pair.closed.status != Status::ok) return;
  for (const UnitResult& unit : pair.simulated.units) {
    const UnitResult& closed = unit_of(pair.closed, unit.kind, unit.array);
    if (unit.kind == UnitKind::array) {
      EXPECT_EQ(closed.busy_cycles, unit.busy_cycles) << "array " << unit.array;
      EXPECT_EQ(closed.counters, unit.counters) << "array " << unit.array;
    }
    if (unit.kind == UnitKind::dram) {
      EXPECT_EQ(closed.counters, unit.counters);
    }
  }
  for (const auto& moved : pair.simulated.traffic) {
    if (moved.level != UnitKind::dram) continue;
    const auto found = std::find_if(pair.closed.traffic.begin(), pair.closed.traffic.end(),
                                    [&](const auto& other) { return other.tensor == moved.tensor && other.level == moved.level; });
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
    SCOPED_TRACE(weft::test::seed_text(seed) + " point " + std::to_string(i) + " " + point.design + text(point.shape));
    expect_same_counts(both(point));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
