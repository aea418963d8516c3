#include "sim/memory/bandwidth_memory.hpp"

#include <algorithm>

namespace weft::sim::memory {

BandwidthMemory::BandwidthMemory(const Config& config)
    : Memory({takes_of(config.dram), config.ports, config.tags}),
      timing_(config.dram, config.clock_hz, config.stalls, config.ports, config.tags) {
  const std::size_t queue =
      config.queue > 0 ? config.queue : static_cast<std::size_t>(config.dram.outstanding);
  for (std::size_t p = 0; p < config.ports; ++p) pending_.emplace_back(queue);
}

Cycle BandwidthMemory::step(Cycle now) {
  const auto room = [&](std::size_t port) { return !pending_[port].full(); };
  const auto queue = [&](const Request& request) {
    pending_[request.port].insert(
        {timing_.accept(now, request), {request.write, request.tag}},
        [](const Pending& a, const Pending& b) { return a.ready > b.ready; });
  };
  while (take_next(now, room, queue)) {
  }
  Cycle next = kNever;
  for (std::size_t p = 0; p < pending_.size(); ++p) {
    Ring<Pending>& pending = pending_[p];
    while (!pending.empty() && pending.front().ready <= now &&
           respond(p, now, pending.front().response))
      pending.pop_front();
    // One that its channel has no room for waits for that, a request without a place for one.
    if (!pending.empty() && pending.front().ready > now)
      next = std::min(next, pending.front().ready);
    if (waits(p, now) && !pending.full()) next = now + 1;
  }
  return next;
}

void BandwidthMemory::fingerprint(StateWords& out) const {
  timing_.fingerprint(out);
  out.word(turn());
  for (const Ring<Pending>& pending : pending_) {
    out.word(static_cast<std::int64_t>(pending.size()));
    for (std::size_t i = 0; i < pending.size(); ++i) {
      out.time(pending[i].ready);
      pending[i].response.fingerprint(out);
    }
  }
}

void BandwidthMemory::advance(Cycle cycles) {
  timing_.advance(cycles);
  for (Ring<Pending>& pending : pending_) {
    for (std::size_t i = 0; i < pending.size(); ++i) pending[i].ready += cycles;
  }
}

}  // namespace weft::sim::memory
