#include "models/engine/closed_form.hpp"

#include <algorithm>
#include <cmath>

#include "models/engine/walk.hpp"

namespace weft::engine {
namespace {

constexpr std::int64_t kFirstWalk = 500;  // firings; the next walk takes kLonger times as many
constexpr std::int64_t kLonger = 4;
constexpr double kAgree = 0.02;  // of two walks, or of three that came to no end
constexpr double kLeft = 0.3;    // of a walk, at most, told from the rest of it

// Shares within which the simulator's cycles lie: measured, in docs/units/analytic.md.
constexpr double kBusy = 0.03;    // of the work of a busy array
constexpr double kPace = 0.02;    // of cycles at a pace, beside what two walks differ by
constexpr double kServed = 1e-3;  // of a walk to the end whose transfers were served at a pace

// The bounds taken one by one are seldom above the simulator where there are more firings than a
// walk takes.
constexpr double kBounds = 0.995;

// One array is busy throughout, or its contexts are full, and nothing else is near: what is waited
// for at the ends alone is left to tell. In very long runs what passes wait for one another is lost
// in the work, of the array or of the memory.
bool is_regular(const Sizing& sizing, const LoweredGroup& lowered, const GroupAnalysis& group) {
  constexpr double kMany = 2000;
  constexpr double kManyMore = 20000;
  constexpr double kVeryMany = 1e7;
  const auto passes = std::count_if(lowered.stages.begin(), lowered.stages.end(),
                                    [](const Stage& stage) { return stage.over_pass_rank; });
  if (sizing.masked) return false;
  const double waits = std::max({group.room_cycles, group.transfer_cycles, group.request_cycles});
  if (passes > 1) {
    const double work = std::max(group.array_cycles, group.memory_cycles);
    return group.firings >= kVeryMany && work >= 0.995 * group.cycles &&
           std::max(waits, group.latency_cycles) <= 0.4 * work;
  }
  const bool contexts = group.latency_cycles > group.array_cycles;
  const double most = contexts ? group.latency_cycles : group.array_cycles;
  if (passes == 0 || group.exposed_cycles > 0 || group.firings < (contexts ? kManyMore : kMany))
    return false;
  return most >= 0.99 * group.cycles && (contexts || group.latency_cycles <= 0.8 * most) &&
         group.memory_cycles <= 0.5 * most && group.room_cycles <= 0.4 * most &&
         std::max(group.transfer_cycles, group.request_cycles) <= 0.3 * most;
}

struct Told {
  double cycles = 0;
  double spread = 0;  // each way
  std::int64_t firings = 0;
  bool exact = false;
};

// Walks, each longer than the one before, until one comes to its end or two agree: what they differ
// by is what is not known.
Told walk(const Schedule& schedule, const GroupSchedule& group, const GroupAnalysis& analysis,
          std::int64_t most) {
  const double least = std::max(kBounds * analysis.cycles, analysis.least());
  Told told;
  double before[2] = {-1, -1};
  for (std::int64_t firings = std::min(kFirstWalk, most);;
       firings = std::min(most, firings * kLonger)) {
    const Walked walked = Walk(schedule, group, firings).run();
    told.firings += walked.firings;
    if (walked.finished && walked.passed == 0) {
      told.cycles = walked.cycles;
      told.exact = !walked.served_at_a_pace;
      told.spread = told.exact ? 0 : kServed * walked.cycles;
      return told;
    }
    told.cycles = std::max(walked.cycles, least);
    const double step = std::abs(told.cycles - before[0]);
    const auto [low, high] = std::minmax({told.cycles, before[0], before[1]});
    const bool sound =
        walked.cycles >= 0.99 * least;  // two that are below the bounds agree on nothing
    const bool two =
        before[0] >= 0 && step <= kAgree * told.cycles && walked.left <= kLeft * told.cycles;
    const bool three = before[1] >= 0 && high - low <= kAgree * told.cycles;
    if (firings >= most || (sound && (two || three))) {
      told.spread = kPace * walked.passed + (before[0] < 0 ? kLeft * walked.passed : step);
      return told;
    }
    before[1] = before[0];
    before[0] = told.cycles;
  }
}

}  // namespace

ClosedForm closed_form(const Lowering& lowering, const Sizing& sizing, const Analysis& analysis,
                       std::int64_t firings) {
  ClosedForm out;
  double spread = 0;
  double least = 0;
  bool exact = true;
  std::optional<Schedule> schedule;
  for (std::size_t g = 0; g < analysis.groups.size(); ++g) {
    const GroupAnalysis& group = analysis.groups[g];
    least += group.least();
    out.cycles += g == 0 ? 0 : 1;  // the next group begins a cycle after the last of this one
    if (is_regular(sizing, lowering.groups[g], group)) {
      out.cycles += group.cycles;
      spread += kBusy * group.cycles;
      exact = false;
      continue;
    }
    if (!schedule) schedule = build_schedule(lowering, sizing);
    const Told told = walk(*schedule, schedule->groups[g], group, firings);
    out.firings += told.firings;
    out.cycles += told.cycles;
    spread += told.spread;
    exact = exact && told.exact;
  }
  if (!exact) {
    out.bound = {static_cast<std::uint64_t>(
                     whole(std::floor(std::max(least, out.cycles - spread)), "cycles")),
                 static_cast<std::uint64_t>(whole(std::ceil(out.cycles + spread), "cycles"))};
  }
  return out;
}

}  // namespace weft::engine
