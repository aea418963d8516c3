#include "models/engine/schedule/continues.hpp"

#include <algorithm>

#include "models/engine/schedule/tensor_bytes.hpp"
#include "models/engine/schedule/windows.hpp"

namespace weft::engine {
namespace {

// All but the costs, which are a shape's.
bool same_step(const ScheduledStep& a, const ScheduledStep& b) {
  return a.kind == b.kind && a.unit == b.unit && a.stage == b.stage && a.lowered == b.lowered &&
         a.tensor == b.tensor && a.loops == b.loops && a.needs == b.needs &&
         a.keeps_slots == b.keeps_slots && a.over_pass_rank == b.over_pass_rank &&
         a.preload_after == b.preload_after && a.drains_at_end == b.drains_at_end;
}

// Bytes that all copies of a tensor take in the buffer, in the only group.
std::int64_t held(const Schedule& schedule, const TensorUse& use) {
  const LoweredTensor& tensor = schedule.lowering->tensors[use.tensor];
  const int choice = schedule.sizing->choice[static_cast<std::size_t>(use.tensor)];
  if (tensor.places[choice] == Place::elsewhere) return 0;
  const std::int64_t elements =
      region_elements(*schedule.lowering, *schedule.sizing, 0, use.tensor, use.hold[choice], 0);
  return capped_times(region_bytes(*schedule.lowering, *schedule.sizing, 0, use.tensor, elements),
                      copies_of(*schedule.lowering, tensor.choices[choice]) +
                          tiles_behind(*schedule.lowering, *schedule.sizing, 0, use.tensor));
}

// At the seam the copies of a tensor are of either shape: at most all of them of the larger.
bool fit_together(const Schedule& a, const Schedule& b) {
  std::int64_t total = 0;
  std::vector<bool> seen(a.lowering->tensors.size());
  for (const LoweredStep& step : a.lowering->groups[0].steps) {
    for (const TensorUse& use : step.uses) {
      if (seen[static_cast<std::size_t>(use.tensor)]) continue;
      seen[static_cast<std::size_t>(use.tensor)] = true;
      total = capped_plus(total, std::max(held(a, use), held(b, use)));
    }
  }
  return total <= a.lowering->arch->buffer.bytes;
}

}  // namespace

bool continues(const Schedule& before, const Schedule& after) {
  if (before.lowering != after.lowering || before.groups.size() != 1 ||
      before.sizing->choice != after.sizing->choice)
    return false;
  const GroupSchedule& a = before.groups[0];
  const GroupSchedule& b = after.groups[0];
  return a.pass_loop == b.pass_loop && a.key_loops == b.key_loops && a.reference == b.reference &&
         std::equal(a.steps.begin(), a.steps.end(), b.steps.begin(), b.steps.end(), same_step) &&
         fit_together(before, after);
}

}  // namespace weft::engine
