// What the sequencer says of itself: its firings for timelines, how far it is, and what it waits
// for.
#include "sim/engine/sequencer.hpp"

namespace weft::sim::engine {

using weft::engine::Need;
using weft::engine::ScheduledStep;

// A step's next firing, as it begins.
Sequencer::State::Begun Sequencer::firing(int step, Cycle now) const {
  const StepState& state = state_.steps[step];
  return {now, state.ordinal[group().steps[step].loops.back()], state.at, part_of(step).heads};
}

void Sequencer::tell(int step, Cycle end, const State::Begun& begun) {
  const ScheduledStep& scheduled = group().steps[step];
  const bool more = events_->event({.begin = static_cast<std::uint64_t>(begun.at),
                                    .end = static_cast<std::uint64_t>(end),
                                    .unit = scheduled.unit,
                                    .name = scheduled.name,
                                    .head = begun.heads + begun.where[0],
                                    .tile = begun.tile,
                                    .group = static_cast<int>(state_.group),
                                    .step = step,
                                    .lowered = &lowered(),
                                    .loops = scheduled.loops,
                                    .at = begun.where,
                                    .kind = scheduled.kind == weft::engine::StepKind::compute
                                                ? weft::engine::EventKind::firing
                                                : weft::engine::EventKind::transfer});
  if (!more) events_ = nullptr;
}

double Sequencer::progress() const {
  if (state_.done) return 1.0;
  const StepState& reference = steps()[group().reference];
  const weft::engine::Schedule& schedule = parts_.at(reference.part).schedule;
  const double inside = reference.finished ? 1.0
                                           : static_cast<double>(reference.at[0]) /
                                                 static_cast<double>(schedule.sizing->repeats);
  const double of_part =
      (static_cast<double>(state_.group) + inside) / static_cast<double>(schedule.groups.size());
  return (static_cast<double>(reference.part) + of_part) / static_cast<double>(parts_.expected());
}

std::string Sequencer::blocked() const {
  std::string text;
  for (std::size_t s = 0; s < state_.steps.size(); ++s) {
    if (state_.steps[s].finished) continue;
    text += " " + group().steps[s].name;
    for (const Need& need : group().steps[s].needs) {
      Ready ready;
      if (!meet(static_cast<int>(s), need, ready))
        text += " (waits for " + group().steps[need.producer].name + ")";
    }
    text += ";";
  }
  return text;
}

}  // namespace weft::sim::engine
