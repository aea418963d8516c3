#include "models/engine/schedule/continues.hpp"

#include <algorithm>

namespace weft::engine {
namespace {

// All but the costs, which are a shape's.
bool same_step(const ScheduledStep& a, const ScheduledStep& b) {
  return a.kind == b.kind && a.unit == b.unit && a.stage == b.stage && a.lowered == b.lowered &&
         a.tensor == b.tensor && a.loops == b.loops && a.needs == b.needs &&
         a.keeps_slots == b.keeps_slots && a.over_pass_rank == b.over_pass_rank &&
         a.preload_after == b.preload_after && a.drains_at_end == b.drains_at_end;
}

// At the seam the copies of a tensor are of either shape: at most all of them of the larger.
bool fit_together(const Schedule& a, const Schedule& b) {
  std::int64_t total = 0;
  for (const TensorUse& use : a.lowering->groups[0].uses)
    total = capped_plus(total, std::max(held_by(*a.lowering, *a.sizing, 0, use),
                                        held_by(*b.lowering, *b.sizing, 0, use)));
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
