// A fresh SystemC kernel a simulation: a thousand times in one process, without an error and
// without growing.
#include "sim/common/fresh_kernel.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include <stdexcept>
#include <systemc>

#include "sim/common/channel.hpp"
#include "sim/common/shell.hpp"

namespace weft::sim {
namespace {

struct Note {
  std::int64_t value = 0;
  void fingerprint(StateWords& out) const { out.word(value); }
  void advance(Cycle /*cycles*/) {}
};

// Counts up through its own channel, three cycles a step.
struct Counter {
  Channel<Note> channel;
  std::int64_t seen = 0;
  std::int64_t until = 0;
  Cycle step(Cycle now) {
    while (channel.ready(now)) {
      channel.pop(now);
      ++seen;
    }
    if (seen == until) return kNever;
    if (now % 3 == 0) channel.push(now, {now});
    return now + 1;
  }
};

std::int64_t simulate_once(std::int64_t until) {
  Counter counter;
  counter.until = until;
  with_fresh_kernel([&] {
    Clock clock;
    Failure failure;
    Shell<Counter> shell("counter", counter, clock, failure);
    counter.channel.connect(&shell);
    sc_core::sc_start(clock.cycles(1000));
    if (failure.error) std::rethrow_exception(failure.error);
  });
  return counter.seen;
}

TEST(Kernel, RunsAThousandTimesAtTheSameMemory) {
  ASSERT_EQ(simulate_once(7), 7);
  std::size_t early = 0;
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_EQ(simulate_once(i % 50), i % 50) << "run " << i;
    if (i == 100) early = mallinfo2().uordblks;
  }
  // Nine hundred simulations more hold less than 100 bytes each.
  EXPECT_LT(mallinfo2().uordblks, early + 90'000);
}

TEST(Kernel, SurvivesAnExceptionOfItsBody) {
  sc_core::sc_simcontext* before = sc_core::sc_curr_simcontext;
  for (int i = 0; i < 20; ++i) {
    EXPECT_THROW(with_fresh_kernel([] {
                   Counter counter;
                   Clock clock;
                   Failure failure;
                   const Shell<Counter> shell("counter", counter, clock, failure);
                   throw std::runtime_error("on purpose");
                 }),
                 std::runtime_error);
    EXPECT_EQ(sc_core::sc_curr_simcontext, before);
    EXPECT_EQ(simulate_once(3), 3);
  }
}

struct Thrower {
  Cycle step(Cycle now) {
    check(now < 5, "thrown inside the kernel");
    return now + 1;
  }
};

// What a unit throws comes out of the run, at the cycle it happened.
TEST(Shell, CarriesAnExceptionOutOfTheKernel) {
  bool caught = false;
  with_fresh_kernel([&] {
    Thrower thrower;
    Clock clock;
    Failure failure;
    Shell<Thrower> shell("thrower", thrower, clock, failure);
    sc_core::sc_start(clock.cycles(100));
    ASSERT_TRUE(failure.error);
    EXPECT_EQ(clock.now(), 5);
    try {
      std::rethrow_exception(failure.error);
    } catch (const ContractError& error) {
      caught = std::string(error.what()).find("thrown inside the kernel") != std::string::npos;
    }
  });
  EXPECT_TRUE(caught);
}

TEST(Clock, SkippedCyclesCountAsTime) {
  with_fresh_kernel([] {
    Clock clock;
    Counter counter;
    Failure failure;
    Shell<Counter> shell("counter", counter, clock, failure);
    sc_core::sc_start(clock.cycles(10));
    EXPECT_EQ(clock.now(), 10);
    clock.skip(1'000'000'000'000);
    EXPECT_EQ(clock.now(), 1'000'000'000'010);
    sc_core::sc_start(clock.cycles(5));
    EXPECT_EQ(clock.now(), 1'000'000'000'015);
    EXPECT_EQ(clock.skipped(), 1'000'000'000'000);
  });
}

}  // namespace
}  // namespace weft::sim
