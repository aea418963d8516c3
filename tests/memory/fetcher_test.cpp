#include "sim/memory/fetcher.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <numeric>
#include <random>

#include "tests/common/seed.hpp"

namespace weft::sim::memory {
namespace {

constexpr std::int64_t kBurst = 256;
constexpr std::size_t kFetcherPlenty = 1 << 16;  // of room in a channel

// Answers in the order of requests, each after a delay of its own: a pure function of seed and
// ordinal.
struct FakeMemory {
  Channel<Request>& requests;
  Channel<Response>& responses;
  std::uint64_t seed;
  std::int64_t most_delay;
  std::vector<Request> got;
  std::vector<Cycle> got_at;
  std::deque<Cycle> ready;
  std::int64_t most_under_way = 0;

  Cycle step(Cycle now) {
    while (requests.ready(now)) {
      got.push_back(requests.pop(now));
      got_at.push_back(now - 1);
      std::mt19937_64 random(seed ^ (0x9E3779B97F4A7C15u * got.size()));
      const Cycle delay = static_cast<Cycle>(random() % static_cast<std::uint64_t>(most_delay + 1));
      ready.push_back(std::max(now + delay, ready.empty() ? 0 : ready.back()));
    }
    most_under_way = std::max(most_under_way, static_cast<std::int64_t>(ready.size()));
    while (!ready.empty() && ready.front() <= now) {
      responses.push(now, {});
      ready.pop_front();
    }
    return now + 1;
  }
};

struct FetcherBench {
  FetcherBench(std::int64_t outstanding, std::uint64_t seed, std::int64_t most_delay)
      : fetcher({.takes = {.most_bytes = kBurst}, .outstanding = outstanding, .transfers = 64},
                {transfers, completions, requests, responses}),
        memory{requests, responses, seed, most_delay, {}, {}, {}, 0} {
    fetcher.on_done(
        [](void* list, const Transfer& transfer) {
          static_cast<std::vector<int>*>(list)->push_back(transfer.step);
        },
        &moved);
  }

  // Both in one cycle, in either order.
  void tick(bool fetcher_first) {
    if (fetcher_first) fetcher.step(now);
    memory.step(now);
    if (!fetcher_first) fetcher.step(now);
    ++now;
    while (completions.ready(now)) {
      completed.push_back(completions.pop(now).step);
      completed_at.push_back(now - 1);
    }
  }
  void run_until(std::size_t count) {
    while (completed.size() < count && now < 1'000'000) tick(true);
    ASSERT_EQ(completed.size(), count);
  }

  Channel<Transfer> transfers{kFetcherPlenty};
  Channel<Completion> completions{kFetcherPlenty};
  Channel<Request> requests{kFetcherPlenty};
  Channel<Response> responses{kFetcherPlenty};
  Fetcher fetcher;
  FakeMemory memory;
  Cycle now = 0;
  std::vector<int> moved;
  std::vector<int> completed;
  std::vector<Cycle> completed_at;
};

TEST(Fetcher, CutsATransferAtMultiplesOfTheBurst) {
  FetcherBench bench(8, 1, 0);
  bench.transfers.push(
      0, {.step = 3, .bytes = 24 + 2 * kBurst + 17, .write = true, .tensor = 5, .address = 1000});
  bench.run_until(1);
  ASSERT_EQ(bench.memory.got.size(), 4u);
  const std::vector<std::uint64_t> addresses{1000, 1024, 1280, 1536};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(bench.memory.got[i].bytes, (std::vector<std::int64_t>{24, kBurst, kBurst, 17})[i]);
    EXPECT_EQ(bench.memory.got[i].address, addresses[i]);
    EXPECT_TRUE(bench.memory.got[i].write);
    EXPECT_EQ(bench.memory.got[i].tensor, 5);
    EXPECT_EQ(bench.memory.got_at[i], static_cast<Cycle>(1 + i)) << "one request a cycle";
  }
  // Asked for in cycle 4, taken and answered in 5, seen and reported in 6.
  EXPECT_EQ(bench.completed_at[0], 6);
}

// With one request under way at a time and an answer in the cycle it is seen: asked for in 1,
// answered in 2, seen in 3, and its place is free from 4 on.
TEST(Fetcher, WaitsForAnAnswerAtTheLimit) {
  FetcherBench bench(1, 1, 0);
  bench.transfers.push(0, {.step = 0, .bytes = 5 * kBurst});
  bench.run_until(1);
  EXPECT_EQ(bench.memory.got_at, (std::vector<Cycle>{1, 4, 7, 10, 13}));
  EXPECT_EQ(bench.memory.most_under_way, 1);
}

struct Load {
  std::int64_t outstanding;
  std::int64_t most_delay;
};
class RandomLoad : public testing::TestWithParam<Load> {};

TEST_P(RandomLoad, KeepsTheLimitTheBurstsAndTheOrder) {
  const std::uint64_t seed = weft::test::seed_or(41);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  FetcherBench bench(GetParam().outstanding, seed, GetParam().most_delay);
  FetcherBench swapped(GetParam().outstanding, seed,
                       GetParam().most_delay);  // the units step in the other order
  std::vector<std::int64_t> sizes;
  std::int64_t requests = 0;
  while (sizes.size() < 120) {
    if (random() % 4 == 0) {
      const auto bytes = static_cast<std::int64_t>(1 + random() % 2000);
      const auto address = random() % 5000;
      const Transfer transfer{.step = static_cast<int>(sizes.size()),
                              .bytes = bytes,
                              .write = random() % 2 == 0,
                              .address = address};
      bench.transfers.push(bench.now, transfer);
      swapped.transfers.push(swapped.now, transfer);
      sizes.push_back(bytes);
      requests += static_cast<std::int64_t>(
          (address + static_cast<std::uint64_t>(bytes) - 1) / kBurst - address / kBurst + 1);
    }
    bench.tick(true);
    swapped.tick(false);
    // Sent and not yet answered: what the memory holds, and what is on the way to it and back.
    EXPECT_LE(bench.memory.most_under_way, GetParam().outstanding);
  }
  bench.run_until(sizes.size());
  swapped.run_until(sizes.size());
  std::vector<int> in_order(sizes.size());
  for (std::size_t i = 0; i < in_order.size(); ++i) in_order[i] = static_cast<int>(i);
  EXPECT_EQ(bench.completed, in_order);
  EXPECT_EQ(bench.moved, in_order);
  EXPECT_EQ(swapped.completed_at, bench.completed_at);
  ASSERT_EQ(static_cast<std::int64_t>(bench.memory.got.size()), requests);
  std::int64_t asked = 0;
  for (const Request& request : bench.memory.got) {
    EXPECT_LE(request.bytes, kBurst);
    EXPECT_GT(request.bytes, 0);
    EXPECT_EQ(request.address / kBurst,
              (request.address + static_cast<std::uint64_t>(request.bytes) - 1) / kBurst)
        << "crosses";
    asked += request.bytes;
  }
  EXPECT_EQ(asked, std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));
  if (GetParam().most_delay > 4 * GetParam().outstanding) {
    EXPECT_EQ(bench.memory.most_under_way, GetParam().outstanding) << "the limit was never reached";
  }
}

INSTANTIATE_TEST_SUITE_P(Memories, RandomLoad,
                         testing::Values(Load{1, 0}, Load{1, 9}, Load{4, 40}, Load{16, 5},
                                         Load{64, 400}));

TEST(Fetcher, AnAnswerToNothingIsRefused) {
  FetcherBench bench(4, 1, 0);
  bench.responses.push(0, {});
  EXPECT_THROW(bench.fetcher.step(1), ContractError);
}

}  // namespace
}  // namespace weft::sim::memory
