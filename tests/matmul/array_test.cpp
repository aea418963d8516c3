#include "sim/matmul/array.hpp"

#include <gtest/gtest.h>

#include <random>

#include "models/engine/schedule/step_cost.hpp"
#include "tests/common/seed.hpp"

namespace weft::sim::matmul {
namespace {

using einsum::Work;
using weft::engine::ArrayCounter;
using weft::engine::StepCost;

StepCost random_cost(std::mt19937_64& random) {
  StepCost cost;
  cost.issue_cycles = static_cast<std::int64_t>(1 + random() % 90);
  cost.preload_cycles = static_cast<std::int64_t>(random() % 20);
  cost.drain_cycles = static_cast<std::int64_t>(random() % 20);
  for (auto& count : cost.work) count = static_cast<std::int64_t>(random() % 1000);
  return cost;
}

// Every counter is the sum over the commands of what their costs say; preload and drain only where
// they happen.
TEST(Array, CountsWhatItsCommandsSay) {
  const std::uint64_t seed = weft::test::seed_or(53);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::vector<StepCost> costs;
  for (int i = 0; i < 7; ++i) costs.push_back(random_cost(random));
  Channel<Command> commands;
  Array array(commands);
  std::vector<int> order;
  array.on_command(
      [](void* list, const Command& command) {
        static_cast<std::vector<int>*>(list)->push_back(command.step);
      },
      &order);

  UnitCounts expected;
  const auto count = [&](ArrayCounter counter) -> std::uint64_t& {
    return expected.counters[static_cast<std::size_t>(counter)];
  };
  Cycle now = 0;
  for (int i = 0; i < 200; ++i) {
    const StepCost& cost = costs[random() % costs.size()];
    Command command{
        .cost = &cost, .step = i, .preloads = random() % 2 == 0, .drains = random() % 2 == 0};
    command.stall_in = static_cast<Cycle>(random() % 30);
    command.stall_out = static_cast<Cycle>(random() % 30);
    now += command.stall_in + command.stall_out;
    command.begin = now;
    command.end = now + cost.issue_cycles + (command.preloads ? cost.preload_cycles : 0) +
                  (command.drains ? cost.drain_cycles : 0);
    commands.push(now, command);
    array.step(now);  // too early: it is seen in the next cycle
    EXPECT_EQ(order.size(), static_cast<std::size_t>(i));
    array.step(now + 1);
    now = command.end;
    expected.busy_cycles += static_cast<std::uint64_t>(command.end - command.begin);
    expected.stall_in_cycles += static_cast<std::uint64_t>(command.stall_in);
    expected.stall_out_cycles += static_cast<std::uint64_t>(command.stall_out);
    count(ArrayCounter::tiles) += 1;
    for (const auto& [counter, work] : {std::pair{ArrayCounter::macc, Work::macc},
                                        {ArrayCounter::multiply, Work::multiply},
                                        {ArrayCounter::add, Work::add},
                                        {ArrayCounter::max, Work::max},
                                        {ArrayCounter::exp, Work::exp},
                                        {ArrayCounter::divide, Work::divide}}) {
      count(counter) += static_cast<std::uint64_t>(cost.work[static_cast<std::size_t>(work)]);
    }
    if (command.preloads)
      count(ArrayCounter::preload_cycles) += static_cast<std::uint64_t>(cost.preload_cycles);
    if (command.drains)
      count(ArrayCounter::drain_cycles) += static_cast<std::uint64_t>(cost.drain_cycles);
  }
  EXPECT_EQ(order.size(), 200u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(array.counts()->busy_cycles, expected.busy_cycles);
  EXPECT_EQ(array.counts()->stall_in_cycles, expected.stall_in_cycles);
  EXPECT_EQ(array.counts()->stall_out_cycles, expected.stall_out_cycles);
  EXPECT_EQ(array.counts()->counters, expected.counters);
}

}  // namespace
}  // namespace weft::sim::matmul
