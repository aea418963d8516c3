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
  const std::int64_t all = group().steps[need.producer].over_pass_rank ? pass_total(own.at) : 1;
  const std::int64_t wanted = need.kind == NeedKind::complete
                                  ? all
                                  : pass_index(own.at) + (need.kind == NeedKind::at ? 1 : 0);
  known = true;
  if (wanted == 0) return nullptr;
  known = false;
  if (other.ordinal[outer_loop()] < outer && !(need.producer == step)) return nullptr;
  const Slot& slot =
      other.slots[static_cast<std::size_t>((outer % kOuterRing) * group().keys + key(step))];
  if (slot.count < wanted) return nullptr;
  known = true;
  return slot.count == wanted ? &slot.latest : nullptr;
}

std::int64_t Sequencer::key(int step) const {
  std::int64_t key = 0;
  const auto& g = group();
  for (const int l : g.key_loops) {
    key = key * loop_trips(schedule_.lowering->groups[g.group], schedule_.sizing->groups[g.group],
                           *schedule_.sizing, l) +
          state_.steps[step].at[l];
  }
  return key;
}

std::int64_t Sequencer::pass_index(const Coordinates& at) const {
  const auto& lowered = schedule_.lowering->groups[group().group];
  for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
    if (lowered.tiled[i].base == lowered.pass_rank)
      return tile_index(lowered, schedule_.sizing->groups[group().group], i, at);
  }
  return 0;
}

// Tiles of the pass rank that are not masked out for the query tile at `at`.
std::int64_t Sequencer::pass_total(const Coordinates& at) const {
  const auto& lowered = schedule_.lowering->groups[group().group];
  const auto& size = schedule_.sizing->groups[group().group];
  std::int64_t tiles = 1;
  std::int64_t tile = 1;
  std::int64_t last_query = -1;
  for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
    const auto& tiled = lowered.tiled[i];
    if (tiled.base == lowered.pass_rank) {
      tiles = size.ranks[i].tiles;
      tile = size.ranks[i].tile;
    } else if (tiled.base == schedule_.lowering->mask_query) {
      last_query = std::min(size.ranks[i].extent,
                            (tile_index(lowered, size, i, at) + 1) * size.ranks[i].tile) -
                   1;
    }
  }
  if (!schedule_.sizing->masked || lowered.pass_rank != schedule_.lowering->mask_key ||
      last_query < 0)
    return tiles;
  return std::min(tiles,
                  std::max<std::int64_t>(0, last_query + schedule_.sizing->mask_offset) / tile + 1);
}

}  // namespace weft::sim::engine
