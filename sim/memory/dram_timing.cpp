#include "sim/memory/dram_timing.hpp"

#include <algorithm>
#include <cmath>

namespace weft::sim::memory {

using weft::engine::DramCounter;

namespace {
constexpr Cycle kLongAgo = -(Cycle{1} << 60);
}  // namespace

DramTiming::DramTiming(const weft::engine::Dram& config, double clock_hz, const Stalls& stalls,
                       std::size_t ports, std::size_t tags)
    : config_(config),
      latency_(weft::engine::latency_cycles(config, clock_hz)),
      pace_(weft::engine::pace_of(config, clock_hz)),
      stalls_(stalls),
      tags_(tags),
      last_ready_(config.bus_bytes ? 1 : ports * tags, kLongAgo),
      requests_(ports) {}

// Cycles that the response takes on the data bus.
std::int64_t DramTiming::beats(const Request& request) const {
  if (!config_.bus_bytes) return 0;
  if (request.write) return 1;
  const std::int64_t into_beat =
      static_cast<std::int64_t>(request.address % static_cast<std::uint64_t>(*config_.bus_bytes));
  return (into_beat + request.bytes + *config_.bus_bytes - 1) / *config_.bus_bytes;
}

Cycle DramTiming::accept(Cycle now, const Request& request) {
  if (free_cycle_ < now) {
    free_cycle_ = now;
    free_part_ = 0;
  }
  const Cycle begin = free_cycle_;
  const std::int64_t parts = free_part_ + request.bytes * pace_.block_cycles;
  free_cycle_ += parts / pace_.block_bytes;
  free_part_ = parts % pace_.block_bytes;
  const Cycle end = free_cycle_ + (free_part_ > 0 ? 1 : 0);
  counts_.busy_cycles +=
      static_cast<std::uint64_t>(end - std::max(begin, std::min(covered_until_, end)));
  covered_until_ = std::max(covered_until_, end);
  counts_.counters[static_cast<std::size_t>(request.write ? DramCounter::write_requests
                                                          : DramCounter::read_requests)] += 1;
  counts_.counters[static_cast<std::size_t>(request.write ? DramCounter::bytes_written
                                                          : DramCounter::bytes_read)] +=
      static_cast<std::uint64_t>(request.bytes);
  const Cycle stall = stalls_.cycles(StallPort::response, requests_[request.port]++, request.port);
  // The data bus carries responses in the order of requests.
  Cycle& last = last_ready_[config_.bus_bytes ? 0 : request.port * tags_ + request.tag];
  last = std::max(last + beats(request), end + latency_ + stall);
  return last;
}

void DramTiming::fingerprint(StateWords& out) const {
  const bool free = free_cycle_ < out.now();
  out.word(free ? 0 : free_cycle_ - out.now());
  out.word(free ? 0 : free_part_);
  out.recent_time(covered_until_, 0);
  // A response that has been given still holds up the next one for as long as that takes on the
  // bus.
  const Cycle horizon = config_.bus_bytes ? config_.burst_bytes / *config_.bus_bytes + 1 : 0;
  for (const Cycle last : last_ready_) out.recent_time(last, horizon);
}

void DramTiming::advance(Cycle cycles) {
  free_cycle_ += cycles;
  covered_until_ += cycles;
  for (Cycle& last : last_ready_) last += cycles;
}

}  // namespace weft::sim::memory
