// What one simulation tells of others that differ in batch, heads or layers alone: the result that
// each would have by itself, to the byte.
#include "models/engine/analytic/simulated_runs.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "models/engine/analytic/walk_memo.hpp"
#include "models/engine/run/result_json.hpp"
#include "sim/engine/run.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::SimulatedRun;

Shape square(std::int64_t batch, std::int64_t queries, std::int64_t keys, std::int64_t width) {
  return {.batch = batch,
          .heads = 1,
          .kv_heads = 1,
          .seq_q = queries,
          .seq_kv = keys,
          .width_qk = width,
          .width_v = width};
}

std::string json_of(const weft::engine::Design& design, const Shape& shape,
                    const RunOptions& options) {
  const workload::Workload workload = workload_of(shape);
  const Result result = engine::run(design, workload, options);
  return weft::engine::result_json(weft::engine::report_of(design, workload, options, result),
                                   weft::json::Layout::compact);
}

// Several groups, masks, shared keys, and runs too short to pass over anything among them.
TEST(SimulatedRuns, TellWhatOthersWouldCount) {
  const std::uint64_t seed = weft::test::seed_or(43);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  std::int64_t told = 0;
  for (const char* name : {"flat-16x16", "fusemax-16x16", "unfused-16x16", "fusemax-cascade-16x16",
                           "streaming-softmax", "two-pass", "flat", "fusemax"}) {
    for (int i = 0; i < 3; ++i) {
      const auto made = design(name, {{"arch.dram.latency_cycles", std::to_string(up_to(300))}});
      Shape shape = square(1, up_to(300), up_to(300), 8 * up_to(8));
      shape.causal = i == 2 && made.binding().causal_cascade;
      weft::engine::WalkMemo known;
      for (int heads = 0; heads < 10; ++heads) {
        shape.batch = up_to(9);
        shape.kv_heads = up_to(5);
        shape.heads = shape.kv_heads * (heads % 3 == 0 ? 2 : 1);
        const RunOptions alone{.layers = up_to(3)};
        RunOptions with = alone;
        with.walks = &known;
        EXPECT_EQ(json_of(made, shape, with), json_of(made, shape, alone)) << name << text(shape);
      }
      told += known.simulated().told();
    }
  }
  EXPECT_GT(told, 100);
}

// What is stepped, stalls at random or has values is simulated each time.
TEST(SimulatedRuns, TellNothingOfWhatDoesNotRecur) {
  const auto made = design("fusemax-4x4");
  const auto with_state = design("fusemax-4x4", {{"arch.dram.part", "hbm2"}});
  weft::engine::WalkMemo known;
  for (const std::int64_t batch : {12, 24}) {
    const Shape shape = square(batch, 24, 24, 8);
    static_cast<void>(json_of(made, shape, {.exact = true, .walks = &known}));
    static_cast<void>(
        json_of(made, shape, {.stall_profile = weft::engine::StallProfile::both, .walks = &known}));
    static_cast<void>(json_of(with_state, shape, {.walks = &known}));
  }
  EXPECT_EQ(known.simulated().told(), 0);
}

SimulatedRun small() {
  SimulatedRun run{.cycles = 1000, .periods = 9, .skipped = 630, .counts = {50, 7}, .passed = {}};
  run.passed.push_back({.heads = 2, .periods = 3, .cycles = 100, .grown = {4, 0}});
  run.passed.push_back({.heads = 1, .periods = 6, .cycles = 10, .grown = {0, 1}});
  return run;
}

TEST(SimulatedRuns, OfOtherHeadsByHand) {
  const auto more = small().with(4);  // two periods of the first group, four of the second
  ASSERT_TRUE(more.has_value());
  EXPECT_EQ(more->cycles, 1000 + 2 * 100 + 4 * 10);
  EXPECT_EQ(more->skipped, 630 + 2 * 100 + 4 * 10);
  EXPECT_EQ(more->periods, 9u + 2 + 4);
  EXPECT_EQ(more->counts, (std::vector<std::uint64_t>{50 + 2 * 4, 7 + 4}));
  const auto fewer = small().with(-4);
  ASSERT_TRUE(fewer.has_value());
  EXPECT_EQ(fewer->cycles, 1000 - 2 * 100 - 4 * 10);
  EXPECT_EQ(fewer->with(4)->counts, small().counts);
}

TEST(SimulatedRuns, DoNotTellWhatDoesNotFollow) {
  EXPECT_FALSE(small().with(3).has_value());   // a head of the first group's two
  EXPECT_FALSE(small().with(-6).has_value());  // nothing would have been passed over
  EXPECT_FALSE(small().with(std::int64_t{1} << 61).has_value());
  SimulatedRun none = small();
  none.passed.clear();
  EXPECT_FALSE(none.with(4).has_value());
  EXPECT_TRUE(none.with(0).has_value());
}

}  // namespace
}  // namespace weft::sim::engine::test
