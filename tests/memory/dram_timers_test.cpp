// Timers of banks beside times that are simply compared.
#include "sim/memory/hbm/dram_timers.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/common/seed.hpp"

namespace weft::sim::memory {
namespace {

TEST(BankTimers, TellWhoseTimeHasComeAndWhoIsNext) {
  const std::uint64_t seed = weft::test::seed_or(1530);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  BankTimers timers;
  std::array<Cycle, kMostBanks> time{};
  Cycle now = 0;
  std::size_t far = 0, none = 0;
  for (int i = 0; i < 200'000; ++i) {
    now += static_cast<Cycle>(random() % (i % 100 == 0 ? 400 : 6));
    // A bank's time may be moved to before or behind what it was, and beyond the wheel.
    const std::size_t b = random() % kMostBanks;
    const auto ahead = static_cast<Cycle>(random() % (random() % 8 == 0 ? 1500 : 64));
    far += ahead >= 64 ? 1 : 0;
    timers.set(b, time[b] = now + ahead);
    if (i % 5000 == 0) {
      const auto ticks = static_cast<Cycle>(random() % 10'000);
      timers.come(now);
      timers.advance(ticks);
      now += ticks;
      for (Cycle& one : time) one += ticks;
    }
    std::uint64_t come = 0;
    for (std::size_t c = 0; c < kMostBanks; ++c) come |= time[c] <= now ? bit_of(c) : 0;
    ASSERT_EQ(timers.come(now), come) << "change " << i;
    // What is ready is so at its time or somewhat later; of two at one tick the lower bank is
    // first.
    const std::uint64_t asked = random() & random() & ~come;
    const auto ready = [&](std::size_t c) { return std::max(time[c], now + 9); };
    std::size_t soonest = kMostBanks;
    for (std::size_t c = 0; c < kMostBanks; ++c) {
      if ((asked & bit_of(c)) != 0 && (soonest == kMostBanks || ready(c) < ready(soonest)))
        soonest = c;
    }
    const BankKey key = timers.soonest(asked, ready);
    ASSERT_EQ(key.none(), asked == 0);
    if (asked == 0) {
      ++none;
      ASSERT_EQ(key.tick(), kNever);
      continue;
    }
    ASSERT_EQ(key.bank(), soonest) << "change " << i;
    ASSERT_EQ(key.tick(), ready(soonest));
  }
  EXPECT_GT(far, 1000U);
  EXPECT_LT(none, 100'000U);
}

TEST(BankKey, TheEarlierIsLessAndThenTheLowerBank) {
  BankKey least;
  EXPECT_TRUE(least.none());
  least.least({7, 5});
  least.least_if(false, {1, 0});
  EXPECT_EQ(least.value(), 7U);
  least.least_if(true, {7, 3});
  EXPECT_EQ(least.bank(), 3U);
  least.least({6, 63});
  EXPECT_EQ(least.bank(), 63U);
  EXPECT_EQ(least.tick(), 6);
}

}  // namespace
}  // namespace weft::sim::memory
