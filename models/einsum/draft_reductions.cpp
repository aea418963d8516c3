#include <algorithm>

#include "models/einsum/draft_resolver.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {

// Ranks of the expression, those of its gathers among them; not the mask's.
std::vector<RankId> Resolver::right_ranks(const Einsum& einsum) const {
  std::vector<RankId> ranks;
  const std::size_t count = parsed_.mask ? parsed_.mask->first_access : parsed_.accesses.size();
  for (std::size_t i = 0; i < count; ++i) {
    for (const Index& index : einsum.inputs[i].indices) {
      for (const Index::Term& term : index.terms) {
        if (!contains(ranks, term.rank)) ranks.push_back(term.rank);
      }
    }
  }
  return ranks;
}

void Resolver::reduce(Einsum& einsum) {
  const std::vector<RankId> right = right_ranks(einsum);
  if (parsed_.reduction) {
    einsum.reduction = parsed_.reduction->op;
    for (const ParsedTerm& term : parsed_.reduction->ranks) reduce_rank(term, right, einsum);
  }
  for (const RankId rank : right) {
    if (einsum.iterates(rank) || einsum.reduces(rank)) continue;
    if (parsed_.reduction) {
      const std::string& name = cascade_.ranks[rank].variable;
      add(parsed_.reduction->offset, name,
          "stands neither on the left nor in the reduction; put it into one of them");
      continue;
    }
    einsum.reduced.push_back(rank);
  }
  if (einsum.reduction == Op::topk) select(einsum);
  if (einsum.outputs.size() > 1) check_coordinates(einsum);
  einsum.iteration.insert(einsum.iteration.end(), einsum.reduced.begin(), einsum.reduced.end());
}

// A selection writes along one dynamic rank, which lists coordinates of the rank it reduces.
void Resolver::select(Einsum& einsum) {
  const ParsedAccess& left = parsed_.outputs.front();
  const std::size_t offset = parsed_.reduction->offset;
  if (einsum.reduced.size() != 1) {
    if (parsed_.reduction->ranks.size() != 1)
      add(offset, "topk", "selects along one rank, as in 'T[s], I[s] = topk[m] X[m]'");
    return;
  }
  const RankId from = einsum.reduced.front();
  std::vector<RankId> listed;  // dynamic ranks on the left that list coordinates of it
  for (const RankId rank : einsum.iteration) {
    if (cascade_.ranks[rank].of == from) listed.push_back(rank);
  }
  if (listed.size() != 1) {
    std::vector<std::string> allowed;
    for (const Rank& rank : cascade_.ranks) {
      if (rank.of == from) allowed.push_back(rank.variable);
    }
    add(left.offset, left.name,
        "a selection over " + cascade_.ranks[from].name +
            " has one rank on the left that lists its coordinates; " +
            (allowed.empty()
                 ? "declare one under 'dynamic', such as 'S: " + cascade_.ranks[from].name + "'"
                 : one_of(allowed)));
    return;
  }
  einsum.selected = listed.front();
  einsum.iteration.erase(
      std::find(einsum.iteration.begin(), einsum.iteration.end(), einsum.selected));
  const std::string& variable = cascade_.ranks[einsum.selected].variable;
  if (contains(right_ranks(einsum), einsum.selected))
    add(offset, variable, "is selected and also indexes the right-hand side; drop it there");
  for (EinsumId other = 0; other < id_; ++other) {
    if (cascade_.einsums[other].selected != einsum.selected) continue;
    add(left.offset, variable,
        "selected twice; line " + std::to_string(cascade_.einsums[other].where.line) +
            " selects it already, and a dynamic rank is one list: declare another");
  }
}

// Only what takes one of the values it is given knows where it found it.
void Resolver::check_coordinates(const Einsum& einsum) {
  const ParsedAccess& second = parsed_.outputs[1];
  if (!parsed_.reduction || !operator_of(einsum.reduction).selects) {
    std::vector<std::string> names;
    for (const Operator& entry : kOperators) {
      if (entry.selects) names.emplace_back(std::string(entry.reduction) + "[m]");
    }
    add(second.offset, second.name,
        "a second tensor on the left holds the coordinates of the values selected; the right-hand "
        "side begins with " +
            one_of(names));
  } else if (einsum.reduced.size() != 1) {
    add(second.offset, second.name,
        "coordinates of one rank; the reduction is over " + std::to_string(einsum.reduced.size()));
  } else if (einsum.outputs[1].tensor != kNone) {
    cascade_.tensors[einsum.outputs[1].tensor].coordinates_of = einsum.reduced.front();
  }
}

void Resolver::reduce_rank(const ParsedTerm& term, const std::vector<RankId>& right,
                           Einsum& einsum) {
  const RankId rank = variable(term);
  if (rank == kNone) return;
  if (einsum.iterates(rank)) {
    add(term.offset, term.name, "is reduced and also on the left; drop it from one of them");
  } else if (!contains(right, rank)) {
    add(term.offset, term.name,
        "is reduced but indexes nothing on the right; " + allowed_reductions(right, einsum));
  } else if (einsum.reduces(rank)) {
    add(term.offset, term.name, "is reduced twice");
  } else {
    einsum.reduced.push_back(rank);
  }
}

std::string Resolver::allowed_reductions(const std::vector<RankId>& right,
                                         const Einsum& einsum) const {
  std::vector<std::string> names;
  for (const RankId rank : right) {
    if (!einsum.iterates(rank)) names.push_back(cascade_.ranks[rank].variable);
  }
  return names.empty() ? "no variable is left to reduce" : "can be reduced: " + one_of(names);
}

void Resolver::check_ranks(const Einsum& einsum) {
  std::vector<RankId> right = right_ranks(einsum);
  for (const Access& access : einsum.inputs) {  // of the mask
    for (const Index& index : access.indices) {
      for (const Index::Term& term : index.terms) right.push_back(term.rank);
    }
  }
  const ParsedAccess& left = parsed_.outputs.front();
  for (const ParsedSum& sum : left.indices) {
    if (sum.terms.empty()) continue;
    const RankId rank = draft_.rank(sum.terms[0].name);
    if (contains(right, rank) || rank == einsum.selected) continue;
    add(sum.offset, sum.terms[0].name,
        "stands on the left and nowhere on the right, so its values are undefined; drop it or "
        "index a tensor with it");
  }
  for (const RankId rank : einsum.iteration) {
    const RankId base = cascade_.ranks[rank].base;
    if (base == kNone || !einsum.iterates(base)) continue;
    add(left.offset, cascade_.ranks[rank].variable,
        "an Einsum ranges over rank " + cascade_.ranks[base].name +
            " or over its partitions, not both; use '" + cascade_.ranks[base].variable +
            "' alone or the partitions alone");
    return;
  }
}

}  // namespace weft::einsum
