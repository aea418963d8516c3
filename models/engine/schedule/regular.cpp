#include "models/engine/schedule/regular.hpp"

#include <algorithm>

namespace weft::engine {

std::int64_t regular_end(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                         const std::vector<int>& loops, int level, const Coordinates& at) {
  if (level == 0) return sizing.repeats;
  const LoweredGroup& lowered = lowering.groups[group];
  const auto base_of = [&](int loop) { return lowered.loops[static_cast<std::size_t>(loop)].base; };
  std::size_t i = 0;
  while (lowered.tiled[i].base != base_of(level)) ++i;
  const RankSize& rank = sizing.groups[group].ranks[i];
  const int block_loop = lowered.tiled[i].block_loop;
  const bool edge = rank.edge != rank.tile;
  std::int64_t end = trip_range(lowering, sizing, group, loops, level, at).end;
  if (block_loop == level) {
    if ((edge || rank.last_block != rank.block) && end == rank.blocks) --end;
  } else {
    const std::int64_t first =
        block_loop == kNone ? 0 : at[static_cast<std::size_t>(block_loop)] * rank.block;
    if (edge && first + end == rank.tiles) --end;
  }
  if (!sizing.masked) return end;
  // A key loop under a mask: the query loops inside it begin later and later.
  Coordinates where = at;
  const auto whole = [&](std::int64_t iteration) {
    where[static_cast<std::size_t>(level)] = iteration;
    return std::all_of(loops.begin(), loops.end(), [&](int l) {
      return l <= level || base_of(l) != lowering.mask_query ||
             trip_range(lowering, sizing, group, loops, l, where).begin == 0;
    });
  };
  std::int64_t low = 0;
  while (low < end) {
    const std::int64_t middle = low + (end - low) / 2;
    if (whole(middle)) {
      low = middle + 1;
    } else {
      end = middle;
    }
  }
  return low;
}

}  // namespace weft::engine
