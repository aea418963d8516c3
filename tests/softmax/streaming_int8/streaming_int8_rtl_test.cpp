// weft_streaming_int8 against softmax::streaming_softmax, bit for bit, and its cycles by hand,
// under stalls of both sides.
#include <Vstreaming_16.h>
#include <Vstreaming_3.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "models/softmax/streaming_int8.hpp"
#include "tests/common/seed.hpp"
#include "tests/softmax/word_rows.hpp"

namespace weft::test {
namespace {

constexpr std::size_t kLanes = 8;
using Scores = std::vector<std::int8_t>;

template <class M, std::size_t words>
struct Variant {
  using Model = M;
  static constexpr std::size_t kWords = words;
};

enum Bin : std::size_t { kFull, kOneScore, kOddWords, kRises, kEnds, kTies };

template <class V>
class StreamingInt8 : public testing::Test {
 protected:
  struct Word {
    std::size_t row;
    std::size_t first;
  };

  StreamingInt8() : seed_(seed_or(97)), random_(seed_), dut_(seed_) {}

  Scores row() {
    Scores scores(random_() % 8 == 0 ? V::kWords * kLanes : 1 + random_() % (V::kWords * kLanes));
    const int spreads[] = {1, 8, 40, 256};
    const int spread = spreads[random_() % 4];
    for (auto& x : scores) {
      const int draw = static_cast<int>(random_() % static_cast<std::uint64_t>(spread));
      x = static_cast<std::int8_t>(random_() % 32 == 0 ? (random_() % 2 == 0 ? -128 : 127)
                                                       : draw - spread / 2);
    }
    if (random_() % 4 == 0) std::sort(scores.begin(), scores.end());
    return scores;
  }

  void make_rows(std::size_t count, Bins& bins) {
    rows_.clear();
    words_.clear();
    expected_.clear();
    for (std::size_t r = 0; r < count; ++r) {
      rows_.push_back(row());
      const Scores& scores = rows_.back();
      expected_.push_back(softmax::streaming_softmax(scores));
      for (std::size_t first = 0; first < scores.size(); first += kLanes)
        words_.push_back({r, first});
      bins.hit(kFull, scores.size() == V::kWords * kLanes);
      bins.hit(kOneScore, scores.size() == 1);
      bins.hit(kOddWords, (scores.size() + kLanes - 1) / kLanes % 2 == 1);
      bins.hit(kRises, scores.back() > scores.front());
      bins.hit(kEnds, *std::min_element(scores.begin(), scores.end()) == -128 &&
                          *std::max_element(scores.begin(), scores.end()) == 127);
      bins.hit(kTies, std::count(scores.begin(), scores.end(), scores[0]) > 1);
    }
  }

  std::size_t here(const Word& word) const {
    return std::min(kLanes, rows_[word.row].size() - word.first);
  }

  Flow run(Stalls stalls) {
    pulse_reset(dut_);
    const auto put = [this](std::size_t i) {
      const Word& word = words_[i];
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::uint64_t any = random_();  // in lanes beyond the count
        const bool present = lane < here(word);
        const auto score =
            present ? static_cast<std::uint8_t>(rows_[word.row][word.first + lane]) : any;
        set_port_bits(dut_->in_scores_i, lane * 8, 8, score);
      }
      dut_->in_count_i = static_cast<unsigned>(here(word));
      dut_->in_last_i = word.first + kLanes >= rows_[word.row].size();
    };
    const auto get = [this](std::size_t i) {
      const Word& word = words_[i];
      ASSERT_EQ(dut_->out_count_o, here(word));
      ASSERT_EQ(dut_->out_last_o, word.first + kLanes >= rows_[word.row].size());
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::uint64_t weight =
            lane < here(word) ? expected_[word.row][word.first + lane] : std::uint64_t{0};
        ASSERT_EQ(port_bits(dut_->out_weights_o, lane * 8, 8), weight)
            << "row " << word.row << " score " << word.first + lane;
      }
    };
    return flow_through(dut_, stalls, seed_, words_.size(), words_.size(), put, get);
  }

  void check(std::size_t rows, Stalls stalls, Bins& bins) {
    SCOPED_TRACE(name_of(stalls));
    make_rows(rows, bins);
    const Flow flow = run(stalls);
    ASSERT_EQ(flow.given.size(), words_.size());
    if (HasFatalFailure() || stalls != Stalls::none) return;
    std::int64_t from = 0;  // by hand: a word a cycle, 18 cycles between, a word a cycle
    for (std::size_t i = 0; i < words_.size();) {
      const auto count = static_cast<std::int64_t>((rows_[words_[i].row].size() + 7) / 8);
      for (std::int64_t w = 0; w < count; ++w, ++i) {
        ASSERT_EQ(flow.taken[i], from + w);
        ASSERT_EQ(flow.given[i], from + count + 18 + w);
      }
      from += 2 * count + 18;
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<Scores> rows_;
  std::vector<std::vector<std::uint8_t>> expected_;
  std::vector<Word> words_;
};

using Variants = testing::Types<Variant<Vstreaming_16, 16>, Variant<Vstreaming_3, 3>>;
TYPED_TEST_SUITE(StreamingInt8, Variants);

TYPED_TEST(StreamingInt8, IsTheModelInItsCycles) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"a full row", "a single score", "an odd number of words", "a maximum that rises",
             "both ends of int8", "equal scores"});
  for (const Stalls stalls : kAllStalls) {
    this->check(bench_count(20'000) / 10, stalls, bins);
    if (this->HasFatalFailure()) return;
  }
  bins.expect_all_hit();
}

TYPED_TEST(StreamingInt8, AResetDropsARow) {
  Bins bins(std::vector<std::string>(6, "any"));
  auto& dut = this->dut_;
  pulse_reset(dut);
  dut->out_ready_i = 0;
  dut->in_count_i = 8;
  dut->in_scores_i = 0x7F7F7F7F7F7F7F7Fu;
  dut->in_last_i = 1;
  dut->in_valid_i = 1;
  for (int cycle = 0; cycle < 25; ++cycle) {
    dut.settle();
    dut.tick();
    dut->in_valid_i = 0;
  }
  dut.settle();
  ASSERT_EQ(dut->out_valid_o, 1);
  this->check(20, Stalls::none, bins);  // nothing is left of the maximum and the sum
}

template <class V>
class StreamingInt8Long : public StreamingInt8<V> {};
TYPED_TEST_SUITE(StreamingInt8Long, Variants);

TYPED_TEST(StreamingInt8Long, TwoHundredThousandRows) {
  Bins bins(std::vector<std::string>(6, "any"));
  for (const Stalls stalls : kAllStalls) {
    this->check(40'000, stalls, bins);
    if (this->HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace weft::test
