// Decode steps and schedules: what is asked for without a run is what a run asks for, and a step's
// rows are what the schedule says.
#include "models/engine/design/assembled.hpp"
#include "sim/engine/spatten/asked_bytes.hpp"
#include "sim/engine/spatten/step_rows.hpp"
#include "tests/spatten/support.hpp"

namespace weft::sim::engine::spatten {
namespace {

workload::Workload benchmark(const std::string& name) {
  return workload::load_workload(WEFT_SOURCE_DIR "/configs/workload/spatten/" + name + ".yaml");
}

Run scheduled(const weft::engine::Design& design, const workload::Workload& workload) {
  return run_of(&*design.assembled()->binding.run.value, &*workload.schedule.value);
}

void expect_asked(const std::string& name, std::int64_t steps) {
  SCOPED_TRACE(name);
  const auto design = test::design("spatten");
  workload::Workload workload = benchmark(name);
  if (steps > 0) workload.steps = steps;
  weft::engine::RunOptions options;
  options.layers = workload.layers;
  const weft::engine::Result result = engine::run(design, workload, options);
  ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
  const auto told = asked_bytes(scheduled(design, workload), workload, options.layers, 0);
  EXPECT_EQ(test::counter(result, design, "fetcher", "bytes_asked"),
            static_cast<std::uint64_t>(told[3]));
  EXPECT_GE(told[0], told[1]);
  EXPECT_GE(told[1], told[2]);
  EXPECT_GT(told[2], told[3]);
}

TEST(Schedules, BytesAskedForAreThoseOfARun) {
  expect_asked("bert-base-cola", 0);
  expect_asked("bert-base-qqp", 0);
  expect_asked("gpt2-small-wikitext2", 2);
}

// Dense at 32 bit: 32 steps of 993 … 1024 tokens, 12 layers, 12 heads, 64 of K and of V, as in the
// public dense file.
TEST(Schedules, TheDenseBaselineIsThePublicFile) {
  const workload::Workload workload = benchmark("gpt2-small-wikitext2");
  const auto told =
      asked_bytes(scheduled(test::design("spatten"), workload), workload, workload.layers, 0);
  EXPECT_EQ(told[0], 2379350016.0);
}

// Of the public file: in its later steps 921, 716, four times 204 and six times 102 of 1024 tokens,
// a fifth of their values.
TEST(Schedules, TheLastStepIsThePublicFiles) {
  const workload::Workload workload = benchmark("gpt2-small-wikitext2");
  const auto made = step_rows(scheduled(test::design("spatten"), workload), workload, 12, 0).rows;
  ASSERT_EQ(made.size(), 4608u);
  const std::vector<std::int32_t> keys{921, 716, 204, 204, 204, 204, 102, 102, 102, 102, 102, 102};
  std::size_t again = 0;
  for (const workload::PrunedRow& row : made) {
    again += row.requantises ? 1 : 0;
    if (row.iteration == 0) {
      EXPECT_EQ(row.keys, 993);
    }
    if (row.iteration != 31) continue;
    EXPECT_NEAR(row.keys, keys[static_cast<std::size_t>(row.layer)], 1);
    EXPECT_NEAR(row.values, row.keys / 5, 1);
  }
  EXPECT_NEAR(static_cast<double>(again), 323, 3 * 17);  // three deviations of as many draws
}

TEST(Schedules, WhatIsTakenOfThem) {
  const workload::Workload workload = benchmark("gpt2-small-ptb");
  const auto taken = [&](const char* what) {
    return scheduled(test::design("spatten", {{"binding.run.takes", what}}), workload);
  };
  EXPECT_EQ(taken("nothing").pruning.values, 0.3);
  EXPECT_EQ(taken("pruning").pruning.values, 0.8);
  EXPECT_EQ(taken("pruning").numbers.key.upper, 12);
  EXPECT_EQ(taken("all").numbers.key.upper, 6);
  EXPECT_EQ(taken("all").numbers.key.lower, 4);
}

TEST(ScheduleFaults, AreSaidWithTheirPlace) {
  workload::Workload workload = benchmark("gpt2-small-ptb");
  workload.batch = 2;
  weft::engine::RunOptions options;
  const auto refused = engine::run(test::design("spatten"), workload, options);
  EXPECT_NE(refused.reason.find("--batch"), std::string::npos) << refused.reason;
}

}  // namespace
}  // namespace weft::sim::engine::spatten
