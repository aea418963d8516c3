#include "models/numerics/format.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/common/seed.hpp"

namespace weft::numerics {
namespace {

// What a binding's `format:` makes of a text; nothing where it is refused.
std::optional<Format> read(const std::string& text) {
  Format format;
  config::Reader reader;
  config::read(config::load_text(text, "test", "format"), format, reader);
  if (reader.count() > 0) return std::nullopt;
  return format;
}

TEST(Format, IsReadAsItIsWritten) {
  EXPECT_EQ(read("bf16"), Format::bf16);
  EXPECT_EQ(read("fp32"), Format::fp32);
  int formats = 0;
  for (int bits = 1; bits <= 32; ++bits) {
    const std::string plain = "int" + std::to_string(bits);
    for (const Granularity granularity :
         {Granularity::head, Granularity::channel, Granularity::token}) {
      const Format format = Format::integer(bits, granularity);
      const std::string text = canonical_text(format);
      EXPECT_TRUE(text.starts_with(plain + "-per-")) << text;
      EXPECT_EQ(read(text), format) << text;
      ++formats;
    }
    EXPECT_EQ(canonical_text(Format::integer(bits)), plain);
    EXPECT_EQ(read(plain), Format::integer(bits));
    EXPECT_EQ(read(plain + "-per-tensor"), Format::integer(bits)) << "the same by its longer name";
    EXPECT_EQ(read(plain + "-per-block-32"), Format::integer(bits, Granularity::block, 32));
  }
  EXPECT_EQ(formats, 96);
}

TEST(Format, AFixedScaleIsReadAsItIsWritten) {
  int formats = 0;
  for (const int bits : {1, 4, 6, 12, 32}) {
    for (const float largest : {1.0F, 0.1F, 1.5F, 1e-20F, 3.25e7F, 1e20F, 0.333333343F}) {
      const Format format = Format::within(bits, largest);
      EXPECT_EQ(read(canonical_text(format)), format) << canonical_text(format);
      ++formats;
    }
  }
  EXPECT_EQ(formats, 35);
  EXPECT_EQ(canonical_text(Format::within(8, 1)), "int8-within-1");
  EXPECT_EQ(canonical_text(Format::within(4, 0.25F)), "int4-within-0.25");
  EXPECT_EQ(read("int8-within-1.0"), Format::within(8, 1)) << "the same, longer";
  EXPECT_EQ(read("int8-within-2e1"), Format::within(8, 20));
}

// By hand: four bits within 1.75 are steps of a quarter.
TEST(Format, AFixedScaleRoundsAlone) {
  const Format quarters = Format::within(4, 1.75F);
  for (const auto& [x, wanted] :
       std::vector<std::pair<float, float>>{{0.25F, 0.25F},
                                            {0.3F, 0.25F},
                                            {0.125F, 0.0F},  // ties to even
                                            {0.375F, 0.5F},
                                            {-0.375F, -0.5F},
                                            {1.75F, 1.75F},
                                            {2.5F, 1.75F},
                                            {-1e30F, -1.75F},
                                            {INFINITY, 1.75F},
                                            {-INFINITY, -1.75F}})
    EXPECT_EQ(round_to(quarters, x), wanted) << x;
  EXPECT_TRUE(std::isnan(round_to(quarters, NAN))) << "has no code, and shows";
  EXPECT_EQ(round_to(Format::within(1, 3), 0.0F), 3.0F);
  EXPECT_EQ(round_to(Format::within(1, 3), -0.01F), -3.0F);
  EXPECT_EQ(round_to(Format::within(32, 1), 0.1F), 0.1F);
  EXPECT_THROW(round_to(Format::integer(4), 1), ContractError) << "what is its scale?";
}

TEST(Format, AnythingElseIsRefused) {
  for (const char* text : {"int0",
                           "int33",
                           "int",
                           "int-4",
                           "int04",
                           "int4-",
                           "int4-per",
                           "int4-per-",
                           "int4-per-row",
                           "int4-per-block",
                           "int4-per-block-",
                           "int4-per-block-0",
                           "int4-per-block-65537",
                           "int8-within",
                           "int8-within-",
                           "int8-within-0",
                           "int8-within--1",
                           "int8-within-nan",
                           "int8-within-inf",
                           "int8-within-2e20",
                           "int8-within-1e-21",
                           "int8-within-1e99",
                           "int8-within-1x",
                           "int8-per-within-1",
                           "int33-within-1",
                           "int4 per token",
                           "INT4",
                           "fp16",
                           "uint4",
                           "4",
                           "[int4]",
                           "int99999999999"})
    EXPECT_FALSE(read(text)) << text;
}

TEST(Format, BitsAreWholeBytesOnlyWhenTheyAreStored) {
  EXPECT_EQ(bytes_of_bits(0), 0);
  EXPECT_EQ(bytes_of_bits(1), 1);
  EXPECT_EQ(bytes_of_bits(8), 1);
  EXPECT_EQ(bytes_of_bits(9), 2);
  EXPECT_EQ(scales_of_token(Format::integer(4), 20), 0);
  EXPECT_EQ(scales_of_token(Format::integer(4, Granularity::token), 20), 1);
  EXPECT_EQ(scales_of_token(Format::integer(4, Granularity::block, 8), 20), 3);
  EXPECT_THROW(Format::integer(0), ContractError);
  EXPECT_THROW(Format::integer(33), ContractError);
  EXPECT_THROW(Format::integer(4, Granularity::block), ContractError);
}

// One rounding of a double to bf16, and one by way of fp32: the same, wherever the double lies.
// Compared with the middle between two neighbouring bf16 numbers, which a double holds exactly.
TEST(FloatFromDouble, RoundsOnToBf16AsADoubleDoes) {
  const std::uint64_t seed = weft::test::seed_or(31);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const std::array<double, 7> steps{0, 0x1p-52, -0x1p-52, 0x1p-30, -0x1p-30, 0x1p-20, -0x1p-20};
  int moved = 0;
  for (int i = 0; i < 20000; ++i) {
    const auto low =
        float_of(static_cast<std::uint32_t>(0x0080 + random() % (0x7F7F - 0x0080)) << 16);
    const auto high = float_of(bits_of(low) + 0x10000);
    const double middle = (static_cast<double>(low) + static_cast<double>(high)) / 2;
    const double x = middle * (1 + steps[random() % steps.size()]);
    const float even = (bits_of(low) >> 16 & 1u) == 0 ? low : high;
    const float right = x < middle ? low : x > middle ? high : even;
    ASSERT_EQ(round_to_bf16(float_from_double(x)), right) << x;
    ASSERT_EQ(round_to_bf16(float_from_double(-x)), -right) << x;
    moved += float_from_double(x) != static_cast<float>(x) ? 1 : 0;
  }
  EXPECT_GT(moved, 1000) << "the nearest fp32 would not have done";
  EXPECT_EQ(float_from_double(0.1), 0.1F);
  EXPECT_EQ(flush(float_from_double(0x1p-126 * (1 - 0x1p-40))), 0.0F)
      << "below the least normal number";
  EXPECT_EQ(float_from_double(0x1p-126), 0x1p-126F);
  EXPECT_TRUE(std::isinf(float_from_double(1e300)));
}

}  // namespace
}  // namespace weft::numerics
