// What a walk passes over: the tiles of its stages at their paces, until the first of them comes to
// its last few; then, where all steps move alike, rows of tiles and heads.
#include <algorithm>
#include <cmath>

#include "models/engine/analytic/walk.hpp"
#include "models/engine/schedule/regions.hpp"
#include "models/engine/schedule/step_cost.hpp"

namespace weft::engine {
namespace {

constexpr std::int64_t kTail = 2;   // iterations at a loop's end that are walked
constexpr std::int64_t kWorth = 3;  // fewer are walked too
constexpr int kLeastPaces = 2;      // iterations whose pace is taken, at least,
constexpr std::int64_t kShare = 8;  // and as many as take this part of the budget
constexpr int kAgain = 2;           // iterations after which a pace that is known is used
constexpr double kLikely = 0.05;    // within this share of it
constexpr int kHeads = 6;           // of one pace, after which all others are left at it
constexpr std::int64_t kLeave =
    75;  // percent of the budget, after which heads are left at a mean pace

}  // namespace

// Whether a loop has been looked at for long enough: until contexts and copies are full, or as long
// as the budget allows.
bool Walk::measured(const History& history) const {
  return history.count > kLeastPaces && walked_.firings - history.since >= budget_ / kShare;
}

// Takes down the ends of a stage's iterations, by its last step: a stage's first steps run ahead
// before they meet its pace.
void Walk::note(int s, int outermost, std::int64_t now) {
  const Step& step = steps_[static_cast<std::size_t>(s)];
  mark(s, outermost);
  Stage& stage = stages_[static_cast<std::size_t>(step.stage)];
  if (s == stages_.back().last) last_fired_ = now, trail_ = 0;
  if (s != stage.last) return;
  stage.tiles += 1;
  for (std::size_t l = 0; l < kMostLoops; ++l) {
    History& history = stage.history[l];
    const bool inside = static_cast<int>(l) > outermost;
    if (inside) history.count = 0;  // begins anew inside the loop that moved
    if (history.count == 0) history.since = walked_.firings;
    if (inside || static_cast<int>(l) < outermost || (step.loops >> l & 1u) == 0) continue;
    history.at[static_cast<std::size_t>(history.count++) % kPaces] = now + recurred_;
  }
  look_ = true;
}

// Cycles from one iteration to the next; exact where they recur.
double Walk::pace(const History& history, bool& exact) const {
  const int paces = std::min<int>(history.count, kPaces) - 1;
  const auto at = [&](int back) {
    return history.at[static_cast<std::size_t>(history.count - 1 - back) % kPaces];
  };
  for (int period = 1; 2 * period <= paces; ++period) {
    const std::int64_t whole = at(0) - at(period);
    const int over = std::max(period, std::min(2 * paces / 3, paces - period));
    bool recurs = over + period <= paces;
    for (int i = 0; i < over && recurs; ++i) recurs = at(i) - at(i + period) == whole;
    if (!recurs) continue;
    exact = paces > kLeastPaces;
    return static_cast<double>(whole) / period;
  }
  exact = false;
  const int over = std::max(1, 2 * paces / 3);
  return static_cast<double>(at(0) - at(over)) / over;
}

// Whether a pace that does not recur is one at all: no iteration takes more than three times the
// mean of the others.
bool Walk::even(const History& history) const {
  const int paces = std::min<int>(history.count, kPaces) - 1;
  const auto at = [&](int i) {
    return history.at[static_cast<std::size_t>(history.count - 1 - i) % kPaces];
  };
  std::int64_t most = 0;
  for (int back = 0; back < paces; ++back) most = std::max(most, at(back) - at(back + 1));
  return most * (paces - 1) <= 3 * (at(0) - at(paces) - most);
}

// Iterations of a loop that every step of a stage (all of them: kNone) can be moved by; 0 where
// they are in different places of the loops around it.
std::int64_t Walk::left(int stage, int level, const Step& reference) const {
  std::int64_t least = INT64_MAX;
  for (const Step& step : steps_) {
    if (step.finished || (step.loops >> level & 1u) == 0 || (stage != kNone && step.stage != stage))
      continue;
    for (int l = 0; l < level; ++l) {
      if ((step.loops >> l & 1u) != 0 &&
          step.at[static_cast<std::size_t>(l)] != reference.at[static_cast<std::size_t>(l)])
        return 0;
    }
    // Under a mask rows have different numbers of tiles: what runs ahead into the next row would
    // have too few of them.
    const Step& peer =
        steps_[static_cast<std::size_t>(stages_[static_cast<std::size_t>(step.stage)].last)];
    const auto own = static_cast<std::size_t>(level);
    if (sizing_.masked && level > 0 && step.loops >> (level + 1) != 0 && !peer.finished &&
        step.at[own] != peer.at[own])
      return 0;
    const std::int64_t at = step.at[static_cast<std::size_t>(level)];
    const TripRange range = trips(step, level);
    least = std::min(least, range.end - 1 - kTail - at);
    // Under a mask iterations grow: what is told from those so far is told of as many more.
    if (sizing_.masked && level > 0) least = std::min(least, std::max(kWorth, at - range.begin));
  }
  return least == INT64_MAX ? 0 : least;
}

// Whether the iterations since the loop around them moved are at a pace that is known from before.
bool Walk::confirms(const History& history, double pace) const {
  const int paces = std::min<int>(history.count, kPaces) - 1;
  const std::int64_t took =
      history.at[static_cast<std::size_t>(history.count - 1) % kPaces] -
      history.at[static_cast<std::size_t>(history.count - 1 - paces) % kPaces];
  return std::abs(static_cast<double>(took) - paces * pace) <=
         std::max(kLikely * paces * pace, 1.0);
}

bool Walk::ready_to_jump(Stage& stage, unsigned active, std::int64_t now) {
  const Step& last = steps_[static_cast<std::size_t>(stage.last)];
  for (std::size_t i = last.depth; i > 1; --i) {
    const int level = last.order[i - 1];
    if (stages_.size() > 1 && level < group_.pass_loop) return false;
    History& history = stage.history[static_cast<std::size_t>(level)];
    Pace& known = stage.paces[active % stage.paces.size()];
    const bool again = known.level == level && known.active == active && history.count > kAgain &&
                       confirms(history, known.cycles);
    if (!again && !measured(history)) continue;
    stage.most = left(last.stage, level, last);
    if (stage.most < kWorth) continue;
    if (held(now, 1u << last.stage, level)) {
      history.count = 0;  // what is looked at is the wait
      continue;
    }
    stage.level = level;
    if (!again) {
      bool exact = false;
      const double each = pace(history, exact);
      // What ends rows fires in bursts: only a pace that recurs is one.
      if (!exact && (!last.over_pass_rank || !even(history))) return false;
      known = {each, exact, level, active};
    }
    stage.pace = known.cycles;
    stage.exact = known.exact;
    return stage.pace > 0;
  }
  return false;
}

// Whether a step of a stage could fire, or its last one has done so of late.
bool Walk::at_work(std::size_t stage, std::int64_t now) const {
  bool ready = false;  // one of its steps could fire
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    ready = ready || ((known_ >> s & 1u) != 0 && steps_[s].compute &&
                      steps_[s].stage == static_cast<int>(stage));
  }
  const Step& last = steps_[static_cast<std::size_t>(stages_[stage].last)];
  const History& history =
      stages_[stage].history[static_cast<std::size_t>(last.order[last.depth - 1u])];
  if (ready || last.finished || history.count < 2) return ready;
  const auto at = [&](int back) {
    return history.at[static_cast<std::size_t>(history.count - 1 - back) % kPaces];
  };
  return now + recurred_ - at(0) <= 2 * (at(0) - at(1));
}

// Every stage at work is at a steady pace: all move by as much time as the first of them has left.
bool Walk::jump_stages(std::int64_t now) {
  double cycles = 1e300;
  unsigned moved = 0;
  bool exact = true;
  for (std::size_t i = 0; i < stages_.size(); ++i)
    moved |= stages_[i].last != kNone && at_work(i, now) ? 1u << i : 0u;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if ((moved >> i & 1u) == 0) continue;
    if (!ready_to_jump(stages_[i], moved, now)) return false;
    cycles =
        std::min(cycles, cycles_of(steps_[static_cast<std::size_t>(stages_[i].last)],
                                   stages_[i].level, stages_[i].most,
                                   stages_[i].history[static_cast<std::size_t>(stages_[i].level)],
                                   stages_[i].pace));
    exact = exact && stages_[i].exact;
  }
  if (moved == 0) return false;
  const bool one = (moved & (moved - 1)) == 0;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = stages_[i];
    if ((moved >> i & 1u) == 0) continue;
    const std::int64_t by =
        one ? stage.most
            : std::min(stage.most, static_cast<std::int64_t>(std::llround(cycles / stage.pace)));
    count(stage, stage.level, by);
    for (Step& step : steps_) {
      const auto l = static_cast<std::size_t>(stage.level);
      if (!step.finished && step.stage == static_cast<int>(i) && (step.loops >> l & 1u) != 0)
        step.at[l] += by;
    }
  }
  const bool transfers = std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.unit == fetcher_ && !step.finished && (moved >> step.stage & 1u) != 0 &&
           (step.loops >> stages_[static_cast<std::size_t>(step.stage)].level & 1u) != 0;
  });
  if (!transfers) let_memory_go_on(now, static_cast<std::int64_t>(cycles));
  pass(cycles, exact);
  return true;
}

// All steps move by whole iterations of a loop outside their stages' tiles.
bool Walk::jump_all(int level, std::int64_t now) {
  Stage& stage = stages_.back();
  const Step& last = steps_[static_cast<std::size_t>(stage.last)];
  const auto l = static_cast<std::size_t>(level);
  if ((last.loops >> level & 1u) == 0 || !measured(stage.history[l])) return false;
  const std::int64_t by = left(kNone, level, last);
  if (by < kWorth) return false;
  if (held(now, ~0u, level)) {
    stage.history[l].count = 0;
    return false;
  }
  bool exact = false;
  const double each = pace(stage.history[l], exact);
  if (!exact && !sizing_.masked && !even(stage.history[l])) return false;
  const double cycles = cycles_of(last, level, by, stage.history[l], each);
  for (Stage& each_stage : stages_) {
    if (each_stage.last != kNone) count(each_stage, level, by);
  }
  for (Step& step : steps_) {
    if (!step.finished && (step.loops >> level & 1u) != 0) step.at[l] += by;
  }
  pass(cycles, exact);
  return true;
}

// All heads that are left at the pace of those so far, and what follows the last step.
bool Walk::leave(std::int64_t now) {
  Stage& stage = stages_.back();
  Step& last = steps_[static_cast<std::size_t>(stage.last)];
  if (last.finished || !measured(stage.history[0]) || held(now, ~0u, 0)) return false;
  const std::int64_t heads = sizing_.repeats - last.at[0];
  if (heads < kWorth) return false;
  bool exact = false;
  const double each = pace(stage.history[0], exact);
  const bool enough = exact && stage.history[0].count > kHeads;
  if (!enough && walked_.firings < budget_ * kLeave / 100) return false;
  const Cost& cost = last.costs[0];
  walked_.passed += static_cast<double>(heads) * each;
  if (!exact) walked_.uncertain += static_cast<double>(heads) * each;
  last_end_ = now + std::max(trail_, cost.issue + cost.extra);
  walked_.finished = true;
  return true;
}

bool Walk::jump(std::int64_t now) {
  if (jump_stages(now)) return true;
  if (stages_.size() == 1) return false;
  for (int level = group_.pass_loop - 1; level > 0; --level) {
    if (jump_all(level, now)) return true;
  }
  return false;
}

// What the next iterations of a loop take. Under a mask they grow or shrink with the tiles in them:
// what the last ones took more than the first of those looked at goes by the tile.
double Walk::cycles_of(const Step& step, int level, std::int64_t jump, const History& history,
                       double pace) const {
  const auto iterations = static_cast<double>(jump);
  if (!sizing_.masked || level == 0) return iterations * pace;
  Step probe = step;
  const auto l = static_cast<std::size_t>(level);
  const auto tiles = [&](std::int64_t at) {
    probe.at[l] = at;
    return tiles_inside(probe, level);
  };
  const double next = (tiles(step.at[l]) + tiles(step.at[l] + jump - 1)) / 2;
  const int paces = std::min<int>(history.count, kPaces) - 1;
  const int half = std::max(1, paces / 2);
  const auto span = [&](int from, int to) {
    const auto time = [&](int back) {
      return history.at[static_cast<std::size_t>(history.count - 1 - back) % kPaces];
    };
    return static_cast<double>(time(from) - time(to)) / (to - from);
  };
  const auto mean = [&](int from, int to) {
    return (tiles(step.at[l] - 1 - from) + tiles(step.at[l] - to)) / 2;
  };
  const double late = span(0, half);
  const double late_tiles = std::max(1.0, mean(0, half));
  if (paces > half) {
    const double early_tiles = mean(half, paces);
    const double each = (late - span(half, paces)) / (late_tiles - early_tiles);
    // By the tile at most: an iteration takes no less for having fewer tiles.
    if (late_tiles != early_tiles && each >= 0)
      return iterations * std::clamp(late + each * (next - late_tiles), 0.0,
                                     late * std::max(1.0, next / late_tiles));
  }
  return iterations * late * next / late_tiles;
}

double Walk::tiles_inside(Step probe, int level) const {
  double tiles = 1;
  for (const int l : probe.from->loops) {
    if (l <= level) continue;
    const TripRange range = trips(probe, l);
    probe.at[static_cast<std::size_t>(l)] = range.begin;
    tiles *= static_cast<double>(std::max<std::int64_t>(0, range.end - range.begin));
  }
  return tiles;
}

// Whether a transfer is under way that does not move with the loop while others do: then its pace
// is that of the wait for it.
bool Walk::held(std::int64_t now, unsigned stages, int level) const {
  const auto moves = [&](const Step& step) {
    return (stages >> step.stage & 1u) != 0 && (step.loops >> level & 1u) != 0;
  };
  const bool none = std::none_of(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.unit == fetcher_ && !step.finished && moves(step);
  });
  return !none && std::any_of(transfers_under_way_.begin(), transfers_under_way_.end(),
                              [&](const Transfer& transfer) {
                                return transfer.end > now &&
                                       !moves(steps_[static_cast<std::size_t>(transfer.step)]);
                              });
}

// What is under way in memory goes on while a jump passes: for what has jumped it ends that much
// sooner.
void Walk::let_memory_go_on(std::int64_t now, std::int64_t cycles) {
  memory_.sooner(cycles);
  for (Transfer& transfer : transfers_under_way_)
    transfer.end = std::min(transfer.end, std::max(now, transfer.end - cycles));
  for (Step& step : steps_) {
    if (step.unit != fetcher_) continue;
    for (std::size_t l = 0; l < kMostLoops; ++l) {
      if (step.rings[l] == nullptr) continue;
      for (std::int64_t n = std::max<std::int64_t>(0, step.ordinal[l] - 4); n < step.ordinal[l];
           ++n) {
        Times& times = step.rings[l][n % kRing];
        times.start = times.end = std::min(times.end, std::max(now, times.end - cycles));
      }
    }
  }
}

void Walk::pass(double cycles, bool exact) {
  walked_.passed += cycles;
  if (!exact) walked_.uncertain += cycles;
  for (Stage& stage : stages_) {
    for (History& history : stage.history) history.count = 0;
  }
  ++passes_;
  evaluate_anew();
}

// Tiles of a stage that a jump passes over.
void Walk::count(Stage& stage, int level, std::int64_t by) {
  const Step& last = steps_[static_cast<std::size_t>(stage.last)];
  if (last.finished || (last.loops >> level & 1u) == 0) return;
  Step probe = last;
  const double first = tiles_inside(probe, level);
  probe.at[static_cast<std::size_t>(level)] += by - 1;
  stage.tiles += static_cast<double>(by) * (first + tiles_inside(probe, level)) / 2;
}

// How far the work is done, from 0 to 1: tiles of each stage, weighed by the cycles of the unit
// that takes the most of it.
double Walk::done() const {
  double all = 0;
  double here = 0;
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (stages_[i].last == kNone) continue;
    double most = 0;
    for (std::size_t unit = 0; unit < by_unit_.size(); ++unit) {
      double cycles = 0;
      for (const Step& step : steps_) {
        if (step.compute && step.unit == static_cast<int>(unit) &&
            step.stage == static_cast<int>(i))
          cycles += static_cast<double>(step.costs[0].issue);
      }
      most = std::max(most, cycles);
    }
    const Step& last = steps_[static_cast<std::size_t>(stages_[i].last)];
    const auto total =
        static_cast<double>(Regions(lowering_, sizing_, group_.group, last.loops).total());
    all += most * total;
    here += most * std::min(total, stages_[i].tiles);
  }
  return all > 0 ? here / all : 1;
}

}  // namespace weft::engine
