#include <VExpInsert.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/numerics/exp_fp32.hpp"
#include "tests/numerics/fp32_bench.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 91;

enum Bin : std::size_t { kSpecial, kUnderflow, kLeast, kOverflow, kGreatest, kBelowOne, kAboveOne };
std::vector<std::string> bin_names() {
  return {"special",           "below 2^-126", "least exponent", "infinity",
          "greatest exponent", "2^r below 1",  "2^r from 1"};
}

struct Inputs {
  std::uint32_t chain = 0;
  int power = 0;
  bool special = false;
  std::uint32_t special_value = 0;
};

std::uint32_t host(const Inputs& in) {
  if (in.special) return in.special_value;
  const double value = std::ldexp(static_cast<double>(as_float(in.chain)), in.power);
  return value < 0x1p-126 ? 0 : as_word(static_cast<float>(value));
}

bool check_one(VExpInsert& unit, const Inputs& in, Comparison& comparison, Bins& bins) {
  unit.valid_i = 0;  // idle: what it gives then is not looked at
  unit.eval();
  unit.valid_i = 1;
  unit.chain_i = in.chain;
  unit.power_i = static_cast<SData>(in.power & 0x1FF);
  unit.special_i = in.special ? 1 : 0;
  unit.special_value_i = in.special_value;
  unit.eval();
  const std::uint32_t field = (unit.result_o >> 23) & 0xFFu;
  bins.hit(kSpecial, in.special);
  if (!in.special) {
    bins.hit(kUnderflow, field == 0);
    bins.hit(kLeast, field == 1);
    bins.hit(kOverflow, field == 255);
    bins.hit(kGreatest, field == 254);
    bins.hit(kBelowOne, in.chain < 0x3F800000u);
    bins.hit(kAboveOne, in.chain >= 0x3F800000u);
  }
  const std::uint32_t model =
      in.special ? in.special_value
                 : as_word(numerics::insert_exponent(as_float(in.chain), in.power));
  const std::array<std::uint32_t, 4> shown = {in.chain, unit.power_i, unit.special_i,
                                              in.special_value};
  return comparison.same(unit.result_o, model, "the model", shown) &&
         comparison.same(unit.result_o, host(in), "the host", shown);
}

// 2^r is in [1/2, 2): its field is 126 or 127.
TEST(ExpInsert, EveryPower) {
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  const auto rounds = static_cast<int>(bench_count(2'000));
  Bench<VExpInsert> bench(seed);
  Fp32Random random(seed);
  Bins bins(bin_names());
  Comparison comparison;
  for (int power = -126; power <= 128; ++power) {
    for (int round = 0; round < rounds; ++round) {
      const std::uint32_t chain = random.with_exponent(126 + round % 2) & 0x7FFFFFFFu;
      if (!check_one(bench.unit(), {chain, power, false, random.special_word()}, comparison, bins))
        return;
    }
    for (const std::uint32_t value : {0x7FC00000u, 0x00000000u, 0x7F800000u}) {
      if (!check_one(bench.unit(), {random.word(), power, true, value}, comparison, bins)) return;
    }
  }
  EXPECT_EQ(comparison.compared(), 2u * 255 * (static_cast<unsigned>(rounds) + 3));
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
