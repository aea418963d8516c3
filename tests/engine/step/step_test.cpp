// weft_step: its counts against a list of firings, with firings of one slot and longer ones.
#include <VStep.h>
#include <gtest/gtest.h>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

TEST(Step, CountsFirings) {
  const std::uint64_t seed = seed_or(61);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<VStep> bench(seed);
  bench->clear_i = bench->fire_i = bench->end_i = 0;
  bench.reset();
  Bins bins({"a firing of one cycle", "a longer one", "the end of a block",
             "keys without the end of a block", "a count that wraps", "a clear"});
  struct Firing {
    bool ends_block, ends_keys;
  };
  std::vector<Firing> fired, done;
  int left = 0;
  const auto count = [&](auto flag) { return std::count_if(done.begin(), done.end(), flag) % 64; };
  for (std::uint64_t cycle = 0; cycle < bench_count(200'000); ++cycle) {
    const bool clear = left == 0 && random() % 400 == 0;
    const bool fire = !clear && left == 0 && random() % 3 == 0;
    const Firing now{
        random() % 4 == 0,
        random() % 2 == 0};  // what stands there in cycles without a firing does not count
    if (fire) left = random() % 2 == 0 ? 1 : 1 + static_cast<int>(random() % 6);
    const bool end = left == 1;
    bench->clear_i = clear ? 1 : 0;
    bench->fire_i = fire ? 1 : 0;
    bench->end_i = end ? 1 : 0;
    bench->ends_block_i = now.ends_block ? 1 : 0;
    bench->ends_keys_i = now.ends_keys ? 1 : 0;
    bench.settle();
    ASSERT_EQ(bench->fired_o, fired.size() % 64) << "cycle " << cycle;
    ASSERT_EQ(bench->done_o, done.size() % 64) << "cycle " << cycle;
    ASSERT_EQ(bench->blocks_done_o, count([](const Firing& f) { return f.ends_block; }))
        << "cycle " << cycle;
    ASSERT_EQ(bench->keys_done_o, count([](const Firing& f) { return f.ends_keys; }))
        << "cycle " << cycle;
    if (fire) fired.push_back(now);
    if (end) done.push_back(fired.back());
    bins.hit(0, fire && end);
    bins.hit(1, fire && !end);
    bins.hit(2, end && fired.back().ends_block);
    bins.hit(3, end && fired.back().ends_keys && !fired.back().ends_block);
    bins.hit(4, done.size() == 65);
    bins.hit(5, clear && !fired.empty());
    if (clear) {
      fired.clear();
      done.clear();
    }
    left -= left > 0 ? 1 : 0;
    bench.tick();
  }
  bins.expect_all_hit();
  for (int k = 0; k < 3; ++k) {
    bench->clear_i = 0;
    bench->fire_i = bench->end_i = 1;
    bench.settle();
    bench.tick();
  }
  bench.settle();
  ASSERT_NE(bench->fired_o, 0);
  bench.reset_between_edges();
  EXPECT_EQ(bench->fired_o | bench->done_o | bench->blocks_done_o | bench->keys_done_o, 0);
}

}  // namespace
}  // namespace weft::test
