// Work, least traffic and live footprint as functions of what dynamic ranks hold, counted by hand.
#include "models/einsum/occupancy.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

Cascade parsed_cascade(const std::string& ranks, const std::string& rest) {
  return parse_cascade("description: test\nsource: test\nranks: {" + ranks + "}\n" + rest,
                       "dynamic.yaml");
}
std::int64_t work(const Counts& counts, Work kind) {
  return counts.operations[static_cast<std::size_t>(kind)];
}

TEST(Occupancy, PrunedAttentionByHand) {
  const Cascade cascade = test::shipped("attention-pruned");
  const std::int64_t h = 3, e = 8, f = 5, m = 40, p = 7, n = 2;
  const Extents extents =
      resolve_extents(cascade, {{"H", h}, {"E", e}, {"F", f}, {"M", m}, {"P", p}, {"N", n}});
  const auto points = counts_by_occupancy(cascade, extents, {{0, 1, 13, 40}});
  ASSERT_EQ(points.size(), 4U);
  for (const AtOccupancy& point : points) {
    const std::int64_t s = point.occupancies[0];
    EXPECT_EQ(point.counts.least_traffic_elements,
              h * (e + f) * m + h * e * p + h * f * p + m +  // this step
                  h * (e + f) * s + h * e * n + h * f * n + 2 * s);
    EXPECT_EQ(work(point.counts, Work::macc), h * (e + f) * (m * p + s * n));
    EXPECT_EQ(work(point.counts, Work::exp), h * (m * p + s * n));
    EXPECT_EQ(work(point.counts, Work::divide), h * (m * p + s * n));
    EXPECT_EQ(work(point.counts, Work::max), h * (m * p + s * n) + m);  // a candidate, a comparison
    EXPECT_EQ(work(point.counts, Work::add), h * (3 * m * p + 2 * s * n) + m);
  }
  const auto of = counts_of_occupancy(cascade, extents);
  ASSERT_TRUE(of);
  EXPECT_EQ(of->least_traffic_elements,
            (Quadratic{points[0].counts.least_traffic_elements, h * (e + f) + 2, 0}));
  EXPECT_EQ(of->operations[static_cast<std::size_t>(Work::macc)],
            (Quadratic{h * (e + f) * m * p, h * (e + f) * n, 0}));
}

// A mask over what is selected: no polynomial tells how many points it lets count.
TEST(Occupancy, WhatNoFormulaTells) {
  const Cascade cascade = parsed_cascade(
      "M: keys, S: kept",
      "partitions: {S: [S1, S0]}\ndynamic: {S: M}\ntensors: {X: [M], K: [M]}\noutputs: "
      "[Z]\neinsums: ['T[s], I[s] = topk[m] X[m]', 'C[s] = T[s] * K[I[s]]', "
      "'Z[s1,s0] = C[s1,s0] + 1 where s <= M - 3 else 0']\n");
  const Extents extents = resolve_extents(cascade, {{"M", 30}, {"S0", 4}});
  const auto points = counts_by_occupancy(cascade, extents, {{5, 28, 30}});
  EXPECT_EQ(points[0].counts.least_traffic_elements, 30 + 5 + 5);
  EXPECT_EQ(points[2].counts.least_traffic_elements, 30 + 30 + 30);
  EXPECT_EQ(work(points[0].counts, Work::add), 5);
  EXPECT_EQ(work(points[1].counts, Work::add), 28);
  EXPECT_EQ(work(points[2].counts, Work::add), 28);
  EXPECT_FALSE(counts_of_occupancy(cascade, extents));
}

// Per-query lists read at most all keys; pages at most what they hold; two lists add up.
TEST(Occupancy, WhatGathersCanRead) {
  const auto least = [](const std::string& ranks, const std::string& rest,
                        const std::map<std::string, std::int64_t>& extents) {
    const Cascade cascade = parsed_cascade(ranks, rest);
    return least_traffic_elements(cascade, resolve_extents(cascade, extents));
  };
  const std::string lists =
      "dynamic: {S: M}\ntensors: {X: [P, M], K: [E, M]}\noutputs: [Z]\n"
      "einsums: ['T[p,s], I[p,s] = topk[m] X[p,m]', 'Z[e,p,s] = K[e,I[p,s]]']\n";
  EXPECT_EQ(least("M: m, P: p, E: e, S: s", lists, {{"M", 100}, {"P", 4}, {"E", 2}, {"S", 3}}),
            400 + 2 * 12 + 2 * 12);
  EXPECT_EQ(least("M: m, P: p, E: e, S: s", lists, {{"M", 100}, {"P", 50}, {"E", 2}, {"S", 3}}),
            5000 + 2 * 100 + 2 * 150);
  const std::string pages =
      "dynamic: {S: B}\ntensors: {X: [B], K: [M]}\noutputs: [Z]\n"
      "einsums: ['T[s], I[s] = topk[b] X[b]', 'Z[s] = sum[c] K[16*I[s]+c]']\n";
  EXPECT_EQ(least("M: m, B: b, C: c, S: s", pages, {{"M", 160}, {"B", 10}, {"C", 16}, {"S", 3}}),
            10 + 48 + 3);
  const std::string both =
      "dynamic: {S: M, R: M}\ntensors: {X: [M], K: [M]}\noutputs: [Z, Y]\n"
      "einsums: ['T[s], I[s] = topk[m] X[m]', 'U[r], J[r] = topk[m] -X[m]', 'Z[s] = K[I[s]] * "
      "K[I[s]]', 'Y[r] = K[J[r]]']\n";
  EXPECT_EQ(least("M: m, S: s, R: r", both, {{"M", 50}, {"S", 6}, {"R", 7}}), 50 + 13 + 13);
  EXPECT_EQ(least("M: m, S: s, R: r", both, {{"M", 50}, {"S", 30}, {"R", 30}}), 50 + 50 + 60);
}

TEST(Occupancy, ADynamicRankOfAnother) {
  const Cascade cascade =
      parsed_cascade("M: m",
                     "dynamic: {S: M, R: S}\ntensors: {X: [M], Y: [M]}\noutputs: [Z]\n"
                     "einsums: ['T[s], I[s] = topk[m] X[m]', 'U[r], J[r] = topk[s] T[s]', 'Z[r] = "
                     "Y[I[J[r]]]']\n");
  const Extents extents = resolve_extents(cascade, {{"M", 20}});
  const auto points = counts_by_occupancy(cascade, extents, {{4, 20}, {2, 6}});
  ASSERT_EQ(points.size(), 4U);
  EXPECT_EQ(points[1].occupancies, (std::vector<std::int64_t>{4, 4}));  // no more than S holds
  EXPECT_EQ(work(points[0].counts, Work::max), 20 + 4);
  EXPECT_EQ(points[3].counts.least_traffic_elements, 20 + 6 + 6);
}

// A selection holds all that it selects; a row that is gathered is needed once.
TEST(Occupancy, LiveFootprint) {
  const Cascade cascade = parsed_cascade(
      "M: keys, E: width",
      "dynamic: {S: M}\ntensors: {X: [M], K: [E, M]}\noutputs: [Z]\neinsums: ['T[s], I[s] = "
      "topk[m] X[m]', 'G[e,s] = K[e,I[s]]', 'Z[s] = sum[e] G[e,s]']\n");
  const Extents extents = resolve_extents(cascade, {{"M", 100}, {"E", 8}, {"S", 10}});
  const LiveFootprint footprint = live_footprint(cascade, analyse_passes(cascade), extents);
  const auto live = [&](const char* name) {
    return footprint.tensors[cascade.tensor(name)].live_elements;
  };
  EXPECT_EQ(live("X"), 1);
  EXPECT_EQ(live("I"), 10);
  EXPECT_EQ(live("T"), 10);
  EXPECT_EQ(live("K"), 1);
  EXPECT_EQ(live("G"), 1);
}

TEST(Occupancy, PassesOverWhatIsSelected) {
  const Cascade cascade = test::shipped("attention-pruned");
  const PassAnalysis passes = analyse_passes(cascade);
  EXPECT_EQ(passes.passes[cascade.rank("M")], 3);
  EXPECT_EQ(passes.passes[cascade.rank("S")], 3);
  std::set<std::string> forced;
  for (const ForcedPass& one : passes.forced) {
    if (one.rank != cascade.rank("S")) continue;
    forced.insert(cascade.tensors[cascade.einsums[one.einsum].outputs[0].tensor].name + "<-" +
                  cascade.tensors[one.tensor].name);
  }
  EXPECT_EQ(forced, (std::set<std::string>{"NSN<-NGM", "NA<-NSD"}));
}

}  // namespace
}  // namespace weft::einsum
