#include "sim/memory/hbm/dram_responses.hpp"

#include <algorithm>

namespace weft::sim::memory {

DramResponses::DramResponses(std::size_t ports, std::size_t tags, std::size_t queue)
    : tags_(tags), queue_(queue), pending_(ports * queue), lines_(ports * tags), ports_(ports) {
  for (std::size_t slot = pending_.size(); slot-- > 0;)
    free_.push_back(static_cast<std::uint32_t>(slot));
}

std::uint32_t DramResponses::add(const Request& request, std::size_t accesses, Cycle stall) {
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  Pending& one = pending_[slot];
  one = {{request.write, request.tag}, request.port, accesses, kNever, stall, taken_++, kNone};
  ++ports_[request.port].under_way;
  Line& line = line_of(one);
  (line.first == kNone ? line.first : pending_[line.last].behind) = slot;
  line.last = slot;
  return slot;
}

void DramResponses::done(std::uint32_t slot, Cycle at) {
  Pending& one = pending_[slot];
  if (--one.left > 0) return;
  one.ready = at + one.stall;
  if (line_of(one).first == slot) insert(ports_[one.port], slot);
}

void DramResponses::insert(Port& port, std::uint32_t slot) {
  const auto at = std::find_if(port.whole.rbegin(), port.whole.rend(), [&](std::uint32_t other) {
    return pending_[other].order < pending_[slot].order;
  });
  port.whole.insert(at.base(), slot);
}

void DramResponses::leave(std::uint32_t slot) {
  Pending& one = pending_[slot];
  Port& port = ports_[one.port];
  --port.under_way;
  Line& line = line_of(one);
  line.first = one.behind;
  free_.push_back(slot);
  if (line.first != kNone && pending_[line.first].left == 0) insert(port, line.first);
}

Cycle DramResponses::next_behind(Cycle now) const {
  Cycle next = kNever;
  for (const Port& port : ports_) {
    for (const std::uint32_t slot : port.whole) {
      if (pending_[slot].ready > now) next = std::min(next, pending_[slot].ready);
    }
  }
  return next;
}

}  // namespace weft::sim::memory
