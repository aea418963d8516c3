// weft_operand_buffer against arrays of elements read with the skew of a systolic array, every bank
// in every cycle.
#include <Vbuffer_1.h>
#include <Vbuffer_16.h>
#include <Vbuffer_4.h>
#include <Vbuffer_5.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t side, std::size_t beat_elements, std::size_t words>
struct Variant {
  using Model = M;
  static constexpr std::size_t kSide = side;
  static constexpr std::size_t kBeat = beat_elements;
  static constexpr std::size_t kWords = words;
};

template <class V>
class OperandBuffer : public testing::Test {
 protected:
  struct Fill {
    std::size_t bank, beat;
  };

  OperandBuffer()
      : seed_(seed_or(62)),
        random_(seed_),
        dut_(seed_),
        memory_(V::kSide, std::vector<std::uint16_t>(V::kWords)),
        shown_(V::kSide) {
    dut_->read_valid_i = 0;
    dut_->fill_valid_i = 0;
    pulse_reset(dut_);
    for (std::size_t bank = 0; bank < V::kSide; ++bank) {
      for (std::size_t beat = 0; beat < V::kWords / V::kBeat; ++beat) cycle(Fill{bank, beat}, {});
    }
  }

  // One cycle; afterwards each bank must show the last element that was read of it.
  void cycle(std::optional<Fill> fill, std::optional<std::size_t> read) {
    reads_.push_front(read);  // reads_[i] is what bank i sees now
    if (reads_.size() > V::kSide) reads_.pop_back();
    std::vector<std::uint16_t> data(V::kBeat);
    for (std::size_t i = 0; i < V::kBeat; ++i) {
      data[i] = static_cast<std::uint16_t>(random_());
      set_port_bits(dut_->fill_data_i, 16 * i, 16, data[i]);
    }
    dut_->fill_valid_i = fill.has_value();
    dut_->fill_bank_i = static_cast<CData>(fill ? fill->bank : random_() % V::kSide);
    dut_->fill_address_i =
        static_cast<CData>(fill ? fill->beat : random_() % (V::kWords / V::kBeat));
    dut_->read_valid_i = read.has_value();
    set_port_bits(dut_->read_address_i, 0, 8 * sizeof dut_->read_address_i,
                  read ? *read : random_() % V::kWords);
    dut_.settle();
    expect_shown();
    for (std::size_t bank = 0; bank < reads_.size(); ++bank) {
      if (!reads_[bank]) continue;
      shown_[bank] = memory_[bank][*reads_[bank]];
      met_fill_ =
          met_fill_ || (fill && fill->bank == bank && fill->beat == *reads_[bank] / V::kBeat);
    }
    if (fill)
      std::copy(data.begin(), data.end(),
                memory_[fill->bank].begin() + static_cast<std::ptrdiff_t>(fill->beat * V::kBeat));
    dut_.tick();
    dut_.settle();
    expect_shown();
  }
  void expect_shown() {
    for (std::size_t bank = 0; bank < V::kSide; ++bank) {
      if (!shown_[bank]) continue;
      ASSERT_EQ(port_bits(dut_->data_o, 16 * bank, 16), *shown_[bank]) << "bank " << bank;
      ++compared_;
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::vector<std::uint16_t>> memory_;
  std::vector<std::optional<std::uint16_t>> shown_;
  std::deque<std::optional<std::size_t>> reads_;
  bool met_fill_ = false;  // a bank was filled and read at one beat in one cycle
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vbuffer_1, 1, 1, 12>, Variant<Vbuffer_4, 4, 4, 144>,
                                Variant<Vbuffer_5, 5, 8, 8>, Variant<Vbuffer_16, 16, 16, 256>>;
TYPED_TEST_SUITE(OperandBuffer, Variants);

// Read in cycle t, bank i's element stands from t + i + 1 on and not before.
TYPED_TEST(OperandBuffer, ABankShowsItsElementOneCycleAfterItsNeighbour) {
  const std::size_t side = TypeParam::kSide;
  this->cycle({}, 0);
  for (std::size_t i = 0; i < side; ++i) this->cycle({}, {});
  const std::size_t address = TypeParam::kWords - 1;
  for (std::size_t bank = 0; bank < side; ++bank) {
    ASSERT_NE(this->memory_[bank][address], this->memory_[bank][0]) << "take another seed";
  }
  this->cycle({}, address);
  for (std::size_t after = 1; after <= side; ++after) {
    for (std::size_t bank = 0; bank < side; ++bank) {
      ASSERT_EQ(port_bits(this->dut_->data_o, 16 * bank, 16),
                this->memory_[bank][bank < after ? address : 0])
          << bank << " after " << after;
    }
    this->cycle({}, {});
  }
  EXPECT_GT(this->compared_, 0u);
}

TYPED_TEST(OperandBuffer, ReadsAreForgottenInReset) {
  for (std::size_t i = 0; i < 2 * TypeParam::kSide; ++i) this->cycle({}, 0);
  this->dut_->read_valid_i = 0;
  pulse_reset(this->dut_);
  this->reads_.clear();
  this->cycle({}, {});
  std::vector<std::uint64_t> before;
  for (std::size_t bank = 0; bank < TypeParam::kSide; ++bank)
    before.push_back(port_bits(this->dut_->data_o, 16 * bank, 16));
  for (std::size_t bank = 0; bank < TypeParam::kSide; ++bank) {
    for (std::size_t beat = 0; beat < TypeParam::kWords / TypeParam::kBeat; ++beat)
      this->cycle(typename TestFixture::Fill{bank, beat}, {});
    ASSERT_EQ(port_bits(this->dut_->data_o, 16 * bank, 16), before[bank])
        << "a read from before the reset reached bank " << bank;
  }
}

TYPED_TEST(OperandBuffer, FillsAndReadsUnderStallsOfEither) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"fill and read", "fill alone", "read alone", "neither", "the next element",
             "the last element", "reads without a gap"});
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    Pauses fills = Pauses::of_source(stalls, this->random_());
    Pauses reads = Pauses::of_sink(stalls, this->random_());
    const std::uint64_t before = this->compared_;
    std::size_t address = 0;
    std::size_t in_a_row = 0;
    for (int i = 0; i < 4000; ++i) {
      const bool fill = !fills.next();
      const bool read = !reads.next();
      const std::size_t next = (address + 1) % TypeParam::kWords;
      if (read) address = this->random_() % 4 != 0 ? next : this->random_() % TypeParam::kWords;
      // Fills aim at what is being read, so that they meet.
      const std::size_t beats = TypeParam::kWords / TypeParam::kBeat;
      const std::size_t beat =
          this->random_() % 2 == 0 ? address / TypeParam::kBeat : this->random_() % beats;
      const typename TestFixture::Fill where{this->random_() % TypeParam::kSide, beat};
      this->cycle(fill ? std::optional(where) : std::nullopt,
                  read ? std::optional(address) : std::nullopt);
      if (this->HasFatalFailure()) return;
      in_a_row = read ? in_a_row + 1 : 0;
      bins.hit(0, fill && read);
      bins.hit(1, fill && !read);
      bins.hit(2, read && !fill);
      bins.hit(3, !read && !fill);
      bins.hit(4, read && address == next);
      bins.hit(5, read && address == TypeParam::kWords - 1);
      bins.hit(6, in_a_row > TypeParam::kSide);
    }
    EXPECT_GT(this->compared_, before + 4000 * TypeParam::kSide);
  }
  EXPECT_TRUE(this->met_fill_) << "no fill met a read of the same beat";
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
