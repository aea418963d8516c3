// Passes, forced passes, footprint and traffic of the shipped cascades against the figures of the literature.
#include <gtest/gtest.h>
#include <algorithm>
#include <utility>

#include "models/einsum/analysis.hpp"
#include "models/einsum/load.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::shipped;
using test::with_einsums;

int passes_over(const Cascade& cascade, const std::string& rank) { return analyse_passes(cascade).passes[cascade.rank(rank)]; }

int pass_of(const Cascade& cascade, const std::string& tensor, const std::string& rank) {
  return analyse_passes(cascade).pass[cascade.einsum(tensor)][cascade.rank(rank)];
}

std::string forced_text(const Cascade& cascade) {
  std::string text;
  for (const ForcedPass& forced : analyse_passes(cascade).forced) {
    text += cascade.ranks[forced.rank].name + std::to_string(forced.pass) + ":" +
            cascade.tensors[cascade.einsums[forced.einsum].outputs[0].tensor].name + "<-" + cascade.tensors[forced.tensor].name + " ";
  }
  return text;
}

struct Expected {
  const char* name;
  int over_m;
  int within_m0;  // 0: not partitioned
  const char* forced;
};

class ShippedPasses : public testing::TestWithParam<Expected> {};

TEST_P(ShippedPasses, AsPublished) {
  const Cascade cascade = shipped(GetParam().name);
  EXPECT_EQ(passes_over(cascade, "M"), GetParam().over_m);
  EXPECT_EQ(passes_over(cascade, "E"), 1);
  EXPECT_EQ(passes_over(cascade, "F"), 1);
  EXPECT_EQ(passes_over(cascade, "P"), 1);
  EXPECT_EQ(forced_text(cascade), GetParam().forced);
  if (GetParam().within_m0 > 0) {
    EXPECT_EQ(passes_over(cascade, "M0"), GetParam().within_m0);
    EXPECT_EQ(passes_over(cascade, "M1"), GetParam().over_m);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ShippedPasses,
                         testing::Values(Expected{"attention-3pass", 3, 0, "M2:SN<-GM M3:A<-SD "},
                                         Expected{"attention-3pass-causal", 3, 0, "M2:SN<-GM M3:A<-SD "},
                                         Expected{"attention-3pass-deferred-division", 2, 0, "M2:SN<-GM "},
                                         Expected{"attention-2pass", 2, 2, "M2:PLM<-GM M02:SLN<-LM "},
                                         Expected{"attention-2pass-causal", 2, 2, "M2:PLM<-GM M02:SLN<-LM "},
                                         Expected{"attention-1pass", 1, 2, "M02:SLN<-LM "},
                                         Expected{"attention-1pass-causal", 1, 2, "M02:SLN<-LM "}),
                         [](const auto& test) {
                           std::string name = test.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Passes, EveryEinsumOfTheThreePassCascade) {
  const Cascade cascade = shipped("attention-3pass");
  const std::vector<std::pair<std::string, int>> expected{{"QK", 1}, {"GM", 1}, {"SN", 2}, {"SD", 2}, {"A", 3}, {"AV", 3}};
  for (const auto& [tensor, pass] : expected) EXPECT_EQ(pass_of(cascade, tensor, "M"), pass) << tensor;
}

TEST(Passes, EveryEinsumOfTheOnePassCascadeWithinAPartition) {
  const Cascade cascade = shipped("attention-1pass");
  const std::vector<std::pair<std::string, int>> expected{{"BQK", 1},  {"LM", 1},  {"RM", 1},  {"SLN", 2}, {"SLD", 2},
                                                          {"SLNV", 2}, {"PRM", 1}, {"SPD", 1}, {"RD", 2},  {"RNV", 2}};
  for (const auto& [tensor, pass] : expected) EXPECT_EQ(pass_of(cascade, tensor, "M0"), pass) << tensor;
  for (const Einsum& einsum : cascade.einsums)
    EXPECT_EQ(pass_of(cascade, cascade.tensors[einsum.outputs[0].tensor].name, "M"), 1) << einsum.text;
}

TEST(Passes, MatrixProductTakesOne) {
  const Cascade cascade = shipped("matmul");
  for (const char* rank : {"K", "M", "N"}) EXPECT_EQ(passes_over(cascade, rank), 1);
  EXPECT_TRUE(analyse_passes(cascade).forced.empty());
}

// Numerators against the maximum of the tiles before: no second traversal of a tile.
TEST(Passes, ReadingTheGenerationBeforeNeedsNoSecondPassWithinAPartition) {
  const std::string head = "partitions: {M: [M1, M0]}\ninitial: {RM: -inf}\n";
  const std::string body =
      "  - B[m1,m0,p] = Q[e,p] * K[e,m1,m0]\n"
      "  - L[m1,p] = max[m0] B[m1,m0,p]\n"
      "  - RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n";
  const Cascade newest = with_einsums(head, body + "  - Z[m1,m0,p] = exp(B[m1,m0,p] - RM[m1+1,p])\n");
  const Cascade before = with_einsums(head, body + "  - Z[m1,m0,p] = exp(B[m1,m0,p] - RM[m1,p])\n");
  const Cascade last = with_einsums(head, body + "  - Z[m1,m0,p] = exp(B[m1,m0,p] - RM[M1,p])\n");
  EXPECT_EQ(passes_over(newest, "M"), 1);
  EXPECT_EQ(passes_over(newest, "M0"), 2);
  EXPECT_EQ(passes_over(before, "M"), 1);
  EXPECT_EQ(passes_over(before, "M0"), 1);
  EXPECT_EQ(passes_over(last, "M"), 2);
  EXPECT_EQ(passes_over(last, "M0"), 1);
  EXPECT_EQ(forced_text(last), "M2:Z<-RM ");
}

TEST(Passes, AReductionOverTheOuterPartitionCompletesTheWholeRank) {
  const Cascade cascade = with_einsums("partitions: {M: [M1, M0]}\n",
                                       "  - B[m1,m0,p] = Q[e,p] * K[e,m1,m0]\n"
                                       "  - X[m0,p] = sum[m1] B[m1,m0,p]\n"
                                       "  - Z[m1,m0,p] = B[m1,m0,p] / X[m0,p]\n");
  EXPECT_EQ(passes_over(cascade, "M"), 2);
  EXPECT_EQ(passes_over(cascade, "M0"), 1);
}

TEST(Passes, ThreeLevelsOfPartitions) {
  const Cascade cascade = with_einsums("partitions: {M: [M2, M1, M0]}\n",
                                       "  - B[m2,m1,m0,p] = Q[e,p] * K[e,m2,m1,m0]\n"
                                       "  - X[m2,m1,p] = max[m0] B[m2,m1,m0,p]\n"
                                       "  - Y[m2,m1,m0,p] = B[m2,m1,m0,p] - X[m2,m1,p]\n"
                                       "  - W[m2,p] = max[m1] X[m2,m1,p]\n"
                                       "  - Z[m2,m1,m0,p] = Y[m2,m1,m0,p] - W[m2,p]\n");
  EXPECT_EQ(passes_over(cascade, "M"), 1);
  EXPECT_EQ(passes_over(cascade, "M1"), 2);
  EXPECT_EQ(passes_over(cascade, "M0"), 2);
  EXPECT_EQ(pass_of(cascade, "Z", "M0"), 1);  // in its own pass over M1, the first traversal of M0
}

TEST(Passes, SlidingWindow) {
  const Cascade cascade = test::sliding_window();
  EXPECT_EQ(passes_over(cascade, "W"), 3);
  EXPECT_EQ(passes_over(cascade, "P"), 1);
  EXPECT_EQ(passes_over(cascade, "M"), 0);  // no variable ranges over it
}

TEST(Footprint, ThreePassKeepsWholeFibresOnePassOneTile) {
  const Cascade three = shipped("attention-3pass");
  const Extents e3 = resolve_extents(three, {{"E", 8}, {"F", 8}, {"M", 1000}, {"P", 64}});
  const auto find = [](const Cascade& cascade, const Extents& extents, const std::string& name) {
    for (const Footprint& footprint : live_footprint(cascade, analyse_passes(cascade), extents)) {
      if (cascade.tensors[footprint.tensor].name == name) return footprint.live_elements;
    }
    return std::int64_t{-1};
  };
  EXPECT_EQ(find(three, e3, "QK"), 1000);  // used in pass 1 and in pass 2
  EXPECT_EQ(find(three, e3, "SN"), 1000);
  EXPECT_EQ(find(three, e3, "A"), 1);  // made and used in pass 3
  EXPECT_EQ(find(three, e3, "GM"), 1);
  EXPECT_EQ(find(three, e3, "AV"), -1);  // no intermediate

  const Cascade one = shipped("attention-1pass");
  const Extents e1 = resolve_extents(one, {{"E", 8}, {"F", 8}, {"M", 1000}, {"M0", 16}, {"P", 64}});
  EXPECT_EQ(find(one, e1, "BQK"), 16);  // one tile, whatever the length
  EXPECT_EQ(find(one, e1, "SLN"), 1);
  EXPECT_EQ(find(one, e1, "RM"), 2);  // PRM needs two generations at once
  EXPECT_EQ(find(one, e1, "RD"), 1);

  const Cascade two = shipped("attention-2pass");
  const Extents e2 = resolve_extents(two, {{"E", 8}, {"F", 8}, {"M", 1000}, {"M0", 16}, {"P", 64}});
  EXPECT_EQ(find(two, e2, "LM"), 63);  // ceil(1000 / 16) partitions wait for the global maximum
  EXPECT_EQ(find(two, e2, "SLD"), 63);
  EXPECT_EQ(find(two, e2, "BQK"), 16);
}

TEST(Traffic, InputsOnceAndOutputsOnce) {
  for (const char* name : {"attention-3pass", "attention-2pass", "attention-1pass"}) {
    const Cascade cascade = shipped(name);
    std::map<std::string, std::int64_t> extents{{"E", 8}, {"F", 4}, {"M", 100}, {"P", 7}};
    if (cascade.rank("M0") != kNone) extents["M0"] = 16;
    EXPECT_EQ(least_traffic_elements(cascade, resolve_extents(cascade, extents)), 8 * 7 + 8 * 100 + 4 * 100 + 4 * 7) << name;
  }
}

}  // namespace
}  // namespace weft::einsum
