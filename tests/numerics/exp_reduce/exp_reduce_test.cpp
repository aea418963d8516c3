#include <VExpReduce.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/exp_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 81;

enum Bin : std::size_t {
  kNan,
  kNegative,
  kTooSmall,
  kTooLarge,
  kLowest,
  kHighest,
  kZero,
  kBelowZero,
  kAboveZero
};
std::vector<std::string> bin_names() {
  return {"NaN",     "t negative", "n below -126", "n above 128", "n = -126",
          "n = 128", "n = 0",      "n below 0",    "n above 0"};
}

// What a unit says of one t: special, then its value; otherwise n and -n.
bool check_one(VExpReduce& unit, std::uint32_t t, Comparison& comparison, Bins& bins) {
  if (t % 16 == 0) {  // idle now and then: what it gives is not looked at
    unit.valid_i = 0;
    unit.eval();
  }
  unit.valid_i = 1;
  unit.t_i = t;
  unit.eval();
  const std::array<std::uint32_t, 1> shown = {t};
  const numerics::ExpReduction wanted = numerics::reduce_exp(as_float(t), 0);
  if (!comparison.same(unit.special_o, wanted.special ? 1 : 0, "the model", shown)) return false;
  const double n =
      static_cast<double>(as_float(t)) - 12582912.0;  // of the number itself, not of its bits
  if (wanted.special) {
    bins.hit(kNan, std::isnan(n));
    bins.hit(kNegative, std::signbit(as_float(t)));
    bins.hit(kTooSmall, n < -126);
    bins.hit(kTooLarge, n > 128);
    const std::uint32_t by_value = std::isnan(n) ? 0x7FC00000u : (n < 0 ? 0u : 0x7F800000u);
    return comparison.same(unit.special_value_o, as_word(wanted.result), "the model", shown) &&
           comparison.same(unit.special_value_o, by_value, "the value of t", shown);
  }
  bins.hit(kLowest, wanted.power == -126);
  bins.hit(kHighest, wanted.power == 128);
  bins.hit(kZero, wanted.power == 0);
  bins.hit(kBelowZero, wanted.power < 0);
  bins.hit(kAboveZero, wanted.power > 0);
  return comparison.same(unit.power_o, static_cast<std::uint32_t>(wanted.power) & 0x1FFu,
                         "the model", shown) &&
         comparison.same(unit.negated_o, as_word(-wanted.rounded), "the model", shown) &&
         (std::nearbyint(n) != n || comparison.same(unit.negated_o, as_word(static_cast<float>(-n)),
                                                    "the value of t", shown));
}

TEST(ExpReduce, AroundEveryInteger) {
  Bench<VExpReduce> bench(seed_or(kSeed));
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint32_t t = numerics::kExpMagic - 2000; t <= numerics::kExpMagic + 2000; ++t) {
    if (!check_one(bench.unit(), t, comparison, bins)) return;
    if (!check_one(bench.unit(), t | 0x80000000u, comparison, bins)) return;
  }
  // Results of a MACC are flushed and have one NaN.
  for (std::size_t i = 0; i < kSpecials; ++i) {
    if (!check_one(bench.unit(), ieee_result(ieee_operand(special(i))), comparison, bins)) return;
  }
  EXPECT_GT(comparison.compared(), 2u * 4001 * 2);
  bins.expect_all_hit();
}

TEST(ExpReduce, RandomResults) {
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  const std::uint64_t vectors = bench_count(2'000'000);
  Bench<VExpReduce> bench(seed);
  Fp32Random random(seed);
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const std::uint32_t t =
        vector % 2 == 0
            ? numerics::kExpMagic + static_cast<std::uint32_t>(random.in_range(-140, 140))
            : random.word();
    if (!check_one(bench.unit(), ieee_result(ieee_operand(t)), comparison, bins)) return;
  }
  EXPECT_GE(comparison.compared(), 2 * vectors);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
