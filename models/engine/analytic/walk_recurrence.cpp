// What a walk passes over to the cycle: where the state of everything is what it has been before,
// what followed follows again, shifted. As the simulator's steady-state advance, but that stages
// may go through their tiles at paces of their own, and that a period once found is known again in
// every row of tiles that comes to a state of it.
#include <algorithm>

#include "models/engine/analytic/walk.hpp"

namespace weft::engine {
namespace {

constexpr int kOthers = 4;  // tiles of other stages, after which another stage is looked at

}  // namespace

// Notes the end of an iteration at which the state is worth a look.
void Walk::mark(int s, int outermost) {
  const Step& step = steps_[static_cast<std::size_t>(s)];
  if (step.finished) return;
  if (s == group_.reference && outermost < group_.pass_loop) {
    if (boundary_ == kNone || outermost < boundary_) boundary_ = outermost;
    return;
  }
  if (outermost != group_.pass_loop || boundary_ != kNone) return;
  if (s != stages_[static_cast<std::size_t>(step.stage)].last) return;
  if (step.stage == looked_at_) {
    since_ = 0;
    // Transfers are cut into requests alike after so many tiles, and nothing recurs before.
    const std::int64_t alike = stages_[static_cast<std::size_t>(step.stage)].alike;
    if (step.at[static_cast<std::size_t>(outermost)] % alike == 0) boundary_ = outermost;
  } else if (looked_at_ == kNone || ++since_ > kOthers) {
    looked_at_ = step.stage;
    since_ = 0;
  }
}

bool Walk::advances_at(int level) const {
  if (by_stage(level) && stages_.size() > States::kMostStages) return false;
  if (!sizing_.masked || level == 0) return true;
  return lowered_.loops[static_cast<std::size_t>(level)].base == lowering_.mask_key;
}

bool Walk::recur(int level, std::int64_t now) {
  if (!advances_at(level)) return false;
  bool anew = false;
  States::Seen& seen = states_.find(state(level, now), anew);
  const std::int64_t time = now + recurred_;
  const Step& from = base(level);
  std::int64_t where = passes_ << 48;
  for (std::size_t l = 0; l < static_cast<std::size_t>(level); ++l) where += from.ordinal[l];
  States::Places places{};
  if (by_stage(level)) {
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      if (stages_[i].last != kNone)
        places[i] = origin(steps_[static_cast<std::size_t>(stages_[i].last)]);
    }
  } else {
    places[0] = from.at[static_cast<std::size_t>(level)];
  }
  if (!anew && seen.period.cycles == 0 && seen.where == where) {
    seen.period.cycles = time - seen.time;
    for (std::size_t i = 0; i < places.size(); ++i)
      seen.period.moves[i] = places[i] - seen.places[i];
  }
  if (seen.period.cycles > 0) {
    const std::int64_t times = periods(level, seen.period.moves);
    if (times > 0) repeat(level, seen.period, times);
    return times > 0;
  }
  seen.time = time;
  seen.where = where;
  seen.places = places;
  return false;
}

std::int64_t Walk::moved(const Step& step, int level, const States::Places& moves) const {
  if (step.finished || (step.loops >> level & 1u) == 0) return 0;
  return moves[by_stage(level) ? static_cast<std::size_t>(step.stage) : 0];
}

// Whole periods that every step can move by without meeting a tile of another class.
std::int64_t Walk::periods(int level, const States::Places& moves) const {
  std::int64_t most = INT64_MAX;
  for (const Step& step : steps_) {
    const std::int64_t by = moved(step, level, moves);
    if (by < 0) return 0;
    if (by == 0) continue;
    // The next firing too must be of the same class after the jump.
    const std::int64_t left =
        regular_end(step, level) - 1 - step.at[static_cast<std::size_t>(level)];
    most = std::min(most, left / by);
    if (most <= 0) return 0;
  }
  if (most == INT64_MAX) return 0;
  if (!by_stage(level)) return most;
  // A stage that reads by the tile from another in the same row keeps its distance.
  for (const Step& step : steps_) {
    if (step.finished) continue;
    for (std::size_t i = 0; i < step.from->needs.size(); ++i) {
      const WalkNeed& need = step.needs[i];
      const Step& other = steps_[need.producer];
      if (need.kind != NeedKind::at || other.finished || other.stage == step.stage) continue;
      const bool row = outer_ < 0 || other.ordinal[static_cast<std::size_t>(outer_)] ==
                                         step.ordinal[static_cast<std::size_t>(outer_)];
      if (row && moved(step, level, moves) != moved(other, level, moves)) return 0;
    }
  }
  return most;
}

// Iterations of `level` that are alike, for a step's position in the loops outside it: all but a
// smaller last tile or block, and under a mask those in which no query tile is left out.
std::int64_t Walk::regular_end(const Step& step, int level) const {
  const auto own = static_cast<std::size_t>(level);
  if (level == 0) return sizing_.repeats;
  std::size_t i = 0;
  while (lowered_.tiled[i].base != lowered_.loops[own].base) ++i;
  const RankSize& rank = size_.ranks[i];
  const bool edge = rank.edge != rank.tile;
  std::int64_t end = step.end[own];
  if (lowered_.tiled[i].block_loop == level) {
    if ((edge || rank.last_block != rank.block) && end == rank.blocks) --end;
  } else {
    const int block = lowered_.tiled[i].block_loop;
    const std::int64_t first =
        block == kNone ? 0 : step.at[static_cast<std::size_t>(block)] * rank.block;
    if (edge && first + end == rank.tiles) --end;
  }
  const bool queries_inside = std::any_of(
      step.order.begin(), step.order.begin() + step.depth,
      [&](std::uint8_t l) { return l > level && lowered_.loops[l].base == lowering_.mask_query; });
  if (!sizing_.masked || !queries_inside) return end;
  // A key loop under a mask: the query loops inside it begin later and later.
  Step probe = step;
  const auto whole = [&](std::int64_t at) {
    probe.at = step.at;
    probe.at[own] = at;
    for (std::size_t k = 0; k < step.depth; ++k) {
      const int l = step.order[k];
      if (l <= level || lowered_.loops[static_cast<std::size_t>(l)].base != lowering_.mask_query)
        continue;
      if (trips(probe, l).begin != 0) return false;
    }
    return true;
  };
  std::int64_t low = 0;
  while (low < end) {
    const std::int64_t middle = low + (end - low) / 2;
    if (whole(middle)) {
      low = middle + 1;
    } else {
      end = middle;
    }
  }
  return low;
}

// Ordinals stay: they are only told relative to one another, and all of them would move alike.
void Walk::repeat(int level, const States::Period& period, std::int64_t times) {
  recurred_ = plus(recurred_, weft::times(period.cycles, times, "cycles"), "cycles");
  const auto own = static_cast<std::size_t>(level);
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].last == kNone) continue;
    const Step& last = steps_[static_cast<std::size_t>(stages_[i].last)];
    count(stages_[i], level, moved(last, level, period.moves) * times);
    for (std::size_t l = own; l < kMostLoops; ++l) stages_[i].history[l].count = 0;
  }
  for (Step& step : steps_) {
    const std::int64_t by = moved(step, level, period.moves) * times;
    if (by == 0) continue;
    step.at[own] += by;
    if (!by_stage(level) || step.slots == nullptr) continue;
    const std::int64_t before = step.tile;
    place(step);
    const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
    for (std::int64_t k = 0; k <= slot_mask_; ++k) {
      if (step.slots[k].outer == outer) step.slots[k].tile += step.tile - before;
    }
  }
  evaluate_anew();
}

}  // namespace weft::engine
