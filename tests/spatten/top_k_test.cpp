#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "sim/select/comparator_array.hpp"
#include "sim/select/list_top_k.hpp"
#include "sim/select/row_top_k.hpp"
#include "sim/select/select_timing.hpp"
#include "sim/select/zero_eliminator.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::sim::test {
namespace {

using select::RowTopK;

std::uint64_t count(Unit& unit, const std::string& name) {
  const auto& declared = unit.unit_class().counters;
  for (std::size_t c = 0; c < declared.size(); ++c) {
    if (declared[c].name == name) return unit.counts()->counters[c];
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

struct TopKBench {
  explicit TopKBench(const RowTopK::Config& config)
      : feed(assembly.emplace<Feed<RowBeat>>("feed")),
        unit(assembly.emplace<RowTopK>("unit", config, std::uint64_t{7})),
        comparators(assembly.emplace<select::ComparatorArray>("comparators")),
        zeros(assembly.emplace<select::ZeroEliminator>(
            "zeros", select::ZeroEliminator::Config{config.comparators})),
        take(assembly.emplace<Take<RowToken>>("take")) {
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "comparators", "in", 2);
    assembly.join("comparators", "out", "zeros", "in", 2);
    assembly.join("zeros", "out", "take", "in", 2);
  }
  QueryRow& row(std::vector<std::int32_t> values, std::int64_t kept, std::int64_t lanes,
                Cycle from = 0) {
    rows.push_back(std::make_unique<QueryRow>());
    QueryRow& made = *rows.back();
    made.number = static_cast<std::int64_t>(rows.size());
    tokens.push_back(std::make_unique<std::vector<std::int64_t>>(values.size()));
    made.tokens = *tokens.back();
    made.probabilities = std::move(values);
    made.values_kept = kept;
    feed_row(feed, made, made.keys_seen(), lanes, from);
    return made;
  }

  Assembly assembly;
  Feed<RowBeat>& feed;
  RowTopK& unit;
  select::ComparatorArray& comparators;
  select::ZeroEliminator& zeros;
  Take<RowToken>& take;
  std::vector<std::unique_ptr<QueryRow>> rows;
  std::vector<std::unique_ptr<std::vector<std::int64_t>>> tokens;
};

// The published model's cycles of the median of 1024 distinct values, by comparators, within 5 % in
// the mean over 400 orders.
TEST(TopK, RoundsTakeThePublishedCycles) {
  const std::uint64_t seed = weft::test::seed_or(17);
  std::mt19937_64 random(seed);
  constexpr int kOrders = 400;
  for (const auto& [comparators, published] :
       {std::pair<std::int64_t, double>{1, 3401}, {4, 890}, {8, 469}, {16, 264}, {32, 150}}) {
    TopKBench bench({.comparators = comparators, .fifo_depth = 1024});
    std::vector<std::int32_t> values(1024);
    std::iota(values.begin(), values.end(), 0);
    for (int order = 0; order < kOrders; ++order) {
      std::shuffle(values.begin(), values.end(), random);
      bench.row(values, 512, 64);
    }
    run_to_end(bench.assembly);
    ASSERT_EQ(bench.take.taken.size(), static_cast<std::size_t>(kOrders)) << "seed " << seed;
    const double mean = static_cast<double>(count(bench.unit, "round_cycles")) / kOrders;
    EXPECT_NEAR(mean, published, 0.05 * published) << comparators << ", seed " << seed;
    RecordProperty("cycles_at_" + std::to_string(comparators), std::to_string(mean));
  }
}

TEST(TopK, KeepsTheLargestInTheirOrderAndTheFirstOfEqualOnes) {
  TopKBench bench({.comparators = 4});
  const QueryRow& row = bench.row({5, 1, 9, 5, 5, 7, 0, 5}, 4, 3);
  run_to_end(bench.assembly);
  EXPECT_EQ(row.kept, (std::vector<std::int64_t>{0, 2, 3, 5}));
}

// All but distinct values: against a stable sort.
TEST(TopK, KeepsWhatAStableSortPutsFirst) {
  const std::uint64_t seed = weft::test::seed_or(3);
  std::mt19937_64 random(seed);
  TopKBench bench({.comparators = 16});
  std::vector<std::vector<std::int64_t>> expected;
  for (int trial = 0; trial < 60; ++trial) {
    std::vector<std::int32_t> values(1 + random() % 200);
    for (std::int32_t& value : values) value = static_cast<std::int32_t>(random() % 12);
    const std::int64_t kept = static_cast<std::int64_t>(random() % (values.size() + 1));
    std::vector<std::int64_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return values[static_cast<std::size_t>(a)] > values[static_cast<std::size_t>(b)];
    });
    order.resize(static_cast<std::size_t>(kept));
    std::sort(order.begin(), order.end());
    expected.push_back(order);
    bench.row(values, kept, 1 + static_cast<std::int64_t>(random() % 16));
  }
  run_to_end(bench.assembly);
  ASSERT_EQ(bench.take.taken.size(), expected.size());
  for (std::size_t r = 0; r < expected.size(); ++r) {
    EXPECT_EQ(bench.take.taken[r].second.row, bench.rows[r].get()) << "in order, seed " << seed;
    EXPECT_EQ(bench.rows[r]->kept, expected[r]) << "row " << r << ", seed " << seed;
  }
}

// Two values in one beat, seen in cycle 1: complete in 2. The pivot is either; of the larger, one
// round decides, of the smaller two. A round of two candidates at four comparators takes 1 + 3
// cycles, of one as many. Then the link to the comparators, which take 1, one to the zero
// eliminator, which takes 1 + 2, and one more.
TEST(TopK, OneRowCycleByCycle) {
  TopKBench bench({.comparators = 4});
  bench.row({3, 8}, 1, 2);
  run_to_end(bench.assembly);
  const auto rounds = static_cast<Cycle>(count(bench.unit, "rounds"));
  ASSERT_TRUE(rounds == 1 || rounds == 2);
  EXPECT_EQ(bench.take.taken.at(0).first, 2 + 4 * rounds + (1 + 1) + (1 + 3) + 1);
  EXPECT_EQ(count(bench.comparators, "kept"), 1u);
  EXPECT_EQ(count(bench.zeros, "zeros"), 1u);
}

// A row of which all is kept takes no rounds, and one empty beat: complete in cycle 2.
TEST(TopK, WhatIsKeptWholePassesThrough) {
  TopKBench bench({.comparators = 4});
  const QueryRow& row = bench.row({3, 8, 1}, 3, 4);
  run_to_end(bench.assembly);
  EXPECT_EQ(row.kept, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(bench.take.taken.at(0).first, 2 + (1 + 1) + (1 + 3) + 1);
  EXPECT_EQ(count(bench.unit, "rounds"), 0u);
  EXPECT_EQ(count(bench.comparators, "compared"), 0u);
}

// Three beats of four go through one behind another; of equal values the first two stay.
TEST(TopK, TheFilterCompactsABeatACycle) {
  TopKBench bench({.comparators = 4});
  const QueryRow& row = bench.row({5, 0, 5, 1, 0, 5, 9, 0, 5, 1}, 3, 4);
  run_to_end(bench.assembly);
  EXPECT_EQ(row.kept, (std::vector<std::int64_t>{0, 2, 6}));
  EXPECT_EQ(row.keep, (std::vector<std::uint8_t>{1, 0, 1, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(count(bench.unit, "filter_cycles"), 3u);
  EXPECT_EQ(count(bench.comparators, "ties"), 2u);
  EXPECT_EQ(count(bench.zeros, "beats"), 3u);
  EXPECT_EQ(count(bench.zeros, "kept"), 3u);
}

TEST(ListTopK, TakesItsRoundsAndItsFilterPass) {
  Assembly assembly;
  auto& feed = assembly.emplace<Feed<select::ListSelection>>("feed");
  auto& unit = assembly.emplace<select::ListTopK>("unit", select::ListTopK::Config{16});
  auto& take = assembly.emplace<Take<select::ListSelection>>("take");
  assembly.join("feed", "out", "unit", "in", 2);
  assembly.join("unit", "out", "take", "in", 2);
  const std::vector<std::int64_t> rounds{100, 33};
  feed.messages.push_back({0, {1, 100, rounds}});
  run_to_end(assembly);
  // Seen in 1; ⌈100/16⌉ + 3 and ⌈33/16⌉ + 3; the filter ⌈100/16⌉ + 2 + 4; the link.
  ASSERT_EQ(take.taken.size(), 1u);
  EXPECT_EQ(take.taken[0].first, 1 + (7 + 3) + (3 + 3) + (7 + 6) + 1);
  EXPECT_EQ(count(unit, "compared"), 133u);
}

}  // namespace
}  // namespace weft::sim::test
