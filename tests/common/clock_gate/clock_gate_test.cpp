// weft_clock_gate: whole pulses of the cycles that are enabled, and no others, whatever the enable
// does while the clock is high.
#include <Vclock_gate.h>
#include <Vclock_open.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

TEST(ClockGate, PulsesAreWholeAndThoseOfEnabledCycles) {
  const std::uint64_t seed = seed_or(29);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  VerilatedContext context;
  Vclock_gate gated{&context};
  Vclock_open open{&context};
  Bins bins({"enabled", "not enabled", "changes while low", "changes while high", "in reset"});
  std::uint64_t compared = 0;
  const auto drive = [&](int clock, int enable) {
    gated.clk_i = open.clk_i = static_cast<CData>(clock);
    gated.enable_i = open.enable_i = static_cast<CData>(enable);
    gated.eval();
    open.eval();
    EXPECT_EQ(open.clk_o, clock);
    ++compared;
  };
  int enable = 0;
  gated.rst_ni = open.rst_ni = 1;
  for (int cycle = 0; cycle < 20'000; ++cycle) {
    const bool in_reset = random() % 8 == 0;
    drive(0, enable);
    gated.rst_ni = open.rst_ni = static_cast<CData>(in_reset ? 0 : 1);
    drive(0, enable);
    for (auto more = random() % 3; more > 0; --more) {
      EXPECT_EQ(gated.clk_o, 0) << "cycle " << cycle;
      const int next = static_cast<int>(random() % 2);
      bins.hit(2, next != enable);
      enable = next;
      drive(0, enable);
    }
    EXPECT_EQ(gated.clk_o, 0) << "cycle " << cycle;
    const int counts = in_reset ? 1 : enable;
    bins.hit(in_reset ? 4 : counts == 1 ? 0 : 1);
    drive(1, enable);
    for (auto more = random() % 3; more > 0; --more) {
      ASSERT_EQ(gated.clk_o, counts) << "cycle " << cycle;
      const int next = static_cast<int>(random() % 2);
      bins.hit(3, next != enable);
      enable = next;
      drive(1, enable);
    }
    ASSERT_EQ(gated.clk_o, counts) << "cycle " << cycle;
  }
  EXPECT_GT(compared, 40'000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
