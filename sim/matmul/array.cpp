#include "sim/matmul/array.hpp"

#include "models/engine/schedule/step_cost.hpp"

namespace weft::sim::matmul {

using einsum::Work;
using weft::engine::ArrayCounter;

Cycle Array::step(Cycle now) {
  const auto add = [&](ArrayCounter counter, std::int64_t count) {
    counts_.counters[static_cast<std::size_t>(counter)] += static_cast<std::uint64_t>(count);
  };
  while (commands_.ready(now)) {
    const Command command = commands_.pop(now);
    counts_.busy_cycles += static_cast<std::uint64_t>(command.end - command.begin);
    counts_.stall_in_cycles += static_cast<std::uint64_t>(command.stall_in);
    counts_.stall_out_cycles += static_cast<std::uint64_t>(command.stall_out);
    const weft::engine::StepCost& cost = *command.cost;
    add(ArrayCounter::tiles, 1);
    add(ArrayCounter::macc, cost.work[static_cast<std::size_t>(Work::macc)]);
    add(ArrayCounter::multiply, cost.work[static_cast<std::size_t>(Work::multiply)]);
    add(ArrayCounter::add, cost.work[static_cast<std::size_t>(Work::add)]);
    add(ArrayCounter::max, cost.work[static_cast<std::size_t>(Work::max)]);
    add(ArrayCounter::exp, cost.work[static_cast<std::size_t>(Work::exp)]);
    add(ArrayCounter::divide, cost.work[static_cast<std::size_t>(Work::divide)]);
    if (command.preloads) add(ArrayCounter::preload_cycles, cost.preload_cycles);
    if (command.drains) add(ArrayCounter::drain_cycles, cost.drain_cycles);
    if (execute_ != nullptr) execute_(context_, command);
  }
  return kNever;
}

}  // namespace weft::sim::matmul
