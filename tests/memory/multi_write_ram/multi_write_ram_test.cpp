// weft_multi_write_ram against an array of lanes: ports that write other words, other lanes of one
// word, and the same lane, of which the last port's stays.
#include <Vmulti_2.h>
#include <Vmulti_4.h>
#include <Vmulti_gated.h>
#include <gtest/gtest.h>

#include <bit>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t word_bits, std::size_t words, std::size_t lanes, std::size_t ports>
struct Variant {
  using Model = M;
  static constexpr std::size_t kWordBits = word_bits;
  static constexpr std::size_t kWords = words;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kLaneBits = word_bits / lanes;
  static constexpr std::size_t kPorts = ports;
};

enum Bin : std::size_t { kAlone, kAll, kNone, kApart, kOtherLanes, kSameLane, kReadOfWritten };

template <class V>
class MultiWriteRam : public testing::Test {
 protected:
  using Word = std::vector<std::uint64_t>;  // lane by lane
  static constexpr std::size_t kAddressBits = std::bit_width(V::kWords - 1);

  struct Write {
    bool valid = false;
    std::size_t address = 0;
    std::uint64_t lanes = 0;
  };

  MultiWriteRam() : seed_(seed_or(62)), random_(seed_), dut_(seed_) {
    for (std::size_t address = 0; address < V::kWords; ++address) {
      std::vector<Write> writes(V::kPorts);
      writes[address % V::kPorts] = {true, address, low_bits(V::kLanes)};
      cycle(writes, 0);
    }
  }

  // What is read in this cycle stands there in the next one: the word before the writes.
  void cycle(const std::vector<Write>& writes, std::size_t read) {
    dut_->write_valid_i = 0;
    for (std::size_t p = 0; p < V::kPorts; ++p) {
      set_port_bits(dut_->write_valid_i, p, 1, writes[p].valid);
      set_port_bits(dut_->write_address_i, p * kAddressBits, kAddressBits, writes[p].address);
      set_port_bits(dut_->write_lanes_i, p * V::kLanes, V::kLanes, writes[p].lanes);
    }
    std::vector<Word> data(V::kPorts, Word(V::kLanes));
    for (std::size_t p = 0; p < V::kPorts; ++p) {
      for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
        data[p][lane] = random_() & low_bits(V::kLaneBits);
        set_port_bits(dut_->write_data_i, p * V::kWordBits + lane * V::kLaneBits, V::kLaneBits,
                      data[p][lane]);
      }
    }
    set_port_bits(dut_->read_address_i, 0, kAddressBits, read);
    dut_.settle();
    const Word expected = words_[read];
    for (std::size_t p = 0; p < V::kPorts; ++p) {
      for (std::size_t lane = 0; writes[p].valid && lane < V::kLanes; ++lane)
        if ((writes[p].lanes >> lane & 1) != 0) words_[writes[p].address][lane] = data[p][lane];
    }
    dut_.tick();
    dut_.settle();
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      if (known_[read] == 0) continue;
      ASSERT_EQ(port_bits(dut_->read_data_o, lane * V::kLaneBits, V::kLaneBits), expected[lane])
          << "word " << read << " lane " << lane;
      ++compared_;
    }
    for (const Write& write : writes)
      if (write.valid && write.lanes == low_bits(V::kLanes)) known_[write.address] = 1;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<Word> words_ = std::vector<Word>(V::kWords, Word(V::kLanes));
  std::vector<std::uint8_t> known_ = std::vector<std::uint8_t>(V::kWords);
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vmulti_2, 16, 8, 4, 2>, Variant<Vmulti_4, 70, 5, 7, 4>,
                                Variant<Vmulti_gated, 384, 16, 48, 2>>;
TYPED_TEST_SUITE(MultiWriteRam, Variants);

TYPED_TEST(MultiWriteRam, AnyMixOfWrites) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"one port alone", "all ports", "no port", "two words", "two lanes of one word",
             "one lane twice", "a read of what is written"});
  for (int i = 0; i < 20'000; ++i) {
    std::vector<typename TestFixture::Write> writes(TypeParam::kPorts);
    std::size_t valid = 0;
    const std::size_t share = 1 + this->random_() % 4;
    for (auto& write : writes) {
      write = {this->random_() % 4 < share, this->random_() % TypeParam::kWords,
               this->random_() & low_bits(TypeParam::kLanes)};
      if (this->random_() % 3 == 0) write.address = writes[0].address;
      valid += write.valid ? 1 : 0;
    }
    const std::size_t read =
        this->random_() % 2 == 0 ? writes.back().address : this->random_() % TypeParam::kWords;
    bins.hit(kAlone, valid == 1);
    bins.hit(kAll, valid == writes.size());
    bins.hit(kNone, valid == 0);
    const auto &first = writes[0], &last = writes.back();
    const bool both = first.valid && last.valid;
    bins.hit(kApart, both && first.address != last.address);
    bins.hit(kOtherLanes, both && first.address == last.address && first.lanes != last.lanes);
    bins.hit(kSameLane, both && first.address == last.address && (first.lanes & last.lanes) != 0);
    bins.hit(kReadOfWritten, last.valid && read == last.address);
    this->cycle(writes, read);
    if (this->HasFatalFailure()) return;
  }
  bins.expect_all_hit();
  EXPECT_GT(this->compared_, 20'000u);
}

}  // namespace
}  // namespace weft::test
