#include "models/quant/quantised.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <tuple>
#include <vector>

#include "models/common/error.hpp"
#include "models/numerics/encoded.hpp"
#include "models/quant/bit_split.hpp"
#include "tests/common/seed.hpp"

namespace weft::quant {
namespace {

constexpr std::int64_t kHeads = 3;
constexpr std::int64_t kRows = 5;
constexpr std::int64_t kWidth = 8;

std::vector<float> random_values(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal(0, 2);
  std::vector<float> values(kHeads * kRows * kWidth);
  for (float& x : values) x = normal(random);
  return values;
}

// The largest magnitude among what shares a scale with an element, found the long way.
float largest_beside(const std::vector<float>& values, std::int64_t h, std::int64_t r,
                     std::int64_t e, Granularity shared) {
  float largest = 0;
  for (std::int64_t i = 0; i < kHeads * kRows * kWidth; ++i) {
    const std::int64_t head = i / (kRows * kWidth);
    const std::int64_t row = i / kWidth % kRows;
    const bool same_head = shared == Granularity::tensor || head == h;
    const bool beside = (shared != Granularity::channel || i % kWidth == e) &&
                        (shared != Granularity::token || row == r);
    if (same_head && beside)
      largest = std::fmax(largest, std::fabs(values[static_cast<std::size_t>(i)]));
  }
  return largest;
}

class QuantisedOf : public testing::TestWithParam<std::tuple<int, Granularity>> {};

TEST_P(QuantisedOf, IsTheNearestOfItsScale) {
  const auto [bits, shared] = GetParam();
  const std::uint64_t seed = weft::test::seed_or(5);
  SCOPED_TRACE(weft::test::seed_text(seed));
  const std::vector<float> values = random_values(seed);
  const Quantised tensor(bits, shared, {values, kHeads, kRows, kWidth});
  const double most = std::pow(2, bits - 1) - 1;
  int at_the_end = 0;
  for (std::int64_t h = 0; h < kHeads; ++h) {
    for (std::int64_t r = 0; r < kRows; ++r) {
      for (std::int64_t e = 0; e < kWidth; ++e) {
        const double x = values[static_cast<std::size_t>((h * kRows + r) * kWidth + e)];
        const double step = largest_beside(values, h, r, e, shared) / most;
        const double q = tensor.row(h, r)[static_cast<std::size_t>(e)];
        ASSERT_NEAR(tensor.scale(h, r, e), step, step * 1e-7);
        ASSERT_LE(std::fabs(q), most);
        ASSERT_LE(std::fabs(x - q * step), step * 0.50001);
        at_the_end += std::fabs(q) == most;
      }
    }
  }
  EXPECT_GT(at_the_end, 0) << "the largest of a scale takes its last integer";
}

INSTANTIATE_TEST_SUITE_P(BitsAndScales, QuantisedOf,
                         testing::Combine(testing::Values(2, 3, 4, 6, 8, 12, 16),
                                          testing::Values(Granularity::tensor, Granularity::head,
                                                          Granularity::channel,
                                                          Granularity::token)));

// The same integers and scales as the encoder of tensors gives, head by head.
TEST(Quantised, IsTheEncodedTensor) {
  const std::vector<float> values = random_values(9);
  constexpr std::size_t kHead = kRows * kWidth;
  for (const auto shared : {Granularity::head, Granularity::channel, Granularity::token}) {
    const Quantised tensor(6, shared, {values, kHeads, kRows, kWidth});
    for (std::int64_t h = 0; h < kHeads; ++h) {
      const numerics::Encoded head(
          numerics::Format::integer(6, shared),
          std::span<const float>(values).subspan(static_cast<std::size_t>(h) * kHead, kHead),
          kWidth);
      for (std::int64_t i = 0; i < head.size(); ++i) {
        const auto e = static_cast<std::size_t>(i % kWidth);
        const float value = numerics::value_of(tensor.row(h, i / kWidth)[e],
                                               tensor.scale(h, i / kWidth, i % kWidth));
        ASSERT_EQ(tensor.row(h, i / kWidth)[e], head.integer(i));
        ASSERT_EQ(value, head.value(i));
      }
    }
  }
}

TEST(Quantised, SomeOfItIsWhatItWas) {
  const std::vector<float> values = random_values(12);
  const std::vector<std::int64_t> heads{0, 2};
  const std::vector<std::int64_t> rows{4, 1};
  for (const auto shared :
       {Granularity::tensor, Granularity::head, Granularity::channel, Granularity::token}) {
    const Quantised tensor(6, shared, {values, kHeads, kRows, kWidth});
    const Quantised some = tensor.some(heads, rows);
    ASSERT_EQ(some.heads(), 2);
    ASSERT_EQ(some.rows(), 2);
    for (std::int64_t h = 0; h < 2; ++h) {
      for (std::int64_t r = 0; r < 2; ++r) {
        const std::int64_t head = heads[static_cast<std::size_t>(h)];
        const std::int64_t row = rows[static_cast<std::size_t>(r)];
        for (std::int64_t e = 0; e < kWidth; ++e) {
          ASSERT_EQ(some.row(h, r)[static_cast<std::size_t>(e)],
                    tensor.row(head, row)[static_cast<std::size_t>(e)]);
          ASSERT_EQ(some.scale(h, r, e), tensor.scale(head, row, e));
        }
      }
    }
  }
}

TEST(Quantised, SaturatesBeyondItsClip) {
  const std::vector<float> values{1, -8, 4, 0.5F, -4, 3, 0, 8};
  // 3 bits: −3 to 3; half of 8 is 4, so a step is 4/3.
  const Quantised tensor(3, Granularity::tensor, {values, 1, 2, 4}, 0.5F);
  EXPECT_EQ(tensor.scale(0, 0, 0), 4.0F / 3);
  const std::vector<std::int16_t> expected{1, -3, 3, 0, -3, 2, 0, 3};
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(tensor.row(0, static_cast<std::int64_t>(i / 4))[i % 4], expected[i]) << i;
  EXPECT_THROW(Quantised(3, Granularity::tensor, {values, 1, 2, 4}, 0), ContractError);
  EXPECT_THROW(Quantised(3, Granularity::tensor, {values, 1, 2, 4}, 1.5F), ContractError);
}

TEST(Quantised, RefusesWhatNoOperandIs) {
  const std::vector<float> values(8, 1);
  const HeadsOfRows tensor{values, 1, 1, 8};
  EXPECT_THROW(Quantised(1, Granularity::tensor, tensor), ContractError);
  EXPECT_THROW(Quantised(17, Granularity::tensor, tensor), ContractError);
  EXPECT_THROW(Quantised(8, Granularity::block, tensor), ContractError);
  EXPECT_THROW(Quantised(8, Granularity::tensor, {values, 1, 1, 7}), ContractError);
}

TEST(BitSplit, PlanesTellTheInteger) {
  for (const int lower : {1, 2, 4, 8}) {
    for (std::int32_t q = -32767; q <= 32767; ++q) {
      const std::int32_t upper = upper_of(q, lower);
      const std::int32_t rest = lower_of(q, lower);
      ASSERT_EQ(upper, static_cast<std::int32_t>(std::floor(q / std::pow(2.0, lower)))) << q;
      ASSERT_GE(rest, 0);
      ASSERT_LT(rest, 1 << lower);
      ASSERT_EQ(joined(upper, rest, lower), q);
    }
  }
}

TEST(BitSplit, ConfidenceIsStrict) {
  EXPECT_TRUE(needs_lower_bits(0.0999F, 0.1F));
  EXPECT_FALSE(needs_lower_bits(0.1F, 0.1F));
  EXPECT_FALSE(needs_lower_bits(0.0F, 0.0F)) << "a threshold of zero asks for none";
}

BitSplit read(const std::string& text) {
  config::Reader reader;
  BitSplit out;
  read_custom(config::load_text(text, "t.yaml"), out, reader);
  reader.finish();
  return out;
}

TEST(BitSplit, ReadsAndWrites) {
  for (const char* text : {"2", "4", "12", "4+4", "6+4", "8+4", "10+4", "12+4", "12+8"})
    EXPECT_EQ(canonical_text(read(text)), text);
  EXPECT_EQ(read("6+4"), (BitSplit{6, 4}));
}

TEST(BadBitSplit, IsRefused) {
  for (const char* text : {"1", "13", "0", "-4", "+4", "4+", "4+0", "4+9", "4+4+4", "04", "4.0",
                           "x", "[4]", "''", "4 +4", "99999999999999999999"})
    EXPECT_THROW(read(text), ConfigError) << text;
}

}  // namespace
}  // namespace weft::quant
