// SpAtten's evaluation as told: means, factors, reasons, and lines between processes.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "models/evaluation/spatten/benchmarks.hpp"
#include "models/evaluation/spatten/evaluation.hpp"

namespace weft::evaluation::spatten {
namespace {

Kept kept(double seconds, double bytes, double joules) {
  Kept made;
  made.seconds = seconds;
  made.cycles = seconds * 1e9;
  made.dram_bytes = bytes;
  made.asked_bytes = bytes;
  made.flops = 1e9;
  made.joules = joules;
  made.time_from = "simulated";
  made.command = "weft run";
  made.energy_pj = {{"dram", joules * 1e12 / 2},
                    {"sram.read", joules * 1e12 / 4},
                    {"multipliers", joules * 1e12 / 4}};
  made.breakdown = {8 * bytes, 4 * bytes, 4 * bytes, bytes};
  return made;
}

Evaluation two_benchmarks() {
  Evaluation all;
  const auto add = [&](Part part, const char* design, const std::string& benchmark, Kept what) {
    Run run;
    run.part = part;
    run.design = design;
    run.workload = benchmark;
    all.runs.push_back({run, std::move(what)});
  };
  add(Part::point, "spatten", "bert-base-cola", kept(1, 100, 8));
  add(Part::point, "spatten", kOwnBenchmark, kept(2, 100, 8));
  add(Part::point, "titan-xp", "bert-base-cola", kept(10, 1000, 800));
  add(Part::point, "titan-xp", kOwnBenchmark, kept(2000, 1000, 800));
  add(Part::ablation, "spatten-dense", kOwnBenchmark, kept(100, 1, 1));
  add(Part::ablation, "spatten", kOwnBenchmark, kept(50, 1, 1));
  return all;
}

const Comparison& of(const std::vector<Comparison>& rows, const std::string& design,
                     const std::string& over) {
  for (const Comparison& row : rows) {
    if (row.design == design && row.over == over) return row;
  }
  throw std::runtime_error("no such row");
}

TEST(Benchmarks, AreThirtyOfThePaper) {
  const std::vector<std::string> names = benchmarks();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 30u);
  EXPECT_EQ(std::count_if(names.begin(), names.end(), generates), 8);
}

TEST(SpattenEvaluation, MeansAreOfRatiosArithmeticAndGeometric) {
  const auto rows = comparisons_of(two_benchmarks());
  const Comparison& all = of(rows, "titan-xp", "all");
  EXPECT_EQ(all.speedup.count, 2u);
  EXPECT_DOUBLE_EQ(all.speedup.arithmetic, 505);  // of 10 and 1000
  EXPECT_NEAR(all.speedup.geometric, 100, 1e-9);
  EXPECT_DOUBLE_EQ(all.dram.arithmetic, 10);
  EXPECT_EQ(all.bits, 32);
  EXPECT_DOUBLE_EQ(of(rows, "titan-xp", "gpt2").speedup.arithmetic, 1000);
  EXPECT_EQ(of(rows, "h100", "all").speedup.count, 0u);
}

TEST(SpattenEvaluation, TheAblationIsOverTheStepBefore) {
  const auto steps = ablation_of(two_benchmarks());
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_DOUBLE_EQ(steps[0].factor, 20);  // 2000 s of TITAN Xp by 100
  EXPECT_DOUBLE_EQ(steps[1].factor, 2);
  EXPECT_DOUBLE_EQ(steps[1].over_titan, 40);
}

TEST(SpattenEvaluation, SavingsAreByTechniqueAndPowerByPart) {
  const Evaluation all = two_benchmarks();
  EXPECT_DOUBLE_EQ(saving_of(all, Technique::tokens_and_values, "all").arithmetic, 2);
  EXPECT_DOUBLE_EQ(saving_of(all, Technique::heads, "all").arithmetic, 1);
  EXPECT_DOUBLE_EQ(saving_of(all, Technique::bits, "all").arithmetic, 4);
  EXPECT_NEAR(power_of(all, "all"), (8 + 4) / 2.0, 1e-9);  // 8 J in a second and in two
  EXPECT_NEAR(power_of(all, "dram"), 3, 1e-9);
  EXPECT_NEAR(power_of(all, "sram") + power_of(all, "logic"), 3, 1e-9);
}

TEST(SpattenEvaluation, EveryDifferenceAboveATenthHasItsReason) {
  std::size_t apart = 0;
  for (const Figure& figure : figures_of(two_benchmarks())) {
    const bool far = !figure.ours || std::abs(*figure.ours / figure.published - 1) > 0.1;
    apart += far ? 1 : 0;
    EXPECT_EQ(far, !figure.reason.empty()) << figure.name;
    EXPECT_FALSE(figure.command.empty());
  }
  EXPECT_GT(apart, 5u);
}

TEST(SpattenEvaluation, ARunComesThroughAPipeAsItIs) {
  Kept one = kept(0.1, 1.0 / 3, 2e-7);
  one.reason = "not measured: \"x\"\t{}";
  one.counts["value_top_k.rounds"] = 12345678901234;
  const Kept back = kept_of_line(to_line(one));
  EXPECT_EQ(back.seconds, one.seconds);
  EXPECT_EQ(back.dram_bytes, one.dram_bytes);
  EXPECT_EQ(back.reason, one.reason);
  EXPECT_EQ(back.counts, one.counts);
  EXPECT_EQ(back.energy_pj, one.energy_pj);
  EXPECT_EQ(back.breakdown, one.breakdown);
}

// Equal values are one round; the largest alone kept of distinct ones are several.
TEST(Canned, EqualProbabilitiesTakeOneRound) {
  workload::Trace trace;
  trace.shape.heads = trace.shape.kv_heads = 1;
  trace.shape.seq_q = trace.shape.seq_kv = 32;
  trace.shape.width_qk = trace.shape.width_v = 2;
  trace.layers.resize(1);
  trace.layers[0].q.assign(64, 0);
  trace.layers[0].k.assign(64, 1);
  trace.layers[0].v.assign(64, 1);
  const auto rows = canned_rows(trace);
  ASSERT_EQ(rows.size(), 2u);
  for (const CannedRow& row : rows) {
    EXPECT_EQ(row.real.rounds, 1) << row.what;
    EXPECT_EQ(row.real.cycles, 2 + 3) << row.what;  // 32 by 16 comparators, and three
    EXPECT_GT(row.random.rounds, 2) << row.what;
    EXPECT_EQ(row.real.candidates, 32);
  }
}

}  // namespace
}  // namespace weft::evaluation::spatten
