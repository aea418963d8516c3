#include "models/engine/analytic/walk_region.hpp"

#include <algorithm>
#include <numeric>

namespace weft::engine {

WalkRegion::WalkRegion(const Schedule& schedule, const Layout& layout, std::size_t group,
                       const ScheduledStep& step)
    : layout_(&layout),
      step_(&step),
      group_(group),
      begin_(static_cast<std::int64_t>(layout.tensor(step.tensor).begin)),
      slice_bytes_(static_cast<std::int64_t>(layout.tensor(step.tensor).slice_bytes)),
      heads_(layout.heads(step.tensor)),
      row_bytes_(static_cast<std::int64_t>(layout.tensor(step.tensor).row_bytes)),
      burst_(schedule.lowering->arch->dram.burst_bytes) {
  const LoweredGroup& lowered = schedule.lowering->groups[group];
  const auto runs = [&](int l) {
    return l != kNone && std::find(step.loops.begin(), step.loops.end(), l) != step.loops.end();
  };
  const std::vector<RankId>& cut = layout.cut(step.tensor);
  const bool bits =
      schedule.lowering->tensors[static_cast<std::size_t>(step.tensor)].format.bits % 8 != 0;
  parts_ = (layout.in_parts(step.tensor) && bits) || cut.size() > cuts_.size();
  if (parts_) return;
  for (const RankId base : cut) {
    Cut& own = cuts_[static_cast<std::size_t>(count_++)];
    own.extent = own.tile = schedule.sizing->extents[static_cast<std::size_t>(base)];
    for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
      if (lowered.tiled[i].base != base) continue;
      const RankSize& rank = schedule.sizing->groups[group].ranks[i];
      if (runs(lowered.tiled[i].block_loop)) own.block_loop = lowered.tiled[i].block_loop;
      if (runs(lowered.tiled[i].tile_loop)) own.tile_loop = lowered.tiled[i].tile_loop;
      own.block = rank.block;
      own.tile = rank.tile;
      own.extent = rank.extent;
      own.tiles = own.tile_loop != kNone ? 1 : own.block_loop != kNone ? rank.block : rank.tiles;
    }
  }
  // As at() counts: all that comes before a region is a sum of such products.
  std::int64_t before = 0;
  std::int64_t own = 1;
  for (int i = 0; i < count_; ++i) {
    const Cut& one = cuts_[static_cast<std::size_t>(i)];
    const std::int64_t apart = one.whole() < one.extent ? one.whole() : 0;
    before = std::gcd(burst_, std::gcd(before * one.extent, own * apart));
    own = std::gcd(burst_, own * std::gcd(one.whole(), one.last()));
  }
  unit_ = std::gcd(std::gcd(begin_, slice_bytes_), std::gcd(before * row_bytes_, burst_));
  const std::int64_t unit = count_ == 1 ? cuts_[0].tile : 1;
  aligned_ = unit * row_bytes_ % burst_ == 0;
}

WalkRegion::Run WalkRegion::at(const Coordinates& at) const {
  if (parts_) {
    return {static_cast<std::int64_t>(layout_->address(group_, step_->tensor, step_->loops, at)),
            layout_->region_bytes(group_, step_->tensor, step_->loops, at)};
  }
  std::int64_t before = 0;
  std::int64_t own = 1;
  for (int i = 0; i < count_; ++i) {
    const Cut& cut = cuts_[static_cast<std::size_t>(i)];
    std::int64_t first = 0;
    if (cut.block_loop != kNone) first = at[static_cast<std::size_t>(cut.block_loop)] * cut.block;
    if (cut.tile_loop != kNone) first += at[static_cast<std::size_t>(cut.tile_loop)];
    const std::int64_t begin = first * cut.tile;
    before = before * cut.extent + own * begin;
    own *= std::min(cut.extent, begin + cut.tiles * cut.tile) - begin;
  }
  const std::int64_t slice = heads_ == 1 ? at[0] : at[0] / heads_;
  return {begin_ + slice_bytes_ * slice + before * row_bytes_, own * row_bytes_};
}

std::int64_t WalkRegion::alike(const Coordinates& where, int loop) const {
  if (aligned_) return 1;
  Coordinates next = where;
  ++next[static_cast<std::size_t>(loop)];
  const std::int64_t along = at(next).address - at(where).address;
  return burst_ / std::gcd(burst_, along);
}

}  // namespace weft::engine
