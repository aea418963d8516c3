#include "sim/engine/tile_range.hpp"

#include <algorithm>

namespace weft::sim::engine {

using einsum::kNone;

TileRange::TileRange(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
                     std::size_t g, const std::vector<int>& loops, einsum::RankId r, bool composite)
    : whole_{0, sizing.extents[static_cast<std::size_t>(r)]} {
  const auto& group = lowering.groups[g];
  const einsum::Rank& rank = lowering.cascade->ranks[static_cast<std::size_t>(r)];
  const auto runs = [&](int l) {
    return l != kNone && std::find(loops.begin(), loops.end(), l) != loops.end();
  };
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base != lowering.cascade->base_of(r)) continue;
    const auto& size = sizing.groups[g].ranks[i];
    if (runs(group.tiled[i].block_loop)) block_loop_ = group.tiled[i].block_loop;
    if (runs(group.tiled[i].tile_loop)) tile_loop_ = group.tiled[i].tile_loop;
    block_ = size.block;
    span_ = tile_loop_ != kNone ? 1 : block_loop_ != kNone ? size.block : size.tiles;
    tiles_ = size.tiles;
    tile_ = size.tile;
    extent_ = size.extent;
    if (rank.kind != einsum::RankKind::partition || composite) {
      kind_ = Kind::coordinates;
    } else if (rank.level > 0) {
      kind_ = Kind::tiles;
    } else {
      whole_ = {0, size.tile};
    }
    return;
  }
}

}  // namespace weft::sim::engine
