#include <VRound.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 51;

struct Operands {
  bool negative = false;
  int exponent = 0;               // -512 ... 511
  std::uint32_t significand = 0;  // 26 bits
};

// The conversion from double rounds once, on the same grid: the 26 bits and every exponent are
// exact in double.
std::uint32_t host(const Operands& o) {
  const double magnitude = std::ldexp(static_cast<double>(o.significand), o.exponent - 127 - 25);
  return ieee_result(static_cast<float>(o.negative ? -magnitude : magnitude));
}

enum Bin : std::size_t {
  kZero,
  kFlushed,
  kGridCorner,
  kBelowGridCorner,
  kOverflow,
  kOverflowByRounding,
  kTieUp,
  kTieDown,
  kUp,
  kDown,
  kExact,
  kCarry
};
std::vector<std::string> bin_names() {
  return {"exact zero",
          "flushed to zero",
          "rounded up to 2^-126",
          "just below 2^-126 - 2^-150",
          "overflow",
          "overflow by rounding",
          "tie rounded up",
          "tie rounded down",
          "rounded up",
          "rounded down",
          "exact",
          "carry into the next binade"};
}

bool check_one(VRound& unit, const Operands& o, Comparison& comparison, Bins& bins) {
  unit.valid_i = 0;  // idle: what it gives then is not looked at
  unit.eval();
  unit.valid_i = 1;
  unit.sign_i = o.negative ? 1 : 0;
  unit.exponent_i = static_cast<SData>(o.exponent & 0x3FF);
  unit.significand_i = o.significand;
  unit.eval();
  const bool zero = o.significand < 0x02000000u;
  const bool normal = !zero && o.exponent >= 1 && o.exponent <= 254;
  const std::uint32_t kept = o.significand >> 2;
  const std::uint32_t tail = o.significand & 3u;
  bins.hit(kZero, zero);
  bins.hit(kFlushed, !zero && (unit.result_o & 0x7FFFFFFFu) == 0);
  bins.hit(kGridCorner, o.exponent == 0 && kept == 0xFFFFFFu);
  bins.hit(kBelowGridCorner, o.exponent == 0 && kept == 0xFFFFFEu && tail == 3);
  bins.hit(kOverflow, !zero && o.exponent > 254);
  bins.hit(kOverflowByRounding, o.exponent == 254 && kept == 0xFFFFFFu && tail >= 2);
  bins.hit(kTieUp, normal && tail == 2 && kept % 2 == 1);
  bins.hit(kTieDown, normal && tail == 2 && kept % 2 == 0);
  bins.hit(kUp, normal && tail == 3);
  bins.hit(kDown, normal && tail == 1);
  bins.hit(kExact, normal && tail == 0);
  bins.hit(kCarry, normal && kept == 0xFFFFFFu && tail >= 2);
  const std::array<std::uint32_t, 3> shown = {unit.sign_i, unit.exponent_i, unit.significand_i};
  return comparison.same(unit.result_o, host(o), "the host", shown);
}

// Every exponent with significands at and around the corners.
TEST(Fp32Round, EveryExponent) {
  Bench<VRound> bench(seed_or(kSeed));
  Bins bins(bin_names());
  Comparison comparison;
  constexpr std::uint32_t kKept[] = {0x800000u, 0x800001u, 0x800002u, 0xC00001u,
                                     0xFFFFFDu, 0xFFFFFEu, 0xFFFFFFu};
  for (int exponent = -512; exponent <= 511; ++exponent) {
    for (const bool negative : {false, true}) {
      if (!check_one(bench.unit(), {negative, exponent, 0}, comparison, bins)) return;
      for (const std::uint32_t kept : kKept) {
        for (std::uint32_t tail = 0; tail < 4; ++tail) {
          if (!check_one(bench.unit(), {negative, exponent, (kept << 2) | tail}, comparison, bins))
            return;
        }
      }
    }
  }
  EXPECT_EQ(comparison.compared(), 1024u * 2 * (1 + 7 * 4));
  bins.expect_all_hit();
}

TEST(Fp32Round, Random) {
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  const std::uint64_t vectors = bench_count(10'000'000);
  Bench<VRound> bench(seed);
  Fp32Random random(seed);
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    const std::uint64_t bits = random.bits();
    Operands o;
    o.negative = (bits & 1u) != 0;
    o.exponent = random.in_range(-512, 511);
    if (vector % 4 == 1) o.exponent = random.in_range(-1, 2);
    if (vector % 4 == 2) o.exponent = random.in_range(253, 256);
    if (vector % 4 == 3) o.exponent = random.in_range(1, 254);
    o.significand =
        ((0x800000u | random.fraction()) << 2) | static_cast<std::uint32_t>((bits >> 1) & 3u);
    if (bits >> 59 == 0) o.significand = 0;
    if (!check_one(bench.unit(), o, comparison, bins)) return;
  }
  EXPECT_EQ(comparison.compared(), vectors);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
