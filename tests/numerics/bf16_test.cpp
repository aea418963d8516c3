#include "models/numerics/bf16.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/numerics/exact_fp32.hpp"

namespace weft::numerics {
namespace {

constexpr std::uint64_t kSeed = 7;

// Every finite bf16 from zero up, by definition of the format, then the first value past it. The
// index is the encoding once subnormals are taken as zeros.
std::vector<double> positive_bf16() {
  std::vector<double> values(128, 0.0);
  for (int exponent = 1; exponent < 255; ++exponent) {
    for (int fraction = 0; fraction < 128; ++fraction)
      values.push_back(std::ldexp(128 + fraction, exponent - 127 - 7));
  }
  values.push_back(0x1p128);
  return values;
}

// The nearer of the two neighbours, distances compared exactly in double.
std::uint32_t nearest_bf16(float x, const std::vector<double>& table) {
  if (std::isnan(x)) return 0x7FC00000u;
  const std::uint32_t sign = std::signbit(x) ? 0x80000000u : 0;
  const double magnitude = std::fabs(static_cast<double>(x));
  if (magnitude < 0x1p-126) return sign;
  if (std::isinf(x)) return sign | 0x7F800000u;
  const auto above = std::upper_bound(table.begin(), table.end(), magnitude);
  const double below_distance = magnitude - *(above - 1);
  const double above_distance = *above - magnitude;
  auto index = static_cast<std::uint32_t>(above - table.begin()) - 1;
  if (above_distance < below_distance || (above_distance == below_distance && index % 2 == 1))
    ++index;
  return sign | (index << 16);
}

TEST(Bf16, EveryWordRoundTrips) {
  int numbers = 0;
  int others = 0;
  for (std::uint32_t word = 0; word < 65536; ++word) {
    const float value = from_bf16(static_cast<std::uint16_t>(word));
    const std::uint16_t back = bf16_bits(value);
    const std::uint32_t exponent = (word >> 7) & 0xFFu;
    const std::uint32_t fraction = word & 0x7Fu;
    if (exponent == 255 && fraction != 0) {
      ASSERT_EQ(back, 0x7FC0u);
      ++others;
    } else if (exponent == 0) {
      ASSERT_EQ(back, word & 0x8000u);
      ++others;
    } else {
      ASSERT_EQ(back, word);
      ++numbers;
    }
  }
  EXPECT_EQ(numbers, 2 * (254 * 128 + 1));
  EXPECT_EQ(others, 2 * (127 + 128));
}

TEST(Bf16, RoundsToTheNearerNeighbour) {
  const std::vector<double> table = positive_bf16();
  ASSERT_EQ(table.size(), 255u * 128u + 1u);
  int compared = 0;
  const auto compare = [&](std::uint32_t bits) {
    const float x = std::bit_cast<float>(bits);
    ASSERT_EQ(bits_of(round_to_bf16(x)), nearest_bf16(x, table)) << std::hex << bits;
    ++compared;
  };
  for (std::uint64_t bits = 0; bits <= 0xFFFFFFFFu; bits += 4999)
    compare(static_cast<std::uint32_t>(bits));
  for (std::uint32_t high = 0; high < 65536; ++high) {
    for (const std::uint32_t low : {0x0000u, 0x0001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu})
      compare((high << 16) | low);
  }
  EXPECT_GT(compared, 1'200'000);
}

TEST(Bf16, DoublesRoundOnce) {
  const double tie = 1.0 + 0x1p-8;  // between 1 and 1 + 2^-7
  EXPECT_EQ(bf16_from_double(tie), 1.0f);
  EXPECT_EQ(bf16_from_double(tie + 0x1p-45),
            1.0f + 0x1p-7f);  // rounding to fp32 first would lose this
  EXPECT_EQ(bf16_from_double(tie + 0x1p-7), 1.0f + 0x1p-6f);
  EXPECT_EQ(bf16_from_double(tie + 0x1p-7 - 0x1p-45), 1.0f + 0x1p-7f);
  EXPECT_EQ(bf16_from_double(-tie - 0x1p-45), -1.0f - 0x1p-7f);
  EXPECT_EQ(bf16_from_double(0x1p-127), 0.0f);
  EXPECT_EQ(bits_of(bf16_from_double(-1e-300)), 0x80000000u);
  EXPECT_TRUE(std::isinf(bf16_from_double(1e300)));
  EXPECT_TRUE(std::isinf(bf16_from_double(0x1.ffp127)));
  EXPECT_EQ(bf16_from_double(0x1.feffffffp127), 0x1.fep127f);
  EXPECT_EQ(bits_of(bf16_from_double(-std::numeric_limits<double>::quiet_NaN())), kCanonicalNan);
}

TEST(Fp32, FlushKeepsTheSignAndMakesNanCanonical) {
  EXPECT_EQ(bits_of(flush(float_of(0x007FFFFFu))), 0u);
  EXPECT_EQ(bits_of(flush(float_of(0x80000001u))), 0x80000000u);
  EXPECT_EQ(bits_of(flush(float_of(0x00800000u))), 0x00800000u);
  EXPECT_EQ(bits_of(flush(float_of(0xFF800001u))), kCanonicalNan);
  EXPECT_EQ(bits_of(flush(float_of(0xFF800000u))), 0xFF800000u);
}

TEST(Fp32, MaccIsOneRoundingOfTheExactValueOnCorners) {
  int compared = 0;
  for (const std::uint32_t a : exact::kCorners) {
    for (const std::uint32_t b : exact::kCorners) {
      for (const std::uint32_t c : exact::kCorners) {
        for (std::uint32_t signs = 0; signs < 4; ++signs) {
          const float x = float_of(a | ((signs & 1u) << 31));
          const float y = float_of(b);
          const float z = float_of(c | ((signs & 2u) << 30));
          ASSERT_EQ(bits_of(macc(x, y, z)), exact::word(exact::macc(x, y, z)))
              << std::hex << a << ' ' << b << ' ' << c << ' ' << signs;
          ++compared;
        }
      }
    }
  }
  EXPECT_EQ(compared, 24 * 24 * 24 * 4);
}

TEST(Fp32, OperationsAreOneRoundingOfTheExactValueAtRandom) {
  std::mt19937_64 random(kSeed);
  int zero_or_flushed = 0;
  int infinite = 0;
  for (int i = 0; i < 60000; ++i) {
    const float a = exact::any_float(random);
    const float b = exact::any_float(random);
    const float c = exact::any_float(random);
    SCOPED_TRACE(testing::Message() << "seed " << kSeed << " draw " << i << std::hex << ' '
                                    << bits_of(a) << ' ' << bits_of(b) << ' ' << bits_of(c));
    const float sum = macc(a, b, c);
    ASSERT_EQ(bits_of(sum), exact::word(exact::macc(a, b, c)));
    ASSERT_EQ(bits_of(add(a, b)), exact::word(exact::add(a, b)));
    ASSERT_EQ(bits_of(subtract(a, b)), exact::word(exact::subtract(a, b)));
    ASSERT_EQ(bits_of(multiply(a, b)), exact::word(exact::multiply(a, b)));
    ASSERT_EQ(bits_of(divide(a, b)), exact::word(exact::divide(a, b)));
    ASSERT_EQ(bits_of(round_to_bf16(a)), exact::word(exact::bf16(a)));
    zero_or_flushed += sum == 0 ? 1 : 0;
    infinite += std::isinf(sum) ? 1 : 0;
  }
  EXPECT_GT(zero_or_flushed, 100);
  EXPECT_GT(infinite, 100);
}

TEST(Fp32, MaccOfBf16OperandsNeedsNoFusedInstruction) {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 3'000'000; ++i) {
    const float a = float_of(bits_of(exact::any_float(random)) & 0xFFFF0000u);
    const float b = float_of(bits_of(exact::any_float(random)) & 0xFFFF0000u);
    const float product = a * b;
    // Half the time an addend that nearly cancels the product or is far below or above it.
    const float c =
        (i & 1) != 0
            ? exact::any_float(random)
            : -float_of(bits_of(product) ^ static_cast<std::uint32_t>(random() >> (32 + i % 32)));
    ASSERT_EQ(bits_of(macc_bf16(a, b, c)), bits_of(macc(a, b, c)))
        << std::hex << bits_of(a) << ' ' << bits_of(b) << ' ' << bits_of(c);
    ASSERT_EQ(bits_of(macc_bf16_flushed(flush(a), flush(b), flush(c))), bits_of(macc(a, b, c)));
    if (i % 100 == 0) {
      ASSERT_EQ(bits_of(macc_bf16(a, b, c)), exact::word(exact::macc(a, b, c)));
    }
  }
}

TEST(Fp32, MaximumAndMinimum) {
  const float nan = float_of(0xFFC12345u);
  for (const float x : {0.0f, 1.0f, -std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(bits_of(max(nan, x)), kCanonicalNan);
    EXPECT_EQ(bits_of(max(x, nan)), kCanonicalNan);
    EXPECT_EQ(bits_of(min(nan, x)), kCanonicalNan);
    EXPECT_EQ(bits_of(min(x, nan)), kCanonicalNan);
  }
  EXPECT_EQ(bits_of(max(-0.0f, 0.0f)), 0u);
  EXPECT_EQ(bits_of(max(0.0f, -0.0f)), 0u);
  EXPECT_EQ(bits_of(min(0.0f, -0.0f)), 0x80000000u);
  EXPECT_EQ(bits_of(max(float_of(1), -1.0f)), 0u);
  EXPECT_EQ(bits_of(negate(float_of(1))), 0x80000000u);
  EXPECT_EQ(bits_of(negate(nan)), kCanonicalNan);
  std::mt19937_64 random(kSeed);
  int compared = 0;
  for (int i = 0; i < 100000; ++i) {
    const float a = exact::operand(exact::any_float(random));
    const float b = exact::operand(exact::any_float(random));
    if (std::isnan(a) || std::isnan(b) || a == b) continue;
    ASSERT_EQ(max(a, b), a > b ? a : b);
    ASSERT_EQ(min(a, b), a < b ? a : b);
    ++compared;
  }
  EXPECT_GT(compared, 80000);
}

}  // namespace
}  // namespace weft::numerics
