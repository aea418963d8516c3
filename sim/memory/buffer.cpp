#include "sim/memory/buffer.hpp"

#include <algorithm>

namespace weft::sim::memory {

using weft::engine::BufferCounter;

Cycle Buffer::step(Cycle now) {
  const auto add = [&](BufferCounter counter, std::int64_t count) {
    counts_.counters[static_cast<std::size_t>(counter)] += static_cast<std::uint64_t>(count);
  };
  while (uses_.ready(now)) {
    const BufferUse use = uses_.pop(now);
    counts_.busy_cycles += static_cast<std::uint64_t>(
        std::max<Cycle>(0, use.end - std::max(use.begin, covered_until_)));
    covered_until_ = std::max(covered_until_, use.end);
    add(BufferCounter::rows_read, use.rows_read);
    add(BufferCounter::rows_written, use.rows_written);
    add(BufferCounter::port_wait_cycles, use.wait_cycles);
  }
  return kNever;
}

}  // namespace weft::sim::memory
