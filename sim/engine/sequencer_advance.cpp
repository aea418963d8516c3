// The sequencer's part of steady-state advance: its state relative to the reference step, and the
// jump.
#include <algorithm>

#include "models/engine/schedule/regular.hpp"
#include "sim/engine/sequencer.hpp"

namespace weft::sim::engine {

using weft::engine::at_ends_inside;
using weft::engine::kNone;
using weft::engine::Need;
using weft::engine::NeedKind;
using weft::engine::regular_end;
using weft::engine::ScheduledStep;
using weft::engine::StepKind;

namespace {
bool runs(const ScheduledStep& step, int loop) {
  return std::find(step.loops.begin(), step.loops.end(), loop) != step.loops.end();
}
constexpr std::size_t kOrdinals = 2 * std::size_t{kMostLoops};  // of a step
constexpr std::int64_t kStarted = std::int64_t{1} << 40;        // apart from any count
}  // namespace

// Periods are looked for at loops outside the pass rank's tiles, and at that loop itself: inside
// it, progress by key is not the same at every key.
bool Sequencer::advances_at(int level) const {
  if (level > pass_loop() || level >= static_cast<int>(lowered().loops.size())) return false;
  const weft::engine::Schedule& schedule = parts_.at(state_.first).schedule;
  if (!schedule.sizing->masked || level == 0) return true;
  return lowered().loops[level].base == schedule.lowering->mask_key;
}

// The oldest outer iteration of `producer` that someone still reads by key.
std::int64_t Sequencer::oldest_outer(int producer) const {
  std::int64_t oldest = state_.steps[producer].ordinal[outer_loop()];
  for (std::size_t s = 0; s < group().steps.size(); ++s) {
    for (const Need& need : group().steps[s].needs) {
      if (by_key(need.kind) && need.producer == producer && !state_.steps[s].finished) {
        oldest = std::min(oldest, state_.steps[s].ordinal[outer_loop()]);
      }
    }
  }
  return oldest;
}

// How far back a time still matters: with the longest way added it may lie ahead, and where a unit
// waits, what it waited for is told from the times since it was free.
Cycle Sequencer::horizon(Cycle now) const {
  Cycle waiting = 0;
  for (std::size_t s = 0; s < state_.steps.size(); ++s) {
    if (!state_.steps[s].finished)
      waiting = std::max(waiting, now - state_.units[group().steps[s].unit].free_at);
  }
  return parts_.longest_latency() + 2 + waiting;
}

void Sequencer::fingerprint(StateWords& out) const {
  const int level = out.level();
  const Coordinates base = position();
  const Cycle past = horizon(out.now());
  out.word(static_cast<std::int64_t>(state_.group));
  for (std::size_t s = 0; s < state_.steps.size(); ++s) {
    const StepState& step = state_.steps[s];
    const ScheduledStep& scheduled = group().steps[s];
    out.word(step.finished ? 1 : 0);
    out.word(static_cast<std::int64_t>(step.part));
    for (const int l : scheduled.loops)
      out.word(step.finished ? 0 : l <= level ? step.at[l] - base[l] : step.at[l]);
    if (scheduled.kind != StepKind::compute && !step.finished)
      places_in_bursts(out, static_cast<int>(s), level);
    out.word(static_cast<std::int64_t>(step.in_flight.size()));
    for (const std::uint8_t ended : step.in_flight) out.word(ended);
    for (const Need& need : scheduled.needs) {
      const std::int64_t lead =
          step.ordinal[need.depth] - state_.steps[need.producer].completed[need.depth];
      out.word(lead);
      // The first iterations need no room to be made for them: near its bound that is part of the
      // state.
      if (need.kind == NeedKind::space)
        out.word(lead + 1 >= need.lag ? std::min(step.ordinal[need.depth], need.lag) : need.lag);
    }
    fingerprint_times(out, s, past);
    if (!step.slots.empty()) fingerprint_slots(out, s, past);
  }
  for (std::size_t u = 0; u < state_.units.size(); ++u) {
    bool used = false;  // a unit without work left in this group waits for nothing
    for (std::size_t s = 0; s < state_.steps.size(); ++s)
      used = used || (!state_.steps[s].finished && group().steps[s].unit == static_cast<int>(u));
    out.word(used ? state_.units[u].free_at - out.now() : 0);
  }
  out.word(state_.transfers_in_flight);
  state_.ports.state(out.now(), out);
}

// Of a step's last iterations: times still to come, or near enough to matter with the longest way
// added.
void Sequencer::fingerprint_times(StateWords& out, std::size_t s, Cycle past) const {
  const StepState& step = state_.steps[s];
  for (const int l : group().steps[s].loops) {
    out.word(step.completed[l] - step.ordinal[l]);
    if (step.rings[l].empty()) continue;
    for (std::int64_t n = step.completed[l] - 1; n >= 0 && n >= step.completed[l] - kRing; --n) {
      const Times& times = step.rings[l][static_cast<std::size_t>(n % kRing)];
      if (times.end + past <= out.now()) break;
      out.recent_time(times.start, past);
      out.recent_time(times.end, past);
    }
    out.word(-1);
  }
}

// A step's progress by key. Counts grow along the pass rank: there they are told relative to the
// step's own coordinate.
void Sequencer::fingerprint_slots(StateWords& out, std::size_t s, Cycle past) const {
  const StepState& step = state_.steps[s];
  const std::int64_t current = step.ordinal[outer_loop()];
  const std::int64_t oldest = oldest_outer(static_cast<int>(s));
  out.word(current - oldest);
  const bool relative = out.level() == pass_loop();
  const std::int64_t origin = relative ? pass_index(static_cast<int>(s)) : 0;
  for (std::int64_t outer = std::max<std::int64_t>(oldest, 0); outer <= current; ++outer) {
    const std::size_t row = static_cast<std::size_t>((outer % kOuterRing) * state_.keys);
    for (std::int64_t k = 0; k < state_.keys; ++k) {
      const Slot& slot = step.slots[row + static_cast<std::size_t>(k)];
      // A key without progress (a smaller last block leaves some out) stays without.
      out.word(relative && outer == current && lowered().pass_rank != kNone && slot.count > 0
                   ? slot.count - origin + kStarted
                   : slot.count);
      out.recent_time(slot.latest.start, past);
      out.recent_time(slot.latest.end, past);
    }
  }
}

// Where in a burst transfers begin, which is what cuts them into requests.
void Sequencer::places_in_bursts(StateWords& out, int step, int level) const {
  const ScheduledStep& scheduled = group().steps[step];
  const Parts::Part& part = part_of(step);
  at_ends_inside(
      scheduled.loops, level, state_.steps[step].at,
      [&](int loop, const Coordinates& at) {
        return trip_range(*part.schedule.lowering, *part.schedule.sizing, state_.group,
                          scheduled.loops, loop, at);
      },
      [&](const Coordinates& at) {
        const std::uint64_t address =
            part.layout.address(state_.group, scheduled.tensor, scheduled.loops, at);
        out.word(static_cast<std::int64_t>(address % part.layout.alignment()));
      });
}

void Sequencer::list_sums(std::vector<std::uint64_t*>& sums) {
  for (TensorBytes& moved : state_.moved) {
    sums.insert(sums.end(),
                {&moved.dram_read, &moved.dram_written, &moved.buffer_read, &moved.buffer_written});
  }
}

void Sequencer::list_ordinals(std::vector<std::int64_t>& ordinals) const {
  for (const StepState& step : state_.steps) {
    ordinals.insert(ordinals.end(), step.ordinal.begin(), step.ordinal.end());
    ordinals.insert(ordinals.end(), step.completed.begin(), step.completed.end());
  }
}

bool Sequencer::has_finished_step() const {
  return std::any_of(state_.steps.begin(), state_.steps.end(),
                     [](const StepState& step) { return step.finished; });
}

std::int64_t Sequencer::regular_iterations(int level) const {
  std::int64_t least = INT64_MAX;
  for (std::size_t s = 0; s < state_.steps.size(); ++s) {
    if (state_.steps[s].finished || !runs(group().steps[s], level)) continue;
    // The next firing too must be of the same class after the jump.
    const Coordinates& at = state_.steps[s].at;
    const weft::engine::Schedule& own = part_of(static_cast<int>(s)).schedule;
    const std::int64_t end = weft::engine::regular_end(*own.lowering, *own.sizing, state_.group,
                                                       group().steps[s].loops, level, at);
    least = std::min(least, end - 1 - at[level]);
  }
  return least == INT64_MAX ? 0 : std::max<std::int64_t>(0, least);
}

std::int64_t Sequencer::periods_left(const Jump& period,
                                     std::span<const std::int64_t> /*grown*/) const {
  return regular_iterations(period.level) / period.iterations;
}

void Sequencer::jump(const Jump& jump, std::span<const std::int64_t> grown) {
  const std::int64_t moved = jump.iterations * jump.periods;
  for (std::size_t s = 0; s < state_.steps.size(); ++s) {
    StepState& step = state_.steps[s];
    const bool moves = runs(group().steps[s], jump.level);
    const auto more = grown.subspan(s * kOrdinals, kOrdinals);
    if (!step.slots.empty())
      move_slots(s, jump, moves, more[static_cast<std::size_t>(outer_loop())]);
    for (std::size_t l = 0; l < kMostLoops; ++l) {
      step.ordinal[l] = plus(step.ordinal[l], more[l], "tiles");
      if (!step.rings[l].empty()) move_ring(step, l, jump.cycles, more[kMostLoops + l]);
      step.completed[l] = plus(step.completed[l], more[kMostLoops + l], "tiles");
    }
    step.ready.reset();
    if (moves && !step.finished) step.at[jump.level] += moved;
    for (State::Begun& begun : state_.begun[s]) {
      begun.at += jump.cycles;
      begun.tile += more[static_cast<std::size_t>(group().steps[s].loops.back())];
      if (moves) begun.where[jump.level] += moved;
    }
  }
  for (State::Issue& unit : state_.units) unit.free_at += jump.cycles;
  state_.ports.advance(jump.cycles);
  state_.last_end += jump.cycles;
}

// The times of a step's last iterations of loop `l`, of which `shift` more are complete.
void Sequencer::move_ring(StepState& step, std::size_t l, Cycle cycles, std::int64_t shift) {
  std::vector<Times> ring(step.rings[l].size());
  for (std::int64_t n = std::max<std::int64_t>(0, step.completed[l] - kRing); n < step.completed[l];
       ++n) {
    Times times = step.rings[l][static_cast<std::size_t>(n % kRing)];
    times.start += cycles;
    times.end += cycles;
    ring[static_cast<std::size_t>((n + shift) % kRing)] = times;
  }
  step.rings[l] = std::move(ring);
}

// A step's progress by key; `outer_shift`: outer iterations it goes on by.
void Sequencer::move_slots(std::size_t s, const Jump& jump, bool moves, std::int64_t outer_shift) {
  StepState& step = state_.steps[s];
  std::vector<Slot> slots(step.slots.size());
  for (std::int64_t row = 0; row < kOuterRing; ++row) {
    const std::int64_t to = (row + outer_shift) % kOuterRing;
    const bool current = row == step.ordinal[outer_loop()] % kOuterRing;
    for (std::int64_t k = 0; k < state_.keys; ++k) {
      Slot slot = step.slots[static_cast<std::size_t>(row * state_.keys + k)];
      slot.latest.start += jump.cycles;
      slot.latest.end += jump.cycles;
      if (jump.level == pass_loop() && current && moves && slot.count > 0)
        slot.count += pass_tiles(static_cast<int>(s), jump);
      slots[static_cast<std::size_t>(to * state_.keys + k)] = slot;
    }
  }
  step.slots = std::move(slots);
}

// Tiles of the pass rank in the jump: its loop runs over tiles, or over blocks of them.
std::int64_t Sequencer::pass_tiles(int step, const Jump& jump) const {
  const auto& lowered = this->lowered();
  const auto& size = size_of(step);
  for (std::size_t i = 0; i < lowered.tiled.size(); ++i) {
    if (lowered.tiled[i].base == lowered.pass_rank && lowered.tiled[i].block_loop == jump.level) {
      return jump.iterations * jump.periods * size.ranks[i].block;
    }
  }
  return jump.iterations * jump.periods;
}

}  // namespace weft::sim::engine
