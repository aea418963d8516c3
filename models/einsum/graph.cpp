#include "models/einsum/graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/strong_components.hpp>

namespace weft::einsum {
namespace {

bool is_simple(const Index& index) {
  return !index.composite && index.terms.size() == 1 && index.terms[0].coefficient == 1 &&
         index.extents.empty() && index.gathers.empty();
}

Dependency dependency(const Cascade& cascade, EinsumId reader, int access, EinsumId writer) {
  Dependency edge{reader, writer, access, {}};
  const Access& read = cascade.einsums[reader].inputs[access];
  const Access& write = cascade.einsums[writer].outputs.front();
  for (std::size_t d = 0; d < write.indices.size(); ++d) {
    const Index& from = read.indices[d];
    const Index& to = write.indices[d];
    if (is_simple(from) && from.terms[0].rank == to.terms[0].rank)
      edge.lags.emplace_back(to.terms[0].rank, to.constant - from.constant);
  }
  return edge;
}

}  // namespace

std::vector<Dependency> dependencies(const Cascade& cascade) {
  std::vector<Dependency> edges;
  for (EinsumId reader = 0; reader < static_cast<EinsumId>(cascade.einsums.size()); ++reader) {
    const std::vector<Access>& inputs = cascade.einsums[reader].inputs;
    for (int access = 0; access < static_cast<int>(inputs.size()); ++access) {
      const EinsumId writer = cascade.tensors[inputs[access].tensor].defined_by;
      if (writer != kNone) edges.push_back(dependency(cascade, reader, access, writer));
    }
  }
  return edges;
}

RankId generational_rank(const Tensor& tensor) {
  for (const Dimension& dimension : tensor.dimensions) {
    if (dimension.generational) return dimension.rank;
  }
  return kNone;
}

std::vector<int> strong_components(std::size_t einsums, const std::vector<Dependency>& edges) {
  boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS> graph(einsums);
  for (const Dependency& edge : edges) {
    boost::add_edge(static_cast<std::size_t>(edge.reader), static_cast<std::size_t>(edge.writer),
                    graph);
  }
  std::vector<int> component(einsums);
  // Components come numbered in reverse topological order of reader → writer, so producers have the
  // lower numbers.
  boost::strong_components(graph, boost::make_iterator_property_map(
                                      component.begin(), boost::get(boost::vertex_index, graph)));
  return component;
}

RankId common_rank(const Cascade& cascade, const std::vector<EinsumId>& einsums,
                   const std::vector<Dependency>& edges) {
  const auto advances = [&](RankId rank) {
    for (const EinsumId id : einsums) {
      const Einsum& einsum = cascade.einsums[id];
      if (!einsum.iterates(rank) || einsum.reduces(rank)) return false;
    }
    for (const Dependency& edge : edges) {
      const std::optional<int> lag = edge.lag(rank);
      if (!lag || *lag < 0 || (*lag == 0 && edge.reader <= edge.writer)) return false;
    }
    return true;
  };
  for (RankId rank = 0; rank < static_cast<RankId>(cascade.ranks.size()); ++rank) {
    if (advances(rank)) return rank;
  }
  return kNone;
}

std::vector<Group> execution_order(const Cascade& cascade) {
  const std::vector<Dependency> edges = dependencies(cascade);
  const std::vector<int> component = strong_components(cascade.einsums.size(), edges);
  std::vector<Group> groups(
      component.empty()
          ? 0
          : static_cast<std::size_t>(*std::max_element(component.begin(), component.end())) + 1);
  std::vector<std::vector<Dependency>> within(groups.size());  // edges that stay in one group
  for (const Dependency& edge : edges) {
    if (component[edge.reader] == component[edge.writer])
      within[component[edge.reader]].push_back(edge);
  }
  for (EinsumId id = 0; id < static_cast<EinsumId>(component.size()); ++id)
    groups[component[id]].einsums.push_back(id);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    Group& group = groups[g];
    if (within[g].empty()) continue;
    group.along = common_rank(cascade, group.einsums, within[g]);
    check(group.along != kNone, "a checked cascade has no cycle but along a generational rank");
  }
  return groups;
}

}  // namespace weft::einsum
