// Encoded integers: against cases by hand, and against the nearest of all numbers that a format
// has.
#include "models/numerics/encoded.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tests/common/seed.hpp"

namespace weft::numerics {
namespace {

std::vector<std::int64_t> integers(const Encoded& tensor) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < tensor.size(); ++i) all.push_back(tensor.integer(i));
  return all;
}

std::vector<float> values(const Encoded& tensor) {
  std::vector<float> all;
  for (std::int64_t i = 0; i < tensor.size(); ++i) all.push_back(tensor.value(i));
  return all;
}

// The largest is 3.5, the scale of int4 0.5: ties at 0.25 and 0.75 go to the even integer.
TEST(Encoded, Int4ByHand) {
  const std::vector<float> x{3.5F, -3.5F, 0.25F, 0.75F, -0.75F, 1.1F, 0, 1e-40F};
  const Encoded tensor(Format::integer(4), x, 4, largest_magnitude(x));
  EXPECT_EQ(tensor.scales(), std::vector<float>{0.5F});
  EXPECT_EQ(integers(tensor), (std::vector<std::int64_t>{7, -7, 0, 2, -2, 2, 0, 0}));
  EXPECT_EQ(values(tensor), (std::vector<float>{3.5F, -3.5F, 0, 1, -1, 1, 0, 0}));
  EXPECT_EQ(tensor.bits(), 32);
  EXPECT_EQ(tensor.code(1), 0b1001U) << "two's complement";
}

TEST(Encoded, OneBitIsASign) {
  const std::vector<float> x{0.5F, -2, 0, -1e-3F, 2};
  const Encoded tensor(Format::integer(1), x, 5, 2);
  EXPECT_EQ(integers(tensor), (std::vector<std::int64_t>{1, -1, 1, -1, 1}));
  EXPECT_EQ(values(tensor), (std::vector<float>{2, -2, 2, -2, 2}));
  EXPECT_EQ(tensor.bits(), 5);
  EXPECT_EQ(tensor.plane(0).count(), 2);
  const Encoded nothing(Format::integer(1), std::vector<float>{0, -0.0F, -1e-40F}, 3, 0);
  EXPECT_EQ(values(nothing), (std::vector<float>{0, 0, 0}));
}

// Two tokens of three channels.
TEST(Encoded, AScaleForEachGranularityByHand) {
  const std::vector<float> x{7, 1, -2, 14, -28, 21};
  const auto scales = [&](Granularity granularity, int block = 0) {
    return Encoded(Format::integer(4, granularity, block), x, 3, 49).scales();
  };
  EXPECT_EQ(scales(Granularity::tensor), std::vector<float>{7})
      << "of all heads, of which this is one";
  EXPECT_EQ(scales(Granularity::head), std::vector<float>{4});
  EXPECT_EQ(scales(Granularity::channel), (std::vector<float>{2, 4, 3}));
  EXPECT_EQ(scales(Granularity::token), (std::vector<float>{1, 4}));
  EXPECT_EQ(scales(Granularity::block, 2),
            (std::vector<float>{1, static_cast<float>(2.0 / 7), 4, 3}));
  EXPECT_EQ(values(Encoded(Format::integer(4, Granularity::token), x, 3)),
            (std::vector<float>{7, 1, -2, 16, -28, 20}));
}

// Of all the numbers that a format has none is nearer, and codes come back as the integers that
// they are.
TEST(Encoded, EveryValueIsTheNearestAndEveryBitIsInAPlane) {
  const std::uint64_t seed = weft::test::seed_or(32);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::int64_t compared = 0;
  for (int bits = 1; bits <= 32; ++bits) {
    SCOPED_TRACE(bits);
    std::vector<float> x(133);
    for (float& value : x) value = static_cast<float>(normal(random));
    const float largest = largest_magnitude(x);
    const Format format = Format::integer(bits);
    const Encoded tensor(format, x, 19, largest);
    const double step = static_cast<double>(tensor.scales()[0]);
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      const double wanted = x[static_cast<std::size_t>(i)];
      const std::int64_t q = tensor.integer(i);
      ASSERT_LE(std::abs(q), bits == 1 ? 1 : (std::int64_t{1} << (bits - 1)) - 1);
      if (bits > 1) {
        // The largest integer may stand for a little more than itself: the scale has 24 bits.
        const double clamped =
            std::abs(q) + 1 == std::int64_t{1} << (bits - 1) ? std::abs(wanted) * 0x1p-24 : 0;
        ASSERT_LE(std::abs(static_cast<double>(q) * step - wanted),
                  step / 2 * (1 + 1e-6) + clamped);
      } else {
        ASSERT_EQ(q < 0, wanted < 0);
      }
      std::int64_t weighed = 0;
      for (int b = 0; b < bits; ++b)
        weighed +=
            (tensor.plane(b)[i] ? std::int64_t{1} << b : 0) * (b + 1 == bits && bits > 1 ? -1 : 1);
      ASSERT_EQ(weighed, bits == 1 ? (q < 0 ? 1 : 0) : q)
          << "the planes, the last of weight -2^(bits-1)";
      ASSERT_EQ(tensor.value(i), static_cast<float>(static_cast<double>(q) * step));
      ++compared;
    }
  }
  EXPECT_EQ(compared, 32 * 133);
}

TEST(Encoded, FloatsAreTheirOwnBits) {
  const std::vector<float> x{1.00390625F, -0.1F, 3e38F, 0};
  EXPECT_EQ(values(Encoded(Format::fp32, x, 4)), x);
  EXPECT_EQ(values(Encoded(Format::bf16, x, 4)),
            (std::vector<float>{1, round_to_bf16(-0.1F), round_to_bf16(3e38F), 0}));
  EXPECT_EQ(Encoded(Format::bf16, x, 4).code(0), 0x3F80U);
}

TEST(Encoded, WhatHasNoCodeIsRefused) {
  const std::vector<float> x{1, std::numeric_limits<float>::infinity()};
  EXPECT_EQ(largest_magnitude(x), 1.0F);
  EXPECT_THROW(Encoded(Format::integer(8), x, 2, 1), ContractError);
  EXPECT_THROW(Encoded(Format::integer(8), std::vector<float>{1, 2, 3}, 2, 3), ContractError);
  const Encoded tensor(Format::integer(8), std::vector<float>{1}, 1, 1);
  EXPECT_THROW(tensor.plane(8), ContractError);
  EXPECT_THROW(static_cast<void>(tensor.code(1)), ContractError);
}

}  // namespace
}  // namespace weft::numerics
