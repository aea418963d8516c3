// weft_reset_sync: begins at once, with or without a clock; ends the right number of edges later.
#include <Vreset_2.h>
#include <Vreset_5.h>
#include <gtest/gtest.h>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class U, int stages>
struct Variant {
  using Unit = U;
  static constexpr int kStages = stages;
};
template <class V>
class ResetSync : public testing::Test {};
using Variants = testing::Types<Variant<Vreset_2, 2>, Variant<Vreset_5, 5>>;
TYPED_TEST_SUITE(ResetSync, Variants);

// Pulses of any length, between edges and over some, at any time of the reset before.
TYPED_TEST(ResetSync, BeginsAtOnceAndEndsWithTheClock) {
  const std::uint64_t seed = seed_or(83);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench.reset();
  Bins bins({"a pulse between edges", "a pulse over edges", "a pulse within a reset", "out"});
  std::uint64_t compared = 0;
  int edges = 0;  // since rst_ni rose
  for (int cycle = 0; cycle < 20'000; ++cycle) {
    if (random() % 16 == 0) {
      bins.hit(2, edges < TypeParam::kStages);
      bench->rst_ni = 0;
      bench.settle();
      EXPECT_EQ(bench->rst_no, 0) << "at once";
      const auto over = random() % 4;
      bins.hit(over == 0 ? 0 : 1);
      for (std::uint64_t edge = 0; edge < over; ++edge) {
        bench.tick();
        bench.settle();
        EXPECT_EQ(bench->rst_no, 0) << "while it lasts";
      }
      bench->rst_ni = 1;
      bench.settle();
      edges = 0;
    }
    ASSERT_EQ(bench->rst_no, edges >= TypeParam::kStages ? 1 : 0)
        << "cycle " << cycle << ", " << edges << " edges after the reset";
    bins.hit(3, bench->rst_no == 1);
    ++compared;
    bench.tick();
    bench.settle();
    ++edges;
  }
  EXPECT_EQ(compared, 20'000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
