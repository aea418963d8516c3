#include "models/numerics/exp_double.hpp"

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ostream>
#include <random>

namespace weft::numerics {
namespace {

using Exact = boost::multiprecision::cpp_bin_float_50;

// Distance from e^x in units of the last place of doubles near e^x (2^-1074 among the subnormals).
double ulps_off(double x) {
  const Exact truth = boost::multiprecision::exp(Exact(x));
  const int exponent = std::max(boost::multiprecision::ilogb(truth), -1022);
  const Exact ulp = boost::multiprecision::ldexp(Exact(1), exponent - 52);
  return static_cast<double>(abs(Exact(exp_double(x)) - truth) / ulp);
}

struct Sweep {
  double low;
  double high;
  int points;
};

void PrintTo(const Sweep& sweep, std::ostream* out) { *out << sweep.low << " to " << sweep.high; }

class ExpDouble : public testing::TestWithParam<Sweep> {};

TEST_P(ExpDouble, WithinOneUlpOfMultiprecision) {
  const Sweep sweep = GetParam();
  constexpr std::uint64_t kDrawSeed = 20240611;
  std::mt19937_64 random(kDrawSeed);
  double worst = 0;
  int compared = 0;
  for (int i = 0; i < sweep.points; ++i) {
    const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
    const double x = sweep.low + (sweep.high - sweep.low) * unit;
    const double off = ulps_off(x);
    worst = std::max(worst, off);
    ASSERT_LE(off, 1.0) << "x = " << std::hexfloat << x << ", seed " << kDrawSeed;
    ++compared;
  }
  ASSERT_EQ(compared, sweep.points);
  RecordProperty("worst_ulps_x1000", static_cast<int>(worst * 1000));
}

INSTANTIATE_TEST_SUITE_P(Ranges, ExpDouble,
                         testing::Values(Sweep{-1, 1, 30000}, Sweep{-40, 0, 30000},
                                         Sweep{-708, 709.7827, 40000}, Sweep{-745.2, -707, 20000},
                                         Sweep{-1e-3, 1e-3, 5000}, Sweep{-1e-16, 1e-16, 1000},
                                         Sweep{709, 709.78271, 5000}));

TEST(ExpDoubleCorners, SpecialValues) {
  const double inf = std::numeric_limits<double>::infinity();
  const std::uint64_t nan_bits =
      std::bit_cast<std::uint64_t>(exp_double(-std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(nan_bits, 0x7FF8000000000000u);
  EXPECT_EQ(exp_double(inf), inf);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(exp_double(-inf)), 0u);
  EXPECT_EQ(exp_double(0.0), 1.0);
  EXPECT_EQ(exp_double(-0.0), 1.0);
  EXPECT_EQ(exp_double(std::numeric_limits<double>::denorm_min()), 1.0);
  EXPECT_EQ(exp_double(std::numeric_limits<double>::max()), inf);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(exp_double(std::numeric_limits<double>::lowest())), 0u);
}

// ln of the largest double and of half the smallest subnormal: published thresholds (IEEE 754
// double, fdlibm e_exp.c).
TEST(ExpDoubleCorners, Thresholds) {
  const double overflow = 7.09782712893383973096e+02;
  EXPECT_TRUE(std::isfinite(exp_double(overflow)));
  EXPECT_TRUE(std::isinf(exp_double(std::nextafter(overflow, 1e3))));
  const double underflow = -7.45133219101941108420e+02;
  EXPECT_EQ(exp_double(underflow), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(exp_double(std::nextafter(underflow, -1e3)), 0.0);
  for (int k = -1075; k <= 1023;
       ++k) {  // around every multiple of ln 2 and of its half, where the reduction switches
    const double edge = (k + 0.5) * 0.6931471805599453;
    for (const double x :
         {k * 0.6931471805599453, edge, std::nextafter(edge, 1e3), std::nextafter(edge, -1e3)}) {
      if (x < overflow && x > underflow) {
        ASSERT_LE(ulps_off(x), 1.0) << std::hexfloat << x;
      }
    }
  }
}

TEST(ExpDoubleCorners, NeverFallsAsItsArgumentRisesByManyUlps) {
  double previous = 0;
  for (double x = -745; x < 709; x += 0.00390625) {
    const double y = exp_double(x);
    ASSERT_GT(y, previous * 1.001) << x;
    previous = y;
    if (x < -735) previous = 0;  // too few bits left for the margin
  }
}

// A fingerprint of 200,000 results, written down once: the same on every machine, compiler and
// optimisation level.
TEST(ExpDoubleCorners, BitsDoNotDependOnTheMachine) {
  std::uint64_t fingerprint = 0xCBF29CE484222325u;  // FNV-1a over words
  for (int i = 0; i < 200000; ++i) {
    fingerprint = (fingerprint ^ std::bit_cast<std::uint64_t>(exp_double(-745.0 + i * 0x1.dcp-8))) *
                  0x100000001B3u;
  }
  EXPECT_EQ(fingerprint, 15956168731482211116u);
}

}  // namespace
}  // namespace weft::numerics
