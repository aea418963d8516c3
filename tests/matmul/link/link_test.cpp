// weft_link: every word HOPS cycles later, and none otherwise.
#include <VLink1.h>
#include <VLink14.h>
#include <VLink2.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class U, int hops, int width>
struct Variant {
  using Unit = U;
  static constexpr int kHops = hops, kWidth = width;
};
template <class V>
class Link : public testing::Test {};
using Variants =
    testing::Types<Variant<VLink1, 1, 1>, Variant<VLink2, 2, 64>, Variant<VLink14, 14, 36>>;
TYPED_TEST_SUITE(Link, Variants);

TYPED_TEST(Link, EveryWordAtItsTime) {
  const std::uint64_t seed = seed_or(67);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->valid_i = 0;
  bench.reset();
  struct Word {
    bool valid = false;
    std::uint64_t data = 0;
  };
  std::deque<Word> way(TypeParam::kHops);
  std::uint64_t compared = 0;
  Bins bins({"words in consecutive cycles", "a pause"});
  bool before = false;
  for (int cycle = 0; cycle < 100'000; ++cycle) {
    const Word word{random() % 3 != 0, random() & low_bits(TypeParam::kWidth)};
    bench->valid_i = word.valid ? 1 : 0;
    set_port_bits(bench->data_i, 0, TypeParam::kWidth, word.data);
    bench.settle();
    ASSERT_EQ(bench->valid_o, way.front().valid ? 1 : 0) << "cycle " << cycle;
    if (way.front().valid) {
      ASSERT_EQ(port_bits(bench->data_o, 0, TypeParam::kWidth), way.front().data)
          << "cycle " << cycle;
      ++compared;
    }
    bins.hit(0, before && word.valid);
    bins.hit(1, !word.valid);
    before = word.valid;
    way.pop_front();
    way.push_back(word);
    bench.tick();
  }
  EXPECT_GT(compared, 50'000u);
  bins.expect_all_hit();
  bench->valid_i = 1;
  for (int hop = 0; hop < TypeParam::kHops; ++hop) {
    bench.settle();
    bench.tick();
  }
  bench->valid_i = 0;
  bench.reset_between_edges();
  for (int hop = 0; hop <= TypeParam::kHops; ++hop) {
    bench.settle();
    EXPECT_EQ(bench->valid_o, 0) << hop << " cycles after a reset";
    bench.tick();
  }
}

}  // namespace
}  // namespace weft::test
