// Clocks by ratio: by hand, and that they never drift.
#include <gtest/gtest.h>

#include "sim/common/fresh_kernel.hpp"
#include "sim/memory/bandwidth_memory.hpp"
#include "tests/assembly/bench.hpp"

namespace weft::sim::test {
namespace {

std::string crossing(const std::string& items, const std::string& source, const std::string& sink,
                     const std::string& ratio = "3/7") {
  return "clocks: {own: " + ratio +
         "}\n"
         "units:\n"
         "  source: {class: source" +
         source + ", attributes: {rows: " + items +
         "}}\n"
         "  sink: {class: sink" +
         sink +
         "}\n"
         "links:\n"
         "  - {from: source.out, to: sink.in, depth: 4}\n";
}

std::vector<Cycle> taken_at(const Ran& ran) {
  std::vector<Cycle> all;
  all.reserve(ran.taken.size());
  for (const Sink::Taken& one : ran.taken) all.push_back(one.at);
  return all;
}

// Three slow cycles while the fast clock makes seven: a tick is a third of a fast cycle, a fast
// cycle begins every 3 ticks, a slow one every 7.
//  item        0   1   2   3   4
//  sent in     0   1   2   3   5    fast; item 4 is offered in 4 (tick 12), where item 0, which
//  left
//                                   in slow cycle 1 (tick 7), has its place till tick 14
//  seen from   3   6   9   12  18   ticks
//  taken in    1   2   3   4   5    slow, at ticks 7, 14, 21, 28, 35
TEST(Clocks, FromFastToSlow) {
  const Ran ran = run(crossing("5", "", ", clock: own"));
  EXPECT_EQ(taken_at(ran), (std::vector<Cycle>{1, 2, 3, 4, 5}));
  const Counters expected{5, 1 + 2 + 2 + 3 + 3, 1, 4};
  EXPECT_EQ(ran.channels[0], expected);
}

// Slow cycle n ends at tick 7(n + 1); the first fast cycle from there is ceil(7(n + 1) / 3).
TEST(Clocks, FromSlowToFastWithoutDrift) {
  const Ran ran = run(crossing("20000", ", clock: own", ""));
  ASSERT_EQ(ran.taken.size(), 20000u);
  EXPECT_EQ(ran.taken[0].at, 3);  // 7/3, 14/3, 21/3
  EXPECT_EQ(ran.taken[1].at, 5);
  EXPECT_EQ(ran.taken[2].at, 7);
  for (std::size_t n = 0; n < ran.taken.size(); ++n)
    ASSERT_EQ(ran.taken[n].at, static_cast<Cycle>((7 * (n + 1) + 2) / 3)) << n;
}

// The period of two clocks is a multiple of both.
TEST(Clocks, WholePeriodsOfBothArePassedOver) {
  for (const char* ratio : {"3/7", "7/3", "5/4", "2/1"}) {
    for (const bool slow_source : {false, true}) {
      const std::string yaml = crossing("30000", slow_source ? ", clock: own" : "",
                                        slow_source ? "" : ", clock: own", ratio);
      const Ran exact = run(yaml);
      const Ran advanced = run(yaml, {.advance = true});
      EXPECT_GT(advanced.periods, 0u) << ratio;
      EXPECT_LT(advanced.taken.size(), 200u) << ratio;
      EXPECT_EQ(advanced.last, exact.last) << ratio;
      EXPECT_EQ(advanced.channels, exact.channels) << ratio;
      EXPECT_EQ(advanced.units, exact.units) << ratio;
    }
  }
}

// Two sources of different clocks into one unit: no wake-up is lost.
TEST(Clocks, AReceiverHearsOfBothItsSenders) {
  const Ran ran =
      run("clocks: {slow: 1/7}\n"
          "units:\n"
          "  fast: {class: source, attributes: {rows: 3, interval_cycles: 9}}\n"
          "  slow: {class: source, clock: slow, attributes: {rows: 3}}\n"
          "  gather: {class: gather}\n"
          "  sink: {class: sink}\n"
          "links:\n"
          "  - {from: slow.out, to: 'gather.in[0]'}\n"
          "  - {from: fast.out, to: 'gather.in[1]'}\n"
          "  - {from: gather.out, to: sink.in}\n");
  // Slow items are seen in 7, 14 and 21, fast ones in 1, 10 and 19; in turn, a cycle on to the
  // sink.
  EXPECT_EQ(taken_at(ran), (std::vector<Cycle>{8, 9, 15, 16, 22, 23}));
}

// Asks for `left` reads, one a cycle, and notes when they are answered.
class Reader final : public Unit {
 public:
  explicit Reader(int reads) : left_(reads) {}

  const UnitClass& unit_class() const override {
    static constexpr UnitClass kReader{"reader"};
    return kReader;
  }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override {
    ports.add("requests", requests_);
    ports.add("responses", responses_);
  }
  Cycle step(Cycle now) override {
    for (; responses_.ready(now); responses_.pop(now)) answered.push_back(now);
    if (left_ == 0 || !requests_.offer(now, {.bytes = 64})) return kNever;
    --left_;
    return now + 1;
  }

  std::vector<Cycle> answered;

 private:
  int left_;
  Out<memory::Request> requests_;
  In<memory::Response> responses_;
};

// The memory counts in cycles of its own, three for seven: 32 bytes in one, four of latency.
// Requests are sent in 0 and 1 (ticks 0 and 3), seen in memory's cycle 1 (tick 7), served in its
// cycles 1 to 3 and 3 to 5, and answered in 7 and 9, which end at ticks 56 and 70: the reader's
// cycles 19 and 24.
TEST(Clocks, ADramHasItsOwn) {
  const std::vector<ClockRatio> ratios{{3, 7}};
  Assembly assembly(ratios);
  const weft::engine::Dram dram{
      .bandwidth_bytes_per_s = 32e9, .latency_cycles = 4, .outstanding = 8, .burst_bytes = 64};
  auto& reader = assembly.emplace<Reader>("reader", 2);
  assembly.add("dram",
               std::make_unique<memory::BandwidthMemory>(
                   memory::BandwidthMemory::Config{.dram = dram, .clock_hz = 1e9}),
               1);
  assembly.join("reader", "requests", "dram", "requests[0]", 2);
  assembly.join("dram", "responses[0]", "reader", "responses", 2);
  with_fresh_kernel([&] {
    AssemblyModule module("assembly", assembly, {});
    sc_core::sc_start();
    if (module.failure().error) std::rethrow_exception(module.failure().error);
  });
  EXPECT_EQ(reader.answered, (std::vector<Cycle>{19, 24}));
}

TEST(Clocks, PeriodsAreWholeTicks) {
  const std::vector<ClockRatio> ratios{{3, 7}, {6, 4}, {1, 1}, {10, 1}};
  // 3/7, 3/2, 1 and 10: the tick is a thirtieth.
  EXPECT_EQ(periods_of(ratios), (std::vector<Cycle>{30, 70, 20, 30, 3}));
  EXPECT_EQ(ticks_per_cycle({}), 1);
  const std::vector<ClockRatio> fine{{999'983, 1}, {999'979, 1}};  // primes
  EXPECT_EQ(ticks_per_cycle(fine), 0);
  EXPECT_THROW(periods_of(fine), ContractError);
}

}  // namespace
}  // namespace weft::sim::test
