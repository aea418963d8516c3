// Orders of rows for the bench of weft_gather_fetcher: what is asked of each stream, the accesses
// that it takes, worked out apart from both units, and a channel of memory.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "sim/memory/gather_fetcher.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {

struct GatherFetch {
  std::vector<std::int64_t> tokens;
  sim::Fetch fetch;
};

// An access, and what it was made for.
struct GatherAccess {
  std::uint64_t address = 0;
  std::size_t row = 0;  // of the stream, over all its fetches
  std::uint64_t fetch = 0;
  std::int64_t offset = 0;  // of its first byte from the row's
};

// Orders of one stream.
struct GatherOrders {
  std::vector<std::unique_ptr<GatherFetch>> fetches;
  std::vector<sim::FetchPart> parts;
  std::vector<GatherAccess> accesses;  // in order
};

// Fetches of rows of `least` bytes or more, in parts; most tokens follow one another.
inline GatherOrders gather_orders(std::mt19937_64& random, std::size_t count, std::int64_t access,
                                  std::int64_t least, std::uint64_t& numbers) {
  GatherOrders made;
  std::size_t row = 0;
  for (std::size_t f = 0; f < count; ++f) {
    made.fetches.push_back(std::make_unique<GatherFetch>());
    GatherFetch& one = *made.fetches.back();
    const auto rows = static_cast<std::int32_t>(1 + random() % 20);
    std::int64_t token = static_cast<std::int64_t>(random() % 50);
    for (std::int32_t r = 0; r < rows; ++r) {
      one.tokens.push_back(token);
      token += 1 + static_cast<std::int64_t>(random() % 4 == 0 ? random() % 6 : 0);
    }
    const std::int64_t bytes =
        random() % 2 == 0 ? least : least + static_cast<std::int64_t>(random() % 64);
    const auto gap = static_cast<std::int64_t>(random() % 3 == 0 ? random() % 40 : 0);
    one.fetch = {.number = ++numbers,
                 .address = 4096 + (random() % 2 == 0 ? random() % 4096 & ~15ull : random() % 4096),
                 .pitch_bytes = bytes + gap,
                 .row_bytes = bytes,
                 .tokens = one.tokens};
    for (std::int32_t first = 0; first < rows;) {
      const auto here =
          std::min<std::int32_t>(rows - first, 1 + static_cast<std::int32_t>(random() % 8));
      made.parts.push_back({&one.fetch, first, here});
      first += here;
    }
    // Each access that a row needs and the one asked for last of the same fetch is not.
    bool any = false;
    for (const std::int64_t t : one.tokens) {
      const std::uint64_t begin =
          one.fetch.address + static_cast<std::uint64_t>(t * one.fetch.pitch_bytes);
      const auto unit = static_cast<std::uint64_t>(access);
      const std::uint64_t end = begin + static_cast<std::uint64_t>(bytes);
      for (std::uint64_t at = begin / unit * unit; at < end; at += unit) {
        if (any && made.accesses.back().address == at) continue;
        made.accesses.push_back(
            {at, row, numbers, static_cast<std::int64_t>(at) - static_cast<std::int64_t>(begin)});
        any = true;
      }
      ++row;
    }
  }
  return made;
}

// How long an access takes, and what it reads.
inline std::int64_t access_cycles(std::uint64_t address, std::uint64_t seed) {
  const std::uint64_t x = (address + seed) * 0x9E3779B97F4A7C15u;
  return static_cast<std::int64_t>(x >> 40) % 16 == 0 ? 60 : 5;
}

// A channel: takes an access where it does not pause, and answers in order, one a cycle.
class GatherMemory final : public sim::Unit {
 public:
  GatherMemory(Stalls stalls, std::uint64_t seed) : stalls_(stalls), seed_(seed) {}
  const UnitClass& unit_class() const override { return sim::test::kBenchClass; }
  sim::TimingDependsOn timing_depends_on() const override { return sim::TimingDependsOn::values; }
  void list_ports(sim::PortList& ports) override {
    ports.add("requests", requests_);
    ports.add("responses", responses_);
  }
  sim::Cycle step(sim::Cycle now) override {
    if (!due_.empty() && due_.front().first <= now && responses_.offer(now, due_.front().second))
      due_.pop_front();
    if (requests_.ready(now) && !pauses_at(stalls_, false, now, seed_)) {
      const sim::memory::Request request = requests_.pop(now);
      seen.emplace_back(now, request.address);
      due_.push_back(
          {now + access_cycles(request.address, seed_), {.write = false, .tag = request.tag}});
    }
    return due_.empty() && requests_.empty() ? sim::kNever : now + 1;
  }
  std::vector<std::pair<sim::Cycle, std::uint64_t>> seen;

 private:
  sim::In<sim::memory::Request> requests_;
  sim::Out<sim::memory::Response> responses_;
  std::deque<std::pair<sim::Cycle, sim::memory::Response>> due_;
  Stalls stalls_;
  std::uint64_t seed_;
};

}  // namespace weft::test
