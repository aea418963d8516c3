// What the units of an assembly do over time, for a timeline: what each does without a break, each
// query from when it was sent to when all are done with it, and means of queues and memory over
// short stretches of the whole run. docs/units/engine/spatten.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/engine/run/run_options.hpp"
#include "sim/assembly/assembly.hpp"
#include "sim/common/activity.hpp"
#include "sim/engine/spatten/controller.hpp"
#include "sim/memory/memory.hpp"

namespace weft::sim::engine::spatten {

// A unit that looks at an assembly at equal distances and changes nothing in it: how many beats the
// queues hold, and what the memory has moved so far. There are kMost looks at most: when they are
// taken every second one is forgotten, and the distance doubles.
class Sampler : public Unit {
 public:
  explicit Sampler(Assembly& assembly);

  const UnitClass& unit_class() const override;
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& /*ports*/) override {}
  Cycle step(Cycle now) override;
  void fingerprint(StateWords& /*out*/) const override {}
  void advance(Cycle /*cycles*/) override {}

  // Tells all tracks, up to cycle `end`, for which the memory has been settled.
  void finish(Cycle end, weft::engine::EventSink& sink);

 private:
  static constexpr std::size_t kMost = 512;
  static constexpr Cycle kStill = 1 << 20;  // without a beat: nothing will come any more

  // Links between the same two ends, of all instances and numbers of a port.
  struct Queue {
    std::string name;
    std::vector<const AnyChannel*> links;
  };
  struct Look {
    Cycle at = 0;
    std::vector<std::uint64_t> held;  // by queue
    std::uint64_t bytes = 0;          // the memory's, and its busy cycles, so far
    std::uint64_t busy = 0;
  };
  Look look(Cycle now) const;
  bool still(Cycle now);

  std::vector<Queue> queues_;
  std::string memory_name_;
  memory::Memory* memory_ = nullptr;
  std::vector<Look> looks_;
  Cycle distance_ = 16;
  std::uint64_t beats_ = 0;
  Cycle moved_at_ = 0;
};

class Timeline : public ActivityListener, public RowListener {
 public:
  // Listens to all units of `names`, which are those of the sink's numbers; all outlive it.
  Timeline(weft::engine::EventSink& sink, std::span<const std::string> names, Assembly& assembly,
           Controller& controller);

  void did(int unit, Doing doing, Cycle begin, Cycle end) override;
  void row_done(const QueryRow& row, Cycle begin, Cycle end) override;
  void passed_over(Cycle begin, Cycle end);
  // Tells what has not been told, up to the run's end; units have been settled.
  void finish(Cycle end);

 private:
  weft::engine::EventSink& sink_;
  Sampler* sampler_;
  std::vector<Activity*> activities_;
  int queries_;  // what queries are as a unit
};

}  // namespace weft::sim::engine::spatten
