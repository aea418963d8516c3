#include <VBf16Round.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/bf16.hpp"
#include "tests/numerics/exact_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 61;

// By definition: the nearest multiple of the bf16 spacing in the binade, ties to even as nearbyint
// has them.
std::uint32_t host(std::uint32_t word) {
  const float x = ieee_operand(word);
  if (std::isnan(x)) return 0x7FC0u;
  if (x == 0 || std::isinf(x)) return as_word(x) >> 16;
  const double spacing = std::ldexp(1.0, std::ilogb(x) - 7);
  return as_word(static_cast<float>(std::nearbyint(static_cast<double>(x) / spacing) * spacing)) >>
         16;
}

enum Bin : std::size_t {
  kNan,
  kFlushed,
  kInfinity,
  kOverflow,
  kTieUp,
  kTieDown,
  kUp,
  kDown,
  kExact,
  kCarry
};
std::vector<std::string> bin_names() {
  return {"NaN",
          "flushed to zero",
          "inf",
          "overflow",
          "tie rounded up",
          "tie rounded down",
          "rounded up",
          "rounded down",
          "exact",
          "carry into the next binade"};
}

void classify(std::uint32_t word, Bins& bins) {
  const std::uint32_t magnitude = word & 0x7FFFFFFFu;
  bins.hit(kNan, magnitude > 0x7F800000u);
  bins.hit(kFlushed, magnitude != 0 && magnitude < 0x00800000u);
  bins.hit(kInfinity, magnitude == 0x7F800000u);
  if (magnitude < 0x00800000u || magnitude >= 0x7F800000u) return;
  const std::uint32_t tail = word & 0xFFFFu;
  const bool odd = (word & 0x10000u) != 0;
  bins.hit(kOverflow, magnitude >= 0x7F7F8000u);
  bins.hit(kTieUp, tail == 0x8000u && odd);
  bins.hit(kTieDown, tail == 0x8000u && !odd);
  bins.hit(kUp, tail > 0x8000u);
  bins.hit(kDown, tail > 0 && tail < 0x8000u);
  bins.hit(kExact, tail == 0);
  bins.hit(kCarry, (magnitude & 0x7FFFFFu) >= 0x7F8000u);
}

bool check_one(VBf16Round& unit, std::uint32_t word, Comparison& comparison) {
  unit.in_i = word;
  unit.eval();
  const std::array<std::uint32_t, 1> shown = {word};
  return comparison.same(unit.out_o, numerics::bf16_bits(as_float(word)), "the model", shown) &&
         comparison.same(unit.out_o, host(word), "the host", shown);
}

TEST(Bf16Round, EveryUpperHalfWithCorners) {
  Bench<VBf16Round> bench(seed_or(kSeed));
  Bins bins(bin_names());
  Comparison comparison;
  for (std::uint32_t high = 0; high < 65536; ++high) {
    for (const std::uint32_t low : {0x0000u, 0x0001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      const std::uint32_t word = (high << 16) | low;
      classify(word, bins);
      if (!check_one(bench.unit(), word, comparison)) return;
      const std::array<std::uint32_t, 1> shown = {word};
      if (high % 64 == 0 &&
          !comparison.same(bench->out_o, exact::word(exact::bf16(as_float(word))) >> 16,
                           "exact arithmetic", shown))
        return;
    }
  }
  EXPECT_GT(comparison.compared(), 2u * 65536 * 6);
  bins.expect_all_hit();
}

TEST(Bf16Round, RandomWords) {
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  const std::uint64_t vectors = bench_count(2'000'000);
  Bench<VBf16Round> bench(seed);
  Fp32Random random(seed);
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors; ++vector) {
    if (!check_one(bench.unit(), random.word(), comparison)) return;
  }
  EXPECT_EQ(comparison.compared(), 2 * vectors);
}

TEST(Bf16RoundLong, EveryWord) {
  Bench<VBf16Round> bench(seed_or(kSeed));
  std::uint64_t different = 0;
  for (std::uint64_t word = 0; word <= 0xFFFFFFFFu; ++word) {
    bench->in_i = static_cast<std::uint32_t>(word);
    bench.settle();
    different +=
        bench->out_o != numerics::bf16_bits(as_float(static_cast<std::uint32_t>(word))) ? 1 : 0;
  }
  EXPECT_EQ(different, 0u);
}

}  // namespace
}  // namespace weft::test
