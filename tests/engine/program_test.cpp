// Programs: invocations of different shapes through one engine, against each of them by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "models/program/program.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using program::Invocation;
using program::Program;
using weft::engine::Fidelity;

Shape shape_of(std::int64_t heads, std::int64_t queries, std::int64_t keys, std::int64_t width,
               bool causal = false) {
  return {.heads = heads,
          .kv_heads = heads,
          .seq_q = queries,
          .seq_kv = keys,
          .width_qk = width,
          .width_v = width,
          .causal = causal};
}

Result run_program(const weft::engine::Design& design, const Program& program,
                   const RunOptions& options = {}) {
  RunOptions how = options;
  how.program = &program;
  return run(design, workload_of(shape_of(1, 1, 1, 1)), how);
}

Program of(const std::vector<Invocation>& invocations) {
  Program program;
  for (const Invocation& invocation : invocations) program.then(invocation);
  return program;
}

// Every invocation by itself.
std::vector<Result> one_by_one(const weft::engine::Design& design,
                               const std::vector<Invocation>& invocations) {
  std::vector<Result> results;
  for (const Invocation& invocation : invocations)
    results.push_back(run_program(design, of({invocation})));
  return results;
}

std::uint64_t cycles_of(const std::vector<Result>& results) {
  std::uint64_t cycles = 0;
  for (const Result& result : results) cycles += result.cycles;
  return cycles;
}

// What is counted is what each counts by itself, whatever overlaps; waiting is not.
void expect_sum(const Result& all, const std::vector<Result>& each) {
  ASSERT_EQ(all.units.size(), each.front().units.size());
  for (std::size_t u = 0; u < all.units.size(); ++u) {
    std::uint64_t busy = 0;
    weft::Counters counters{};
    for (const Result& one : each) {
      busy += one.units[u].busy_cycles;
      for (std::size_t c = 0; c < counters.size(); ++c) counters[c] += one.units[u].counters[c];
    }
    const auto declared = weft::engine::counters_of(all.units[u].kind);
    for (std::size_t c = 0; c < declared.size(); ++c) {
      if (declared[c].name == "port_wait_cycles") continue;
      // Rows of what DRAM fills and empties are told of all bytes together.
      const bool rows = declared[c].name == "rows_filled" || declared[c].name == "rows_emptied";
      EXPECT_LE(all.units[u].counters[c], counters[c]) << declared[c].name;
      EXPECT_GE(all.units[u].counters[c] + (rows ? each.size() - 1 : 0), counters[c])
          << declared[c].name;
    }
    if (all.units[u].kind == weft::engine::UnitKind::array) {
      EXPECT_EQ(all.units[u].busy_cycles, busy);
    }
  }
  for (const weft::engine::Traffic& traffic : all.traffic) {
    std::uint64_t read = 0;
    std::uint64_t written = 0;
    for (const Result& one : each) {
      for (const weft::engine::Traffic& other : one.traffic) {
        if (other.tensor != traffic.tensor || other.level != traffic.level) continue;
        read += other.read_bytes;
        written += other.written_bytes;
      }
    }
    EXPECT_EQ(traffic.read_bytes, read);
    EXPECT_EQ(traffic.written_bytes, written);
  }
}

TEST(Program, OfOneInvocationIsThatPoint) {
  for (const std::string& name : kDesigns) {
    const auto made = design(at_side(name, 8));
    const Shape shape = shape_of(2, 45, 70, 16);
    expect_same_run(run_program(made, of({{shape, 3}})), [&] {
      Shape thrice = shape;
      thrice.batch = 3;
      return run_point(made, thrice);
    }());
  }
}

TEST(Program, SixLayersOfDifferentLengthsAdvanceAsTheyStep) {
  const std::vector<std::int64_t> lengths{256, 64, 150, 150, 17, 384};
  for (const std::string& name : kDesigns) {
    for (const bool causal : {false, true}) {
      const auto made = design(at_side(name, 16));
      std::vector<Invocation> layers;
      for (const std::int64_t length : lengths)
        layers.push_back({shape_of(2, length, length, 32, causal), 1});
      const Result advanced = run_program(made, of(layers));
      const Result stepped = run_program(made, of(layers), {.exact = true});
      ASSERT_EQ(advanced.status, weft::engine::Status::ok) << advanced.reason;
      expect_same_run(advanced, stepped);
      const std::vector<Result> each = one_by_one(made, layers);
      EXPECT_LE(advanced.cycles, cycles_of(each)) << name;
      expect_sum(advanced, each);
    }
  }
}

// Neighbours overlap: the next one's operands are fetched while the last ones of this are used.
TEST(Program, InvocationsDoNotDrainInBetween) {
  const auto made = design("fusemax-16x16");
  std::vector<Invocation> steps;
  for (std::int64_t keys = 992; keys < 1024; ++keys)
    steps.push_back({shape_of(16, 1, keys, 64), 1});
  const std::vector<Result> each = one_by_one(made, steps);
  const Result all = run_program(made, of(steps));
  // At each of 31 seams at least the memory's latency and the first tile's transfer are hidden.
  EXPECT_LE(all.cycles + 31 * 100, cycles_of(each));
  expect_sum(all, each);
  Program decode;
  decode.steps({shape_of(16, 1, 992, 64), 1}, 32);
  expect_same_run(run_program(made, decode), all);
}

TEST(Program, RandomOnesNeverLoseToOneByOne) {
  std::mt19937_64 source(weft::test::seed_or(5));
  const auto pick = [&](std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(source);
  };

  for (int i = 0; i < 60; ++i) {
    const std::string name = at_side(kDesigns[static_cast<std::size_t>(i) % kDesigns.size()],
                                     static_cast<int>(std::int64_t{4} << pick(0, 2)));
    const auto made = design(name);
    const std::int64_t width = pick(1, 40);
    const bool causal = pick(0, 2) == 0;
    std::vector<Invocation> invocations;
    std::string said = name;
    for (std::int64_t n = pick(2, 5); n > 0; --n) {
      const std::int64_t keys = pick(1, 200);
      invocations.push_back(
          {shape_of(pick(1, 3), pick(1, causal ? keys : 200), keys, width, causal), pick(1, 2)});
      said += " " + text(invocations.back().shape);
    }
    const std::vector<Result> each = one_by_one(made, invocations);
    const Result all = run_program(made, of(invocations));
    ASSERT_EQ(all.status, weft::engine::Status::ok) << all.reason << said;
    EXPECT_LE(all.cycles, cycles_of(each)) << said;
    expect_sum(all, each);
    expect_same_run(all, run_program(made, of(invocations), {.exact = true}));
  }
}

// The second layer runs on the tokens that the first one's scores selected: its shape is asked for
// when everything before it has ended.
TEST(Program, AnInvocationMayRestOnWhatAnotherSelected) {
  const auto made = design("fusemax-8x8");
  std::mt19937_64 source(weft::test::seed_or(5));
  std::vector<double> scores(96);
  for (double& score : scores) score = std::uniform_real_distribution<>(0, 1)(source);
  const auto kept = static_cast<std::int64_t>(
      std::count_if(scores.begin(), scores.end(), [](double score) { return score > 0.6; }));
  // When the first event of the second layer begins, and the last of the first one ends.
  struct Ends : weft::engine::EventSink {
    std::uint64_t begins = ~std::uint64_t{0};
    std::uint64_t ends = 0;
    bool event(const weft::engine::UnitEvent& event) override {
      if (event.head < 2) ends = std::max(ends, event.end);
      if (event.head >= 2) begins = std::min(begins, event.begin);
      return true;
    }
    void gap(std::uint64_t, std::uint64_t) override {}
  };
  const Invocation first{shape_of(2, 96, 96, 16), 1};
  const Invocation second{shape_of(2, kept, kept, 16), 1};
  const Result one = run_program(made, of({first}));
  Result results[2];
  for (const bool exact : {false, true}) {
    Ends seen;
    int asked = 0;
    Program program;
    program.then(first);
    program.then([&]() -> std::optional<Invocation> {
      ++asked;
      return second;
    });
    results[exact ? 1 : 0] = run_program(made, program, {.exact = exact, .events = &seen});
    EXPECT_EQ(asked, 1);
    EXPECT_GE(seen.begins, seen.ends);
    EXPECT_GE(seen.ends, one.cycles - 1);
  }
  expect_same_run(results[0], results[1]);
  const Result other = run_program(made, of({second}));
  EXPECT_EQ(results[0].cycles, one.cycles + other.cycles);
  expect_sum(results[0], {one, other});
}

TEST(Program, OneThatDoesNotFitIsSaidWithItsPlace) {
  const auto made = design("unfused-8x8", {{"arch.buffer.bytes", "4KiB"}});
  const Result result =
      run_program(made, of({{shape_of(1, 8, 8, 8), 1}, {shape_of(1, 64, 4096, 2048), 1}}));
  EXPECT_EQ(result.status, weft::engine::Status::infeasible);
  EXPECT_EQ(result.reason.rfind("invocation 2, 64 queries and 4096 keys: ", 0), 0u)
      << result.reason;
}

// An encoder's layer between two of a decoder: one binding, two cascades.
TEST(Program, CausalLayersAndOthersRunInOne) {
  for (const std::string& name : kDesigns) {
    const auto made = design(at_side(name, 8));
    const std::vector<Invocation> layers{{shape_of(2, 70, 70, 16, true), 1},
                                         {shape_of(2, 45, 90, 16), 2},
                                         {shape_of(1, 33, 70, 24, true), 1}};
    const std::vector<Result> each = one_by_one(made, layers);
    const Result all = run_program(made, of(layers));
    ASSERT_EQ(all.status, weft::engine::Status::ok) << all.reason;
    expect_same_run(all, run_program(made, of(layers), {.exact = true}));
    EXPECT_EQ(all.cycles, cycles_of(each)) << name;
    expect_sum(all, each);
    double useful = 0;
    for (const Result& one : each) useful += *one.useful_macs * static_cast<double>(one.cycles);
    EXPECT_NEAR(*all.useful_macs * static_cast<double>(all.cycles), useful, 1e-9 * useful);
    const Result told = run_program(made, of(layers), {.fidelity = Fidelity::analytic});
    EXPECT_EQ(told.useful_macs.has_value(), true);
    for (std::size_t t = 0; t < told.traffic.size(); ++t)
      EXPECT_EQ(told.traffic[t].read_bytes, all.traffic[t].read_bytes) << name << t;
  }
}

TEST(Program, OneOfImpossibleShapesIsInfeasibleWithItsProblem) {
  const auto made = design("fusemax-8x8");
  const Shape shape = shape_of(1, 8, 8, 8);
  Shape broken = shape;
  broken.kv_heads = 3;
  for (const auto fidelity : {Fidelity::systemc, Fidelity::analytic}) {
    const Result result = run_program(made, of({{shape, 1}, {broken, 1}}), {.fidelity = fidelity});
    EXPECT_EQ(result.status, weft::engine::Status::infeasible);
    EXPECT_EQ(result.problems.size(), 1u) << result.reason;
  }
}

TEST(Expansion, PutsNeighboursOfEqualShapeTogether) {
  const Shape shape = shape_of(1, 4, 10, 8);
  Program program;
  program.then({shape, 2}).then({shape, 3}).steps({shape, 1}, 3);
  program::Expansion expansion(program);
  const auto expect = [&](std::int64_t keys, std::int64_t layers) {
    const auto made = expansion.next(false);
    ASSERT_TRUE(made);
    EXPECT_EQ(made->shape.seq_kv, keys);
    EXPECT_EQ(made->layers, layers);
  };
  expect(10, 6);  // 2 + 3, and the first of the steps
  expect(14, 1);
  expect(18, 1);
  EXPECT_FALSE(expansion.next(true));
}

}  // namespace
}  // namespace weft::sim::engine::test
