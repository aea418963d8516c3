#include "sim/memory/dram.hpp"

namespace weft::sim::memory {

Cycle Dram::step(Cycle now) {
  while (requests_.ready(now)) {
    const Request request = requests_.pop(now);
    pending_.push_back({timing_.accept(now, request), request.write});
  }
  while (!pending_.empty() && pending_.front().ready <= now) {
    responses_.push(now, {pending_.front().write});
    pending_.pop_front();
  }
  return pending_.empty() ? kNever : pending_.front().ready;
}

void Dram::fingerprint(StateWords& out) const {
  timing_.fingerprint(out);
  out.word(static_cast<std::int64_t>(pending_.size()));
  for (const Pending& p : pending_) {
    out.time(p.ready);
    out.word(p.write ? 1 : 0);
  }
}

void Dram::advance(Cycle cycles) {
  timing_.advance(cycles);
  for (Pending& p : pending_) p.ready += cycles;
}

}  // namespace weft::sim::memory
