// Simulated time: kernel time plus what steady-state advance has skipped. Nothing else reads
// sc_time_stamp(). An engine by itself has the kernel's time for its own: a cycle is two ticks,
// units run on even ones, whoever looks at the whole state on odd ones. In a platform, kernel time
// is time: a cycle begins in the last tick that is no later than it.
#pragma once

#include <systemc>

#include "sim/common/time.hpp"

namespace weft::sim {

class Clock {
 public:
  // Two ticks a cycle, whatever a tick is.
  Clock() = default;
  // Cycles of `clock_hz`, taken to the millihertz, in SystemC's time. ContractError where a cycle
  // is shorter than SystemC's resolution.
  explicit Clock(double clock_hz);

  Cycle now() const {
    const std::uint64_t tick = sc_core::sc_time_stamp().value();
    return (own_ ? static_cast<Cycle>(tick / 2) : cycle_at(tick)) + skipped_ + ahead_;
  }
  Cycle skipped() const { return skipped_; }
  void skip(Cycle cycles) { skipped_ += cycles; }
  // Of the kernel, which is waited for later: of whoever steps several cycles at one of its times.
  void set_ahead(Cycle cycles) { ahead_ = cycles; }
  bool is_own() const { return own_; }  // by itself: the kernel's time is the engine's alone
  // From now to the beginning of a cycle that is not past.
  sc_core::sc_time until(Cycle cycle) const {
    return cycles(cycle - skipped_) - sc_core::sc_time_stamp();
  }
  // The cycle in which what takes from the beginning of cycle `begun` until `delay` from now ends;
  // between two cycles counts as the later one. An interval of whole ticks is exact, whichever part
  // of a tick lies between the cycle and the tick it begins in.
  Cycle cycle_after(Cycle begun, const sc_core::sc_time& delay) const;

  // The longest time that so many cycles cover.
  sc_core::sc_time cycles(Cycle count) const {
    return sc_core::sc_time::from_value(own_ ? static_cast<std::uint64_t>(count) * 2
                                             : tick_of(count));
  }
  sc_core::sc_time half_cycle() const {
    return sc_core::sc_time::from_value(own_ ? 1 : tick_of(1) / 2);
  }

 private:
  std::uint64_t tick_of(Cycle cycle) const;
  Cycle cycle_at(std::uint64_t tick) const;

  Cycle skipped_ = 0;
  Cycle ahead_ = 0;
  bool own_ = true;
  std::int64_t ticks_ = 2;  // that many ticks take that many cycles
  std::int64_t cycles_ = 1;
};

}  // namespace weft::sim
