// The state of a walk relative to now, in words: what it has in common with another, it has in
// common with all that follows.
#include <algorithm>

#include "models/engine/analytic/walk.hpp"

namespace weft::engine {

// The step that the loops outside `level` are told relative to.
const Walk::Step& Walk::base(int level) const {
  const int s =
      by_stage(level) ? stages_[static_cast<std::size_t>(looked_at_)].last : group_.reference;
  return steps_[static_cast<std::size_t>(s)];
}

// Stages need not go through their tiles at one pace: each is told relative to its own last step.
std::int64_t Walk::origin(const Step& step) const {
  const Stage& stage = stages_[static_cast<std::size_t>(step.stage)];
  if (stage.last == kNone) return 0;
  const Step& last = steps_[static_cast<std::size_t>(stage.last)];
  const bool runs = (last.loops >> group_.pass_loop & 1u) != 0;
  return last.finished || !runs ? 0 : last.at[static_cast<std::size_t>(group_.pass_loop)];
}

StateHash::Value Walk::state(int level, std::int64_t now) const {
  StateHash out;
  const Step& from = base(level);
  out.word(level + (by_stage(level) ? looked_at_ * kMostLoops : 0));
  for (const Step& step : steps_) {
    out.word(step.finished ? 1 : 0);
    if (!step.finished) {
      place_of(step, level, from, out);
      needs_of(step, now, out);
    }
    if (step.slots != nullptr) slots_of(step, level, now, out);
  }
  for (const std::int64_t at : free_at_) out.time(at, now);
  for (std::size_t i = 0; i < transfers_under_way_.size(); ++i)
    out.time(transfers_under_way_[(transfers_ + i) % transfers_under_way_.size()].end, now);
  if (!own_ports_) ports_.state(now, out);
  memory_.state(now, out);
  return out.value();
}

void Walk::place_of(const Step& step, int level, const Step& base, StateHash& out) const {
  for (std::size_t i = 0; i < step.depth; ++i) {
    const std::size_t l = step.order[i];
    const bool own = by_stage(level) && step.order[i] == level;
    out.word(own                      ? step.at[l] - origin(step)
             : step.order[i] <= level ? step.at[l] - base.at[l]
                                      : step.at[l]);
    if (step.order[i] > level && loops_[l].varies) {
      out.word(step.begin[l]);
      out.word(step.end[l]);
    }
  }
  // The class of the tiles of the loops outside.
  unsigned outside = 0;
  for (int i = 0; i < edges_count_; ++i) {
    const EdgeRank& rank = edge_ranks_[static_cast<std::size_t>(i)];
    if (rank.tile_loop < level) outside |= rank.bit;
  }
  if (outside != 0) out.word(edges(step) & outside);
  if (step.region != nullptr && !step.region->aligned()) bursts_of(step, level, out);
}

// What each need is behind or ahead by, and the times that it may still look at.
void Walk::needs_of(const Step& step, std::int64_t now, StateHash& out) const {
  const std::size_t count = step.from->needs.size();
  for (std::size_t i = 0; i < count; ++i) {
    const WalkNeed& need = step.needs[i];
    const Step& other = steps_[need.producer];
    if (need.by_key) {
      const std::int64_t ahead = outer_ < 0 ? 0
                                            : other.ordinal[static_cast<std::size_t>(outer_)] -
                                                  step.ordinal[static_cast<std::size_t>(outer_)];
      out.word(ahead);
      if (ahead == 0 && other.stage != step.stage && need.kind == NeedKind::at)
        out.word(origin(other) - origin(step));
      continue;
    }
    const std::int64_t index = step.ordinal[need.depth] + need.offset;
    const std::int64_t done = other.ordinal[need.depth];
    out.word(done - index);
    const std::int64_t first = std::max({index, done - kRing, std::int64_t{0}});
    for (std::int64_t n = done - 1; n >= first; --n) {
      const Times& times = need.ring[n % kRing];
      const std::int64_t start = times.start + 1 + (need.streamed ? need.latency : 0);
      const bool starts = need.early || need.streamed;
      if (times.end + need.latency <= now && (!starts || start <= now)) break;
      out.time(times.end + need.latency, now);
      if (starts) out.time(start, now);
    }
    out.word(-1);
  }
}

void Walk::slots_of(const Step& step, int level, std::int64_t now, StateHash& out) const {
  const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
  for (std::int64_t i = 0; i <= slot_mask_; ++i) {
    const Slot& slot = step.slots[(outer + i) & slot_mask_];
    if (slot.outer < 0 || slot.times.end + longest_latency_ + 1 <= now) continue;
    out.word(i);
    out.word(outer - slot.outer);
    out.word(slot.key);
    out.word(by_stage(level) && slot.outer == outer ? slot.tile - step.tile : slot.tile);
    out.word(slot.times.end - now);
    out.time(slot.times.start + longest_latency_ + 1, now);
  }
}

// Where in a burst transfers begin, which is what cuts them into requests: addresses grow along the
// loop `level` by a step that is the same for all tiles of one class, so that it is enough to look
// at one of each: the first and the last iteration of every loop inside.
void Walk::bursts_of(const Step& step, int level, StateHash& out) const {
  Step probe = step;
  const auto look = [&](const auto& self, std::size_t i) -> void {
    while (i < probe.depth && probe.order[i] <= level) ++i;
    if (i == probe.depth) return out.word(probe.region->into_burst(probe.at));
    const std::size_t l = probe.order[i];
    const TripRange range = trips(probe, probe.order[i]);
    for (const std::int64_t at : {range.begin, range.end - 1}) {
      probe.at[l] = at;
      self(self, i + 1);
    }
  };
  look(look, 0);
}

}  // namespace weft::engine
