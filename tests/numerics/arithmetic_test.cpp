#include "models/numerics/arithmetic.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include "tests/numerics/exact_fp32.hpp"

namespace weft::numerics {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Format, PropertiesAreTheStandards) {
  EXPECT_EQ(Format::bf16.bits, 16);
  EXPECT_EQ(Format::fp32.bits, 32);
  EXPECT_EQ(properties(Format::fp32).fraction_bits + 1, std::numeric_limits<float>::digits);
  EXPECT_EQ(properties(Format::fp32).bias + 1, std::numeric_limits<float>::max_exponent);
  EXPECT_EQ(properties(Format::bf16).canonical_nan, 0x7FC0u);
  EXPECT_EQ(properties(Format::bf16).bits(), 16);
}

TEST(Format, NamesAreThoseOfYaml) {
  EXPECT_EQ(canonical_text(Format::bf16), "bf16");
  EXPECT_EQ(canonical_text(Format::fp32), "fp32");
}

TEST(DoubleArithmetic, MaximumAndMinimumAreIeee2019) {
  EXPECT_TRUE(std::isnan(DoubleArithmetic::max(kNan, 1)));
  EXPECT_TRUE(std::isnan(DoubleArithmetic::max(1, kNan)));
  EXPECT_TRUE(std::isnan(DoubleArithmetic::min(1, kNan)));
  EXPECT_FALSE(std::signbit(DoubleArithmetic::max(-0.0, 0.0)));
  EXPECT_FALSE(std::signbit(DoubleArithmetic::max(0.0, -0.0)));
  EXPECT_TRUE(std::signbit(DoubleArithmetic::min(-0.0, 0.0)));
  EXPECT_TRUE(std::signbit(DoubleArithmetic::min(0.0, -0.0)));
  EXPECT_EQ(DoubleArithmetic::max(2, 3), 3);
  EXPECT_EQ(DoubleArithmetic::max(3, 2), 3);
  EXPECT_EQ(DoubleArithmetic::min(2, -3), -3);
}

TEST(DoubleArithmetic, ScaledExp) {
  EXPECT_NEAR(DoubleArithmetic::exp_scaled(-8, 0.125), 0.36787944117144233, 1e-16);
  EXPECT_EQ(DoubleArithmetic::exp_scaled(-std::numeric_limits<double>::infinity(), 0.125), 0);
}

TEST(Bf16Arithmetic, StoresByTheTensorsFormat) {
  const Bf16Arithmetic machine({Format::bf16, Format::fp32});
  const float x = 1.0f + 0x1p-20f;
  EXPECT_EQ(machine.store(x, 0), 1.0f);
  EXPECT_EQ(machine.store(x, 1), x);
  EXPECT_EQ(bits_of(machine.store(float_of(0x80000001u), 1)), 0x80000000u);
  EXPECT_EQ(bits_of(machine.store(float_of(0xFFFFFFFFu), 1)), kCanonicalNan);
  EXPECT_THROW(machine.store(x, 2), ContractError);
  EXPECT_THROW(machine.store(x, -1), ContractError);
}

TEST(Bf16Arithmetic, LoadsByOneRoundingToFp32) {
  EXPECT_EQ(Bf16Arithmetic::load(0.1), 0.1f);
  EXPECT_EQ(bits_of(Bf16Arithmetic::load(-1e-40)), 0x80000000u);
  EXPECT_EQ(bits_of(Bf16Arithmetic::load(-kNan)), kCanonicalNan);
  EXPECT_EQ(Bf16Arithmetic::load(-std::numeric_limits<double>::infinity()),
            -std::numeric_limits<float>::infinity());
}

TEST(Bf16Arithmetic, OperationsAreOneExactRounding) {
  constexpr std::uint64_t kSeed = 23;
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 5000; ++i) {
    const float a = exact::any_float(random);
    const float b = exact::any_float(random);
    const float c = exact::any_float(random);
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << " draw " << i);
    ASSERT_EQ(bits_of(Bf16Arithmetic::macc(a, b, c)), exact::word(exact::macc(a, b, c)));
    ASSERT_EQ(bits_of(Bf16Arithmetic::add(a, b)), exact::word(exact::add(a, b)));
    ASSERT_EQ(bits_of(Bf16Arithmetic::subtract(a, b)), exact::word(exact::subtract(a, b)));
    ASSERT_EQ(bits_of(Bf16Arithmetic::multiply(a, b)), exact::word(exact::multiply(a, b)));
    ASSERT_EQ(bits_of(Bf16Arithmetic::divide(a, b)), exact::word(exact::divide(a, b)));
    ASSERT_EQ(bits_of(Bf16Arithmetic::negate(a)), exact::word(exact::multiply(a, -1.0f)));
  }
}

TEST(Bf16Arithmetic, ExpByTheChosenMethod) {
  const Bf16Arithmetic six({});
  const Bf16Arithmetic lines({}, ExpMethod::segments, 4);
  const double scale = 1 / std::sqrt(128.0);
  const auto c = static_cast<float>(scale * 1.4426950408889634);
  int different = 0;
  for (float x = -50; x <= 0; x += 0.37f) {
    ASSERT_EQ(bits_of(six.exp_scaled(x, scale)), exact::word(exact::exp_maccs(x, c))) << x;
    const double truth = std::exp(scale * static_cast<double>(x));
    ASSERT_NEAR(static_cast<double>(lines.exp_scaled(x, scale)), truth, 4.2e-3 * truth) << x;
    different += six.exp_scaled(x, scale) != lines.exp_scaled(x, scale) ? 1 : 0;
  }
  EXPECT_GT(different, 100);
  EXPECT_THROW(Bf16Arithmetic({}, ExpMethod::segments, 3), ContractError);
}

}  // namespace
}  // namespace weft::numerics
