// Requests of several ports and tags through every memory: nothing is lost, nothing overtakes
// within a tag, nothing starves, whatever stalls and however short the queues are.
#include <gtest/gtest.h>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "sim/common/fresh_kernel.hpp"
#include "sim/memory/bandwidth_memory.hpp"
#include "sim/memory/fetcher.hpp"
#include "sim/memory/hbm/dram_memory.hpp"
#include "sim/memory/tlm_port.hpp"
#include "tests/common/seed.hpp"
#include "tests/memory/client.hpp"
#include "tests/memory/dram_support.hpp"

namespace weft::sim::memory {
namespace {

using bench::Client;
using bench::kTakes;

weft::engine::Dram dram_of(double bandwidth, std::int64_t latency, std::int64_t outstanding) {
  return {.bandwidth_bytes_per_s = bandwidth,
          .latency_cycles = latency,
          .outstanding = outstanding,
          .burst_bytes = 128,
          .access_bytes = 32};
}

// The units of memory that a transfer lies in, by looking at each of its bytes.
std::set<std::uint64_t> units_of(const Transfer& transfer) {
  std::set<std::uint64_t> units;
  const auto row = [&](std::uint64_t begin) {
    for (std::int64_t b = 0; b < transfer.bytes; ++b)
      units.insert((begin + static_cast<std::uint64_t>(b)) / kTakes.unit_bytes);
  };
  if (transfer.rows.empty()) row(transfer.address);
  for (const std::int64_t r : transfer.rows)
    row(transfer.address + static_cast<std::uint64_t>(r * transfer.pitch_bytes));
  return units;
}

// Everything that was ordered was asked for, all of it and nothing else, and counted.
void expect_all_moved(const std::vector<std::unique_ptr<Client>>& clients,
                      const Counters& counted) {
  using weft::engine::DramCounter;
  std::array<std::uint64_t, 2> requests{};
  std::array<std::uint64_t, 2> bytes{};
  for (const auto& client : clients) {
    ASSERT_TRUE(client->done());
    std::vector<std::size_t> every = client->completed;
    std::sort(every.begin(), every.end());
    for (std::size_t i = 0; i < every.size(); ++i) ASSERT_EQ(every[i], i) << "reported once";
    std::size_t at = 0;
    std::uint64_t beyond = 0;
    for (const Transfer& order : client->orders()) {
      std::set<std::uint64_t> wanted = units_of(order);
      beyond += wanted.size() * kTakes.unit_bytes;
      beyond -=
          static_cast<std::uint64_t>(order.bytes) * std::max<std::size_t>(1, order.rows.size());
      while (!wanted.empty()) {
        ASSERT_LT(at, client->asked.size());
        const Request& request = client->asked[at++];
        EXPECT_EQ(request.write, order.write);
        for (std::uint64_t b = 0; b < static_cast<std::uint64_t>(request.bytes);
             b += kTakes.unit_bytes)
          ASSERT_EQ(wanted.erase((request.address + b) / kTakes.unit_bytes), 1u);
        requests[request.write ? 1 : 0] += 1;
        bytes[request.write ? 1 : 0] += static_cast<std::uint64_t>(request.bytes);
      }
    }
    EXPECT_EQ(at, client->asked.size());
    EXPECT_EQ(client->fetcher.bytes_beyond_need(), beyond);
  }
  const auto count = [&](DramCounter which) { return counted[static_cast<std::size_t>(which)]; };
  EXPECT_EQ(count(DramCounter::read_requests), requests[0]);
  EXPECT_EQ(count(DramCounter::write_requests), requests[1]);
  EXPECT_EQ(count(DramCounter::bytes_read), bytes[0]);
  EXPECT_EQ(count(DramCounter::bytes_written), bytes[1]);
}

bool all_done(const std::vector<std::unique_ptr<Client>>& clients) {
  return std::all_of(clients.begin(), clients.end(), [](const auto& c) { return c->done(); });
}

constexpr Cycle kLong = 200'000;

struct Trial {
  StallProfile profile;
  std::size_t ports;
  std::uint16_t tags;
  std::size_t queue;
  std::size_t depth;
  bool pauses;
};

// A client at each port of a memory, with forty orders; `join` is called of each before those.
template <class Memory, class Join>
std::vector<std::unique_ptr<Client>> clients_of(const Trial& trial, const Stalls& stalls,
                                                std::uint64_t seed, Memory& memory,
                                                const Join& join) {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t p = 0; p < trial.ports; ++p) {
    clients.push_back(std::make_unique<Client>(Client::Config{.port = static_cast<std::uint8_t>(p),
                                                              .tags = trial.tags,
                                                              .depth = trial.depth,
                                                              .pauses = trial.pauses,
                                                              .stalls = stalls,
                                                              .seed = seed},
                                               memory));
    join(*clients.back());
    clients.back()->order(40);
  }
  return clients;
}

template <class Memory>
std::vector<std::unique_ptr<Client>> clients_of(const Trial& trial, const Stalls& stalls,
                                                std::uint64_t seed, Memory& memory) {
  return clients_of(trial, stalls, seed, memory, [](const Client&) {});
}

std::uint64_t overtaken_in(const std::vector<std::unique_ptr<Client>>& clients) {
  std::uint64_t overtaken = 0;
  for (const auto& client : clients) overtaken += client->overtaken;
  return overtaken;
}

class ThroughDram : public testing::TestWithParam<Trial> {};

TEST_P(ThroughDram, NothingIsLostAndTagsKeepTheirOrder) {
  const Trial trial = GetParam();
  const std::uint64_t seed = weft::test::seed_or(71);
  SCOPED_TRACE(weft::test::seed_text(seed));
  const Stalls stalls(trial.profile, seed);
  BandwidthMemory dram({.dram = dram_of(24e9, 20, 8),
                        .clock_hz = 1e9,
                        .stalls = stalls,
                        .ports = trial.ports,
                        .tags = trial.tags,
                        .queue = trial.queue});
  const auto clients = clients_of(trial, stalls, seed, dram);
  for (Cycle now = 0; now < kLong && !all_done(clients); ++now) {
    for (auto& client : clients) client->step(now);
    dram.step(now);
  }
  expect_all_moved(clients, dram.counts()->counters);
  for (const auto& client : clients) {
    EXPECT_LE(client->most_under_way, 8u);
    EXPECT_GE(client->most_under_way, std::min<std::size_t>(trial.queue, 4));
  }
  const bool late = trial.profile == StallProfile::source || trial.profile == StallProfile::both ||
                    trial.profile == StallProfile::bursty;
  EXPECT_EQ(overtaken_in(clients) > 0, late && trial.tags > 1)
      << "between tags, where some are late";
}

INSTANTIATE_TEST_SUITE_P(Trials, ThroughDram,
                         testing::Values(Trial{StallProfile::none, 1, 1, 8, 2, false},
                                         Trial{StallProfile::none, 3, 1, 8, 2, false},
                                         Trial{StallProfile::none, 3, 4, 1, 1, true},
                                         Trial{StallProfile::source, 2, 1, 8, 8, false},
                                         Trial{StallProfile::source, 2, 4, 8, 8, false},
                                         Trial{StallProfile::sink, 3, 2, 2, 2, true},
                                         Trial{StallProfile::both, 4, 4, 8, 2, true},
                                         Trial{StallProfile::bursty, 2, 3, 4, 3, true}),
                         [](const auto& tested) {
                           const Trial& of = tested.param;
                           return std::string(config::name_of(of.profile)) +
                                  std::to_string(of.ports) + "ports" + std::to_string(of.tags) +
                                  "tags" + std::to_string(of.queue) + "queued" +
                                  (of.pauses ? "Paused" : "");
                         });

std::shared_ptr<const weft::memory::DramSystem> two_channels(const std::string& part) {
  const weft::memory::DramPart read = part_named(part);
  return std::make_shared<const weft::memory::DramSystem>(
      weft::memory::DramSystem{.part = read,
                               .mapping = mapping_named("RoBaRaCoCh", read),
                               .canonical = {},
                               .channels = 2,
                               .interleave_bytes = 64});
}

class ThroughBanks : public testing::TestWithParam<Trial> {};

TEST_P(ThroughBanks, NothingIsLostAndTagsKeepTheirOrder) {
  const Trial trial = GetParam();
  const std::uint64_t seed = weft::test::seed_or(72);
  SCOPED_TRACE(weft::test::seed_text(seed));
  const Stalls stalls(trial.profile, seed);
  for (const char* part : {"hbm2", "hbm3", "lpddr5"}) {
    DramMemory dram({.system = two_channels(part),
                     .clock_hz = 940e6,
                     .most_bytes = 128,
                     .ports = trial.ports,
                     .tags = trial.tags,
                     .queue = trial.queue,
                     .stalls = stalls});
    const auto clients = clients_of(trial, stalls, seed, dram);
    for (Cycle now = 0; now < kLong && !all_done(clients); ++now) {
      for (auto& client : clients) client->step(now);
      dram.step(now);
    }
    expect_all_moved(clients, dram.counts()->counters);
    EXPECT_EQ(overtaken_in(clients) > 0, trial.tags > 1 && trial.queue > 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Trials, ThroughBanks,
                         testing::Values(Trial{StallProfile::none, 1, 1, 8, 2, false},
                                         Trial{StallProfile::none, 3, 1, 8, 2, true},
                                         Trial{StallProfile::none, 3, 4, 1, 1, true},
                                         Trial{StallProfile::none, 2, 4, 8, 8, false},
                                         Trial{StallProfile::both, 4, 4, 8, 2, true},
                                         Trial{StallProfile::bursty, 2, 3, 4, 3, true}),
                         [](const auto& tested) {
                           const Trial& of = tested.param;
                           return std::string(config::name_of(of.profile)) +
                                  std::to_string(of.ports) + "ports" + std::to_string(of.tags) +
                                  "tags" + std::to_string(of.queue) + "queued";
                         });

// A target that takes a request in every cycle and answers each after a time of its own.
class Shuffling : public sc_core::sc_module {
 public:
  explicit Shuffling(const sc_core::sc_module_name& name)
      : sc_core::sc_module(name), socket("socket"), queue_(this, &Shuffling::answer) {
    socket.register_nb_transport_fw(this, &Shuffling::forward);
  }
  tlm_utils::simple_target_socket<Shuffling> socket;

 private:
  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                             sc_core::sc_time& /*delay*/) {
    if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
    payload.acquire();
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    const double ns = 1 + static_cast<double>(payload.get_address() / 32 * 7919 % 97);
    queue_.notify(payload, tlm::BEGIN_RESP, sc_core::sc_time(ns, sc_core::SC_NS));
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  void answer(tlm::tlm_generic_payload& payload, const tlm::tlm_phase& what) {
    tlm::tlm_phase phase = what;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket->nb_transport_bw(payload, phase, delay);
    payload.release();
  }
  tlm_utils::peq_with_cb_and_phase<Shuffling> queue_;
};

class ThroughTarget : public testing::TestWithParam<Trial> {};

TEST_P(ThroughTarget, NothingIsLostAndTagsKeepTheirOrder) {
  const Trial trial = GetParam();
  const std::uint64_t seed = weft::test::seed_or(73);
  SCOPED_TRACE(weft::test::seed_text(seed));
  with_fresh_kernel([&] {
    const Clock clock(940e6);
    Failure failure;
    TlmPort port("port", {{kTakes, trial.ports, trial.tags}, 1 << 20}, clock, failure);
    Shuffling target("target");
    port.socket.bind(target.socket);
    const auto clients =
        clients_of(trial, Stalls(trial.profile, seed), seed, port, [&](Client& client) {
          client.to_memory.connect(&port);
          client.from_memory.connect_sender(&port);
        });
    for (Cycle now = 0; now < kLong && !all_done(clients) && !failure.error; ++now) {
      for (auto& client : clients) client->step(now);
      sc_core::sc_start(clock.until(now + 1));
    }
    if (failure.error) std::rethrow_exception(failure.error);
    expect_all_moved(clients, port.counts()->counters);
    EXPECT_EQ(overtaken_in(clients) > 0, trial.tags > 1);
    EXPECT_LE(port.payloads_made(), 8 * trial.ports);
  });
}

INSTANTIATE_TEST_SUITE_P(Trials, ThroughTarget,
                         testing::Values(Trial{StallProfile::none, 1, 1, 8, 2, false},
                                         Trial{StallProfile::none, 3, 1, 8, 1, true},
                                         Trial{StallProfile::sink, 3, 4, 8, 2, true},
                                         Trial{StallProfile::none, 2, 3, 8, 8, false}),
                         [](const auto& tested) {
                           const Trial& of = tested.param;
                           return std::to_string(of.ports) + "ports" + std::to_string(of.tags) +
                                  "tags" + (of.pauses ? "Paused" : "");
                         });

// Two requests at each of three ports in one cycle, 32 bytes each at 32 bytes a cycle: taken in
// turn, in cycle 1, and answered after their bytes and five cycles.
TEST(Ports, AreServedInTurn) {
  BandwidthMemory dram({.dram = dram_of(32e9, 5, 8), .clock_hz = 1e9, .ports = 3});
  std::vector<std::unique_ptr<Channel<Request>>> requests;
  std::vector<std::unique_ptr<Channel<Response>>> responses;
  for (std::size_t p = 0; p < 3; ++p) {
    requests.push_back(std::make_unique<Channel<Request>>(2));
    responses.push_back(std::make_unique<Channel<Response>>(2));
    dram.connect(p, *requests[p], *responses[p]);
    for (int i = 0; i < 2; ++i) requests[p]->push(0, {.bytes = 32});
  }
  std::vector<std::vector<Cycle>> answered(3);
  for (Cycle now = 1; now < 30; ++now) {
    dram.step(now);
    for (std::size_t p = 0; p < 3; ++p) {
      while (responses[p]->ready(now + 1)) {
        responses[p]->pop(now + 1);
        answered[p].push_back(now);
      }
    }
  }
  EXPECT_EQ(answered, (std::vector<std::vector<Cycle>>{{7, 10}, {8, 11}, {9, 12}}));
}

// One port asks for all it can, the other for one request after another: at 16 bytes a cycle 32
// bytes take two, and no more than the queue stands before a request.
TEST(Ports, NoneStarvesBesideAGreedyOne) {
  for (const std::size_t queue : {2u, 64u}) {
    SCOPED_TRACE("queue " + std::to_string(queue));
    BandwidthMemory dram(
        {.dram = dram_of(16e9, 10, 64), .clock_hz = 1e9, .ports = 2, .queue = queue});
    Client greedy({.port = 0, .outstanding = 64, .depth = 2}, dram);
    Client modest({.port = 1, .outstanding = 1, .depth = 2}, dram);
    std::vector<std::int64_t> rows(4000);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
    greedy.order({.bytes = 32, .address = 0, .rows = rows, .pitch_bytes = 64});
    for (int i = 0; i < 40; ++i) modest.order({.bytes = 32, .address = 1u << 30});
    Cycle now = 0;
    for (; now < kLong && !(greedy.done() && modest.done()); ++now) {
      greedy.step(now);
      modest.step(now);
      dram.step(now);
    }
    ASSERT_TRUE(greedy.done());
    ASSERT_TRUE(modest.done());
    // Those before it, its own two cycles, the latency; and five links and a turn on its way.
    const auto trip = static_cast<Cycle>(2 * queue + 2 + 10 + 8);
    for (std::size_t i = 1; i < modest.completed_at.size(); ++i)
      ASSERT_LE(modest.completed_at[i] - modest.completed_at[i - 1], trip) << i;
    // With room for all of the latency the bus never rests.
    if (queue > 12) {
      EXPECT_LE(greedy.completed_at[0], 2 * (4000 + 40) + 10 + 20);
    }
    EXPECT_EQ(dram.counts()->busy_cycles, 2u * (4000 + 40));
  }
}

// A response that stalls holds up its own tag, and over a data bus all.
TEST(Tags, AStallHoldsUpItsOwnTag) {
  const Stalls stalls(StallProfile::source, weft::test::seed_or(11));
  DramTiming plain(dram_of(32e9, 20, 64), 1e9);
  DramTiming tagged(dram_of(32e9, 20, 64), 1e9, stalls, 1, 3);
  std::array<Cycle, 3> before{};
  int overtakes = 0;
  Cycle last = 0;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    Request request{.bytes = 32 * static_cast<std::int32_t>(1 + n % 4),
                    .tag = static_cast<std::uint16_t>(n * 7 % 3)};
    const Cycle now = static_cast<Cycle>(4 * n);
    const Cycle ready = tagged.accept(now, request);
    Cycle& own = before[request.tag];
    request.tag = 0;
    own = std::max(own, plain.accept(now, request) + stalls.cycles(StallPort::response, n));
    ASSERT_EQ(ready, own) << n;
    overtakes += ready < last ? 1 : 0;
    last = ready;
  }
  EXPECT_GT(overtakes, 100);
}

// Two transfers under tags of their own, the second answered first: it is reported first, unless
// both are of one step.
TEST(Tags, ATransferWaitsForNoOtherButOfItsStep) {
  for (const bool same : {false, true}) {
    Channel<Transfer> transfers{2};
    Channel<Completion> completions{4};
    Channel<Request> requests{8};
    Channel<Response> responses{8};
    Fetcher fetcher({.takes = kTakes, .outstanding = 8, .tags = 2},
                    {transfers, completions, requests, responses});
    transfers.push(0, {.step = 1, .bytes = 256});
    transfers.push(0, {.step = same ? 1 : 2, .bytes = 128, .address = 4096});
    for (Cycle now = 1; now <= 3; ++now) fetcher.step(now);  // a request a cycle
    std::vector<std::uint16_t> tags;
    while (requests.ready(4)) tags.push_back(requests.pop(4).tag);
    ASSERT_EQ(tags, (std::vector<std::uint16_t>{0, 0, 1}));
    responses.push(4, {.tag = 1});
    fetcher.step(5);
    responses.push(5, {.tag = 0});
    fetcher.step(6);
    responses.push(6, {.tag = 0});
    fetcher.step(7);
    std::vector<int> steps;
    std::vector<Cycle> at;
    for (Cycle now = 5; now <= 8; ++now) {
      while (completions.ready(now)) {
        steps.push_back(completions.pop(now).step);
        at.push_back(now - 1);
      }
    }
    EXPECT_EQ(steps, same ? (std::vector<int>{1, 1}) : (std::vector<int>{2, 1}));
    EXPECT_EQ(at, same ? (std::vector<Cycle>{7, 7}) : (std::vector<Cycle>{5, 7}));
  }
}

// What a memory does not take is a fault of who asks.
TEST(Takes, OtherRequestsAreRefused) {
  const auto refused = [](const Request& request) {
    BandwidthMemory dram({.dram = dram_of(32e9, 5, 8), .clock_hz = 1e9, .tags = 2});
    Channel<Request> requests{2};
    Channel<Response> responses{2};
    dram.connect(0, requests, responses);
    requests.push(0, request);
    EXPECT_THROW(dram.step(1), ContractError);
  };
  refused({.address = 0, .bytes = 0});
  refused({.address = 16, .bytes = 32});
  refused({.address = 32, .bytes = 48});
  refused({.address = 32, .bytes = 128});  // crosses a multiple of 128
  refused({.address = 0, .bytes = 160});
  refused({.address = 0, .bytes = 32, .tag = 2});
}

}  // namespace
}  // namespace weft::sim::memory
