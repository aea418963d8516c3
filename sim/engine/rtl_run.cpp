#include "sim/engine/rtl_run.hpp"

#include <algorithm>
#include <limits>

#include "models/engine/schedule/step_cost.hpp"
#include "sim/engine/run.hpp"

namespace weft::sim::engine {

using rtl::Firing;
using rtl::FusemaxEngine;
using rtl::RtlCounter;
using weft::engine::BufferCounter;
using weft::engine::kNone;
using weft::engine::ScheduledStep;
using weft::engine::StepCost;
using weft::engine::StepKind;
using weft::engine::UnitKind;
using weft::engine::UnitResult;

namespace {
constexpr std::uint64_t kLook = 4096;  // cycles between looks at the stop token
}

Accounting::Accounting(const weft::engine::Schedule& schedule)
    : schedule_(schedule),
      group_(schedule.groups[0]),
      layout_(schedule),
      commands_(schedule.lowering->arrays.size()) {
  for (auto& channel : commands_) arrays_.emplace_back(channel);
  moved_.resize(schedule.lowering->tensors.size());
  for (const ScheduledStep& step : group_.steps) {
    Step& made = steps_.emplace_back(
        Step{Walker(*schedule.lowering, *schedule.sizing, group_.group, step.loops), {}});
    made.walker.start(made.state);
  }
  for (auto& unit : step_of_) unit.fill(kNone);
  for (int unit = 0; unit < 3; ++unit) {
    for (int s = 0; s < 7; ++s) {
      for (std::size_t i = 0; i < group_.steps.size(); ++i) {
        if (group_.steps[i].name == rtl::name_of({0, unit, s}))
          step_of_[unit][s] = static_cast<int>(i);
      }
    }
  }
}

void Accounting::fired(const Firing& firing) {
  const int step = step_of_[firing.unit][firing.step];
  check(step != kNone, "the RTL fired a step that the schedule does not have");
  StepState& state = steps_[step].state;
  check(!state.finished, "the RTL fired a step more often than the schedule has it");
  if (group_.steps[step].kind == StepKind::compute) {
    fire_compute(static_cast<std::size_t>(step), firing.cycle);
  } else {
    fire_transfer(static_cast<std::size_t>(step));
  }
  steps_[step].walker.next(state);
}

void Accounting::fire_compute(std::size_t step, Cycle cycle) {
  const ScheduledStep& scheduled = group_.steps[step];
  const auto& lowered = schedule_.lowering->groups[group_.group];
  const auto edges =
      edges_at(lowered, schedule_.sizing->groups[group_.group], steps_[step].state.at);
  const StepCost& cost = scheduled.costs[edges];
  const auto unit = static_cast<std::size_t>(scheduled.unit);
  commands_[unit].push(cycle, {.cost = &cost,
                               .step = static_cast<int>(step),
                               .begin = cycle,
                               .end = cycle + cost.issue_cycles});
  arrays_[unit].step(cycle + 1);
  buffer_[static_cast<std::size_t>(BufferCounter::rows_read)] +=
      static_cast<std::uint64_t>(cost.rows_read);
  buffer_[static_cast<std::size_t>(BufferCounter::rows_written)] +=
      static_cast<std::uint64_t>(cost.rows_written);
  for (int i = 0; i < cost.moved_count; ++i) {
    moved_[cost.moved[i].tensor].buffer_read +=
        static_cast<std::uint64_t>(cost.moved[i].read_bytes);
    moved_[cost.moved[i].tensor].buffer_written +=
        static_cast<std::uint64_t>(cost.moved[i].written_bytes);
  }
}

void Accounting::fire_transfer(std::size_t step) {
  const ScheduledStep& scheduled = group_.steps[step];
  const auto bytes = static_cast<std::uint64_t>(
      layout_.region_bytes(group_.group, scheduled.tensor, scheduled.loops, steps_[step].state.at));
  (scheduled.kind == StepKind::store ? moved_[scheduled.tensor].dram_written
                                     : moved_[scheduled.tensor].dram_read) += bytes;
}

bool Accounting::complete() const {
  return std::all_of(steps_.begin(), steps_.end(),
                     [](const Step& step) { return step.state.finished; });
}

void Accounting::collect(const FusemaxEngine& engine, weft::engine::Result& result) {
  check(complete(),
        "the RTL ended a run before every step had fired as often as the schedule says");
  result.cycles = engine.counter(RtlCounter::cycles);
  for (std::size_t a = 0; a < arrays_.size(); ++a) {
    const UnitCounts& counted = *arrays_[a].counts();
    UnitResult unit{.busy_cycles = counted.busy_cycles, .counters = counted.counters};
    const bool spatial = schedule_.lowering->arrays[a]->kind == weft::engine::ArrayKind::spatial;
    const auto first =
        static_cast<std::size_t>(spatial ? RtlCounter::busy_2d : RtlCounter::busy_1d);
    const auto counter = [&](std::size_t i) {
      return engine.counter(static_cast<RtlCounter>(first + i));
    };
    check(counter(0) == unit.busy_cycles, "the RTL's busy cycles are those of what it fired");
    check(counter(3) == unit.counters[static_cast<std::size_t>(weft::engine::ArrayCounter::tiles)],
          "the RTL counts its firings");
    unit.kind = UnitKind::array;
    unit.array = static_cast<int>(a);
    unit.stall_in_cycles = counter(1);
    unit.stall_out_cycles = counter(2);
    add_unit(unit, result);
  }
  check(bytes_filled(moved_) == engine.counter(RtlCounter::bytes_read) &&
            bytes_emptied(moved_) == engine.counter(RtlCounter::bytes_written),
        "the RTL moves the bytes that the schedule says");
  count_rows_moved(moved_, schedule_.lowering->arch->buffer.row_bytes, buffer_);
  add_unit({.kind = UnitKind::buffer, .counters = buffer_}, result);
  const memory::DramTiming& timing = engine.memory().timing();
  add_unit(
      {.kind = UnitKind::dram, .busy_cycles = timing.busy_cycles(), .counters = timing.counters()},
      result);
  add_traffic(moved_, result);
}

void simulate_rtl(const weft::engine::Schedule& schedule, const weft::engine::RunOptions& options,
                  const std::shared_ptr<const rtl::Library>& library, weft::engine::Result& result,
                  std::vector<std::vector<float>>& outputs) {
  rtl::check_executes(rtl::parameters_of(*library), *schedule.lowering, *schedule.sizing);
  FusemaxEngine engine(library, schedule, options.trace, {options.stall_profile, options.seed},
                       options.seed);
  Accounting accounting(schedule);
  engine.on_fire(
      [](void* counts, const Firing& firing) { static_cast<Accounting*>(counts)->fired(firing); },
      &accounting);
  if (!options.wave_file.empty())
    engine.write_wave(options.wave_file, options.wave_from, options.wave_to);
  Cycle now = 0;
  while (!engine.done()) {
    engine.step(now++);
    if (static_cast<std::uint64_t>(now) % kLook != 0) continue;
    if (options.stop.stop_requested()) throw Cancelled();
    if (options.progress) options.progress(engine.progress());
  }
  if (!options.wave_file.empty()) engine.close_wave();
  accounting.collect(engine, result);
  outputs = engine.outputs();
}

}  // namespace weft::sim::engine
