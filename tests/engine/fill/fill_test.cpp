// weft_fill: the bank and the address of every beat of transfers one after the other.
#include <VFill16.h>
#include <VFill4.h>
#include <VFill5.h>
#include <gtest/gtest.h>

#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class U, int side, int address_bits>
struct Variant {
  using Unit = U;
  static constexpr int kSide = side, kAddressBits = address_bits;
};
template <class V>
class Fill : public testing::Test {};
using Variants =
    testing::Types<Variant<VFill4, 4, 9>, Variant<VFill5, 5, 11>, Variant<VFill16, 16, 11>>;
TYPED_TEST_SUITE(Fill, Variants);

TYPED_TEST(Fill, Transfers) {
  const std::uint64_t seed = seed_or(63);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  Bench<typename TypeParam::Unit> bench(seed);
  bench->valid_i = 0;
  bench.reset();
  Bins bins({"rows of one beat", "fewer rows than banks", "rows behind those of the first side",
             "a transfer that ends within a side", "a pause"});
  std::uint64_t compared = 0;
  for (int transfer = 0; transfer < 600; ++transfer) {
    const bool longest =
        transfer % 32 == 31;  // rows of up to 255 beats: one for each bank is what fits
    const int row_beats = longest             ? 255 - static_cast<int>(random() % 8)
                          : random() % 4 == 0 ? 1
                                              : 1 + static_cast<int>(random() % 8);
    const int rows = 1 + static_cast<int>(random() % ((longest ? 1 : 4) * TypeParam::kSide));
    const int base = static_cast<int>(random() % (1u << (TypeParam::kAddressBits - 1)));
    bins.hit(0, row_beats == 1);
    bins.hit(1, rows < TypeParam::kSide);
    bins.hit(2, rows > TypeParam::kSide);
    bins.hit(3, rows % TypeParam::kSide != 0);
    for (int beat = 0; beat < rows * row_beats;) {
      const bool valid = random() % 4 != 0;
      bench->valid_i = valid ? 1 : 0;
      bench->first_i = beat == 0 ? 1 : 0;
      bench->base_i = static_cast<SData>(beat == 0 ? base : static_cast<int>(random() % 256));
      bench->row_beats_i = static_cast<CData>(row_beats);
      bench.settle();
      const int row = beat / row_beats;
      ASSERT_EQ(bench->bank_o, row % TypeParam::kSide) << "beat " << beat;
      ASSERT_EQ(bench->address_o, base + row / TypeParam::kSide * row_beats + beat % row_beats)
          << "beat " << beat;
      ++compared;
      bins.hit(4, !valid);
      beat += valid ? 1 : 0;
      bench.tick();
    }
  }
  EXPECT_GT(compared, 10'000u);
  bins.expect_all_hit();
  bench->valid_i = 1;
  bench->first_i = 0;
  for (int beat = 0; beat < 7; ++beat) {
    bench.settle();
    bench.tick();
  }
  bench.reset_between_edges();
  EXPECT_EQ(bench->bank_o, 0);
  EXPECT_EQ(bench->address_o, 0);
}

}  // namespace
}  // namespace weft::test
