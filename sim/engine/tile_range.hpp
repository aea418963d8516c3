// Which coordinates of a rank a firing covers: resolved once for a group and its loops, evaluated
// for many coordinates.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/schedule/schedule.hpp"

namespace weft::sim::engine {

// Half-open.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  bool operator==(const Range&) const = default;
};

class TileRange {
 public:
  TileRange() = default;
  // One iteration of the innermost of `loops`. `composite`: a partition's base rank as a whole, in
  // its own coordinates.
  TileRange(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
            std::size_t group, const std::vector<int>& loops, einsum::RankId rank, bool composite);

  Range at(const weft::engine::Coordinates& at) const {
    if (kind_ == Kind::whole) return whole_;
    const std::int64_t block =
        block_loop_ == einsum::kNone ? 0 : at[static_cast<std::size_t>(block_loop_)] * block_;
    const std::int64_t first =
        block + (tile_loop_ == einsum::kNone ? 0 : at[static_cast<std::size_t>(tile_loop_)]);
    const std::int64_t last = first + span_ < tiles_ ? first + span_ : tiles_;
    if (kind_ == Kind::tiles) return {first, last};
    return {first * tile_, last * tile_ < extent_ ? last * tile_ : extent_};
  }

 private:
  enum class Kind : std::uint8_t { whole, tiles, coordinates };

  Kind kind_ = Kind::whole;
  Range whole_;
  int block_loop_ = einsum::kNone;
  int tile_loop_ = einsum::kNone;
  std::int64_t block_ = 1;
  std::int64_t span_ = 1;  // tiles in one iteration
  std::int64_t tiles_ = 1;
  std::int64_t tile_ = 1;
  std::int64_t extent_ = 1;
};

}  // namespace weft::sim::engine
