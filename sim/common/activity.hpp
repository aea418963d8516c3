// What a unit did in each cycle, told when that changes: idle, busy, or stalled for operands or for
// room. Whoever is asleep goes on doing what it said last.
#pragma once

#include <cstdint>

#include "models/common/unit_class.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim {

enum class Doing : std::uint8_t { nothing, work, wait_in, wait_out };

// Told what a unit did from one cycle to another, once that is over.
struct ActivityListener {
  virtual ~ActivityListener() = default;
  virtual void did(int unit, Doing doing, Cycle begin, Cycle end) = 0;
};

class Activity {
 public:
  // From cycle `now` on, no earlier than told before.
  void is(Cycle now, Doing doing) {
    settle(now);
    if (listener_ != nullptr && doing != doing_) tell(now);
    doing_ = doing;
  }
  // `listener` outlives it, and knows the unit by that number.
  void listen(ActivityListener* listener, int unit) {
    listener_ = listener;
    unit_ = unit;
  }
  // Tells what has not been told, up to `now`.
  void tell(Cycle now) {
    if (listener_ != nullptr && now > begun_) listener_->did(unit_, doing_, begun_, now);
    begun_ = now;
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
  // Tells up to `begin`, and goes on at `end`: what lies between was passed over.
  void pass_over(Cycle begin, Cycle end) {
    tell(begin);
    begun_ = end;
  }
  void fingerprint(StateWords& out) const { out.word(static_cast<std::int64_t>(doing_)); }
  void advance(Cycle cycles) { since_ += cycles; }
  UnitCounts& counts() { return counts_; }
  const UnitCounts& counts() const { return counts_; }
  std::uint64_t& counter(std::size_t which) { return counts_.counters[which]; }

 private:
  UnitCounts counts_;
  Doing doing_ = Doing::nothing;
  Cycle since_ = 0;  // counted up to there
  ActivityListener* listener_ = nullptr;
  int unit_ = 0;
  Cycle begun_ = 0;  // told up to there
};

}  // namespace weft::sim
