// What a walk passes over to the cycle: where the state of everything is what it has been before,
// what followed follows again, shifted. As the simulator's steady-state advance, but that stages
// may go through their tiles at paces of their own, and that a period once found is known again in
// every row of tiles that comes to a state of it.
#include <algorithm>
#include <array>
#include <bit>

#include "models/engine/analytic/walk.hpp"
#include "models/engine/schedule/regular.hpp"

namespace weft::engine {
namespace {

constexpr std::int64_t kWorth = 3;        // tiles that are left in a row
constexpr std::int64_t kWorthInside = 8;  // and inside those of the pass rank
constexpr std::int64_t kLooks = 256;      // in vain, before they are further apart:
constexpr std::int64_t kApart = 4;        // by so many tiles
constexpr std::int64_t kMostTrips = INT32_MAX;
constexpr std::int64_t kBeforeAll = -(std::int64_t{1} << 60);
constexpr int kRowsCompared = 32;  // of a head, with those of the heads before
constexpr int kOthers = 4;         // tiles of other stages, after which another stage is looked at

}  // namespace

// Notes the end of an iteration at which the state is worth a look.
void Walk::mark(int s, int outermost) {
  const Step& step = steps_[static_cast<std::size_t>(s)];
  if (step.finished) return;
  if (s == group_.reference && ends_row(step, outermost)) row_ended_ = true;
  if (s == group_.reference && outermost < group_.pass_loop) {
    if (boundary_ == kNone || outermost < boundary_) boundary_ = outermost;
    return;
  }
  if (!by_stage(outermost) || (boundary_ != kNone && boundary_ < outermost)) return;
  if (s != stages_[static_cast<std::size_t>(step.stage)].last) return;
  if (step.stage == looked_at_) {
    since_ = 0;
    // Transfers are cut into requests alike after so many tiles, and nothing recurs before; nor is
    // a look worth it near a row's end, or across it. Where nothing has recurred for long, looks
    // are further apart.
    const auto own = static_cast<std::size_t>(outermost);
    const std::int64_t alike = stages_[static_cast<std::size_t>(step.stage)].alike[own];
    const std::int64_t apart = looks_in_vain_ < kLooks ? 1 : kApart;
    const std::int64_t worth = outermost > group_.pass_loop ? kWorthInside : kWorth;
    if (step.end[own] - step.at[own] < worth) return;
    if (outermost > group_.pass_loop && !in_one_row(step, outermost)) return;
    if ((alike == 1 || step.at[own] % alike == 0) && step.at[own] % apart == 0)
      boundary_ = outermost;
  } else if (looked_at_ == kNone || ++since_ > kOthers) {
    looked_at_ = step.stage;
    since_ = 0;
  }
}

// Whether a row of firings ends where this loop moves: enough of them for heads to be worth a look.
bool Walk::ends_row(const Step& step, int outermost) const {
  return outermost < group_.pass_loop ||
         (outermost == group_.pass_loop && step.order[step.depth - 1u] > outermost);
}

// Heads need not come to their ends to be told alike: the state relative to a head is whole
// wherever it is looked at. Where rows end it is compared with the heads before, and heads are
// passed over from there, from the middle of one to the middle of another.
bool Walk::recur_anywhere(std::int64_t now) {
  if (boundary_ == 0) rows_compared_ = 0;
  if (row_ended_ && boundary_ != 0 && !heads_noted_ && sizing_.repeats > 2 &&
      rows_compared_ < kRowsCompared) {
    ++rows_compared_;
    if (recur(0, now)) return true;
  }
  return boundary_ != kNone && recur(boundary_, now);
}

// Whether all steps of a stage are in the row of its last one. Where some have begun the next, few
// tiles are left to the others.
bool Walk::in_one_row(const Step& last, int level) const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.stage != last.stage || !step.compute || step.finished ||
           std::equal(step.at.begin(), step.at.begin() + level, last.at.begin());
  });
}

bool Walk::advances_at(int level) const {
  if (by_stage(level) && (steps_.size() > States::kMostSteps ||
                          loops_[static_cast<std::size_t>(level)].trips > kMostTrips))
    return false;
  if (!sizing_.masked || level == 0) return true;
  if (level <= group_.pass_loop)
    return lowered_.loops[static_cast<std::size_t>(level)].base == lowering_.mask_key;
  for (std::size_t l = static_cast<std::size_t>(level) + 1; l < lowered_.loops.size(); ++l) {
    if (loops_[l].masked) return false;
  }
  return true;
}

bool Walk::recur(int level, std::int64_t now) {
  if (!advances_at(level)) return false;
  if (by_stage(level) && !seen_alike(level, now)) {
    ++looks_in_vain_;
    return false;
  }
  const StateHash::Value hash = state(level, now);
  const bool fetching = transfers_ != transfers_before_;
  if (by_stage(level)) transfers_before_ = transfers_;
  bool anew = false;
  States::Seen& seen = states_.find(hash, anew);
  const std::int64_t time = now + recurred_;
  const Step& from = base(level);
  std::int64_t where = 0;
  for (std::size_t l = 0; l < static_cast<std::size_t>(level); ++l) where += from.ordinal[l];
  const std::int64_t row = from.at[static_cast<std::size_t>(level)];
  States::Places places{};
  if (by_stage(level)) {
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      if (goes(steps_[s], level))
        places[s] = static_cast<std::int32_t>(steps_[s].at[static_cast<std::size_t>(level)]);
    }
  }
  // Without the memory in it, a state is the same only while nothing is asked of the memory.
  const bool fetches = transfers_ != seen.transfers;
  const bool alike = !by_stage(level) || fetching || !fetches;
  if (!anew && seen.period.cycles == 0 && seen.where == where && alike) {
    seen.period.fetches = fetches;
    seen.period.cycles = time - seen.time;
    seen.period.rows = row - seen.row;
    for (std::size_t i = 0; i < places.size(); ++i)
      seen.period.moves[i] = places[i] - seen.places[i];
    if (by_stage(level) && keep_ahead(level, seen.period, now, true) == 0) seen.period = {};
  }
  if (seen.period.cycles > 0) {
    const std::int64_t times = periods(level, seen.period, now);
    // Inside the tiles of the pass rank: what is remembered by key must be long ago when the next
    // tile comes to it.
    if (level > group_.pass_loop && times * seen.period.cycles < 2 * longest_latency_) return false;
    if (times <= 0) return false;
    if (level == 0) note_heads(seen.period, times);
    repeat(level, seen.period, times);
    looks_in_vain_ = 0;
    return true;
  }
  if (by_stage(level)) ++looks_in_vain_;
  seen.time = time;
  seen.transfers = transfers_;
  seen.where = where;
  seen.row = row;
  seen.places = places;
  return false;
}

std::int64_t Walk::moved(const Step& step, int level, const States::Period& period) const {
  if (!goes(step, level)) return 0;
  return by_stage(level) ? period.moves[static_cast<std::size_t>(&step - steps_.data())]
                         : period.rows;
}

// Whole periods that every step can move by without meeting a tile of another class.
std::int64_t Walk::periods(int level, const States::Period& period, std::int64_t now) const {
  std::int64_t most = INT64_MAX;
  bool any = false;
  // Under a mask, what waits for all keys of its queries: iterations in which they are as many.
  const auto sees_alike = [&](const Step& step, std::int64_t left) {
    const auto waits = [](const WalkNeed& need) { return need.kind == NeedKind::complete; };
    if (!sizing_.masked || level <= group_.pass_loop ||
        std::none_of(step.needs, step.needs + step.from->needs.size(), waits))
      return left;
    Step probe = step;
    const auto more = [&](std::int64_t iterations) {
      probe.at[static_cast<std::size_t>(level)] =
          step.at[static_cast<std::size_t>(level)] + iterations;
      return pass_total(probe) != pass_total(step);
    };
    std::int64_t alike = 0;
    for (std::int64_t far = left + 1; far - alike > 1;) {
      const std::int64_t middle = alike + (far - alike) / 2;
      (more(middle) ? far : alike) = middle;
    }
    return alike;
  };
  for (const Step& step : steps_) {
    const std::int64_t by = moved(step, level, period);
    if (by < 0) return 0;
    if (by == 0) {
      // What stands still may not come to its turn meanwhile.
      const auto s = static_cast<std::size_t>(&step - steps_.data());
      if (!by_stage(level) || (known_ >> s & 1u) == 0) continue;
      if (step.compute && step.ready <= now) continue;
      std::int64_t start = std::max(step.ready, free_at_[static_cast<std::size_t>(step.unit)]);
      if (!step.compute) start = std::max(start, in_flight_until(now));
      most = std::min(most, (start - now - 1) / period.cycles);
      if (most <= 0) return 0;
      continue;
    }
    any = true;
    // The next firing too must be of the same class after the jump, or one that nothing asks of
    // yet.
    const std::int64_t end =
        regular_end(lowering_, sizing_, group_.group, step.from->loops, level, step.at);
    const std::int64_t next = may_end(step, level, end) ? 0 : 1;
    const std::int64_t left = end - next - step.at[static_cast<std::size_t>(level)];
    most = std::min(most, sees_alike(step, left) / by);
    if (most <= 0) return 0;
  }
  if (!any) return 0;
  return by_stage(level) ? std::min(most, keep_ahead(level, period, now, false)) : most;
}

// Whether a jump may leave a step at the end of what is alike. All firings of it so far are of
// whole iterations, and were like those of the periods before; the next is of another class, or
// there is none, and others go on as they did until it would have come to its turn. Behind all
// heads only a transfer may be: what computes goes on, so that something ends later than all so
// far.
bool Walk::may_end(const Step& step, int level, std::int64_t end) const {
  if (level == 0 ? step.compute
                 : sizing_.masked || end == step.end[static_cast<std::size_t>(level)])
    return false;
  const auto begins = [&](std::size_t l) {
    return static_cast<int>(l) <= level || step.at[l] == step.begin[l];
  };
  return std::all_of(step.order.begin(), step.order.begin() + step.depth, begins);
}

// Of how many periods each step finds what it waits for done for long, from the first to the last,
// where it is told so, whatever the pace: of those to come, or whether it was so in the one that
// has just been (`before`).
std::int64_t Walk::keep_ahead(int level, const States::Period& period, std::int64_t now,
                              bool before) const {
  std::int64_t most = INT64_MAX;
  for (const Step& step : steps_) {
    if (step.finished) continue;
    const std::int64_t own = moved(step, level, period);
    for (std::size_t i = 0; i < step.from->needs.size(); ++i) {
      const WalkNeed& need = step.needs[i];
      if (!need.by_key && need.depth < level) continue;
      const std::int64_t nearer = own - moved(steps_[need.producer], level, period);
      const std::int64_t far = need.by_key ? distance(step, need, level) : gap(step, need);
      std::int64_t ahead = 0;
      if (need.by_key) {
        if (far != kAhead) {
          if (far != kNone && nearer != 0) return 0;
          continue;
        }
        ahead = apart(step, need, level);
      } else {
        ahead = far - coming(step, need, now, [](std::int64_t, std::int64_t) {});
        if (need.depth != level || ahead < kFarAhead) {
          if (nearer != 0) return 0;
          continue;
        }
      }
      ahead -= own + kMargin - (before ? nearer : 0);
      if (ahead < 0) return 0;
      if (!before && nearer > 0) most = std::min(most, ahead / nearer);
    }
  }
  return most;
}

// A second time, or behind a step that has come to its end, heads need not go on alike.
void Walk::note_heads(const States::Period& period, std::int64_t times) {
  const bool all = !by_stage(0) && std::none_of(steps_.begin(), steps_.end(),
                                                [](const Step& step) { return step.finished; });
  walked_.heads_recur =
      all && !heads_noted_ ? HeadsRecur{period.rows, period.cycles, times} : HeadsRecur{};
  heads_noted_ = true;
}

// Ordinals of the loops inside stay: they are only told relative to one another, and all of them
// would move alike.
void Walk::repeat(int level, const States::Period& period, std::int64_t times) {
  recurred_ = plus(recurred_, weft::times(period.cycles, times, "cycles"), "cycles");
  if (by_stage(level)) leave_behind(level, period, period.cycles * times);
  last_end_ -= period.cycles * times;  // what follows ends later than all so far
  const auto own = static_cast<std::size_t>(level);
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].last == kNone) continue;
    const Step& last = steps_[static_cast<std::size_t>(stages_[i].last)];
    count(stages_[i], level, moved(last, level, period) * times);
  }
  for (Step& step : steps_) {
    const std::int64_t by = moved(step, level, period) * times;
    if (by == 0) continue;
    step.at[own] += by;
    step.finished = level == 0 && step.at[0] == sizing_.repeats;
    if (by_stage(level)) move_ordinals(step, level, by);
    if (by_stage(level) && step.slots != nullptr) move_slots(step);
  }
  evaluate_anew();
}

// Steps need not go alike: how far one is ahead of another is told by the loop's own ordinals.
void Walk::move_ordinals(Step& step, int level, std::int64_t by) {
  const auto own = static_cast<std::size_t>(level);
  const std::int64_t kept = std::min(step.ordinal[own], kRing);
  step.ordinal[own] += by;
  Times* const ring = step.rings[own];
  if (ring == nullptr) return;
  if (by % kRing != 0) std::rotate(ring, ring + (kRing - by % kRing), ring + kRing);
  // Those that were passed over, and are still looked back to, are long ago.
  const std::int64_t first = std::max<std::int64_t>(0, step.ordinal[own] - kRing);
  for (std::int64_t n = step.ordinal[own] - kept - 1; n >= first; --n)
    ring[n % kRing] = {kBeforeAll, kBeforeAll};
}

// Times of what does not go through the tiles that are passed over are so much longer ago, or
// nearer.
void Walk::leave_behind(int level, const States::Period& period, std::int64_t cycles) {
  const auto earlier = [&](Times& times) {
    times.start -= cycles;
    times.end -= cycles;
  };
  for (Step& step : steps_) {
    const bool stands = moved(step, level, period) == 0;
    for (int l = 0; l < kMostLoops; ++l) {
      Times* ring = step.rings[static_cast<std::size_t>(l)];
      if (ring == nullptr || (!stands && l >= level)) continue;
      const std::int64_t done = step.ordinal[static_cast<std::size_t>(l)];
      for (std::int64_t n = std::max<std::int64_t>(0, done - kRing); n < done; ++n)
        earlier(ring[n % kRing]);
    }
    if (step.slots == nullptr) continue;
    const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
    for (std::uint64_t slots = step.recent; slots != 0; slots &= slots - 1) {
      Slot& slot = step.slots[std::countr_zero(slots)];
      if (stands || slot.outer != outer) earlier(slot.times);
    }
  }
  if (period.fetches) return;
  memory_.sooner(cycles);
  for (Transfer& transfer : transfers_under_way_) transfer.end -= cycles;
}

// What is remembered by key of this row goes with the step. What is long ago holds up nothing,
// wherever it lies.
void Walk::move_slots(Step& step) {
  const std::int64_t tile = step.tile;
  const std::int64_t key = step.key;
  place(step);
  const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
  std::array<Slot, kSlots> moved;
  std::size_t count = 0;
  for (std::uint64_t slots = step.recent; slots != 0; slots &= slots - 1) {
    const int at = std::countr_zero(slots);
    Slot& slot = step.slots[at];
    if (slot.outer != outer) continue;
    slot.tile += step.tile - tile;
    if (step.key == key) continue;
    moved[count] = slot;
    moved[count++].key += step.key - key;
    slot = {};
    step.recent &= ~(std::uint64_t{1} << at);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t at = (outer + moved[i].key) & slot_mask_;
    step.slots[at] = moved[i];
    step.recent |= std::uint64_t{1} << at;
  }
}

}  // namespace weft::engine
