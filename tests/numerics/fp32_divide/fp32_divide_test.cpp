#include <VDivide1.h>
#include <VDivide13.h>
#include <VDivide26.h>
#include <VDivide7.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/bf16.hpp"
#include "tests/numerics/exact_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 31;
using Operands = std::array<std::uint32_t, 2>;

std::uint32_t model(const Operands& o) {
  return as_word(numerics::divide(as_float(o[0]), as_float(o[1])));
}
std::uint32_t ieee(const Operands& o) {
  return ieee_result(ieee_operand(o[0]) / ieee_operand(o[1]));
}
std::uint32_t exact_word(const Operands& o) {
  return exact::word(exact::divide(as_float(o[0]), as_float(o[1])));
}
void apply(auto& unit, const Operands& o) {
  unit.a_i = o[0];
  unit.b_i = o[1];
}

// Operands whose quotient has about this biased exponent.
Operands with_quotient(Fp32Random& random, int exponent) {
  const int a = random.in_range(std::max(1, exponent - 126), std::min(254, exponent + 127));
  return {random.with_exponent(a), random.with_exponent(a - exponent + 127)};
}

Operands next_operands(Fp32Random& random) {
  switch (random.bits() % 8) {
    case 0: return {random.word(), random.word()};
    case 1: return {random.special_word(), random.special_word()};
    case 2: return with_quotient(random, random.in_range(-2, 2));     // around the least normal
    case 3: return with_quotient(random, random.in_range(252, 257));  // around the greatest
    case 4: {  // by a power of two: exact, and the corner of the grid
      Operands o = with_quotient(random, random.in_range(-3, 257));
      o[1] &= 0xFF800000u;
      return o;
    }
    case 5: {  // of few bits each: exact quotients among them
      Operands o = with_quotient(random, random.in_range(1, 254));
      return {o[0] & 0xFFFF0000u, o[1] & 0xFFF80000u};
    }
    case 6: {  // close to one
      const std::uint32_t a = random.with_exponent(random.in_range(1, 254));
      return {a, random.near(a)};
    }
    default: return with_quotient(random, random.in_range(1, 254));
  }
}

enum Bin : std::size_t {
  kNan,
  kZeroByZero,
  kInfinityByInfinity,
  kByZero,
  kByInfinity,
  kOfZero,
  kOfInfinity,
  kOverflow,
  kFlushed,
  kGridCorner,
  kBelowGridCorner,
  kExact,
  kUp,
  kDown,
  kFractionBelow,
  kFractionAbove
};
std::vector<std::string> bin_names() {
  return {"NaN operand",
          "0 / 0",
          "inf / inf",
          "x / 0",
          "x / inf",
          "0 / x",
          "inf / x",
          "overflow",
          "flushed to zero",
          "rounded up to 2^-126",
          "just below 2^-126 - 2^-150",
          "exact",
          "rounded up",
          "rounded down",
          "fraction of a below that of b",
          "fraction of a above that of b"};
}

void classify(const Operands& o, std::uint32_t result, Bins& bins) {
  const float a = ieee_operand(o[0]);
  const float b = ieee_operand(o[1]);
  const std::uint32_t magnitude = result & 0x7FFFFFFFu;
  if (std::isnan(a) || std::isnan(b)) return bins.hit(kNan);
  bins.hit(kZeroByZero, a == 0 && b == 0);
  bins.hit(kInfinityByInfinity, std::isinf(a) && std::isinf(b));
  bins.hit(kByZero, a != 0 && b == 0);
  bins.hit(kByInfinity, std::isfinite(a) && std::isinf(b));
  bins.hit(kOfZero, a == 0 && b != 0);
  bins.hit(kOfInfinity, std::isinf(a) && std::isfinite(b));
  if (!std::isfinite(a) || !std::isfinite(b) || a == 0 || b == 0) return;
  const double dividend = std::fabs(static_cast<double>(a));
  const double divisor = std::fabs(static_cast<double>(b));
  bins.hit(kOverflow, magnitude == 0x7F800000u);
  bins.hit(kFlushed, magnitude == 0);
  bins.hit(kGridCorner, magnitude == 0x00800000u && dividend < 0x1p-126 * divisor);
  bins.hit(kBelowGridCorner, magnitude == 0 && dividend > (0x1p-126 - 0x1p-148) * divisor);
  if (magnitude < 0x00800000u || magnitude >= 0x7F800000u) return;
  const double back = std::fabs(static_cast<double>(as_float(result))) * divisor;  // 48 bits: exact
  bins.hit(kExact, back == dividend);
  bins.hit(kUp, back > dividend);
  bins.hit(kDown, back < dividend);
  bins.hit(kFractionBelow, (o[0] & 0x7FFFFFu) < (o[1] & 0x7FFFFFu));
  bins.hit(kFractionAbove, (o[0] & 0x7FFFFFu) > (o[1] & 0x7FFFFFu));
}

// One operation through the unit of one stage.
bool check_one(Bench<VDivide1>& bench, const Operands& o, Comparison& comparison, Bins& bins) {
  bench->in_valid_i = 1;
  apply(bench.unit(), o);
  bench.settle();
  bench.tick();
  const std::uint32_t result = bench->result_o;
  classify(o, result, bins);
  return comparison.same(result, model(o), "the model", o) &&
         comparison.same(result, ieee(o), "IEEE with flushing", o);
}

TEST(Fp32Divide, AllPairsOfSpecialValues) {
  Bench<VDivide1> bench(seed_or(kSeed));
  bench.reset();
  Bins bins(bin_names());
  Comparison comparison;
  for (std::size_t a = 0; a < kSpecials; ++a) {
    for (std::size_t b = 0; b < kSpecials; ++b) {
      const Operands o = {special(a), special(b)};
      if (!check_one(bench, o, comparison, bins)) return;
      if (!comparison.same(bench->result_o, exact_word(o), "exact arithmetic", o)) return;
    }
  }
  EXPECT_EQ(comparison.compared(), 3 * kSpecials * kSpecials);
}

// (2 - 2^-23) * 2^-127 is halfway between the last two steps of the subnormal grid, and the only
// quotient that rounds to 2^-126 from below; with any greater divisor the quotient is zero.
TEST(Fp32Divide, CornerOfTheSubnormalGrid) {
  Bench<VDivide1> bench(seed_or(kSeed));
  bench.reset();
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint32_t exponent = 1; exponent <= 127; ++exponent) {
    const std::uint32_t divisor = (exponent + 127) << 23;
    for (const std::uint32_t sign : {0u, 0x80000000u}) {
      const Operands corner = {sign | (exponent << 23) | 0x7FFFFFu, divisor};
      ASSERT_TRUE(check_one(bench, corner, comparison, bins));
      EXPECT_EQ(bench->result_o, sign | 0x00800000u);
      ASSERT_TRUE(check_one(bench, {corner[0], divisor + 1}, comparison, bins));
      EXPECT_EQ(bench->result_o, sign);
      ASSERT_TRUE(check_one(bench, {corner[0] - 1, divisor}, comparison, bins));
      EXPECT_EQ(bench->result_o, sign);
    }
  }
  EXPECT_EQ(comparison.compared(), 127u * 2 * 3 * 2);
}

void random_pairs(std::uint64_t vectors, std::uint64_t seed) {
  SCOPED_TRACE(seed_text(seed));
  Bench<VDivide1> bench(seed);
  bench.reset();
  Fp32Random random(seed);
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const Operands o = next_operands(random);
    if (!check_one(bench, o, comparison, bins)) return;
    if (vector % 1000 == 0 &&
        !comparison.same(bench->result_o, exact_word(o), "exact arithmetic", o))
      return;
  }
  EXPECT_GE(comparison.compared(), 2 * vectors);
  bins.expect_all_hit();
}
TEST(Fp32Divide, RandomPairs) { random_pairs(bench_count(10'000'000), seed_or(kSeed)); }
TEST(Fp32DivideLong, RandomPairs) { random_pairs(bench_count(100'000'000), seed_or(kSeed + 100)); }

template <typename Unit, int kStages>
void pipeline() {
  const std::uint64_t seed = seed_or(kSeed + kStages);
  SCOPED_TRACE(seed_text(seed));
  Fp32Random random(seed);
  run_pipeline<Unit>(
      kStages, bench_count(1'000'000), seed, [&] { return next_operands(random); },
      [](Unit& u, const Operands& o) { apply(u, o); }, model);
  reset_empties_pipeline<Unit>(kStages, seed);
}
TEST(Fp32Divide, OneStage) { pipeline<VDivide1, 1>(); }
TEST(Fp32Divide, SevenStages) { pipeline<VDivide7, 7>(); }
TEST(Fp32Divide, ThirteenStages) { pipeline<VDivide13, 13>(); }
TEST(Fp32Divide, TwentySixStages) { pipeline<VDivide26, 26>(); }

}  // namespace
}  // namespace weft::test
