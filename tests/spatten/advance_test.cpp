// Queries of designs that prune nothing are passed over, with the result that stepping gives.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/spatten/support.hpp"

namespace weft::sim::test {
namespace {

workload::Workload attention(std::int64_t heads, std::int64_t queries, std::int64_t keys,
                             std::int64_t width) {
  workload::Workload made;
  made.name = "random";
  made.batch = 1;
  made.heads = heads;
  made.seq = queries;
  made.seq_kv = keys;
  made.width_qk = width;
  return made;
}

// All that a result says of time and counts.
void expect_equal(const Result& a, const Result& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  ASSERT_EQ(a.units.size(), b.units.size());
  for (std::size_t u = 0; u < a.units.size(); ++u) {
    SCOPED_TRACE(u);
    EXPECT_EQ(a.units[u].busy_cycles, b.units[u].busy_cycles);
    EXPECT_EQ(a.units[u].stall_in_cycles, b.units[u].stall_in_cycles);
    EXPECT_EQ(a.units[u].stall_out_cycles, b.units[u].stall_out_cycles);
    EXPECT_EQ(a.units[u].idle_cycles, b.units[u].idle_cycles);
    EXPECT_EQ(a.units[u].counters, b.units[u].counters);
  }
  ASSERT_EQ(a.traffic.size(), b.traffic.size());
  for (std::size_t t = 0; t < a.traffic.size(); ++t) {
    EXPECT_EQ(a.traffic[t].read_bytes, b.traffic[t].read_bytes);
    EXPECT_EQ(a.traffic[t].written_bytes, b.traffic[t].written_bytes);
  }
  EXPECT_EQ(a.dram_use->waits, b.dram_use->waits);
  EXPECT_EQ(a.bound_by, b.bound_by);
}

struct Both {
  Result passed, stepped;
};

Both both(const Design& made, const workload::Workload& workload, std::int64_t layers) {
  RunOptions options;
  options.layers = layers;
  Both all;
  all.passed = engine::run(made, workload, options);
  options.exact = true;
  all.stepped = engine::run(made, workload, options);
  EXPECT_EQ(all.passed.status, weft::engine::Status::ok) << all.passed.reason;
  EXPECT_EQ(all.stepped.advance_cycles, 0u);
  expect_equal(all.passed, all.stepped);
  return all;
}

TEST(DenseAdvance, OfManyQueriesFewAreStepped) {
  const Both all = both(design("spatten-dense"), attention(4, 400, 200, 64), 3);
  EXPECT_GT(all.passed.advance_cycles * 10, all.passed.cycles * 6);
  EXPECT_GT(all.passed.advance_periods, 12u);  // in each head of each layer
}

TEST(DenseAdvance, IsExactForAnyShape) {
  std::mt19937_64 random(17);
  std::size_t passed = 0;
  for (int i = 0; i < 12; ++i) {
    const auto any = [&](std::int64_t least, std::int64_t most) {
      return least +
             static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
    };
    const std::int64_t heads = any(1, 5);
    const std::int64_t queries = any(2, 330);
    const std::int64_t keys = any(1, 300);
    const std::int64_t width = 8 * any(1, 12);
    const std::int64_t layers = any(1, 3);
    SCOPED_TRACE(testing::Message() << heads << " heads, " << queries << " queries, " << keys
                                    << " keys, " << width << " wide, " << layers << " layers");
    const Design made = i % 3 == 0   ? design("spatten-dense")
                        : i % 3 == 1 ? design_of("spatten-eighth", "dense-12bit")
                                     : design("spatten-dense",
                                              {{"arch.assembly.units.controller.attributes.rows_in_"
                                                "flight",
                                                "7"}});
    passed += both(made, attention(heads, queries, keys, width), layers).passed.advance_cycles > 0;
  }
  EXPECT_GT(passed, 6u);
}

// What decides by values, under a mask, or with memory that stalls by chance, is stepped.
TEST(DenseAdvance, OthersAreStepped) {
  const workload::Workload shape = attention(2, 200, 100, 64);
  EXPECT_EQ(both(design("spatten"), shape, 2).passed.advance_cycles, 0u);
  workload::Workload masked = attention(2, 150, 150, 64);
  masked.causal = true;
  EXPECT_EQ(both(design("spatten-dense"), masked, 1).passed.advance_cycles, 0u);
  RunOptions options;
  options.stall_profile = weft::engine::StallProfile::both;
  const Result stalled = engine::run(design("spatten-dense"), shape, options);
  EXPECT_EQ(stalled.advance_cycles, 0u);
}

}  // namespace
}  // namespace weft::sim::test
