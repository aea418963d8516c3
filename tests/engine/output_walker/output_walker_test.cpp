// weft_output_walker: the tiles of queries of random runs against the loops written out.
#include <VOut16.h>
#include <VOut4.h>
#include <VOut5.h>
#include <gtest/gtest.h>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"
#include "tests/engine/tile_walker/configuration.hpp"

namespace weft::test {
namespace {

constexpr std::uint64_t kSeed = 53;

template <class U, int side>
struct Variant {
  using Unit = U;
  static constexpr int kSide = side;
};
template <class V>
class OutputWalker : public testing::Test {};
using Variants = testing::Types<Variant<VOut4, 4>, Variant<VOut5, 5>, Variant<VOut16, 16>>;
TYPED_TEST_SUITE(OutputWalker, Variants);

TYPED_TEST(OutputWalker, RandomRuns) {
  const std::uint64_t seed = seed_or(kSeed);
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  Bins bins({"a block that ends in the middle", "an odd block", "more than 64 blocks",
             "a head after a head", "a pause"});
  std::uint64_t compared = 0;
  for (int round = 0; round < 3000; ++round) {
    EngineConfig c = random_config(random, TypeParam::kSide);
    if (round % 50 == 0) c.heads = 70;
    SCOPED_TRACE(c.text() + ", " + seed_text(seed));
    c.apply(bench->config_i);
    bench->start_i = 1;
    bench->next_i = 0;
    bench.settle();
    bench.tick();
    bench->start_i = 0;
    std::uint64_t n = 0;
    for (const Block& block : blocks_of(c, TypeParam::kSide)) {
      for (const int p : block.queries) {
        const int place = p - block.queries.front();
        const bool ends = p == block.queries.back();
        bool next = false;
        while (!next) {
          next = random() % 3 != 0;
          bench->next_i = next ? 1 : 0;
          bench.settle();
          const int word = block.ordinal % 2 * c.block_tiles + place;
          ASSERT_EQ(bench->key_o, word) << "tile of queries " << n;
          ASSERT_EQ(bench->address_o, word * c.width_v);
          ASSERT_EQ(bench->slot_o, n % 2);
          ASSERT_EQ(bench->block_o, block.ordinal % 64);
          ASSERT_EQ(bench->ends_block_o, ends ? 1 : 0) << "tile of queries " << n;
          bins.hit(4, !next);
          ++compared;
          bench.tick();
        }
        bins.hit(0, ends && place + 1 < c.block_tiles);
        bins.hit(1, block.ordinal % 2 == 1);
        bins.hit(2, block.ordinal == 64);
        bins.hit(3, block.head > 0);
        ++n;
      }
    }
  }
  EXPECT_GT(compared, 50'000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
