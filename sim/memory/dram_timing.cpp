#include "sim/memory/dram_timing.hpp"

#include <algorithm>
#include <cmath>

namespace weft::sim::memory {

using weft::engine::DramCounter;

Pace pace_of(double bandwidth_bytes_per_s, double clock_hz) {
  Pace pace;
  for (pace.block_bytes = 16; pace.block_bytes < (std::int64_t{1} << 40); pace.block_bytes *= 2) {
    const double cycles = static_cast<double>(pace.block_bytes) * clock_hz / bandwidth_bytes_per_s;
    pace.block_cycles = static_cast<std::int64_t>(std::ceil(cycles));
    if (static_cast<double>(pace.block_cycles) <= cycles * (1 + 1e-4)) break;
  }
  return pace;
}

DramTiming::DramTiming(const weft::engine::Dram& config, double clock_hz, const Stalls& stalls)
    : config_(config), pace_(pace_of(config.bandwidth_bytes_per_s, clock_hz)), stalls_(stalls) {}

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
  busy_cycles_ += static_cast<std::uint64_t>(end - std::max(begin, std::min(covered_until_, end)));
  covered_until_ = std::max(covered_until_, end);
  counters_[static_cast<std::size_t>(request.write ? DramCounter::write_requests : DramCounter::read_requests)] += 1;
  counters_[static_cast<std::size_t>(request.write ? DramCounter::bytes_written : DramCounter::bytes_read)] +=
      static_cast<std::uint64_t>(request.bytes);
  const Cycle stall = stalls_.cycles(StallPort::response, requests_++);
  last_ready_ = std::max(last_ready_, end + config_.latency_cycles + stall);
  return last_ready_;
}

void DramTiming::fingerprint(StateWords& out) const {
  const bool free = free_cycle_ < out.now();
  out.word(free ? 0 : free_cycle_ - out.now());
  out.word(free ? 0 : free_part_);
  out.recent_time(covered_until_, 0);
  out.recent_time(last_ready_, 0);
}

void DramTiming::advance(Cycle cycles) {
  free_cycle_ += cycles;
  covered_until_ += cycles;
  last_ready_ += cycles;
}

}  // namespace weft::sim::memory
