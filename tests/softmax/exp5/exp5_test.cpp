// weft_exp5 beside softmax::exp5, bit for bit, 21 cycles later.
#include <Vexp5.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/softmax/fixed_point.hpp"
#include "tests/common/seed.hpp"
#include "tests/softmax/datapath_bench.hpp"

namespace weft::test {
namespace {

constexpr std::size_t kLatency = 21;  // 7 MACCs of 3 cycles: the SystemC pipeline's exp_cycles

class Exp5 : public testing::Test {
 protected:
  using Bench = DatapathBench<Vexp5, std::uint32_t>;
  static std::uint32_t got(const Vexp5& unit) { return unit.result_o; }

  Exp5() : seed_(seed_or(81)), random_(seed_), bench_(seed_, kLatency) {}

  void put(float x) {
    bench_->x_i = numerics::bits_of(x);
    ASSERT_TRUE(bench_.cycle(numerics::bits_of(softmax::exp5(x)), got))
        << std::hex << bench_.last() << " for " << bench_.last_expected();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench bench_;
};

TEST_F(Exp5, Corners) {
  for (const float x :
       {0.0F, -0.0F, -1.0F, -0.34657359F, -0.34657362F, -87.0F, -87.336544F, -87.33655F, -88.0F,
        -126.0F, -126.00001F, -1e-30F, -1e-45F, -1e30F, -3.4028235e38F, -150.0F, -177.5F}) {
    put(x);
    if (HasFatalFailure()) return;
  }
  ASSERT_TRUE(bench_.drain(got));
  EXPECT_EQ(bench_.compared(), 17u);
}

TEST_F(Exp5, OfAMillionScores) {
  SCOPED_TRACE(seed_text(seed_));
  const std::uint64_t scores = bench_count(1'000'000);
  for (std::uint64_t i = 0; i < scores; ++i) {
    const double share = static_cast<double>(random_() >> 11) * 0x1p-53;
    const double most = i % 4 == 0 ? 180 : i % 4 == 1 ? 1 : i % 4 == 2 ? 1e-6 : 90;
    put(static_cast<float>(-share * most));
    if (HasFatalFailure()) return;
    if (random_() % 64 == 0) ASSERT_TRUE(bench_.cycle({}, got));
  }
  ASSERT_TRUE(bench_.drain(got));
  EXPECT_EQ(bench_.compared(), scores);
}

// Against double precision: never above 1, no further off than the series.
TEST_F(Exp5, IsTheExponential) {
  double worst = 0;
  for (int i = 0; i <= 8000; ++i) {
    const auto x = static_cast<float>(-87.0 * i / 8000);
    put(x);
    if (HasFatalFailure()) return;
    if (i >= static_cast<int>(kLatency)) {
      const auto then = static_cast<float>(-87.0 * (i - static_cast<int>(kLatency)) / 8000);
      const double exact = std::exp(static_cast<double>(then));
      const double is = numerics::float_of(bench_.last());
      ASSERT_LE(is, 1.0);
      worst = std::max(worst, std::fabs(is - exact) / exact);
    }
  }
  EXPECT_LT(worst, 3.3e-6);
  EXPECT_GT(worst, 1e-7);
}

TEST_F(Exp5, AResetDropsWhatIsUnderWay) {
  for (std::size_t i = 0; i <= kLatency; ++i) put(-1.0F);
  ASSERT_EQ(bench_->out_valid_o, 1);
  EXPECT_TRUE(bench_.empty_behind_reset());
}

}  // namespace
}  // namespace weft::test
