#include "models/engine/schedule/regions.hpp"

#include <algorithm>

namespace weft::engine {
namespace {

// Sum over i in [0, n) of floor((a·i + b) / m), for a, b >= 0 and m > 0.
std::int64_t floor_sum(std::int64_t n, std::int64_t m, std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  while (n > 0) {
    sum += n * (n - 1) / 2 * (a / m) + n * (b / m);
    a %= m;
    b %= m;
    const std::int64_t top = a * n + b;
    if (top < m) break;
    n = top / m;
    b = top % m;
    std::swap(m, a);
  }
  return sum;
}

}  // namespace

Regions::Regions(const Lowering& lowering, const Sizing& sizing, std::size_t g, unsigned bits)
    : repeats_(sizing.repeats) {
  const LoweredGroup& group = lowering.groups[g];
  ranks_count_ = group.tiled.size();
  for (std::size_t i = 0; i < ranks_count_; ++i) {
    const TiledRank& tiled = group.tiled[i];
    const RankSize& size = sizing.groups[g].ranks[i];
    Rank& rank = ranks_[i];
    const auto runs = [&](int loop) { return loop != kNone && (bits >> loop & 1u) != 0; };
    const bool tiles = runs(tiled.tile_loop);
    const bool blocks = runs(tiled.block_loop);
    rank = {size.extent, 1, size.extent};
    if (tiles) rank = {size.tile, size.tiles, size.edge};
    if (blocks && !tiles)
      rank = {size.block * size.tile, size.blocks,
              size.extent - (size.blocks - 1) * size.block * size.tile};
    if (tiles && size.edge != size.tile) smaller_tiles_ |= 1u << i;
    if (tiles || blocks) {
      if (tiled.base == lowering.mask_key) key_ = static_cast<int>(i);
      if (tiled.base == lowering.mask_query) query_ = static_cast<int>(i);
    }
  }
  masked_ = sizing.masked && key_ != kNone && query_ != kNone;
  if (masked_) count_pairs(sizing);
}

// A unit u of queries, whose last row is (u + 1)·unit − 1, sees the units of keys up to that of its
// last key; one that sees none runs the first all the same.
void Regions::count_pairs(const Sizing& sizing) {
  const Rank& keys = ranks_[key_];
  const Rank& queries = ranks_[query_];
  const auto seen = [&](std::int64_t last_query) {
    return std::min(keys.count,
                    std::max<std::int64_t>(0, last_key(sizing, last_query)) / keys.unit + 1);
  };
  const std::int64_t whole = queries.count - 1;  // units of queries before the last
  // The first of them that sees any key, and the first that sees the last unit of keys.
  const auto first_with = [&](std::int64_t key) {
    const std::int64_t row = first_row(sizing, key);
    return std::clamp<std::int64_t>(row < queries.unit ? 0 : ceil_div(row + 1, queries.unit) - 1, 0,
                                    whole);
  };
  const std::int64_t any = first_with(0);
  const std::int64_t all = std::max(any, first_with((keys.count - 1) * keys.unit));
  const std::int64_t start = (any + 1) * queries.unit - 1 + sizing.mask_offset;
  pairs_[0] = floor_sum(all - any, keys.unit * sizing.together, queries.unit,
                        std::max<std::int64_t>(0, start)) +
              (all - any) + (whole - all) * (keys.count - 1);
  pairs_[2] = whole - all;
  pairs_[keys.count > 1 ? 0 : 2] += any;
  const std::int64_t last = seen((queries.count - 1) * queries.unit + queries.last - 1);
  pairs_[3] = last == keys.count ? 1 : 0;
  pairs_[1] = last - pairs_[3];
}

std::int64_t Regions::total() const {
  std::int64_t count = repeats_;
  for (std::size_t i = 0; i < ranks_count_; ++i) {
    if (!masked_ || (static_cast<int>(i) != key_ && static_cast<int>(i) != query_))
      count = times(count, ranks_[i].count, kCount);
  }
  return masked_ ? times(count, pairs_[0] + pairs_[1] + pairs_[2] + pairs_[3], kCount) : count;
}

}  // namespace weft::engine
