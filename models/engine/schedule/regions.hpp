// How often the loops of a group run, by class of tile, in closed form: no walk over tiles.
#pragma once

#include <array>
#include <cstdint>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// The regions that the loops `bits` of a group walk through: each of its tiled ranks is cut into
// `count` units of `unit` coordinates, the last of `last`, or is whole where its loops are not
// among them.
class Regions {
 public:
  Regions(const Lowering& lowering, const Sizing& sizing, std::size_t g, unsigned bits);

  // TooLarge where 64 bits do not hold a number of regions. Calls f(last, count): `count` regions
  // in all heads for which bit i of `last` says that rank i is at its last unit. Under a mask key
  // <= query + c, empty pairs of units of keys and queries are left out.
  template <class F>
  void classes(F f) const {
    if (masked_) return masked_classes(f);
    plain_classes(0, 0, repeats_, kNone, kNone, f);
  }
  std::int64_t total() const;
  // Coordinates of rank i in a region of class `last`.
  std::int64_t size(std::size_t i, unsigned last) const {
    return (last >> i & 1u) != 0 ? ranks_[i].last : ranks_[i].unit;
  }
  // Which of a class's ranks are at a smaller last tile.
  unsigned edges(unsigned last) const { return last & smaller_tiles_; }

 private:
  struct Rank {
    std::int64_t unit = 1;
    std::int64_t count = 1;
    std::int64_t last = 1;
  };

  template <class F>
  void plain_classes(std::size_t i, unsigned last, std::int64_t count, int key, int query,
                     F& f) const {
    if (count == 0) return;
    if (i == ranks_count_) return f(last, count);
    if (static_cast<int>(i) == key || static_cast<int>(i) == query)
      return plain_classes(i + 1, last, count, key, query, f);
    const Rank& rank = ranks_[i];
    if (rank.last == rank.unit)
      return plain_classes(i + 1, last, times(count, rank.count, kCount), key, query, f);
    plain_classes(i + 1, last, times(count, rank.count - 1, kCount), key, query, f);
    plain_classes(i + 1, last | 1u << i, count, key, query, f);
  }
  template <class F>
  void masked_classes(F& f) const {
    for (unsigned c = 0; c < 4; ++c) {
      const unsigned last = ((c & 1u) != 0 ? 1u << query_ : 0u) | ((c & 2u) != 0 ? 1u << key_ : 0u);
      plain_classes(0, last, times(pairs_[c], repeats_, kCount), key_, query_, f);
    }
  }
  void count_pairs(const Sizing& sizing);

  static constexpr const char* kCount = "tiles";

  std::array<Rank, kMostTiled> ranks_;
  std::size_t ranks_count_ = 0;
  std::int64_t repeats_ = 1;
  unsigned smaller_tiles_ = 0;
  bool masked_ = false;
  int key_ = kNone;
  int query_ = kNone;
  std::array<std::int64_t, 4> pairs_{};  // by bit 0: last unit of queries, bit 1: last unit of keys
};

}  // namespace weft::engine
