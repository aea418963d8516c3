#include "models/engine/analytic/closed_form.hpp"

#include <algorithm>
#include <cmath>

#include "models/engine/analytic/walk.hpp"
#include "models/engine/analytic/walk_memo.hpp"

namespace weft::engine {
namespace {

// Shares within which the simulator's cycles lie: measured, in docs/units/analytic.md.
constexpr double kBusy = 0.15;    // above the work of a busy array
constexpr double kLeft = 0.3;     // of cycles told from how far a walk came,
constexpr double kLate = 0.02;    // and of all: what ends late
constexpr double kServed = 1e-3;  // of a walk to the end whose transfers were served at a pace

// The bounds taken one by one are seldom above the simulator where there are more firings than a
// walk takes.
constexpr double kBounds = 0.995;

// One array is busy throughout a long run, and nothing else is near: what is waited for at the ends
// alone is left to tell.
bool is_regular(const Sizing& sizing, const LoweredGroup& lowered, const GroupAnalysis& group) {
  constexpr double kMany = 100000;
  const auto passes = std::count_if(lowered.stages.begin(), lowered.stages.end(),
                                    [](const Stage& stage) { return stage.over_pass_rank; });
  if (sizing.masked || passes != 1 || group.exposed_cycles > 0 || group.firings < kMany)
    return false;
  const double most = group.array_cycles;
  return most >= 0.99 * group.cycles && group.latency_cycles <= 0.72 * most &&
         group.memory_cycles <= 0.5 * most && group.room_cycles <= 0.4 * most &&
         std::max(group.transfer_cycles, group.request_cycles) <= 0.3 * most;
}

struct Told {
  double cycles = 0;
  double below = 0;  // what the simulator may take less, and more
  double above = 0;
  std::int64_t firings = 0;
  bool exact = false;
};

Told of_bounds(const GroupAnalysis& analysis) {
  const double most = analysis.cycles;
  return {.cycles = most, .below = most - analysis.least(), .above = most};
}

Told of_walk(const Walked& walked, const GroupAnalysis& analysis) {
  Told told{.cycles = walked.cycles, .firings = walked.firings};
  if (walked.finished) {
    told.exact = !walked.served_at_a_pace;
    if (!told.exact) told.below = told.above = kServed * walked.cycles;
    return told;
  }
  told.cycles = std::max({walked.cycles, kBounds * analysis.cycles, analysis.least()});
  told.below = told.above = kLeft * walked.left + kLate * told.cycles + told.cycles - walked.cycles;
  return told;
}

}  // namespace

ClosedForm closed_form(const Lowering& lowering, const Sizing& sizing, const Analysis& analysis,
                       WalkMemo* known, std::int64_t firings) {
  ClosedForm out;
  double below = 0;
  double above = 0;
  double least = 0;
  bool exact = true;
  std::optional<Schedule> schedule;
  std::optional<Layout> layout;
  for (std::size_t g = 0; g < analysis.groups.size(); ++g) {
    const GroupAnalysis& group = analysis.groups[g];
    least += group.least();
    out.cycles += g == 0 ? 0 : 1;  // the next group begins a cycle after the last of this one
    if (is_regular(sizing, lowering.groups[g], group)) {
      out.cycles += group.cycles;
      below += group.cycles - group.least();
      above += kBusy * group.cycles;
      exact = false;
      continue;
    }
    const auto walk = [&]() -> Told {
      StateHash::Value key;
      if (known != nullptr) {
        key = WalkMemo::key(lowering, sizing, g);
        if (const auto walked = known->find(key, sizing.repeats)) return of_walk(*walked, group);
      }
      if (!schedule) {
        schedule = build_schedule(lowering, sizing);
        layout.emplace(*schedule);
      }
      const GroupSchedule& steps = schedule->groups[g];
      if (steps.steps.size() > Walk::kMostSteps) return of_bounds(group);
      const Walked walked = Walk(*schedule, *layout, steps, firings).run();
      if (known != nullptr) known->keep(key, sizing.repeats, walked);
      return of_walk(walked, group);
    };
    const Told told = walk();
    out.firings += told.firings;
    out.cycles += told.cycles;
    below += told.below;
    above += told.above;
    exact = exact && told.exact;
  }
  if (!exact) {
    out.bound = {static_cast<std::uint64_t>(
                     whole(std::floor(std::max(least, out.cycles - below)), "cycles")),
                 static_cast<std::uint64_t>(whole(std::ceil(out.cycles + above), "cycles"))};
  }
  return out;
}

}  // namespace weft::engine
