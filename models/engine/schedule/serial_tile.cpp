#include "models/engine/schedule/serial_tile.hpp"

#include "models/engine/schedule/step_cost.hpp"

#include <algorithm>
#include <vector>

namespace weft::engine {

std::int64_t serial_tile(const Lowering& lowering, const GroupSchedule& schedule, int stage,
                         unsigned edges) {
  std::vector<std::size_t> waiting;
  std::vector<std::int64_t> begin(schedule.steps.size(), kNone);
  std::vector<std::int64_t> end(schedule.steps.size(), 0);
  std::vector<std::int64_t> free(lowering.arrays.size(), 0);
  for (std::size_t s = 0; s < schedule.steps.size(); ++s) {
    if (schedule.steps[s].kind == StepKind::compute && schedule.steps[s].stage == stage)
      waiting.push_back(s);
  }
  // The first cycle in which step s could start; kNone while one that it reads from has not been
  // placed.
  const auto start_of = [&](std::size_t s) -> std::int64_t {
    std::int64_t at = free[schedule.steps[s].unit];
    for (const Need& need : schedule.steps[s].needs) {
      const ScheduledStep& producer = schedule.steps[need.producer];
      if (need.kind != NeedKind::iteration || producer.kind != StepKind::compute ||
          producer.stage != stage)
        continue;
      if (begin[need.producer] == kNone) return kNone;
      const std::int64_t whole = end[need.producer] + need.latency;
      at = std::max(
          at, need.streamed
                  ? std::max(begin[need.producer] + producer.costs[edges].extra_latency_cycles + 1 +
                                 need.latency,
                             whole + 1 - schedule.steps[s].costs[edges].issue_cycles)
                  : whole);
    }
    return at;
  };
  std::int64_t last = 0;
  while (!waiting.empty()) {
    std::size_t best = 0;
    std::int64_t earliest = kNone;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      const std::int64_t at = start_of(waiting[i]);
      if (at == kNone || (earliest != kNone && at >= earliest)) continue;
      best = i;
      earliest = at;
    }
    const std::size_t s = waiting[best];
    waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(best));
    const ScheduledStep& step = schedule.steps[s];
    const StepCost& cost = step.costs[edges];
    const Array& array = *lowering.arrays[step.unit];
    begin[s] = earliest;
    free[step.unit] = earliest + cost.issue_cycles + cost.preload_cycles +
                      (step.drains_at_end ? 0 : cost.drain_cycles);
    end[s] = free[step.unit] + cost.extra_latency_cycles;
    last = std::max(
        last, end[s] + (array.kind == ArrayKind::spatial ? *array.rows + *array.columns - 2 : 0));
  }
  return last;
}

}  // namespace weft::engine
