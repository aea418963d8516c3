#include "models/engine/schedule/windows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/einsum/domain.hpp"

namespace weft::engine {
namespace {

// Visits every index into the dimension that the window moves along.
template <class F>
void each_index(const Lowering& lowering, TensorId tensor, F f) {
  const auto& dimensions = lowering.cascade->tensors[tensor].dimensions;
  for (const einsum::Einsum& einsum : lowering.cascade->einsums) {
    for (const einsum::Access& access : einsum.inputs) {
      if (access.tensor != tensor) continue;
      for (std::size_t d = 0; d < dimensions.size(); ++d) {
        if (lowering.cascade->base_of(dimensions[d].rank) == lowering.tensors[tensor].window)
          f(access.indices[d]);
      }
    }
  }
}

}  // namespace

std::string fill_reach(const Lowering& lowering, Sizing& sizing) {
  const auto count = static_cast<TensorId>(lowering.tensors.size());
  for (TensorId t = 0; t < count; ++t) {
    const LoweredTensor& lowered = lowering.tensors[t];
    if (lowered.along == kNone) continue;
    sizing.reach.resize(static_cast<std::size_t>(count), 0);
    std::int64_t first = 0;
    std::int64_t last = 0;
    each_index(lowering, t, [&](const einsum::Index& index) {
      std::int64_t low = einsum::index_constant(index, sizing.extents);
      std::int64_t high = low;
      for (const einsum::Index::Term& term : index.terms) {
        if (term.rank == lowered.along) continue;
        const std::int64_t far = term.coefficient * (sizing.extents[term.rank] - 1);
        (far < 0 ? low : high) += far;
      }
      first = std::min(first, low);
      last = std::max(last, high);
    });
    const auto& ranks = lowering.cascade->ranks;
    const std::string& name = lowering.cascade->tensors[t].name;
    const std::string along = ranks[lowered.along].name;
    if (last > 0)
      return fmt::format("{} comes along {}, and a window looks ahead of it by {}", name, along,
                         last);
    if (sizing.extents[lowered.along] != sizing.extents[lowered.window])
      return fmt::format("{} comes along {}, and {} is {} long, {} {}", name, along, along,
                         sizing.extents[lowered.along], ranks[lowered.window].name,
                         sizing.extents[lowered.window]);
    sizing.reach[static_cast<std::size_t>(t)] =
        std::min(-first, sizing.extents[lowered.window] - 1);
  }
  return "";
}

namespace {

// The tiled rank that brings the tensor's tiles; kNone where nothing does.
int tiled_along(const Lowering& lowering, const Sizing& sizing, std::size_t g, TensorId tensor) {
  if (sizing.reach.empty() || lowering.tensors[tensor].along == kNone) return kNone;
  for (const GroupRank& d : lowering.groups[g].dimensions[tensor]) {
    if (lowering.cascade->base_of(d.rank) == lowering.tensors[tensor].window) return d.tiled;
  }
  return kNone;
}

}  // namespace

std::int64_t tiles_behind(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                          TensorId tensor) {
  const int tiled = tiled_along(lowering, sizing, g, tensor);
  if (tiled == kNone) return 0;
  return ceil_div(sizing.reach[static_cast<std::size_t>(tensor)],
                  sizing.groups[g].ranks[static_cast<std::size_t>(tiled)].tile);
}

std::int64_t elements_read(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                           TensorId tensor, int loop, unsigned edges) {
  const std::int64_t own = region_elements(lowering, sizing, g, tensor, loop, edges);
  const int tiled = tiled_along(lowering, sizing, g, tensor);
  if (tiled == kNone || lowering.groups[g].tiled[static_cast<std::size_t>(tiled)].tile_loop > loop)
    return own;
  const RankSize& size = sizing.groups[g].ranks[static_cast<std::size_t>(tiled)];
  const std::int64_t tile = (edges >> tiled & 1u) != 0 ? size.edge : size.tile;
  return capped_times(own / tile,
                      std::min(size.extent, tile + sizing.reach[static_cast<std::size_t>(tensor)]));
}

}  // namespace weft::engine
