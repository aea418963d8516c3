#include <algorithm>
#include <numeric>
#include <vector>

#include "models/einsum/analysis.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/gathers.hpp"
#include "models/einsum/kernel.hpp"
#include "models/einsum/loops.hpp"

namespace weft::einsum {
namespace {

constexpr std::size_t kAllOrders =
    7;  // with more loops than that an order is improved by moving one loop at a time

// Elements of a tensor: generation 0 is no element of its own but the initial value, and padding is
// none at all.
std::int64_t elements(const Cascade& cascade, const Tensor& tensor, const Extents& extents) {
  std::int64_t count = 1;
  for (const Dimension& dimension : tensor.dimensions)
    count = product(count, extents[dimension.rank]);
  for (const Rank& rank : cascade.ranks) {  // all partitions of one base hold the base's elements
    std::int64_t padded = 1;
    std::size_t found = 0;
    for (const Dimension& dimension : tensor.dimensions) {
      if (std::find(rank.parts.begin(), rank.parts.end(), dimension.rank) == rank.parts.end())
        continue;
      ++found;
      padded = product(padded, extents[dimension.rank]);
    }
    if (found > 0 && found == rank.parts.size() && padded > 0)
      count = count / padded * extents[cascade.rank(rank.name)];
  }
  return count;
}

// What is live at once, by the order of the loops.
class LoopOrders {
 public:
  LoopOrders(const Cascade& cascade, const PassAnalysis& passes, const Extents& extents)
      : cascade_(cascade), extents_(extents), loops_(cascade, passes, extents) {}

  LiveFootprint least() {
    std::vector<int> best(static_cast<std::size_t>(loops_.count()));
    std::iota(best.begin(), best.end(), 0);
    while (!loops_.allowed(best) && std::next_permutation(best.begin(), best.end())) continue;
    std::int64_t least = total(best);
    const auto try_one = [&](const std::vector<int>& other) {
      if (!loops_.allowed(other)) return;
      const std::int64_t held = total(other);
      if (held < least) {
        least = held;
        best = other;
      }
    };
    if (static_cast<std::size_t>(loops_.count()) <= kAllOrders) {
      std::vector<int> other(static_cast<std::size_t>(loops_.count()));
      std::iota(other.begin(), other.end(), 0);
      do try_one(other);
      while (std::next_permutation(other.begin(), other.end()));
    } else {
      improve(best, least, try_one);
    }
    LiveFootprint result;
    for (const int loop : best) result.order.push_back(loops_.rank_of(loop));
    for (TensorId t = 0; t < static_cast<TensorId>(loops_.uses().size()); ++t)
      result.tensors.push_back({t, live(t, best)});
    result.total_elements = least;
    return result;
  }

 private:
  template <class Try>
  void improve(std::vector<int>& best, std::int64_t& least, const Try& try_one) const {
    for (std::int64_t before = least + 1; least < before;) {
      before = least;
      const std::vector<int> from = best;
      for (std::size_t i = 0; i < from.size(); ++i) {
        for (std::size_t j = 0; j < from.size(); ++j) {
          std::vector<int> other = from;
          const int moved = other[i];
          other.erase(other.begin() + static_cast<std::ptrdiff_t>(i));
          other.insert(other.begin() + static_cast<std::ptrdiff_t>(j), moved);
          try_one(other);
        }
      }
    }
  }

  std::int64_t total(const std::vector<int>& order) const {
    std::int64_t held = 0;
    for (TensorId t = 0; t < static_cast<TensorId>(loops_.uses().size()); ++t)
      held = std::min(kEndless, held + live(t, order));
    return held;
  }

  // Coordinates of a tensor that lie along a loop; 1 where none do.
  std::int64_t extent_along(const Tensor& tensor, int loop) const {
    std::int64_t extent = 1;
    for (const Dimension& dimension : tensor.dimensions) {
      if (!loops_.on(dimension.rank, loop)) continue;
      extent = capped_product(extent, cascade_.ranks[dimension.rank].parts.empty()
                                          ? extents_[dimension.rank]
                                          : extents_[loops_.rank_of(loop)]);
    }
    return extent;
  }

  // Most elements of a tensor that are live at once: from its first write (an input: its first
  // read) to its last read.
  std::int64_t live(TensorId id, const std::vector<int>& order) const {
    const Tensor& tensor = cascade_.tensors[id];
    std::int64_t most = 1;
    const std::vector<Use>& uses = loops_.uses()[id];
    const bool input = tensor.defined_by == kNone;
    for (std::size_t a = 0; a < uses.size(); ++a) {
      for (std::size_t b = 0; b < uses.size(); ++b) {
        if (input ? b < a : (!uses[a].writes)) continue;
        if (!input && a == b && uses.size() > 1 && !accumulates(uses[a])) continue;
        most = std::max(most, between(tensor, uses[a], uses[b], order));
      }
    }
    if (most >= kEndless) return most;
    const std::int64_t all = elements(cascade_, tensor, extents_);
    return std::min(most, input ? elements_read(cascade_, id, extents_, all) : all);
  }

  bool accumulates(const Use& use) const { return !cascade_.einsums[use.einsum].reduced.empty(); }

  // Elements from use a to use b: the loops that both walk together tell how far they are apart,
  // and from the first loop on that comes between them everything is there at once.
  std::int64_t between(const Tensor& tensor, const Use& a, const Use& b,
                       const std::vector<int>& order) const {
    std::int64_t apart = 0;
    std::int64_t whole = 1;
    bool split = false;
    for (const int loop : order) {
      const std::int64_t extent = extent_along(tensor, loop);
      split = split || (!loops_.together(a, b, loop) && !loops_.apart_of(a, b, loop));
      if (split) {
        if (!b.along[loop].last) whole = capped_product(whole, extent);
        continue;
      }
      if (!loops_.together(a, b, loop)) continue;
      const Use::Along& from = a.along[loop];
      const Use::Along& to = b.along[loop];
      const std::int64_t shifted =
          loops_.shift_of(b.einsum, loop) - loops_.shift_of(a.einsum, loop);
      const std::int64_t forward = shifted + from.most - to.least;
      const std::int64_t backward =
          tensor.defined_by == kNone ? -shifted + to.most - from.least : forward;
      apart = std::min(kEndless, capped_product(apart, extent)) +
              std::min(extent - 1, std::max(forward, backward));
    }
    const bool before = tensor.defined_by != kNone && !b.writes &&
                        b.einsum <= a.einsum;  // read before it is overwritten
    return capped_product(std::max<std::int64_t>(1, apart + (before ? 0 : 1)), whole);
  }

  const Cascade& cascade_;
  const Extents& extents_;
  Loops loops_;
};

}  // namespace

LiveFootprint live_footprint(const Cascade& cascade, const PassAnalysis& passes,
                             const Extents& extents) {
  if (has_gathers(cascade)) return LoopOrders(without_lists(cascade), passes, extents).least();
  return LoopOrders(cascade, passes, extents).least();
}

std::int64_t least_traffic_elements(const Cascade& cascade, const Extents& extents) {
  std::int64_t total = 0;
  for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
    const Tensor& tensor = cascade.tensors[id];
    if (tensor.role == TensorRole::intermediate) continue;
    const std::int64_t all = elements(cascade, tensor, extents);
    total = sum(total,
                tensor.role == TensorRole::input ? elements_read(cascade, id, extents, all) : all);
  }
  return total;
}

}  // namespace weft::einsum
