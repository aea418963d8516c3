#include "sim/memory/bandwidth_memory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "models/engine/run/run_options.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::memory {
namespace {

constexpr double kClock = 940e6;

weft::engine::Dram memory_of(double bandwidth, std::int64_t latency) {
  return {.bandwidth_bytes_per_s = bandwidth,
          .latency_cycles = latency,
          .outstanding = 64,
          .burst_bytes = 4096};
}

constexpr std::size_t kPlenty = 1 << 16;  // of room in a channel

// The memory by itself, stepped in every cycle.
struct BandwidthBench {
  BandwidthBench(double bandwidth, std::int64_t latency)
      : dram({.dram = memory_of(bandwidth, latency), .clock_hz = kClock, .queue = kPlenty}) {
    dram.connect(0, requests, responses);
  }

  void send(std::int64_t bytes, bool write = false) {
    requests.push(now, {.bytes = static_cast<std::int32_t>(bytes), .write = write});
  }
  void tick() {
    dram.step(now);
    ++now;
    while (responses.ready(now)) {
      responses.pop(now);
      seen.push_back(now - 1);  // the cycle in which it was sent
    }
  }
  void run_until(std::size_t count) {
    while (seen.size() < count && now < 10'000'000) tick();
    ASSERT_EQ(seen.size(), count);
  }
  std::int64_t cycles_for(std::int64_t bytes) const {
    const Pace& pace = dram.timing().pace();
    return (bytes * pace.block_cycles + pace.block_bytes - 1) / pace.block_bytes;
  }

  Channel<Request> requests{kPlenty};
  Channel<Response> responses{kPlenty};
  BandwidthMemory dram;
  Cycle now = 0;
  std::vector<Cycle> seen;
};

// Seconds are the memory's: at another clock they are as many cycles as cover them.
TEST(Latency, InSecondsIsWholeCyclesRoundedUp) {
  const auto cycles = [](double seconds, double clock) {
    return weft::engine::latency_cycles({.latency_s = seconds}, clock);
  };
  EXPECT_EQ(cycles(106.38e-9, 940e6), 100);
  EXPECT_EQ(cycles(106.38e-9, 94e6), 10);
  EXPECT_EQ(cycles(106.38e-9, 500e6), 54);  // 53.19
  EXPECT_EQ(cycles(106.38e-9, 1e9), 107);
  EXPECT_EQ(cycles(1e-12, 1e3), 1) << "never none";
  EXPECT_EQ(weft::engine::latency_cycles({.latency_cycles = 77}, 1e3), 77)
      << "cycles are cycles at any clock";
}

// n nanoseconds at k hundred MHz are n·k/10 cycles, whatever the product of two rounded doubles is.
TEST(Latency, OfAWholeNumberOfCyclesIsThatNumber) {
  int inexact = 0;
  for (std::int64_t n = 1; n <= 1000; ++n) {
    for (std::int64_t k = 1; k <= 50; ++k) {
      const double seconds = std::stod(std::to_string(n) + "e-9");
      const double clock = static_cast<double>(k) * 1e8;
      ASSERT_EQ(weft::engine::latency_cycles({.latency_s = seconds}, clock), (n * k + 9) / 10)
          << n << " ns at " << clock;
      inexact += static_cast<std::int64_t>(std::ceil(seconds * clock)) != (n * k + 9) / 10 ? 1 : 0;
    }
  }
  EXPECT_GT(inexact, 100) << "the guard is needed";
}

// The pace is at most the bandwidth asked for, within 1e-4 of it, and no smaller block would do.
TEST(Pace, IsWithinOneInTenThousandAndTheSmallestBlock) {
  const std::uint64_t seed = weft::test::seed_or(11);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const double bandwidth =
        std::exp(std::log(1e3) +
                 (std::log(1e15) - std::log(1e3)) * static_cast<double>(random() % 100000) / 1e5);
    SCOPED_TRACE(bandwidth);
    const Pace pace = pace_of(bandwidth, kClock);
    const double wish = bandwidth / kClock;
    EXPECT_LE(pace.bytes_per_cycle(), wish * (1 + 1e-12));
    EXPECT_GE(pace.bytes_per_cycle(), wish / (1 + 1.0001e-4));
    EXPECT_GE(pace.block_bytes, 16);
    EXPECT_EQ(pace.block_bytes & (pace.block_bytes - 1), 0);
    if (pace.block_bytes == 16) continue;
    const double half = std::ceil(static_cast<double>(pace.block_bytes / 2) / wish);
    EXPECT_LT(static_cast<double>(pace.block_bytes / 2) / half, wish / (1 + 0.9999e-4))
        << "half the block would have done";
  }
}

// 400 · 2^30 bytes a second at 940 MHz are 456.91 bytes a cycle.
TEST(Pace, OfTheCloudDesign) {
  EXPECT_NEAR(pace_of(429496729600.0, kClock).bytes_per_cycle(), 429496729600.0 / 940e6,
              429496729600.0 / 940e6 * 1e-4);
}

class Stream : public testing::TestWithParam<double> {};

// Back to back from cycle 1 on: the last response comes after ceil(bytes / rate) cycles on the bus
// and the latency, the bus is busy for just those, and every response before it obeys the same
// formula.
TEST_P(Stream, TakesBytesOverRateAndTheLatencyExactly) {
  const std::uint64_t seed = weft::test::seed_or(5);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  BandwidthBench bench(GetParam(), 100);
  std::vector<std::int64_t> until;
  std::int64_t bytes = 0;
  for (int i = 0; i < 300; ++i) {
    const auto size = static_cast<std::int64_t>(1 + random() % 4096);
    bench.send(size, random() % 2 == 0);
    bytes += size;
    until.push_back(bytes);
  }
  bench.run_until(until.size());
  for (std::size_t i = 0; i < until.size(); ++i)
    EXPECT_EQ(bench.seen[i], 1 + bench.cycles_for(until[i]) + 100) << "request " << i;
  EXPECT_EQ(bench.dram.timing().busy_cycles(), static_cast<std::uint64_t>(bench.cycles_for(bytes)));
  const double ideal = static_cast<double>(bytes) / (GetParam() / kClock);
  EXPECT_GE(static_cast<double>(bench.cycles_for(bytes)), ideal * (1 - 1e-12));
  EXPECT_LE(static_cast<double>(bench.cycles_for(bytes)), ideal * (1 + 1e-4) + 1);
  const auto& counters = bench.dram.timing().counters();
  using weft::engine::DramCounter;
  EXPECT_EQ(counters[static_cast<std::size_t>(DramCounter::bytes_read)] +
                counters[static_cast<std::size_t>(DramCounter::bytes_written)],
            static_cast<std::uint64_t>(bytes));
  EXPECT_EQ(counters[static_cast<std::size_t>(DramCounter::read_requests)] +
                counters[static_cast<std::size_t>(DramCounter::write_requests)],
            until.size());
}

// Bytes a cycle: 457 as at cloud scale, 28.6 as at side 16, 1, 0.3, and 10/3.
INSTANTIATE_TEST_SUITE_P(Rates, Stream,
                         testing::Values(429496729600.0, 26843545600.0, kClock, 0.3 * kClock,
                                         kClock * 10 / 3));

// After a whole block of bytes on a busy bus the state recurs, a block's cycles later.
TEST(BandwidthMemory, RecursAfterABlock) {
  BandwidthBench bench(26843545600.0, 20);
  const Pace pace = bench.dram.timing().pace();
  ASSERT_GT(pace.block_cycles, 1);
  const std::int64_t requests = pace.block_bytes / 16;
  for (std::int64_t i = 0; i < 3 * requests; ++i) bench.send(16);
  bench.run_until(static_cast<std::size_t>(3 * requests));
  for (std::int64_t i = 0; i < 2 * requests; ++i) {
    EXPECT_EQ(bench.seen[static_cast<std::size_t>(i + requests)] -
                  bench.seen[static_cast<std::size_t>(i)],
              pace.block_cycles);
  }
}

TEST(BandwidthMemory, AnIdleBusStartsAfresh) {
  BandwidthBench bench(kClock * 10 / 3, 7);  // 10 bytes in 3 cycles, about
  bench.send(10);
  bench.run_until(1);
  EXPECT_EQ(bench.seen[0], 1 + bench.cycles_for(10) + 7);
  for (int i = 0; i < 50; ++i) bench.tick();
  const Cycle sent = bench.now;
  bench.send(10);
  bench.run_until(2);
  EXPECT_EQ(bench.seen[1], sent + 1 + bench.cycles_for(10) + 7);
  EXPECT_EQ(bench.dram.timing().busy_cycles(),
            static_cast<std::uint64_t>(2 * bench.cycles_for(10)));
}

// Two requests that share a cycle of the bus count it once.
TEST(BandwidthMemory, ASharedCycleIsBusyOnce) {
  BandwidthBench bench(kClock * 16, 5);  // 16 bytes a cycle
  for (int i = 0; i < 4; ++i) bench.send(8);
  bench.run_until(4);
  EXPECT_EQ(bench.dram.timing().busy_cycles(), 2u);
  EXPECT_EQ(bench.seen, (std::vector<Cycle>{7, 7, 8, 8}));
}

// On a data bus a read takes its beats and a write one, behind whatever came before; no response is
// earlier than without.
TEST(DramTiming, OnABusResponsesAreTheirBeatsApart) {
  const std::uint64_t seed = weft::test::seed_or(7);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  weft::engine::Dram config{
      .bandwidth_bytes_per_s = 30e9, .latency_cycles = 9, .outstanding = 64, .burst_bytes = 256};
  DramTiming plain(config, 1e9);
  config.bus_bytes = 32;
  const Stalls stalls(StallProfile::source, seed);
  DramTiming bus(config, 1e9, stalls);
  Cycle now = 1;
  Cycle before = -1000;
  int by_bus = 0;
  for (std::uint64_t n = 0; n < 5000; ++n) {
    now += static_cast<Cycle>(random() % 12);
    const auto beats = static_cast<std::int64_t>(1 + random() % 8);
    const Request request{.address = 32 * (random() % 100),
                          .bytes = static_cast<std::int32_t>(32 * beats),
                          .write = random() % 3 == 0};
    const Cycle alone = plain.accept(now, request) + stalls.cycles(StallPort::response, n);
    const Cycle ready = bus.accept(now, request);
    ASSERT_EQ(ready, std::max(alone, before + (request.write ? 1 : beats))) << "request " << n;
    by_bus += ready > alone ? 1 : 0;
    before = ready;
  }
  EXPECT_GT(by_bus, 100);
}

// What begins or ends inside a beat takes the whole beat.
TEST(DramTiming, ABeatThatIsTouchedIsTaken) {
  const weft::engine::Dram config{.bandwidth_bytes_per_s = 32e9,
                                  .latency_cycles = 1,
                                  .outstanding = 64,
                                  .burst_bytes = 256,
                                  .bus_bytes = 32};
  DramTiming bus(config, 1e9, Stalls(StallProfile::source, 1));
  const Cycle first = bus.accept(1000, {.address = 0, .bytes = 256});
  // Long idle, then two at once: the second ends a cycle after the first, and takes two beats
  // behind it.
  EXPECT_GE(first, 1000 + 8 + 1);
  DramTiming quiet(config, 1e9);
  EXPECT_EQ(quiet.accept(1000, {.address = 0, .bytes = 8}), 1000 + 1 + 1);
  EXPECT_EQ(quiet.accept(1000, {.address = 40, .bytes = 48}), 1002 + 2);
}

// The bus bounds the bandwidth: 100 GB/s wished for, 32 bytes a cycle moved.
TEST(DramTiming, TheBusBoundsTheBandwidth) {
  const weft::engine::Dram config{.bandwidth_bytes_per_s = 100e9,
                                  .latency_cycles = 5,
                                  .outstanding = 64,
                                  .burst_bytes = 256,
                                  .bus_bytes = 32};
  DramTiming bus(config, 1e9);
  EXPECT_EQ(bus.pace().bytes_per_cycle(), 32);
  for (int n = 1; n <= 10; ++n)
    EXPECT_EQ(bus.accept(1, {.address = 0, .bytes = 256, .write = n % 2 == 0}), 1 + 8 * n + 5);
}

// Over data buses each port is a channel: a memory of its own, of its share of the bandwidth,
// whatever the others are asked for. Stalls are those of its number.
TEST(DramTiming, ChannelsWithBusesAreMemoriesOfTheirOwn) {
  const std::uint64_t seed = weft::test::seed_or(11);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  weft::engine::Dram config{.bandwidth_bytes_per_s = 60e9,
                            .latency_cycles = 9,
                            .outstanding = 64,
                            .burst_bytes = 256,
                            .bus_bytes = 32};
  DramTiming both(config, 1e9, {}, 2, 4);
  config.bandwidth_bytes_per_s /= 2;
  std::array<DramTiming, 2> alone{DramTiming(config, 1e9), DramTiming(config, 1e9)};
  Cycle now = 1;
  int differ = 0;
  for (int n = 0; n < 5000; ++n) {
    now += static_cast<Cycle>(random() % 8);
    const auto beats = static_cast<std::int32_t>(1 + random() % 8);
    Request request{.address = 32 * (random() % 100), .bytes = 32 * beats};
    Request same = request;
    request.port = static_cast<std::uint8_t>(random() % 2);
    request.tag = static_cast<std::uint16_t>(random() % 4);
    const Cycle ready = both.accept(now, request);
    ASSERT_EQ(ready, alone[request.port].accept(now, same)) << "request " << n;
    differ += ready > now + 9 + beats + 1 ? 1 : 0;
  }
  EXPECT_GT(differ, 100);  // some waited for their channel
  EXPECT_EQ(both.busy_cycles(), (alone[0].busy_cycles() + alone[1].busy_cycles()) / 2);
}

// step() names the next cycle in which it has something to do: stepping it only then changes
// nothing.
TEST(BandwidthMemory, NeedsNoStepBeforeTheCycleItAsksFor) {
  BandwidthBench every(26843545600.0, 33);
  BandwidthBench asked(26843545600.0, 33);
  for (int i = 0; i < 50; ++i) {
    every.send(777);
    asked.send(777);
  }
  every.run_until(50);
  Cycle next = 1;
  while (next != kNever) {
    asked.now = next;
    next = asked.dram.step(next);
    while (asked.responses.ready(asked.now + 1)) {
      asked.responses.pop(asked.now + 1);
      asked.seen.push_back(asked.now);
    }
  }
  EXPECT_EQ(asked.seen, every.seen);
}

// Moved by whole periods, a memory goes on as if it had lived later.
TEST(BandwidthMemory, AdvanceShiftsWhatIsUnderWay) {
  BandwidthBench here(26843545600.0, 33);
  BandwidthBench moved(26843545600.0, 33);
  for (int i = 0; i < 20; ++i) {
    here.send(500);
    moved.send(500);
  }
  for (int i = 0; i < 60; ++i) {
    here.tick();
    moved.tick();
  }
  ASSERT_FALSE(here.seen.empty());
  ASSERT_LT(here.seen.size(), 20u);
  moved.dram.advance(1000);
  moved.responses.advance(1000);
  moved.now += 1000;
  StateWords a(here.now);
  StateWords b(moved.now);
  here.dram.fingerprint(a);
  moved.dram.fingerprint(b);
  EXPECT_EQ(a.words(), b.words());
  const std::size_t before = here.seen.size();
  here.run_until(20);
  moved.run_until(20);
  for (std::size_t i = before; i < 20; ++i) EXPECT_EQ(moved.seen[i], here.seen[i] + 1000);
}

}  // namespace
}  // namespace weft::sim::memory
