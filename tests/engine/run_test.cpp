// The one call: cancellable, deterministic, one simulation after another or from several threads; a
// stuck schedule says so.
#include "sim/engine/run.hpp"

#include <thread>

#include "sim/common/fresh_kernel.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Need;
using weft::engine::NeedKind;

const Shape kSmall{.batch = 1,
                   .heads = 2,
                   .kv_heads = 2,
                   .seq_q = 100,
                   .seq_kv = 90,
                   .width_qk = 32,
                   .width_v = 32};
const Shape kLong{.batch = 1,
                  .heads = 1,
                  .kv_heads = 1,
                  .seq_q = 4096,
                  .seq_kv = 4096,
                  .width_qk = 64,
                  .width_v = 64};

TEST(Run, StopsWhenToldToAndRunsAgain) {
  const auto made = design("fusemax-16x16");
  const Result before = run_point(made, kSmall);
  std::stop_source source;
  int slices = 0;
  const auto progress = [&](double share) {
    EXPECT_LT(share, 0.9);
    if (++slices == 2) source.request_stop();
  };
  EXPECT_THROW(
      run_point(made, kLong, {.exact = true, .stop = source.get_token(), .progress = progress}),
      Cancelled);
  EXPECT_EQ(slices, 2);
  EXPECT_THROW(run_point(made, kSmall, {.stop = source.get_token()}), Cancelled);
  expect_same_run(run_point(made, kSmall), before);
}

TEST(Run, ProgressGrowsToOne) {
  double last = 0;
  int calls = 0;
  const auto progress = [&](double share) {
    EXPECT_GE(share, last);
    EXPECT_LE(share, 1.0);
    last = share;
    ++calls;
  };
  run_point(design("fusemax-16x16"), kSmall, {.exact = true, .progress = progress});
  EXPECT_GT(calls, 0);
  EXPECT_EQ(last, 1.0);
}

// A step that needs itself never fires.
TEST(Run, AStuckScheduleSaysWhatWaitsForWhat) {
  Scheduled point("fusemax-8x8", kSmall);
  auto& steps = point.schedule.groups[0].steps;
  const int step = step_index(point.schedule, 0, "RD");
  steps[static_cast<std::size_t>(step)].needs.push_back(
      {.kind = NeedKind::iteration,
       .producer = step,
       .depth = steps[static_cast<std::size_t>(step)].loops.back()});
  Result result;
  try {
    with_fresh_kernel([&] { simulate(point.schedule, {}, nullptr, result); });
    FAIL() << "ended in " << result.cycles << " cycles";
  } catch (const Stuck& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("wait for one another"), std::string::npos) << message;
    EXPECT_NE(message.find("RD (waits for RD)"), std::string::npos) << message;
    EXPECT_NE(message.find("RNV"), std::string::npos) << message << ": AV and RNV wait as well";
  }
  // The kernel is as good as before.
  EXPECT_GT(run_point(design("fusemax-8x8"), kSmall).cycles, 0u);
}

TEST(Run, IsTheSameForEverySeedAndEveryTime) {
  for (const std::string& name : kDesigns) {
    SCOPED_TRACE(name);
    const auto made = design(at_side(name, 8));
    const Result first = run_point(made, kSmall, {.seed = 0});
    for (const std::uint64_t seed : {0u, 1u, 12345u}) {
      const Result again = run_point(design(at_side(name, 8)), kSmall, {.seed = seed});
      expect_same_run(first, again);
      EXPECT_EQ(first.advance_periods, again.advance_periods);
      EXPECT_EQ(first.advance_cycles, again.advance_cycles);
      EXPECT_EQ(first.useful_macs, again.useful_macs);
      EXPECT_EQ(first.bound_by, again.bound_by);
    }
  }
}

TEST(Run, TakesTurnsAmongThreads) {
  const auto made = design("fusemax-8x8");
  const auto other = design("flat-8x8");
  const Result alone = run_point(made, kSmall);
  const Result other_alone = run_point(other, kSmall);
  std::vector<Result> results(8);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < results.size(); ++i)
      threads.emplace_back([&, i] { results[i] = run_point(i % 2 == 0 ? made : other, kSmall); });
  }
  for (std::size_t i = 0; i < results.size(); ++i)
    expect_same_run(results[i], i % 2 == 0 ? alone : other_alone);
}

// Values need a simulation.
TEST(Run, BadFidelityForValuesIsRefused) {
  const workload::Trace trace = random_trace(kSmall, 1, 1);
  const Result result = run_point(design("fusemax-8x8"), kSmall,
                                  {.fidelity = weft::engine::Fidelity::analytic, .trace = &trace});
  EXPECT_EQ(result.status, weft::engine::Status::infeasible);
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_EQ(result.problems[0].field, "--values");
  EXPECT_EQ(result.reason, result.problems[0].text());
}

}  // namespace
}  // namespace weft::sim::engine::test
