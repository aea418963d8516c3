// weft_quick_select beside select::quick_select: the k-th largest, the ties that stay, and the
// cycles of its rounds, of random lists, of real-like probabilities and of corners.
#include <Vselect_1.h>
#include <Vselect_16.h>
#include <Vselect_4.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "models/common/count.hpp"
#include "models/select/quick_select.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t lanes, std::size_t value_bits, std::size_t rows>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kRows = rows;
  static constexpr std::size_t kMost = lanes * rows;
};

enum Bin : std::size_t { kOneRound, kMany, kTies, kFull, kZero, kBackToBack };

template <class V>
class QuickSelect : public testing::Test {
 protected:
  using Values = std::vector<std::uint64_t>;
  static constexpr std::size_t kCountBits = std::bit_width(V::kMost);

  QuickSelect() : seed_(seed_or(75)), random_(seed_), dut_(seed_) { dut_.reset(); }

  Values draw() {
    Values values(2 + random_() % (random_() % 8 == 0 ? V::kMost - 1
                                                      : std::min<std::size_t>(V::kMost - 1, 60)));
    const std::uint64_t all = low_bits(V::kValueBits);
    switch (random_() % 4) {
      case 0:  // few kinds
        for (auto& v : values) v = random_() % 4 & all;
        break;
      case 1:  // softmax's: a few large ones, and zeros
        for (auto& v : values) v = (all >> random_() % 14 >> random_() % 8) & random_();
        break;
      case 2:  // distinct
        std::iota(values.begin(), values.end(), 0u);
        std::shuffle(values.begin(), values.end(), random_);
        for (auto& v : values) v &= all;
        break;
      default:
        for (auto& v : values) v = random_() & all;
    }
    return values;
  }

  // Serves what the unit asks for, a cycle later, and lets a cycle pass.
  void cycle(const Values& values) {
    dut_.settle();
    const bool reads = dut_->source_valid_o;
    const std::size_t row = dut_->source_row_o;
    dut_.tick();
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const std::size_t i = row * V::kLanes + lane;
      const std::uint64_t value = reads && i < values.size() ? values[i] : random_();
      set_port_bits(dut_->source_data_i, lane * V::kValueBits, V::kValueBits, value);
    }
    dut_.settle();
  }

  // One selection from its first cycle to the one in which it is done.
  void select(const Values& values, std::size_t k, std::uint64_t seed, Bins& bins) {
    const auto expected = select::quick_select(std::span<const std::uint64_t>(values),
                                               static_cast<std::int64_t>(k), seed);
    std::int64_t cycles = 0;
    for (const auto& round : expected.rounds)
      cycles += ceil_div(round.elements, static_cast<std::int64_t>(V::kLanes)) + 3;
    ASSERT_EQ(dut_->start_ready_o, 1);
    dut_->start_valid_i = 1;
    set_port_bits(dut_->start_count_i, 0, kCountBits, values.size());
    set_port_bits(dut_->start_wanted_i, 0, kCountBits, k);
    dut_->start_seed_i = seed;
    dut_->start_word_i = static_cast<std::uint32_t>(select::seed_of(seed, 0) >> 32);
    for (std::int64_t passed = 1; passed <= cycles; ++passed) {
      cycle(values);
      // Nothing of it is read any more, whatever is asked for meanwhile.
      dut_->start_valid_i = passed < cycles && random_() % 2 == 0;
      set_port_bits(dut_->start_count_i, 0, kCountBits, V::kMost);
      set_port_bits(dut_->start_wanted_i, 0, kCountBits, 1);
      dut_->start_seed_i = random_();
      dut_->start_word_i = static_cast<std::uint32_t>(random_());
      dut_.settle();
      ASSERT_EQ(dut_->done_valid_o, passed == cycles) << "cycle " << passed << " of " << cycles;
      ASSERT_EQ(dut_->start_ready_o, passed == cycles) << "cycle " << passed << " of " << cycles;
    }
    ASSERT_EQ(port_bits(dut_->threshold_o, 0, V::kValueBits), expected.threshold);
    ASSERT_EQ(port_bits(dut_->ties_o, 0, kCountBits), static_cast<std::uint64_t>(expected.ties));
    ++selected_;
    bins.hit(kOneRound, expected.rounds.size() == 1);
    bins.hit(kMany, expected.rounds.size() > 5);
    bins.hit(kTies, expected.ties > 1);
    bins.hit(kFull, values.size() == V::kMost);
    bins.hit(kZero, expected.threshold == 0);
    bins.hit(kBackToBack);
  }

  void random_lists(std::uint64_t lists) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"one round", "more than five", "several ties", "a full list", "the k-th is zero",
               "one behind another"});
    for (std::uint64_t list = 0; list < lists; ++list) {
      const Values values = draw();
      select(values, 1 + random_() % (values.size() - 1), random_(), bins);
      if (HasFatalFailure()) return;
      for (std::uint64_t idle = random_() % 3; idle > 0; --idle) {
        cycle(values);
        ASSERT_EQ(dut_->done_valid_o, 0);
      }
    }
    Values full(V::kMost, 1);  // all equal
    select(full, 7, 1, bins);
    EXPECT_EQ(selected_, lists + 1);
    bins.expect_all_hit();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::uint64_t selected_ = 0;
};

using Variants = testing::Types<Variant<Vselect_1, 1, 6, 40>, Variant<Vselect_4, 4, 32, 25>,
                                Variant<Vselect_16, 16, 12, 64>>;
TYPED_TEST_SUITE(QuickSelect, Variants);

TYPED_TEST(QuickSelect, OfRandomLists) { this->random_lists(3000); }

template <class V>
class QuickSelectLong : public QuickSelect<V> {};
TYPED_TEST_SUITE(QuickSelectLong, Variants);

TYPED_TEST(QuickSelectLong, Of200000RandomLists) { this->random_lists(200000); }

TYPED_TEST(QuickSelect, AResetEndsASelection) {
  this->dut_->start_valid_i = 1;
  set_port_bits(this->dut_->start_count_i, 0, this->kCountBits, 30);
  set_port_bits(this->dut_->start_wanted_i, 0, this->kCountBits, 3);
  const std::vector<std::uint64_t> values(30, 1);
  this->cycle(values);
  this->dut_->start_valid_i = 0;
  this->cycle(values);
  ASSERT_EQ(this->dut_->start_ready_o, 0);
  this->dut_.reset_between_edges();
  EXPECT_EQ(this->dut_->start_ready_o, 1);
  EXPECT_EQ(this->dut_->done_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
