// The sequencer's progress by key: how far along the pass rank a step is at one coordinate of the
// other inner loops.
#include <algorithm>

#include "sim/engine/sequencer.hpp"

namespace weft::sim::engine {

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
  const auto& own = lowered();
  for (std::size_t i = 0; i < own.tiled.size(); ++i) {
    if (own.tiled[i].base == own.pass_rank)
      return tile_index(own, size_of(step), i, state_.steps[step].at);
  }
  return 0;
}

// Tiles of the pass rank that are not masked out for the query tile at which a step is.
std::int64_t Sequencer::pass_total(int step) const {
  const Coordinates& at = state_.steps[step].at;
  const weft::engine::Sizing& sizing = *part_of(step).schedule.sizing;
  const weft::engine::Lowering& all = *part_of(step).schedule.lowering;
  const auto& lowered = this->lowered();
  const auto& size = size_of(step);
  std::int64_t tiles = 1;
  std::int64_t tile = 1;
  std::int64_t last_query = -1;
  for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
    const auto& tiled = lowered.tiled[i];
    if (tiled.base == lowered.pass_rank) {
      tiles = size.ranks[i].tiles;
      tile = size.ranks[i].tile;
    } else if (tiled.base == all.mask_query) {
      last_query = std::min(size.ranks[i].extent,
                            (tile_index(lowered, size, i, at) + 1) * size.ranks[i].tile) -
                   1;
    }
  }
  if (!sizing.masked || lowered.pass_rank != all.mask_key || last_query < 0) return tiles;
  return std::min(tiles, std::max<std::int64_t>(0, last_key(sizing, last_query)) / tile + 1);
}

}  // namespace weft::sim::engine
