#include "models/softmax/streaming_int8.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/common/seed.hpp"

namespace weft::softmax {
namespace {

using Scores = std::vector<std::int8_t>;
using Weights = std::vector<std::uint8_t>;

TEST(StreamingInt8, ShiftsByTheNearest) {
  for (std::int32_t d = 0; d <= 255; ++d)
    ASSERT_EQ(streaming_shift(d), static_cast<int>(std::floor(d / 32.0 + 0.5))) << d;
}

// By hand: one score is the whole row; two equal ones are 65280/512 = 127 each; 32 apart are
// 65280/384 = 170 and half of it.
TEST(StreamingInt8, WorkedExamples) {
  EXPECT_EQ(streaming_softmax(Scores{5}), (Weights{255}));
  EXPECT_EQ(streaming_softmax(Scores{-128, -128}), (Weights{127, 127}));
  EXPECT_EQ(streaming_softmax(Scores{10, -22}), (Weights{170, 85}));
  EXPECT_EQ(streaming_softmax(Scores{-128, 127}), (Weights{0, 254})) << "2^-8, and 65280/257";
  EXPECT_TRUE(streaming_softmax(Scores{}).empty());
}

// By hand: 16 of 0 are 4096; a group with 32 halves it before it adds its own 256.
TEST(StreamingInt8, ALaterMaximumMovesTheSum) {
  StreamingSum row;
  row.add(Scores(16, 0));
  EXPECT_EQ(row.sum, 4096);
  row.add(Scores{32});
  EXPECT_EQ(row.sum, 2048 + 256);
  EXPECT_EQ(row.maximum, 32);
  row.add(Scores{0});
  EXPECT_EQ(row.sum, 2048 + 256 + 128);
}

// Against double precision: each power is within √2 of 2^(x/32), hence so is their sum, and a
// weight within 2 of the softmax, less two roundings down.
TEST(StreamingInt8, IsASoftmaxWithinItsPowers) {
  const std::uint64_t seed = weft::test::seed_or(12);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (int run = 0; run < 500; ++run) {
    Scores scores(1 + random() % 16);
    for (auto& x : scores) x = static_cast<std::int8_t>(random());
    double total = 0;
    for (const std::int8_t x : scores) total += std::exp2(x / 32.0);
    const Weights weights = streaming_softmax(scores);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double p = 255 * std::exp2(scores[i] / 32.0) / total;
      ASSERT_LE(weights[i], 2.001 * p + 0.001);
      ASSERT_GE(weights[i], p / 2.001 - 2);
    }
  }
}

}  // namespace
}  // namespace weft::softmax
