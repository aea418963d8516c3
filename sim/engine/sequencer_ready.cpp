// When a step can fire: its needs met, its unit and the buffer's ports free.
#include <algorithm>

#include "sim/engine/sequencer.hpp"

namespace weft::sim::engine {

using weft::engine::kNone;
using weft::engine::Need;
using weft::engine::NeedKind;
using weft::engine::StepCost;
using weft::engine::StepKind;

// The cycle from which a ready step can start, buffer ports included.
Cycle Sequencer::start_of(int step, const Ready& ready) const {
  const Cycle at = std::max(ready.at(), state_.units[group().steps[step].unit].free_at);
  if (group().steps[step].kind != StepKind::compute) return at;
  const StepCost& c = cost(step);
  if (c.read_streams + c.write_streams == 0 || own_ports_) return at;
  return state_.ports.earliest(at, step, c.read_streams, c.write_streams);
}

// What an evaluation reads has moved: the step's own coordinates, and progress that others wait
// for.
void Sequencer::put_in_question(int step) {
  state_.steps[step].ready.reset();
  for (const int reader : state_.readers[step]) state_.steps[reader].ready.reset();
}

// Told once, until it is put in question.
const Ready& Sequencer::ready_of(int step) {
  std::optional<Ready>& ready = state_.steps[step].ready;
  if (!ready) ready = evaluate(step);
  return *ready;
}

Ready Sequencer::evaluate(int step) const {
  Ready ready{true, kPast.end, kPast.end};
  for (const Need& need : group().steps[step].needs) {
    if (!meet(step, need, ready)) return {};
  }
  return ready;
}

// False where it is not yet known when the need is met.
bool Sequencer::meet(int step, const Need& need, Ready& ready) const {
  const StepState& own = state_.steps[step];
  const StepState& other = state_.steps[need.producer];
  const bool space =
      need.kind == NeedKind::space || (need.kind == NeedKind::outer && need.lag == 0);
  const Times* times = &kPast;
  switch (need.kind) {
    case NeedKind::iteration:
    case NeedKind::space:
    case NeedKind::outer: {
      const std::int64_t index = need.kind == NeedKind::iteration ? own.ordinal[need.depth]
                                 : need.kind == NeedKind::space
                                     ? own.ordinal[need.depth] - need.lag
                                     : own.ordinal[need.depth] + need.lag - 1;
      if (index < 0) return true;
      if (other.completed[need.depth] <= index) return false;
      if (other.completed[need.depth] - index <= kRing)
        times = &other.rings[need.depth][static_cast<std::size_t>(index % kRing)];
      break;
    }
    case NeedKind::carried:
    case NeedKind::at:
    case NeedKind::complete: {
      bool known = false;
      times = slot_time(step, need, known);
      if (!known) return false;
      if (times == nullptr) return true;
      break;
    }
  }
  if (times->end == kPast.end) return true;
  Cycle at = times->end + need.latency;
  // Room that is made early, so that what is on its way arrives when it is free, is told from
  // registers: no earlier than the cycle after the reader began.
  if (space && need.latency < 0) at = std::max(at, times->start + 1);
  if (need.streamed)
    at = std::max(times->start + 1 + need.latency,
                  times->end + need.latency + 1 - cost(step).issue_cycles);
  Cycle& side = space ? ready.space : ready.data;
  side = std::max(side, at);
  return true;
}

}  // namespace weft::sim::engine
