#include "models/engine/schedule/sizing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "models/engine/schedule/tensor_bytes.hpp"
#include "models/engine/schedule/windows.hpp"

namespace weft::engine {
namespace {

// A size as a number; 0 for `fit`.
std::int64_t resolve(const Lowering& lowering, const Size& size, std::int64_t all) {
  switch (size.kind) {
    case Size::Kind::number: return size.number;
    case Size::Kind::all: return all;
    case Size::Kind::fit: return 0;
    case Size::Kind::rows: return *lowering.arch->arrays.at(size.array).rows;
    case Size::Kind::columns: return *lowering.arch->arrays.at(size.array).columns;
    case Size::Kind::lanes: return *lowering.arch->arrays.at(size.array).lanes;
  }
  return all;
}

void set_tile(RankSize& rank, std::int64_t tile) {
  rank.tile = std::clamp<std::int64_t>(tile, 1, rank.extent);
  rank.tiles = ceil_div(rank.extent, rank.tile);
  rank.edge = rank.extent - (rank.tiles - 1) * rank.tile;
}

void set_block(RankSize& rank, std::int64_t most) {
  rank.blocks = ceil_div(rank.tiles, std::clamp<std::int64_t>(most, 1, rank.tiles));
  rank.block = ceil_div(rank.tiles, rank.blocks);
  rank.blocks = ceil_div(rank.tiles, rank.block);
  rank.last_block = rank.tiles - (rank.blocks - 1) * rank.block;
}

// Bytes of buffer that group `g` holds at once.
std::int64_t held_bytes(const Lowering& lowering, const Sizing& sizing, std::size_t g) {
  std::int64_t total = 0;
  for (const TensorUse& use : lowering.groups[g].uses)
    total = capped_plus(total, held_by(lowering, sizing, g, use));
  return total;
}

// Bytes moved between DRAM and buffer by the whole group, when nothing is masked out.
Total moved_bytes(const Lowering& lowering, const Sizing& sizing, std::size_t g) {
  const LoweredGroup& group = lowering.groups[g];
  Total total;
  for (const LoweredStep& step : group.steps) {
    for (std::size_t u = 0; u < step.uses.size(); ++u) {
      const TensorUse& use = step.uses[u];
      const LoweredTensor& tensor = lowering.tensors[use.tensor];
      const int choice = sizing.choice[use.tensor];
      const bool written = u < step.writes.size();
      const bool in_dram = tensor.places[choice] == Place::dram;
      if (!in_dram && (written || tensor.made_in_group == static_cast<int>(g))) continue;
      Total elements = 1;
      unsigned own = 0;  // tiled ranks that the tensor has
      for (const GroupRank& d : group.dimensions[use.tensor]) {
        if (!d.outer)
          elements *= sizing.extents[lowering.cascade->base_of(
              d.rank)];  // partitions hold what their base has
        if (d.tiled != kNone) own |= 1u << d.tiled;
      }
      const int hold = written ? 0 : use.hold[choice];
      for (std::size_t i = 0; i < group.tiled.size(); ++i) {
        if ((own >> i & 1u) != 0) continue;
        const TiledRank& tiled = group.tiled[i];
        const RankSize& size = sizing.groups[g].ranks[i];
        const auto counts = [&](int loop) {
          return loop != kNone && loop <= hold && (step.loop_bits >> loop & 1u) != 0;
        };
        if (counts(tiled.block_loop)) elements *= size.blocks;
        if (counts(tiled.tile_loop))
          elements *= tiled.block_loop == kNone ? size.tiles : size.block;
      }
      total += total_bytes(lowering, sizing, g, use.tensor, elements);
    }
  }
  return total;
}

// Sizes the group's `fit` (at most one) to the buffer; false when even the least does not fit.
bool fit_group(const Lowering& lowering, Sizing& sizing, std::size_t g) {
  const LoweredGroup& group = lowering.groups[g];
  GroupSize& size = sizing.groups[g];
  const std::int64_t capacity = lowering.arch->buffer.bytes;
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    const Tiling& tiling = group.tiled[i].tiling;
    RankSize& rank = size.ranks[i];
    const bool tile_fits = tiling.tile.kind == Size::Kind::fit;
    const bool block_fits = tiling.block && tiling.block->kind == Size::Kind::fit;
    if (!tile_fits && !block_fits) continue;
    const auto put = [&](std::int64_t n) {
      if (tile_fits) set_tile(rank, n);
      set_block(rank, tile_fits ? 1 : n);
      return held_bytes(lowering, sizing, g);
    };
    const std::int64_t most = tile_fits ? rank.extent : rank.tiles;
    const std::int64_t whole = put(most);
    std::int64_t fits = most;
    if (whole > capacity) {
      // What is held grows with the size, nearly in proportion: a guess, and a search from there.
      std::int64_t too_many = most;
      fits = 0;
      std::int64_t guess = std::clamp<std::int64_t>(
          static_cast<std::int64_t>(static_cast<double>(capacity) / static_cast<double>(whole) *
                                    static_cast<double>(most)),
          1, most - 1);
      for (std::int64_t stride = 1; too_many - fits > 1; stride *= 2) {
        const bool enough = put(guess) <= capacity;
        (enough ? fits : too_many) = guess;
        const std::int64_t next = enough ? guess + stride : guess - stride;
        guess = next > fits && next < too_many ? next : fits + (too_many - fits) / 2;
      }
      put(std::max<std::int64_t>(1, fits));
    }
    if (tile_fits && fits > 0)
      put(ceil_div(rank.extent, ceil_div(rank.extent, fits)));  // equal tiles
  }
  size.buffer_bytes = held_bytes(lowering, sizing, g);
  return size.buffer_bytes <= capacity;
}

void fill_extents(const Lowering& lowering, Sizing& sizing,
                  const std::array<std::int64_t, kQuantities>& quantities) {
  const auto& ranks = lowering.cascade->ranks;
  sizing.extents.assign(ranks.size(), 1);
  for (std::size_t r = 0; r < ranks.size(); ++r) {
    const RankExtent& extent = lowering.rank_extents[r];
    if (ranks[r].base == kNone)
      sizing.extents[r] =
          extent.number.value_or(quantities[static_cast<std::size_t>(extent.quantity)]) *
          (static_cast<RankId>(r) == lowering.queries ? sizing.together : 1);
  }
  sizing.groups.resize(lowering.groups.size());
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    for (std::size_t i = 0; i < lowering.groups[g].tiled.size(); ++i) {
      const TiledRank& tiled = lowering.groups[g].tiled[i];
      RankSize& rank = sizing.groups[g].ranks[i];
      rank.base = tiled.base;
      rank.extent = sizing.extents[tiled.base];
      const std::int64_t times = tiled.tiling.times ? tiled.tiling.times->front() : 1;
      set_tile(rank, capped_times(resolve(lowering, tiled.tiling.tile, rank.extent), times));
      set_block(rank, tiled.tiling.block ? resolve(lowering, *tiled.tiling.block, rank.tiles)
                                         : rank.tiles);
      // A partition of the cascade has the tile's size.
      for (const RankId part : ranks[tiled.base].parts) {
        sizing.extents[part] = ranks[part].level == 0 ? rank.tile : rank.tiles;
      }
    }
  }
}

void fill_mask(const Lowering& lowering, Sizing& sizing) {
  sizing.masked = lowering.mask_einsum != kNone;
  if (!sizing.masked) return;
  const einsum::Mask& mask = *lowering.cascade->einsums[lowering.mask_einsum].mask;
  constexpr const char* kWhat = "coordinates between a query and its last key";
  const auto extent = [&](RankId rank) {
    return rank == lowering.queries ? sizing.extents[rank] / sizing.together : sizing.extents[rank];
  };
  const auto add = [&](std::int64_t n) { sizing.mask_offset = plus(sizing.mask_offset, n, kWhat); };
  add(mask.right.constant);
  add(times<std::int64_t>(-1, mask.left.constant, kWhat));
  for (const auto& term : mask.right.extents)
    add(times<std::int64_t>(term.coefficient, extent(term.rank), kWhat));
  for (const auto& term : mask.left.extents)
    add(times<std::int64_t>(-1, times<std::int64_t>(term.coefficient, extent(term.rank), kWhat),
                            kWhat));
  // Beyond every query and key it is one and the same mask.
  constexpr std::int64_t kFar = std::int64_t{1} << 40;
  sizing.mask_offset = std::clamp(sizing.mask_offset, -kFar, kFar) * sizing.together;
}

// A point whose groups run `together` of their query heads as rows of one attention.
Sizing size_together(const Lowering& lowering, const workload::Shape& shape,
                     const std::array<std::int64_t, kQuantities>& quantities, std::int64_t layers,
                     std::int64_t together) {
  Sizing sizing;
  sizing.shape = shape;
  sizing.together = together;
  sizing.repeats = repeats_of(shape, together, layers);
  sizing.choice.assign(lowering.tensors.size(), 0);
  fill_extents(lowering, sizing, quantities);
  fill_mask(lowering, sizing);
  sizing.reason = fill_reach(lowering, sizing);
  sizing.feasible = sizing.reason.empty();
  if (!sizing.feasible) return sizing;
  // Every combination of places, the one with least DRAM traffic among those that fit; there are
  // few.
  const bool one = std::all_of(lowering.tensors.begin(), lowering.tensors.end(),
                               [](const LoweredTensor& t) { return t.choices.size() <= 1; });
  Sizing best;
  std::optional<Total> least;
  std::string reason;
  std::int64_t held = 0;
  while (true) {
    bool fits = true;
    Total moved;
    for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
      if (!fit_group(lowering, sizing, g)) {
        fits = false;
        held = sizing.groups[g].buffer_bytes;
        reason = fmt::format("group {} holds {} bytes at least; the buffer has {}",
                             lowering.groups[g].name, sizing.groups[g].buffer_bytes,
                             lowering.arch->buffer.bytes);
        break;
      }
      moved += moved_bytes(lowering, sizing, g);
    }
    if (fits && (!least || moved < *least)) {
      least = moved;
      if (one) {
        sizing.moved_bytes = moved;
        return sizing;
      }
      best = sizing;
      best.moved_bytes = moved;
    }
    std::size_t t = 0;
    while (t < sizing.choice.size() &&
           sizing.choice[t] + 1 >= static_cast<int>(lowering.tensors[t].choices.size()))
      sizing.choice[t++] = 0;
    if (t == sizing.choice.size()) break;
    ++sizing.choice[t];
  }
  if (least) return best;
  sizing.feasible = false;
  sizing.reason = reason;
  sizing.held_bytes = held;
  return sizing;
}

}  // namespace

const Residency& residency(const Lowering& lowering, const Sizing& sizing, TensorId tensor) {
  return lowering.tensors[tensor].choices[sizing.choice[tensor]];
}

std::int64_t held_by(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                     const TensorUse& use) {
  const LoweredTensor& tensor = lowering.tensors[use.tensor];
  const int choice = sizing.choice[use.tensor];
  if (tensor.places[choice] == Place::elsewhere) return 0;
  const std::int64_t elements =
      region_elements(lowering, sizing, g, use.tensor, use.hold[choice], 0);
  return capped_times(
      region_bytes(lowering, sizing, g, use.tensor, elements),
      copies_of(lowering, tensor.choices[choice]) + tiles_behind(lowering, sizing, g, use.tensor));
}

std::int64_t copies_of(const Lowering& lowering, const Residency& place) {
  if (place.copies) return *place.copies;
  return place.at == "buffer" || place.at == "dram" ? 2 : lowering.tiles_in_flight;
}

bool needs_load(const Lowering& lowering, const Sizing& sizing, std::size_t group, TensorId tensor,
                int stage) {
  const LoweredTensor& lowered = lowering.tensors[tensor];
  if (lowered.made_in_group != static_cast<int>(group)) return true;
  if (residency(lowering, sizing, tensor).at != "dram") return false;
  const auto& steps = lowering.groups[group].steps;
  return std::none_of(steps.begin(), steps.end(), [&](const LoweredStep& step) {
    return step.stage == stage &&
           std::find(step.writes.begin(), step.writes.end(), tensor) != step.writes.end();
  });
}

std::int64_t repeats_of(const workload::Shape& shape, std::int64_t together, std::int64_t layers) {
  return times(times(shape.batch, shape.heads / together, "heads"), layers, "heads of all layers");
}

Sizing size_design(const Lowering& lowering, const workload::Shape& shape,
                   const std::array<std::int64_t, kQuantities>& quantities, std::int64_t layers) {
  const std::int64_t group = lowering.queries == kNone ? 1 : shape.heads / shape.kv_heads;
  for (std::int64_t together = group;; --together) {
    if (group % together != 0) continue;
    Sizing sizing = size_together(lowering, shape, quantities, layers, together);
    if (sizing.feasible || together == 1) return sizing;
  }
}

}  // namespace weft::engine
