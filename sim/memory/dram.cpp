#include "sim/memory/dram.hpp"

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

Dram::Dram(const weft::engine::Dram& config, double clock_hz, Channel<Request>& requests, Channel<Response>& responses)
    : config_(config), pace_(pace_of(config.bandwidth_bytes_per_s, clock_hz)), requests_(requests), responses_(responses) {}

void Dram::accept(Cycle now, const Request& request) {
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
  pending_.push_back({end + config_.latency_cycles, request.write});
  counters_[static_cast<std::size_t>(request.write ? DramCounter::write_requests : DramCounter::read_requests)] += 1;
  counters_[static_cast<std::size_t>(request.write ? DramCounter::bytes_written : DramCounter::bytes_read)] +=
      static_cast<std::uint64_t>(request.bytes);
}

Cycle Dram::step(Cycle now) {
  while (requests_.ready(now)) accept(now, requests_.pop(now));
  while (!pending_.empty() && pending_.front().ready <= now) {
    responses_.push(now, {pending_.front().write});
    pending_.pop_front();
  }
  return pending_.empty() ? kNever : pending_.front().ready;
}

void Dram::fingerprint(StateWords& out) const {
  const bool free = free_cycle_ < out.now();
  out.word(free ? 0 : free_cycle_ - out.now());
  out.word(free ? 0 : free_part_);
  out.recent_time(covered_until_, 0);
  out.word(static_cast<std::int64_t>(pending_.size()));
  for (const Pending& p : pending_) {
    out.time(p.ready);
    out.word(p.write ? 1 : 0);
  }
}

void Dram::advance(Cycle cycles) {
  free_cycle_ += cycles;
  covered_until_ += cycles;
  for (Pending& p : pending_) p.ready += cycles;
}

}  // namespace weft::sim::memory
