// weft_softmax_pipeline beside the SystemC pipeline: every word in its cycle under stalls of both
// sides, its probabilities and the row's largest those of softmax::probabilities, bit for bit, and
// near to a softmax in double precision.
#include <Vsoftmax_128.h>
#include <Vsoftmax_6.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/softmax/fixed_point.hpp"
#include "sim/softmax/softmax_pipeline.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::QueryRow;
using sim::RowBeat;

constexpr std::size_t kLanes = 8;

template <class M, std::size_t score_bits, std::size_t probability_bits, std::size_t words,
          std::size_t rows>
struct Variant {
  using Model = M;
  static constexpr std::size_t kScoreBits = score_bits;
  static constexpr std::size_t kBits = probability_bits;
  static constexpr std::size_t kWords = words;
  static constexpr std::size_t kRows = rows;
  static constexpr std::size_t kMost = kLanes * words;
};

struct Row {
  std::vector<std::int64_t> tokens;
  QueryRow row;
  std::vector<std::int64_t> scores;
  float scale = 1;
  std::size_t width = kLanes;  // scores of a beat; 0: as it comes
};
struct Out {
  Cycle cycle = 0;
  std::vector<std::int32_t> probabilities;
  std::uint32_t largest = 0;
  bool last = false;
  bool clean = true;  // 0 beyond the count
};

// How far off double precision the datapath is; what the tests say of it.
struct Distance {
  double steps = 0;     // of an integer from 2^bits - 1 times the exact probability
  double relative = 0;  // of the row's largest
};

enum Bin : std::size_t {
  kEmpty,
  kFull,
  kCrosses,
  kShort,
  kNoPlace,
  kNoRow,
  kHeld,
  kBelow,
  kTies,
  kBeyond
};

template <class V>
class SoftmaxPipeline : public testing::Test {
 protected:
  SoftmaxPipeline() : seed_(seed_or(91)), random_(seed_), dut_(seed_) {}

  std::int64_t score(std::int64_t most) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(2 * most + 1)) - most;
  }

  void make_rows(std::size_t count) {
    rows_.clear();
    std::size_t full_left = 0;
    constexpr std::int64_t kLargest = (std::int64_t{1} << (V::kScoreBits - 1)) - 1;
    for (std::size_t r = 0; r < count; ++r) {
      rows_.push_back(std::make_unique<Row>());
      Row& made = *rows_.back();
      // Full rows come four together, so that all rings fill.
      const std::size_t kind = full_left > 0 ? 1 : random_() % 32;
      full_left = kind != 1 ? 0 : full_left > 0 ? full_left - 1 : 3;
      const std::size_t most =
          kind == 0 ? V::kMost : std::min<std::size_t>(V::kMost, kind < 9 ? 9 : 90);
      std::size_t keys = kind == 1 ? V::kMost : kind == 2 ? 0 : 1 + random_() % most;
      const std::int64_t reach = std::min(kLargest, std::int64_t{1} << (1 + random_() % 31));
      for (std::size_t i = 0; i < keys; ++i) made.scores.push_back(score(reach));
      if (random_() % 8 == 0 && keys > 0) made.scores[random_() % keys] = -kLargest - 1;
      // What the scores span: from nothing to beyond any exponential.
      const std::array<double, 8> spans{0, 1e-30, 1e-3, 0.5, 3, 12, 90, 1e4};
      made.scale = static_cast<float>(spans[random_() % 8] / static_cast<double>(reach));
      if (random_() % 64 == 0) made.scale = -made.scale;
      if (keys > 1 && random_() % 32 == 0) {  // finite scores whose difference is not
        made.scale = 3e38F / static_cast<float>(kLargest);
        made.scores[0] = kLargest;
        made.scores[1 + random_() % (keys - 1)] = -kLargest;
      }
      made.width = kind == 1 ? kLanes : random_() % 3 == 0 ? 0 : 1 + random_() % kLanes;
      made.tokens.resize(keys);
      made.row.number = static_cast<std::int64_t>(r);
      made.row.tokens = made.tokens;
    }
  }

  std::vector<RowBeat> beats(Bins& bins) {
    std::vector<RowBeat> all;
    owners_.clear();
    for (auto& row : rows_) {
      const std::int64_t keys = row->row.keys_seen();
      std::int64_t first = 0;
      do {
        const std::size_t width = row->width > 0 ? row->width : 1 + random_() % kLanes;
        const std::int64_t count =
            std::min<std::int64_t>(static_cast<std::int64_t>(width), keys - first);
        bins.hit(kCrosses, first % 8 + count > 8);
        all.push_back({&row->row, static_cast<std::int32_t>(first),
                       static_cast<std::int32_t>(count), first + count == keys});
        owners_.push_back(row.get());
        first += count;
      } while (first < keys);
      bins.hit(kEmpty, keys == 0);
      bins.hit(kFull, keys == static_cast<std::int64_t>(V::kMost));
      bins.hit(kShort, keys % 8 != 0);
    }
    return all;
  }

  std::vector<std::pair<Cycle, RowBeat>> systemc(const std::vector<RowBeat>& all,
                                                 const std::vector<std::int64_t>& cycles,
                                                 Stalls stalls) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowBeat>>("feed");
    assembly.emplace<sim::softmax::SoftmaxPipeline>(
        "unit", sim::softmax::SoftmaxPipeline::Config{.fifo_depth = V::kWords, .rows = V::kRows},
        nullptr);
    auto& take = assembly.emplace<sim::test::Take<RowBeat>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    for (std::size_t b = 0; b < all.size(); ++b) feed.messages.emplace_back(cycles[b], all[b]);
    take.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_); };
    sim::test::run_to_end(assembly);
    return take.taken;
  }

  void put(const RowBeat& beat, const Row& row) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint64_t value =
          lane < static_cast<std::size_t>(beat.count)
              ? static_cast<std::uint64_t>(row.scores[static_cast<std::size_t>(beat.first) + lane])
              : random_();
      set_port_bits(dut_->in_scores_i, lane * V::kScoreBits, V::kScoreBits,
                    value & low_bits(V::kScoreBits));
    }
    set_port_bits(dut_->in_count_i, 0, 4, static_cast<std::uint64_t>(beat.count));
    dut_->in_last_i = beat.last;
    dut_->in_scale_i = numerics::bits_of(row.scale);
  }

  Out got() {
    Out out;
    out.largest = dut_->out_largest_o;
    out.last = dut_->out_last_o != 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto value = static_cast<std::int32_t>(
          port_bits(dut_->out_probabilities_o, lane * V::kBits, V::kBits));
      if (lane < dut_->out_count_o) {
        out.probabilities.push_back(value);
      } else {
        out.clean = out.clean && value == 0;
      }
    }
    return out;
  }

  std::vector<Out> rtl(const std::vector<RowBeat>& all, const std::vector<std::int64_t>& cycles,
                       std::size_t expected, Stalls stalls, Bins& bins) {
    dut_.reset();
    Link<std::size_t> in;
    Link<Out> out;
    std::vector<Out> taken;
    std::size_t fed = 0;
    for (std::int64_t now = 0; taken.size() < expected && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(all[in.front()], *owners_[in.front()]);
      dut_->out_ready_i = out.ready();
      dut_.settle();
      const bool begins = in.valid() && all[in.front()].first == 0;
      bins.hit(kNoPlace, in.valid() && !begins && !dut_->in_ready_o);
      bins.hit(kNoRow, begins && !dut_->in_ready_o);
      bins.hit(kHeld, dut_->out_valid_o && !out.ready());
      const bool takes = in.valid() && dut_->in_ready_o;
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) {
        taken.push_back(out.pop());
        taken.back().cycle = now;
      }
      if (dut_->out_valid_o && out.ready()) out.push(got());
      if (takes) in.pop();
      if (fed < all.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      out.tick();
      dut_.tick();
    }
    return taken;
  }

  // A row's words as they came out, beside the model and beside double precision.
  void expect_row(const Row& row, std::span<const Out> out, Bins& bins) {
    std::vector<float> scores;
    for (const std::int64_t score : row.scores)
      scores.push_back(softmax::dequantise(score, row.scale));
    softmax::ProbabilityRow model;
    softmax::probabilities(scores, static_cast<int>(V::kBits), model);
    std::size_t at = 0;
    for (const Out& word : out) {
      ASSERT_TRUE(word.clean);
      ASSERT_EQ(word.last, &word == &out.back());
      if (!scores.empty()) {
        ASSERT_EQ(word.largest, numerics::bits_of(model.largest));
      }
      for (const std::int32_t probability : word.probabilities) {
        ASSERT_LT(at, scores.size());
        ASSERT_EQ(probability, model.integers[at]) << at << " of " << scores.size();
        ++at;
        ++compared_;
      }
    }
    ASSERT_EQ(at, scores.size());
    if (!scores.empty()) measure(scores, model, bins);
  }

  void measure(const std::vector<float>& scores, const softmax::ProbabilityRow& model, Bins& bins) {
    const double top = *std::max_element(scores.begin(), scores.end());
    const double least = *std::min_element(scores.begin(), scores.end());
    bins.hit(kBeyond, top - least > std::numeric_limits<float>::max());
    std::vector<double> exact;
    double sum = 0;
    for (const float score : scores) sum += exact.emplace_back(std::exp(score - top));
    const double most = softmax::probability_most(static_cast<int>(V::kBits));
    for (std::size_t i = 0; i < exact.size(); ++i) {
      ASSERT_LE(model.integers[i], most);
      const double off = std::fabs(model.integers[i] - exact[i] / sum * most);
      distance_.steps = std::max(distance_.steps, off);
      bins.hit(kBelow, model.integers[i] == 0);
    }
    bins.hit(kTies, exact.size() > 1 && exact[0] == 1 && exact[1] == 1);
    ASSERT_TRUE(std::isfinite(model.largest) && model.largest <= 1);
    distance_.relative =
        std::max(distance_.relative, std::fabs(static_cast<double>(model.largest) * sum - 1));
  }

  Bins run(std::size_t rows) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"an empty row", "a full row", "a beat in two words", "a short word",
               "no place within a row", "no place for a row", "held at the output",
               "a probability of 0", "two largest", "a difference beyond fp32"});
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      make_rows(rows);
      const std::vector<RowBeat> all = beats(bins);
      const auto cycles = source_cycles(stalls, all.size(), seed_);
      const auto systemc = this->systemc(all, cycles, stalls);
      const std::vector<Out> out = rtl(all, cycles, systemc.size(), stalls, bins);
      EXPECT_EQ(out.size(), systemc.size());
      if (testing::Test::HasFailure()) return bins;
      std::size_t at = 0;
      for (std::size_t r = 0; r < rows_.size(); ++r) {
        SCOPED_TRACE("row " + std::to_string(r));
        const std::size_t begin = at;
        while (!systemc[at++].second.last) {
        }
        for (std::size_t b = begin; b < at; ++b) EXPECT_EQ(out[b].cycle, systemc[b].first);
        if (testing::Test::HasFailure()) return bins;
        expect_row(*rows_[r], std::span(out).subspan(begin, at - begin), bins);
        if (testing::Test::HasFatalFailure()) return bins;
      }
      EXPECT_EQ(at, out.size());
    }
    // Half a step is requantisation's.
    EXPECT_LE(distance_.steps, 0.5 + 0.02);
    EXPECT_LE(distance_.relative, 4e-6);
    this->RecordProperty("compared", std::to_string(compared_));
    this->RecordProperty("steps", std::to_string(distance_.steps));
    this->RecordProperty("relative", std::to_string(distance_.relative * 1e6) + "e-6");
    return bins;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::vector<const Row*> owners_;  // by beat
  std::uint64_t compared_ = 0;
  Distance distance_;
};

using Variants =
    testing::Types<Variant<Vsoftmax_128, 32, 12, 128, 16>, Variant<Vsoftmax_6, 20, 4, 6, 2>>;
TYPED_TEST_SUITE(SoftmaxPipeline, Variants);

TYPED_TEST(SoftmaxPipeline, EveryWordInTheCycleOfSystemC) {
  this->run(100).expect_all_hit();
  EXPECT_GT(this->compared_, 4000u);
}

template <class V>
class SoftmaxPipelineLong : public SoftmaxPipeline<V> {};
TYPED_TEST_SUITE(SoftmaxPipelineLong, Variants);

TYPED_TEST(SoftmaxPipelineLong, OfAMillionScores) {
  while (this->compared_ < 1'000'000) {
    this->run(1000);
    if (this->HasFailure()) return;
  }
}

// What the page says: a row of one key alone in the pipeline, and a full one.
TYPED_TEST(SoftmaxPipeline, TakesTheStatedCycles) {
  for (const std::size_t keys : {std::size_t{1}, TypeParam::kMost}) {
    this->rows_.clear();
    this->rows_.push_back(std::make_unique<Row>());
    Row& row = *this->rows_.back();
    row.scores.assign(keys, 3);
    row.tokens.resize(keys);
    row.row.tokens = row.tokens;
    Bins bins(std::vector<std::string>(kBeyond + 1));
    const std::vector<RowBeat> all = this->beats(bins);
    const auto cycles = source_cycles(Stalls::none, all.size(), this->seed_);
    const auto words = static_cast<std::int64_t>((keys + 7) / 8);
    const auto out = this->rtl(all, cycles, static_cast<std::size_t>(words), Stalls::none, bins);
    ASSERT_EQ(out.size(), static_cast<std::size_t>(words));
    // Fed in cycle 0, so taken in 1, and a link behind the pipeline.
    EXPECT_EQ(out[0].cycle, 1 + (words - 1) + 7 + (words - 1) + 36 + 21 + 1);
    EXPECT_EQ(out.back().cycle, out[0].cycle + words - 1);
  }
}

TYPED_TEST(SoftmaxPipeline, AResetDropsWhatIsHeld) {
  this->dut_.reset();
  this->dut_->in_valid_i = 1;
  this->dut_->in_count_i = 8;
  this->dut_->in_last_i = 1;
  this->dut_->in_scale_i = 0;
  this->dut_->out_ready_i = 0;
  for (int cycle = 0; cycle < 400; ++cycle) {
    this->dut_.settle();
    this->dut_.tick();
  }
  this->dut_.settle();
  ASSERT_EQ(this->dut_->out_valid_o, 1);
  ASSERT_EQ(this->dut_->in_ready_o, 0);
  this->dut_->in_valid_i = 0;
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->out_valid_o, 0);
  EXPECT_EQ(this->dut_->in_ready_o, 1);
  // And it works on from there.
  this->dut_.tick();
  this->dut_->rst_ni = 1;
  this->run(20);
}

}  // namespace
}  // namespace weft::test
