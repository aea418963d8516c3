#include "models/select/top_k.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "tests/common/seed.hpp"
#include "tests/select/stimulus.hpp"

namespace weft::select {
namespace {

// By the library: coordinates ordered by value, the larger first, of equal ones the earlier, and
// the first k of them.
template <class T>
std::vector<std::int64_t> by_library(const std::vector<T>& values, std::int64_t k) {
  std::vector<std::int64_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  k = std::min(k, static_cast<std::int64_t>(order.size()));
  const auto at = [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; };
  const auto before = [&](std::int64_t a, std::int64_t b) {
    return at(a) != at(b) ? at(a) > at(b) : a < b;
  };
  if (k > 0 && k < static_cast<std::int64_t>(order.size()))
    std::nth_element(order.begin(), order.begin() + (k - 1), order.end(), before);
  order.resize(static_cast<std::size_t>(k));
  std::sort(order.begin(), order.end());
  return order;
}

void compare_with_library(std::int64_t vectors, std::uint64_t own_seed) {
  const std::uint64_t seed = weft::test::seed_or(own_seed);
  std::mt19937_64 random(seed);
  Fifos<std::uint16_t> fifos;
  std::int64_t with_ties = 0;
  for (std::int64_t n = 0; n < vectors; ++n) {
    const std::vector<std::uint16_t> values = test::random_values(random);
    const auto k = static_cast<std::int64_t>(random() % (values.size() + 2));
    const TopK<std::uint16_t> found =
        top_k(std::span<const std::uint16_t>(values), k, random(), fifos);
    ASSERT_EQ(found.kept, by_library(values, k))
        << weft::test::seed_text(seed) << " vector " << n << " k " << k;
    with_ties += !found.selection.rounds.empty() &&
                 found.selection.rounds.back().equal > found.selection.ties;
  }
  EXPECT_GT(with_ties, vectors / 10) << "ties that are cut are what this is about";
}

TEST(TopK, SelectsWhatNthElementDoes) { compare_with_library(20000, 1); }
TEST(TopKLong, SelectsWhatNthElementDoesAMillionTimes) { compare_with_library(1000000, 2); }

TEST(TopK, RoundsOfAWorkedExample) {
  // 5 of 9 with pivots by the rule; each round by hand: what is above, equal and below.
  const std::vector<std::int32_t> values{3, 7, 3, 9, 1, 3, 8, 3, 2};
  const auto found = top_k(std::span<const std::int32_t>(values), 5, 11);
  EXPECT_EQ(found.selection.threshold, 3);
  EXPECT_EQ(found.selection.ties, 2);
  EXPECT_EQ(found.kept, (std::vector<std::int64_t>{0, 1, 2, 3, 6}));
  for (std::size_t r = 0; r < found.selection.rounds.size(); ++r) {
    const auto& round = found.selection.rounds[r];
    EXPECT_EQ(round.position, pivot_position(11, static_cast<std::int64_t>(r), round.elements));
    EXPECT_EQ(round.above + round.equal + round.below, round.elements);
  }
  EXPECT_EQ(found.selection.rounds.front().elements, 9);
  EXPECT_EQ(found.selection.rounds.back().pivot, 3);
}

TEST(TopK, NoneAndAllTakeNoRound) {
  const std::vector<float> values{0.5F, -1, 2};
  const auto none = top_k(std::span<const float>(values), 0, 1);
  EXPECT_TRUE(none.kept.empty());
  EXPECT_TRUE(none.selection.rounds.empty());
  for (const std::int64_t k : {3, 4, 100}) {
    const auto all = top_k(std::span<const float>(values), k, 1);
    EXPECT_EQ(all.kept.size(), 3u);
    EXPECT_TRUE(all.selection.rounds.empty());
  }
}

TEST(TopK, OneRoundWhereAllAreEqual) {
  const std::vector<std::int64_t> values(1000, 42);
  const auto found = top_k(std::span<const std::int64_t>(values), 10, 5);
  EXPECT_EQ(found.selection.rounds.size(), 1u);
  EXPECT_EQ(found.kept.front(), 0);
  EXPECT_EQ(found.kept.back(), 9);
}

TEST(TopK, ANanIsABrokenContract) {
  const std::vector<float> values(8, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THROW(top_k(std::span<const float>(values), 4, 1), ContractError);
}

// Knuth (1972), "Mathematical analysis of algorithms": comparisons that quick-select needs for the
// k-th of n distinct values, 2(n + 3 + (n + 1)H(n) − (k + 2)H(k) − (n + 3 − k)H(n + 1 − k)); with
// the comparison of each round's pivot with itself n of a round, not n − 1.
TEST(TopK, ElementsOfDistinctValuesAreThoseOfTheAnalysis) {
  constexpr std::int64_t kCount = 1024;
  constexpr std::int64_t kKept = 512;
  constexpr int kRuns = 2000;
  const auto harmonic = [](std::int64_t n) {
    double sum = 0;
    for (std::int64_t i = 1; i <= n; ++i) sum += 1.0 / static_cast<double>(i);
    return sum;
  };
  const double comparisons =
      2 * (kCount + 3 + (kCount + 1) * harmonic(kCount) - (kKept + 2) * harmonic(kKept) -
           (kCount + 3 - kKept) * harmonic(kCount + 1 - kKept));
  const std::uint64_t seed = weft::test::seed_or(3);
  std::mt19937_64 random(seed);
  std::vector<std::int32_t> values(kCount);
  std::iota(values.begin(), values.end(), 0);
  double elements = 0;
  double rounds = 0;
  Fifos<std::int32_t> fifos;
  for (int run = 0; run < kRuns; ++run) {
    std::shuffle(values.begin(), values.end(), random);
    const auto found = quick_select(std::span<const std::int32_t>(values), kKept, random(), fifos);
    elements += static_cast<double>(found.elements()) / kRuns;
    rounds += static_cast<double>(found.rounds.size()) / kRuns;
  }
  EXPECT_NEAR(elements - rounds, comparisons, 0.02 * comparisons) << weft::test::seed_text(seed);
  // Prodinger (1995), "Multiple quickselect": passes for the k-th of n distinct values.
  EXPECT_NEAR(rounds, harmonic(kKept) + harmonic(kCount + 1 - kKept) - 1, 0.3)
      << weft::test::seed_text(seed);
}

TEST(Pivot, IsSpreadEvenlyAndStaysWithin) {
  std::vector<int> hits(7);
  for (std::uint64_t seed = 0; seed < 7000; ++seed) {
    const std::int64_t at = pivot_position(seed, static_cast<std::int64_t>(seed % 5), 7);
    ASSERT_GE(at, 0);
    ASSERT_LT(at, 7);
    ++hits[static_cast<std::size_t>(at)];
  }
  for (const int count : hits) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(pivot_position(9, 3, 1), 0);
  EXPECT_LT(pivot_position(9, 3, std::int64_t{1} << 32), std::int64_t{1} << 32);
}

// splitmix64's first outputs from state 1234567, as its author publishes them.
TEST(Pivot, IsSplitMix64) {
  constexpr std::uint64_t kState = 1234567;
  EXPECT_EQ(seed_of(kState, 0), 6457827717110365317u);
  EXPECT_EQ(seed_of(kState, 1), 3203168211198807973u);
  EXPECT_EQ(seed_of(kState, 2), 9817491932198370423u);
}

}  // namespace
}  // namespace weft::select
