// Passes, forced passes, footprint and traffic of the shipped cascades against the figures of the
// literature.
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

int passes_over(const Cascade& cascade, const std::string& rank) {
  return analyse_passes(cascade).passes[cascade.rank(rank)];
}

int pass_of(const Cascade& cascade, const std::string& tensor, const std::string& rank) {
  return analyse_passes(cascade).pass[cascade.einsum(tensor)][cascade.rank(rank)];
}

std::string forced_text(const Cascade& cascade) {
  std::string text;
  for (const ForcedPass& forced : analyse_passes(cascade).forced) {
    text += cascade.ranks[forced.rank].name + std::to_string(forced.pass) + ":" +
            cascade.tensors[cascade.einsums[forced.einsum].outputs[0].tensor].name + "<-" +
            cascade.tensors[forced.tensor].name + " ";
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

INSTANTIATE_TEST_SUITE_P(
    All, ShippedPasses,
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
  const std::vector<std::pair<std::string, int>> expected{{"QK", 1}, {"GM", 1}, {"SN", 2},
                                                          {"SD", 2}, {"A", 3},  {"AV", 3}};
  for (const auto& [tensor, pass] : expected)
    EXPECT_EQ(pass_of(cascade, tensor, "M"), pass) << tensor;
}

TEST(Passes, EveryEinsumOfTheOnePassCascadeWithinAPartition) {
  const Cascade cascade = shipped("attention-1pass");
  const std::vector<std::pair<std::string, int>> expected{
      {"BQK", 1},  {"LM", 1},  {"RM", 1},  {"SLN", 2}, {"SLD", 2},
      {"SLNV", 2}, {"PRM", 1}, {"SPD", 1}, {"RD", 2},  {"RNV", 2}};
  for (const auto& [tensor, pass] : expected)
    EXPECT_EQ(pass_of(cascade, tensor, "M0"), pass) << tensor;
  for (const Einsum& einsum : cascade.einsums)
    EXPECT_EQ(pass_of(cascade, cascade.tensors[einsum.outputs[0].tensor].name, "M"), 1)
        << einsum.text;
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
  const Cascade newest =
      with_einsums(head, body + "  - Z[m1,m0,p] = exp(B[m1,m0,p] - RM[m1+1,p])\n");
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
  EXPECT_EQ(passes_over(cascade, "M"), 1);  // the window slides over it once, with the queries
}

// A maximum over windows, then over all windows, then the input again: M is reached by 2·p + w
// alone.
TEST(Passes, PoolingReachesARankByItsIndicesAlone) {
  const std::string head =
      "description: pooling\nsource: test\nranks: {M: positions, P: windows, W: window}\ntensors: "
      "{X: [M]}\noutputs: [Z]\neinsums:\n"
      "  - Y[p] = max[w] X[2*p+w]\n";
  const Cascade once = parse_cascade(head + "  - Z[p] = Y[p] * X[2*p]\n", "pool.yaml");
  EXPECT_EQ(passes_over(once, "M"), 1);
  EXPECT_EQ(passes_over(once, "P"), 1);
  const Cascade again =
      parse_cascade(head + "  - T = sum[p] Y[p]\n  - Z[p] = X[2*p] / T\n", "pool.yaml");
  EXPECT_EQ(passes_over(again, "M"), 2);
  EXPECT_EQ(passes_over(again, "P"), 2);
  EXPECT_EQ(forced_text(again), "M2:Z<-Y P2:Z<-T ");
  // Only what was made of the windows is read again, not M.
  const Cascade pooled =
      parse_cascade(head + "  - T = sum[p] Y[p]\n  - Z[p] = Y[p] / T\n", "pool.yaml");
  EXPECT_EQ(passes_over(pooled, "M"), 1);
  EXPECT_EQ(passes_over(pooled, "P"), 2);
}

Cascade along_m(const std::string& initial, const std::string& einsums) {
  return parse_cascade(
      "description: scans\nsource: test\nranks: {M: positions}\ntensors: {A: [M]}\noutputs: [Z]\n" +
          initial + "einsums:\n" + einsums,
      "scans.yaml");
}

// A tensor read from its end waits for all of it.
TEST(Passes, OppositeScansJoinedTakeTwo) {
  const std::string both = "initial: {L: 0, R: 0}\n";
  const Cascade joined = along_m(both,
                                 "  - L[m+1] = L[m] + A[m]\n  - R[m+1] = R[m] + A[15-m]\n"
                                 "  - B[m] = R[m+1] * 1\n  - Z[m] = L[m+1] * B[15-m]\n");
  EXPECT_EQ(passes_over(joined, "M"), 2);
  // The input is walked both ways, which no single traversal does; read one way only, it is.
  const Cascade paired = along_m(
      both, "  - L[m+1] = L[m] + A[m]\n  - R[m+1] = R[m] + A[15-m]\n  - Z[m] = L[m+1] * R[m+1]\n");
  EXPECT_EQ(passes_over(paired, "M"), 2);
  EXPECT_EQ(forced_text(paired), "M2:R<-A ");
  const Cascade backwards =
      along_m("initial: {R: 0}\n", "  - R[m+1] = R[m] + A[15-m]\n  - Z[m] = R[m+1] * 2\n");
  EXPECT_EQ(passes_over(backwards, "M"), 1);
  const Cascade same = along_m(
      both, "  - L[m+1] = L[m] + A[m]\n  - R[m+1] = R[m] + A[m]\n  - Z[m] = L[m+1] * R[m+1]\n");
  EXPECT_EQ(passes_over(same, "M"), 1);
}

TEST(Passes, AnInputWalkedBackwardsFirstCostsNoFurtherPass) {
  const Cascade cascade =
      along_m("initial: {R: 0}\n", "  - R[m+1] = R[m] + A[15-m]\n  - Z[m] = A[m] / R[M]\n");
  EXPECT_EQ(passes_over(cascade, "M"), 2);
  EXPECT_EQ(forced_text(cascade), "M2:Z<-R ");
}

// A state that is reduced over its own rank in each generation (the delta rule): two traversals of
// E a generation.
TEST(Passes, AStateReducedInEachGeneration) {
  const Cascade cascade = parse_cascade(
      "description: delta rule\nsource: test\nranks: {E: width, M: steps}\ntensors: {K: [E, M], Q: "
      "[E, M]}\noutputs: [Z]\n"
      "initial: {N: 1}\neinsums:\n"
      "  - Y[m] = N[m,e] * K[e,m]\n"
      "  - N[m+1,e] = N[m,e] - Y[m] * K[e,m]\n"
      "  - Z[m] = N[m+1,e] * Q[e,m]\n",
      "delta.yaml");
  EXPECT_EQ(passes_over(cascade, "M"), 1);
  EXPECT_EQ(passes_over(cascade, "E"), 2);
  EXPECT_EQ(forced_text(cascade), "E2:N<-Y ");
  EXPECT_EQ(pass_of(cascade, "Y", "E"), 1);
  EXPECT_EQ(pass_of(cascade, "Z", "E"), 2);
}

TEST(Traffic, InputsOnceAndOutputsOnce) {
  for (const char* name : {"attention-3pass", "attention-2pass", "attention-1pass"}) {
    const Cascade cascade = shipped(name);
    std::map<std::string, std::int64_t> extents{{"E", 8}, {"F", 4}, {"M", 100}, {"P", 7}};
    if (cascade.rank("M0") != kNone) extents["M0"] = 16;
    EXPECT_EQ(least_traffic_elements(cascade, resolve_extents(cascade, extents)),
              8 * 7 + 8 * 100 + 4 * 100 + 4 * 7)
        << name;
  }
}

}  // namespace
}  // namespace weft::einsum
