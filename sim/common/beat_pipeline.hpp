// A pipeline that rows go through in beats: one is taken at a time, is under way for a latency, and
// holds all behind it where there is no room for it at the end.
#pragma once

#include <cstdint>
#include <deque>

#include "sim/common/active_unit.hpp"
#include "sim/common/query_row.hpp"
#include "sim/common/unit.hpp"

namespace weft::sim {

class BeatPipeline : public ActiveUnit {
 public:
  // As its rows do, which whoever makes them knows.
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 protected:
  // `places`: beats under way at once; one a cycle of the latency unless given.
  explicit BeatPipeline(std::int64_t latency_cycles)
      : BeatPipeline(latency_cycles, static_cast<std::size_t>(latency_cycles)) {}
  BeatPipeline(std::int64_t latency_cycles, std::size_t places)
      : latency_(latency_cycles), places_(places) {}

  // Takes a beat: the cycles until the next one can be.
  virtual Cycle take(const RowBeat& beat) = 0;
  // Gives it on; false where it has no room, and is to be called again.
  virtual bool give(Cycle now, const RowBeat& beat) = 0;

  In<RowBeat> in_;

 private:
  struct Flight {
    Cycle ready = 0;
    RowBeat beat;
  };

  Cycle latency_;
  std::size_t places_;
  std::deque<Flight> flights_;
  Cycle free_at_ = 0;
};

}  // namespace weft::sim
