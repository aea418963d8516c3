// A group's schedule made ready to be walked: everything that is looked up, once, in flat arrays.
#include <algorithm>
#include <bit>
#include <numeric>

#include "models/common/error.hpp"
#include "models/engine/analytic/walk.hpp"

namespace weft::engine {

Walk::Walk(const Schedule& schedule, const Layout& layout, const GroupSchedule& group,
           std::int64_t firings)
    : lowering_(*schedule.lowering),
      sizing_(*schedule.sizing),
      lowered_(lowering_.groups[group.group]),
      size_(sizing_.groups[group.group]),
      group_(group),
      fetcher_(schedule.fetcher),
      outer_(group.pass_loop - 1),
      longest_latency_(schedule.longest_latency),
      own_ports_(lowering_.arch->buffer.ports == BufferPorts::per_tensor),
      ports_(lowering_.arch->buffer),
      memory_(lowering_.arch->dram, lowering_.arch->clock_hz),
      steps_(group.steps.size()),
      stages_(lowered_.stages.size()),
      free_at_(lowering_.arrays.size() + 1, 0),
      by_unit_(free_at_.size(), 0),
      waiting_(steps_.size(), 0),
      budget_(firings) {
  check(group.steps.size() <= kMostSteps, "a group of too many steps");
  for (std::size_t i = 0; i < lowered_.tiled.size(); ++i) {
    if (lowered_.tiled[i].base == lowered_.pass_rank) pass_rank_ = static_cast<int>(i);
  }
  add_loops();
  add_memory_of_times();
  std::size_t needs = 0;
  std::size_t costs = 0;
  std::size_t transfers = 0;
  for (const ScheduledStep& step : group.steps) {
    needs += step.needs.size();
    costs += step.costs.size();
    transfers += step.kind == StepKind::compute ? 0 : 1;
  }
  needs_.reserve(needs);
  costs_.reserve(costs + 1);
  costs_.push_back({});  // of transfers
  regions_.reserve(transfers);
  for (Stage& stage : stages_) stage.alike.fill(1);
  for (std::size_t s = 0; s < steps_.size(); ++s) add_step(s, schedule, layout);
  add_bursts();
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
    loops_[l].varies = loops_[l].masked || loops_[l].last_block != loops_[l].trips;
  }
  for (std::size_t i = 0; i < lowered_.tiled.size(); ++i) {
    const RankSize& rank = size_.ranks[i];
    if (rank.edge == rank.tile) continue;
    edge_ranks_[static_cast<std::size_t>(edges_count_++)] = {lowered_.tiled[i].tile_loop,
                                                             lowered_.tiled[i].block_loop,
                                                             rank.block, rank.tiles - 1, 1u << i};
  }
  for (const int l : group_.key_loops)
    key_loops_[key_loops_count_++] = {static_cast<std::size_t>(l),
                                      loops_[static_cast<std::size_t>(l)].trips};
  if (pass_rank_ == kNone) return;
  const TiledRank& pass = lowered_.tiled[static_cast<std::size_t>(pass_rank_)];
  pass_tile_ = static_cast<std::size_t>(pass.tile_loop);
  if (pass.block_loop == kNone) return;
  pass_block_ = static_cast<std::size_t>(pass.block_loop);
  pass_tiles_ = size_.ranks[static_cast<std::size_t>(pass_rank_)].block;
}

// Room for the times of iterations that needs look back to, and for those by key.
void Walk::add_memory_of_times() {
  std::vector<unsigned> remembered(steps_.size(), 0);
  std::size_t rings = 0;
  std::size_t keyed = 0;
  for (const ScheduledStep& step : group_.steps) {
    for (const Need& need : step.needs) {
      if (by_key(need.kind)) continue;
      unsigned& loops = remembered[static_cast<std::size_t>(need.producer)];
      rings += (loops >> need.depth & 1u) == 0 ? 1 : 0;
      loops |= 1u << need.depth;
    }
    keyed += step.keeps_slots ? 1 : 0;
  }
  const std::int64_t keys = std::min(group_.keys, kSlots);
  const auto slots =
      std::min<std::uint64_t>(kSlots, std::bit_ceil(static_cast<std::uint64_t>(kOuterRing + keys)));
  slot_mask_ = static_cast<std::int64_t>(slots) - 1;
  rings_ = std::make_unique_for_overwrite<Times[]>(rings * kRing);
  slots_.resize(keyed * slots);
  Times* ring = rings_.get();
  Slot* slot = slots_.data();
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    for (std::size_t l = 0; l < kMostLoops; ++l) {
      if ((remembered[s] >> l & 1u) != 0) steps_[s].rings[l] = ring, ring += kRing;
    }
    if (group_.steps[s].keeps_slots) steps_[s].slots = slot, slot += slots;
  }
}

void Walk::add_step(std::size_t s, const Schedule& schedule, const Layout& layout) {
  const ScheduledStep& from = group_.steps[s];
  Step& step = steps_[s];
  step.from = &from;
  step.compute = from.kind == StepKind::compute;
  step.write = from.kind == StepKind::store;
  step.over_pass_rank = from.over_pass_rank;
  step.drains_at_end = from.drains_at_end;
  step.unit = from.unit;
  step.stage = from.stage;
  step.preload_after = from.preload_after;
  for (const int l : from.loops) {
    step.order[step.depth++] = static_cast<std::uint8_t>(l);
    step.loops |= 1u << l;
  }
  by_unit_[static_cast<std::size_t>(from.unit)] |= std::uint64_t{1} << s;
  step.costs = step.cost = costs_.data();
  if (step.compute) {
    step.costs = costs_.data() + costs_.size();
    unsigned edges = 0;
    for (const StepCost& cost : from.costs) {
      costs_.push_back({cost.issue_cycles, cost.preload_cycles, cost.drain_cycles,
                        cost.extra_latency_cycles, cost.read_streams, cost.write_streams, edges++});
    }
    Stage& stage = stages_[static_cast<std::size_t>(from.stage)];
    if (stage.first == kNone) stage.first = static_cast<int>(s);
    stage.last = static_cast<int>(s);
  } else {
    regions_.emplace_back(schedule, layout, group_.group, from);
    step.region = &regions_.back();
  }
  add_needs(step);
  check(settle(step, 0), "a step has no tile at all");
  place(step);
}

void Walk::add_bursts() {
  bursts_matter_ = !std::all_of(regions_.begin(), regions_.end(), [&](const WalkRegion& region) {
    bool bus = true;
    return region.sizes([&](std::int64_t unit, std::int64_t bytes) {
      bus = bus && memory_.is_bus(unit, bytes);
    }) && bus;
  });
  if (!bursts_matter_) return memory_.serve_as_bus();
  for (const Step& step : steps_) {
    for (int l = group_.pass_loop; !step.compute && l < kMostLoops; ++l) {
      if (!runs(step, l)) continue;
      std::int64_t& alike =
          stages_[static_cast<std::size_t>(step.stage)].alike[static_cast<std::size_t>(l)];
      alike = std::lcm(alike, step.region->alike(step.at, l));
    }
  }
}

// Those that every tile puts in question first, then by their loops from the inside out: where a
// loop moves, only the needs of it and of those inside are looked at again.
void Walk::add_needs(Step& step) {
  const std::size_t first = needs_.size();
  for (const Need& need : step.from->needs) {
    WalkNeed own;
    own.kind = need.kind;
    own.producer = static_cast<std::uint8_t>(need.producer);
    own.depth = static_cast<std::uint8_t>(need.depth);
    own.latency = need.latency;
    own.streamed = need.streamed;
    own.by_key = by_key(need.kind);
    own.always = own.by_key || own.streamed;
    own.offset = need.kind == NeedKind::space   ? -need.lag
                 : need.kind == NeedKind::outer ? need.lag - 1
                                                : 0;
    const bool space =
        need.kind == NeedKind::space || (need.kind == NeedKind::outer && need.lag == 0);
    own.early = space && need.latency < 0;
    if (!own.by_key) own.ring = steps_[static_cast<std::size_t>(need.producer)].rings[own.depth];
    needs_.push_back(own);
  }
  std::stable_sort(needs_.begin() + static_cast<std::ptrdiff_t>(first), needs_.end(),
                   [](const WalkNeed& a, const WalkNeed& b) {
                     return a.always != b.always ? a.always : a.depth > b.depth;
                   });
  step.needs = needs_.data() + first;
  const auto count = static_cast<std::uint8_t>(needs_.size() - first);
  step.checking = count;
  for (std::size_t l = 0; l < kMostLoops; ++l) {
    std::uint8_t in_question = 0;
    while (in_question < count &&
           (step.needs[in_question].always || step.needs[in_question].depth >= l))
      ++in_question;
    step.in_question[l] = in_question;
  }
}

}  // namespace weft::engine
