#include "models/engine/analytic/walk.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "models/common/error.hpp"

namespace weft::engine {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 60);
constexpr std::int64_t kRingMask = kRing - 1;
static_assert((kRing & kRingMask) == 0, "places in a ring are told by bits");

// Visits the steps of a set, the first in program order first.
template <class Visit>
void each(std::uint64_t steps, const Visit& visit) {
  for (; steps != 0; steps &= steps - 1) visit(std::countr_zero(steps));
}

}  // namespace

Walked Walk::run() {
  evaluate_anew();
  std::int64_t now = 0;
  while (walked_.firings < budget_) {
    boundary_ = kNone;
    row_ended_ = false;
    std::int64_t next = fire_ready(now);
    if (next == kNever) {
      walked_.finished =
          std::all_of(steps_.begin(), steps_.end(), [](const Step& step) { return step.finished; });
      break;
    }
    if (recur_anywhere(now)) next = now + 1;
    now = next;
    if (half_time_ < 0 && walked_.firings >= budget_ / 2) {
      half_time_ = now + recurred_;
      half_done_ = done();
      half_heads_ = heads_;
      half_head_time_ = head_time_;
    }
  }
  return told(now);
}

// The walk's cycles; where it came to no end, what is left goes by the pace of its second half, or
// of the heads in it.
Walked Walk::told(std::int64_t now) {
  walked_.served_at_a_pace = memory_.at_a_pace();
  walked_.cycles = static_cast<double>(recurred_ + last_end_);
  if (walked_.finished) return walked_;
  const double here = done();
  const auto time = static_cast<double>(now + recurred_);
  double each = time / std::max(here, 1e-9);
  if (heads_ > 1 && half_heads_ > 0 && heads_ > half_heads_) {
    const auto heads = static_cast<double>(heads_ - half_heads_);
    each = static_cast<double>(head_time_ - half_head_time_) / heads *
           static_cast<double>(sizing_.repeats);
  } else if (half_time_ >= 0 && here - half_done_ > here / 4) {
    each = (time - static_cast<double>(half_time_)) / (here - half_done_);
  }
  walked_.left = (1 - here) * each;
  walked_.cycles = time + walked_.left;
  return walked_;
}

// The cycle until which no further transfer can be asked for; `now` where one can.
std::int64_t Walk::in_flight_until(std::int64_t now) const {
  return std::max(now, transfers_under_way_[transfers_ % transfers_under_way_.size()].end);
}

// Fires what can run in this cycle, one firing a unit, and returns the next cycle in which
// something could.
std::int64_t Walk::fire_ready(std::int64_t now) {
  for (int unit = 0; unit <= fetcher_; ++unit) {
    if (free_at_[static_cast<std::size_t>(unit)] <= now) fire_unit(unit, now);
  }
  std::int64_t next = kNever;
  for (int unit = 0; unit <= fetcher_; ++unit) {
    const std::uint64_t known = known_ & by_unit_[static_cast<std::size_t>(unit)];
    if (known == 0) continue;
    std::int64_t from = std::max(now + 1, free_at_[static_cast<std::size_t>(unit)]);
    if (unit == fetcher_) from = std::max(from, in_flight_until(now));
    if (from >= next) continue;
    each(known, [&](int s) {
      const std::int64_t at = std::max(steps_[static_cast<std::size_t>(s)].ready, from);
      if (at < next) next = own_ports_ ? at : std::min(next, std::max(at, start_of(s)));
    });
  }
  return next;
}

void Walk::fire_unit(int unit, std::int64_t now) {
  if (unit == fetcher_ && in_flight_until(now) > now) return;
  int best = kNone;
  each(known_ & by_unit_[static_cast<std::size_t>(unit)], [&](int s) {
    if (steps_[static_cast<std::size_t>(s)].ready > now) return;
    if (best != kNone && !precedes(s, best)) return;
    if (own_ports_ || start_of(s) <= now) best = s;
  });
  if (best != kNone) fire(best, now);
}

std::int64_t Walk::start_of(int s) const {
  const Step& step = steps_[static_cast<std::size_t>(s)];
  const std::int64_t at = std::max(step.ready, free_at_[static_cast<std::size_t>(step.unit)]);
  if (own_ports_ || step.cost->reads + step.cost->writes == 0) return at;
  return ports_.earliest(at, s, step.cost->reads, step.cost->writes);
}

unsigned Walk::edges(const Step& step) const {
  unsigned edges = 0;
  for (int i = 0; i < edges_count_; ++i) {
    const EdgeRank& rank = edge_ranks_[static_cast<std::size_t>(i)];
    std::int64_t tile = step.at[static_cast<std::size_t>(rank.tile_loop)];
    if (rank.block_loop != kNone)
      tile += step.at[static_cast<std::size_t>(rank.block_loop)] * rank.block;
    if (tile == rank.last) edges |= rank.bit;
  }
  return edges;
}

TripRange Walk::trips(const Step& step, int loop, const Coordinates& at) const {
  const LoopRank& rank = loops_[static_cast<std::size_t>(loop)];
  if (rank.masked) return trip_range(lowering_, sizing_, group_.group, step.from->loops, loop, at);
  const bool last =
      rank.block_loop != kNone && at[static_cast<std::size_t>(rank.block_loop)] + 1 == rank.blocks;
  return {0, last ? rank.last_block : rank.trips};
}

bool Walk::settle(Step& step, std::size_t from) const {
  for (std::size_t i = from; i < step.depth; ++i) {
    const auto l = static_cast<std::size_t>(step.order[i]);
    const TripRange range = trips(step, step.order[i], step.at);
    if (range.begin >= range.end) return false;
    step.at[l] = step.begin[l] = range.begin;
    step.end[l] = range.end;
  }
  return true;
}

// What follows from where a step is.
void Walk::place(Step& step) const {
  if (!step.compute) return;
  step.cost = step.costs + edges(step);
  if (pass_rank_ != kNone) step.tile = step.at[pass_block_] * pass_tiles_ + step.at[pass_tile_];
  std::int64_t key = 0;
  for (std::size_t i = 0; i < key_loops_count_; ++i)
    key = key * key_loops_[i].trips + step.at[key_loops_[i].loop];
  step.key = key;
}

// Moves to the next firing; which of the step's loops is the outermost that moved.
int Walk::next(Step& step, Times times) {
  std::size_t i = step.depth;
  while (i > 0) {
    const std::size_t l = step.order[--i];
    if (step.rings[l] != nullptr) step.rings[l][step.ordinal[l] & kRingMask] = times;
    ++step.ordinal[l];
    ++step.at[l];
    while (step.at[l] < step.end[l]) {
      if (settle(step, i + 1)) return static_cast<int>(l);
      ++step.at[l];
    }
  }
  step.finished = true;
  return 0;
}

// Looks at the needs that the last firing has put in question, from the blocked one on.
void Walk::evaluate(int s) {
  Step& step = steps_[static_cast<std::size_t>(s)];
  for (; step.blocked < step.checking; ++step.blocked) {
    const WalkNeed& need = step.needs[step.blocked];
    if (meet(step, need, step.ready)) continue;
    waiting_[need.producer] |= std::uint64_t{1} << s;
    known_ &= ~(std::uint64_t{1} << s);
    return;
  }
  known_ |= std::uint64_t{1} << s;
}

void Walk::evaluate_anew() {
  known_ = 0;
  std::fill(waiting_.begin(), waiting_.end(), 0);
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    if (step.finished) continue;
    for (std::size_t i = 0; i < step.depth; ++i) {
      const std::size_t l = step.order[i];
      const TripRange range = trips(step, step.order[i], step.at);
      step.begin[l] = range.begin;
      step.end[l] = range.end;
    }
    place(step);
    step.blocked = 0;
    step.checking = static_cast<std::uint8_t>(step.from->needs.size());
    step.ready = kLongAgo;
    evaluate(static_cast<int>(s));
  }
}

bool Walk::meet(const Step& own, const WalkNeed& need, std::int64_t& ready) const {
  const Times* times = nullptr;
  if (need.by_key) {
    if (!keyed(own, need, &times)) return false;
    if (times == nullptr) return true;
  } else {
    const std::int64_t index = own.ordinal[need.depth] + need.offset;
    if (index < 0) return true;
    const std::int64_t done = steps_[need.producer].ordinal[need.depth];
    if (done <= index) return false;
    if (done - index > kRing) return true;
    times = &need.ring[index & kRingMask];
  }
  std::int64_t at = times->end + need.latency;
  if (need.early) at = std::max(at, times->start + 1);
  if (need.streamed) at = std::max(times->start + 1 + need.latency, at + 1 - own.cost->issue);
  ready = std::max(ready, at);
  return true;
}

// Progress by key, told by where the producer is: past the wanted tile of the pass rank at this
// step's key.
bool Walk::keyed(const Step& own, const WalkNeed& need, const Times** times) const {
  const Step& other = steps_[need.producer];
  const std::int64_t wanted = need.kind != NeedKind::complete
                                  ? own.tile + (need.kind == NeedKind::at ? 1 : 0)
                              : other.over_pass_rank ? pass_total(own)
                                                     : 1;
  if (wanted == 0) return true;
  const std::int64_t outer = outer_ < 0 ? 0 : own.ordinal[static_cast<std::size_t>(outer_)];
  const std::int64_t others = outer_ < 0 ? 0 : other.ordinal[static_cast<std::size_t>(outer_)];
  if (others < outer) return false;
  if (others == outer && !other.finished) {
    // The coordinates of the wanted tile, compared in the order of the loops.
    const TiledRank& tiled = lowered_.tiled[static_cast<std::size_t>(pass_rank_)];
    const std::int64_t block = size_.ranks[static_cast<std::size_t>(pass_rank_)].block;
    bool past = false;
    for (std::size_t i = 0; i < other.depth; ++i) {
      const int l = other.order[i];
      if (l < group_.pass_loop) continue;
      const std::int64_t target = l == tiled.block_loop       ? (wanted - 1) / block
                                  : l != tiled.tile_loop      ? own.at[static_cast<std::size_t>(l)]
                                  : tiled.block_loop == kNone ? wanted - 1
                                                              : (wanted - 1) % block;
      const std::int64_t at = other.at[static_cast<std::size_t>(l)];
      if (at == target) continue;
      past = at > target;
      break;
    }
    if (!past) return false;
  }
  const Slot& slot = other.slots[(outer + own.key) & slot_mask_];
  if (slot.outer == outer && slot.key == own.key && slot.tile < wanted) *times = &slot.times;
  return true;
}

// Tiles of the pass rank that the query tile of this step sees.
std::int64_t Walk::pass_total(const Step& step) const {
  if (pass_rank_ == kNone) return 1;
  const RankSize& rank = size_.ranks[static_cast<std::size_t>(pass_rank_)];
  if (!sizing_.masked || lowered_.pass_rank != lowering_.mask_key) return rank.tiles;
  for (std::size_t i = 0; i < lowered_.tiled.size(); ++i) {
    if (lowered_.tiled[i].base != lowering_.mask_query) continue;
    const RankSize& queries = size_.ranks[i];
    const std::int64_t last =
        std::min(queries.extent, (tile_index(lowered_, size_, i, step.at) + 1) * queries.tile) - 1;
    const std::int64_t seen = std::max<std::int64_t>(0, last_key(sizing_, last));
    return std::min(rank.tiles, seen / rank.tile + 1);
  }
  return rank.tiles;
}

bool Walk::precedes(int a, int b) const {
  const Step& first = steps_[static_cast<std::size_t>(a)];
  const Step& second = steps_[static_cast<std::size_t>(b)];
  const bool transfers = first.unit == fetcher_;
  const bool same = first.stage == second.stage;
  if (same && !transfers) return a < b;
  const auto pass_loop = static_cast<std::size_t>(group_.pass_loop);
  for (std::size_t l = 0; l < pass_loop; ++l) {
    if (first.at[l] != second.at[l]) return first.at[l] < second.at[l];
  }
  if (!same) {
    const bool ends = !transfers && first.over_pass_rank != second.over_pass_rank;
    return ends ? !first.over_pass_rank : first.stage < second.stage;
  }
  for (std::size_t l = pass_loop; l < kMostLoops; ++l) {
    if (first.at[l] != second.at[l]) return first.at[l] < second.at[l];
  }
  return a < b;
}

void Walk::fire(int s, std::int64_t now) {
  ++walked_.firings;
  Step& step = steps_[static_cast<std::size_t>(s)];
  const Times times = step.compute ? fire_compute(step, s, now) : fire_transfer(step, s, now);
  const int outermost = next(step, times);
  if (step.finished) {
    known_ &= ~(std::uint64_t{1} << s);
  } else {
    place(step);
    step.blocked = 0;
    step.checking = step.in_question[static_cast<std::size_t>(outermost)];
    step.ready = kLongAgo;
    evaluate(s);
  }
  const std::uint64_t blocked = waiting_[static_cast<std::size_t>(s)] & ~(std::uint64_t{1} << s);
  waiting_[static_cast<std::size_t>(s)] &= std::uint64_t{1} << s;
  each(blocked, [&](int other) { evaluate(other); });
  if (step.compute) note(s, outermost, now);
}

Walk::Times Walk::fire_compute(Step& step, int s, std::int64_t now) {
  const Cost& cost = *step.cost;
  const std::size_t inner = step.order[step.depth - 1u];
  std::int64_t end = now + cost.issue;
  if (step.preload_after != kNone && cost.preload > 0) {
    bool first = true;  // all loops inside are at their first iteration
    for (std::size_t i = 0; i < step.depth; ++i) {
      const std::size_t l = step.order[i];
      first = first && (step.order[i] <= step.preload_after || step.at[l] == step.begin[l]);
    }
    if (first) end += cost.preload;
  }
  if (cost.drain > 0 && (!step.drains_at_end || step.at[inner] + 1 >= step.end[inner]))
    end += cost.drain;
  if (!own_ports_ && cost.reads + cost.writes > 0)
    ports_.take(now, end, s, cost.reads, cost.writes);
  free_at_[static_cast<std::size_t>(step.unit)] = end;
  const Times times{now + cost.extra, end + cost.extra};
  last_end_ = std::max(last_end_, times.end);
  if (step.slots != nullptr) {
    const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
    const std::int64_t at = (outer + step.key) & slot_mask_;
    step.slots[at] = {outer, step.key, step.tile, times};
    step.recent |= std::uint64_t{1} << at;
  }
  return times;
}

Walk::Times Walk::fire_transfer(Step& step, int s, std::int64_t now) {
  const WalkRegion::Run run = step.region->at(step.at);
  const std::int64_t end = memory_.transfer(now, run.bytes, run.address, step.write);
  free_at_[static_cast<std::size_t>(step.unit)] = now + 1;
  transfers_under_way_[transfers_++ % transfers_under_way_.size()] = {end, s};
  last_end_ = std::max(last_end_, end);
  return {end, end};
}

}  // namespace weft::engine
