// Cycles and SystemC's time: at any resolution, exact to the tick.
#include "sim/common/clock.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

#include "models/common/error.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim {
namespace {

struct Resolution {
  double value;
  sc_core::sc_time_unit unit;
  std::int64_t per_s;  // ticks
};
const Resolution kResolutions[] = {{1, sc_core::SC_FS, 1'000'000'000'000'000},
                                   {100, sc_core::SC_FS, 10'000'000'000'000},
                                   {1, sc_core::SC_PS, 1'000'000'000'000},
                                   {10, sc_core::SC_PS, 100'000'000'000},
                                   {1, sc_core::SC_NS, 1'000'000'000}};

// A clock of whole megahertz, and what its cycles are by fractions of small numbers.
TEST(Clock, CyclesBeginAtTheTickThatTheyFallInto) {
  const std::uint64_t seed = weft::test::seed_or(61);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  int checked = 0;
  for (const Resolution& resolution : kResolutions) {
    for (int i = 0; i < 20; ++i) {
      const auto mhz = static_cast<std::int64_t>(1 + random() % 1000);
      SCOPED_TRACE(std::to_string(mhz) + " MHz, ticks a second " +
                   std::to_string(resolution.per_s));
      with_fresh_kernel([&] {
        sc_core::sc_set_time_resolution(resolution.value, resolution.unit);
        const Clock clock(static_cast<double>(mhz) * 1e6);
        const std::int64_t per_us = resolution.per_s / 1'000'000;  // ticks; mhz cycles
        for (int n = 0; n < 100; ++n) {
          const auto cycles = static_cast<std::int64_t>(random() % 1'000'000);
          const std::uint64_t ticks = clock.until(cycles).value();
          // ticks <= cycles · per_us / mhz < ticks + 1
          ASSERT_LE(static_cast<std::int64_t>(ticks) * mhz, cycles * per_us);
          ASSERT_GT((static_cast<std::int64_t>(ticks) + 1) * mhz, cycles * per_us);
          ASSERT_EQ(clock.cycle_after(0, clock.cycles(cycles)), cycles);
          const auto taken = static_cast<std::int64_t>(random() % 1'000'000);
          const std::int64_t covering = (taken * mhz + per_us - 1) / per_us;
          ASSERT_EQ(
              clock.cycle_after(0, sc_core::sc_time::from_value(static_cast<std::uint64_t>(taken))),
              covering);
          ++checked;
        }
        // As time goes by a cycle is the one whose tick has come.
        for (Cycle cycle = 0; cycle < 50; ++cycle) {
          ASSERT_EQ(clock.now(), cycle);
          const sc_core::sc_time more = clock.until(cycle + 1);
          ASSERT_GE(more.value(), 1u);
          if (more.value() > 1) {
            sc_core::sc_start(sc_core::sc_time::from_value(more.value() - 1));
            ASSERT_EQ(clock.now(), cycle);
          }
          sc_core::sc_start(sc_core::sc_time::from_value(1));
        }
        // What began in a cycle ends as many cycles after it, wherever its tick lies.
        ASSERT_EQ(clock.cycle_after(50, clock.cycles(77)), 127);
      });
    }
  }
  EXPECT_EQ(checked, 5 * 20 * 100);
}

TEST(Clock, OfTwoTicksKnowsNoResolution) {
  for (const Resolution& resolution : kResolutions) {
    with_fresh_kernel([&] {
      sc_core::sc_set_time_resolution(resolution.value, resolution.unit);
      const Clock clock;
      EXPECT_EQ(clock.cycles(21).value(), 42u);
      sc_core::sc_start(clock.cycles(21));
      EXPECT_EQ(clock.now(), 21);
      EXPECT_EQ(clock.until(25).value(), 8u);
      EXPECT_EQ(clock.half_cycle().value(), 1u);
    });
  }
}

// A cycle may be as short as a tick, and no shorter.
TEST(Clock, RefusesTicksLongerThanACycle) {
  with_fresh_kernel([] {
    sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
    EXPECT_EQ(Clock(1e9).cycles(7).value(), 7u);
    try {
      const Clock clock(1.25e9);
      FAIL() << "taken";
    } catch (const ContractError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("0.8 ns is shorter"));
      EXPECT_THAT(error.what(), testing::HasSubstr("1 ns"));
      EXPECT_THAT(error.what(), testing::HasSubstr("sc_set_time_resolution"));
    }
  });
}

// Millihertz are kept: 1.0005 kHz takes 2000 cycles in 1999.0005 ms.
TEST(Clock, TakesFractionsOfAHertz) {
  with_fresh_kernel([] {
    const Clock clock(1000.5);
    EXPECT_EQ(clock.cycles(2001).value(), 2'000'000'000'000u);
  });
}

}  // namespace
}  // namespace weft::sim
