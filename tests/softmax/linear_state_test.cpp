#include "models/softmax/linear_state.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/common/seed.hpp"

namespace weft::softmax {
namespace {

using Bytes = std::vector<std::int8_t>;
constexpr std::int32_t kOne = 1 << kDecayFraction;

TEST(LinearState, RoundsToEvenAndSaturates) {
  EXPECT_EQ(nearest_saturated(8, 4), 0) << "1/2 is a tie";
  EXPECT_EQ(nearest_saturated(9, 4), 1);
  EXPECT_EQ(nearest_saturated(24, 4), 2) << "3/2 is a tie";
  EXPECT_EQ(nearest_saturated(-8, 4), 0);
  EXPECT_EQ(nearest_saturated(-9, 4), -1);
  EXPECT_EQ(nearest_saturated(-24, 4), -2);
  EXPECT_EQ(nearest_saturated(std::int64_t{1} << 40, 4), INT32_MAX);
  EXPECT_EQ(nearest_saturated(-(std::int64_t{1} << 40), 4), INT32_MIN);
}

// Without decay the output is causal attention without a softmax, Σ (q·k)·v, exact.
TEST(LinearState, WithoutDecayIsTheSumOfProducts) {
  const std::uint64_t seed = weft::test::seed_or(13);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  constexpr std::size_t kWidth = 5;
  LinearState state(kWidth, kWidth);
  std::vector<Bytes> ks, vs;
  for (int t = 0; t < 20; ++t) {
    Bytes q(kWidth), k(kWidth), v(kWidth);
    for (Bytes* row : {&q, &k, &v}) {
      for (auto& x : *row) x = static_cast<std::int8_t>(random());
    }
    ks.push_back(k);
    vs.push_back(v);
    const auto out = state.step(q, k, v, kOne);
    for (std::size_t f = 0; f < kWidth; ++f) {
      std::int64_t expected = 0;
      for (std::size_t m = 0; m < ks.size(); ++m) {
        std::int64_t score = 0;
        for (std::size_t e = 0; e < kWidth; ++e) score += q[e] * ks[m][e];
        expected += score * vs[m][f];
      }
      ASSERT_EQ(out[f], expected) << t;
    }
  }
}

// With a decay it is Σ λ^(t−m)·(q·k)·v in double, but for half a place of the state a step.
TEST(LinearState, WithADecayFollowsDoublePrecision) {
  const std::uint64_t seed = weft::test::seed_or(14);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  constexpr std::size_t kWidth = 4;
  for (const std::int32_t decay : {0, 1, 30000, 63488, 65535}) {
    LinearState state(kWidth, 1);
    std::vector<double> exact(kWidth);
    const double lambda = static_cast<double>(decay) / kOne;
    for (int t = 0; t < 200; ++t) {
      Bytes q(kWidth), k(kWidth), v(1);
      for (Bytes* row : {&q, &k, &v}) {
        for (auto& x : *row) x = static_cast<std::int8_t>(random() % 41 - 20);
      }
      const auto out = state.step(q, k, v, decay);
      double o = 0;
      double off = 0.51;  // the output's own rounding, then what the state may be off by
      const double steps = std::fmin(t + 1, 1 / (1 - lambda));
      for (std::size_t e = 0; e < kWidth; ++e) {
        exact[e] = lambda * exact[e] + k[e] * v[0];
        o += q[e] * exact[e];
        off += std::abs(q[e]) * steps * 0.5 / (1 << kStateFraction);
      }
      ASSERT_NEAR(out[0], o, off) << "decay " << decay << " step " << t;
    }
  }
}

TEST(LinearState, SaturatesAtBothEnds) {
  LinearState state(1, 2);
  for (int t = 0; t < 40; ++t) state.step(Bytes{1}, Bytes{-128}, Bytes{-128, 127}, kOne);
  EXPECT_EQ(state.state()[0], INT32_MAX) << "40 · 16384 is above 2^19";
  EXPECT_EQ(state.state()[1], INT32_MIN);
  const auto out = state.step(Bytes{-128}, Bytes{0}, Bytes{0, 0}, kOne);
  EXPECT_EQ(out[0], -67108864) << "−128 · (2^31 − 1) / 4096, to the nearest";
  EXPECT_EQ(out[1], 67108864);
}

TEST(LinearState, RefusesOtherShapes) {
  LinearState state(2, 2);
  EXPECT_THROW(state.step(Bytes{1}, Bytes{1, 1}, Bytes{1, 1}, 0), ContractError);
  EXPECT_THROW(state.step(Bytes{1, 1}, Bytes{1, 1}, Bytes{1, 1}, kOne + 1), ContractError);
  EXPECT_THROW(state.step(Bytes{1, 1}, Bytes{1, 1}, Bytes{1, 1}, -1), ContractError);
  EXPECT_THROW(LinearState(0, 1), ContractError);
}

}  // namespace
}  // namespace weft::softmax
