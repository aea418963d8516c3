#include <algorithm>
#include <cmath>

#include "models/einsum/analysis.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/graph.hpp"
#include "models/einsum/kernel.hpp"

namespace weft::einsum {
namespace {

// Generations of a tensor that one reader needs at once: one that reads it before the writer overwrites in place needs
// those that it trails by; one after it needs the newest too.
std::int64_t generations(const Dependency& edge, RankId rank) {
  const int lag = edge.lag(rank).value_or(0);
  return edge.reader > edge.writer ? lag + 1 : std::max(lag, 1);
}

// Elements of one dimension that one reader keeps live.
std::int64_t live_along(const Cascade& cascade, const PassAnalysis& passes, const Extents& extents, const Dependency& edge, std::size_t d) {
  const Access& access = cascade.einsums[edge.reader].inputs[edge.access];
  const Dimension& dimension = cascade.tensors[access.tensor].dimensions[d];
  const RankId rank = dimension.rank;
  const Index& index = access.indices[d];
  if (index.last_generation) return 1;
  const RankId base = cascade.base_of(rank);
  for (RankId other = 0; other < static_cast<RankId>(cascade.ranks.size()); ++other) {
    const bool around =
        other == rank || other == base || (cascade.base_of(other) == base && cascade.ranks[other].level > cascade.ranks[rank].level);
    if (around && passes.pass[edge.reader][other] != passes.pass[edge.writer][other]) return extents[rank];
  }
  if (dimension.generational) return generations(edge, rank);
  std::int64_t window = 1;
  bool along = false;
  for (const Index::Term& term : index.terms) {
    along = along || cascade.base_of(term.rank) == base;
    if (term.rank != rank && !index.composite) window += product(std::abs(term.coefficient), extents[term.rank] - 1);
  }
  window += std::abs(index.constant);
  return along ? std::min(window, extents[rank]) : extents[rank];
}

// Generation 0 is no element of its own but the initial value.
std::int64_t elements(const Cascade& cascade, const Tensor& tensor, const Extents& extents) {
  std::int64_t count = 1;
  for (const Dimension& dimension : tensor.dimensions) count = product(count, extents[dimension.rank]);
  for (const Rank& rank : cascade.ranks) {  // all partitions of one base hold the base's elements, padding left out
    std::int64_t padded = 1;
    std::size_t found = 0;
    for (const Dimension& dimension : tensor.dimensions) {
      if (std::find(rank.parts.begin(), rank.parts.end(), dimension.rank) == rank.parts.end()) continue;
      ++found;
      padded = product(padded, extents[dimension.rank]);
    }
    if (found > 0 && found == rank.parts.size()) count = count / padded * extents[cascade.rank(rank.name)];
  }
  return count;
}

}  // namespace

std::vector<Footprint> live_footprint(const Cascade& cascade, const PassAnalysis& passes, const Extents& extents) {
  const std::vector<Dependency> edges = dependencies(cascade);
  std::vector<Footprint> all;
  for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
    const Tensor& tensor = cascade.tensors[id];
    if (tensor.role != TensorRole::intermediate) continue;
    std::int64_t live = 1;
    for (std::size_t d = 0; d < tensor.dimensions.size(); ++d) {
      std::int64_t most = 1;
      for (const Dependency& edge : edges) {
        if (cascade.einsums[edge.reader].inputs[edge.access].tensor == id)
          most = std::max(most, live_along(cascade, passes, extents, edge, d));
      }
      live = product(live, most);
    }
    if (generational_rank(tensor) == kNone) live = std::min(live, elements(cascade, tensor, extents));
    all.push_back({id, live});
  }
  return all;
}

std::int64_t least_traffic_elements(const Cascade& cascade, const Extents& extents) {
  std::int64_t total = 0;
  for (const Tensor& tensor : cascade.tensors) {
    if (tensor.role != TensorRole::intermediate) total = sum(total, elements(cascade, tensor, extents));
  }
  return total;
}

}  // namespace weft::einsum
