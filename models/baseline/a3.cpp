#include "models/baseline/a3.hpp"

#include <algorithm>
#include <numeric>

#include "models/numerics/exp_double.hpp"

namespace weft::baseline {
namespace {

// The next product of each column, from one end of all of them.
class Front {
 public:
  struct Entry {
    double product = 0;
    std::int64_t column = 0;
    std::int64_t taken = 0;  // of the column, so far
    std::int32_t key = 0;
  };
  // Whether an entry goes behind another.
  struct Below {
    bool largest;
    bool operator()(const Entry& a, const Entry& b) const {
      if (a.product != b.product) return largest ? a.product < b.product : a.product > b.product;
      return a.column > b.column;
    }
  };

  Front(std::span<const float> query, const HeadOperands& head, const SortedColumns& columns,
        bool largest)
      : query_(query), head_(head), columns_(columns), largest_(largest) {
    for (std::int64_t e = 0; e < columns.columns(); ++e) entries_.push_back(entry(e, 0));
    std::make_heap(entries_.begin(), entries_.end(), Below{largest_});
  }

  bool empty() const { return entries_.empty(); }
  const Entry& best() const { return entries_.front(); }
  void take() {
    std::pop_heap(entries_.begin(), entries_.end(), Below{largest_});
    const Entry last = entries_.back();
    entries_.pop_back();
    if (last.taken + 1 == columns_.keys()) return;
    entries_.push_back(entry(last.column, last.taken + 1));
    std::push_heap(entries_.begin(), entries_.end(), Below{largest_});
  }

 private:
  // A column is walked from its end that makes the largest, or the smallest, products.
  Entry entry(std::int64_t column, std::int64_t taken) const {
    const auto e = static_cast<std::size_t>(column);
    const bool from_the_top = (query_[e] >= 0) == largest_;
    const std::int32_t key =
        columns_.key(column, from_the_top ? columns_.keys() - 1 - taken : taken);
    return {static_cast<double>(query_[e]) * static_cast<double>(head_.key(key)[e]), column, taken,
            key};
  }

  std::span<const float> query_;
  const HeadOperands& head_;
  const SortedColumns& columns_;
  bool largest_;
  std::vector<Entry> entries_;
};

}  // namespace

SortedColumns::SortedColumns(const HeadOperands& head, std::int64_t keys) : keys_(keys) {
  order_.resize(static_cast<std::size_t>(keys * head.width));
  for (std::int64_t e = 0; e < head.width; ++e) {
    const auto first = order_.begin() + e * keys;
    std::iota(first, first + keys, 0);
    std::stable_sort(first, first + keys, [&](std::int32_t a, std::int32_t b) {
      return head.key(a)[static_cast<std::size_t>(e)] < head.key(b)[static_cast<std::size_t>(e)];
    });
  }
}

std::vector<std::int32_t> candidates(std::span<const float> query, const HeadOperands& head,
                                     const SortedColumns& columns, std::int64_t iterations) {
  Front largest(query, head, columns, true);
  Front smallest(query, head, columns, false);
  std::vector<double> greedy(static_cast<std::size_t>(columns.keys()));
  double sum = 0;
  const std::int32_t first = largest.best().key;
  for (std::int64_t i = 0; i < iterations && !largest.empty(); ++i) {
    greedy[static_cast<std::size_t>(largest.best().key)] += largest.best().product;
    sum += largest.best().product;
    largest.take();
    if (sum < 0) continue;
    greedy[static_cast<std::size_t>(smallest.best().key)] += smallest.best().product;
    sum += smallest.best().product;
    smallest.take();
  }
  std::vector<std::int32_t> found;
  for (std::size_t m = 0; m < greedy.size(); ++m) {
    if (greedy[m] > 0) found.push_back(static_cast<std::int32_t>(m));
  }
  if (found.empty()) found.push_back(first);
  return found;
}

std::vector<std::int32_t> kept_behind_scores(std::span<const double> scores, double share) {
  std::vector<std::int32_t> kept;
  if (scores.empty()) return kept;
  const double largest = *std::max_element(scores.begin(), scores.end());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (numerics::exp_double(scores[i] - largest) >= share)
      kept.push_back(static_cast<std::int32_t>(i));
  }
  return kept;
}

}  // namespace weft::baseline
