// A3 (Ham et al., HPCA 2020): a greedy search over sorted columns of K finds the keys that may
// score high, and those far below the largest score are left out behind it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/baseline/head_operands.hpp"

namespace weft::baseline {

// The columns of K, each with its keys in order of their element, the smallest first; of equal
// elements the lower key first.
class SortedColumns {
 public:
  // Of the first `keys` keys.
  SortedColumns(const HeadOperands& head, std::int64_t keys);
  std::int64_t keys() const { return keys_; }
  std::int64_t columns() const { return static_cast<std::int64_t>(order_.size()) / keys_; }
  // The key at `rank` of column `column`.
  std::int32_t key(std::int64_t column, std::int64_t rank) const {
    return order_[static_cast<std::size_t>(column * keys_ + rank)];
  }

 private:
  std::int64_t keys_;
  std::vector<std::int32_t> order_;
};

// The search: in each of `iterations` steps the largest product q[e]·K[m,e] that was not taken yet
// is added to its key's greedy score, and the smallest one too while the sum of all added is not
// below zero. Candidates are the keys of a score above zero, ascending; where there is none, the
// key of the first, largest product. Of equal products that of the lower column goes first.
std::vector<std::int32_t> candidates(std::span<const float> query, const HeadOperands& head,
                                     const SortedColumns& columns, std::int64_t iterations);

// Positions of the scores whose e^(score − largest) is at least `share`.
std::vector<std::int32_t> kept_behind_scores(std::span<const double> scores, double share);

}  // namespace weft::baseline
