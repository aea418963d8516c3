// Units see committed state only: the order in which their modules are built, and so run in a
// cycle, changes nothing.
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/engine.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

Result simulated(const Scheduled& point, bool advance, bool shuffle) {
  Result result;
  with_fresh_kernel([&] {
    Engine engine("engine", {.schedule = point.schedule, .advance = advance, .shuffle = shuffle});
    while (!engine.done()) {
      sc_core::sc_start(engine.clock().cycles(1 << 20));
      if (engine.failure().error) std::rethrow_exception(engine.failure().error);
      check(engine.done() || sc_core::sc_pending_activity(), "stuck:" + engine.blocked());
    }
    engine.collect(result);
  });
  return result;
}

class Order : public testing::TestWithParam<std::string> {};

TEST_P(Order, OfConstructionChangesNothing) {
  const std::uint64_t seed = weft::test::seed_or(91);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 4; ++i) {
    Shape shape{.batch = 1 + static_cast<std::int64_t>(random() % 2),
                .heads = 2,
                .kv_heads = 2,
                .seq_q = 1 + static_cast<std::int64_t>(random() % 200),
                .seq_kv = 1 + static_cast<std::int64_t>(random() % 200),
                .width_qk = 32,
                .width_v = 32,
                .causal = i % 2 == 1};
    if (shape.causal && shape.seq_kv < shape.seq_q) std::swap(shape.seq_q, shape.seq_kv);
    const Scheduled point(at_side(GetParam(), 8), shape);
    SCOPED_TRACE(GetParam() + text(shape));
    for (const bool advance : {false, true}) {
      const Result built = simulated(point, advance, false);
      const Result shuffled = simulated(point, advance, true);
      expect_same_run(built, shuffled);
      EXPECT_EQ(built.advance_periods, shuffled.advance_periods);
      EXPECT_GT(built.cycles, 0u);
    }
  }
}

// The same with DRAM that has state, which nothing is advanced over.
TEST_P(Order, OfConstructionChangesNothingOnBanks) {
  const Shape shape{.batch = 1,
                    .heads = 2,
                    .kv_heads = 2,
                    .seq_q = 70,
                    .seq_kv = 130,
                    .width_qk = 32,
                    .width_v = 32};
  for (const char* part : {"hbm2", "hbm3"}) {
    const Scheduled point(at_side(GetParam(), 8), shape, 1, {{"arch.dram.part", part}});
    const Result exact = simulated(point, false, false);
    for (const bool advance : {false, true})
      expect_same_run(exact, simulated(point, advance, true));
    EXPECT_EQ(simulated(point, true, false).advance_cycles, 0u);
    EXPECT_GT(exact.cycles, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, Order, testing::ValuesIn(kDesigns));

}  // namespace
}  // namespace weft::sim::engine::test
