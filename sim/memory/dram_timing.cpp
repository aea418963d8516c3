#include "sim/memory/dram_timing.hpp"

#include <algorithm>

#include "sim/memory/memory.hpp"

namespace weft::sim::memory {

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

Cycle DramTiming::accept(Cycle now, const Request& request) {
  const Cycle begin = std::max(bus_.cycle, now);
  const Cycle end = bus_.serve(now, request.bytes, pace_);
  counts_.busy_cycles +=
      static_cast<std::uint64_t>(end - std::max(begin, std::min(covered_until_, end)));
  covered_until_ = std::max(covered_until_, end);
  count(request, counts_.counters);
  const Cycle stall = stalls_.cycles(StallPort::response, requests_[request.port]++, request.port);
  // The data bus carries responses in the order of requests.
  Cycle& last = last_ready_[config_.bus_bytes ? 0 : request.port * tags_ + request.tag];
  const std::int64_t beats =
      weft::engine::data_beats(config_, request.address, request.bytes, request.write);
  last = std::max(last + beats, end + latency_ + stall);
  return last;
}

void DramTiming::fingerprint(StateWords& out) const {
  const bool free = bus_.cycle < out.now();
  out.word(free ? 0 : bus_.cycle - out.now());
  out.word(free ? 0 : bus_.part);
  out.recent_time(covered_until_, 0);
  // A response that has been given still holds up the next one for as long as that takes on the
  // bus.
  const Cycle horizon = config_.bus_bytes ? config_.burst_bytes / *config_.bus_bytes + 1 : 0;
  for (const Cycle last : last_ready_) out.recent_time(last, horizon);
}

void DramTiming::advance(Cycle cycles) {
  bus_.cycle += cycles;
  covered_until_ += cycles;
  for (Cycle& last : last_ready_) last += cycles;
}

}  // namespace weft::sim::memory
