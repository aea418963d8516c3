// The state of a walk relative to now, in words: what it has in common with another, it has in
// common with all that follows.
#include <algorithm>
#include <bit>

#include "models/engine/analytic/walk.hpp"
#include "models/engine/schedule/regular.hpp"

namespace weft::engine {
namespace {

constexpr std::int64_t kFar = std::int64_t{1} << 40;  // apart from kNone

}  // namespace

// The step that the loops outside `level` are told relative to.
const Walk::Step& Walk::base(int level) const {
  const int s =
      by_stage(level) ? stages_[static_cast<std::size_t>(looked_at_)].last : group_.reference;
  return steps_[static_cast<std::size_t>(s)];
}

// How far what a step reads is ahead of it along the loop looked at.
std::int64_t Walk::apart(const Step& step, const WalkNeed& need, int level) const {
  const Step& other = steps_[need.producer];
  const auto l = static_cast<std::size_t>(level);
  return (goes(other, level) ? other.at[l] : 0) - (goes(step, level) ? step.at[l] : 0);
}

// That, for what is read by key where the two of them go through one row, kAhead where it is there
// whatever the pace, or kNone where it will not matter in this row.
std::int64_t Walk::distance(const Step& step, const WalkNeed& need, int level) const {
  const Step& other = steps_[need.producer];
  if (other.finished) return kNone;
  const std::int64_t far = apart(step, need, level);
  if (other.stage == step.stage) return kFar + far;
  const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
  const std::int64_t others = outer_ < 0 ? 0 : other.ordinal[static_cast<std::size_t>(outer_)];
  if (others != outer) return kNone;
  if (level == group_.pass_loop) {
    if (need.kind != NeedKind::at) return kNone;
    const bool both = goes(other, level) && goes(step, level);
    return both && far >= kFarAhead ? kAhead : kFar + far;
  }
  const std::int64_t wanted = need.kind != NeedKind::complete ? step.tile
                              : other.over_pass_rank          ? pass_total(step) - 1
                                                              : 0;
  const std::int64_t tile = other.over_pass_rank ? other.tile : 0;
  if (tile != wanted) return kNone;
  return kFar + far;
}

// Whether units and what waits for them have been as they are before, as far as a few words tell: a
// state that they tell apart from all others need not be told whole.
bool Walk::seen_alike(int level, std::int64_t now) {
  StateHash out;
  out.word(level + looked_at_ * kMostLoops);
  out.word(static_cast<std::int64_t>(known_));
  for (const std::int64_t at : free_at_) out.time(at, now);
  for (std::uint64_t steps = known_; steps != 0; steps &= steps - 1)
    out.time(steps_[static_cast<std::size_t>(std::countr_zero(steps))].ready, now);
  const std::uint64_t sketch = out.value().folded() | 1;
  std::uint64_t& met = sketches_[sketch >> 1 & (kSketches - 1)];
  const bool seen = met == sketch;
  met = sketch;
  return seen;
}

StateHash::Value Walk::state(int level, std::int64_t now) const {
  StateHash out;
  const Step& from = base(level);
  out.word(level + (by_stage(level) ? looked_at_ * kMostLoops : 0));
  for (const Step& step : steps_) {
    out.word(step.finished ? 1 : 0);
    if (!step.finished) {
      place_of(step, level, from, out);
      needs_of(step, level, now, out);
    }
    if (step.slots != nullptr) slots_of(step, level, now, out);
  }
  for (const std::int64_t at : free_at_) out.time(at, now);
  if (!own_ports_) ports_.state(now, out);
  // Where nothing is asked of the memory, it goes on by itself.
  const bool fetching = !by_stage(level) || transfers_ != transfers_before_;
  out.word(fetching ? 1 : 0);
  if (!fetching) return out.value();
  for (std::size_t i = 0; i < transfers_under_way_.size(); ++i)
    out.time(transfers_under_way_[(transfers_ + i) % transfers_under_way_.size()].end, now);
  memory_.state(now, out);
  return out.value();
}

void Walk::place_of(const Step& step, int level, const Step& base, StateHash& out) const {
  for (std::size_t i = 0; i < step.depth; ++i) {
    const std::size_t l = step.order[i];
    const bool own = by_stage(level) && step.order[i] == level;
    out.word(own ? 0 : step.order[i] <= level ? step.at[l] - base.at[l] : step.at[l]);
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
  if (by_stage(level) && !step.compute) order_of(step, level, out);
  if (bursts_matter_ && step.region != nullptr && !step.region->aligned())
    bursts_of(step, level, out);
}

// What each need is behind or ahead by, and the times that it may still look at.
// Of those by loops outside the tiles looked at, nothing: they are as they are for all the row, and
// a step that goes through none of them waits for what no period may reach.
void Walk::needs_of(const Step& step, int level, std::int64_t now, StateHash& out) const {
  if (by_stage(level)) {
    const std::size_t s = static_cast<std::size_t>(&step - steps_.data());
    const bool known = (known_ >> s & 1u) != 0;
    out.word(!known ? 2 : step.ready <= now ? 1 : 0);
  }
  const std::size_t count = step.from->needs.size();
  for (std::size_t i = 0; i < count; ++i) {
    const WalkNeed& need = step.needs[i];
    const Step& other = steps_[need.producer];
    if (need.by_key) {
      const std::int64_t ahead = outer_ < 0 ? 0
                                            : other.ordinal[static_cast<std::size_t>(outer_)] -
                                                  step.ordinal[static_cast<std::size_t>(outer_)];
      out.word(ahead);
      if (by_stage(level)) out.word(distance(step, need, level));
      continue;
    }
    const std::int64_t far = gap(step, need);
    if (by_stage(level) && need.depth < level && !need.streamed) {
      out.word(far);
      continue;
    }
    const std::int64_t count_coming =
        coming(step, need, now, [&](std::int64_t end, std::int64_t start) {
          out.time(end, now);
          if (need.early || need.streamed) out.time(start, now);
        });
    const bool ahead = by_stage(level) && need.depth == level && far - count_coming >= kFarAhead;
    out.word(kFar + count_coming);
    out.word(ahead ? kAhead : far);
  }
}

// Transfers of one stage are asked for in the order of their tiles.
void Walk::order_of(const Step& step, int level, StateHash& out) const {
  const auto l = static_cast<std::size_t>(level);
  for (const Step& other : steps_) {
    if (&other == &step) return;
    if (other.compute || other.stage != step.stage || other.finished || step.finished) continue;
    const bool both = goes(step, level) && goes(other, level);
    out.word(both ? step.at[l] - other.at[l] : std::max(step.at[l], other.at[l]) > 0 ? 1 : 0);
  }
}

// Those that are long ago are so for good, and not looked at again.
void Walk::slots_of(const Step& step, int level, std::int64_t now, StateHash& out) const {
  const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
  const std::int64_t from = level > group_.pass_loop ? outer + step.key : outer;
  const auto visit = [&](std::uint64_t slots) {
    for (; slots != 0; slots &= slots - 1) {
      const int at = std::countr_zero(slots);
      const Slot& slot = step.slots[at];
      if (slot.outer < 0 || slot.times.end + longest_latency_ + 1 <= now) {
        step.recent &= ~(std::uint64_t{1} << at);
        continue;
      }
      out.word((at - from) & slot_mask_);
      out.word(outer - slot.outer);
      out.word(level > group_.pass_loop && slot.outer == outer ? slot.key - step.key : slot.key);
      const bool own = slot.outer == outer;
      out.word(by_stage(level) && own ? slot.tile - step.tile : slot.tile);
      out.word(slot.times.end - now);
      out.time(slot.times.start + longest_latency_ + 1, now);
    }
  };
  const std::uint64_t before = (std::uint64_t{1} << (from & slot_mask_)) - 1;
  visit(step.recent & ~before);
  visit(step.recent & before);
}

// Where in a burst transfers begin, which is what cuts them into requests.
void Walk::bursts_of(const Step& step, int level, StateHash& out) const {
  at_ends_inside(
      step.from->loops, level, step.at,
      [&](int loop, const Coordinates& at) { return trips(step, loop, at); },
      [&](const Coordinates& at) { out.word(step.region->into_burst(at)); });
}

}  // namespace weft::engine
