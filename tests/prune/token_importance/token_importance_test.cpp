// weft_token_importance: sums of every key of every layer against plain addition, and rows done in
// the cycle of the SystemC unit, under stalls of both sides.
#include <Vimportance_1.h>
#include <Vimportance_8.h>
#include <gtest/gtest.h>

#include <memory>

#include "sim/prune/importance.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::QueryRow;
using sim::RowBeat;

template <class M, std::size_t lanes, std::size_t value_bits, std::size_t sum_bits,
          std::size_t rows>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kSumBits = sum_bits;
  static constexpr std::size_t kMost = lanes * rows;
};

struct Row {
  std::vector<std::int64_t> tokens;
  QueryRow row;
  bool fresh = false;
};

struct NoStore final : sim::prune::ImportanceStore {
  void add_probabilities(const QueryRow& /*row*/, std::int64_t /*first*/,
                         std::int64_t /*count*/) override {}
  void add_output(const QueryRow& /*row*/) override {}
};

enum Bin : std::size_t { kSameRowAgain, kShort, kFull, kHeld, kBehind };

template <class V>
class TokenImportance : public testing::Test {
 protected:
  TokenImportance() : seed_(seed_or(84)), random_(seed_), dut_(seed_) {}

  // The rows of a layer: one of them sees all keys, and not the first.
  void make_layer(std::size_t keys, std::size_t rows, Bins& bins) {
    sums_.assign(keys, 0);
    rows_.clear();
    beats_.clear();
    for (std::size_t r = 0; r < rows; ++r) {
      rows_.push_back(std::make_unique<Row>());
      Row& made = *rows_.back();
      made.fresh = r == 0;
      made.tokens.resize(r == 1 ? keys : 1 + random_() % keys);
      made.row.tokens = made.tokens;
      for (std::size_t i = 0; i < made.tokens.size(); ++i) {
        made.row.probabilities.push_back(
            static_cast<std::int32_t>(random_() & low_bits(V::kValueBits)));
        sums_[i] += static_cast<std::uint64_t>(made.row.probabilities.back());
      }
      const auto count = static_cast<std::int64_t>(made.tokens.size());
      const auto lanes = static_cast<std::int64_t>(V::kLanes);
      for (std::int64_t first = 0; first < count; first += lanes) {
        const std::int64_t here = std::min(lanes, count - first);
        beats_.push_back({&made.row, static_cast<std::int32_t>(first),
                          static_cast<std::int32_t>(here), first + here == count});
        owners_.push_back(&made);
      }
      bins.hit(kShort, count % lanes != 0 || lanes == 1);
      bins.hit(kSameRowAgain, count <= lanes && r > 0);
    }
    bins.hit(kFull, keys == V::kMost);
  }

  std::vector<Cycle> systemc(const std::vector<std::int64_t>& cycles, Stalls stalls) {
    NoStore store;
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowBeat>>("feed");
    assembly.emplace<sim::prune::Importance>(
        "unit", sim::prune::Importance::Config{.parallelism = V::kLanes}, &store);
    auto& take = assembly.emplace<sim::test::Take<sim::RowToken>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "done", "take", "in", 2);
    for (std::size_t b = 0; b < beats_.size(); ++b)
      feed.messages.emplace_back(cycles[b], beats_[b]);
    take.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_); };
    sim::test::run_to_end(assembly);
    std::vector<Cycle> done;
    for (const auto& taken : take.taken) done.push_back(taken.first);
    return done;
  }

  void put(const RowBeat& beat, bool fresh) {
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const bool present = lane < static_cast<std::size_t>(beat.count);
      const std::uint64_t value =
          present ? static_cast<std::uint64_t>(
                        beat.row->probabilities[static_cast<std::size_t>(beat.first) + lane])
                  : random_();
      set_port_bits(dut_->in_values_i, lane * V::kValueBits, V::kValueBits, value);
    }
    dut_->in_count_i = static_cast<unsigned>(beat.count);
    dut_->in_last_i = beat.last;
    dut_->in_fresh_i = fresh;
  }

  std::vector<Cycle> rtl(const std::vector<std::int64_t>& cycles, Stalls stalls, Bins& bins) {
    dut_.reset();
    Link<std::size_t> in;
    Link<int> out;
    std::vector<Cycle> done;
    std::size_t fed = 0;
    dut_->read_valid_i = 0;
    for (std::int64_t now = 0; done.size() < rows_.size() && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(beats_[in.front()], owners_[in.front()]->fresh);
      dut_->done_ready_i = out.ready();
      dut_.settle();
      bins.hit(kHeld, dut_->done_valid_o && !out.ready());
      bins.hit(kBehind, in.valid() && !dut_->in_ready_o);
      const bool takes = in.valid() && dut_->in_ready_o;
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) {
        out.pop();
        done.push_back(now);
      }
      if (dut_->done_valid_o && out.ready()) out.push(0);
      if (takes) in.pop();
      if (fed < beats_.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      out.tick();
      dut_.tick();
    }
    dut_->in_valid_i = 0;
    return done;
  }

  void expect_sums() {
    for (std::size_t i = 0; i < sums_.size(); i += V::kLanes) {
      dut_->read_valid_i = 1;
      dut_->read_row_i = static_cast<unsigned>(i / V::kLanes);
      dut_.settle();
      dut_.tick();
      dut_.settle();
      for (std::size_t lane = 0; lane < V::kLanes && i + lane < sums_.size(); ++lane) {
        ASSERT_EQ(port_bits(dut_->read_data_o, lane * V::kSumBits, V::kSumBits), sums_[i + lane])
            << "key " << i + lane;
        ++compared_;
      }
    }
    dut_->read_valid_i = 0;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::vector<RowBeat> beats_;
  std::vector<const Row*> owners_;
  std::vector<std::uint64_t> sums_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vimportance_1, 1, 5, 20, 9>, Variant<Vimportance_8, 8, 12, 32, 128>>;
TYPED_TEST_SUITE(TokenImportance, Variants);

TYPED_TEST(TokenImportance, SumsAndCyclesOfEveryLayer) {
  SCOPED_TRACE(seed_text(this->seed_));
  Bins bins({"the same sums twice in a row", "a short beat", "a full row", "a row's end held",
             "a beat behind it"});
  constexpr std::size_t kMost = TypeParam::kMost;
  for (const std::size_t keys : {kMost, std::size_t{1}, std::min<std::size_t>(kMost, 37)}) {
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      this->owners_.clear();
      this->make_layer(keys, 40, bins);
      const auto cycles = source_cycles(stalls, this->beats_.size(), this->seed_);
      const std::vector<Cycle> systemc = this->systemc(cycles, stalls);
      const std::vector<Cycle> rtl = this->rtl(cycles, stalls, bins);
      ASSERT_EQ(rtl, systemc);
      this->expect_sums();
      if (this->HasFatalFailure()) return;
    }
  }
  EXPECT_GT(this->compared_, 5 * kMost);
  bins.expect_all_hit();
}

TYPED_TEST(TokenImportance, AResetDropsARowsEnd) {
  this->dut_.reset();
  this->dut_->read_valid_i = 0;
  this->dut_->done_ready_i = 0;
  this->dut_->in_valid_i = 1;
  this->dut_->in_count_i = 1;
  this->dut_->in_last_i = 1;
  this->dut_->in_fresh_i = 1;
  for (int cycle = 0; cycle < 2; ++cycle) {
    this->dut_.settle();
    this->dut_.tick();
  }
  this->dut_.settle();
  ASSERT_EQ(this->dut_->done_valid_o, 1);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->done_valid_o, 0);
}

}  // namespace
}  // namespace weft::test
