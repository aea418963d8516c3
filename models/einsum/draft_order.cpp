#include <algorithm>
#include <cmath>

#include "models/einsum/draft.hpp"
#include "models/einsum/graph.hpp"

namespace weft::einsum {
namespace {

const Access& access_of(const Cascade& cascade, const Dependency& edge) {
  return cascade.einsums[edge.reader].inputs[edge.access];
}

std::string index_text(const Cascade& cascade, const Index& index) {
  const std::string& variable = cascade.ranks[index.terms[0].rank].variable;
  if (index.constant == 0) return variable;
  return variable + (index.constant > 0 ? "+" : "-") + std::to_string(std::abs(index.constant));
}

void report(Draft& draft, const Dependency& edge, std::string message) {
  const Access& access = access_of(draft.cascade, edge);
  draft.problems.add({access.where, draft.lines[edge.reader].field,
                      draft.cascade.tensors[access.tensor].name, std::move(message)});
}

std::string line_of(const Cascade& cascade, EinsumId id) {
  return "line " + std::to_string(cascade.einsums[id].where.line);
}

// A generation that no Einsum has written yet at this point. True where it complained.
bool reads_unwritten_generation(Draft& draft, const Dependency& edge) {
  const Cascade& cascade = draft.cascade;
  const Tensor& tensor = cascade.tensors[access_of(cascade, edge).tensor];
  const RankId rank = generational_rank(tensor);
  const std::optional<int> lag = rank == kNone ? std::nullopt : edge.lag(rank);
  if (!lag || *lag > 0 || (*lag == 0 && edge.reader > edge.writer)) return false;
  std::string given;
  for (std::size_t d = 0; d < tensor.dimensions.size(); ++d) {
    if (tensor.dimensions[d].generational)
      given = index_text(cascade, access_of(cascade, edge).indices[d]);
  }
  const std::string& variable = cascade.ranks[rank].variable;
  report(draft, edge,
         "read before write: generation " + given + " is not written yet here (" +
             line_of(cascade, edge.writer) + " writes " + variable + "+1); allowed: '" + variable +
             "'" + (edge.reader > edge.writer ? " or '" + variable + "+1'" : ""));
  return true;
}

bool trails_generation(const Cascade& cascade, const Dependency& edge) {
  const RankId rank = generational_rank(cascade.tensors[access_of(cascade, edge).tensor]);
  return rank != kNone && edge.lag(rank).value_or(0) > 0;
}

std::string cycle_text(const Draft& draft, const std::vector<int>& component, int which) {
  std::string text;
  for (std::size_t id = 0; id < component.size() && !draft.problems.full(); ++id) {
    if (component[id] != which) continue;
    text += (text.empty() ? "" : ", ") + draft.lines[id].parsed.outputs.front().name;
  }
  return text;
}

// Cycles among `edges`, one complaint each, at the read that comes before its write.
std::vector<bool> report_cycles(Draft& draft, const std::vector<Dependency>& edges,
                                const std::vector<bool>& kept) {
  std::vector<Dependency> taken;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (kept[i]) taken.push_back(edges[i]);
  }
  const std::vector<int> component = strong_components(draft.lines.size(), taken);
  std::vector<bool> cyclic(edges.size(), false);
  std::vector<bool> reported(draft.lines.size(), false);  // by component
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Dependency& edge = edges[i];
    if (!kept[i] || component[edge.reader] != component[edge.writer]) continue;
    cyclic[i] = true;
    if (edge.reader > edge.writer || reported[component[edge.reader]]) continue;
    reported[component[edge.reader]] = true;
    report(draft, edge,
           "cyclic definition: each of " + cycle_text(draft, component, component[edge.reader]) +
               " needs the others complete; only a generational rank may refer back, as in "
               "RM[m1+1] from RM[m1]");
  }
  return cyclic;
}

// Whether the reader waits for a whole traversal: it reduces over a rank that the writer writes
// along.
bool reduces(const Cascade& cascade, const Dependency& edge) {
  const Einsum& reader = cascade.einsums[edge.reader];
  return std::any_of(edge.lags.begin(), edge.lags.end(),
                     [&](const auto& lag) { return reader.reduces(lag.first); });
}

// Cycles that reads of earlier generations close but that no rank can run through: a generation
// that needs a complete reduction over the generations.
void report_complete_cycles(Draft& draft, const std::vector<Dependency>& edges) {
  const std::vector<int> component = strong_components(draft.lines.size(), edges);
  struct Component {
    std::vector<EinsumId> members;
    std::vector<Dependency> edges;  // among them
  };
  std::vector<Component> components(component.size());
  for (EinsumId id = 0; id < static_cast<EinsumId>(component.size()); ++id)
    components[component[id]].members.push_back(id);
  for (const Dependency& edge : edges) {
    if (component[edge.reader] == component[edge.writer])
      components[component[edge.reader]].edges.push_back(edge);
  }
  for (std::size_t which = 0; which < components.size(); ++which) {
    const Dependency* shown = nullptr;
    for (const Dependency& edge : components[which].edges) {
      if (shown == nullptr || (!reduces(draft.cascade, *shown) && reduces(draft.cascade, edge)))
        shown = &edge;
    }
    if (shown == nullptr ||
        common_rank(draft.cascade, components[which].members, components[which].edges) != kNone)
      continue;
    report(draft, *shown,
           "cyclic definition: " + cycle_text(draft, component, static_cast<int>(which)) +
               " need one another, and no generational rank runs through all of them without a "
               "reduction over it");
  }
}

}  // namespace

void check_order(Draft& draft) {
  const Cascade& cascade = draft.cascade;
  const std::vector<Dependency> edges = dependencies(cascade);
  std::vector<bool> kept(edges.size());
  for (std::size_t i = 0; i < edges.size(); ++i)
    kept[i] = !reads_unwritten_generation(draft, edges[i]) && !trails_generation(cascade, edges[i]);
  const std::vector<bool> cyclic = report_cycles(draft, edges, kept);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (!kept[i] || cyclic[i] || edges[i].reader > edges[i].writer) continue;
    report(draft, edges[i],
           "read before write: " + line_of(cascade, edges[i].writer) +
               " writes it; move that Einsum above this one");
  }
  if (!draft.problems.empty()) return;

  report_complete_cycles(draft, edges);
}

}  // namespace weft::einsum
