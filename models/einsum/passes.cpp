#include <algorithm>

#include "models/einsum/analysis.hpp"
#include "models/einsum/graph.hpp"

namespace weft::einsum {
namespace {

// The ranks that make up one loop: the outermost partition together with its base (one value of `m` lies in one tile),
// or an inner partition alone. `outer` are the loops around it.
struct Loop {
  std::vector<RankId> ranks;
  std::vector<RankId> outer;
};

Loop loop_of(const Cascade& cascade, RankId rank) {
  const Rank& self = cascade.ranks[rank];
  const RankId base = cascade.base_of(rank);
  const std::vector<RankId>& parts = cascade.ranks[base].parts;
  if (self.kind != RankKind::partition || parts.front() == rank) {
    Loop loop{{base}, {}};
    if (!parts.empty()) loop.ranks.push_back(parts.front());
    return loop;
  }
  Loop loop{{rank}, {}};
  for (const RankId part : parts) {
    if (cascade.ranks[part].level > self.level) loop.outer.push_back(part);
  }
  return loop;
}

class Passes {
 public:
  explicit Passes(const Cascade& cascade) : cascade_(cascade), edges_(dependencies(cascade)) {
    result_.pass.assign(cascade.einsums.size(), std::vector<int>(cascade.ranks.size(), 0));
    result_.passes.assign(cascade.ranks.size(), 0);
  }

  PassAnalysis run() {
    for (RankId rank = 0; rank < static_cast<RankId>(cascade_.ranks.size()); ++rank) {
      if (is_outer(rank)) analyse(rank);
    }
    for (int level = deepest(); level >= 0; --level) {
      for (RankId rank = 0; rank < static_cast<RankId>(cascade_.ranks.size()); ++rank) {
        if (!is_outer(rank) && cascade_.ranks[rank].level == level) analyse(rank);
      }
    }
    return std::move(result_);
  }

 private:
  // A base rank, or its outermost partition: the same loop.
  bool is_outer(RankId rank) const {
    const Rank& self = cascade_.ranks[rank];
    return self.kind != RankKind::partition || cascade_.ranks[self.base].parts.front() == rank;
  }

  int deepest() const {
    int level = 0;
    for (const Rank& rank : cascade_.ranks) level = std::max(level, rank.level);
    return level;
  }

  bool traverses(EinsumId id, const Loop& loop) const {
    return std::any_of(loop.ranks.begin(), loop.ranks.end(), [&](RankId rank) { return cascade_.einsums[id].iterates(rank); });
  }

  const Access& access_of(const Dependency& edge) const { return cascade_.einsums[edge.reader].inputs[edge.access]; }

  // Whether the element read is there as soon as the loop has come to it: the tensor runs along the loop and so does
  // the read. Otherwise the whole traversal must be over.
  bool streams(const Dependency& edge, const Loop& loop) const {
    const Access& access = access_of(edge);
    for (const Index& index : access.indices) {
      for (const Index::Term& term : index.terms) {
        if (std::find(loop.ranks.begin(), loop.ranks.end(), term.rank) != loop.ranks.end() && carries(access.tensor, loop)) return true;
      }
    }
    return false;
  }

  bool carries(TensorId tensor, const Loop& loop) const {
    const std::vector<Dimension>& dimensions = cascade_.tensors[tensor].dimensions;
    return std::any_of(dimensions.begin(), dimensions.end(),
                       [&](const Dimension& d) { return std::find(loop.ranks.begin(), loop.ranks.end(), d.rank) != loop.ranks.end(); });
  }

  // Seen from inside one iteration of the outer loops, what an earlier iteration or an earlier pass made is just there.
  bool made_before(const Dependency& edge, const Loop& loop) const {
    for (const RankId outer : loop.outer) {
      if (result_.pass[edge.writer][outer] < result_.pass[edge.reader][outer] || edge.lag(outer).value_or(0) > 0) return true;
      const Loop around = loop_of(cascade_, outer);
      if (result_.pass[edge.writer][outer] > 0 && !streams(edge, around)) return true;
    }
    return false;
  }

  // The least pass of the reader that this dependency allows; 0: it does not matter.
  int needs(const Dependency& edge, const Loop& loop, RankId rank) const {
    const int made = result_.pass[edge.writer][rank];
    if (made == 0 || made_before(edge, loop)) return 0;
    return !traverses(edge.reader, loop) || streams(edge, loop) ? made : made + 1;
  }

  void analyse(RankId rank) {
    const Loop loop = loop_of(cascade_, rank);
    const auto count = static_cast<EinsumId>(cascade_.einsums.size());
    bool changed = true;
    for (EinsumId round = 0; changed; ++round) {
      check(round <= count + 1, "passes of a checked cascade settle");
      changed = false;
      for (EinsumId id = 0; id < count; ++id) {
        int pass = traverses(id, loop) ? 1 : 0;
        for (const Dependency& edge : edges_) {
          if (edge.reader == id) pass = std::max(pass, needs(edge, loop, rank));
        }
        changed = changed || pass != result_.pass[id][rank];
        result_.pass[id][rank] = pass;
      }
    }
    for (EinsumId id = 0; id < count; ++id) {
      if (traverses(id, loop)) result_.passes[rank] = std::max(result_.passes[rank], result_.pass[id][rank]);
    }
    // The outermost partition is its base's loop: forced passes are told once, of the base.
    if (cascade_.ranks[rank].kind != RankKind::partition || !is_outer(rank)) force(rank, loop);
  }

  void force(RankId rank, const Loop& loop) {
    for (int pass = 2; pass <= result_.passes[rank]; ++pass) {
      for (const Dependency& edge : edges_) {
        if (result_.pass[edge.reader][rank] != pass || !traverses(edge.reader, loop) || needs(edge, loop, rank) != pass ||
            streams(edge, loop))
          continue;
        result_.forced.push_back({rank, pass, edge.reader, complete(edge, loop, rank)});
        break;
      }
    }
  }

  // Back from the tensor read to the reduction over the loop that it rests on.
  TensorId complete(const Dependency& from, const Loop& loop, RankId rank) const {
    EinsumId id = from.writer;
    for (std::size_t steps = 0; steps < cascade_.einsums.size() && !traverses(id, loop); ++steps) {
      const int pass = result_.pass[id][rank];
      const auto cause = std::find_if(edges_.begin(), edges_.end(), [&](const Dependency& edge) {
        return edge.reader == id && edge.writer != id && needs(edge, loop, rank) == pass;
      });
      if (cause == edges_.end()) break;
      id = cause->writer;
    }
    return cascade_.einsums[id].outputs.front().tensor;
  }

  const Cascade& cascade_;
  std::vector<Dependency> edges_;
  PassAnalysis result_;
};

}  // namespace

PassAnalysis analyse_passes(const Cascade& cascade) { return Passes(cascade).run(); }

}  // namespace weft::einsum
