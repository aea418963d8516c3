#include "models/einsum/loops.hpp"

#include <optional>

#include "models/einsum/domain.hpp"

namespace weft::einsum {

Loops::Loops(const Cascade& cascade, const PassAnalysis& passes, const Extents& extents)
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

// One loop a rank; a rank with partitions has theirs. A rank that is reached by affine indices
// alone goes on with the variable that moves through it: K[e,p+w] of K[E,M] with p.
void Loops::find_loops() {
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

void Loops::join(RankId dimension, const Index& index) {
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

bool Loops::on(RankId rank, int loop) const {
  return std::find(loop_of_[rank].begin(), loop_of_[rank].end(), loop) != loop_of_[rank].end();
}
bool Loops::iterates(EinsumId e, int loop) const {
  const std::vector<RankId>& ranks = cascade_.einsums[e].iteration;
  return std::any_of(ranks.begin(), ranks.end(), [&](RankId rank) { return on(rank, loop); });
}

// How far a loop's position goes on with one step of the variable: 2 where X[2*p+w] is all that
// moves through X. 0: at several paces.
std::int64_t Loops::pace(RankId variable, int loop) const {
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

Use Loops::use(EinsumId e, const Access& access, bool writes) const {
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
              capped_product(term.coefficient, extents_[term.rank] - 1);
        }
      }
    }
  }
  return made;
}

int Loops::pass(EinsumId e, int loop) const {
  int most = 0;
  for (const RankId rank : loops_[loop]) most = std::max(most, passes_.pass[e][rank]);
  return most;
}

// Along each loop an Einsum that runs along it is at 2·pass, one that does not at 2·pass + 1, the
// end of a pass: of those that its readers allow, the last.
void Loops::place_in_passes() {
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
void Loops::shift() {
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
          if (read.writes || read.einsum != edge.reader || !together(written, read, loop)) continue;
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

std::size_t Loops::writer_use(TensorId tensor) const {
  const auto found = std::find_if(uses_[tensor].begin(), uses_[tensor].end(),
                                  [](const Use& use) { return use.writes; });
  return static_cast<std::size_t>(found - uses_[tensor].begin());
}

bool Loops::together(const Use& a, const Use& b, int loop) const {
  return a.along[loop].moves && b.along[loop].moves && !a.along[loop].whole &&
         !b.along[loop].whole && place_[a.einsum][loop] == place_[b.einsum][loop];
}
bool Loops::apart_of(const Use& a, const Use& b, int loop) const {
  return !iterates(a.einsum, loop) && !iterates(b.einsum, loop) && !a.along[loop].whole &&
         !b.along[loop].whole && place_[a.einsum][loop] == place_[b.einsum][loop];
}

// Partitions from the outermost in; what is complete only at the end of a loop, and read by the
// same generation, within the generations.
void Loops::nest() {
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

bool Loops::allowed(const std::vector<int>& order) const {
  const auto at = [&](int loop) { return std::find(order.begin(), order.end(), loop); };
  return std::all_of(nested_.begin(), nested_.end(),
                     [&](const auto& pair) { return at(pair.first) <= at(pair.second); });
}

}  // namespace weft::einsum
