#include <algorithm>
#include <optional>

#include "models/einsum/analysis.hpp"
#include "models/einsum/gathers.hpp"
#include "models/einsum/graph.hpp"

namespace weft::einsum {
namespace {

constexpr std::size_t kMostWays =
    64;  // combinations of drivers and directions that are tried for one loop

// One loop: the outermost partition together with its base (one value of `m` lies in one tile), or
// an inner partition.
struct Loop {
  std::vector<RankId> own;
  std::vector<RankId> outer;  // the partitions around it
  std::vector<RankId>
      drivers;  // variables that move it on where an index has none of its own: p of K[p+w]
  std::vector<RankId> generations;  // ranks outside it whose generations it runs within
  std::vector<TensorId> turned;     // inputs read both ways: read backwards first
  bool moves_with(RankId rank) const { return contains(own, rank) || contains(drivers, rank); }
};

Loop loop_of(const Cascade& cascade, RankId rank) {
  const Rank& self = cascade.ranks[rank];
  const RankId base = cascade.base_of(rank);
  const std::vector<RankId>& parts = cascade.ranks[base].parts;
  Loop loop;
  if (self.kind != RankKind::partition || parts.front() == rank) {
    loop.own = {base};
    if (!parts.empty()) loop.own.push_back(parts.front());
    return loop;
  }
  loop.own = {rank};
  for (const RankId part : parts) {
    if (cascade.ranks[part].level > self.level) loop.outer.push_back(part);
  }
  return loop;
}

// How a read moves through its tensor as the loop goes on.
enum class Direction : std::uint8_t { none, forward, backward };

// Along each loop the progress of an Einsum is 2·pass, or 2·pass + 1 where it waits for the end of
// that pass; 0 where the loop does not matter to it.
using Progress = std::vector<int>;
int pass_in(int progress) { return progress / 2; }

class Passes {
 public:
  Passes(const Cascade& cascade, Along along)
      : cascade_(cascade), along_(along), edges_(dependencies(cascade)) {
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

  const Access& access_of(const Dependency& edge) const {
    return cascade_.einsums[edge.reader].inputs[edge.access];
  }

  Direction direction(const Access& access, const Loop& loop) const {
    const std::vector<Dimension>& dimensions = cascade_.tensors[access.tensor].dimensions;
    Direction found = Direction::none;
    for (std::size_t d = 0; d < dimensions.size(); ++d) {
      if (!loop.moves_with(dimensions[d].rank) || !access.indices[d].gathers.empty()) continue;
      for (const Index::Term& term : access.indices[d].terms) {
        if (!loop.moves_with(term.rank)) continue;
        if (term.coefficient > 0) return Direction::forward;
        found = Direction::backward;
      }
    }
    return found;
  }

  // Whether the Einsum walks along the rank itself: by a variable of it, or by an index into it
  // (K[e,p+w] of K[E,M]).
  bool traverses(EinsumId id, const Loop& loop) const {
    const Einsum& einsum = cascade_.einsums[id];
    if (std::any_of(loop.own.begin(), loop.own.end(),
                    [&](RankId rank) { return einsum.iterates(rank); }))
      return true;
    return along_ == Along::indices &&
           std::any_of(einsum.inputs.begin(), einsum.inputs.end(), [&](const Access& access) {
             const std::vector<Dimension>& dimensions = cascade_.tensors[access.tensor].dimensions;
             for (std::size_t d = 0; d < dimensions.size(); ++d) {
               if (contains(loop.own, dimensions[d].rank) && !access.indices[d].terms.empty() &&
                   access.indices[d].gathers.empty())
                 return true;
             }
             return false;
           });
  }

  // Whether the element read is there as soon as the loop has come to it. Otherwise the whole
  // traversal must be over: the tensor does not run along the loop, or is read against its
  // direction.
  bool streams(const Dependency& edge, const Loop& loop) const {
    return direction(access_of(edge), loop) == Direction::forward;
  }

  // Seen from inside one iteration of the loops around, what an earlier iteration or an earlier
  // pass made is just there.
  bool made_before(const Dependency& edge, const Loop& loop) const {
    for (const RankId outer : loop.outer) {
      if (result_.pass[edge.writer][outer] < result_.pass[edge.reader][outer] ||
          edge.lag(outer).value_or(0) > 0)
        return true;
      if (result_.pass[edge.writer][outer] > 0 && !streams(edge, loop_of(cascade_, outer)))
        return true;
    }
    return std::any_of(loop.generations.begin(), loop.generations.end(),
                       [&](RankId along) { return edge.lag(along).value_or(0) > 0; });
  }

  // The least progress of the reader that this dependency allows; 0: it does not matter.
  int needs(const Dependency& edge, const Loop& loop, const Progress& progress) const {
    const int made = progress[edge.writer];
    if (made == 0 || made_before(edge, loop)) return 0;
    const int there = streams(edge, loop) ? made : made | 1;
    return traverses(edge.reader, loop) ? (there + 1) / 2 * 2 : there;
  }

  // An input that is read both ways has one traversal for each: whose turn is the second waits for
  // a pass.
  bool waits_for_turn(EinsumId id, const Loop& loop, TensorId* which = nullptr) const {
    for (const Access& access : cascade_.einsums[id].inputs) {
      const Direction own = direction(access, loop);
      if (own == Direction::none || !both_ways(access.tensor, loop)) continue;
      if ((own == Direction::forward) != contains(loop.turned, access.tensor)) continue;
      if (which != nullptr) *which = access.tensor;
      return true;
    }
    return false;
  }

  bool both_ways(TensorId tensor, const Loop& loop) const {
    bool forward = false;
    bool backward = false;
    for (const Einsum& einsum : cascade_.einsums) {
      for (const Access& access : einsum.inputs) {
        if (access.tensor != tensor) continue;
        forward = forward || direction(access, loop) == Direction::forward;
        backward = backward || direction(access, loop) == Direction::backward;
      }
    }
    return along_ == Along::indices && cascade_.tensors[tensor].defined_by == kNone && forward &&
           backward;
  }

  // The least progress of all Einsums; false where it grows without end.
  bool settle(const Loop& loop, const std::vector<Dependency>& edges, Progress& progress) const {
    const int most = 2 * static_cast<int>(cascade_.einsums.size()) + 5;
    for (EinsumId id = 0; id < static_cast<EinsumId>(progress.size()); ++id)
      progress[id] = !traverses(id, loop) ? 0 : waits_for_turn(id, loop) ? 4 : 2;
    for (bool changed = true; changed;) {
      changed = false;
      for (const Dependency& edge : edges) {
        const int needed = needs(edge, loop, progress);
        if (needed <= progress[edge.reader]) continue;
        if (needed > most) return false;
        progress[edge.reader] = needed;
        changed = true;
      }
    }
    return true;
  }

  // A state that is reduced over a rank in each generation: the loop over that rank runs within the
  // generations.
  void find_generations(Loop& loop) const {
    for (const Group& group : execution_order(cascade_)) {
      if (group.along == kNone || contains(loop.own, group.along) ||
          contains(loop.outer, group.along))
        continue;
      std::vector<Dependency> inside;
      for (const Dependency& edge : edges_) {
        if (contains(group.einsums, edge.reader) && contains(group.einsums, edge.writer))
          inside.push_back(edge);
      }
      Progress progress(cascade_.einsums.size(), 0);
      if (!settle(loop, inside, progress)) loop.generations.push_back(group.along);
    }
  }

  // What is open in a loop: which variable drives an index that has none of the rank's own, and
  // which way an input that is read both ways is read first.
  struct Open {
    std::vector<std::vector<RankId>> drivers;
    std::vector<TensorId> inputs;
  };

  Open open_in(const Loop& loop) const {
    Open open;
    if (along_ == Along::variables) return open;
    for (const Einsum& einsum : cascade_.einsums) {
      for (const Access& access : einsum.inputs) {
        const std::vector<Dimension>& dimensions = cascade_.tensors[access.tensor].dimensions;
        for (std::size_t d = 0; d < dimensions.size(); ++d) {
          if (!contains(loop.own, dimensions[d].rank) || access.indices[d].composite ||
              !access.indices[d].gathers.empty())
            continue;
          std::vector<RankId> ranks;
          for (const Index::Term& term : access.indices[d].terms) ranks.push_back(term.rank);
          const bool own = std::any_of(ranks.begin(), ranks.end(),
                                       [&](RankId rank) { return contains(loop.own, rank); });
          if (ranks.empty() || own ||
              std::find(open.drivers.begin(), open.drivers.end(), ranks) != open.drivers.end())
            continue;
          open.drivers.push_back(std::move(ranks));
        }
      }
    }
    for (TensorId id = 0; id < static_cast<TensorId>(cascade_.tensors.size()); ++id) {
      if (cascade_.tensors[id].defined_by == kNone) open.inputs.push_back(id);
    }
    return open;
  }

  // Way number `way` of what is open; nothing past the last.
  std::optional<Loop> loop_in_way(const Loop& plain, const Open& open, std::size_t way) const {
    Loop loop = plain;
    for (const std::vector<RankId>& ranks : open.drivers) {
      loop.drivers.push_back(ranks[way % ranks.size()]);
      way /= ranks.size();
    }
    for (const TensorId input : open.inputs) {
      if (!both_ways(input, loop)) continue;
      if (way % 2 == 1) loop.turned.push_back(input);
      way /= 2;
    }
    if (way > 0) return std::nullopt;
    find_generations(loop);
    return loop;
  }

  int most_passes(const Loop& loop, const Progress& progress) const {
    int most = 0;
    for (EinsumId id = 0; id < static_cast<EinsumId>(progress.size()); ++id) {
      if (traverses(id, loop)) most = std::max(most, pass_in(progress[id]));
    }
    return most;
  }

  void analyse(RankId rank) {
    const Loop plain = loop_of(cascade_, rank);
    const Open open = open_in(plain);
    Loop best;
    Progress least;
    for (std::size_t way = 0; way < kMostWays; ++way) {
      const std::optional<Loop> loop = loop_in_way(plain, open, way);
      if (!loop) break;
      Progress progress(cascade_.einsums.size(), 0);
      check(settle(*loop, edges_, progress), "passes of a checked cascade settle");
      if (!least.empty() && most_passes(*loop, progress) >= most_passes(best, least)) continue;
      best = *loop;
      least = std::move(progress);
    }
    for (EinsumId id = 0; id < static_cast<EinsumId>(least.size()); ++id)
      result_.pass[id][rank] = pass_in(least[id]);
    result_.passes[rank] = least.empty() ? 0 : most_passes(best, least);
    // The outermost partition is its base's loop: forced passes are told once, of the base.
    if (cascade_.ranks[rank].kind != RankKind::partition || !is_outer(rank))
      force(rank, best, least);
  }

  // For each further pass the first Einsum in it, and what it waits for.
  void force(RankId rank, const Loop& loop, const Progress& progress) {
    for (int pass = 2; pass <= result_.passes[rank]; ++pass) {
      for (EinsumId id = 0; id < static_cast<EinsumId>(progress.size()); ++id) {
        if (progress[id] != 2 * pass || !traverses(id, loop)) continue;
        const TensorId tensor = waited_for(id, loop, progress);
        if (tensor == kNone) continue;
        result_.forced.push_back({rank, pass, id, tensor});
        break;
      }
    }
  }

  // The complete tensor that keeps an Einsum out of the pass before; kNone where it only follows
  // others of its own pass.
  TensorId waited_for(EinsumId id, const Loop& loop, const Progress& progress) const {
    for (const Dependency& edge : edges_) {
      if (edge.reader == id && progress[edge.writer] < progress[id] &&
          needs(edge, loop, progress) == progress[id])
        return complete(edge, loop, progress);
    }
    TensorId turned = kNone;
    if (progress[id] == 4) waits_for_turn(id, loop, &turned);
    return turned;
  }

  // Back from the tensor read to the reduction over the loop that it rests on.
  TensorId complete(const Dependency& from, const Loop& loop, const Progress& progress) const {
    EinsumId id = from.writer;
    for (std::size_t steps = 0; steps < cascade_.einsums.size() && !traverses(id, loop); ++steps) {
      const auto cause = std::find_if(edges_.begin(), edges_.end(), [&](const Dependency& edge) {
        return edge.reader == id && edge.writer != id &&
               needs(edge, loop, progress) == progress[id];
      });
      if (cause == edges_.end()) break;
      id = cause->writer;
    }
    return cascade_.einsums[id].outputs.front().tensor;
  }

  const Cascade& cascade_;
  const Along along_;
  std::vector<Dependency> edges_;
  PassAnalysis result_;
};

}  // namespace

PassAnalysis analyse_passes(const Cascade& cascade, Along along) {
  if (has_gathers(cascade)) return Passes(without_lists(cascade), along).run();
  return Passes(cascade, along).run();
}

}  // namespace weft::einsum
