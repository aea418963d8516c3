#include "sim/engine/sequencer.hpp"

#include "models/engine/schedule/step_cost.hpp"

#include <algorithm>

namespace weft::sim::engine {

using weft::engine::kNone;
using weft::engine::Need;
using weft::engine::NeedKind;
using weft::engine::ScheduledStep;
using weft::engine::StepCost;
using weft::engine::StepKind;

Sequencer::Sequencer(const weft::engine::Schedule& schedule, weft::engine::EventSink* events,
                     weft::engine::ScheduleStream* more)
    : UnitOf({.steps = {},
              .units = {},
              .ports = weft::engine::PortTable(schedule.lowering->arch->buffer),
              .moved = {},
              .begun = {}}),
      first_(schedule),
      parts_(schedule, more),
      fetcher_(schedule.fetcher),
      takes_(memory::takes_of(schedule.lowering->arch->dram)),
      events_(events),
      own_ports_(schedule.lowering->arch->buffer.ports == weft::engine::BufferPorts::per_tensor) {
  ports_.arrays.resize(schedule.lowering->arrays.size());
  state_.units.resize(schedule.lowering->arrays.size() + 1);
  state_.moved.resize(schedule.lowering->tensors.size());
  enter_group(0);
}

void Sequencer::list_ports(PortList& ports) {
  ports.add("commands", ports_.arrays);
  ports.add("uses", ports_.buffer);
  ports.add("transfers", ports_.transfers);
  ports.add("completions", ports_.completions);
}

void Sequencer::enter_group(Cycle now) {
  // Before its first work in a group a unit is idle, not stalled by the group before.
  for (State::Issue& unit : state_.units) unit.free_at = std::max(unit.free_at, now);
  const auto& g = group();
  state_.keys = g.keys;
  state_.steps.assign(g.steps.size(), {});
  state_.begun.assign(g.steps.size(), {});
  state_.readers.assign(g.steps.size(), {});
  for (std::size_t s = 0; s < g.steps.size(); ++s) {
    StepState& step = state_.steps[s];
    step.part = state_.first;
    walker(static_cast<int>(s)).start(step);
    if (g.steps[s].keeps_slots)
      step.slots.assign(static_cast<std::size_t>(kOuterRing * g.keys), {});
    for (const Need& need : g.steps[s].needs) {
      state_.readers[static_cast<std::size_t>(need.producer)].push_back(static_cast<int>(s));
      if (!by_key(need.kind)) state_.steps[need.producer].rings[need.depth].assign(kRing, kPast);
    }
  }
}

// The next group of the part, or the first of the part behind it; false where there is none.
bool Sequencer::enter_next(Cycle now) {
  const std::size_t part = state_.steps.front().part;
  if (state_.group + 1 < parts_.at(part).schedule.groups.size()) {
    ++state_.group;
  } else if (parts_.follows(part)) {
    state_.first = part + 1;
    state_.group = 0;
  } else {
    return false;
  }
  enter_group(now);
  return true;
}

// Moves a step to its next firing, which may be in the next part; the bits of the loops of which an
// iteration ended.
std::uint8_t Sequencer::move(int step) {
  StepState& state = state_.steps[step];
  const std::uint8_t ended = walker(step).next(state);
  if (!state.finished || !parts_.goes_on(state.part)) return ended;
  ++state.part;
  state.finished = false;
  const Parts::Part& part = part_of(step);
  part.walkers[state_.group][step].start(state);
  widen_slots(part.schedule.groups[state_.group].keys);
  return ended;
}

// Room for the progress at so many keys.
void Sequencer::widen_slots(std::int64_t keys) {
  if (keys <= state_.keys) return;
  for (StepState& step : state_.steps) {
    if (step.slots.empty()) continue;
    std::vector<Slot> wide(static_cast<std::size_t>(kOuterRing * keys));
    for (std::int64_t row = 0; row < kOuterRing; ++row) {
      std::copy_n(step.slots.begin() + static_cast<std::ptrdiff_t>(row * state_.keys), state_.keys,
                  wide.begin() + static_cast<std::ptrdiff_t>(row * keys));
    }
    step.slots = std::move(wide);
  }
  state_.keys = keys;
}

Cycle Sequencer::step(Cycle now) {
  if (state_.done) return kNever;
  complete_transfers(now);
  Cycle next = fire_ready(now);
  const bool finished =
      std::all_of(state_.steps.begin(), state_.steps.end(),
                  [](const StepState& s) { return s.finished && s.in_flight.empty(); });
  if (!finished) return next;
  // What follows starts when everything of this phase has ended; the next group a cycle later.
  const bool group_follows = state_.group + 1 < first_.groups.size();
  if (group_follows || parts_.is_stream()) {
    if (now < state_.last_end) return state_.last_end;
    if (enter_next(now)) return group_follows ? now + 1 : fire_ready(now);
  }
  state_.done = true;
  notify();
  return kNever;
}

void Sequencer::complete_transfers(Cycle now) {
  while (ports_.completions.ready(now)) {
    const int step = ports_.completions.pop(now).step;
    StepState& state = state_.steps[step];
    check(!state.in_flight.empty(), "a transfer completed that was not under way");
    const std::uint8_t ended = state.in_flight.front();
    state.in_flight.pop_front();
    --state_.transfers_in_flight;
    finish_iterations(step, ended, {now, now});
    put_in_question(step);
    state_.last_end = std::max(state_.last_end, now);
    if (events_ != nullptr && !state_.begun[step].empty()) {
      const State::Begun begun = state_.begun[step].front();
      state_.begun[step].erase(state_.begun[step].begin());
      tell(step, now, begun);
    }
  }
}

// Fires what can run in this cycle, one firing a unit, and returns the next cycle in which
// something could.
Cycle Sequencer::fire_ready(Cycle now) {
  const int count = static_cast<int>(group().steps.size());
  for (int unit = 0; unit <= fetcher_; ++unit) {
    if (!unit_accepts(unit, now)) continue;
    int best = kNone;
    Ready best_ready;
    for (int s = 0; s < count; ++s) {
      if (group().steps[s].unit != unit || state_.steps[s].finished) continue;
      if (best != kNone && !precedes(s, best)) continue;
      const Ready& ready = ready_of(s);
      if (!ready.known || ready.at() > now || start_of(s, ready) > now) continue;
      best = s;
      best_ready = ready;
    }
    if (best != kNone) fire(best, now, best_ready);
  }
  Cycle next = kNever;
  for (int s = 0; s < count; ++s) {
    if (state_.steps[s].finished) continue;
    const int unit = group().steps[s].unit;
    if (unit == fetcher_ && state_.transfers_in_flight >= kTransfersInFlight) continue;
    const Ready& ready = ready_of(s);
    if (!ready.known) continue;
    next = std::min(next, std::max({now + 1, state_.units[unit].free_at, start_of(s, ready)}));
  }
  return next;
}

bool Sequencer::unit_accepts(int unit, Cycle now) const {
  if (state_.units[unit].free_at > now) return false;
  return unit != fetcher_ || state_.transfers_in_flight < kTransfersInFlight;
}

const StepCost& Sequencer::cost(int step) const {
  const auto edges = edges_at(lowered(), size_of(step), state_.steps[step].at);
  return part_of(step).schedule.groups[state_.group].steps[step].costs[edges];
}

bool Sequencer::preloads(int step) const {
  const int after = group().steps[step].preload_after;
  return after != kNone && cost(step).preload_cycles > 0 &&
         walker(step).first_inside(state_.steps[step], after);
}

bool Sequencer::drains(int step) const {
  const ScheduledStep& scheduled = group().steps[step];
  return cost(step).drain_cycles > 0 &&
         (!scheduled.drains_at_end ||
          walker(step).last_of(state_.steps[step], scheduled.loops.back()));
}

// Which of two steps goes first on a unit. On an array, within a stage, the earlier step: the
// sooner a tile begins, the sooner its trips through the other units do, while what ends a tile can
// wait as long as its results have a place. Between stages, and between transfers, the one that
// comes first in program order: what is needed now goes before what is fetched ahead. But what
// walks no tiles of the pass rank, and so ends a row of tiles, goes before what walks them: its
// outputs then leave behind the work that is left, and not after it.
bool Sequencer::precedes(int a, int b) const {
  const ScheduledStep& first = group().steps[a];
  const ScheduledStep& second = group().steps[b];
  const bool transfers = first.unit == fetcher_;
  if (state_.steps[a].part != state_.steps[b].part)
    return state_.steps[a].part < state_.steps[b].part;
  if (first.stage == second.stage && !transfers) return a < b;
  const Coordinates& x = state_.steps[a].at;
  const Coordinates& y = state_.steps[b].at;
  for (int l = 0; l < pass_loop(); ++l) {
    if (x[l] != y[l]) return x[l] < y[l];
  }
  if (first.stage != second.stage) {
    const bool ends = !transfers && first.over_pass_rank != second.over_pass_rank;
    return ends ? !first.over_pass_rank : first.stage < second.stage;
  }
  for (int l = pass_loop(); l < kMostLoops; ++l) {
    if (x[l] != y[l]) return x[l] < y[l];
  }
  return a < b;
}

void Sequencer::fire(int step, Cycle now, const Ready& ready) {
  if (group().steps[step].kind == StepKind::compute) {
    fire_compute(step, now, ready);
  } else {
    fire_transfer(step, now);
  }
  put_in_question(step);
}

void Sequencer::fire_compute(int step, Cycle now, const Ready& ready) {
  const ScheduledStep& scheduled = group().steps[step];
  StepState& state = state_.steps[step];
  State::Issue& unit = state_.units[scheduled.unit];
  const StepCost& c = cost(step);
  matmul::Command command{.cost = &c,
                          .group = static_cast<int>(state_.group),
                          .step = step,
                          .begin = now,
                          .preloads = preloads(step),
                          .drains = drains(step)};
  command.end = now + c.issue_cycles + (command.preloads ? c.preload_cycles : 0) +
                (command.drains ? c.drain_cycles : 0);
  const Cycle data = std::clamp(ready.data, unit.free_at, now);
  command.stall_in = data - unit.free_at;
  command.stall_out = now - data;
  command.at = state.at;
  command.edges = edges_at(lowered(), size_of(step), state.at);
  ports_.arrays[scheduled.unit].push(now, command);
  if (c.read_streams + c.write_streams > 0 || command.preloads) {
    const Cycle wished = std::max(ready.at(), unit.free_at);
    if (!own_ports_) state_.ports.take(now, command.end, step, c.read_streams, c.write_streams);
    const bool writes = !scheduled.drains_at_end || command.drains || c.drain_cycles == 0;
    const Cycle saturated = own_ports_ ? now : state_.ports.saturated_until(now);
    ports_.buffer.push(now, {now, saturated, c.rows_read + (command.preloads ? c.preload_rows : 0),
                             writes ? c.rows_written : 0, now - std::min(now, wished)});
    for (int i = 0; i < c.moved_count; ++i) {
      const StepCost::Moved& m = c.moved[i];
      if ((m.at_preload && !command.preloads) || (m.at_drain && !writes)) continue;
      state_.moved[m.tensor].buffer_read += static_cast<std::uint64_t>(m.read_bytes);
      state_.moved[m.tensor].buffer_written += static_cast<std::uint64_t>(m.written_bytes);
    }
  }
  unit.free_at = command.end;
  const Times times{now + c.extra_latency_cycles, command.end + c.extra_latency_cycles};
  state_.last_end = std::max(state_.last_end, times.end);
  if (events_ != nullptr) tell(step, command.end, firing(step, now));
  note_slot(step, times);
  const std::uint8_t ended = move(step);
  // A new outer iteration forgets the one that had its row of slots before.
  if (!state.slots.empty() && (ended >> outer_loop() & 1) != 0) {
    const std::int64_t row = state.ordinal[outer_loop()] % kOuterRing;
    std::fill_n(state.slots.begin() + static_cast<std::ptrdiff_t>(row * state_.keys), state_.keys,
                Slot{});
  }
  finish_iterations(step, ended, times);
  mark_boundary(step, ended);
}

void Sequencer::fire_transfer(int step, Cycle now) {
  const ScheduledStep& scheduled = group().steps[step];
  StepState& state = state_.steps[step];
  const Parts::Part& part = part_of(step);
  const std::int64_t bytes =
      part.layout.region_bytes(state_.group, scheduled.tensor, scheduled.loops, state.at);
  const std::uint64_t address =
      part.base + part.layout.address(state_.group, scheduled.tensor, scheduled.loops, state.at);
  const bool write = scheduled.kind == StepKind::store;
  (write ? state_.moved[scheduled.tensor].dram_written
         : state_.moved[scheduled.tensor].dram_read) += takes_.covering(address, bytes);
  ports_.transfers.push(now, {.group = static_cast<int>(state_.group),
                              .step = step,
                              .bytes = bytes,
                              .write = write,
                              .tensor = static_cast<std::int16_t>(scheduled.tensor),
                              .address = address,
                              .at = state.at});
  state_.units[scheduled.unit].free_at = now + 1;
  ++state_.transfers_in_flight;
  if (events_ != nullptr) state_.begun[step].push_back(firing(step, now));
  state.in_flight.push_back(move(step));
}

void Sequencer::finish_iterations(int step, std::uint8_t ended, Times times) {
  StepState& state = state_.steps[step];
  for (int l = 0; l < kMostLoops; ++l) {
    if ((ended >> l & 1) == 0) continue;
    if (!state.rings[l].empty())
      state.rings[l][static_cast<std::size_t>(state.completed[l] % kRing)] = times;
    ++state.completed[l];
  }
}

void Sequencer::note_slot(int step, Times times) {
  StepState& state = state_.steps[step];
  if (state.slots.empty()) return;
  const std::int64_t outer = state.ordinal[outer_loop()] % kOuterRing;
  const std::size_t row = static_cast<std::size_t>(outer * state_.keys);
  Slot& slot = state.slots[row + static_cast<std::size_t>(key(step))];
  ++slot.count;
  slot.latest = times;
}

void Sequencer::mark_boundary(int step, std::uint8_t ended) {
  if (step != group().reference || state_.steps[step].finished) return;
  for (int l = 0; l < kMostLoops; ++l) {
    if ((ended >> l & 1) == 0) continue;
    begin_iteration(l);
    return;
  }
}

}  // namespace weft::sim::engine
