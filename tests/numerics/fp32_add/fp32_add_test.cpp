#include <VAdd0.h>
#include <VAdd1.h>
#include <VAdd2.h>
#include <VAdd3.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/bf16.hpp"
#include "tests/numerics/exact_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 21;
using Operands = std::array<std::uint32_t, 2>;

std::uint32_t model(const Operands& o) {
  return as_word(numerics::add(as_float(o[0]), as_float(o[1])));
}
std::uint32_t ieee(const Operands& o) {
  return ieee_result(ieee_operand(o[0]) + ieee_operand(o[1]));
}
std::uint32_t exact_word(const Operands& o) {
  return exact::word(exact::add(as_float(o[0]), as_float(o[1])));
}
void apply(auto& unit, const Operands& o) {
  unit.a_i = o[0];
  unit.b_i = o[1];
}

Operands next_operands(Fp32Random& random) {
  const int exponent = random.in_range(1, 254);
  const std::uint32_t a = random.with_exponent(exponent);
  Operands o{};
  switch (random.bits() % 9) {
    case 0: o = {random.word(), random.word()}; break;
    case 1: o = {random.special_word(), random.special_word()}; break;
    case 2: o = {a, random.near(a ^ 0x80000000u)}; break;  // cancels
    case 3:
      o = {random.with_exponent(random.in_range(1, 4)), random.word() & 0x80FFFFFFu};
      break;  // around the least normal
    case 4:
      o = {random.with_exponent(254), random.with_exponent(random.in_range(225, 254))};
      break;  // around the greatest
    case 5:
      o = {a, random.with_exponent(exponent + random.in_range(-40, 40))};
      break;  // every distance
    case 6:
      o = {a, random.with_exponent(exponent - random.in_range(22, 27)) & 0xFFC00000u};
      break;  // about half of a last bit
    case 7:
      o = {a & 0xFFE00000u, random.with_exponent(exponent + random.in_range(-1, 1))};
      break;  // loses leading bits
    default: o = {a, random.with_exponent(exponent + random.in_range(-3, 3))}; break;
  }
  if (random.bits() % 2 != 0) std::swap(o[0], o[1]);
  return o;
}

enum Bin : std::size_t {
  kNan,
  kInfinityLessInfinity,
  kInfinity,
  kOverflow,
  kFlushed,
  kNegativeZero,
  kExactCancellation,
  kMassiveCancellation,
  kTieUp,
  kTieDown,
  kFar,
  kCarry
};
std::vector<std::string> bin_names() {
  return {"NaN operand",
          "inf - inf",
          "inf",
          "overflow",
          "flushed to zero",
          "-0",
          "exact cancellation",
          "cancellation of 20 bits and more",
          "tie rounded up",
          "tie rounded down",
          "more than 31 binades apart",
          "carry into the next binade"};
}

void classify(const Operands& o, std::uint32_t result, Bins& bins) {
  const float a = ieee_operand(o[0]);
  const float b = ieee_operand(o[1]);
  const std::uint32_t magnitude = result & 0x7FFFFFFFu;
  if (!std::isfinite(a) || !std::isfinite(b)) {
    const bool nan = std::isnan(a) || std::isnan(b);
    bins.hit(kNan, nan);
    bins.hit(kInfinityLessInfinity, !nan && result == 0x7FC00000u);
    bins.hit(kInfinity, magnitude == 0x7F800000u);
    return;
  }
  const double x = a;
  const double y = b;
  const double s = x + y;
  const double back = s - x;
  const double rest = (x - (s - back)) + (y - back);  // what the sum in double lost
  const double larger = std::max(std::fabs(x), std::fabs(y));
  bins.hit(kOverflow, magnitude == 0x7F800000u);
  bins.hit(kFlushed, magnitude == 0 && s != 0);
  bins.hit(kNegativeZero, result == 0x80000000u && s == 0);
  bins.hit(kExactCancellation, result == 0 && x != 0 && s == 0);
  bins.hit(kFar, std::min(std::fabs(x), std::fabs(y)) != 0 &&
                     std::min(std::fabs(x), std::fabs(y)) < larger * 0x1p-32);
  if (magnitude < 0x00800000u || magnitude >= 0x7F800000u) return;
  bins.hit(kMassiveCancellation, std::fabs(s) < larger * 0x1p-20);
  const bool tie = rest == 0 && (std::bit_cast<std::uint64_t>(s) & 0x1FFFFFFFu) == 0x10000000u;
  const double rounding = std::fabs(static_cast<double>(as_float(result))) - std::fabs(s);
  bins.hit(kTieUp, tie && rounding > 0);
  bins.hit(kTieDown, tie && rounding < 0);
  bins.hit(kCarry, (magnitude & 0x7FFFFFu) == 0 && rounding > 0);
}

bool check_one(VAdd0& unit, const Operands& o, Comparison& comparison, Bins& bins) {
  apply(unit, o);
  unit.eval();
  classify(o, unit.result_o, bins);
  return comparison.same(unit.result_o, model(o), "the model", o) &&
         comparison.same(unit.result_o, ieee(o), "IEEE with flushing", o);
}

TEST(Fp32Add, AllPairsOfSpecialValues) {
  Bench<VAdd0> bench(seed_or(kSeed));
  Bins bins(bin_names());
  Comparison comparison;
  for (std::size_t a = 0; a < kSpecials; ++a) {
    for (std::size_t b = 0; b < kSpecials; ++b) {
      const Operands o = {special(a), special(b)};
      if (!check_one(bench.unit(), o, comparison, bins)) return;
      if (!comparison.same(bench->result_o, exact_word(o), "exact arithmetic", o)) return;
    }
  }
  EXPECT_EQ(comparison.compared(), 3 * kSpecials * kSpecials);
}

void random_pairs(std::uint64_t vectors, std::uint64_t seed) {
  SCOPED_TRACE(seed_text(seed));
  Bench<VAdd0> bench(seed);
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
TEST(Fp32Add, RandomPairs) { random_pairs(bench_count(10'000'000), seed_or(kSeed)); }
TEST(Fp32AddLong, RandomPairs) { random_pairs(bench_count(200'000'000), seed_or(kSeed + 100)); }

TEST(Fp32Add, CombinationalValid) {
  Bench<VAdd0> bench(seed_or(kSeed));
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
TEST(Fp32Add, OneStage) { pipeline<VAdd1, 1>(); }
TEST(Fp32Add, TwoStages) { pipeline<VAdd2, 2>(); }
TEST(Fp32Add, ThreeStages) { pipeline<VAdd3, 3>(); }

}  // namespace
}  // namespace weft::test
