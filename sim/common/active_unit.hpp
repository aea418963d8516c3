// A unit that counts what it does in each cycle. What it tells of its state is its activity alone:
// a unit whose timing recurs adds the rest.
#pragma once

#include "sim/common/activity.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim {

class ActiveUnit : public Unit {
 public:
  UnitCounts* counts() override { return &activity_.counts(); }
  void settle(Cycle now) override { activity_.settle(now); }
  void fingerprint(StateWords& out) const override { activity_.fingerprint(out); }
  void advance(Cycle cycles) override { activity_.advance(cycles); }
  Activity& activity() { return activity_; }

 protected:
  Activity activity_;
};

}  // namespace weft::sim
