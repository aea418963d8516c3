#include "sim/memory/dram_timing.hpp"

#include <algorithm>

#include "sim/memory/memory.hpp"

namespace weft::sim::memory {

namespace {
constexpr Cycle kLongAgo = -(Cycle{1} << 60);

Pace pace_of_channel(weft::engine::Dram dram, double clock_hz, std::size_t channels) {
  dram.bandwidth_bytes_per_s /= static_cast<double>(channels);
  return weft::engine::pace_of(dram, clock_hz);
}
}  // namespace

DramTiming::DramTiming(const weft::engine::Dram& config, double clock_hz, const Stalls& stalls,
                       std::size_t ports, std::size_t tags)
    : config_(config),
      latency_(weft::engine::latency_cycles(config, clock_hz)),
      pace_(pace_of_channel(config, clock_hz, config.bus_bytes ? ports : 1)),
      stalls_(stalls),
      channels_(config.bus_bytes ? ports : 1),
      tags_(tags),
      last_ready_(config.bus_bytes ? ports : ports * tags, kLongAgo),
      requests_(ports) {}

Cycle DramTiming::accept(Cycle now, const Request& request) {
  Channel& channel = channels_[channels_.size() == 1 ? 0 : request.port];
  const Cycle begin = std::max(channel.bus.cycle, now);
  const Cycle end = channel.bus.serve(now, request.bytes, pace_);
  busy_rest_ +=
      static_cast<std::uint64_t>(end - std::max(begin, std::min(channel.covered_until, end)));
  if (channels_.size() == 1) {
    counts_.busy_cycles += busy_rest_;
    busy_rest_ = 0;
  } else {
    counts_.busy_cycles += busy_rest_ / channels_.size();
    busy_rest_ %= channels_.size();
  }
  channel.covered_until = std::max(channel.covered_until, end);
  count(request, counts_.counters);
  const Cycle stall = stalls_.cycles(StallPort::response, requests_[request.port]++, request.port);
  // A data bus carries responses in the order of requests.
  Cycle& last = last_ready_[config_.bus_bytes ? request.port : request.port * tags_ + request.tag];
  const std::int64_t beats =
      weft::engine::data_beats(config_, request.address, request.bytes, request.write);
  last = std::max(last + beats, end + latency_ + stall);
  return last;
}

void DramTiming::fingerprint(StateWords& out) const {
  out.word(static_cast<std::int64_t>(busy_rest_));
  for (const Channel& channel : channels_) {
    const bool free = channel.bus.cycle < out.now();
    out.word(free ? 0 : channel.bus.cycle - out.now());
    out.word(free ? 0 : channel.bus.part);
    out.recent_time(channel.covered_until, 0);
  }
  // A response that has been given still holds up the next one for as long as that takes on the
  // bus.
  const Cycle horizon = config_.bus_bytes ? config_.burst_bytes / *config_.bus_bytes + 1 : 0;
  for (const Cycle last : last_ready_) out.recent_time(last, horizon);
}

void DramTiming::advance(Cycle cycles) {
  for (Channel& channel : channels_) {
    channel.bus.cycle += cycles;
    channel.covered_until += cycles;
  }
  for (Cycle& last : last_ready_) last += cycles;
}

}  // namespace weft::sim::memory
