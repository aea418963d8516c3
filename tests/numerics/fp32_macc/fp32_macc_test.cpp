#include <VMacc0.h>
#include <VMacc1.h>
#include <VMacc2.h>
#include <VMacc3.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/bf16.hpp"
#include "tests/numerics/exact_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 11;
using Operands = std::array<std::uint32_t, 3>;

std::uint32_t model(const Operands& o) {
  return as_word(numerics::macc(as_float(o[0]), as_float(o[1]), as_float(o[2])));
}
std::uint32_t ieee(const Operands& o) {
  return ieee_result(std::fma(ieee_operand(o[0]), ieee_operand(o[1]), ieee_operand(o[2])));
}
std::uint32_t exact_word(const Operands& o) {
  return exact::word(exact::macc(as_float(o[0]), as_float(o[1]), as_float(o[2])));
}
void apply(auto& unit, const Operands& o) {
  unit.a_i = o[0];
  unit.b_i = o[1];
  unit.c_i = o[2];
}

// Operands whose product has about this biased exponent.
Operands with_product(Fp32Random& random, int exponent) {
  const int low = std::max(1, exponent + 127 - 254);
  const int high = std::min(254, exponent + 127 - 1);
  const int a = random.in_range(std::min(low, 254), std::max(low, high));
  return {random.with_exponent(a), random.with_exponent(exponent + 127 - a), 0};
}

Operands next_operands(Fp32Random& random) {
  Operands o{};
  switch (random.bits() % 11) {
    case 0: return {random.word(), random.word(), random.word()};
    case 8: return {random.special_word(), random.special_word(), random.special_word()};
    case 1: {  // sums that cancel, to the last bits or altogether
      o = with_product(random, random.in_range(1, 254));
      o[2] = random.near(as_word(-(as_float(o[0]) * as_float(o[1]))));
      return o;
    }
    case 2: {  // around the least normal
      o = with_product(random, random.in_range(-2, 3));
      o[2] = random.in_range(0, 1) != 0 ? random.with_exponent(random.in_range(1, 3))
                                        : special(random.bits() % 4);
      return o;
    }
    case 3: {  // least normals less or more a product far below
      o = with_product(random, random.in_range(-28, -18));
      o[2] = random.near(0x00800000u | (static_cast<std::uint32_t>(random.bits() >> 63) << 31));
      return o;
    }
    case 4: {  // around the greatest
      o = with_product(random, random.in_range(252, 257));
      o[2] = random.with_exponent(random.in_range(225, 254));
      return o;
    }
    case 5: {  // every distance between the addends
      const int exponent = random.in_range(-60, 300);
      o = with_product(random, exponent);
      o[2] = random.with_exponent(exponent + random.in_range(-80, 80));
      return o;
    }
    case 6: {  // products of few bits just below c's last bit: halfway and next to it
      const int exponent = random.in_range(30, 250);
      o = with_product(random, exponent - random.in_range(22, 27));
      for (int i = 0; i < 2; ++i)
        o[i] &= 0xFF800000u | (random.in_range(0, 3) == 0 ? 0x400000u : 0u);
      o[2] = random.with_exponent(exponent);
      return o;
    }
    case 7: {  // products far below a c of few bits
      const int exponent = random.in_range(100, 250);
      o = with_product(random, exponent - random.in_range(24, 90));
      o[2] = random.with_exponent(exponent) & 0xFFF00000u;
      return o;
    }
    default:  // as in the engine: bf16 factors of moderate size
      return {random.with_exponent(127 + random.in_range(-6, 6)) & 0xFFFF0000u,
              random.with_exponent(127 + random.in_range(-6, 6)) & 0xFFFF0000u,
              random.with_exponent(127 + random.in_range(-9, 9))};
  }
}

enum Bin : std::size_t {
  kNan,
  kZeroTimesInfinity,
  kInfinityLessInfinity,
  kInfinity,
  kOverflow,
  kFlushed,
  kGridCorner,
  kBelowGridCorner,
  kPositiveZero,
  kNegativeZero,
  kExactCancellation,
  kMassiveCancellation,
  kTieUp,
  kTieDown,
  kStickyAlone,
  kFarBelow,
  kFarAbove,
  kCarry,
  kBins
};
std::vector<std::string> bin_names() {
  return {"NaN operand",
          "0 x inf",
          "inf - inf",
          "inf",
          "overflow",
          "flushed to zero",
          "rounded up to 2^-126",
          "just below 2^-126 - 2^-150",
          "+0",
          "-0",
          "exact cancellation",
          "cancellation of 20 bits and more",
          "tie rounded up",
          "tie rounded down",
          "halfway but for bits beyond the 53rd",
          "product more than 64 binades below c",
          "c more than 64 binades below the product",
          "carry into the next binade"};
}

// The exact sum is s + rest: the product of two 24-bit significands is exact in double, and so is
// what an addition loses.
void classify(const Operands& o, std::uint32_t result, Bins& bins) {
  const float a = ieee_operand(o[0]);
  const float b = ieee_operand(o[1]);
  const float c = ieee_operand(o[2]);
  if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(c)) {
    const bool nan = std::isnan(a) || std::isnan(b) || std::isnan(c);
    bins.hit(kNan, nan);
    bins.hit(kZeroTimesInfinity, !nan && ((a == 0 && std::isinf(b)) || (b == 0 && std::isinf(a))));
    bins.hit(kInfinityLessInfinity,
             !nan && std::isinf(c) && a != 0 && b != 0 && result == 0x7FC00000u);
    bins.hit(kInfinity, (result & 0x7FFFFFFFu) == 0x7F800000u);
    return;
  }
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double addend = c;
  const double s = product + addend;
  const double back = s - product;
  const double rest = (product - (s - back)) + (addend - back);
  const std::uint32_t magnitude = result & 0x7FFFFFFFu;
  bins.hit(kOverflow, magnitude == 0x7F800000u);
  bins.hit(kFlushed, magnitude == 0 && s != 0);
  bins.hit(kGridCorner, magnitude == 0x00800000u && (std::fabs(s) < 0x1p-126 ||
                                                     (std::fabs(s) == 0x1p-126 && rest * s < 0)));
  bins.hit(kBelowGridCorner, magnitude == 0 && std::fabs(s) > 0x1p-126 - 0x1p-149);
  bins.hit(kPositiveZero, result == 0);
  bins.hit(kNegativeZero, result == 0x80000000u && s == 0);
  bins.hit(kExactCancellation, s == 0 && product != 0);
  if (magnitude < 0x00800000u || magnitude >= 0x7F800000u) return;
  bins.hit(kMassiveCancellation, std::fabs(s) < std::fabs(addend) * 0x1p-20);
  const std::uint64_t tail = std::bit_cast<std::uint64_t>(s) & 0x1FFFFFFFu;
  const double rounding = std::fabs(static_cast<double>(as_float(result))) - std::fabs(s);
  bins.hit(kTieUp, tail == 0x10000000u && rest == 0 && rounding > 0);
  bins.hit(kTieDown, tail == 0x10000000u && rest == 0 && rounding < 0);
  bins.hit(kStickyAlone, tail == 0x10000000u && rest != 0);
  bins.hit(kFarBelow, product != 0 && std::fabs(product) < std::fabs(addend) * 0x1p-64);
  bins.hit(kFarAbove, addend != 0 && std::fabs(addend) < std::fabs(product) * 0x1p-64);
  bins.hit(kCarry, (magnitude & 0x7FFFFFu) == 0 && rounding > 0);
}

// The references agree with the combinational unit on one triple; false once enough went wrong.
bool check_one(VMacc0& unit, const Operands& o, Comparison& comparison, Bins& bins) {
  apply(unit, o);
  unit.eval();
  classify(o, unit.result_o, bins);
  return comparison.same(unit.result_o, model(o), "the model", o) &&
         comparison.same(unit.result_o, ieee(o), "IEEE with flushing", o);
}

TEST(Fp32Macc, AllTriplesOfSpecialValues) {
  Bench<VMacc0> bench(seed_or(kSeed));
  Bins bins(bin_names());
  Comparison comparison;
  for (std::size_t a = 0; a < kSpecials; ++a) {
    for (std::size_t b = 0; b < kSpecials; ++b) {
      for (std::size_t c = 0; c < kSpecials; ++c) {
        const Operands o = {special(a), special(b), special(c)};
        if (!check_one(bench.unit(), o, comparison, bins)) return;
        if (!comparison.same(bench->result_o, exact_word(o), "exact arithmetic", o)) return;
      }
    }
  }
  EXPECT_EQ(comparison.compared(), 3 * kSpecials * kSpecials * kSpecials);
}

void random_triples(std::uint64_t vectors, std::uint64_t seed) {
  SCOPED_TRACE(seed_text(seed));
  Bench<VMacc0> bench(seed);
  Fp32Random random(seed);
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const Operands o = next_operands(random);
    if (!check_one(bench.unit(), o, comparison, bins)) return;
    if (vector % 1000 == 0 &&
        !comparison.same(bench->result_o, exact_word(o), "exact arithmetic", o))
      return;
  }
  EXPECT_GE(comparison.compared(), 2 * vectors);
  bins.expect_all_hit();
}
TEST(Fp32Macc, RandomTriples) { random_triples(bench_count(10'000'000), seed_or(kSeed)); }
TEST(Fp32MaccLong, RandomTriples) {
  random_triples(bench_count(200'000'000), seed_or(kSeed + 100));
}

TEST(Fp32Macc, CombinationalValid) {
  Bench<VMacc0> bench(seed_or(kSeed));
  for (const int valid : {0, 1, 0}) {
    bench->in_valid_i = static_cast<CData>(valid);
    bench.settle();
    EXPECT_EQ(bench->out_valid_o, valid);
  }
}

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
TEST(Fp32Macc, OneStage) { pipeline<VMacc1, 1>(); }
TEST(Fp32Macc, TwoStages) { pipeline<VMacc2, 2>(); }
TEST(Fp32Macc, ThreeStages) { pipeline<VMacc3, 3>(); }

}  // namespace
}  // namespace weft::test
