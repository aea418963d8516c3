#include "models/softmax/fixed_point.hpp"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "tests/common/seed.hpp"

namespace weft::softmax {
namespace {

using Exact = boost::multiprecision::cpp_bin_float_50;

TEST(FixedPoint, ExponentialIsWithinTheSeriesTruncation) {
  const std::uint64_t seed = weft::test::seed_or(6);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> uniform(-87, 0);
  double worst = 0;
  for (int i = 0; i < 40000; ++i) {
    const float x = i < 2000 ? static_cast<float>(-i) / 1000 : uniform(random);
    const Exact exact = boost::multiprecision::exp(Exact(x));
    worst = std::fmax(worst, std::fabs(static_cast<double>(Exact(exp5(x)) / exact - 1)));
  }
  // What the series leaves out, r^6/720·(1 + r/7), over e^r at r = −ln(2)/2 is 3.24e-6.
  EXPECT_LT(worst, 3.4e-6);
  EXPECT_GT(worst, 3.0e-6) << "of the 5th order, no higher";
}

TEST(FixedPoint, ExponentialAtItsEnds) {
  EXPECT_EQ(exp5(0.0F), 1.0F);
  EXPECT_EQ(exp5(-0.0F), 1.0F);
  EXPECT_EQ(exp5(-88.0F), 0.0F);
  for (const float x : {-126.0F, -127.0F, -1e4F, -1e7F, -1e30F, -3e38F})
    EXPECT_EQ(exp5(x), 0.0F) << x;
  float before = 0;
  for (float x = -90; x <= 0; x += 0.0625F) {
    EXPECT_GE(exp5(x), before) << x;
    EXPECT_LE(exp5(x), 1.0F) << x;
    before = exp5(x);
  }
}

// The series by hand at x = −1/4, in which n = 0: r = x, Σ xⁱ/i! up to i = 5 is
// 1 − 0.25 + 0.03125 − 0.0026041667 + 0.0001627604 − 0.0000081380 = 0.7788004557.
TEST(FixedPoint, ExponentialIsTheSeries) {
  EXPECT_NEAR(exp5(-0.25F), 0.7788004557, 6e-8);
  EXPECT_NE(exp5(-0.25F), static_cast<float>(std::exp(-0.25))) << "2.2e-7 of the 6th order less";
}

TEST(FixedPoint, SumHasEightLanesAndATree) {
  // 2^24 + 1 is no fp32: what is lost tells who was added to whom.
  LaneSum together;  // positions 0 and 8 are one lane: each 1 is lost
  LaneSum apart;     // positions 0 and 4 meet in the tree, with what 4 gathered
  for (int i = 0; i < 24; ++i) {
    together.add(i == 0 ? 16777216.0F : i % 8 == 0 ? 1.0F : 0.0F);
    apart.add(i == 0 ? 16777216.0F : i % 8 == 4 ? 1.0F : 0.0F);
  }
  EXPECT_EQ(together.total(), 16777216.0F);
  EXPECT_EQ(apart.total(), 16777220.0F) << "3 is a tie between 2 and 4, to even";
}

TEST(FixedPoint, RequantisesToNearestEven) {
  EXPECT_EQ(requantise(0.0F), 0);
  EXPECT_EQ(requantise(1.0F), 4095);
  EXPECT_EQ(requantise(0.5F), 2048) << "2047.5 is a tie";
  EXPECT_EQ(requantise(0.5F, 4), 8) << "7.5 is a tie";
  EXPECT_EQ(requantise(1.0F / 8190 * 0.999F), 0);
  EXPECT_EQ(requantise(1.0F / 8190 * 1.001F), 1);
  for (int i = 0; i <= 4095; ++i) ASSERT_EQ(requantise(static_cast<float>(i) / 4095.0F), i);
}

TEST(FixedPoint, ProductsAreExact) {
  std::vector<std::int16_t> a(33, 2047);
  std::vector<std::int16_t> b(33, -2047);
  EXPECT_EQ(dot(a, b), -33 * 2047 * 2047);
  std::fill(a.begin(), a.end(), std::int16_t{32767});
  std::fill(b.begin(), b.end(), std::int16_t{-32767});
  EXPECT_EQ(dot_wide(a, b), std::int64_t{-33} * 32767 * 32767);
}

TEST(FixedPoint, ScalesAreRoundedOnce) {
  EXPECT_EQ(score_scale(0.5F, 0.25F, 0.125, 4), 0.25F);
  EXPECT_EQ(dequantise(-1000, 0.25F), -250.0F);
  EXPECT_EQ(dequantise((std::int64_t{1} << 24) + 1, 1.0F), 16777216.0F);
  EXPECT_EQ(output_scale(4095.0F, 4095), 1.0F);
  EXPECT_EQ(output_scale(1.0F, 0), 0.0F);
}

// A row at once has the bits of its functions one by one.
TEST(FixedPoint, ARowIsItsStepsOneByOne) {
  const std::uint64_t seed = weft::test::seed_or(13);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (const float spread : {1e-38F, 1e-3F, 3.0F, 60.0F, 1e4F, 1e30F}) {
    std::uniform_real_distribution<float> uniform(-spread, spread);
    for (std::size_t count = 1; count < 80; count += 1 + count / 9) {
      std::vector<float> scores(count);
      for (float& x : scores) x = numerics::flush(uniform(random));
      for (const int bits : {4, 12}) {
        ProbabilityRow row;
        probabilities(scores, bits, row);
        const float top = *std::max_element(scores.begin(), scores.end());
        LaneSum sum;
        for (const float x : scores) sum.add(exp5(numerics::subtract(x, top)));
        for (std::size_t i = 0; i < count; ++i) {
          const float e = exp5(numerics::subtract(scores[i], top));
          ASSERT_EQ(row.integers[i], requantise(probability(e, sum.total()), bits));
        }
        ASSERT_EQ(row.largest, probability(1.0F, sum.total()));
      }
    }
  }
}

TEST(FixedPoint, ManyProductsAreOneByOne) {
  std::mt19937_64 random(14);
  for (const std::size_t width : {1u, 31u, 32u, 64u, 100u}) {
    std::vector<std::int16_t> a(width);
    std::vector<std::int16_t> rows(width * 7);
    for (auto& x : a) x = static_cast<std::int16_t>(random() % 4095 - 2047);
    for (auto& x : rows) x = static_cast<std::int16_t>(random() % 4095 - 2047);
    std::vector<std::int32_t> out(7);
    dots(a, rows, out);
    for (std::size_t r = 0; r < out.size(); ++r) {
      std::int64_t sum = 0;
      for (std::size_t e = 0; e < width; ++e) sum += std::int64_t{a[e]} * rows[r * width + e];
      ASSERT_EQ(out[r], sum);
      ASSERT_EQ(dot(a, std::span<const std::int16_t>(rows).subspan(r * width, width)), sum);
      ASSERT_EQ(dot_wide(a, std::span<const std::int16_t>(rows).subspan(r * width, width)), sum);
    }
  }
}

// Against double precision: no probability is off by more than half a step and the exponential's
// error, whatever the row.
TEST(FixedPoint, ProbabilitiesAreThoseOfDoublePrecision) {
  const std::uint64_t seed = weft::test::seed_or(7);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (const float spread : {0.01F, 1.0F, 10.0F, 80.0F}) {
    std::uniform_real_distribution<float> uniform(-spread, spread);
    for (const std::size_t count : {1u, 7u, 8u, 9u, 500u}) {
      std::vector<float> scores(count);
      for (float& x : scores) x = uniform(random);
      ProbabilityRow row;
      probabilities(scores, 12, row);
      double total = 0;
      double largest = 0;
      for (const float x : scores) total += std::exp(static_cast<double>(x));
      for (std::size_t i = 0; i < count; ++i) {
        const double p = std::exp(static_cast<double>(scores[i])) / total;
        largest = std::fmax(largest, p);
        ASSERT_NEAR(row.integers[i], p * 4095, 0.5 + 4095 * 1e-5) << spread << " " << count;
      }
      ASSERT_NEAR(row.largest, largest, 1e-5 * largest);
    }
  }
  ProbabilityRow empty;
  probabilities({}, 12, empty);
  EXPECT_TRUE(empty.integers.empty());
}

}  // namespace
}  // namespace weft::softmax
