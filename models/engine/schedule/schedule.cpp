#include "models/engine/schedule/schedule.hpp"

#include <algorithm>
#include <set>

namespace weft::engine {
namespace {

class Builder {
 public:
  Builder(const Lowering& lowering, const Sizing& sizing, std::size_t g)
      : lowering_(lowering), sizing_(sizing), g_(g), group_(lowering.groups[g]) {}

  GroupSchedule run() {
    out_.group = g_;
    out_.pass_loop = group_.pass_loop;
    for (std::size_t l = 0; l < group_.loops.size(); ++l) {
      if (static_cast<int>(l) < group_.pass_loop || group_.loops[l].base == group_.pass_rank)
        continue;
      out_.key_loops.push_back(static_cast<int>(l));
      out_.keys = times(
          out_.keys, loop_trips(group_, sizing_.groups[g_], sizing_, static_cast<int>(l)), "tiles");
    }
    add_steps();
    for (std::size_t s = 0; s < out_.steps.size(); ++s) connect(static_cast<int>(s));
    contexts();
    if (lowering_.binding->epochs == Epochs::serial) serialise();
    guard_slots();
    return std::move(out_);
  }

 private:
  const Residency& place(TensorId t) const { return residency(lowering_, sizing_, t); }
  const LoweredStep& lowered(int s) const { return group_.steps[out_.steps[s].lowered]; }
  bool made_here(TensorId t) const {
    return lowering_.tensors[t].made_in_group == static_cast<int>(g_);
  }
  int maker(TensorId t) const {
    for (std::size_t s = 0; s < out_.steps.size(); ++s) {
      if (out_.steps[s].kind != StepKind::compute) continue;
      const auto& writes = lowered(static_cast<int>(s)).writes;
      if (std::find(writes.begin(), writes.end(), t) != writes.end()) return static_cast<int>(s);
    }
    return kNone;
  }
  int find(StepKind kind, TensorId t, int stage) const {
    for (std::size_t s = 0; s < out_.steps.size(); ++s) {
      const ScheduledStep& step = out_.steps[s];
      if (step.kind == kind && step.tensor == t && (stage == kNone || step.stage == stage))
        return static_cast<int>(s);
    }
    return kNone;
  }

  std::string tensor_name(TensorId t) const { return lowering_.cascade->tensors[t].name; }

  void add_steps() {
    const unsigned combinations = 1u << group_.tiled.size();
    unsigned smaller = 0;
    for (std::size_t i = 0; i < group_.tiled.size(); ++i) {
      const RankSize& rank = sizing_.groups[g_].ranks[i];
      if (rank.edge != rank.tile) smaller |= 1u << i;
    }
    for (std::size_t i = 0; i < group_.steps.size(); ++i) {
      const LoweredStep& from = group_.steps[i];
      for (const TensorId t : from.reads) {
        if (!needs_load(lowering_, sizing_, g_, t, from.stage) ||
            find(StepKind::load, t, from.stage) != kNone)
          continue;
        const int hold = hold_loop(group_, place(t), from.loops);
        ScheduledStep load{.kind = StepKind::load,
                           .name = "load " + tensor_name(t),
                           .unit = fetcher(),
                           .stage = from.stage,
                           .tensor = t};
        for (const int l : from.loops) {
          if (l <= hold) load.loops.push_back(l);
        }
        out_.steps.push_back(std::move(load));
      }
      ScheduledStep step{.kind = StepKind::compute,
                         .name = from.name,
                         .unit = from.array,
                         .stage = from.stage,
                         .lowered = static_cast<int>(i),
                         .loops = from.loops};
      step.over_pass_rank = group_.stages[from.stage].over_pass_rank && group_.pass_rank != kNone;
      // A rank whose last tile is like the others has no edge.
      step.costs.reserve(combinations);
      for (unsigned edges = 0; edges < combinations; ++edges) {
        const unsigned own = edges & smaller;
        step.costs.push_back(own == edges ? step_cost(lowering_, sizing_, g_, from, edges)
                                          : step.costs[own]);
      }
      preload_rule(from, step);
      step.drains_at_end = from.product && from.reduces_tiles;
      if (out_.steps.empty() || out_.steps[out_.reference].kind != StepKind::compute)
        out_.reference = static_cast<int>(out_.steps.size());
      out_.steps.push_back(std::move(step));
      for (const TensorId t : from.writes) {
        if (place(t).at == "dram") add_store(from, t);
      }
    }
  }

  void add_store(const LoweredStep& from, TensorId t) {
    ScheduledStep store{.kind = StepKind::store,
                        .name = "store " + tensor_name(t),
                        .unit = fetcher(),
                        .stage = from.stage,
                        .tensor = t};
    std::vector<int> loops;
    for (const int l : from.loops) {
      if (!from.reduces_tiles || group_.loops[l].base != group_.pass_rank) loops.push_back(l);
    }
    const int hold = hold_loop(group_, place(t), loops);
    for (const int l : loops) {
      if (l <= hold) store.loops.push_back(l);
    }
    out_.steps.push_back(std::move(store));
  }

  int fetcher() const { return static_cast<int>(lowering_.arrays.size()); }

  // A stationary operand stays while only loops move on which it does not depend, provided it is
  // alone on its array and the array holds all of it.
  void preload_rule(const LoweredStep& from, ScheduledStep& step) const {
    if (!from.product || from.stationary == kNone || from.stationary == from.writes[0]) return;
    int products = 0;
    for (const LoweredStep& other : group_.steps)
      products += other.product && other.array == from.array ? 1 : 0;
    step.preload_after = from.loops.back();
    if (products > 1 || step.costs[0].folds > 1) return;
    step.preload_after = 0;
    for (const int l : from.loops) {
      for (const einsum::Dimension& d : lowering_.cascade->tensors[from.stationary].dimensions) {
        if (lowering_.cascade->base_of(d.rank) == group_.loops[l].base) step.preload_after = l;
      }
    }
  }

  std::int64_t path(const ScheduledStep& from, const ScheduledStep& to) const {
    const auto name = [&](const ScheduledStep& s) {
      return s.kind == StepKind::compute ? lowering_.array_names[s.unit] : std::string("buffer");
    };
    return path_latency(*lowering_.arch, name(from), name(to));
  }
  // The way of tensor t: what an array leaves in the buffer for itself goes there and back.
  std::int64_t path_of(TensorId t, const ScheduledStep& from, const ScheduledStep& to) const {
    if (from.unit != to.unit || (place(t).at != "buffer" && place(t).at != "dram"))
      return path(from, to);
    const std::string& array = lowering_.array_names[from.unit];
    return path_latency(*lowering_.arch, array, "buffer") +
           path_latency(*lowering_.arch, "buffer", array);
  }

  // The ranks that an Einsum of a step walks through in time on its array, as base ranks.
  std::set<RankId> temporal(const LoweredStep& step, EinsumId e) const {
    std::set<RankId> all;
    for (const RankId r : lowering_.cascade->einsums[e].iteration) {
      const RankId base = lowering_.cascade->base_of(r);
      const bool inner = lowering_.cascade->ranks[r].kind != einsum::RankKind::partition ||
                         lowering_.cascade->ranks[r].level == 0;
      if (inner && base != step.rows && base != step.columns && base != step.lanes)
        all.insert(base);
    }
    return all;
  }
  // Whether the Einsum `reader` of step `to` takes tensor t in the order in which step `from` gives
  // it.
  bool streams(const LoweredStep& from, const LoweredStep& to, EinsumId reader, TensorId t) const {
    const auto writer = std::find(from.writes.begin(), from.writes.end(), t) - from.writes.begin();
    const std::set<RankId> ranks = temporal(from, from.einsums[static_cast<std::size_t>(writer)]);
    if (ranks.empty() || ranks != temporal(to, reader)) return false;
    const auto along = [&](const einsum::Dimension& d, RankId base) {
      const einsum::Rank& rank = lowering_.cascade->ranks[d.rank];
      const bool inside = rank.kind != einsum::RankKind::partition || rank.level == 0;
      return inside && lowering_.cascade->base_of(d.rank) == base && !d.generational;
    };
    const auto& dims = lowering_.cascade->tensors[t].dimensions;
    return std::all_of(ranks.begin(), ranks.end(), [&](RankId base) {
      return std::any_of(dims.begin(), dims.end(),
                         [&](const einsum::Dimension& d) { return along(d, base); });
    });
  }

  void need(int consumer, Need wanted) {
    for (const Need& known : out_.steps[consumer].needs) {
      if (known.kind == wanted.kind && known.producer == wanted.producer &&
          known.depth == wanted.depth && known.lag <= wanted.lag &&
          known.latency >= wanted.latency && known.streamed == wanted.streamed) {
        return;
      }
    }
    if (by_key(wanted.kind)) out_.steps[wanted.producer].keeps_slots = true;
    check(wanted.lag <= kRing, "copies beyond what is remembered");
    out_.steps[consumer].needs.push_back(wanted);
  }

  void connect(int s) {
    if (out_.steps[s].kind == StepKind::load) return connect_load(s);
    if (out_.steps[s].kind == StepKind::store) return connect_store(s);
    for (const TensorId t : lowered(s).reads) {
      if (needs_load(lowering_, sizing_, g_, t, out_.steps[s].stage)) {
        const int load = find(StepKind::load, t, out_.steps[s].stage);
        need(s, {NeedKind::iteration, load, out_.steps[load].loops.back(), 0,
                 path(out_.steps[load], out_.steps[s]), false});
      } else {
        connect_operand(s, t);
      }
    }
    for (const TensorId t : lowered(s).writes) room(s, t);
  }

  void connect_operand(int s, TensorId t) {
    const int p = maker(t);
    const ScheduledStep& from = out_.steps[p];
    const std::int64_t latency = path_of(t, from, out_.steps[s]);
    const auto& dims = lowering_.cascade->tensors[t].dimensions;
    const auto along = std::find_if(dims.begin(), dims.end(),
                                    [](const einsum::Dimension& d) { return d.generational; });
    for (const EinsumId e : lowered(s).einsums) {
      for (const einsum::Access& access : lowering_.cascade->einsums[e].inputs) {
        if (access.tensor != t) continue;
        const bool streamed = streams(lowered(p), lowered(s), e, t);
        if (along != dims.end()) {
          const einsum::Index& index =
              access.indices[static_cast<std::size_t>(along - dims.begin())];
          if (index.last_generation) {
            need(s, {NeedKind::complete, p, 0, 0, latency, streamed});
          } else if (index.constant == 0 &&
                     (p == s || group_.one_generation(
                                    *lowering_.cascade,
                                    dims[static_cast<std::size_t>(along - dims.begin())].rank))) {
            need(s, {NeedKind::carried, p, 0, 0, p == s ? 0 : latency, streamed});
          } else if (p != s) {
            need(s, {NeedKind::iteration, p, from.loops.back(), 0, latency, streamed});
          }
        } else if (from.stage == out_.steps[s].stage) {
          need(s, {NeedKind::iteration, p, from.loops.back(), 0, latency, streamed});
        } else {
          // What does not run along the pass rank (an inverse of what is complete) is there once
          // for all of its tiles.
          const bool over =
              out_.steps[s].over_pass_rank && from.over_pass_rank && !lowered(p).reduces_tiles;
          need(s, {over ? NeedKind::at : NeedKind::complete, p, 0, 0, latency, false});
        }
      }
    }
  }

  // The last outer loop; kNone where the group's first loop is already an inner one.
  int outer_loop() const { return group_.pass_loop - 1; }

  // The innermost loop up to `depth` whose iterations both steps count alike: they run over the
  // same loops as far as it.
  int common_loop(int a, int b, int depth) const {
    const std::vector<int>& x = out_.steps[a].loops;
    const std::vector<int>& y = out_.steps[b].loops;
    int last = 0;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()) && x[i] == y[i] && x[i] <= depth; ++i)
      last = x[i];
    return last;
  }

  // Room for what step s writes: each reader must have let go of the copy before last.
  void room(int s, TensorId t) {
    const Residency& at = place(t);
    const std::int64_t copies = copies_of(lowering_, at);
    const int hold =
        std::min(hold_loop(group_, at, out_.steps[s].loops), out_.steps[s].loops.back());
    const int store = find(StepKind::store, t, kNone);
    if (store != kNone)
      need(s, {NeedKind::space, store, common_loop(s, store, hold), copies, 0, false});
    for (std::size_t r = 0; r < out_.steps.size(); ++r) {
      if (out_.steps[r].kind != StepKind::compute || static_cast<int>(r) == s) continue;
      const auto& reads = lowered(static_cast<int>(r)).reads;
      if (std::find(reads.begin(), reads.end(), t) == reads.end()) continue;
      const bool same = out_.steps[r].stage == out_.steps[s].stage;
      if (!same && at.at == "dram") continue;
      const int depth = same ? hold : std::min(hold, outer_loop());
      // What is on a link takes up room at its end only from its arrival on.
      const std::int64_t on_the_way = at.at == "link" ? path(out_.steps[s], out_.steps[r]) : 0;
      need(s, {NeedKind::space, static_cast<int>(r), depth, copies, -on_the_way, false});
    }
  }

  void connect_load(int s) {
    const ScheduledStep& load = out_.steps[s];
    const std::int64_t copies = copies_of(lowering_, place(load.tensor));
    for (std::size_t r = 0; r < out_.steps.size(); ++r) {
      if (out_.steps[r].kind != StepKind::compute || out_.steps[r].stage != load.stage) continue;
      const auto& reads = lowered(static_cast<int>(r)).reads;
      if (std::find(reads.begin(), reads.end(), load.tensor) != reads.end()) {
        need(s,
             {NeedKind::space, static_cast<int>(r), out_.steps[s].loops.back(), copies, 0, false});
      }
    }
    // A tensor that an earlier stage spilled is read back once that stage's outer iteration is
    // stored.
    const int store = made_here(load.tensor) ? find(StepKind::store, load.tensor, kNone) : kNone;
    if (store != kNone) need(s, {NeedKind::outer, store, outer_loop(), 1, 0, false});
  }

  void connect_store(int s) {
    const int p = maker(out_.steps[s].tensor);
    const std::int64_t latency = path(out_.steps[p], out_.steps[s]);
    const int depth = out_.steps[s].loops.back();
    const bool keyed = lowered(p).reduces_tiles && depth > group_.pass_loop;
    need(s, keyed ? Need{NeedKind::complete, p, 0, 0, latency, false}
                  : Need{NeedKind::iteration, p, depth, 0, latency, false});
  }

  // A tile holds its state in the elements of a spatial array from its first step there to its
  // last.
  void contexts() {
    for (std::size_t stage = 0; stage < group_.stages.size(); ++stage) {
      for (std::size_t a = 0; a < lowering_.arrays.size(); ++a) {
        if (lowering_.arrays[a]->kind != ArrayKind::spatial) continue;
        int first = kNone;
        int last = kNone;
        for (std::size_t s = 0; s < out_.steps.size(); ++s) {
          const ScheduledStep& step = out_.steps[s];
          if (step.kind != StepKind::compute || step.unit != static_cast<int>(a) ||
              step.stage != static_cast<int>(stage))
            continue;
          if (first == kNone) first = static_cast<int>(s);
          last = static_cast<int>(s);
        }
        if (first != last)
          need(first, {NeedKind::space, last, out_.steps[first].loops.back(),
                       lowering_.tiles_in_flight, 0, false});
      }
    }
  }

  // Strictly serial: a tile starts when every step of the tile before it has left its array.
  void serialise() {
    for (std::size_t s = 0; s < out_.steps.size(); ++s) {
      if (out_.steps[s].kind != StepKind::compute) continue;
      for (std::size_t o = 0; o < out_.steps.size(); ++o) {
        const ScheduledStep& other = out_.steps[o];
        if (other.kind != StepKind::compute) continue;
        const Array& array = *lowering_.arrays[other.unit];
        const std::int64_t leaves =
            array.kind == ArrayKind::spatial ? *array.rows + *array.columns - 2 : 0;
        if (other.stage == out_.steps[s].stage) {
          need(static_cast<int>(s),
               {NeedKind::space, static_cast<int>(o), other.loops.back(), 1, leaves, false});
        } else if (outer_loop() >= 0) {
          need(static_cast<int>(s), {NeedKind::outer, static_cast<int>(o), outer_loop(),
                                     other.stage < out_.steps[s].stage ? 1 : 0, leaves, false});
        }
      }
    }
  }

  // Progress by key is remembered for kOuterRing outer iterations.
  void guard_slots() {
    if (outer_loop() < 0) return;
    for (std::size_t s = 0; s < out_.steps.size(); ++s) {
      for (std::size_t k = 0; k < out_.steps[s].needs.size(); ++k) {
        const Need wanted = out_.steps[s].needs[k];
        const bool keyed = by_key(wanted.kind);
        if (keyed && wanted.producer != static_cast<int>(s)) {
          need(wanted.producer,
               {NeedKind::space, static_cast<int>(s), outer_loop(), kOuterRing - 1, 0, false});
        }
      }
    }
  }

  const Lowering& lowering_;
  const Sizing& sizing_;
  std::size_t g_;
  const LoweredGroup& group_;
  GroupSchedule out_;
};

}  // namespace

Schedule build_schedule(const Lowering& lowering, const Sizing& sizing) {
  Schedule schedule{.lowering = &lowering,
                    .sizing = &sizing,
                    .fetcher = static_cast<int>(lowering.arrays.size())};
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    schedule.groups.push_back(Builder(lowering, sizing, g).run());
    for (const ScheduledStep& step : schedule.groups.back().steps) {
      for (const Need& need : step.needs)
        schedule.longest_latency = std::max(schedule.longest_latency, need.latency);
      for (const StepCost& cost : step.costs)
        schedule.longest_latency = std::max(schedule.longest_latency, cost.extra_latency_cycles);
    }
  }
  return schedule;
}

}  // namespace weft::engine
