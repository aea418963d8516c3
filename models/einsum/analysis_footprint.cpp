#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "models/einsum/analysis.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/gathers.hpp"
#include "models/einsum/graph.hpp"
#include "models/einsum/kernel.hpp"

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

// a·b, both positive; more than this is as good as endless: an order of loops that nobody takes.
constexpr std::int64_t kEndless = std::int64_t{1} << 60;
std::int64_t times(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  return __builtin_mul_overflow(a, b, &result) ? kEndless : std::min(result, kEndless);
}

// How one Einsum uses one tensor, by loop.
struct Use {
  EinsumId einsum = kNone;
  bool writes = false;
  // Of a dimension that moves on with the loop: the element's coordinate is the loop's position
  // plus `least` to `most`.
  struct Along {
    bool moves = false;
    bool last = false;   // reads the last generation
    bool whole = false;  // a selection, which holds all that it has selected until it is through
    std::int64_t least = 0;
    std::int64_t most = 0;
  };
  std::vector<Along> along;  // by loop
};

class LoopOrders {
 public:
  LoopOrders(const Cascade& cascade, const PassAnalysis& passes, const Extents& extents)
      : cascade_(cascade), passes_(passes), extents_(extents), edges_(dependencies(cascade)) {
    find_loops();
    uses_.resize(cascade.tensors.size());
    for (EinsumId e = 0; e < static_cast<EinsumId>(cascade.einsums.size()); ++e) {
      for (const Access& access : cascade.einsums[e].outputs)
        uses_[access.tensor].push_back(use(e, access, true));
      for (const Access& access : cascade.einsums[e].inputs)
        uses_[access.tensor].push_back(use(e, access, false));
    }
    place_in_passes();
    nest();
    shift();
  }

  LiveFootprint least() {
    std::vector<int> best(loops_.size());
    std::iota(best.begin(), best.end(), 0);
    while (!allowed(best) && std::next_permutation(best.begin(), best.end())) continue;
    std::int64_t least = total(best);
    const auto try_one = [&](const std::vector<int>& other) {
      if (!allowed(other)) return;
      const std::int64_t held = total(other);
      if (held < least) {
        least = held;
        best = other;
      }
    };
    if (loops_.size() <= kAllOrders) {
      std::vector<int> other(loops_.size());
      std::iota(other.begin(), other.end(), 0);
      do try_one(other);
      while (std::next_permutation(other.begin(), other.end()));
    } else {
      improve(best, least, try_one);
    }
    LiveFootprint result;
    for (const int loop : best) result.order.push_back(loops_[loop].front());
    for (TensorId t = 0; t < static_cast<TensorId>(uses_.size()); ++t)
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

  // One loop a rank; a rank with partitions has theirs. A rank that is reached by affine indices
  // alone goes on with the variable that moves through it: K[e,p+w] of K[E,M] with p.
  void find_loops() {
    loop_of_.assign(cascade_.ranks.size(), {});
    const auto with = [&](RankId rank) {
      const auto& parts = cascade_.ranks[rank].parts;
      return parts.empty() ? std::vector<RankId>{rank} : parts;
    };
    for (RankId r = 0; r < static_cast<RankId>(cascade_.ranks.size()); ++r) {
      if (!cascade_.ranks[r].parts.empty()) continue;
      loop_of_[r] = {static_cast<int>(loops_.size())};
      loops_.push_back({r});
    }
    for (const Einsum& einsum : cascade_.einsums) {
      for (const Access& access : einsum.inputs) {
        for (std::size_t d = 0; d < access.indices.size(); ++d)
          join(cascade_.tensors[access.tensor].dimensions[d].rank, access.indices[d]);
      }
    }
    for (RankId r = 0; r < static_cast<RankId>(cascade_.ranks.size()); ++r) {
      if (cascade_.ranks[r].parts.empty()) continue;
      for (const RankId part : with(r)) loop_of_[r].push_back(loop_of_[part].front());
    }
  }

  void join(RankId dimension, const Index& index) {
    if (index.composite || index.terms.empty() || !index.gathers.empty() ||
        !cascade_.ranks[dimension].parts.empty())
      return;
    const int own = loop_of_[dimension].front();
    const Index::Term* driver = nullptr;
    for (const Index::Term& term : index.terms) {
      if (loop_of_[term.rank].empty()) return;
      if (loop_of_[term.rank].front() == own) return;
      if (driver == nullptr && term.coefficient > 0) driver = &term;
    }
    if (driver == nullptr) return;
    const int other = loop_of_[driver->rank].front();
    for (const RankId rank : loops_[other]) loop_of_[rank] = {own};
    loops_[own].insert(loops_[own].end(), loops_[other].begin(), loops_[other].end());
    loops_.erase(loops_.begin() + other);
    for (auto& loops : loop_of_) {
      for (int& loop : loops) loop -= loop > other ? 1 : 0;
    }
  }

  bool on(RankId rank, int loop) const {
    return std::find(loop_of_[rank].begin(), loop_of_[rank].end(), loop) != loop_of_[rank].end();
  }
  bool iterates(EinsumId e, int loop) const {
    const std::vector<RankId>& ranks = cascade_.einsums[e].iteration;
    return std::any_of(ranks.begin(), ranks.end(), [&](RankId rank) { return on(rank, loop); });
  }

  // How far a loop's position goes on with one step of the variable: 2 where X[2*p+w] is all that
  // moves through X. 0: at several paces.
  std::int64_t pace(RankId variable, int loop) const {
    if (loops_[loop].front() == variable || loops_[loop].size() == 1) return 1;
    std::int64_t found = 1;
    bool known = false;
    for (const Einsum& einsum : cascade_.einsums) {
      for (const Access& access : einsum.inputs) {
        for (std::size_t d = 0; d < access.indices.size(); ++d) {
          const RankId rank = cascade_.tensors[access.tensor].dimensions[d].rank;
          if (rank == variable || !on(rank, loop)) continue;
          for (const Index::Term& term : access.indices[d].terms) {
            if (term.rank != variable) continue;
            if (known && found != term.coefficient) return 0;
            known = true;
            found = term.coefficient;
          }
        }
      }
    }
    return found;
  }

  Use use(EinsumId e, const Access& access, bool writes) const {
    Use made{e, writes, std::vector<Use::Along>(loops_.size())};
    const std::vector<Dimension>& dimensions = cascade_.tensors[access.tensor].dimensions;
    for (std::size_t d = 0; d < dimensions.size(); ++d) {
      const Index& index = access.indices[d];
      for (int loop = 0; loop < static_cast<int>(loops_.size()); ++loop) {
        if (!on(dimensions[d].rank, loop)) continue;
        Use::Along& along = made.along[loop];
        along.least = along.most = index_constant(index, extents_);
        along.whole = writes && dimensions[d].rank == cascade_.einsums[e].selected;
        along.last = index.last_generation;
        for (const Index::Term& term : index.terms) {
          const std::int64_t own = on(dimensions[d].rank, loop) && dimensions[d].rank == term.rank
                                       ? 1
                                       : pace(term.rank, loop);
          if (on(term.rank, loop) && !along.moves && (index.composite || term.coefficient == own)) {
            along.moves = true;
          } else if (!index.composite) {
            (term.coefficient > 0 ? along.most : along.least) +=
                times(term.coefficient, extents_[term.rank] - 1);
          }
        }
      }
    }
    return made;
  }

  int pass(EinsumId e, int loop) const {
    int most = 0;
    for (const RankId rank : loops_[loop]) most = std::max(most, passes_.pass[e][rank]);
    return most;
  }

  // Along each loop an Einsum that runs along it is at 2·pass, one that does not at 2·pass + 1, the
  // end of a pass: of those that its readers allow, the last.
  void place_in_passes() {
    const auto count = static_cast<EinsumId>(cascade_.einsums.size());
    place_.assign(cascade_.einsums.size(), std::vector<int>(loops_.size(), 0));
    for (int loop = 0; loop < static_cast<int>(loops_.size()); ++loop) {
      for (EinsumId e = 0; e < count; ++e)
        place_[e][loop] = 2 * pass(e, loop) + (iterates(e, loop) ? 0 : 1);
      for (EinsumId e = count - 1; e >= 0; --e) {
        if (iterates(e, loop)) continue;
        std::optional<int> last;
        for (const Dependency& edge : edges_) {
          if (edge.writer != e || edge.reader <= e) continue;
          const int reader = place_[edge.reader][loop];
          const int at = reader % 2 == 0 ? reader - 1 : reader;
          last = std::min(last.value_or(at), at);
        }
        place_[e][loop] = std::max(place_[e][loop], last.value_or(0));
      }
    }
  }

  // The position of a producer against its consumers, as late as they allow; Einsums that need one
  // another move together.
  void shift() {
    shift_.assign(cascade_.einsums.size(), std::vector<std::int64_t>(loops_.size(), 0));
    const std::vector<int> component = strong_components(cascade_.einsums.size(), edges_);
    const int most = component.empty() ? -1 : *std::max_element(component.begin(), component.end());
    for (int which = most; which >= 0; --which) {
      for (int loop = 0; loop < static_cast<int>(loops_.size()); ++loop) {
        std::optional<std::int64_t> last;
        for (const Dependency& edge : edges_) {
          if (component[edge.writer] != which || component[edge.reader] == which) continue;
          const TensorId tensor = cascade_.einsums[edge.reader].inputs[edge.access].tensor;
          const Use& written = uses_[tensor][writer_use(tensor)];
          for (const Use& read : uses_[tensor]) {
            if (read.writes || read.einsum != edge.reader || !together(written, read, loop))
              continue;
            const std::int64_t at =
                shift_[read.einsum][loop] + written.along[loop].most - read.along[loop].most;
            last = std::min(last.value_or(at), at);
          }
        }
        for (EinsumId e = 0; e < static_cast<EinsumId>(component.size()); ++e) {
          if (component[e] == which) shift_[e][loop] = last.value_or(0);
        }
      }
    }
  }

  std::size_t writer_use(TensorId tensor) const {
    const auto found = std::find_if(uses_[tensor].begin(), uses_[tensor].end(),
                                    [](const Use& use) { return use.writes; });
    return static_cast<std::size_t>(found - uses_[tensor].begin());
  }

  // Whether both walk through the tensor with the same iterations of the loop.
  bool together(const Use& a, const Use& b, int loop) const {
    return a.along[loop].moves && b.along[loop].moves && !a.along[loop].whole &&
           !b.along[loop].whole && place_[a.einsum][loop] == place_[b.einsum][loop];
  }
  // Whether the loop does not come between the two.
  bool apart_of(const Use& a, const Use& b, int loop) const {
    return !iterates(a.einsum, loop) && !iterates(b.einsum, loop) && !a.along[loop].whole &&
           !b.along[loop].whole && place_[a.einsum][loop] == place_[b.einsum][loop];
  }

  // Partitions from the outermost in; what is complete only at the end of a loop, and read by the
  // same generation, within the generations.
  void nest() {
    for (const Rank& rank : cascade_.ranks) {
      for (std::size_t i = 1; i < rank.parts.size(); ++i)
        nested_.emplace_back(loop_of_[rank.parts[i - 1]].front(), loop_of_[rank.parts[i]].front());
    }
    const std::vector<int> component = strong_components(cascade_.einsums.size(), edges_);
    for (const Dependency& edge : edges_) {
      const RankId along =
          generational_rank(cascade_.tensors[cascade_.einsums[edge.writer].outputs.front().tensor]);
      if (along == kNone || component[edge.reader] != component[edge.writer]) continue;
      for (int loop = 0; loop < static_cast<int>(loops_.size()); ++loop) {
        if (place_[edge.reader][loop] != place_[edge.writer][loop])
          nested_.emplace_back(loop_of_[along].front(), loop);
      }
    }
  }

  bool allowed(const std::vector<int>& order) const {
    const auto at = [&](int loop) { return std::find(order.begin(), order.end(), loop); };
    return std::all_of(nested_.begin(), nested_.end(),
                       [&](const auto& pair) { return at(pair.first) <= at(pair.second); });
  }

  std::int64_t total(const std::vector<int>& order) const {
    std::int64_t held = 0;
    for (TensorId t = 0; t < static_cast<TensorId>(uses_.size()); ++t)
      held = std::min(kEndless, held + live(t, order));
    return held;
  }

  // Coordinates of a tensor that lie along a loop; 1 where none do.
  std::int64_t extent_along(const Tensor& tensor, int loop) const {
    std::int64_t extent = 1;
    for (const Dimension& dimension : tensor.dimensions) {
      if (!on(dimension.rank, loop)) continue;
      extent = times(extent, cascade_.ranks[dimension.rank].parts.empty()
                                 ? extents_[dimension.rank]
                                 : extents_[loops_[loop].front()]);
    }
    return extent;
  }

  // Most elements of a tensor that are live at once: from its first write (an input: its first
  // read) to its last read.
  std::int64_t live(TensorId id, const std::vector<int>& order) const {
    const Tensor& tensor = cascade_.tensors[id];
    std::int64_t most = 1;
    const std::vector<Use>& uses = uses_[id];
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
      split = split || (!together(a, b, loop) && !apart_of(a, b, loop));
      if (split) {
        if (!b.along[loop].last) whole = times(whole, extent);
        continue;
      }
      if (!together(a, b, loop)) continue;
      const Use::Along& from = a.along[loop];
      const Use::Along& to = b.along[loop];
      const std::int64_t shifted = shift_[b.einsum][loop] - shift_[a.einsum][loop];
      const std::int64_t forward = shifted + from.most - to.least;
      const std::int64_t backward =
          tensor.defined_by == kNone ? -shifted + to.most - from.least : forward;
      apart = std::min(kEndless, times(apart, extent)) +
              std::min(extent - 1, std::max(forward, backward));
    }
    const bool before = tensor.defined_by != kNone && !b.writes &&
                        b.einsum <= a.einsum;  // read before it is overwritten
    return times(std::max<std::int64_t>(1, apart + (before ? 0 : 1)), whole);
  }

  const Cascade& cascade_;
  const PassAnalysis& passes_;
  const Extents& extents_;
  std::vector<Dependency> edges_;
  std::vector<std::vector<RankId>> loops_;  // by loop: the ranks that go on with it
  std::vector<std::vector<int>> loop_of_;   // by rank; a base rank has those of its partitions
  std::vector<std::vector<Use>> uses_;      // by tensor
  std::vector<std::vector<int>> place_;     // by Einsum, by loop
  std::vector<std::vector<std::int64_t>> shift_;
  std::vector<std::pair<int, int>> nested_;  // loops of which the first is outside the second
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
