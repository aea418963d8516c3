// DRAM behind the memory interface: its two clocks, when a request is answered, and that it acts in
// no cycle that it does not name.
#include "sim/memory/hbm/dram_memory.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/common/seed.hpp"
#include "tests/memory/dram_support.hpp"

namespace weft::sim::memory {
namespace {

std::shared_ptr<const weft::memory::DramSystem> system_of(const std::string& part,
                                                          std::int64_t channels) {
  const weft::memory::DramPart read = part_named(part);
  return std::make_shared<const weft::memory::DramSystem>(
      weft::memory::DramSystem{.part = read,
                               .mapping = mapping_named("RoBaRaCoCh", read),
                               .canonical = {},
                               .channels = channels});
}

TEST(TickClock, ATickIsSeenInTheFirstCycleThatBeginsWithItOrAfter) {
  for (const double tick_ps : {1000.0, 312.5, 833.0}) {
    for (const double clock_hz : {1e9, 940e6, 1e8, 3.2e9}) {
      const TickClock clock(tick_ps, clock_hz);
      for (Cycle tick = 1; tick < 3000; ++tick) {
        const Cycle cycle = clock.cycle_of(tick);
        ASSERT_GE(clock.tick_at(cycle), tick);
        ASSERT_LT(clock.tick_at(cycle - 1), tick);
      }
      const double ticks = 1e12 / clock_hz / tick_ps * 1e6;
      EXPECT_NEAR(static_cast<double>(clock.tick_at(1'000'000)), ticks, 1.0);
    }
  }
  EXPECT_EQ(TickClock(1000, 1e9).tick_at(Cycle{1} << 50), Cycle{1} << 50);
}

constexpr std::size_t kDramPlenty = 4096;

struct DramBench {
  DramBench(const std::string& part, std::int64_t channels, double clock_hz, std::size_t tags = 1)
      : dram({.system = system_of(part, channels),
              .clock_hz = clock_hz,
              .most_bytes = 4096,
              .tags = tags,
              .queue = kDramPlenty}) {
    dram.connect(0, requests, responses);
  }
  Channel<Request> requests{kDramPlenty};
  Channel<Response> responses{kDramPlenty};
  DramMemory dram;
};

// The cycle in which the response to one read, sent in cycle 0, is sent.
Cycle answered(DramBench& bench, const Request& request) {
  bench.requests.push(0, request);
  for (Cycle now = 1; now < 10'000; ++now) {
    bench.dram.step(now);
    if (bench.responses.ready(now + 1)) return now;
  }
  return kNever;
}

// Seen in cycle 1, offered in its tick: ACT a tick later, RD 15 after it, data 16 after that.
TEST(DramMemory, AnswersAnAccessByThePartsTimes) {
  DramBench same("hbm2", 1, 1e9);
  EXPECT_EQ(answered(same, {.bytes = 32}), 1 + 1 + 15 + 16);
  DramBench slower("hbm2", 1, 500e6);  // cycle 1 begins with tick 2; data in tick 34
  EXPECT_EQ(answered(slower, {.bytes = 32}), 17);
  DramBench row("hbm2", 1, 1e9);  // 32 accesses of a row, four ticks apart
  EXPECT_EQ(answered(row, {.bytes = 1024}), 33 + 31 * 4);
  DramBench spread("hbm2", 4, 1e9);  // 256 bytes each at four channels
  EXPECT_EQ(answered(spread, {.bytes = 1024}), 33 + 7 * 4);
  DramBench written("hbm2", 1, 1e9);  // done with its command
  EXPECT_EQ(answered(written, {.bytes = 32, .write = true}), 1 + 1 + 13);
  EXPECT_EQ(written.dram.dram_counts().writes, 1U);
}

// LPDDR5 at its own clock: two clocks of ACT, tRCD of 15, CAS where the data clock stands, and 17
// clocks to the first data, which takes two.
TEST(DramMemory, AnswersAnAccessOfLpddr5WithItsCas) {
  DramBench same("lpddr5", 1, 800e6);
  EXPECT_EQ(answered(same, {.bytes = 32}), 1 + 2 + 15 + 1 + 17 + 2);
  DramBench row("lpddr5", 1, 800e6);  // tCCDL, at which the data clock goes on
  EXPECT_EQ(answered(row, {.bytes = 1024}), 38 + 31 * 4);
  EXPECT_EQ(row.dram.dram_counts().clock_starts, 1U);
  DramBench written("lpddr5", 1, 800e6);  // done with its command
  EXPECT_EQ(answered(written, {.bytes = 32, .write = true}), 1 + 2 + 15 + 1);
}

TEST(DramMemory, ActsInNoCycleThatItDoesNotName) {
  const std::uint64_t seed = weft::test::seed_or(1520);
  SCOPED_TRACE(weft::test::seed_text(seed));
  for (const char* part : {"hbm2", "hbm3", "lpddr5"}) {
    DramBench named(part, 2, 940e6, 3), every(part, 2, 940e6, 3);
    std::mt19937_64 random(seed);
    Cycle next = 0, woken = 0;
    std::size_t answers = 0;
    for (Cycle now = 0; now < 60'000; ++now) {
      if (now % 64 == 0 && random() % 3 == 0) {
        for (std::uint64_t n = 0; n < 1 + random() % 6; ++n) {
          const std::int32_t bytes = 32 << (random() % 5);
          const std::uint64_t address = random() % (1 << 20) / 512 * 512;
          const Request request{.address = address,
                                .bytes = bytes,
                                .write = random() % 4 == 0,
                                .tag = static_cast<std::uint16_t>(random() % 3)};
          named.requests.push(now, request);
          every.requests.push(now, request);
        }
        woken = now + 1;  // as its channel does
      }
      if (next <= now || woken == now) next = named.dram.step(now);
      every.dram.step(now);
      while (every.responses.ready(now + 1)) {
        ASSERT_TRUE(named.responses.ready(now + 1)) << now;
        const Response a = every.responses.pop(now + 1);
        const Response b = named.responses.pop(now + 1);
        ASSERT_EQ(a.tag, b.tag);
        ASSERT_EQ(a.write, b.write);
        ++answers;
      }
      ASSERT_FALSE(named.responses.ready(now + 1)) << now;
    }
    EXPECT_GT(answers, 500U);
  }
}

// A read behind a write of another tag overtakes it or not as the banks have it; within a tag
// never.
TEST(DramMemory, WithinATagInOrder) {
  DramBench bench("hbm2", 1, 1e9, 2);
  // A long read of tag 0, a short one of tag 0 behind it, a short one of tag 1.
  bench.requests.push(0, {.address = 0, .bytes = 4096, .tag = 0});
  bench.requests.push(0, {.address = 1 << 16, .bytes = 32, .tag = 0});
  bench.requests.push(0, {.address = 1 << 17, .bytes = 32, .tag = 1});
  std::vector<std::uint16_t> tags;
  for (Cycle now = 1; now < 2000; ++now) {
    bench.dram.step(now);
    while (bench.responses.ready(now + 1)) tags.push_back(bench.responses.pop(now + 1).tag);
  }
  EXPECT_EQ(tags, (std::vector<std::uint16_t>{1, 0, 0}));
}

// A long pause: the refreshes of the time between have been sent when the next request comes.
TEST(DramMemory, RefreshesInAPause) {
  DramBench bench("hbm2", 1, 1e9);
  bench.dram.step(0);
  bench.requests.push(39'500, {.bytes = 32});
  for (Cycle now = 39'501; now < 39'700; ++now) bench.dram.step(now);
  EXPECT_EQ(bench.dram.dram_counts().refreshes, 20U);  // ten times, for two pseudo-channels
}

// At the end of a run nobody asks any more: what has been refreshed up to there is counted, and the
// time is that of the run.
TEST(DramMemory, IsSettledAtTheEndOfARun) {
  DramBench bench("hbm2", 2, 500e6);
  const Cycle answer = answered(bench, {.bytes = 32});
  bench.dram.settle(39'500);  // two ticks each
  EXPECT_EQ(bench.dram.dram_counts().refreshes, 2U * 2 * 20);
  const weft::memory::DramUse use = bench.dram.use(39'500);
  EXPECT_DOUBLE_EQ(use.column_bus, 1.0 / (2 * 79'000));
  EXPECT_DOUBLE_EQ(use.data_bus, 2.0 / (2 * 2 * 79'000));
  EXPECT_DOUBLE_EQ(use.row_bus, (2.0 + 80 + 1) / (2 * 79'000));  // ACT, REF, and its PREab
  EXPECT_LT(answer, 100);
  EXPECT_EQ(weft::memory::bound_words(use).substr(0, 21), "outstanding requests:");
}

}  // namespace
}  // namespace weft::sim::memory
