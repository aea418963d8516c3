#include "sim/engine/generations.hpp"

#include <algorithm>

namespace weft::sim::engine {

using einsum::kNone;
using einsum::RankId;
using weft::engine::Coordinates;

std::int64_t tile_of_pass(const weft::engine::Lowering& lowering,
                          const weft::engine::Sizing& sizing, std::size_t g,
                          const Coordinates& at) {
  const auto& group = lowering.groups[g];
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base == group.pass_rank) return tile_index(group, sizing.groups[g], i, at);
  }
  return 0;
}

namespace {

// Whether a mask hides all later tiles of keys from the queries that the step covers there, though
// other queries see them.
bool rest_is_hidden(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
                    std::size_t g, const std::vector<int>& loops, const Coordinates& at) {
  const auto& group = lowering.groups[g];
  if (!sizing.masked || group.pass_rank != lowering.mask_key) return false;
  std::int64_t next_key = 0;
  std::int64_t queries_end = sizing.extents[lowering.mask_query];
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    const std::int64_t next =
        (tile_index(group, sizing.groups[g], i, at) + 1) * sizing.groups[g].ranks[i].tile;
    if (group.tiled[i].base == lowering.mask_key) next_key = next;
    const bool here =
        std::find(loops.begin(), loops.end(), group.tiled[i].tile_loop) != loops.end();
    if (group.tiled[i].base == lowering.mask_query && here)
      queries_end = std::min(queries_end, next);
  }
  return next_key > last_key(sizing, queries_end - 1);
}

}  // namespace

bool last_tile(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
               std::size_t g, const std::vector<int>& loops, const Coordinates& at) {
  if (rest_is_hidden(lowering, sizing, g, loops, at)) return true;
  for (const int l : loops) {
    if (l == 0 ||
        lowering.groups[g].loops[static_cast<std::size_t>(l)].base != lowering.groups[g].pass_rank)
      continue;
    if (at[static_cast<std::size_t>(l)] + 1 != trip_range(lowering, sizing, g, loops, l, at).end)
      return false;
  }
  return true;
}

bool sums_over_tiles(const weft::engine::Lowering& lowering, std::size_t g, einsum::EinsumId e) {
  const einsum::Cascade& cascade = *lowering.cascade;
  const einsum::Einsum& einsum = cascade.einsums[static_cast<std::size_t>(e)];
  const auto& kept = cascade.tensors[static_cast<std::size_t>(einsum.outputs[0].tensor)].dimensions;
  const auto of_pass = [&](RankId r) { return cascade.base_of(r) == lowering.groups[g].pass_rank; };
  return std::any_of(einsum.reduced.begin(), einsum.reduced.end(), of_pass) &&
         std::none_of(kept.begin(), kept.end(),
                      [&](const einsum::Dimension& d) { return of_pass(d.rank); });
}

bool ends_with_queries(const weft::engine::Lowering& lowering, einsum::TensorId tensor) {
  return lowering.cascade->base_of(lowering.cascade->tensors[tensor].dimensions.back().rank) ==
         lowering.mask_query;
}

TileRange queries_of(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
                     std::size_t g, const std::vector<int>& loops, einsum::TensorId tensor) {
  check(ends_with_queries(lowering, tensor),
        "a generational tensor under a mask ends with the query rank");
  const RankId query = lowering.cascade->tensors[tensor].dimensions.back().rank;
  return TileRange(lowering, sizing, g, loops, query, true);
}

std::int64_t reached_generation(const weft::engine::Lowering& lowering,
                                const weft::engine::Sizing& sizing, std::size_t g, RankId rank,
                                Range queries) {
  const std::int64_t last =
      std::max<std::int64_t>(0, last_key(sizing, queries.end - 1));  // the first tile always runs
  const auto& group = lowering.groups[g];
  std::int64_t tile = 1;
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base == lowering.mask_key) tile = sizing.groups[g].ranks[i].tile;
  }
  const bool counts_tiles = lowering.cascade->ranks[rank].kind == einsum::RankKind::partition;
  return std::min(sizing.extents[rank], (last / tile + 1) * (counts_tiles ? 1 : tile));
}

}  // namespace weft::sim::engine
