// Times of platforms: at measured calls, between them, outside of them.
#include <gtest/gtest.h>

#include <cmath>

#include "models/baseline/attentions.hpp"
#include "models/baseline/platform.hpp"

namespace weft::baseline {
namespace {

using program::Invocation;

Invocation self(std::int64_t heads, std::int64_t width, std::int64_t seq, std::int64_t batch) {
  workload::Shape shape;
  shape.batch = batch;
  shape.heads = shape.kv_heads = heads;
  shape.seq_q = shape.seq_kv = seq;
  shape.width_qk = shape.width_v = width;
  return {shape, 1};
}

Invocation step(std::int64_t heads, std::int64_t width, std::int64_t keys, std::int64_t batch) {
  Invocation one = self(heads, width, keys, batch);
  one.shape.seq_q = 1;
  return one;
}

Platform measured() {
  Platform made;
  made.prefill = {{8, {}, 64, 1024, 4, 1.0, 0.5},
                  {8, {}, 64, 4096, 1, 4.0, 2.0},
                  {16, {}, 64, 1024, 4, 2.0, 1.0},
                  {8, {}, 128, 1024, 4, 1.0, 1.0},
                  {8, {}, 128, 4096, 1, 4.0, 4.0}};
  made.decode = {{8, {}, 64, 1024, 1, 0.010, 1e-3}, {8, {}, 64, 1024, 64, 0.160, 16e-3}};
  return made;
}

TEST(Platform, AMeasuredCallIsItself) {
  std::string why;
  const auto one = time_of(measured(), self(8, 64, 1024, 4), why);
  ASSERT_TRUE(one) << why;
  EXPECT_NEAR(one->seconds, 1e-3, 1e-12);
  EXPECT_NEAR(*one->joules, 0.5, 1e-9);
  EXPECT_EQ(one->from, TimeFrom::measured);
  EXPECT_TRUE(one->notes.empty());
  Invocation layers = self(8, 64, 1024, 4);
  layers.layers = 12;
  EXPECT_NEAR(time_of(measured(), layers, why)->seconds, 12e-3, 1e-12);
  const auto decode = time_of(measured(), step(8, 64, 1024, 64), why);
  ASSERT_TRUE(decode) << why;
  EXPECT_NEAR(decode->seconds, 160e-6, 1e-12);
  EXPECT_EQ(decode->from, TimeFrom::measured);
}

// In logarithms: at the geometric mean of two places the rate is the geometric mean of both.
TEST(Platform, BetweenMeasuredCallsRatesAreInterpolated) {
  std::string why;
  const auto length = time_of(measured(), self(8, 64, 2048, 2), why);
  ASSERT_TRUE(length) << why;
  // 4·4·8·1024²·64/1 ms and 1·4·8·4096²·64/4 ms are equal rates: 2·8·2048²·… at that rate is 2 ms.
  EXPECT_NEAR(length->seconds, 2e-3, 1e-9);
  EXPECT_EQ(length->from, TimeFrom::interpolated);
  EXPECT_FALSE(length->notes.empty());
  // Twice the width takes as long: twice the rate; at √2 times the width √2 of it.
  const auto width = time_of(measured(), self(8, 90, 1024, 4), why);
  ASSERT_TRUE(width) << why;
  EXPECT_NEAR(width->seconds, 1e-3, 1e-6);
  const auto decode = time_of(measured(), step(8, 64, 1024, 8), why);
  ASSERT_TRUE(decode) << why;
  EXPECT_NEAR(decode->seconds, 40e-6, 1e-9);  // 8 times the bytes of 10 µs at twice the rate
  EXPECT_EQ(decode->from, TimeFrom::interpolated);
}

TEST(Platform, OutsideOfThemNothingIsTold) {
  for (const Invocation& one :
       {self(8, 64, 512, 4), self(8, 64, 8192, 4), self(8, 32, 1024, 4), self(8, 256, 1024, 4),
        self(4, 64, 1024, 4), self(32, 64, 1024, 4), step(8, 64, 256, 1), step(8, 128, 1024, 1)}) {
    std::string why;
    EXPECT_FALSE(time_of(measured(), one, why));
    EXPECT_FALSE(why.empty());
  }
  // A length near a measured one is that one, by its work.
  std::string why;
  const auto near = time_of(measured(), step(8, 64, 1000, 1), why);
  ASSERT_TRUE(near) << why;
  EXPECT_NEAR(near->seconds, 10e-6 * 1000 / 1024, 1e-12);
  EXPECT_EQ(near->from, TimeFrom::interpolated);
}

TEST(Platform, PublishedRatesAreOfDenseOperations) {
  Platform made;
  made.whole = PublishedRate{2e10, 1e-9, "a paper"};
  made.generated = PublishedRate{1e10, {}, "a paper"};
  std::string why;
  const auto whole = time_of(made, self(12, 64, 128, 1), why);
  const double flops = 4.0 * 12 * 128 * 128 * 64;
  EXPECT_NEAR(whole->seconds, flops / 2e10, 1e-15);
  EXPECT_NEAR(*whole->joules, flops * 1e-9, 1e-12);
  EXPECT_EQ(whole->from, TimeFrom::published);
  const auto step_of = time_of(made, step(12, 64, 128, 1), why);
  EXPECT_NEAR(step_of->seconds, flops / 128 / 1e10, 1e-15);
  EXPECT_FALSE(step_of->joules);
}

TEST(Attentions, PairsThatAreSeen) {
  Invocation causal = self(1, 1, 4, 1);
  causal.shape.causal = true;
  EXPECT_EQ(seen_pairs(causal.shape), 10);
  causal.shape.seq_kv = 6;  // ends aligned: 3, 4, 5, 6
  EXPECT_EQ(seen_pairs(causal.shape), 18);
  EXPECT_EQ(operations_of(causal, true), 2 * 18 * 2);
  EXPECT_EQ(operations_of(causal, false), 2 * 24 * 2);
}

}  // namespace
}  // namespace weft::baseline
