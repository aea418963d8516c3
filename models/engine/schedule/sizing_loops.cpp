// Where a step is in its loops: how often each runs, at which tile it is, and the region of a
// tensor that lies there.
#include <algorithm>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

std::int64_t loop_trips(const LoweredGroup& group, const GroupSize& size, const Sizing& sizing,
                        int loop) {
  if (loop == 0) return sizing.repeats;
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].block_loop == loop) return size.ranks[i].blocks;
    if (group.tiled[i].tile_loop == loop)
      return group.tiled[i].block_loop == kNone ? size.ranks[i].tiles : size.ranks[i].block;
  }
  return 1;
}

TripRange trip_range(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                     const std::vector<int>& step_loops, int loop, const Coordinates& at) {
  const LoweredGroup& group = lowering.groups[g];
  if (loop == 0) return {0, sizing.repeats};
  const RankId base = group.loops[loop].base;
  std::size_t i = 0;
  while (group.tiled[i].base != base) ++i;
  const RankSize& size = sizing.groups[g].ranks[i];
  const bool blocks = group.tiled[i].block_loop == loop;
  const int own_block = group.tiled[i].block_loop;
  TripRange range{0, blocks ? size.blocks : size.tiles};
  if (!blocks && own_block != kNone)
    range.end = at[own_block] + 1 == size.blocks ? size.last_block : size.block;
  if (!sizing.masked || (base != lowering.mask_key && base != lowering.mask_query)) return range;
  const RankId other = base == lowering.mask_key ? lowering.mask_query : lowering.mask_key;
  std::size_t o = 0;
  while (o < group.tiled.size() && group.tiled[o].base != other) ++o;
  const auto runs = [&](int l) {
    return l != kNone && std::find(step_loops.begin(), step_loops.end(), l) != step_loops.end();
  };
  if (o == group.tiled.size() || !runs(group.tiled[o].tile_loop)) {
    if (o == group.tiled.size() || !runs(group.tiled[o].block_loop)) return range;
  }
  // The other rank's coordinates known so far: its first and last.
  const RankSize& others = sizing.groups[g].ranks[o];
  std::int64_t first = 0;
  std::int64_t last = others.extent - 1;
  std::int64_t tile = 0;
  if (runs(group.tiled[o].block_loop) && group.tiled[o].block_loop < loop) {
    tile = at[group.tiled[o].block_loop] * others.block;
    first = tile * others.tile;
    last = std::min(last, first + others.block * others.tile - 1);
  }
  if (runs(group.tiled[o].tile_loop) && group.tiled[o].tile_loop < loop) {
    first = (tile + at[group.tiled[o].tile_loop]) * others.tile;
    last = std::min(others.extent - 1, first + others.tile - 1);
  }
  const std::int64_t unit = blocks ? size.block * size.tile : size.tile;
  const std::int64_t start =
      !blocks && own_block != kNone ? at[own_block] * size.block * size.tile : 0;
  if (base == lowering.mask_key) {
    // The last key that any query here sees; where none sees any, the first tile runs all the same.
    const std::int64_t visible = std::max<std::int64_t>(0, last_key(sizing, last));
    range.end = std::min(range.end, visible < start ? 0 : (visible - start) / unit + 1);
  } else {
    const std::int64_t from =
        first_row(sizing, first) - start;  // the first query that sees any key here
    if (from > 0 && first > 0) range.begin = std::min(range.end, from / unit);
  }
  return range;
}

std::int64_t tile_index(const LoweredGroup& group, const GroupSize& size, std::size_t rank,
                        const Coordinates& at) {
  const TiledRank& tiled = group.tiled[rank];
  return (tiled.block_loop == kNone ? 0 : at[tiled.block_loop] * size.ranks[rank].block) +
         at[tiled.tile_loop];
}

unsigned edges_at(const LoweredGroup& group, const GroupSize& size, const Coordinates& at) {
  unsigned edges = 0;
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (tile_index(group, size, i, at) + 1 == size.ranks[i].tiles &&
        size.ranks[i].edge != size.ranks[i].tile)
      edges |= 1u << i;
  }
  return edges;
}

std::int64_t region_elements(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                             TensorId tensor, int loop, unsigned edges) {
  const LoweredGroup& group = lowering.groups[g];
  std::int64_t elements = 1;
  const auto count = [&](std::int64_t extent) { elements = capped_times(elements, extent); };
  for (const GroupRank& d : group.dimensions[tensor]) {
    if (d.tiled == kNone) {
      count(sizing.extents[d.rank]);
      continue;
    }
    const RankSize& size = sizing.groups[g].ranks[d.tiled];
    const TiledRank& tiled = group.tiled[d.tiled];
    const bool one_tile = tiled.tile_loop <= loop;
    const bool one_block = tiled.block_loop != kNone && tiled.block_loop <= loop;
    if (d.outer) {
      count(one_tile ? 1 : one_block ? size.block : size.tiles);
    } else if (one_tile || lowering.cascade->ranks[d.rank].kind == einsum::RankKind::partition) {
      count((edges >> d.tiled & 1u) != 0 ? size.edge : size.tile);
    } else {
      count(one_block ? std::min(size.extent, size.block * size.tile) : size.extent);
    }
  }
  return elements;
}

std::int64_t region_at(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                       TensorId tensor, const std::vector<int>& loops, const Coordinates& at) {
  const LoweredGroup& group = lowering.groups[g];
  const auto runs = [&](int l) {
    return l != kNone && std::find(loops.begin(), loops.end(), l) != loops.end();
  };
  std::int64_t elements = 1;
  for (const einsum::Dimension& d : lowering.cascade->tensors[tensor].dimensions) {
    if (d.generational) continue;
    const einsum::Rank& rank = lowering.cascade->ranks[d.rank];
    if (rank.kind == einsum::RankKind::partition && rank.level > 0)
      continue;  // counted with the inner partition
    std::size_t i = 0;
    const RankId cut = lowering.cut_by(tensor, lowering.cascade->base_of(d.rank));
    while (i < group.tiled.size() && group.tiled[i].base != cut) ++i;
    if (i == group.tiled.size()) {
      elements *= sizing.extents[lowering.cascade->base_of(d.rank)];
      continue;
    }
    const RankSize& size = sizing.groups[g].ranks[i];
    const bool block = runs(group.tiled[i].block_loop);
    const std::int64_t first = block ? at[group.tiled[i].block_loop] * size.block : 0;
    const std::int64_t tile =
        first + (runs(group.tiled[i].tile_loop) ? at[group.tiled[i].tile_loop] : 0);
    const std::int64_t tiles = runs(group.tiled[i].tile_loop) ? 1 : block ? size.block : size.tiles;
    elements *= std::min(size.extent, (tile + tiles) * size.tile) - tile * size.tile;
  }
  return elements;
}

}  // namespace weft::engine
