#include "models/numerics/exp_fp32.hpp"

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>

#include "tests/numerics/exact_fp32.hpp"

namespace weft::numerics {
namespace {

using ExactExp = boost::multiprecision::cpp_bin_float_quad;
constexpr std::uint64_t kExpSeed = 11;
constexpr double kLn2 = 0.69314718055994530942;

ExactExp power(float x, float c) { return boost::multiprecision::exp2(ExactExp(x) * ExactExp(c)); }

// The worst relative error of `exp_of(x, c)` against 2^(x·c) over float arguments whose product
// lies in (−126, 0].
template <class ExpOf>
double worst_error(float c, ExpOf&& exp_of) {
  double worst = 0;
  int compared = 0;
  const auto visit = [&](std::uint32_t bits) {
    const float x = -float_of(bits);
    if (static_cast<double>(x) * static_cast<double>(c) <= -126.0) return;
    const ExactExp truth = power(x, c);
    worst = std::max(worst, static_cast<double>(abs(ExactExp(exp_of(x, c)) - truth) / truth));
    ++compared;
  };
  // Binades that matter: from products near 2^-16 to 2^7; then small ones sparsely.
  const int top = std::ilogb(126.0 / static_cast<double>(c));
  for (int exponent = top - 12; exponent <= top; ++exponent) {
    const auto first = static_cast<std::uint32_t>(exponent + 127) << 23;
    for (std::uint32_t step = 0; step < (1u << 23); step += 2749) visit(first + step);
  }
  for (std::uint32_t bits = 0x00800000u; bits < 0x3C000000u; bits += 999983u) visit(bits);
  EXPECT_GT(compared, 36000);
  return worst;
}

TEST(SoftmaxScale, IsTheNearestFloat) {
  using boost::multiprecision::cpp_bin_float_50;
  for (const double scale :
       {1.0, 0.125, 1 / std::sqrt(32.0), 1 / std::sqrt(128.0), 0.37, 1e-3, 40.0}) {
    const cpp_bin_float_50 truth =
        cpp_bin_float_50(scale) / boost::multiprecision::log(cpp_bin_float_50(2));
    EXPECT_EQ(softmax_scale_log2e(scale), static_cast<float>(truth)) << scale;
  }
  EXPECT_THROW(softmax_scale_log2e(std::numeric_limits<double>::infinity()), ContractError);
  EXPECT_THROW(softmax_scale_log2e(1e39), ContractError);
}

TEST(ExpMaccs, ErrorAgainstMultiprecision) {
  for (const double scale : {1.0, 0.125, 1 / std::sqrt(128.0), 1 / std::sqrt(32.0)}) {
    const float c = softmax_scale_log2e(scale);
    const double worst = worst_error(c, [](float x, float s) { return exp_maccs(x, s); });
    EXPECT_LE(worst, 2.96e-6) << "scale " << scale;
    EXPECT_GE(worst, 2.7e-6) << "better than the polynomial can be: the sweep misses its extremes";
  }
}

// The steps with each MACC done in exact arithmetic and the constants of the page.
TEST(ExpMaccs, EveryStepIsThePages) {
  std::mt19937_64 random(kExpSeed);
  int normal = 0;
  for (int i = 0; i < 30000; ++i) {
    const float c = softmax_scale_log2e(1 / std::sqrt(static_cast<double>(1 + random() % 256)));
    const double product = static_cast<double>(random() >> 11) * 0x1p-53 * 260 - 130;
    const float x = i % 4 == 0 ? exact::any_float(random)
                               : static_cast<float>(product / static_cast<double>(c));
    const float result = exp_maccs(x, c);
    ASSERT_EQ(bits_of(result), exact::word(exact::exp_maccs(x, c)))
        << std::hexfloat << x << ' ' << c << " seed " << kExpSeed << " draw " << i;
    normal += std::isnormal(result) ? 1 : 0;
  }
  EXPECT_GT(normal, 20000);
}

TEST(ExpMaccs, NeverAboveOneForArgumentsNotAboveZero) {
  int compared = 0;
  for (const double scale : {1.0, 0.125, 1 / std::sqrt(128.0)}) {
    const float c = softmax_scale_log2e(scale);
    for (std::uint32_t bits = 0; bits < 0x7F800000u; bits += 1009) {
      const float y = exp_maccs(-float_of(bits), c);
      ASSERT_GE(y, 0.0f) << std::hex << bits;
      ASSERT_LE(y, 1.0f) << std::hex << bits;
      ASSERT_TRUE(y == 0 || std::isnormal(y)) << std::hex << bits;
      ++compared;
    }
  }
  EXPECT_GT(compared, 6'000'000);
}

template <class ExpOf>
void expect_special_values(ExpOf&& exp_of) {
  const float inf = std::numeric_limits<float>::infinity();
  for (const double scale : {1.0, 0.125, 0.3}) {
    const float c = softmax_scale_log2e(scale);
    EXPECT_EQ(bits_of(exp_of(0.0f, c)), 0x3F800000u);
    EXPECT_EQ(bits_of(exp_of(-0.0f, c)), 0x3F800000u);
    EXPECT_EQ(bits_of(exp_of(float_of(0x80000001u), c)), 0x3F800000u);
    EXPECT_EQ(bits_of(exp_of(-inf, c)), 0u);
    EXPECT_EQ(bits_of(exp_of(std::numeric_limits<float>::lowest(), c)), 0u);
    EXPECT_EQ(exp_of(inf, c), inf);
    EXPECT_EQ(exp_of(std::numeric_limits<float>::max(), c), inf);
    EXPECT_EQ(bits_of(exp_of(float_of(0xFF812345u), c)), kCanonicalNan);
    EXPECT_EQ(bits_of(exp_of(inf - inf, c)), kCanonicalNan);
  }
  // Every integer power with c = 1: exact where it is a normal number, +0 below, +inf above.
  for (int n = -300; n <= 300; ++n) {
    const float expected = n < -126 ? 0.0f : n > 127 ? inf : std::ldexp(1.0f, n);
    ASSERT_EQ(bits_of(exp_of(static_cast<float>(n), 1.0f)), bits_of(expected)) << n;
  }
  EXPECT_EQ(bits_of(exp_of(-126.0f, 1.0f)), 0x00800000u);
  EXPECT_EQ(bits_of(exp_of(-0x1.f8001p6f, 1.0f)), 0u) << "just below 2^-126";
  EXPECT_TRUE(std::isnormal(exp_of(0x1.fffff8p6f, 1.0f))) << "just below 2^128";
  for (const float below : {-126.25f, -126.5f, -126.75f, -127.0f, -127.5f, -128.0f, -1e6f,
                            -4194304.0f, -8388608.0f, -12582912.0f, -3e7f, -1e30f}) {
    EXPECT_EQ(bits_of(exp_of(below, 1.0f)), 0u) << below;
  }
  for (const float above : {128.0f, 128.5f, 129.0f, 1e6f, 4194304.0f, 8388608.0f, 1e30f})
    EXPECT_EQ(exp_of(above, 1.0f), inf) << above;
}

TEST(ExpMaccs, SpecialValues) {
  expect_special_values([](float x, float c) { return exp_maccs(x, c); });
}

struct SegmentCount {
  int segments;
  double most_error;
};

void PrintTo(const SegmentCount& count, std::ostream* out) { *out << count.segments; }

class ExpBySegments : public testing::TestWithParam<SegmentCount> {};

// A line through 2^u's secant on ±1/(2S) about its centre is off by at most cosh(ln 2/(2S)) − 1 at
// the ends.
TEST_P(ExpBySegments, ErrorAgainstMultiprecision) {
  const auto [segments, most_error] = GetParam();
  const ExpSegments table(segments);
  const double worst = worst_error(softmax_scale_log2e(0.125),
                                   [&](float x, float c) { return exp_segments(x, c, table); });
  EXPECT_LE(worst, most_error) << worst;
  // Relative to 2^u at the low end of a segment.
  const double analytic = (std::cosh(kLn2 / (2 * segments)) - 1) * std::exp2(0.5 / segments);
  EXPECT_LE(worst, analytic + 1.8e-7) << analytic;
  EXPECT_GE(worst, 0.9 * analytic) << "the sweep misses the extremes";
}

TEST_P(ExpBySegments, SpecialValues) {
  const ExpSegments table(GetParam().segments);
  expect_special_values([&](float x, float c) { return exp_segments(x, c, table); });
}

TEST_P(ExpBySegments, NeverAboveOneForArgumentsNotAboveZero) {
  const ExpSegments table(GetParam().segments);
  const float c = softmax_scale_log2e(0.125);
  for (std::uint32_t bits = 0; bits < 0x7F800000u; bits += 10007) {
    const float y = exp_segments(-float_of(bits), c, table);
    ASSERT_TRUE(y >= 0 && y <= 1) << std::hex << bits;
    ASSERT_TRUE(y == 0 || std::isnormal(y)) << std::hex << bits;
  }
}

INSTANTIATE_TEST_SUITE_P(Counts, ExpBySegments,
                         testing::Values(SegmentCount{2, 1.8e-2}, SegmentCount{4, 4.1e-3},
                                         SegmentCount{8, 9.9e-4}, SegmentCount{16, 2.4e-4},
                                         SegmentCount{32, 5.95e-5}, SegmentCount{64, 1.48e-5},
                                         SegmentCount{128, 3.75e-6}, SegmentCount{256, 1.05e-6},
                                         SegmentCount{512, 3.7e-7}, SegmentCount{1024, 2.2e-7}));

TEST(ExpSegmentsTable, RefusesOtherCounts) {
  for (const int segments : {-2, 0, 1, 3, 12, 2048})
    EXPECT_THROW(ExpSegments{segments}, ContractError) << segments;
}

}  // namespace
}  // namespace weft::numerics
