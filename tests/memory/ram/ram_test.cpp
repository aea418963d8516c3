// weft_ram against an array of lanes, its output in every cycle.
#include <Vram_16.h>
#include <Vram_1b.h>
#include <Vram_32.h>
#include <Vram_64b.h>
#include <Vram_70b.h>
#include <Vram_96.h>
#include <gtest/gtest.h>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t word_bits, std::size_t words, std::size_t lanes, bool bypass>
struct Variant {
  using Model = M;
  static constexpr std::size_t kWords = words;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kLaneBits = word_bits / lanes;
  static constexpr bool kBypass = bypass;
};

template <class V>
class Ram : public testing::Test {
 protected:
  using Word = std::vector<std::uint64_t>;  // lane by lane

  Ram() : seed_(seed_or(61)), random_(seed_), dut_(seed_), words_(V::kWords, Word(V::kLanes)) {
    for (std::size_t address = 0; address < V::kWords; ++address)
      cycle(true, address, low_bits(V::kLanes), false, 0);
  }

  // One cycle with these ports; afterwards the output must be what the last read asked for.
  void cycle(bool write, std::size_t write_address, std::uint64_t write_lanes, bool read,
             std::size_t read_address) {
    Word data(V::kLanes);
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      data[lane] = random_() & low_bits(V::kLaneBits);
      set_port_bits(dut_->write_data_i, lane * V::kLaneBits, V::kLaneBits, data[lane]);
    }
    dut_->write_valid_i = write;
    set_port_bits(dut_->write_address_i, 0, 8 * sizeof dut_->write_address_i, write_address);
    set_port_bits(dut_->write_lanes_i, 0, V::kLanes, write_lanes);
    dut_->read_valid_i = read;
    set_port_bits(dut_->read_address_i, 0, 8 * sizeof dut_->read_address_i, read_address);
    dut_.settle();
    if (has_read_) expect_last();  // whatever the inputs are now
    const Word before = words_[read_address];
    if (write) {
      for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
        if ((write_lanes >> lane & 1) != 0) words_[write_address][lane] = data[lane];
      }
    }
    if (read) {
      last_ = V::kBypass ? words_[read_address] : before;
      has_read_ = true;
    }
    dut_.tick();
    dut_.settle();
    if (has_read_) expect_last();
  }
  void expect_last() {
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      ASSERT_EQ(port_bits(dut_->read_data_o, lane * V::kLaneBits, V::kLaneBits), last_[lane])
          << "lane " << lane;
    }
    ++compared_;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<Word> words_;
  Word last_;
  bool has_read_ = false;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vram_16, 16, 256, 1, false>, Variant<Vram_1b, 8, 1, 1, true>,
                   Variant<Vram_32, 32, 5, 2, false>, Variant<Vram_64b, 64, 16, 4, true>,
                   Variant<Vram_96, 96, 7, 3, false>, Variant<Vram_70b, 70, 12, 7, true>>;
TYPED_TEST_SUITE(Ram, Variants);

TYPED_TEST(Ram, ReadsEveryWordOneCycleLater) {
  for (std::size_t address = 0; address < TypeParam::kWords; ++address)
    this->cycle(false, 0, 0, true, address);
  EXPECT_GE(this->compared_, TypeParam::kWords);
}

TYPED_TEST(Ram, HoldsWhatWasReadWhileItsWordChanges) {
  const std::size_t last = TypeParam::kWords - 1;
  this->cycle(false, 0, 0, true, last);
  for (int i = 0; i < 5; ++i) this->cycle(true, last, low_bits(TypeParam::kLanes), false, last);
  EXPECT_EQ(this->compared_, 11u);
}

TYPED_TEST(Ram, AWriteWithoutLanesOrValidChangesNothing) {
  const auto before = this->words_;
  this->cycle(true, 0, 0, true, 0);
  this->cycle(false, 0, low_bits(TypeParam::kLanes), true, 0);
  this->cycle(false, 0, 0, true, 0);
  EXPECT_EQ(this->words_, before);
}

TYPED_TEST(Ram, AnyMixOfReadsAndWrites) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"read alone", "write alone", "neither", "both at one word", "both apart",
             "read after a write of the same word", "all lanes", "some lanes"});
  std::size_t written = TypeParam::kWords;
  for (int i = 0; i < 20000; ++i) {
    const bool write = this->random_() % 2 == 0;
    const bool read = this->random_() % 2 == 0;
    const std::uint64_t lanes = this->random_() & low_bits(TypeParam::kLanes);
    const std::size_t to = this->random_() % TypeParam::kWords;
    const std::size_t from = this->random_() % 3 == 0 ? to : this->random_() % TypeParam::kWords;
    this->cycle(write, to, lanes, read, from);
    if (this->HasFatalFailure()) return;
    bins.hit(0, read && !write);
    bins.hit(1, write && !read);
    bins.hit(2, !write && !read);
    bins.hit(3, write && read && to == from && lanes != 0);
    bins.hit(4, (write && read && to != from) || TypeParam::kWords == 1);
    bins.hit(5, read && from == written);
    bins.hit(6, write && lanes == low_bits(TypeParam::kLanes));
    bins.hit(
        7, (write && lanes != 0 && lanes != low_bits(TypeParam::kLanes)) || TypeParam::kLanes == 1);
    if (write) written = to;
  }
  EXPECT_GT(this->compared_, 20000u);
  bins.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
