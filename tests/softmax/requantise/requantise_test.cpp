// weft_requantise beside softmax::requantise, six cycles later.
#include <Vrequantise_12.h>
#include <Vrequantise_4.h>
#include <gtest/gtest.h>

#include "models/softmax/fixed_point.hpp"
#include "tests/common/seed.hpp"
#include "tests/softmax/datapath_bench.hpp"

namespace weft::test {
namespace {

constexpr std::size_t kLatency = 6;

template <class V>
class Requantise : public testing::Test {
 protected:
  using Unit = typename V::Model;
  static std::int32_t got(const Unit& unit) { return unit.integer_o; }

  Requantise() : seed_(seed_or(83)), random_(seed_), bench_(seed_, kLatency) {}

  void put(float p) {
    bench_->probability_i = numerics::bits_of(p);
    ASSERT_TRUE(bench_.cycle(softmax::requantise(p, V::kBits), got))
        << bench_.last() << " for " << bench_.last_expected();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  DatapathBench<Unit, std::int32_t> bench_;
};

using Variants =
    testing::Types<DatapathVariant<Vrequantise_12, 12>, DatapathVariant<Vrequantise_4, 4>>;
TYPED_TEST_SUITE(Requantise, Variants);

TYPED_TEST(Requantise, EveryTieAndAnything) {
  SCOPED_TRACE(seed_text(this->seed_));
  std::uint64_t put = 0;
  const int most = (1 << TypeParam::kBits) - 1;
  for (int i = 0; i <= most; ++i) {  // integers, the halves between, and their neighbours
    for (const double x : {static_cast<double>(i), i + 0.5}) {
      const auto p = static_cast<float>(std::min(1.0, x / most));
      for (const float near :
           {p, std::nextafter(p, 0.0F), std::min(1.0F, std::nextafter(p, 2.0F))}) {
        this->put(near);
        if (this->HasFatalFailure()) return;
        ++put;
      }
    }
  }
  const std::uint64_t probabilities = bench_count(300'000);
  for (std::uint64_t i = 0; i < probabilities; ++i, ++put) {
    const auto p = static_cast<float>(static_cast<double>(this->random_() >> 11) * 0x1p-53);
    this->put(i % 2 == 0 ? p : p * p * p * p);
    if (this->HasFatalFailure()) return;
    if (this->random_() % 16 == 0) ASSERT_TRUE(this->bench_.cycle({}, this->got));
  }
  ASSERT_TRUE(this->bench_.drain(this->got));
  EXPECT_EQ(this->bench_.compared(), put);
}

TYPED_TEST(Requantise, AResetDropsWhatIsUnderWay) {
  for (std::size_t i = 0; i <= kLatency; ++i) this->put(0.5F);
  ASSERT_EQ(this->bench_->out_valid_o, 1);
  EXPECT_TRUE(this->bench_.empty_behind_reset());
}

}  // namespace
}  // namespace weft::test
