// weft_full_sorter against std::sort: every vector of zeros and ones where there are few places
// (which by the 0-1 principle proves a network), random words where there are many.
#include <Vsorter_16.h>
#include <Vsorter_2.h>
#include <Vsorter_32.h>
#include <Vsorter_8.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <deque>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::size_t places, std::size_t width>
struct Variant {
  using Model = M;
  static constexpr std::size_t kPlaces = places;
  static constexpr std::size_t kWidth = width;
};

template <class V>
class FullSorter : public testing::Test {
 protected:
  using Words = std::vector<std::uint64_t>;
  static constexpr std::size_t kLevels = std::bit_width(V::kPlaces) - 1;
  static constexpr std::size_t kStages = kLevels * (kLevels + 1) / 2;

  FullSorter() : seed_(seed_or(78)), random_(seed_), dut_(seed_) { dut_.reset(); }

  // A cycle, with a vector or without; what comes out must be what went in kStages before.
  void cycle(const Words* words) {
    dut_->in_valid_i = words != nullptr;
    for (std::size_t place = 0; place < V::kPlaces; ++place) {
      set_port_bits(dut_->in_words_i, place * V::kWidth, V::kWidth,
                    words != nullptr ? (*words)[place] : random_());
    }
    under_way_.push_back(words != nullptr ? *words : Words{});
    dut_.settle();
    if (under_way_.size() > kStages) {
      Words expected = under_way_.front();
      under_way_.pop_front();
      ASSERT_EQ(dut_->out_valid_o, !expected.empty());
      std::sort(expected.begin(), expected.end(), std::greater<>());
      for (std::size_t place = 0; place < expected.size(); ++place) {
        ASSERT_EQ(port_bits(dut_->out_words_o, place * V::kWidth, V::kWidth), expected[place]);
        ++compared_;
      }
    } else {
      ASSERT_EQ(dut_->out_valid_o, 0);
    }
    dut_.tick();
  }
  void drain() {
    for (std::size_t stage = 0; stage <= kStages; ++stage) cycle(nullptr);
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::deque<Words> under_way_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vsorter_2, 2, 1>, Variant<Vsorter_8, 8, 33>,
                                Variant<Vsorter_16, 16, 12>, Variant<Vsorter_32, 32, 12>>;
TYPED_TEST_SUITE(FullSorter, Variants);

TYPED_TEST(FullSorter, SortsZerosAndOnes) {
  constexpr std::size_t kPlaces = TypeParam::kPlaces;
  const std::uint64_t patterns = kPlaces <= 16 ? std::uint64_t{1} << kPlaces : 4096;
  for (std::uint64_t pattern = 0; pattern < patterns; ++pattern) {
    const std::uint64_t bits = kPlaces <= 16 ? pattern : this->random_();
    std::vector<std::uint64_t> words(kPlaces);
    for (std::size_t place = 0; place < kPlaces; ++place) words[place] = bits >> place & 1;
    this->cycle(&words);
    if (this->HasFatalFailure()) return;
  }
  this->drain();
  EXPECT_EQ(this->compared_, patterns * kPlaces);
}

TYPED_TEST(FullSorter, SortsAnythingWithPausesBetween) {
  SCOPED_TRACE(seed_text(this->seed_));
  constexpr std::size_t kPlaces = TypeParam::kPlaces;
  for (int vector = 0; vector < 2000; ++vector) {
    if (this->random_() % 3 == 0) this->cycle(nullptr);
    std::vector<std::uint64_t> words(kPlaces);
    const std::uint64_t kinds = this->random_() % 2 == 0 ? 3 : low_bits(TypeParam::kWidth);
    for (auto& word : words) word = this->random_() % (kinds + 1) & low_bits(TypeParam::kWidth);
    this->cycle(&words);
    if (this->HasFatalFailure()) return;
  }
  this->drain();
  EXPECT_EQ(this->compared_, 2000 * kPlaces);
}

TYPED_TEST(FullSorter, AResetDropsWhatIsUnderWay) {
  const std::vector<std::uint64_t> words(TypeParam::kPlaces, 1);
  for (std::size_t stage = 0; stage < this->kStages; ++stage) this->cycle(&words);
  this->dut_.settle();
  ASSERT_EQ(this->dut_->out_valid_o, 1);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->out_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
