#include "models/engine/walk.hpp"

#include <algorithm>
#include <limits>

#include "models/common/error.hpp"
#include "models/engine/regions.hpp"

namespace weft::engine {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLongAgo = -(std::int64_t{1} << 60);

}  // namespace

Walk::Walk(const Schedule& schedule, const GroupSchedule& group, std::int64_t firings)
    : lowering_(*schedule.lowering),
      sizing_(*schedule.sizing),
      lowered_(lowering_.groups[group.group]),
      size_(sizing_.groups[group.group]),
      group_(group),
      fetcher_(schedule.fetcher),
      outer_(group.pass_loop - 1),
      own_ports_(lowering_.arch->buffer.ports == BufferPorts::per_tensor),
      ports_(lowering_.arch->buffer),
      memory_(lowering_.arch->dram, lowering_.arch->clock_hz),
      layout_(schedule),
      steps_(group.steps.size()),
      stages_(lowered_.stages.size()),
      free_at_(lowering_.arrays.size() + 1, 0),
      by_unit_(free_at_.size()),
      budget_(firings) {
  for (std::size_t i = 0; i < lowered_.tiled.size(); ++i) {
    if (lowered_.tiled[i].base == lowered_.pass_rank) pass_rank_ = static_cast<int>(i);
  }
  add_loops();
  std::vector<unsigned> remembered(steps_.size(), 0);
  std::size_t rings = 0;
  std::size_t keyed = 0;
  for (const ScheduledStep& step : group.steps) {
    for (const Need& need : step.needs) {
      if (need.kind != NeedKind::iteration && need.kind != NeedKind::space &&
          need.kind != NeedKind::outer)
        continue;
      unsigned& loops = remembered[static_cast<std::size_t>(need.producer)];
      rings += (loops >> need.depth & 1u) == 0 ? 1 : 0;
      loops |= 1u << need.depth;
    }
    keyed += step.keeps_slots ? 1 : 0;
  }
  rings_.resize(rings * kRing);
  slots_.resize(keyed * kSlots);
  std::int64_t all = 0;  // firings
  Times* ring = rings_.data();
  Slot* slot = slots_.data();
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    step.from = &group.steps[s];
    for (const int l : step.from->loops) step.loops |= 1u << l;
    for (int l = 0; l < kMostLoops; ++l) {
      if ((remembered[s] >> l & 1u) != 0) step.rings[l] = ring, ring += kRing;
    }
    if (step.from->keeps_slots) step.slots = slot, slot += kSlots;
    by_unit_[static_cast<std::size_t>(step.from->unit)].push_back(static_cast<int>(s));
    if (step.from->kind == StepKind::compute) {
      Stage& stage = stages_[static_cast<std::size_t>(step.from->stage)];
      if (stage.first == kNone) stage.first = static_cast<int>(s);
      stage.last = static_cast<int>(s);
    }
    check(settle(step, 0), "a step has no tile at all");
    all += Regions(lowering_, sizing_, group.group, step.loops).total();
  }
  jumps_ = all > budget_;
  budget_ = std::max(budget_, jumps_ ? 0 : all + 1);
}

Walked Walk::run() {
  for (std::size_t s = 0; s < steps_.size(); ++s) evaluate(static_cast<int>(s), true);
  std::int64_t now = 0;
  while (walked_.firings < budget_) {
    look_ = false;
    const std::int64_t next = fire_ready(now);
    if (look_ && jumps_ && leave(now)) break;
    if (look_ && jumps_ && jump(now)) {
      now = now + 1;
      continue;
    }
    if (next == kNever) {
      walked_.finished = walked_.finished || std::all_of(steps_.begin(), steps_.end(),
                                                         [](const Step& s) { return s.finished; });
      break;
    }
    now = next;
    if (half_done_ < 0 && walked_.firings >= budget_ / 2) {
      half_done_ = done();
      half_time_ = static_cast<double>(now) + walked_.passed;
    }
  }
  walked_.served_at_a_pace = memory_.at_a_pace();
  walked_.cycles = walked_.passed + static_cast<double>(last_end_);
  if (walked_.finished) return walked_;
  const double here = done();
  const double time = static_cast<double>(now) + walked_.passed;
  // The pace of the second half, or of all where that half brought too little.
  const bool moved = half_done_ >= 0 && here - half_done_ > here / 4;
  const double each =
      moved ? (time - half_time_) / (here - half_done_) : time / std::max(here, 1e-9);
  walked_.left = (1 - here) * each;
  walked_.passed += (1 - here) * each;
  walked_.cycles = time + (1 - here) * each;
  return walked_;
}

// The cycle until which no further transfer can be asked for; `now` where one can.
std::int64_t Walk::in_flight_until(std::int64_t now) const {
  return std::max(now, transfers_under_way_[transfers_ % transfers_under_way_.size()].end);
}

std::int64_t Walk::fire_ready(std::int64_t now) {
  for (int unit = 0; unit <= fetcher_; ++unit) {
    if (free_at_[static_cast<std::size_t>(unit)] > now) continue;
    if (unit == fetcher_ && in_flight_until(now) > now) continue;
    int best = kNone;
    for (const int s : by_unit_[static_cast<std::size_t>(unit)]) {
      const Step& step = steps_[static_cast<std::size_t>(s)];
      if (!step.known || step.ready > now) continue;
      if (best != kNone && !precedes(s, best)) continue;
      if (start_of(s) > now) continue;
      best = s;
    }
    if (best != kNone) fire(best, now);
  }
  std::int64_t next = kNever;
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    if (!steps_[s].known) continue;
    std::int64_t at = std::max(now + 1, start_of(static_cast<int>(s)));
    if (steps_[s].from->unit == fetcher_) at = std::max(at, in_flight_until(now));
    next = std::min(next, at);
  }
  return next;
}

std::int64_t Walk::start_of(int s) const {
  const Step& step = steps_[static_cast<std::size_t>(s)];
  const std::int64_t at = std::max(step.ready, free_at_[static_cast<std::size_t>(step.from->unit)]);
  if (own_ports_ || step.from->kind != StepKind::compute) return at;
  const StepCost& cost = step.from->costs[edges(step)];
  if (cost.read_streams + cost.write_streams == 0) return at;
  return ports_.earliest(at, s, cost.read_streams, cost.write_streams);
}

void Walk::add_loops() {
  for (std::size_t l = 0; l < lowered_.loops.size(); ++l) {
    loops_[l].trips = loop_trips(lowered_, size_, sizing_, static_cast<int>(l));
    for (std::size_t i = 0; l > 0 && i < lowered_.tiled.size(); ++i) {
      const TiledRank& tiled = lowered_.tiled[i];
      if (tiled.base != lowered_.loops[l].base) continue;
      loops_[l].masked = sizing_.masked &&
                         (tiled.base == lowering_.mask_key || tiled.base == lowering_.mask_query);
      if (tiled.block_loop == kNone || tiled.block_loop == static_cast<int>(l)) continue;
      loops_[l].block_loop = tiled.block_loop;
      loops_[l].blocks = size_.ranks[i].blocks;
      loops_[l].last_block = size_.ranks[i].last_block;
    }
  }
  for (std::size_t i = 0; i < lowered_.tiled.size(); ++i) {
    const RankSize& rank = size_.ranks[i];
    if (rank.edge == rank.tile) continue;
    edge_ranks_[static_cast<std::size_t>(edges_count_++)] = {lowered_.tiled[i].tile_loop,
                                                             lowered_.tiled[i].block_loop,
                                                             rank.block, rank.tiles - 1, 1u << i};
  }
}

unsigned Walk::edges(const Step& step) const {
  unsigned edges = 0;
  for (int i = 0; i < edges_count_; ++i) {
    const EdgeRank& rank = edge_ranks_[static_cast<std::size_t>(i)];
    const std::int64_t block =
        rank.block_loop == kNone ? 0
                                 : step.at[static_cast<std::size_t>(rank.block_loop)] * rank.block;
    if (block + step.at[static_cast<std::size_t>(rank.tile_loop)] == rank.last) edges |= rank.bit;
  }
  return edges;
}

TripRange Walk::trips(const Step& step, int loop) const {
  const LoopRank& rank = loops_[static_cast<std::size_t>(loop)];
  if (rank.masked)
    return trip_range(lowering_, sizing_, group_.group, step.from->loops, loop, step.at);
  const bool last = rank.block_loop != kNone &&
                    step.at[static_cast<std::size_t>(rank.block_loop)] + 1 == rank.blocks;
  return {0, last ? rank.last_block : rank.trips};
}

bool Walk::settle(Step& step, std::size_t from) const {
  for (std::size_t i = from; i < step.from->loops.size(); ++i) {
    const TripRange range = trips(step, step.from->loops[i]);
    if (range.begin >= range.end) return false;
    step.at[static_cast<std::size_t>(step.from->loops[i])] = range.begin;
  }
  return true;
}

unsigned Walk::next(Step& step) const {
  unsigned ended = 0;
  std::size_t i = step.from->loops.size();
  while (i > 0) {
    const int loop = step.from->loops[--i];
    const auto l = static_cast<std::size_t>(loop);
    ended |= 1u << loop;
    ++step.ordinal[l];
    ++step.at[l];
    while (step.at[l] < trips(step, loop).end) {
      if (settle(step, i + 1)) return ended;
      ++step.at[l];
    }
  }
  step.finished = true;
  return ended;
}

bool Walk::first_inside(const Step& step, int loop) const {
  return std::all_of(step.from->loops.begin(), step.from->loops.end(), [&](int l) {
    return l <= loop || step.at[static_cast<std::size_t>(l)] == trips(step, l).begin;
  });
}

void Walk::evaluate(int s, bool anew) {
  Step& step = steps_[static_cast<std::size_t>(s)];
  step.known = false;
  if (step.finished) return;
  if (anew) {
    step.blocked = 0;
    step.ready = kLongAgo;
  }
  for (; step.blocked < step.from->needs.size(); ++step.blocked) {
    if (!meet(s, step.from->needs[step.blocked], step.ready)) return;
  }
  step.known = true;
}

bool Walk::meet(int s, const Need& need, std::int64_t& ready) const {
  const Step& own = steps_[static_cast<std::size_t>(s)];
  const Step& other = steps_[static_cast<std::size_t>(need.producer)];
  const auto d = static_cast<std::size_t>(need.depth);
  const bool space =
      need.kind == NeedKind::space || (need.kind == NeedKind::outer && need.lag == 0);
  const Times* times = nullptr;
  if (need.kind == NeedKind::iteration || need.kind == NeedKind::space ||
      need.kind == NeedKind::outer) {
    const std::int64_t index = need.kind == NeedKind::iteration ? own.ordinal[d]
                               : need.kind == NeedKind::space   ? own.ordinal[d] - need.lag
                                                                : own.ordinal[d] + need.lag - 1;
    if (index < 0) return true;
    if (other.completed[d] <= index) return false;
    if (other.completed[d] - index > kRing) return true;
    times = &other.rings[d][index % kRing];
  } else if (!keyed(s, need, &times)) {
    return false;
  }
  if (times == nullptr) return true;
  std::int64_t at = times->end + need.latency;
  if (space && need.latency < 0) at = std::max(at, times->start + 1);
  if (need.streamed) {
    at = std::max(times->start + 1 + need.latency,
                  times->end + need.latency + 1 - own.from->costs[edges(own)].issue_cycles);
  }
  ready = std::max(ready, at);
  return true;
}

// Progress by key, told by where the producer is: past the wanted tile of the pass rank at this
// step's key.
bool Walk::keyed(int s, const Need& need, const Times** times) const {
  const Step& own = steps_[static_cast<std::size_t>(s)];
  const Step& other = steps_[static_cast<std::size_t>(need.producer)];
  const std::int64_t all = other.from->over_pass_rank ? pass_total(own) : 1;
  const std::int64_t wanted =
      need.kind == NeedKind::complete ? all : pass_tile(own) + (need.kind == NeedKind::at ? 1 : 0);
  if (wanted == 0) return true;
  const std::int64_t outer = outer_ < 0 ? 0 : own.ordinal[static_cast<std::size_t>(outer_)];
  const std::int64_t others = outer_ < 0 ? 0 : other.ordinal[static_cast<std::size_t>(outer_)];
  if (others < outer) return false;
  if (others == outer && !other.finished) {
    // The coordinates of the wanted tile, compared in the order of the loops.
    const TiledRank& tiled = lowered_.tiled[static_cast<std::size_t>(pass_rank_)];
    const std::int64_t block = size_.ranks[static_cast<std::size_t>(pass_rank_)].block;
    bool past = false;
    for (const int l : other.from->loops) {
      if (l < group_.pass_loop) continue;
      const std::int64_t target =
          l == tiled.block_loop  ? (wanted - 1) / block
          : l == tiled.tile_loop ? (tiled.block_loop == kNone ? wanted - 1 : (wanted - 1) % block)
                                 : own.at[static_cast<std::size_t>(l)];
      const std::int64_t at = other.at[static_cast<std::size_t>(l)];
      if (at == target) continue;
      past = at > target;
      break;
    }
    if (!past) return false;
  }
  const std::int64_t at = key(own);
  const Slot& slot = other.slots[static_cast<std::size_t>(outer + at) % kSlots];
  if (slot.outer == outer && slot.key == at && slot.tile < wanted) *times = &slot.times;
  return true;
}

std::int64_t Walk::key(const Step& step) const {
  std::int64_t key = 0;
  for (const int l : group_.key_loops)
    key = key * loop_trips(lowered_, size_, sizing_, l) + step.at[static_cast<std::size_t>(l)];
  return key;
}

std::int64_t Walk::pass_tile(const Step& step) const {
  return pass_rank_ == kNone
             ? 0
             : tile_index(lowered_, size_, static_cast<std::size_t>(pass_rank_), step.at);
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
    return std::min(rank.tiles,
                    std::max<std::int64_t>(0, last + sizing_.mask_offset) / rank.tile + 1);
  }
  return rank.tiles;
}

bool Walk::precedes(int a, int b) const {
  const Step& first = steps_[static_cast<std::size_t>(a)];
  const Step& second = steps_[static_cast<std::size_t>(b)];
  const bool transfers = first.from->unit == fetcher_;
  const bool same = first.from->stage == second.from->stage;
  if (same && !transfers) return a < b;
  const auto pass_loop = static_cast<std::size_t>(group_.pass_loop);
  for (std::size_t l = 0; l < pass_loop; ++l) {
    if (first.at[l] != second.at[l]) return first.at[l] < second.at[l];
  }
  if (!same) {
    const bool ends = !transfers && first.from->over_pass_rank != second.from->over_pass_rank;
    return ends ? !first.from->over_pass_rank : first.from->stage < second.from->stage;
  }
  for (std::size_t l = pass_loop; l < kMostLoops; ++l) {
    if (first.at[l] != second.at[l]) return first.at[l] < second.at[l];
  }
  return a < b;
}

void Walk::fire(int s, std::int64_t now) {
  ++walked_.firings;
  if (steps_[static_cast<std::size_t>(s)].from->kind == StepKind::compute) {
    fire_compute(s, now);
  } else {
    fire_transfer(s, now);
  }
  evaluate(s, true);
  for (std::size_t o = 0; o < steps_.size(); ++o) {
    const Step& other = steps_[o];
    if (!other.known && !other.finished && other.from->needs[other.blocked].producer == s)
      evaluate(static_cast<int>(o), false);
  }
}

void Walk::fire_compute(int s, std::int64_t now) {
  Step& step = steps_[static_cast<std::size_t>(s)];
  const ScheduledStep& from = *step.from;
  const StepCost& cost = from.costs[edges(step)];
  const int inner = from.loops.back();
  const bool preloads = from.preload_after != kNone && cost.preload_cycles > 0 &&
                        first_inside(step, from.preload_after);
  const bool drains = cost.drain_cycles > 0 &&
                      (!from.drains_at_end ||
                       step.at[static_cast<std::size_t>(inner)] + 1 >= trips(step, inner).end);
  const std::int64_t end = now + cost.issue_cycles + (preloads ? cost.preload_cycles : 0) +
                           (drains ? cost.drain_cycles : 0);
  if (!own_ports_ && cost.read_streams + cost.write_streams > 0)
    ports_.take(now, end, s, cost.read_streams, cost.write_streams);
  free_at_[static_cast<std::size_t>(from.unit)] = end;
  const Times times{now + cost.extra_latency_cycles, end + cost.extra_latency_cycles};
  last_end_ = std::max(last_end_, times.end);
  if (step.slots != nullptr) {
    const std::int64_t outer = outer_ < 0 ? 0 : step.ordinal[static_cast<std::size_t>(outer_)];
    const std::int64_t at = key(step);
    step.slots[static_cast<std::size_t>(outer + at) % kSlots] = {outer, at, pass_tile(step), times};
  }
  const unsigned ended = next(step);
  finish(s, ended, times);
  if (s == stages_.back().last) last_fired_ = now, trail_ = 0;
  note(s, ended, now);
}

void Walk::fire_transfer(int s, std::int64_t now) {
  Step& step = steps_[static_cast<std::size_t>(s)];
  const ScheduledStep& from = *step.from;
  const bool write = from.kind == StepKind::store;
  const std::int64_t bytes = layout_.region_bytes(group_.group, from.tensor, from.loops, step.at);
  const auto address =
      static_cast<std::int64_t>(layout_.address(group_.group, from.tensor, from.loops, step.at));
  const std::int64_t end = memory_.transfer(now, bytes, address, write);
  free_at_[static_cast<std::size_t>(from.unit)] = now + 1;
  transfers_under_way_[transfers_++ % transfers_under_way_.size()] = {end, s};
  last_end_ = std::max(last_end_, end);
  if (write) trail_ = std::max<std::int64_t>(trail_, end - last_fired_);
  finish(s, next(step), {end, end});
}

void Walk::finish(int s, unsigned ended, Times times) {
  Step& step = steps_[static_cast<std::size_t>(s)];
  for (std::size_t l = 0; l < kMostLoops; ++l) {
    if ((ended >> l & 1u) == 0) continue;
    if (step.rings[l] != nullptr) step.rings[l][step.completed[l] % kRing] = times;
    ++step.completed[l];
  }
}

}  // namespace weft::engine
