#include "models/engine/schedule/port_table.hpp"

#include <algorithm>
#include <limits>

#include "models/common/error.hpp"

namespace weft::engine {

PortTable::PortTable(const Buffer& config)
    : banks_(config.banks.value_or(1)),
      mask_((banks_ & (banks_ - 1)) == 0 ? banks_ - 1 : -1),
      read_(static_cast<std::size_t>(config.read_ports)),
      write_(static_cast<std::size_t>(config.write_ports)) {}

std::int64_t PortTable::free_ports(const std::vector<Port>& ports, std::int64_t from,
                                   int count) const {
  if (count == 0) return from;
  check(static_cast<std::size_t>(count) <= ports.size(), "more streams than ports");
  int free_now = 0;
  for (const Port& port : ports) free_now += port.free_at <= from ? 1 : 0;
  if (free_now >= count) return from;
  // The count-th smallest free time; there are a handful of ports.
  std::int64_t best = std::numeric_limits<std::int64_t>::max();
  for (const Port& port : ports) {
    const std::int64_t at = std::max(from, port.free_at);
    int free = 0;
    for (const Port& other : ports) free += other.free_at <= at ? 1 : 0;
    if (free >= count) best = std::min(best, at);
  }
  return best;
}

bool PortTable::collides(const std::vector<Port>& ports, std::int64_t begin, int step,
                         int count) const {
  for (const Port& port : ports) {
    if (port.free_at <= begin) continue;
    const std::int64_t at = bank(port.bank + begin - port.begin);
    for (int i = 0; i < count; ++i) {
      if (bank_of(step, i) == at) return true;
    }
  }
  return false;
}

std::int64_t PortTable::earliest(std::int64_t from, int step, int reads, int writes) const {
  std::int64_t at = from;
  for (std::int64_t tries = 0; tries < 4 * banks_ + 8; ++tries) {
    const std::int64_t free =
        std::max(free_ports(read_, at, reads), free_ports(write_, at, writes));
    if (free > at) {
      at = free;
    } else if (banks_ > 1 &&
               (collides(read_, at, step, reads) || collides(write_, at, step, writes))) {
      ++at;
    } else {
      return at;
    }
  }
  // Every bank is held: wait for the next stream to end.
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const auto* ports : {&read_, &write_}) {
    for (const Port& port : *ports) {
      if (port.free_at > from) next = std::min(next, port.free_at);
    }
  }
  return next;
}

void PortTable::take(std::int64_t begin, std::int64_t end, int step, int reads, int writes) {
  const auto hold = [&](std::vector<Port>& ports, int count) {
    for (int i = 0; i < count; ++i) {
      const auto port = std::find_if(ports.begin(), ports.end(),
                                     [&](const Port& p) { return p.free_at <= begin; });
      check(port != ports.end(), "a stream started without a port");
      *port = {end, begin, bank_of(step, i)};
    }
  };
  hold(read_, reads);
  hold(write_, writes);
}

std::int64_t PortTable::saturated_until(std::int64_t now) const {
  std::int64_t until = now;
  for (const auto* ports : {&read_, &write_}) {
    std::int64_t first = std::numeric_limits<std::int64_t>::max();
    for (const Port& port : *ports) first = std::min(first, port.free_at);
    until = std::max(until, first);
  }
  return until;
}

void PortTable::advance(std::int64_t cycles) {
  for (auto* ports : {&read_, &write_}) {
    for (Port& port : *ports) {
      port.free_at += cycles;
      port.begin += cycles;
    }
  }
}

}  // namespace weft::engine
