// weft_lane_sum beside softmax::LaneSum, bit for bit, in its cycle; two lanes beside two sums.
#include <Vlane_sum_2.h>
#include <Vlane_sum_8.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <utility>
#include <vector>

#include "models/softmax/fixed_point.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t lanes, std::size_t latency>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kLatency = latency;

  // Of a row in whole words.
  static std::uint32_t expected(const std::vector<float>& row) {
    if constexpr (lanes == 8) {
      softmax::LaneSum sum;
      for (const float value : row) sum.add(value);
      return numerics::bits_of(sum.total());
    } else {
      float even = 0;
      float odd = 0;
      for (std::size_t i = 0; i < row.size(); i += 2) {
        even += row[i];
        odd += row[i + 1];
      }
      return numerics::bits_of(even + odd);
    }
  }
};

template <class V>
class LaneSum : public testing::Test {
 protected:
  LaneSum() : seed_(seed_or(92)), random_(seed_), dut_(seed_) { dut_.reset(); }

  // A cycle, and what comes out of it.
  void cycle(bool valid) {
    dut_->in_valid_i = valid;
    dut_.settle();
    if (dut_->out_valid_o != 0) {
      ASSERT_FALSE(due_.empty());
      ASSERT_EQ(now_, due_.front().first);
      ASSERT_EQ(dut_->out_total_o, due_.front().second);
      due_.pop_front();
      ++compared_;
    } else {
      ASSERT_TRUE(due_.empty() || due_.front().first > now_);
    }
    dut_.tick();
    ++now_;
  }

  float exponential() {
    const double share = static_cast<double>(random_() >> 11) * 0x1p-53;
    return random_() % 8 == 0 ? 0.0F : static_cast<float>(std::exp(-share * 60));
  }

  void row(std::size_t words) {
    std::vector<float> values(words * V::kLanes);
    for (float& value : values) value = exponential();
    for (std::size_t word = 0; word < words; ++word) {
      while (random_() % 4 == 0) cycle(false);
      for (std::size_t lane = 0; lane < V::kLanes; ++lane)
        set_port_bits(dut_->in_values_i, lane * 32, 32,
                      numerics::bits_of(values[word * V::kLanes + lane]));
      dut_->in_first_i = word == 0;
      dut_->in_last_i = word + 1 == words;
      if (word + 1 == words)
        due_.emplace_back(now_ + static_cast<std::int64_t>(V::kLatency), V::expected(values));
      cycle(true);
      if (testing::Test::HasFatalFailure()) return;
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::int64_t now_ = 0;
  std::deque<std::pair<std::int64_t, std::uint32_t>> due_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vlane_sum_8, 8, 10>, Variant<Vlane_sum_2, 2, 4>>;
TYPED_TEST_SUITE(LaneSum, Variants);

TYPED_TEST(LaneSum, SumsOfRows) {
  SCOPED_TRACE(seed_text(this->seed_));
  for (std::size_t i = 0; i < 3000; ++i) {
    this->row(i % 3 == 0 ? 1 : 1 + this->random_() % 40);
    if (this->HasFatalFailure()) return;
  }
  for (int i = 0; i < 16; ++i) this->cycle(false);
  EXPECT_EQ(this->compared_, 3000u);
  EXPECT_TRUE(this->due_.empty());
}

TYPED_TEST(LaneSum, AResetDropsWhatIsUnderWay) {
  this->row(1);
  for (std::size_t i = 1; i < TypeParam::kLatency; ++i) this->cycle(false);
  this->dut_.settle();
  ASSERT_EQ(this->dut_->out_valid_o, 1);
  this->dut_->rst_ni = 0;
  this->dut_.settle();
  EXPECT_EQ(this->dut_->out_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
