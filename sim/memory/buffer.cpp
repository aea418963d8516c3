#include "sim/memory/buffer.hpp"

#include <algorithm>

namespace weft::sim::memory {

using weft::engine::BufferCounter;

PortTable::PortTable(const weft::engine::Buffer& config)
    : banks_(config.banks.value_or(1)),
      read_(static_cast<std::size_t>(config.read_ports)),
      write_(static_cast<std::size_t>(config.write_ports)) {}

Cycle PortTable::free_ports(const std::vector<Port>& ports, Cycle from, int count) const {
  if (count == 0) return from;
  check(static_cast<std::size_t>(count) <= ports.size(), "more streams than ports");
  // The count-th smallest free time; there are a handful of ports.
  Cycle best = kNever;
  for (const Port& port : ports) {
    const Cycle at = std::max(from, port.free_at);
    int free = 0;
    for (const Port& other : ports) free += other.free_at <= at ? 1 : 0;
    if (free >= count) best = std::min(best, at);
  }
  return best;
}

bool PortTable::collides(const std::vector<Port>& ports, Cycle begin, int step, int count) const {
  for (const Port& port : ports) {
    if (port.free_at <= begin) continue;
    const std::int64_t at = (port.bank + begin - port.begin) % banks_;
    for (int i = 0; i < count; ++i) {
      if (bank_of(step, i) == at) return true;
    }
  }
  return false;
}

Cycle PortTable::earliest(Cycle from, int step, int reads, int writes) const {
  Cycle at = from;
  for (std::int64_t tries = 0; tries < 4 * banks_ + 8; ++tries) {
    const Cycle free = std::max(free_ports(read_, at, reads), free_ports(write_, at, writes));
    if (free > at) {
      at = free;
    } else if (banks_ > 1 && (collides(read_, at, step, reads) || collides(write_, at, step, writes))) {
      ++at;
    } else {
      return at;
    }
  }
  // Every bank is held: wait for the next stream to end.
  Cycle next = kNever;
  for (const auto* ports : {&read_, &write_}) {
    for (const Port& port : *ports) {
      if (port.free_at > from) next = std::min(next, port.free_at);
    }
  }
  return next;
}

void PortTable::take(Cycle begin, Cycle end, int step, int reads, int writes) {
  const auto hold = [&](std::vector<Port>& ports, int count) {
    for (int i = 0; i < count; ++i) {
      const auto port = std::find_if(ports.begin(), ports.end(), [&](const Port& p) { return p.free_at <= begin; });
      check(port != ports.end(), "a stream started without a port");
      *port = {end, begin, bank_of(step, i)};
    }
  };
  hold(read_, reads);
  hold(write_, writes);
}

Cycle PortTable::saturated_until(Cycle now) const {
  Cycle until = now;
  for (const auto* ports : {&read_, &write_}) {
    Cycle first = kNever;
    for (const Port& port : *ports) first = std::min(first, port.free_at);
    until = std::max(until, first);
  }
  return until;
}

void PortTable::fingerprint(StateWords& out) const {
  for (const auto* ports : {&read_, &write_}) {
    for (const Port& port : *ports) {
      const bool held = port.free_at > out.now();
      out.word(held ? port.free_at - out.now() : 0);
      out.word(held ? (port.bank + out.now() - port.begin) % banks_ : 0);
    }
  }
}

void PortTable::advance(Cycle cycles) {
  for (auto* ports : {&read_, &write_}) {
    for (Port& port : *ports) {
      port.free_at += cycles;
      port.begin += cycles;
    }
  }
}

Cycle Buffer::step(Cycle now) {
  const auto add = [&](BufferCounter counter, std::int64_t count) {
    counters_[static_cast<std::size_t>(counter)] += static_cast<std::uint64_t>(count);
  };
  while (uses_.ready(now)) {
    const BufferUse use = uses_.pop(now);
    busy_cycles_ += static_cast<std::uint64_t>(std::max<Cycle>(0, use.end - std::max(use.begin, covered_until_)));
    covered_until_ = std::max(covered_until_, use.end);
    add(BufferCounter::rows_read, use.rows_read);
    add(BufferCounter::rows_written, use.rows_written);
    add(BufferCounter::port_wait_cycles, use.wait_cycles);
  }
  return kNever;
}

}  // namespace weft::sim::memory
