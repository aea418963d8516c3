// weft_compact_fifo against a vector: rounds of pushes of any share of the lanes, read back while
// they are written, as a round of quick-select does.
#include <Vcompact_1.h>
#include <Vcompact_16.h>
#include <Vcompact_4.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>

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
};

enum Bin : std::size_t { kFull, kNothing, kAcrossRows, kClears };

template <class V>
class CompactFifo : public testing::Test {
 protected:
  static constexpr std::size_t kMost = V::kLanes * V::kRows;

  CompactFifo() : seed_(seed_or(74)), random_(seed_), dut_(seed_) { dut_.reset(); }

  std::size_t count() { return port_bits(dut_->count_d_o, 0, std::bit_width(kMost)); }

  // A push of what fits; false where nothing does.
  void push(Bins& bins) {
    std::size_t kept = 0;
    const std::uint64_t share = fills_ ? 4 : random_() % 5;
    std::vector<std::uint64_t> values;
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const std::uint64_t value = random_() & low_bits(V::kValueBits);
      const bool keeps = random_() % 4 < share && held_.size() + values.size() < kMost;
      set_port_bits(dut_->push_values_i, lane * V::kValueBits, V::kValueBits, value);
      set_port_bits(dut_->push_keep_i, lane, 1, keeps);
      if (keeps) values.push_back(value);
    }
    kept = values.size();
    bins.hit(kNothing, kept == 0);
    bins.hit(kAcrossRows, V::kLanes == 1 || held_.size() % V::kLanes + kept > V::kLanes);
    dut_->push_valid_i = 1;
    held_.insert(held_.end(), values.begin(), values.end());
  }

  void expect_row(std::size_t row, std::size_t known) {
    for (std::size_t lane = 0; lane < V::kLanes && row * V::kLanes + lane < known; ++lane) {
      ASSERT_EQ(port_bits(dut_->read_data_o, lane * V::kValueBits, V::kValueBits),
                held_[row * V::kLanes + lane])
          << "row " << row << " lane " << lane;
      ++compared_;
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::uint64_t> held_;
  bool fills_ = false;  // pushes keep all lanes
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vcompact_1, 1, 4, 9>, Variant<Vcompact_4, 4, 33, 5>,
                                Variant<Vcompact_16, 16, 12, 64>>;
TYPED_TEST_SUITE(CompactFifo, Variants);

TYPED_TEST(CompactFifo, HoldsWhatWasKeptInOrder) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"full", "a push of nothing", "a push across rows", "cleared with something held"});
  for (int round = 0; round < 300; ++round) {
    this->fills_ = round % 5 == 0;
    std::size_t read_row = 0;
    std::size_t known = 0;
    bool reads = false;
    const int pushes = static_cast<int>(this->random_() % (2 * TypeParam::kRows + 2));
    for (int cycle = 0; cycle < pushes; ++cycle) {
      this->dut_->clear_i = 0;
      this->dut_->push_valid_i = 0;
      const std::size_t before = this->held_.size();
      if (this->random_() % 4 != 0) this->push(bins);
      this->dut_.settle();
      ASSERT_EQ(this->count(), this->held_.size());
      if (reads) this->expect_row(read_row, known);
      // What stood there before this cycle's push can be read.
      reads = this->random_() % 2 == 0;
      if (reads) {
        read_row = this->random_() % TypeParam::kRows;
        known = before;
      }
      this->dut_->read_valid_i = reads;
      this->dut_->read_row_i = static_cast<unsigned>(read_row);
      this->dut_.settle();
      bins.hit(kFull, this->held_.size() == this->kMost);
      this->dut_.tick();
      this->dut_.settle();
      if (reads) this->expect_row(read_row, known);
      if (this->HasFatalFailure()) return;
    }
    bins.hit(kClears, !this->held_.empty());
    this->dut_->push_valid_i = 0;
    this->dut_->clear_i = 1;
    this->dut_.settle();
    this->dut_.tick();
    this->dut_->clear_i = 0;
    this->held_.clear();
    this->dut_.settle();
    ASSERT_EQ(this->count(), 0u);
  }
  EXPECT_GT(this->compared_, 500u);
  bins.expect_all_hit();
}

TYPED_TEST(CompactFifo, AResetEmptiesIt) {
  Bins bins({"", "", "", ""});
  for (int i = 0; i < 8; ++i) {
    this->push(bins);
    this->dut_->clear_i = 0;
    this->dut_.settle();
    this->dut_.tick();
  }
  this->dut_->push_valid_i = 0;
  this->dut_.settle();
  ASSERT_GT(this->count(), 0u);
  this->dut_.reset_between_edges();
  EXPECT_EQ(this->count(), 0u);
}

}  // namespace
}  // namespace weft::test
