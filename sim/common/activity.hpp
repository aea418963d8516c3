// What a unit did in each cycle, told when that changes: idle, busy, or stalled for operands or for
// room. Whoever is asleep goes on doing what it said last.
#pragma once

#include <cstdint>

#include "models/common/unit_class.hpp"
#include "sim/common/time.hpp"

namespace weft::sim {

enum class Doing : std::uint8_t { nothing, work, wait_in, wait_out };

class Activity {
 public:
  // From cycle `now` on, no earlier than told before.
  void is(Cycle now, Doing doing) {
    settle(now);
    doing_ = doing;
  }
  // All cycles before `now` are counted.
  void settle(Cycle now) {
    const auto cycles = static_cast<std::uint64_t>(now - since_);
    since_ = now;
    switch (doing_) {
      case Doing::work: counts_.busy_cycles += cycles; break;
      case Doing::wait_in: counts_.stall_in_cycles += cycles; break;
      case Doing::wait_out: counts_.stall_out_cycles += cycles; break;
      case Doing::nothing: break;
    }
  }
  UnitCounts& counts() { return counts_; }
  std::uint64_t& counter(std::size_t which) { return counts_.counters[which]; }

 private:
  UnitCounts counts_;
  Doing doing_ = Doing::nothing;
  Cycle since_ = 0;
};

}  // namespace weft::sim
