// Small assemblies, one of each kind of timing, cycle for cycle by hand; and that stepping and
// passing over periods give the same.
#include "sim/assembly/assembly.hpp"

#include <gtest/gtest.h>

#include "tests/assembly/bench.hpp"

namespace weft::sim::test {
namespace {

using Taken = std::vector<Sink::Taken>;

std::vector<Cycle> times(const Taken& taken) {
  std::vector<Cycle> all;
  all.reserve(taken.size());
  for (const Sink::Taken& one : taken) all.push_back(one.at);
  return all;
}

// beats, beat_cycles, stall_cycles, most_beats
Counters link(std::uint64_t beats, std::uint64_t beat_cycles, std::uint64_t stalls,
              std::uint64_t most) {
  return {beats, beat_cycles, stalls, most};
}

// Timing by shape: a pipeline before a sink that is slower than it.
std::string stream(const std::string& items) {
  return "units:\n"
         "  source: {class: source, attributes: {rows: " +
         items +
         "}}\n"
         "  stage: {class: stage, attributes: {latency_cycles: 3, places: 2}}\n"
         "  sink: {class: sink, attributes: {interval_cycles: 4}}\n"
         "links:\n"
         "  - {from: source.out, to: stage.in, depth: 2}\n"
         "  - {from: stage.out, to: sink.in, depth: 1}\n";
}

//  item    sent  into the stage  ready  out of it  taken
//  0       0     1               4      4          5
//  1       1     2               5      6          9     offered in 5: the place is free from 6
//  2       2     5               8      10         13    two places; item 0 has left in 4
//  3       3     7               10     14         17
//  4       6     11              14     18         21    offered in 4, item 2 has left in 5
//  5       8     15              18     22         25    offered in 7
TEST(Stream, BackPressureGoesUpToTheSource) {
  const Ran ran = run(stream("6"));
  EXPECT_EQ(times(ran.taken), (std::vector<Cycle>{5, 9, 13, 17, 21, 25}));
  ASSERT_EQ(ran.channels.size(), 2u);
  EXPECT_EQ(ran.channels[0], link(6, 1 + 1 + 3 + 4 + 5 + 7, 2 + 1, 2));
  // Items 1 to 5 are offered in 5, 8, 11, 15 and 19: one leaves the stage a cycle.
  EXPECT_EQ(ran.channels[1], link(6, 1 + 3 + 3 + 3 + 3 + 3, 1 + 2 + 3 + 3 + 3, 1));
}

// Timing by mask: rows of 1, 2, 3, 3 … items, two cycles between rows, dealt to two lanes in turn.
std::string band(const std::string& rows) {
  return "units:\n"
         "  source: {class: source, attributes: {rows: " +
         rows +
         ", window: 3, masked: true, gap_cycles: 2}}\n"
         "  deal: {class: deal}\n"
         "  lane: {class: stage, count: 2, attributes: {latency_cycles: 4, interval_cycles: 2}}\n"
         "  gather: {class: gather}\n"
         "  sink: {class: sink}\n"
         "links:\n"
         "  - {from: source.out, to: deal.in}\n"
         "  - {from: 'deal.out[*]', to: 'lane[*].in'}\n"
         "  - {from: 'lane[*].out', to: 'gather.in[*]'}\n"
         "  - {from: gather.out, to: sink.in}\n";
}

//  row     sent        dealt       into lane 0, 1, 0 …   out of it   gathered    taken
//  0       0           1           2                     6           7           8
//  1       3, 4        4, 5        5, 6                  9, 10       10, 11      11, 12
//  2       7, 8, 9     8, 9, 10    9, 10, 11             13, 14, 15  14, 15, 16  15, 16, 17
//  3       12, 13, 14  13, 14, 15  14, 15, 16            18, 19, 20  19, 20, 21  20, 21, 22
TEST(Band, ShorterRowsComeFirst) {
  const Ran ran = run(band("4"));
  EXPECT_EQ(times(ran.taken), (std::vector<Cycle>{8, 11, 12, 15, 16, 17, 20, 21, 22}));
}

// Timing by values: items below 5 are dropped, what is left waits in a queue of two.
std::string filtered(const std::string& values) {
  return "units:\n"
         "  source: {class: source, attributes: {rows: 8, values: [" +
         values +
         "]}}\n"
         "  filter: {class: filter, attributes: {threshold: 5}}\n"
         "  sink: {class: sink, attributes: {interval_cycles: 5}}\n"
         "links:\n"
         "  - {from: source.out, to: filter.in, depth: 2}\n"
         "  - {from: filter.out, to: sink.in, depth: 2}\n";
}

//  value   sent  filtered  taken
//  9       0     1         2
//  1       1     2
//  8       2     3         7
//  2       3     4
//  7       4     5         12
//  7       5     8         17    offered in 6; the queue is full till 8 has left it, in 7
//  0       6     9
//  6       9     13        22    sent: offered in 7; filtered: offered in 10, a place is free from
//  13
TEST(Filtered, WhatIsDroppedTakesNoPlaceInTheQueue) {
  const Ran ran = run(filtered("9, 1, 8, 2, 7, 7, 0, 6"));
  EXPECT_EQ(ran.taken, (Taken{{2, 9}, {7, 8}, {12, 7}, {17, 7}, {22, 6}}));
  EXPECT_EQ(ran.channels[0], link(8, 1 + 1 + 1 + 1 + 1 + 3 + 3 + 4, 2, 2));
  EXPECT_EQ(ran.channels[1], link(5, 1 + 4 + 7 + 9 + 9, 2 + 3, 2));
  const auto filter = ran.units[0];  // in the order of names
  EXPECT_EQ(filter[0], 5u);
  EXPECT_EQ(filter[1], 3u);
}

TEST(Filtered, OtherValuesTakeOtherCycles) {
  EXPECT_EQ(run(filtered("1, 1, 1, 1, 1, 1, 1, 9")).taken, (Taken{{9, 9}}));
  EXPECT_EQ(run(filtered("0")).taken, Taken{});
  EXPECT_EQ(run(filtered("9, 0, 0, 0, 0, 0, 0, 9")).taken, (Taken{{2, 9}, {9, 9}}));
}

// Timing by chance: one item at a time, for a cycle and a stall.
TEST(Jitter, AddsUpItsStalls) {
  const Ran ran =
      run("units:\n"
          "  source: {class: source, attributes: {rows: 200}}\n"
          "  jitter: {class: jitter, attributes: {seed: 5}}\n"
          "  sink: {class: sink}\n"
          "links:\n"
          "  - {from: source.out, to: jitter.in}\n"
          "  - {from: jitter.out, to: sink.in}\n",
          {.advance = true});
  const memory::Stalls stalls(memory::StallProfile::source, 5);
  ASSERT_EQ(ran.taken.size(), 200u);
  Cycle in = 1;
  Cycle stalled = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const Cycle stall = stalls.cycles(memory::StallPort::response, i);
    const Cycle out = in + 1 + stall;
    ASSERT_EQ(ran.taken[i].at, out + 1) << i;
    in = out + 1;
    stalled += stall;
  }
  EXPECT_GT(stalled, 0);
  EXPECT_EQ(ran.periods, 0u);
}

// What recurs is passed over, with every count and the last cycle as if it had been stepped.
void expect_same(const std::string& yaml, std::size_t most_stepped) {
  const Ran exact = run(yaml);
  const Ran advanced = run(yaml, {.advance = true});
  EXPECT_EQ(exact.periods, 0u);
  EXPECT_GT(advanced.periods, 0u);
  EXPECT_LT(advanced.taken.size(), most_stepped);
  EXPECT_LT(advanced.taken.size(), exact.taken.size());
  EXPECT_EQ(advanced.last, exact.last);
  EXPECT_EQ(advanced.units, exact.units);
  EXPECT_EQ(advanced.busy, exact.busy);
  EXPECT_EQ(advanced.channels, exact.channels);
}

TEST(Advance, PassesOverWhatDependsOnShape) { expect_same(stream("20000"), 100); }
TEST(Advance, PassesOverWhatDependsOnTheMask) { expect_same(band("10000"), 200); }

// Two sources of which one drives: by its rows periods are told, and the other ends sooner, or
// later.
TEST(Advance, StopsBeforeWhateverEndsFirst) {
  // Of 1,500 and 15,000 items; the last 9,000 of those come when the driver has ended, in 18,000.
  for (const auto& [rows, most_stepped] : {std::pair{"300", 200u}, std::pair{"3000", 9200u}}) {
    const std::string yaml =
        std::string(
            "units:\n"
            "  a: {class: source, attributes: {rows: 9000, interval_cycles: 2}}\n"
            "  b: {class: source, attributes: {window: 5, interval_cycles: 3, rows: ") +
        rows +
        "}}\n"
        "  other: {class: sink}\n"
        "  sink: {class: sink, attributes: {interval_cycles: 3}}\n"
        "links:\n"
        "  - {from: a.out, to: other.in}\n"
        "  - {from: b.out, to: sink.in}\n";
    expect_same(yaml, most_stepped);
  }
}

// Every item takes the sink four cycles.
TEST(Advance, GivesTheCyclesByHandOfALongRun) {
  const Ran ran = run(stream("1000000000"), {.advance = true});
  EXPECT_EQ(ran.last, 5 + 4 * (1'000'000'000LL - 1));
  EXPECT_EQ(ran.channels[1][0], 1'000'000'000u);
}

TEST(Advance, NeverPassesOverWhatDependsOnValuesOrChance) {
  EXPECT_TRUE(assembly_of(stream("6")).advances());
  EXPECT_TRUE(assembly_of(band("6")).advances());
  EXPECT_FALSE(assembly_of(filtered("9")).advances());
  const std::string long_run =
      "units:\n"
      "  source: {class: source, attributes: {rows: 2000, values: [9, 1]}}\n"
      "  filter: {class: filter, attributes: {threshold: 5}}\n"
      "  sink: {class: sink}\n"
      "links:\n"
      "  - {from: source.out, to: filter.in}\n"
      "  - {from: filter.out, to: sink.in}\n";
  const Ran ran = run(long_run, {.advance = true});
  EXPECT_EQ(ran.periods, 0u);
  EXPECT_EQ(ran.taken.size(), 1000u);
}

TEST(Assembly, DoesNotDependOnTheOrderOfItsModules) {
  for (const std::string& yaml : {stream("50"), band("50"), filtered("9, 1, 8, 2, 7, 7, 0, 6")}) {
    const Ran plain = run(yaml);
    const Ran shuffled = run(yaml, {.advance = false, .shuffle = true});
    EXPECT_EQ(plain.taken, shuffled.taken);
    EXPECT_EQ(plain.channels, shuffled.channels);
    EXPECT_EQ(plain.units, shuffled.units);
  }
}

// All of a unit is in its state: one that another's is put into goes on as the other does.
TEST(Assembly, AUnitGoesOnFromAStateThatIsPutBack) {
  Channel<Item> first_in(8);
  Channel<Item> second_in(8);
  Channel<Item> first_out(8);
  Channel<Item> second_out(8);
  Stage first({.latency_cycles = 5, .interval_cycles = 2});
  Stage second({.latency_cycles = 5, .interval_cycles = 2});
  const auto bind = [](Stage& stage, Channel<Item>& in, Channel<Item>& out) {
    PortList list;
    stage.list_ports(list);
    std::vector<Port> ports = list.take();
    ports[0].bind(ports[0].end, in);
    ports[1].bind(ports[1].end, out);
  };
  bind(first, first_in, first_out);
  bind(second, second_in, second_out);
  for (Cycle now = 0; now < 4; ++now) {
    if (now % 2 == 0) first_in.push(now, {now});
    first.step(now);
  }
  ASSERT_TRUE(first_in.empty());  // two items are in the stage
  second.restore(first.state());
  for (Cycle now = 4; now < 30; ++now) {
    if (now % 2 == 0 && now < 8) first_in.push(now, {now});
    if (now % 2 == 0 && now < 8) second_in.push(now, {now});
    first.step(now);
    second.step(now);
    ASSERT_EQ(first_out.ready(now), second_out.ready(now)) << now;
    if (first_out.ready(now)) {
      ASSERT_EQ(first_out.pop(now).value, second_out.pop(now).value) << now;
    }
  }
  EXPECT_EQ(second_out.count(ChannelCounter::beats), 4u);
}

TEST(Assembly, RefusesJoinsThatCannotBe) {
  Assembly assembly;
  assembly.emplace<Source>("source", Source::Config{});
  assembly.emplace<Sink>("sink", Sink::Config{});
  EXPECT_THROW(assembly.emplace<Sink>("sink", Sink::Config{}), ContractError);
  EXPECT_THROW(assembly.join("source", "out", "nowhere", "in", 1), ContractError);
  EXPECT_THROW(assembly.join("source", "up", "sink", "in", 1), ContractError);
  EXPECT_THROW(assembly.join("sink", "in", "source", "out", 1), ContractError);
  EXPECT_THROW(assembly.check_joined(), ContractError);
  assembly.join("source", "out", "sink", "in", 1);
  EXPECT_THROW(assembly.join("source", "out", "sink", "in", 1), ContractError);
  assembly.check_joined();
}

}  // namespace
}  // namespace weft::sim::test
