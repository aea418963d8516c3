// Steady-state advance against stepping every cycle: the same cycles, figures, counters and
// traffic.
#include <algorithm>
#include <array>

#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

constexpr std::uint64_t kSeed = 17;
constexpr int kPoints = 40;

struct ExactPoint {
  std::string design;
  Shape shape;
};

// The i-th of 40: every design at every side, lengths from one key to hundreds that divide by
// nothing.
ExactPoint point(int i, std::uint64_t seed) {
  std::mt19937_64 random(seed * 1000 + static_cast<std::uint64_t>(i));
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  constexpr std::array<int, 3> kSides{4, 8, 16};
  constexpr std::array<std::int64_t, 4> kWidths{
      8, 20, 33, 64};  // 20 and 33 let transfers begin inside a burst
  ExactPoint made;
  made.design = at_side(kDesigns[static_cast<std::size_t>(i % 5)],
                        kSides[static_cast<std::size_t>(i / 5 % 3)]);
  Shape& s = made.shape;
  s.batch = between(1, 3);
  s.heads = between(1, 3);
  s.kv_heads = i % 3 == 0 ? 1 : s.heads;
  s.seq_q = between(1, 300);
  s.seq_kv = between(1, 300);
  s.width_qk = kWidths[static_cast<std::size_t>(between(0, 3))];
  s.width_v = kWidths[static_cast<std::size_t>(between(0, 3))];
  s.causal = between(0, 2) == 0;
  if (s.causal && s.seq_kv < s.seq_q) std::swap(s.seq_kv, s.seq_q);
  return made;
}

TEST(Exact, FortyRandomPointsOfAllDesigns) {
  const std::uint64_t seed = weft::test::seed_or(kSeed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::uint64_t skipped = 0;
  int with_skips = 0;
  int causal = 0;
  for (int i = 0; i < kPoints; ++i) {
    const ExactPoint p = point(i, seed);
    SCOPED_TRACE(p.design + text(p.shape));
    const weft::engine::Design made = design(p.design);
    const Result fast = run_point(made, p.shape);
    const Result exact = run_point(made, p.shape, {.exact = true});
    ASSERT_EQ(fast.status, weft::engine::Status::ok);
    EXPECT_EQ(exact.advance_periods, 0u);
    EXPECT_EQ(exact.advance_cycles, 0u);
    expect_same_run(fast, exact);
    skipped += fast.advance_cycles;
    with_skips += fast.advance_periods > 0 ? 1 : 0;
    causal += p.shape.causal ? 1 : 0;
  }
  EXPECT_GT(skipped, 0u);
  EXPECT_GE(with_skips, kPoints / 4);
  EXPECT_GT(causal, 3);
}

// Points that once went wrong.
TEST(Exact, PointsThatOnceDiffered) {
  for (const ExactPoint& p : {ExactPoint{"flat-8x8",
                                         {.batch = 3,
                                         .heads = 1,
                                         .kv_heads = 1,
                                         .seq_q = 72,
                                         .seq_kv = 143,
                                         .width_qk = 64,
                                         .width_v = 64}},
                              ExactPoint{"flat-8x8",
                                         {.batch = 2,
                                         .heads = 1,
                                         .kv_heads = 1,
                                         .seq_q = 239,
                                         .seq_kv = 122,
                                         .width_qk = 64,
                                         .width_v = 64}}}) {
    SCOPED_TRACE(p.design + text(p.shape));
    const weft::engine::Design made = design(p.design);
    expect_same_run(run_point(made, p.shape), run_point(made, p.shape, {.exact = true}));
  }
}

class LongPoint : public testing::TestWithParam<std::string> {};

// Two thousand tokens, eight heads: nearly everything is skipped, and the cycles are those of the
// whole run.
TEST_P(LongPoint, IsSkippedAlmostWhole) {
  const Shape shape{.batch = 2,
                    .heads = 4,
                    .kv_heads = 4,
                    .seq_q = 2048,
                    .seq_kv = 2048,
                    .width_qk = 64,
                    .width_v = 64};
  const weft::engine::Design made = design(at_side(GetParam(), 16));
  const Result fast = run_point(made, shape);
  EXPECT_GT(fast.advance_periods, 0u);
  EXPECT_GT(fast.advance_cycles, fast.cycles / 2);
  EXPECT_LT(fast.advance_cycles, fast.cycles);
}

INSTANTIATE_TEST_SUITE_P(Designs, LongPoint, testing::ValuesIn(kDesigns), [](const auto& tested) {
  std::string name = tested.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace weft::sim::engine::test
