// Operation counts against closed forms, and counted points against enumeration.
#include <gtest/gtest.h>

#include <numeric>

#include "models/einsum/analysis.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/kernel.hpp"
#include "models/einsum/load.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::shipped;
using test::with_einsums;

// "3 macc 1 exp", kinds in the order of Work.
std::string text_of(const WorkCounts& counts) {
  std::string text;
  for (std::size_t w = 0; w < kWorkKinds; ++w) {
    if (counts[w] == 0) continue;
    text += (text.empty() ? "" : " ") + std::to_string(counts[w]) + " " +
            std::string(work_name(static_cast<Work>(w)));
  }
  return text;
}

std::string per_point(const Cascade& cascade, const std::string& tensor) {
  return text_of(work_per_point(cascade, cascade.einsum(tensor)));
}

TEST(Work, PerPointOfTheOnePassCascade) {
  const Cascade cascade = shipped("attention-1pass");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"BQK", "1 macc"}, {"LM", "1 max"},        {"RM", "1 max"},        {"SLN", "1 add 1 exp"},
      {"SLD", "1 add"},  {"SLNV", "1 macc"},     {"PRM", "1 add 1 exp"}, {"SPD", "1 multiply"},
      {"RD", "1 add"},   {"SPNV", "1 multiply"}, {"RNV", "1 add"},       {"AV", "1 divide"}};
  for (const auto& [tensor, text] : expected) EXPECT_EQ(per_point(cascade, tensor), text) << tensor;
}

TEST(Work, PerPointOfExpressions) {
  const std::vector<std::pair<std::string, std::string>> expected{
      {"Z[p] = Q[e,p] * Q[e,p] * Q[e,p]", "1 macc 1 multiply"},
      {"Z[p] = sum[e] Q[e,p] + Q[e,p]", "2 add"},
      {"Z[e,p] = Q[e,p] * 2", "1 multiply"},
      {"Z[e,p] = exp(2 * s * Q[e,p])", "1 exp"},
      {"Z[e,p] = exp((Q[e,p] - 1) * (s + 1))", "1 add 1 exp"},
      {"Z[e,p] = exp(Q[e,p] * Q[e,p])", "1 multiply 1 exp"},
      {"Z[e,p] = -max(Q[e,p], s / 2)", "1 max"},
      {"Z[p] = min[e] Q[e,p] / 2", "1 max 1 divide"},
  };
  for (const auto& [einsum, text] : expected) {
    const Cascade cascade =
        with_einsums("scalars: {s: 2}\n", "  - " + einsum + "\n  - Y[m] = K[e,m]\n");
    EXPECT_EQ(per_point(cascade, "Z"), text) << einsum;
  }
}

std::int64_t total(const Cascade& cascade, const std::string& tensor, Work work,
                   const std::map<std::string, std::int64_t>& extents) {
  return total_work(cascade, cascade.einsum(tensor),
                    resolve_extents(cascade, extents))[static_cast<std::size_t>(work)];
}

TEST(Work, TotalsAreClosedForms) {
  const std::int64_t e = 64, f = 32, m = 1000, p = 777, m0 = 256, m1 = 4;
  const Cascade one = shipped("attention-1pass");
  const std::map<std::string, std::int64_t> extents{
      {"E", e}, {"F", f}, {"M", m}, {"P", p}, {"M0", m0}};
  EXPECT_EQ(total(one, "BQK", Work::macc, extents),
            e * m * p);  // padding of the last partition does no work
  EXPECT_EQ(total(one, "LM", Work::max, extents), m * p);
  EXPECT_EQ(total(one, "SLN", Work::exp, extents), m * p);
  EXPECT_EQ(total(one, "SLNV", Work::macc, extents), f * m * p);
  EXPECT_EQ(total(one, "RM", Work::max, extents), m1 * p);
  EXPECT_EQ(total(one, "SPNV", Work::multiply, extents), f * m1 * p);
  EXPECT_EQ(total(one, "AV", Work::divide, extents), f * p);

  const Cascade three = shipped("attention-3pass");
  const std::map<std::string, std::int64_t> plain{{"E", e}, {"F", f}, {"M", m}, {"P", p}};
  EXPECT_EQ(total(three, "A", Work::divide, plain), m * p);
  EXPECT_EQ(total(shipped("attention-3pass-deferred-division"), "AV", Work::divide, plain), f * p);
}

TEST(Work, CausalCountsTheVisibleTriangle) {
  const Cascade one = shipped("attention-1pass-causal");
  const Cascade three = shipped("attention-3pass-causal");
  for (const auto& [m, p] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {1, 1}, {7, 7}, {1000, 777}, {1000, 1}, {1 << 20, 1 << 20}}) {
    const std::int64_t visible = p * (m - p) + p * (p + 1) / 2;  // query i sees i + m − p + 1 keys
    EXPECT_EQ(total(three, "QK", Work::macc, {{"E", 3}, {"F", 1}, {"M", m}, {"P", p}}), 3 * visible)
        << m << " " << p;
    EXPECT_EQ(total(one, "BQK", Work::macc, {{"E", 3}, {"F", 1}, {"M", m}, {"P", p}, {"M0", 256}}),
              3 * visible)
        << m << " " << p;
  }
}

TEST(Work, SlidingWindowCountsWhatLiesInside) {
  const Cascade cascade = test::sliding_window();
  const std::map<std::string, std::int64_t> extents{
      {"E", 2}, {"F", 5}, {"M", 10}, {"P", 10}, {"W", 4}};
  const std::int64_t inside = 7 * 4 + 3 + 2 + 1;
  EXPECT_EQ(total(cascade, "QK", Work::macc, extents), 2 * inside);
  EXPECT_EQ(total(cascade, "GM", Work::max, extents), inside);  // inherited from QK
  EXPECT_EQ(total(cascade, "AV", Work::macc, extents), 5 * inside);
}

TEST(Work, TooLargeACountIsRefused) {
  const Cascade cascade = shipped("matmul");
  const std::int64_t most = std::int64_t{1} << 32;
  EXPECT_THROW(
      total_work(cascade, 0, resolve_extents(cascade, {{"K", most}, {"M", most}, {"N", most}})),
      ConfigError);
}

// Each of the three tensors has 9e18 elements, which 63 bits hold; all of them do not fit.
TEST(Work, TooLargeASumIsRefused) {
  const Cascade cascade = shipped("matmul");
  const std::int64_t extent = 3'000'000'000;
  const Extents extents = resolve_extents(cascade, {{"K", extent}, {"M", extent}, {"N", extent}});
  EXPECT_EQ(tensor_elements(cascade, 0, extents), extent * extent);
  EXPECT_THROW(static_cast<void>(least_traffic_elements(cascade, extents)), ConfigError);
}

// Random inequalities over up to three variables against enumeration.
TEST(CountPoints, AgainstEnumeration) {
  const Cascade cascade = with_einsums("", "  - Z[m,p] = Q[e,p] * K[e,m]\n");
  std::mt19937_64 random(7);
  const auto within = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  std::int64_t nonzero = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const Extents extents{within(1, 9), within(1, 9), within(1, 9)};
    std::vector<Constraint> constraints(static_cast<std::size_t>(within(0, 3)));
    for (Constraint& constraint : constraints) {
      for (RankId rank = 0; rank < 3; ++rank)
        constraint.form.add(rank, trial % 2 == 0 ? within(-1, 1) : within(-3, 3));
      constraint.form.constant = within(-8, 8);
      constraint.bound = random() % 3 == 0 ? kUnbounded : within(1, 12);
    }
    std::int64_t expected = 0;
    for (std::int64_t i = 0; i < extents[0] * extents[1] * extents[2]; ++i) {
      const std::array<std::int64_t, 3> at{i % extents[0], i / extents[0] % extents[1],
                                           i / extents[0] / extents[1]};
      bool holds = true;
      for (const Constraint& constraint : constraints) {
        std::int64_t value = constraint.form.constant;
        for (RankId rank = 0; rank < 3; ++rank)
          value += constraint.form.coefficient(rank) * at[static_cast<std::size_t>(rank)];
        holds = holds && value >= 0 && value < constraint.bound;
      }
      expected += holds ? 1 : 0;
    }
    nonzero += expected > 0 ? 1 : 0;
    ASSERT_EQ(count_points(cascade, {0, 1, 2}, constraints, extents), expected)
        << "trial " << trial;
  }
  EXPECT_GT(nonzero, 1000);
}

}  // namespace
}  // namespace weft::einsum
