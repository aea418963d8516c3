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

// Stages need not go through their tiles at one pace: each is told relative to its own last step.
std::int64_t Walk::origin(const Step& step, int level) const {
  const Stage& stage = stages_[static_cast<std::size_t>(step.stage)];
  if (stage.last == kNone) return 0;
  const Step& last = steps_[static_cast<std::size_t>(stage.last)];
  return last.finished || !runs(last, level) ? 0 : last.at[static_cast<std::size_t>(level)];
}

// How far what a step reads by key is ahead where the two of them go through one row, or kNone
// where it will not matter in this row.
std::int64_t Walk::distance(const Step& step, const WalkNeed& need, int level) const {
  const Step& other = steps_[need.producer];
  if (other.finished || other.stage == step.stage) return kNone;
  const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
  const std::int64_t others = outer_ < 0 ? 0 : other.ordinal[static_cast<std::size_t>(outer_)];
  if (others != outer) return kNone;
  if (level == group_.pass_loop)
    return need.kind == NeedKind::at ? kFar + origin(other, level) - origin(step, level) : kNone;
  const std::int64_t wanted = need.kind != NeedKind::complete ? step.tile
                              : other.over_pass_rank          ? pass_total(step) - 1
                                                              : 0;
  const std::int64_t tile = other.over_pass_rank ? other.tile : 0;
  if (tile != wanted) return kNone;
  return kFar + origin(other, level) - origin(step, level);
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
    out.word(own                      ? step.at[l] - origin(step, level)
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
    const std::int64_t index = step.ordinal[need.depth] + need.offset;
    const std::int64_t done = other.ordinal[need.depth];
    out.word(done - index);
    if (by_stage(level) && need.depth < level && !need.streamed) continue;
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
