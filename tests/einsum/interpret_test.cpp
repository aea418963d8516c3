// The interpreter against hand-computed cases, plain loops and the hand-written golden attention.
#include "models/einsum/interpret.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "models/softmax/attention.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::random_tensor;
using test::shipped;
using test::with_einsums;

std::uint64_t seed() {
  const char* given = std::getenv("WEFT_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : 20240610;
}

const std::vector<std::string> kAttention{
    "attention-3pass",        "attention-3pass-deferred-division",
    "attention-2pass",        "attention-1pass",
    "attention-3pass-causal", "attention-2pass-causal",
    "attention-1pass-causal"};

TEST(Interpret, MatrixProductByHand) {
  const Cascade cascade = shipped("matmul");
  const auto result =
      interpret(cascade, resolve_extents(cascade, {{"K", 3}, {"M", 2}, {"N", 2}}),
                {{"A", {{3, 2}, {1, 2, 3, 4, 5, 6}}}, {"B", {{3, 2}, {7, 8, 9, 10, 11, 12}}}});
  // A^T = [[1,3,5],[2,4,6]], B = [[7,8],[9,10],[11,12]].
  EXPECT_EQ(result.at("Z").shape, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(result.at("Z").data,
            (std::vector<double>{7 + 27 + 55, 8 + 30 + 60, 14 + 36 + 66, 16 + 40 + 72}));
}

// Two keys, scores 0 and ln 3: weights 1/4 and 3/4.
TEST(Interpret, AttentionByHand) {
  for (const std::string& name : kAttention) {
    const Cascade cascade = shipped(name);
    std::map<std::string, std::int64_t> extents{{"E", 1}, {"F", 1}, {"M", 2}, {"P", 1}};
    if (cascade.rank("M0") != kNone) extents["M0"] = 1;
    const auto result = interpret(
        cascade, resolve_extents(cascade, extents),
        {{"Q", {{1, 1}, {2}}}, {"K", {{1, 2}, {0, std::log(3.0)}}}, {"V", {{1, 2}, {4, 8}}}},
        {{"scale", 0.5}});
    EXPECT_NEAR(result.at("AV").data.at(0), 7.0, 1e-14) << name;
  }
}

TEST(Interpret, OnePassKeepsEveryGeneration) {
  const Cascade cascade = shipped("attention-1pass");
  const auto result = interpret(
      cascade, resolve_extents(cascade, {{"E", 1}, {"F", 1}, {"M", 3}, {"M0", 1}, {"P", 1}}),
      {{"Q", {{1, 1}, {1}}}, {"K", {{1, 3}, {1, 3, 2}}}, {"V", {{1, 3}, {1, 1, 1}}}});
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(result.at("RM").shape, (std::vector<std::int64_t>{4, 1}));
  EXPECT_EQ(result.at("RM").data, (std::vector<double>{-inf, 1, 3, 3}));
  EXPECT_NEAR(result.at("RD").data.at(3), std::exp(-2.0) + 1 + std::exp(-1.0), 1e-15);
}

TEST(Interpret, OperatorsAndScalars) {
  const Cascade cascade =
      with_einsums("scalars: {c: 3}\n",
                   "  - S[m,p] = -Q[e,p] * K[e,m] / (c + 1)\n"
                   "  - X[p] = min[m] S[m,p]\n"
                   "  - Y[p] = sum[m] max(S[m,p], 2 * c) - min(S[m,p], -inf + 0)\n"
                   "  - T = max[p] X[p]\n"
                   "  - Z[p] = X[p] + T\n");
  const auto result = interpret(cascade, resolve_extents(cascade, {{"E", 1}, {"M", 2}, {"P", 2}}),
                                {{"Q", {{1, 2}, {1, 2}}}, {"K", {{1, 2}, {4, -8}}}});
  EXPECT_EQ(result.at("S").data, (std::vector<double>{-1, -2, 2, 4}));
  EXPECT_EQ(result.at("X").data, (std::vector<double>{-1, -2}));
  EXPECT_EQ(result.at("T").data, (std::vector<double>{-1}));
  EXPECT_EQ(result.at("Z").data, (std::vector<double>{-2, -3}));
  EXPECT_EQ(result.at("Y").data.at(0), std::numeric_limits<double>::infinity());
}

TEST(Interpret, ReductionTakesWholeRightSideAndSmallestExtents) {
  const Cascade cascade = with_einsums("", "  - Z[p] = sum[e,m] Q[e,p] - K[e,m]\n");
  const auto result = interpret(cascade, resolve_extents(cascade, {{"E", 2}, {"M", 3}, {"P", 1}}),
                                {{"Q", {{2, 1}, {1, 2}}}, {"K", {{2, 3}, {1, 1, 1, 1, 1, 1}}}});
  EXPECT_EQ(result.at("Z").data, (std::vector<double>{3}));
}

TEST(Interpret, MaskComparisonsAreAsWritten) {
  const std::vector<std::pair<std::string, std::function<bool(int, int)>>> forms{
      {"m <= p", [](int m, int p) { return m <= p; }},
      {"m < p", [](int m, int p) { return m < p; }},
      {"m >= p + 1", [](int m, int p) { return m >= p + 1; }},
      {"2*m > p - 1", [](int m, int p) { return 2 * m > p - 1; }},
      {"m + p <= M", [](int m, int p) { return m + p <= 5; }},
      {"m - 2 <= 4*P - p - 9", [](int m, int p) { return m - 2 <= 12 - p - 9; }},
  };
  for (const auto& [text, holds] : forms) {
    const Cascade cascade =
        with_einsums("partitions: {M: [M1, M0]}\n",
                     "  - Z[m1,m0,p] = Q[e,p] * K[e,m1,m0] where " + text + " else -7\n");
    const auto result =
        interpret(cascade, resolve_extents(cascade, {{"E", 1}, {"M", 5}, {"M0", 2}, {"P", 3}}),
                  {{"Q", {{1, 3}, {1, 1, 1}}}, {"K", {{1, 5}, {1, 1, 1, 1, 1}}}});
    for (int m = 0; m < 5; ++m) {
      for (int p = 0; p < 3; ++p)
        EXPECT_EQ(result.at("Z").data.at(m * 3 + p), holds(m, p) ? 1 : -7)
            << text << " at m=" << m << " p=" << p;
    }
  }
}

TEST(Interpret, SlidingWindowAgainstPlainLoops) {
  const Cascade cascade = test::sliding_window();
  std::mt19937_64 random(seed());
  constexpr int kE = 3, kF = 2, kM = 11, kP = 9, kW = 4;
  const DenseTensor q = random_tensor({kE, kP}, random), k = random_tensor({kE, kM}, random),
                    v = random_tensor({kF, kM}, random);
  const auto result = interpret(
      cascade, resolve_extents(cascade, {{"E", kE}, {"F", kF}, {"M", kM}, {"P", kP}, {"W", kW}}),
      {{"Q", q}, {"K", k}, {"V", v}});
  for (int p = 0; p < kP; ++p) {
    std::vector<double> weights;
    for (int m = p; m < std::min(p + kW, kM); ++m) {
      double score = 0;
      for (int e = 0; e < kE; ++e) score += q.data[e * kP + p] * k.data[e * kM + m];
      weights.push_back(std::exp(score));
    }
    double sum = 0;
    for (const double w : weights) sum += w;
    for (int f = 0; f < kF; ++f) {
      double expected = 0;
      for (std::size_t w = 0; w < weights.size(); ++w)
        expected += weights[w] / sum * v.data[f * kM + p + static_cast<int>(w)];
      EXPECT_NEAR(result.at("AV").data.at(f * kP + p), expected, 1e-13);
    }
  }
}

// X reads the generation before, RM what X makes of it: the two run together, generation by
// generation.
TEST(Interpret, EinsumsThatNeedOneAnotherAdvanceTogether) {
  const Cascade cascade = with_einsums("initial: {RM: 1}\n",
                                       "  - X[m,p] = RM[m,p] * 2\n"
                                       "  - S[m,p] = Q[e,p] * K[e,m]\n"
                                       "  - RM[m+1,p] = X[m,p] + S[m,p]\n"
                                       "  - Z[p] = RM[M,p]\n");
  const auto result = interpret(cascade, resolve_extents(cascade, {{"E", 1}, {"M", 3}, {"P", 2}}),
                                {{"Q", {{1, 2}, {1, 10}}}, {"K", {{1, 3}, {1, 2, 3}}}});
  // ((1·2 + 1)·2 + 2)·2 + 3 and the same with tenfold scores.
  EXPECT_EQ(result.at("Z").data, (std::vector<double>{19, ((1 * 2 + 10) * 2 + 20) * 2 + 30}));
}

TEST(Interpret, RefusesInputsThatDoNotFit) {
  const Cascade cascade = shipped("matmul");
  const Extents extents = resolve_extents(cascade, {{"K", 2}, {"M", 1}, {"N", 1}});
  const auto message = [&](const std::map<std::string, DenseTensor>& inputs,
                           const std::map<std::string, double>& scalars = {}) {
    try {
      interpret(cascade, extents, inputs, scalars);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  const DenseTensor good{{2, 1}, {1, 2}};
  EXPECT_EQ(message({{"A", good}, {"B", good}}), "no error");
  EXPECT_NE(message({{"A", good}}).find("B: missing input of shape [2, 1]"), std::string::npos);
  EXPECT_NE(message({{"A", good}, {"B", {{1, 2}, {1, 2}}}}).find("must have shape [2, 1]"),
            std::string::npos);
  EXPECT_NE(message({{"A", good}, {"B", {{2, 1}, {1}}}}).find("1 values are given"),
            std::string::npos);
  EXPECT_NE(message({{"A", good}, {"B", good}, {"BB", good}}).find("did you mean 'B'"),
            std::string::npos);
  EXPECT_NE(message({{"A", good}, {"B", good}}, {{"scale", 1}}).find("no scalar"),
            std::string::npos);
}

struct Attention {
  std::int64_t e, f, m, p, m0;
  bool causal;
};

Attention random_shape(std::mt19937_64& random, bool causal) {
  const auto upto = [&](std::uint64_t most) {
    return static_cast<std::int64_t>(1 + random() % most);
  };
  const auto sometimes_one = [&](std::uint64_t most) { return random() % 5 == 0 ? 1 : upto(most); };
  Attention shape{sometimes_one(12), sometimes_one(12), sometimes_one(40),
                  sometimes_one(24), sometimes_one(12), causal};
  if (causal && shape.m < shape.p) std::swap(shape.m, shape.p);
  return shape;
}

std::vector<double> transposed(const DenseTensor& tensor) {
  std::vector<double> data(tensor.data.size());
  const std::int64_t rows = tensor.shape[0], columns = tensor.shape[1];
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c)
      data[static_cast<std::size_t>(c * rows + r)] =
          tensor.data[static_cast<std::size_t>(r * columns + c)];
  }
  return data;
}

TEST(Interpret, AllAttentionCascadesAgainstGoldenAttention) {
  std::mt19937_64 random(seed());
  std::int64_t compared = 0;
  int partial = 0, uneven = 0, ones = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const bool causal = trial % 2 == 1;
    const Attention shape = random_shape(random, causal);
    const DenseTensor q = random_tensor({shape.e, shape.p}, random),
                      k = random_tensor({shape.e, shape.m}, random),
                      v = random_tensor({shape.f, shape.m}, random);
    const double scale = 1 / std::sqrt(static_cast<double>(shape.e));
    const softmax::AttentionShape golden{.seq_q = shape.p,
                                         .seq_kv = shape.m,
                                         .width_qk = shape.e,
                                         .width_v = shape.f,
                                         .causal = causal};
    const std::vector<double> expected =
        softmax::attention(transposed(q), transposed(k), transposed(v), golden, scale);
    double largest = 0;
    for (const double x : expected) largest = std::max(largest, std::abs(x));
    partial += shape.m % shape.m0 != 0 ? 1 : 0;
    uneven += shape.m != shape.p ? 1 : 0;
    ones += std::min({shape.e, shape.f, shape.m, shape.p, shape.m0}) == 1 ? 1 : 0;
    for (const std::string& name : kAttention) {
      const Cascade cascade = shipped(name);
      if ((name.find("causal") != std::string::npos) != causal) continue;
      std::map<std::string, std::int64_t> extents{
          {"E", shape.e}, {"F", shape.f}, {"M", shape.m}, {"P", shape.p}};
      if (cascade.rank("M0") != kNone) extents["M0"] = shape.m0;
      const auto result = interpret(cascade, resolve_extents(cascade, extents),
                                    {{"Q", q}, {"K", k}, {"V", v}}, {{"scale", scale}});
      const std::vector<double> found = transposed(result.at("AV"));
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_LE(std::abs(found[i] - expected[i]), 1e-12 * largest)
            << name << " seed " << seed() << " trial " << trial << " E=" << shape.e
            << " F=" << shape.f << " M=" << shape.m << " P=" << shape.p << " M0=" << shape.m0;
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 10000);
  EXPECT_GT(partial, 20);
  EXPECT_GT(uneven, 20);
  EXPECT_GT(ones, 20);
}

}  // namespace
}  // namespace weft::einsum
