// A unit that counts what it does in each cycle.
#pragma once

#include "sim/common/activity.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim {

class ActiveUnit : public Unit {
 public:
  UnitCounts* counts() override { return &activity_.counts(); }
  void settle(Cycle now) override { activity_.settle(now); }
  Activity& activity() { return activity_; }

 protected:
  Activity activity_;
};

}  // namespace weft::sim
