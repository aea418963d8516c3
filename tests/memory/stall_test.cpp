// Stalls as a pure function of seed, port and ordinal, and what memory and fetcher make of them.
#include "sim/memory/stall.hpp"
#include "models/engine/run/run_options.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "sim/memory/bandwidth_memory.hpp"
#include "sim/memory/fetcher.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::memory {
namespace {

constexpr std::uint64_t kOrdinals = 1 << 16;
constexpr StallPort kPorts[] = {StallPort::request, StallPort::response};

struct Rule {
  StallProfile profile;
  StallPort port;
  Cycle least;  // of a stall that there is; 0: none at this port
  Cycle most;
};

class OneInFour : public testing::TestWithParam<Rule> {};

// A quarter stalls, by every number of cycles of its range about equally often.
TEST_P(OneInFour, AQuarterStallsEvenlyOverItsRange) {
  const Rule rule = GetParam();
  const Stalls stalls(rule.profile, weft::test::seed_or(3));
  std::vector<int> seen(64, 0);
  for (std::uint64_t n = 0; n < kOrdinals; ++n)
    ++seen.at(static_cast<std::size_t>(stalls.cycles(rule.port, n)));
  if (rule.least == 0) {
    EXPECT_EQ(seen[0], static_cast<int>(kOrdinals));
    return;
  }
  EXPECT_NEAR(seen[0], 0.75 * kOrdinals, 0.02 * kOrdinals);
  const double each = 0.25 * kOrdinals / static_cast<double>(rule.most - rule.least + 1);
  for (Cycle d = 1; d < 64; ++d) {
    if (d >= rule.least && d <= rule.most) {
      EXPECT_NEAR(seen[static_cast<std::size_t>(d)], each, 0.25 * each) << d << " cycles";
    } else {
      EXPECT_EQ(seen[static_cast<std::size_t>(d)], 0) << d << " cycles";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, OneInFour,
                         testing::Values(Rule{StallProfile::none, StallPort::request, 0, 0},
                                         Rule{StallProfile::none, StallPort::response, 0, 0},
                                         Rule{StallProfile::source, StallPort::request, 0, 0},
                                         Rule{StallProfile::source, StallPort::response, 1, 15},
                                         Rule{StallProfile::sink, StallPort::request, 1, 7},
                                         Rule{StallProfile::sink, StallPort::response, 0, 0},
                                         Rule{StallProfile::both, StallPort::request, 1, 7},
                                         Rule{StallProfile::both, StallPort::response, 1, 15},
                                         Rule{StallProfile::bursty, StallPort::request, 1, 7},
                                         Rule{StallProfile::bursty, StallPort::response, 8, 23}));

TEST(Stalls, BurstsAreSixteenOrdinalsOfBothPorts) {
  const Stalls stalls(StallProfile::bursty, weft::test::seed_or(3));
  int stalling = 0;
  for (std::uint64_t run = 0; run < kOrdinals / 16; ++run) {
    const bool first = stalls.cycles(StallPort::request, 16 * run) > 0;
    stalling += first ? 1 : 0;
    for (std::uint64_t n = 16 * run; n < 16 * run + 16; ++n) {
      for (const StallPort port : kPorts)
        ASSERT_EQ(stalls.cycles(port, n) > 0, first) << "ordinal " << n;
    }
  }
  EXPECT_NEAR(stalling, kOrdinals / 64.0, 0.1 * kOrdinals / 64.0);
}

// Values by hand would only repeat the code; that they never change is part of the contract with
// the RTL and with results.
TEST(Stalls, DependOnSeedPortAndOrdinalAlone) {
  const Stalls stalls(StallProfile::both, 7);
  std::vector<Cycle> forwards;
  for (std::uint64_t n = 0; n < 1000; ++n)
    forwards.push_back(stalls.cycles(StallPort::response, n));
  for (std::uint64_t n = 1000; n-- > 0;) {
    stalls.cycles(StallPort::request, n * n);  // asking for others in between moves nothing
    ASSERT_EQ(Stalls(StallProfile::both, 7).cycles(StallPort::response, n), forwards[n]);
  }
  const auto differing = [&](const Stalls& other, StallPort port) {
    int count = 0;
    for (std::uint64_t n = 0; n < 1000; ++n)
      count += (other.cycles(port, n) > 0) != (forwards[n] > 0) ? 1 : 0;
    return count;
  };
  // Two independent draws of one in four differ in 3 of 8.
  EXPECT_NEAR(differing(Stalls(StallProfile::both, 8), StallPort::response), 375, 80);
  EXPECT_NEAR(differing(stalls, StallPort::request), 375, 80);
  EXPECT_EQ(stalls.timing_depends_on(), TimingDependsOn::random);
  EXPECT_EQ(Stalls().timing_depends_on(), TimingDependsOn::shape);
}

weft::engine::Dram memory_of(std::int64_t latency) {
  return {.bandwidth_bytes_per_s = 32e9,
          .latency_cycles = latency,
          .outstanding = 64,
          .burst_bytes = 256};
}

class Profile : public testing::TestWithParam<StallProfile> {};

// Every response is late by its own stall, or waits for the one before it; a request more at the
// end moves none.
TEST_P(Profile, ResponsesComeInOrderEachByItsStall) {
  const Stalls stalls(GetParam(), weft::test::seed_or(11));
  DramTiming plain(memory_of(20), 1e9);
  DramTiming stalling(memory_of(20), 1e9, stalls);
  DramTiming longer(memory_of(20), 1e9, stalls);
  Cycle before = 0;
  int late = 0;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    const Request request{.bytes = static_cast<std::int32_t>(32 * (1 + n % 8)),
                          .write = n % 3 == 0};
    const Cycle now = static_cast<Cycle>(5 * n);
    const Cycle without = plain.accept(now, request);
    const Cycle ready = stalling.accept(now, request);
    ASSERT_EQ(ready, std::max(before, without + stalls.cycles(StallPort::response, n)))
        << "response " << n;
    ASSERT_EQ(longer.accept(now, request), ready);
    if (n == 1999) longer.accept(now, request);
    late += ready > without ? 1 : 0;
    before = ready;
  }
  EXPECT_EQ(stalling.busy_cycles(), plain.busy_cycles());
  EXPECT_EQ(stalling.counters(), plain.counters());
  EXPECT_EQ(late > 0, GetParam() != StallProfile::none && GetParam() != StallProfile::sink);
}

// A request is presented for the cycles of its stall and accepted in the last of them; the next
// follows a cycle later.
TEST_P(Profile, RequestsAreAcceptedLateOneByOne) {
  const Stalls stalls(GetParam(), weft::test::seed_or(11));
  Channel<Transfer> transfers;
  Channel<Completion> completions;
  Channel<Request> requests;
  Channel<Response> responses;
  Fetcher fetcher({.takes = {.most_bytes = 64}, .outstanding = 1000, .stalls = stalls},
                  {transfers, completions, requests, responses});
  transfers.push(0, {.step = 1, .bytes = 64 * 200});
  transfers.push(0, {.step = 2, .bytes = 64 * 100, .write = true});
  Cycle presented = 1;
  Cycle next = 1;
  std::uint64_t n = 0;
  for (Cycle now = 1; n < 300 && now < 10000; ++now) {
    if (now == next) next = fetcher.step(now);  // stepped when it asks to be: no less is needed
    while (requests.ready(now + 1)) {
      requests.pop(now + 1);
      ASSERT_EQ(now, presented + stalls.cycles(StallPort::request, n)) << "request " << n;
      presented = now + 1;
      ++n;
    }
  }
  EXPECT_EQ(n, 300u);
  const Cycle plain = 301;
  const bool sinks = GetParam() != StallProfile::none && GetParam() != StallProfile::source;
  EXPECT_EQ(presented > plain, sinks);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Profile,
                         testing::Values(StallProfile::none, StallProfile::source,
                                         StallProfile::sink, StallProfile::both,
                                         StallProfile::bursty),
                         [](const auto& tested) {
                           return std::string(config::name_of(tested.param));
                         });

}  // namespace
}  // namespace weft::sim::memory
