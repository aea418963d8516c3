// Who asks a memory in a test: a fetcher that is ordered runs and gathers, and a look at its port.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "sim/memory/fetcher.hpp"
#include "sim/memory/memory.hpp"

namespace weft::sim::memory::bench {

inline constexpr Takes kTakes{.unit_bytes = 32, .most_bytes = 128};

// A fetcher with its orders, at one port of a memory. What crosses the port is looked at on its
// way, and both sides are paused at random where `pauses`.
class Client {
 public:
  struct Config {
    std::uint8_t port = 0;
    std::uint16_t tags = 1;
    std::int64_t outstanding = 8;
    std::size_t depth = 2;  // of the channels to and from memory
    bool pauses = false;
    Stalls stalls{};
    std::uint64_t seed = 1;
  };
  Client(const Config& config, Memory& memory)
      : config_(config),
        random_(config.seed * 1000 + config.port),
        requests(config.depth),
        to_memory(config.depth),
        from_memory(config.depth),
        responses(config.depth),
        fetcher({.takes = memory.takes(),
                 .outstanding = config.outstanding,
                 .tags = config.tags,
                 .stalls = config.stalls,
                 .port = config.port},
                {transfers, completions, requests, responses}) {
    memory.connect(config.port, to_memory, from_memory);
  }

  // `count` transfers of up to three steps, runs and gathers, reads and writes.
  void order(int count) {
    for (int i = 0; i < count; ++i) {
      auto& rows = lists_.emplace_back();
      Transfer transfer{.step = static_cast<int>(random_() % 3),
                        .bytes = static_cast<std::int64_t>(1 + random_() % 300),
                        .write = random_() % 3 == 0,
                        .address = (std::uint64_t{config_.port} << 30) + random_() % 100'000};
      if (random_() % 2 == 0) {
        transfer.pitch_bytes = transfer.bytes + static_cast<std::int64_t>(random_() % 40);
        for (std::int64_t r = 0; r < 40; ++r)
          if (random_() % 3 != 0) rows.push_back(r);
        transfer.rows = rows;
      }
      orders_.push_back(transfer);
    }
  }
  void order(const Transfer& transfer) { orders_.push_back(transfer); }

  void step(Cycle now) {
    if (ordered_ < orders_.size() && transfers.room(now)) {
      const Transfer& order = orders_[ordered_];
      transfers.push(now, order);
      by_step_[order.step].push_back(ordered_);
      ++ordered_;
    }
    fetcher.step(now);
    const bool pause = config_.pauses && random_() % 3 == 0;
    if (!pause && requests.ready(now) && to_memory.room(now)) pass(now, requests.pop(now));
    const bool hold = config_.pauses && random_() % 3 == 0;
    while (!hold && from_memory.ready(now) && responses.room(now)) back(now, from_memory.pop(now));
    while (completions.ready(now)) {
      auto& open = by_step_[completions.pop(now).step];
      ASSERT_FALSE(open.empty()) << "reported what was not ordered";
      completed.push_back(open.front());
      completed_at.push_back(now);
      open.pop_front();
    }
  }

  bool done() const { return completed.size() == orders_.size(); }
  const std::vector<Transfer>& orders() const { return orders_; }

  std::vector<std::size_t> completed;  // indices of orders, as they were reported
  std::vector<Cycle> completed_at;
  std::vector<Request> asked;
  std::size_t most_under_way = 0;
  std::uint64_t overtaken = 0;  // responses that came before one of an earlier request

 private:
  void pass(Cycle now, const Request& request) {
    to_memory.push(now, request);
    kTakes.check(request);
    under_way_[request.tag].push_back(asked.size());
    asked.push_back(request);
    most_under_way = std::max(most_under_way, count());
  }
  void back(Cycle now, const Response& response) {
    std::deque<std::size_t>& tag = under_way_[response.tag];
    ASSERT_FALSE(tag.empty()) << "a response to what was not asked";
    const std::size_t oldest = tag.front();
    EXPECT_EQ(response.write, asked[oldest].write) << "out of order within a tag";
    tag.pop_front();
    for (const auto& [other, open] : under_way_)
      if (!open.empty() && open.front() < oldest) ++overtaken;
    responses.push(now, response);
  }
  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& [tag, open] : under_way_) sum += open.size();
    return sum;
  }

  Config config_;
  std::mt19937_64 random_;
  std::vector<Transfer> orders_;
  std::size_t ordered_ = 0;
  std::map<int, std::deque<std::size_t>> by_step_;
  std::deque<std::vector<std::int64_t>> lists_;       // rows, which stay where they are
  std::map<int, std::deque<std::size_t>> under_way_;  // by tag: indices of `asked`

 public:
  Channel<Transfer> transfers{2};
  Channel<Completion> completions{8};
  Channel<Request> requests;
  Channel<Request> to_memory;
  Channel<Response> from_memory;
  Channel<Response> responses;
  Fetcher fetcher;
};

}  // namespace weft::sim::memory::bench
