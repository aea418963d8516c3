// The sequencer's progress by key: how far along the pass rank a step is at one coordinate of the
// other inner loops.
#include <algorithm>

#include "sim/engine/sequencer.hpp"

namespace weft::sim::engine {

using weft::engine::kNone;
using weft::engine::Need;
using weft::engine::NeedKind;

// The time at which the producer's progress at this step's key reaches what is needed; nullptr:
// long ago.
const Times* Sequencer::slot_time(int step, const Need& need, bool& known) const {
  const StepState& own = state_.steps[step];
  const StepState& other = state_.steps[need.producer];
  const std::int64_t outer = own.ordinal[outer_loop()];
  const std::int64_t all = group().steps[need.producer].over_pass_rank ? pass_total(step) : 1;
  const std::int64_t wanted = need.kind == NeedKind::complete
                                  ? all
                                  : pass_index(step) + (need.kind == NeedKind::at ? 1 : 0);
  known = true;
  if (wanted == 0) return nullptr;
  known = false;
  if (other.ordinal[outer_loop()] < outer && !(need.producer == step)) return nullptr;
  const Slot& slot =
      other.slots[static_cast<std::size_t>((outer % kOuterRing) * state_.keys + key(step))];
  if (slot.count < wanted) return nullptr;
  known = true;
  return slot.count == wanted ? &slot.latest : nullptr;
}

std::int64_t Sequencer::key(int step) const {
  std::int64_t key = 0;
  for (const int l : group().key_loops) {
    key = key * loop_trips(lowered(), size_of(step), *part_of(step).schedule.sizing, l) +
          state_.steps[step].at[l];
  }
  return key;
}

std::int64_t Sequencer::pass_index(int step) const {
  const int pass = part_of(step).pass_tiled[state_.group];
  return pass == kNone ? 0
                       : tile_index(lowered(), size_of(step), static_cast<std::size_t>(pass),
                                    state_.steps[step].at);
}

// Tiles of the pass rank that are not masked out for the query tile at which a step is.
std::int64_t Sequencer::pass_total(int step) const {
  const int pass = part_of(step).pass_tiled[state_.group];
  if (pass == kNone) return 1;
  const weft::engine::GroupSize& size = size_of(step);
  const weft::engine::RankSize& rank = size.ranks[static_cast<std::size_t>(pass)];
  const weft::engine::Sizing& sizing = *part_of(step).schedule.sizing;
  const weft::engine::Lowering& all = *part_of(step).schedule.lowering;
  const auto& lowered = this->lowered();
  if (!sizing.masked || lowered.pass_rank != all.mask_key) return rank.tiles;
  for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
    if (lowered.tiled[i].base != all.mask_query) continue;
    const weft::engine::RankSize& queries = size.ranks[i];
    const std::int64_t row = tile_index(lowered, size, i, state_.steps[step].at);
    const std::int64_t last = std::min(queries.extent, (row + 1) * queries.tile) - 1;
    const std::int64_t seen = std::max<std::int64_t>(0, last_key(sizing, last));
    return std::min(rank.tiles, seen / rank.tile + 1);
  }
  return rank.tiles;
}

}  // namespace weft::sim::engine
