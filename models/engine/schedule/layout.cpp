#include "models/engine/schedule/layout.hpp"

#include <algorithm>
#include <limits>

#include "models/common/error.hpp"

namespace weft::engine {
namespace {

constexpr const char* kBytes = "bytes of the tensors in memory";

// Dimensions that take room: neither generations nor partitions that count tiles.
template <class Visit>
void each_dimension(const Lowering& lowering, TensorId tensor, const Visit& visit) {
  for (const einsum::Dimension& d : lowering.cascade->tensors[tensor].dimensions) {
    const einsum::Rank& rank = lowering.cascade->ranks[d.rank];
    if (d.generational || (rank.kind == einsum::RankKind::partition && rank.level > 0)) continue;
    visit(lowering.cascade->base_of(d.rank));
  }
}

// An input over keys and not over queries: the heads of a group share it.
bool is_of_keys(const Lowering& lowering, TensorId tensor) {
  if (lowering.cascade->tensors[tensor].role != einsum::TensorRole::input) return false;
  bool keys = false;
  bool queries = false;
  each_dimension(lowering, tensor, [&](RankId base) {
    keys |= lowering.is(base, Quantity::seq_kv);
    queries |= lowering.is(base, Quantity::seq_q);
  });
  return keys && !queries;
}

struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// Coordinates of a rank that one iteration of the innermost of `loops` touches.
Range range_of(const LoweredGroup& group, const GroupSize& size, RankId base, std::int64_t extent,
               const std::vector<int>& loops, const Coordinates& at) {
  const auto tiled = std::find_if(group.tiled.begin(), group.tiled.end(),
                                  [&](const TiledRank& t) { return t.base == base; });
  if (tiled == group.tiled.end()) return {0, extent};
  const RankSize& rank = size.ranks[static_cast<std::size_t>(tiled - group.tiled.begin())];
  const auto runs = [&](int l) {
    return l != kNone && std::find(loops.begin(), loops.end(), l) != loops.end();
  };
  const bool block = runs(tiled->block_loop);
  const bool tile = runs(tiled->tile_loop);
  const std::int64_t first =
      (block ? at[tiled->block_loop] * rank.block : 0) + (tile ? at[tiled->tile_loop] : 0);
  const std::int64_t tiles = tile ? 1 : block ? rank.block : rank.tiles;
  return {first * rank.tile, std::min(rank.extent, (first + tiles) * rank.tile)};
}

}  // namespace

Layout::Layout(const Schedule& schedule)
    : lowering_(schedule.lowering),
      sizing_(schedule.sizing),
      alignment_(static_cast<std::uint64_t>(schedule.lowering->arch->dram.burst_bytes)),
      extents_(schedule.lowering->tensors.size()),
      orders_(schedule.lowering->tensors.size()),
      heads_(schedule.lowering->tensors.size(), 1) {
  std::vector<bool> moved(extents_.size());
  std::vector<std::vector<bool>> cut(extents_.size());  // by base rank
  for (const GroupSchedule& group : schedule.groups) {
    for (const ScheduledStep& step : group.steps) {
      if (step.kind == StepKind::compute) continue;
      moved[static_cast<std::size_t>(step.tensor)] = true;
      std::vector<bool>& own = cut[static_cast<std::size_t>(step.tensor)];
      own.resize(schedule.sizing->extents.size());
      for (const TiledRank& tiled : lowering_->groups[group.group].tiled)
        own[static_cast<std::size_t>(tiled.base)] = true;
    }
  }
  const workload::Shape& shape = sizing_->shape;
  for (std::size_t t = 0; t < extents_.size(); ++t) {
    if (!moved[t]) continue;
    const auto tensor = static_cast<TensorId>(t);
    std::int64_t rows = 1;
    bool whole = true;  // every rank is cut
    each_dimension(*lowering_, tensor, [&](RankId base) {
      const RankId by = lowering_->cut_by(tensor, base);
      const bool is_cut = cut[t][static_cast<std::size_t>(by)];
      if (is_cut) orders_[t].cut.push_back(by);
      std::int64_t& count = is_cut ? rows : orders_[t].row.elements;
      count = times(count, sizing_->extents[base], kBytes);
      whole = whole && is_cut;
    });
    orders_[t].row.cut = whole;
    const std::int64_t row_bytes = bytes_in_memory(*lowering_, *sizing_, tensor, orders_[t].row, 1);
    const std::int64_t slice_bytes =
        bytes_in_memory(*lowering_, *sizing_, tensor, orders_[t].row, rows);
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    if (slice_bytes == kMost)
      throw TooLarge(kBytes, static_cast<double>(kMost), static_cast<double>(kMost));
    if (is_of_keys(*lowering_, tensor))
      heads_[t] = shape.heads / shape.kv_heads / sizing_->together;
    const std::uint64_t shared = whole && lowering_->tensors[t].format.bits % 8 != 0
                                     ? 1
                                     : 0;  // of the last part, which may end a byte on
    const auto slice = static_cast<std::uint64_t>(slice_bytes) + shared;
    const std::uint64_t aligned = round_up(slice, alignment_);
    extents_[t] = {bytes_, aligned,
                   times(aligned, static_cast<std::uint64_t>(sizing_->repeats / heads_[t]), kBytes),
                   static_cast<std::uint64_t>(row_bytes)};
    bytes_ = plus(bytes_, extents_[t].bytes, kBytes);
  }
}

// Slices run over layer, batch and head, as loop 0 does.
std::uint64_t Layout::slice_of(TensorId tensor, std::int64_t head) const {
  const Extent& extent = extents_[static_cast<std::size_t>(tensor)];
  return extent.begin + extent.slice_bytes * static_cast<std::uint64_t>(
                                                 head / heads_[static_cast<std::size_t>(tensor)]);
}

std::uint64_t Layout::address(std::size_t group, TensorId tensor, const std::vector<int>& loops,
                              const Coordinates& at) const {
  const Extent& extent = extents_[static_cast<std::size_t>(tensor)];
  check(extent.bytes > 0, "the address of a tensor that is not in memory");
  // Rows before the region: of earlier rows of tiles in full, then of earlier tiles in its own row,
  // and so on inwards.
  std::int64_t before = 0;
  std::int64_t own = 1;  // rows of the region over the ranks so far
  for (const RankId base : orders_[static_cast<std::size_t>(tensor)].cut) {
    const std::int64_t all = sizing_->extents[base];
    const Range range =
        range_of(lowering_->groups[group], sizing_->groups[group], base, all, loops, at);
    before = before * all + own * range.begin;
    own *= range.end - range.begin;
  }
  const std::int64_t bits = lowering_->tensors[tensor].format.bits;
  const std::int64_t bytes = orders_[static_cast<std::size_t>(tensor)].row.cut
                                 ? before / 8 * bits + before % 8 * bits / 8
                                 : before * static_cast<std::int64_t>(extent.row_bytes);
  return slice_of(tensor, at[0]) + static_cast<std::uint64_t>(bytes);
}

std::int64_t Layout::region_bytes(std::size_t group, TensorId tensor, const std::vector<int>& loops,
                                  const Coordinates& at) const {
  const std::int64_t elements = region_at(*lowering_, *sizing_, group, tensor, loops, at);
  const Row& row = orders_[static_cast<std::size_t>(tensor)].row;
  return bytes_in_memory(*lowering_, *sizing_, tensor, row, elements / row.elements);
}

}  // namespace weft::engine
