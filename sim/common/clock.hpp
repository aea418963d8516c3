// Simulated time: kernel time plus what steady-state advance has skipped. Nothing else reads
// sc_time_stamp(). A cycle is two kernel ticks: units run on even ticks, whoever looks at the whole
// state runs on odd ones.
#pragma once

#include <systemc>

#include "sim/common/time.hpp"

namespace weft::sim {

class Clock {
 public:
  Cycle now() const { return static_cast<Cycle>(sc_core::sc_time_stamp().value() / 2) + skipped_; }
  Cycle skipped() const { return skipped_; }
  void skip(Cycle cycles) { skipped_ += cycles; }
  // The cycle in which `delay` from now ends; between two cycles counts as the later one.
  Cycle cycle_after(const sc_core::sc_time& delay) const {
    return static_cast<Cycle>((sc_core::sc_time_stamp().value() + delay.value() + 1) / 2) +
           skipped_;
  }
  // From now to a cycle that is not past.
  sc_core::sc_time until(Cycle cycle) const {
    return cycles(cycle - skipped_) - sc_core::sc_time_stamp();
  }

  static sc_core::sc_time cycles(Cycle count) {
    return sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(count) * 2);
  }
  static sc_core::sc_time half_cycle() { return sc_core::sc_time::from_value(1); }

 private:
  Cycle skipped_ = 0;
};

}  // namespace weft::sim
