// weft_issuer: slots, their ends, and the account of every cycle, against a list of what happened.
#include <VIssuer1.h>
#include <VIssuer5.h>
#include <VIssuer7.h>
#include <gtest/gtest.h>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 59;

template <class U, int steps>
struct Variant {
  using Unit = U;
  static constexpr int kSteps = steps;
};
template <class V>
class Issuer : public testing::Test {};
using Variants = testing::Types<Variant<VIssuer1, 1>, Variant<VIssuer5, 5>, Variant<VIssuer7, 7>>;
TYPED_TEST_SUITE(Issuer, Variants);

TYPED_TEST(Issuer, SlotsAndTheirAccount) {
  constexpr int kSteps = TypeParam::kSteps;
  const std::uint64_t seed = seed_or(kSeed);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->clear_i = bench->run_i = bench->fire_i = bench->data_ready_i = 0;
  bench.reset();
  Bins bins({"a firing of one slot", "a firing of 255 slots", "firings without a gap",
             "a wait for operands alone", "a wait for room alone", "a wait for both",
             "a run that is cleared", "cycles outside a run"});
  std::uint64_t busy = 0, in = 0, out = 0, tiles = 0, compared = 0;
  std::vector<int> idle;  // which operands were there in each cycle since the last slot
  int step = 0, length = 0, left = 0;
  int there = 0;
  bool run = false, active_before = false;
  for (std::uint64_t cycle = 0; cycle < bench_count(300'000); ++cycle) {
    const bool clear = left == 0 && random() % 400 == 0;
    if (clear)
      run = false;
    else if (left == 0 && random() % 100 == 0)
      run = random() % 4 != 0;
    there = random() % 4 != 0 ? there : static_cast<int>(random() % (1u << kSteps));
    const bool free = left == 0;
    const bool fires = run && !clear && free && random() % 4 == 0;
    if (fires) {
      step = static_cast<int>(random() % kSteps);
      there |= 1 << step;
      length = left = random() % 3 == 0    ? 1
                      : random() % 20 == 0 ? 255
                                           : 1 + static_cast<int>(random() % 12);
    }
    bench->clear_i = clear ? 1 : 0;
    bench->run_i = run ? 1 : 0;
    bench->fire_i = static_cast<CData>(fires ? 1 << step : 0);
    bench->length_i = static_cast<CData>(fires ? length : random() % 256);
    bench->data_ready_i = static_cast<CData>(there);
    bench.settle();
    ASSERT_EQ(bench->free_o, free ? 1 : 0) << "cycle " << cycle;
    ASSERT_EQ(bench->active_o, left > 0 ? 1 : 0) << "cycle " << cycle;
    ASSERT_EQ(bench->last_o, left == 1 ? 1 : 0) << "cycle " << cycle;
    if (left > 0) {
      ASSERT_EQ(bench->step_o, 1 << step);
      ASSERT_EQ(bench->slot_o, length - left);
    }
    ASSERT_EQ(bench->busy_cycles_o, busy) << "cycle " << cycle;
    ASSERT_EQ(bench->stall_in_cycles_o, in) << "cycle " << cycle;
    ASSERT_EQ(bench->stall_out_cycles_o, out) << "cycle " << cycle;
    ASSERT_EQ(bench->tiles_o, tiles) << "cycle " << cycle;
    ++compared;
    bins.hit(0, fires && length == 1);
    bins.hit(1, fires && length == 255);
    bins.hit(2, fires && active_before);
    bins.hit(6, clear && tiles > 0);
    bins.hit(7, !run);
    active_before = left > 0;
    if (fires) {
      const auto room = static_cast<std::uint64_t>(std::count_if(
          idle.begin(), idle.end(), [&](int mask) { return (mask >> step & 1) != 0; }));
      out += room;
      in += idle.size() - room;
      ++tiles;
      bins.hit(3, !idle.empty() && room == 0);
      bins.hit(4, !idle.empty() && room == idle.size());
      bins.hit(5, room > 0 && room < idle.size());
    }
    if (clear) busy = in = out = tiles = 0;
    if (clear || left > 0)
      idle.clear();
    else if (run)
      idle.push_back(there);
    busy += left > 0 ? 1 : 0;
    left -= left > 0 ? 1 : 0;
    bench.tick();
  }
  EXPECT_GT(compared, 0u);
  bins.expect_all_hit();
  bench->fire_i = 0;
  bench.reset_between_edges();
  EXPECT_EQ(bench->busy_cycles_o, 0u);
  EXPECT_EQ(bench->free_o, 1);
}

}  // namespace
}  // namespace weft::test
