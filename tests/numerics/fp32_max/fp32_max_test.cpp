#include <VMax.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/bf16.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 41;
using Operands = std::array<std::uint32_t, 2>;

std::uint32_t model(const Operands& o) {
  return as_word(numerics::max(as_float(o[0]), as_float(o[1])));
}
std::uint32_t ieee(const Operands& o) {
  const float a = ieee_operand(o[0]);
  const float b = ieee_operand(o[1]);
  if (std::isnan(a) || std::isnan(b)) return 0x7FC00000u;
  if (a == b) return as_word(std::signbit(a) ? b : a);
  return as_word(a > b ? a : b);
}

enum Bin : std::size_t {
  kNanA,
  kNanB,
  kPositiveZeroFirst,
  kNegativeZeroFirst,
  kEqual,
  kA,
  kB,
  kBothNegative,
  kFlushed
};
std::vector<std::string> bin_names() {
  return {"a is NaN",    "b is NaN",    "+0 and -0",     "-0 and +0",      "equal",
          "a is larger", "b is larger", "both negative", "flushed to zero"};
}

bool check_one(VMax& unit, const Operands& o, Comparison& comparison, Bins& bins) {
  if (o[0] % 16 == 0) {  // idle now and then: what it gives is not looked at
    unit.valid_i = 0;
    unit.eval();
  }
  unit.valid_i = 1;
  unit.a_i = o[0];
  unit.b_i = o[1];
  unit.eval();
  const float a = ieee_operand(o[0]);
  const float b = ieee_operand(o[1]);
  bins.hit(kNanA, std::isnan(a) && !std::isnan(b));
  bins.hit(kNanB, std::isnan(b) && !std::isnan(a));
  bins.hit(kPositiveZeroFirst, as_word(a) == 0 && as_word(b) == 0x80000000u);
  bins.hit(kNegativeZeroFirst, as_word(b) == 0 && as_word(a) == 0x80000000u);
  bins.hit(kEqual, as_word(a) == as_word(b));
  bins.hit(kA, a > b);
  bins.hit(kB, a < b);
  bins.hit(kBothNegative, a < 0 && b < 0 && a != b);
  bins.hit(kFlushed, (unit.result_o & 0x7FFFFFFFu) == 0 && ((o[0] | o[1]) & 0x7FFFFFFFu) != 0);
  return comparison.same(unit.result_o, model(o), "the model", o) &&
         comparison.same(unit.result_o, ieee(o), "IEEE with flushing", o);
}

TEST(Fp32Max, AllPairsOfSpecialValues) {
  Bench<VMax> bench(seed_or(kSeed));
  Bins bins(bin_names());
  Comparison comparison;
  for (std::size_t a = 0; a < kSpecials; ++a) {
    for (std::size_t b = 0; b < kSpecials; ++b) {
      if (!check_one(bench.unit(), {special(a), special(b)}, comparison, bins)) return;
    }
  }
  EXPECT_EQ(comparison.compared(), 2 * kSpecials * kSpecials);
  bins.expect_all_hit();
}

TEST(Fp32Max, RandomPairs) {
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  const std::uint64_t vectors = bench_count(5'000'000);
  Bench<VMax> bench(seed);
  Fp32Random random(seed);
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const std::uint32_t a = random.word();
    Operands o = {a, random.word()};
    if (vector % 4 == 1) o[1] = random.near(a);
    if (vector % 4 == 2) o = {random.special_word(), random.special_word()};
    if (!check_one(bench.unit(), o, comparison, bins)) return;
  }
  EXPECT_EQ(comparison.compared(), 2 * vectors);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
