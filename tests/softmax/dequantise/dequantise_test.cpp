// weft_dequantise beside softmax::dequantise, bit for bit, five cycles later.
#include <Vdequantise_20.h>
#include <Vdequantise_32.h>
#include <gtest/gtest.h>

#include "models/softmax/fixed_point.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/seed.hpp"
#include "tests/softmax/datapath_bench.hpp"

namespace weft::test {
namespace {

constexpr std::size_t kLatency = 5;

template <class V>
class Dequantise : public testing::Test {
 protected:
  using Unit = typename V::Model;
  static std::uint32_t got(const Unit& unit) { return unit.result_o; }
  static constexpr std::int64_t kMost = (std::int64_t{1} << (V::kBits - 1)) - 1;

  Dequantise() : seed_(seed_or(82)), random_(seed_), bench_(seed_, kLatency) {}

  void put(std::int64_t score, float scale) {
    set_port_bits(bench_->score_i, 0, V::kBits, static_cast<std::uint64_t>(score));
    bench_->scale_i = numerics::bits_of(scale);
    ASSERT_TRUE(bench_.cycle(numerics::bits_of(softmax::dequantise(score, scale)), got))
        << std::hex << bench_.last() << " for " << bench_.last_expected();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  DatapathBench<Unit, std::uint32_t> bench_;
};

using Variants =
    testing::Types<DatapathVariant<Vdequantise_32, 32>, DatapathVariant<Vdequantise_20, 20>>;
TYPED_TEST_SUITE(Dequantise, Variants);

TYPED_TEST(Dequantise, CornersAndAnything) {
  SCOPED_TRACE(seed_text(this->seed_));
  std::vector<std::int64_t> corners{0, 1, -1, this->kMost, -this->kMost - 1, this->kMost - 1};
  for (int bit = 0; bit < TypeParam::kBits - 1; ++bit) {
    corners.push_back(std::int64_t{1} << bit);
    corners.push_back(-(std::int64_t{1} << bit));
  }
  if (TypeParam::kBits == 32) {  // ties and their neighbours
    for (const std::int64_t s : {0x1000001, 0x1000003, 0x1000002, 0x7FFFFFBF, 0x7FFFFFC0})
      corners.push_back(s);
  }
  for (const std::int64_t score : corners) {
    for (const float scale : {1.0F, 0.0F, 1e-38F, 3.3e-5F, 1.5e30F}) {
      this->put(score, scale);
      if (this->HasFatalFailure()) return;
    }
  }
  const std::uint64_t scores = bench_count(300'000);
  for (std::uint64_t i = 0; i < scores; ++i) {
    const auto wide = static_cast<std::int64_t>(this->random_());
    const std::int64_t score =
        wide >> (64 - TypeParam::kBits + static_cast<int>(this->random_() % 8));
    const auto scale = static_cast<float>(static_cast<double>(this->random_() >> 11) * 0x1p-68);
    this->put(score, scale);
    if (this->HasFatalFailure()) return;
    if (this->random_() % 16 == 0) ASSERT_TRUE(this->bench_.cycle({}, this->got));
  }
  ASSERT_TRUE(this->bench_.drain(this->got));
  EXPECT_EQ(this->bench_.compared(), scores + 5 * corners.size());
}

TYPED_TEST(Dequantise, AResetDropsWhatIsUnderWay) {
  for (std::size_t i = 0; i <= kLatency; ++i) this->put(3, 1.0F);
  ASSERT_EQ(this->bench_->out_valid_o, 1);
  EXPECT_TRUE(this->bench_.empty_behind_reset());
}

}  // namespace
}  // namespace weft::test
