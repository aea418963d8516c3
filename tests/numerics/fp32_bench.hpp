// What the benches of the fp32 units share: operands where fp32 has its corners, host IEEE
// arithmetic with flushing as a reference of its own, and the driver of a pipelined unit.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <random>
#include <span>
#include <string>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {

inline float as_float(std::uint32_t word) { return std::bit_cast<float>(word); }
inline std::uint32_t as_word(float x) { return std::bit_cast<std::uint32_t>(x); }

// Host arithmetic between these two is IEEE 754 with subnormals flushed and one NaN. Shares no code
// with models/numerics.
inline float ieee_operand(std::uint32_t word) {
  const float x = as_float(word);
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}
inline std::uint32_t ieee_result(float x) {
  if (std::isnan(x)) return 0x7FC00000u;
  return as_word(std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x);
}

// Magnitudes; every bench takes them with both signs.
inline constexpr std::uint32_t kSpecialMagnitudes[] = {
    0x00000000u, 0x00000001u, 0x00400000u, 0x007FFFFFu,               // zero, subnormals
    0x00800000u, 0x00800001u, 0x00800002u, 0x00FFFFFFu, 0x01000000u,  // around the least normal
    0x1FFFFFFFu, 0x20000000u, 0x33800000u, 0x34000000u,               // about 2^-63, 2^-24, 2^-23
    0x3F7FFFFFu, 0x3F800000u, 0x3F800001u, 0x3FC00000u, 0x4B800000u,  // about 1; 1.5; 2^24
    0x7F7FFFFEu, 0x7F7FFFFFu, 0x7F800000u,   // around the greatest, infinity
    0x7F800001u, 0x7FC00000u, 0x7FFFFFFFu};  // NaN: signalling, quiet, with payload
inline constexpr std::size_t kSpecials = 2 * std::size(kSpecialMagnitudes);
inline std::uint32_t special(std::size_t index) {
  return kSpecialMagnitudes[index / 2] | (static_cast<std::uint32_t>(index % 2) << 31);
}

// Seeded random operands.
class Fp32Random {
 public:
  explicit Fp32Random(std::uint64_t seed) : random_(seed) {}

  std::uint64_t bits() { return random_(); }
  int in_range(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

  // Fractions with long carries, single bits, short and full ones.
  std::uint32_t fraction() {
    const std::uint64_t bits = random_();
    const auto low = static_cast<std::uint32_t>(bits) & 0x7FFFFFu;
    const auto place = static_cast<std::uint32_t>(bits >> 32) % 23;
    switch (bits >> 61) {
      case 0: return 0;
      case 1: return 0x7FFFFFu;
      case 2: return 1u << place;
      case 3: return 0x7FFFFFu ^ (1u << place);
      case 4: return low & (0x7FFFFFu << place) & 0x7FFFFFu;
      default: return low;
    }
  }
  // A number of either sign with this biased exponent, kept within the normal ones.
  std::uint32_t with_exponent(int exponent) {
    const auto field = static_cast<std::uint32_t>(std::clamp(exponent, 1, 254));
    return (static_cast<std::uint32_t>(random_() >> 63) << 31) | (field << 23) | fraction();
  }
  std::uint32_t special_word() { return special(static_cast<std::size_t>(random_() % kSpecials)); }
  // Any word: specials, uniform bits, exponents near that of 1, exponents at both ends.
  std::uint32_t word() {
    const std::uint64_t bits = random_();
    switch (bits >> 62) {
      case 0: return (bits >> 58) % 4 == 0 ? special_word() : static_cast<std::uint32_t>(bits);
      case 1: return with_exponent(127 + static_cast<int>(bits % 25) - 12);
      case 2:
        return with_exponent((bits & 1u) != 0 ? static_cast<int>(bits % 5)
                                              : 254 - static_cast<int>(bits % 5));
      default: return static_cast<std::uint32_t>(bits);
    }
  }
  // A word next to this one, by up to three steps.
  std::uint32_t near(std::uint32_t word) {
    return word + static_cast<std::uint32_t>(in_range(-3, 3));
  }

 private:
  std::mt19937_64 random_;
};

// Counts comparisons, and stops a test at its fifth difference.
class Comparison {
 public:
  bool same(std::uint32_t got, std::uint32_t wanted, const char* reference,
            std::span<const std::uint32_t> operands) {
    ++compared_;
    if (got == wanted) return true;
    std::string text;
    char buffer[16];
    for (const std::uint32_t operand : operands) {
      std::snprintf(buffer, sizeof buffer, " %08X", operand);
      text += buffer;
    }
    char words[64];
    std::snprintf(words, sizeof words, "%08X, %s gives %08X", got, reference, wanted);
    ADD_FAILURE() << "of" << text << ": " << words;
    return ++different_ < 5;
  }
  std::uint64_t compared() const { return compared_; }

 private:
  std::uint64_t compared_ = 0;
  int different_ = 0;
};

// A pipelined unit with in_valid_i and out_valid_o and no back-pressure: every result exactly
// `latency` cycles after its operands, and out_valid_o set in no other cycle. Bubbles at random.
// `next` gives operands, `apply` sets them, `expected` is the reference.
template <typename Unit, typename Next, typename Apply, typename Expected>
void run_pipeline(int latency, std::uint64_t vectors, std::uint64_t seed, Next next, Apply apply,
                  Expected expected) {
  Bench<Unit> bench(seed);
  bench->in_valid_i = 0;
  bench.reset();
  std::mt19937_64 random(seed);
  struct Slot {
    bool valid = false;
    decltype(next()) operands{};
  };
  std::deque<Slot> flight(
      static_cast<std::size_t>(latency));  // what was under way before the first vector: nothing
  Comparison comparison;
  for (std::uint64_t vector = 0; vector < vectors;) {
    const bool valid = random() % 4 != 0;
    const auto operands = next();
    bench->in_valid_i = valid ? 1 : 0;
    apply(bench.unit(), operands);
    flight.push_back({valid, operands});
    vector += valid ? 1 : 0;
    bench.settle();
    const Slot due = flight.front();
    flight.pop_front();
    ASSERT_EQ(bench->out_valid_o, due.valid ? 1 : 0) << "vector " << vector;
    if (due.valid &&
        !comparison.same(bench->result_o, expected(due.operands), "the model", due.operands))
      return;
    bench.tick();
  }
  EXPECT_GE(comparison.compared() + static_cast<std::uint64_t>(latency), vectors);
  EXPECT_GT(comparison.compared(), 0u);
}

// Reset empties the pipeline at once and without a clock edge, wherever its operations are.
template <typename Unit>
void reset_empties_pipeline(int latency, std::uint64_t seed) {
  for (std::uint64_t round = 0; round < 8; ++round) {  // another random start each
    Bench<Unit> bench(seed + round);
    bench->in_valid_i = 0;
    bench.reset();
    for (int filled = 0; filled <= latency; ++filled) {
      bench->in_valid_i = 1;
      for (int cycle = 0; cycle < filled; ++cycle) {
        bench.settle();
        bench.tick();
      }
      bench->in_valid_i = 0;
      bench.reset_between_edges();
      for (int cycle = 0; cycle <= latency; ++cycle) {
        bench.settle();
        ASSERT_EQ(bench->out_valid_o, 0)
            << "cycle " << cycle << " after a reset with " << filled << " cycles filled";
        bench.tick();
      }
    }
  }
}

}  // namespace weft::test
