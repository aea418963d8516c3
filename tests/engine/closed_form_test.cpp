// The closed form's time against SystemC: equal to the cycle where every firing is walked, near and
// inside its bound elsewhere. scripts/check/closed_form.py does the same on thousands of points.
#include "models/engine/analytic/closed_form.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "models/engine/analytic/walk_memo.hpp"
#include "models/engine/run/result_figures.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Fidelity;
using weft::engine::Setting;
using weft::engine::Status;

struct FormPair {
  Result closed;
  Result simulated;
  double difference() const {
    return static_cast<double>(closed.cycles) / static_cast<double>(simulated.cycles) - 1;
  }
};

FormPair both(const std::string& name, const Shape& shape,
              const std::vector<Setting>& settings = {}) {
  const auto made = design(name, settings);
  FormPair pair;
  pair.simulated = run_point(made, shape);
  pair.closed = run_point(made, shape, {.fidelity = Fidelity::analytic});
  return pair;
}

Shape square(std::int64_t batch, std::int64_t heads, std::int64_t queries, std::int64_t keys,
             std::int64_t width) {
  return {.batch = batch,
          .heads = heads,
          .kv_heads = heads,
          .seq_q = queries,
          .seq_kv = keys,
          .width_qk = width,
          .width_v = width};
}

// Few tiles, on arrays and memories of every kind: nothing is passed over, so nothing may differ.
TEST(ClosedForm, IsTheSimulatorsToTheCycleWhereEveryFiringIsWalked) {
  const std::uint64_t seed = weft::test::seed_or(31);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  const std::vector<std::string> names{"unfused-16x16",
                                       "flat-16x16",
                                       "fusemax-cascade-16x16",
                                       "fusemax-architecture-16x16",
                                       "fusemax-16x16",
                                       "fusemax-8x8",
                                       "streaming-softmax",
                                       "two-pass",
                                       "deferred-division",
                                       "segments-serial",
                                       "projection"};
  int walked = 0;
  for (int i = 0; i < 88; ++i) {
    const std::string& name = names[static_cast<std::size_t>(i) % names.size()];
    std::vector<Setting> settings{
        {"arch.dram.latency_cycles", std::to_string(10 + up_to(400))},
        {"arch.dram.outstanding", std::to_string(1 << random() % 7)},
        {"arch.arrays.array_2d.overlaps_drain", random() % 2 == 0 ? "true" : "false"},
        {"arch.arrays.array_2d.tile_contexts", std::to_string(up_to(6))}};
    if (random() % 2 == 0)
      settings.emplace_back("arch.dram.burst_bytes", std::to_string(64 << random() % 5));
    const Shape shape = square(1, up_to(2), up_to(60), up_to(90), up_to(40));
    const FormPair pair = both(name, shape, settings);
    ASSERT_EQ(pair.closed.status, pair.simulated.status);
    if (pair.closed.status != Status::ok || pair.closed.bound) continue;
    ++walked;
    EXPECT_EQ(pair.closed.cycles, pair.simulated.cycles)
        << "point " << i << " " << name << text(shape);
  }
  EXPECT_GT(walked, 60);
}

// Preload and drain are part of a tile's life: one context, nothing overlapped.
TEST(ClosedForm, KnowsPreloadAndDrainOfATilesLife) {
  const FormPair pair = both("streaming-softmax", square(1, 1, 1024, 1024, 16),
                             {{"arch.arrays.array_2d.tile_contexts", "1"},
                              {"arch.arrays.array_2d.overlaps_preload", "false"},
                              {"arch.arrays.array_2d.overlaps_drain", "false"}});
  EXPECT_NEAR(pair.difference(), 0, 0.01);
}

// One request at a time makes its round trip, and bursts of 4096 bytes are many of them.
TEST(ClosedForm, KnowsHowManyRequestsAreUnderWay) {
  for (const char* outstanding : {"1", "3", "16"}) {
    for (const char* burst : {"256", "4096"}) {
      SCOPED_TRACE(std::string(outstanding) + " of " + burst + " bytes");
      const FormPair pair =
          both("fusemax", square(1, 12, 1, 16384, 64),
               {{"arch.dram.outstanding", outstanding}, {"arch.dram.burst_bytes", burst}});
      EXPECT_NEAR(pair.difference(), 0, 0.01);
    }
  }
}

TEST(ClosedForm, KnowsManyHeadsOfOneTile) {
  for (const std::int64_t heads : {20000, 100000}) {
    const FormPair pair = both("flat", square(heads, 1, 16, 16, 16));
    EXPECT_EQ(pair.closed.cycles, pair.simulated.cycles);
    EXPECT_FALSE(pair.closed.bound.has_value());
  }
}

// The first heads wait for a slow memory, and later ones do not: no walk may tell all of them from
// those.
TEST(ClosedForm, IsNotToldFromTheFirstHeadsOfASlowMemory) {
  for (const char* name : {"fusemax-4x4", "fusemax-8x8"}) {
    for (const Shape& shape : {square(3, 1, 50, 77, 40), square(1, 4, 64, 64, 64)}) {
      const FormPair pair =
          both(name, shape,
               {{"arch.dram.bandwidth_bytes_per_s", "2e9"}, {"arch.dram.latency_cycles", "37"}});
      EXPECT_NEAR(pair.difference(), 0, 0.03) << name << text(shape);
    }
  }
}

// A queue of stores fills after thousands of tiles, one request at a time.
TEST(ClosedForm, KnowsAMemoryThatFallsBehindLate) {
  Shape shape = square(4, 7, 1608, 1, 33);
  shape.width_v = 13;
  const FormPair pair = both("fusemax-4x4", shape,
                             {{"arch.dram.outstanding", "1"}, {"arch.dram.burst_bytes", "256"}});
  EXPECT_NEAR(pair.difference(), 0, 0.05);
}

// Queries that see no key take a tile of keys all the same, as in the simulator.
TEST(ClosedForm, KnowsQueriesThatSeeNoKey) {
  for (const char* name : {"fusemax-8x8", "two-pass", "flat-8x8", "unfused-8x8"}) {
    Shape shape = square(1, 2, 50, 20, 16);
    shape.causal = true;
    EXPECT_EQ(both(name, shape).difference(), 0) << name;
  }
}

// A point that was walked to its end, or recurs, is SystemC's to the cycle and carries no bound.
void expect_equal(const std::string& name, const Shape& shape,
                  const std::vector<Setting>& settings = {}) {
  const FormPair pair = both(name, shape, settings);
  EXPECT_EQ(pair.closed.cycles, pair.simulated.cycles) << name << text(shape);
  EXPECT_FALSE(pair.closed.bound.has_value()) << name << text(shape);
}

Shape causal(Shape shape) {
  shape.causal = true;
  return shape;
}

// Hundreds of rows of tiles, or heads, most of them passed over because they recur.
TEST(ClosedForm, IsTheSimulatorsToTheCycleWhereTilesRecur) {
  const std::uint64_t seed = weft::test::seed_or(37);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  const std::vector<std::string> names{"unfused-8x8",
                                       "flat-16x16",
                                       "fusemax-cascade-8x8",
                                       "fusemax-architecture-16x16",
                                       "fusemax-4x4",
                                       "streaming-softmax",
                                       "two-pass",
                                       "deferred-division",
                                       "projection"};
  int recurred = 0;
  for (int i = 0; i < 36; ++i) {
    const std::string& name = names[static_cast<std::size_t>(i) % names.size()];
    std::vector<Setting> settings{{"arch.dram.latency_cycles", std::to_string(up_to(400))},
                                  {"arch.dram.outstanding", std::to_string(1 << random() % 7)},
                                  {"arch.arrays.array_2d.tile_contexts", std::to_string(up_to(6))}};
    const Shape shape = square(up_to(3), up_to(12), up_to(300), up_to(300), up_to(40));
    const FormPair pair = both(
        name,
        i % 4 == 3 && name != "projection" && name != "deferred-division" ? causal(shape) : shape,
        settings);
    ASSERT_EQ(pair.closed.status, pair.simulated.status);
    if (pair.closed.status != Status::ok || pair.closed.bound) continue;
    ++recurred;
    EXPECT_EQ(pair.closed.cycles, pair.simulated.cycles)
        << "point " << i << " " << name << text(shape);
  }
  EXPECT_GT(recurred, 30);
}

// Heads that recur are passed over wherever in one of them that shows, and to where the next has
// nothing to load any more. Designs, memories, heads that share keys, or masks at random, against
// SystemC with every cycle stepped.
TEST(ClosedForm, PassesOverHeadsFromTheMiddleOfOneToTheCycle) {
  const std::uint64_t seed = weft::test::seed_or(43);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  const std::vector<std::string> names{
      "flat-16x16",          "fusemax-8x8",       "unfused-8x8", "fusemax-architecture-16x16",
      "fusemax-cascade-8x8", "streaming-softmax", "two-pass",    "flat-8x8"};
  int recurred = 0;
  for (int i = 0; i < 48; ++i) {
    const std::string& name = names[static_cast<std::size_t>(i) % names.size()];
    const std::vector<Setting> settings{
        {"arch.dram.latency_cycles", std::to_string(up_to(400))},
        {"arch.dram.outstanding", std::to_string(1 << random() % 7)},
        {"arch.dram.burst_bytes", std::to_string(64 << random() % 5)},
        {"arch.buffer.bytes", std::to_string(16384 + up_to(300000))},
        {"arch.arrays.array_2d.tile_contexts", std::to_string(up_to(6))}};
    Shape shape = square(up_to(4), 4 * up_to(3), up_to(150), up_to(150), 8 * up_to(4));
    if (i % 3 == 0) shape.kv_heads = shape.heads / (random() % 2 == 0 ? 2 : 4);
    if (i % 3 == 1) shape = causal(shape);
    const auto made = design(name, settings);
    const Result closed = run_point(made, shape, {.fidelity = Fidelity::analytic});
    if (closed.status != Status::ok || closed.bound) continue;
    ++recurred;
    EXPECT_EQ(closed.cycles, run_point(made, shape, {.exact = true}).cycles)
        << "point " << i << " " << name << text(shape);
  }
  EXPECT_GT(recurred, 36);
}

// As many firings as a head and a half have, and a last head, whatever the heads.
TEST(ClosedForm, WalksNoMoreHeadsThanDiffer) {
  const auto firings = [](const char* name, std::int64_t heads) {
    const Scheduled point(name, square(1, heads, 20000, 20000, 64));
    const auto analysis = weft::engine::analyse(point.lowering, point.sizing);
    return weft::engine::closed_form(point.lowering, point.sizing, analysis).firings;
  };
  for (const char* name : {"flat", "fusemax"}) {
    EXPECT_EQ(firings(name, 96), firings(name, 48)) << name;
    EXPECT_LT(static_cast<double>(firings(name, 96)), 2.2 * static_cast<double>(firings(name, 1)))
        << name;
  }
}

// Runs that fall into another order of their tiles after hundreds of rows at a steady one.
TEST(ClosedForm, KnowsAnOrderOfTilesThatSetsInLate) {
  Shape shape = causal(square(37, 13, 48, 3, 188));
  shape.width_v = 16;
  expect_equal("fusemax-cascade-16x16", shape,
               {{"arch.dram.outstanding", "2"},
                {"arch.dram.burst_bytes", "64"},
                {"arch.buffer.bytes", "3120267"}});
  expect_equal("two-pass", square(5, 4, 3, 3283, 2),
               {{"arch.arrays.array_2d.columns", "25"},
                {"arch.dram.latency_cycles", "659"},
                {"arch.arrays.array_2d.overlaps_drain", "true"},
                {"arch.buffer.bytes", "5170315"}});
}

// Queries of four heads side by side, of which the first see no key and the last five tiles of
// keys: those that have seen all of theirs leave, and more and more do not yet.
TEST(ClosedForm, KnowsHowManyKeysTheQueriesPassedOverSee) {
  Shape shape = causal(square(1, 4, 268, 38, 64));
  shape.kv_heads = 1;
  expect_equal("fusemax-cascade-8x8", shape);
  shape.seq_kv = 153;
  expect_equal("fusemax-cascade-8x8", shape, {{"arch.dram.latency_cycles", "5"}});
}

// Tiles of queries recur inside those of keys, while the next keys are on their way.
TEST(ClosedForm, RecursInsideTheTilesOfKeys) {
  expect_equal("fusemax-4x4", square(1, 2, 2000, 40, 16));
  expect_equal("fusemax-8x8", causal(square(1, 1, 1500, 1500, 8)),
               {{"arch.dram.latency_cycles", "300"}});
}

// Tiles and rows that begin anywhere in a burst, and steps of a stage at paces of their own, recur
// nevertheless: within few firings, whatever the length.
TEST(ClosedForm, RecursWhereverABurstBeginsAndWhateverTheSteps) {
  for (const auto& [name, keys] :
       {std::pair{"flat", 2561}, std::pair{"flat", 8256}, std::pair{"flat", 10043},
        std::pair{"flat", 22081}, std::pair{"flat", 38656}, std::pair{"fusemax", 4093},
        std::pair{"fusemax", 31408}, std::pair{"flat-128x128", 12345}}) {
    const Shape shape = square(1, 3, keys, keys, 64);
    expect_equal(name, shape);
    const Scheduled point(name, shape, 1, {});
    const auto analysis = weft::engine::analyse(point.lowering, point.sizing);
    const auto told = weft::engine::closed_form(point.lowering, point.sizing, analysis);
    EXPECT_FALSE(told.bound.has_value()) << name << text(shape);
    EXPECT_LE(told.firings, 20000) << name << text(shape);
  }
}

// Hundreds of requests to a transfer: as many as the bus takes, one a cycle, or in round trips, and
// from anywhere in a burst on.
TEST(ClosedForm, ServesLongTransfersToTheCycle) {
  for (const char* bandwidth : {"6131701043", "85899345920", "1e12"}) {
    for (const char* outstanding : {"1", "4", "64"}) {
      for (const char* burst : {"64", "4096"}) {
        SCOPED_TRACE(std::string(bandwidth) + " B/s, " + outstanding + " of " + burst);
        expect_equal("projection", square(2, 3, 392, 3454, 71),
                     {{"arch.dram.bandwidth_bytes_per_s", bandwidth},
                      {"arch.dram.outstanding", outstanding},
                      {"arch.dram.burst_bytes", burst}});
      }
    }
  }
}

// Points that differ in batch, heads or layers alone, in any order: with what is known of those
// before them, each is what it is by itself.
TEST(ClosedForm, KnownWalksTellWhatTheirOwnWould) {
  const std::uint64_t seed = weft::test::seed_or(41);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const auto up_to = [&](std::int64_t most) {
    return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most));
  };
  int known = 0;
  for (const char* name : {"flat", "fusemax", "unfused-16x16", "fusemax-cascade-16x16",
                           "flat-16x16", "streaming-softmax", "two-pass"}) {
    for (int i = 0; i < 4; ++i) {
      const auto made = design(name, {{"arch.dram.latency_cycles", std::to_string(up_to(300))}});
      Shape shape = square(1, 1, up_to(700), up_to(700), 8 * up_to(8));
      if (i == 3 && made.binding().causal_cascade) shape = causal(shape);
      weft::engine::WalkMemo walks;
      weft::engine::WalkMemo of_thread(&walks);
      for (int heads = 0; heads < 12; ++heads) {
        shape.batch = up_to(6);
        shape.kv_heads = up_to(4);
        shape.heads = shape.kv_heads * (heads % 3 == 0 ? 2 : 1);
        const RunOptions alone{.fidelity = Fidelity::analytic, .layers = up_to(3)};
        RunOptions with = alone;
        with.walks = &of_thread;
        const Result expected = run_point(made, shape, alone);
        const Result told = run_point(made, shape, with);
        ASSERT_EQ(told.status, expected.status);
        EXPECT_EQ(told.cycles, expected.cycles) << name << text(shape);
        EXPECT_EQ(told.bound.has_value(), expected.bound.has_value());
        EXPECT_EQ(told.mapping.words, expected.mapping.words) << name << text(shape);
        EXPECT_EQ(told.useful_macs, expected.useful_macs);
        ASSERT_EQ(told.units.size(), expected.units.size());
        for (std::size_t u = 0; u < told.units.size(); ++u) {
          EXPECT_EQ(told.units[u].busy_cycles, expected.units[u].busy_cycles) << u;
          EXPECT_EQ(told.units[u].counters, expected.units[u].counters) << u;
        }
        EXPECT_EQ(weft::engine::dram_bytes(told), weft::engine::dram_bytes(expected));
      }
      known += walks.told() > 0 ? 1 : 0;
    }
  }
  EXPECT_GT(known, 14);
}

// What no walk comes to in its firings carries a bound, and SystemC lies in it.
TEST(ClosedForm, CarriesABoundWhereFiringsAreSpent) {
  const Shape shape = square(1, 3, 700, 900, 24);
  const Scheduled point("fusemax-4x4", shape, 1, {});
  const auto simulated = static_cast<double>(run_point(point.made, shape).cycles);
  const auto analysis = weft::engine::analyse(point.lowering, point.sizing);
  for (const std::int64_t firings : {1000, 2000, 4000}) {
    const auto told =
        weft::engine::closed_form(point.lowering, point.sizing, analysis, nullptr, firings);
    ASSERT_TRUE(told.bound.has_value()) << firings;
    EXPECT_LE(static_cast<double>(told.bound->at_least), simulated) << firings;
    EXPECT_GE(static_cast<double>(told.bound->at_most), simulated) << firings;
    EXPECT_NEAR(told.cycles / simulated, 1, 0.1) << firings;
  }
}

// Partial sums that leave with the last, smaller tile of keys, which hides less of their drain.
TEST(ClosedForm, CountsTheBytesOfASmallerLastTile) {
  for (const auto& [queries, keys] :
       {std::pair{100, 65}, std::pair{65, 100}, std::pair{33, 129}, std::pair{1, 1}}) {
    for (const char* name : {"two-pass", "streaming-softmax", "deferred-division", "projection"}) {
      const FormPair pair = both(name, square(1, 2, queries, keys, 24));
      ASSERT_EQ(pair.closed.traffic.size(), pair.simulated.traffic.size()) << name;
      for (const auto& moved : pair.simulated.traffic) {
        const auto found = std::find_if(
            pair.closed.traffic.begin(), pair.closed.traffic.end(), [&](const auto& other) {
              return other.tensor == moved.tensor && other.level == moved.level;
            });
        ASSERT_NE(found, pair.closed.traffic.end());
        EXPECT_EQ(found->read_bytes, moved.read_bytes)
            << name << " tensor " << moved.tensor << " " << queries << " × " << keys;
        EXPECT_EQ(found->written_bytes, moved.written_bytes)
            << name << " tensor " << moved.tensor << " " << queries << " × " << keys;
      }
      for (const auto& unit : pair.simulated.units) {
        if (unit.kind != weft::engine::UnitKind::array) continue;
        const auto& closed = unit_of(pair.closed, unit.kind, unit.array);
        EXPECT_EQ(closed.busy_cycles, unit.busy_cycles) << name << " array " << unit.array;
        EXPECT_EQ(closed.counters, unit.counters) << name << " array " << unit.array;
      }
    }
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
