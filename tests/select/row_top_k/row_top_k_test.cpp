// weft_row_top_k beside the SystemC engine: every beat in its cycle under stalls of both sides,
// with the values, the k-th largest and the ties of select::quick_select; what a filter behind it
// would keep is what select::top_k keeps.
#include <Vrow_top_k_16.h>
#include <Vrow_top_k_4.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "models/select/top_k.hpp"
#include "sim/select/row_top_k.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using select::Passes;
using sim::Cycle;
using sim::QueryRow;
using sim::RowBeat;

template <class M, std::size_t lanes, std::size_t in_lanes, std::size_t value_bits,
          std::size_t rows, std::size_t buffers>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kInLanes = in_lanes;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kMost = lanes * rows;
  static constexpr std::size_t kBuffers = buffers;
};

struct Row {
  std::vector<std::int64_t> tokens;
  QueryRow row;
};
struct Out {
  Cycle cycle = 0;
  std::vector<std::uint64_t> values;  // those present
  bool first = false;
  bool last = false;
  Passes passes{};
  std::uint64_t threshold = 0;
  std::uint64_t ties = 0;
};

enum Bin : std::size_t { kWhole, kNone, kRounds, kOneBeat, kFull, kBuffersFull, kHeld, kWaits };

template <class V>
class RowTopK : public testing::Test {
 protected:
  static constexpr std::size_t kCountBits = std::bit_width(V::kMost);
  static constexpr std::uint64_t kSeed = 7;

  RowTopK() : seed_(seed_or(76)), random_(seed_), dut_(seed_) {}

  // Other rows than before.
  void make_rows(std::size_t count) {
    rows_.clear();
    for (std::size_t r = 0; r < count; ++r) {
      rows_.push_back(std::make_unique<Row>());
      Row& made = *rows_.back();
      const std::size_t most = random_() % 12 == 0 ? V::kMost : std::min<std::size_t>(V::kMost, 50);
      std::vector<std::int32_t> values(random_() % 16 == 0 ? most : 1 + random_() % most);
      const std::uint64_t all = low_bits(V::kValueBits);
      const bool few = random_() % 3 == 0;
      for (auto& v : values)
        v = static_cast<std::int32_t>(few ? random_() % 5
                                          : random_() & all & (all >> random_() % 9));
      made.tokens.resize(values.size());
      made.row.number = static_cast<std::int64_t>(made_++ * 3 + 1);
      made.row.tokens = made.tokens;
      made.row.values_kept = static_cast<std::int64_t>(
          random_() % 4 == 0 ? (random_() % 2) * (values.size() + random_() % 2)
                             : random_() % (values.size() + 1));
      made.row.probabilities = std::move(values);
    }
  }

  std::vector<RowBeat> beats() {
    std::vector<RowBeat> all;
    for (auto& row : rows_) {
      const std::int64_t keys = row->row.keys_seen();
      for (std::int64_t first = 0; first < keys; first += V::kInLanes) {
        const std::int64_t count = std::min<std::int64_t>(V::kInLanes, keys - first);
        all.push_back({&row->row, static_cast<std::int32_t>(first),
                       static_cast<std::int32_t>(count), first + count == keys});
      }
    }
    return all;
  }

  std::vector<std::pair<Cycle, RowBeat>> systemc(const std::vector<RowBeat>& all,
                                                 const std::vector<std::int64_t>& cycles,
                                                 Stalls stalls) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowBeat>>("feed");
    assembly.emplace<sim::select::RowTopK>(
        "unit",
        sim::select::RowTopK::Config{
            .comparators = V::kLanes, .fifo_depth = V::kMost / V::kLanes, .buffers = V::kBuffers},
        kSeed);
    auto& take = assembly.emplace<sim::test::Take<RowBeat>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    for (std::size_t b = 0; b < all.size(); ++b) feed.messages.emplace_back(cycles[b], all[b]);
    take.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_); };
    sim::test::run_to_end(assembly);
    return take.taken;
  }

  void put(const RowBeat& beat) {
    const QueryRow& row = *beat.row;
    for (std::size_t lane = 0; lane < V::kInLanes; ++lane) {
      const bool present = lane < static_cast<std::size_t>(beat.count);
      const std::uint64_t value =
          present ? static_cast<std::uint32_t>(
                        row.probabilities[static_cast<std::size_t>(beat.first) + lane])
                  : random_();
      set_port_bits(dut_->in_values_i, lane * V::kValueBits, V::kValueBits, value);
    }
    dut_->in_count_i = static_cast<unsigned>(beat.count);
    dut_->in_last_i = beat.last;
    // Of a row's last beat alone they are read.
    const std::uint64_t seed = select::seed_of(kSeed, static_cast<std::uint64_t>(row.number));
    set_port_bits(dut_->in_kept_i, 0, kCountBits,
                  beat.last ? static_cast<std::uint64_t>(row.values_kept) : random_());
    dut_->in_seed_i = beat.last ? seed : random_();
    dut_->in_word_i =
        static_cast<std::uint32_t>((beat.last ? select::seed_of(seed, 0) : random_()) >> 32);
  }

  Out got() {
    Out out{0,
            {},
            dut_->out_first_o != 0,
            dut_->out_last_o != 0,
            static_cast<Passes>(dut_->out_passes_o)};
    out.threshold = port_bits(dut_->out_threshold_o, 0, V::kValueBits);
    out.ties = port_bits(dut_->out_ties_o, 0, kCountBits);
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      if (port_bits(dut_->out_present_o, lane, 1) != 0)
        out.values.push_back(port_bits(dut_->out_values_o, lane * V::kValueBits, V::kValueBits));
    }
    return out;
  }

  std::vector<Out> rtl(const std::vector<RowBeat>& all, const std::vector<std::int64_t>& cycles,
                       std::size_t expected, Stalls stalls, Bins& bins) {
    dut_.reset();
    Link<RowBeat> in;
    Link<Out> out;
    std::vector<Out> taken;
    std::size_t fed = 0;
    for (std::int64_t now = 0; taken.size() < expected && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(in.front());
      dut_->out_ready_i = out.ready();
      dut_.settle();
      bins.hit(kBuffersFull, in.valid() && !dut_->in_ready_o);
      bins.hit(kHeld, dut_->out_valid_o && !out.ready());
      bins.hit(kWaits, !dut_->out_valid_o && !dut_->in_ready_o);
      const bool takes = in.valid() && dut_->in_ready_o;
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) {
        taken.push_back(out.pop());
        taken.back().cycle = now;
      }
      if (dut_->out_valid_o && out.ready()) out.push(got());
      if (takes) in.pop();
      if (fed < all.size() && cycles[fed] <= now && in.ready()) in.push(all[fed++]);
      in.tick();
      out.tick();
      dut_.tick();
    }
    return taken;
  }

  // A row's beats as they came out, beside the model.
  void expect_row(Row& row, std::span<const Out> out, Bins& bins) {
    const std::span<const std::int32_t> values(row.row.probabilities);
    const std::uint64_t seed = select::seed_of(kSeed, static_cast<std::uint64_t>(row.row.number));
    const auto chosen = select::top_k(values, row.row.values_kept, seed);
    const auto& selection = chosen.selection;
    bins.hit(kWhole, selection.passes == Passes::all);
    bins.hit(kNone, selection.passes == Passes::none);
    bins.hit(kRounds, selection.rounds.size() > 3);
    bins.hit(kOneBeat, values.size() <= V::kInLanes && selection.passes == Passes::threshold);
    bins.hit(kFull, values.size() == V::kMost);
    const bool whole = row.row.values_kept >= static_cast<std::int64_t>(values.size());
    std::size_t at = 0;
    for (std::size_t b = 0; b < out.size(); ++b) {
      ASSERT_EQ(out[b].first, b == 0);
      ASSERT_EQ(out[b].last, b + 1 == out.size());
      ASSERT_EQ(out[b].passes, whole ? Passes::all : selection.passes);
      if (selection.passes == Passes::threshold) {
        ASSERT_EQ(out[b].threshold, static_cast<std::uint32_t>(selection.threshold));
        ASSERT_EQ(out[b].ties, static_cast<std::uint64_t>(selection.ties));
      }
      ASSERT_EQ(out[b].values.size(), whole ? 0 : std::min(V::kLanes, values.size() - at));
      for (const std::uint64_t value : out[b].values) {
        if (selection.passes == Passes::threshold)
          ASSERT_EQ(value, static_cast<std::uint32_t>(values[at])) << at << " of " << values.size();
        ++at;
        ++compared_;
      }
    }
    ASSERT_EQ(at, whole ? 0 : values.size());
    // The hardware's filter over its own threshold and ties.
    if (selection.passes == Passes::threshold) {
      select::Selection<std::int32_t> own;
      own.passes = out[0].passes;
      own.threshold = static_cast<std::int32_t>(out[0].threshold);
      own.ties = static_cast<std::int64_t>(out[0].ties);
      select::Filter<std::int32_t> filter(own);
      std::vector<std::int64_t> kept;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (filter.keep(values[i])) kept.push_back(static_cast<std::int64_t>(i));
      }
      ASSERT_EQ(kept, chosen.kept);
    }
  }

  // So many batches of rows, one after another in memory.
  void run(std::size_t rows, std::size_t batches = 1) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"kept whole", "nothing kept", "more than three rounds", "a row of one beat",
               "a full row", "no buffer free", "held at the output", "waits for its rounds"});
    for (std::size_t batch = 0; batch < batches && !testing::Test::HasFatalFailure(); ++batch) {
      make_rows(rows);
      run_batch(bins);
    }
    EXPECT_GT(compared_, batches * rows * 10);
    bins.expect_all_hit();
  }

  void run_batch(Bins& bins) {
    const std::vector<RowBeat> all = beats();
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      const auto cycles = source_cycles(stalls, all.size(), seed_);
      const auto systemc = this->systemc(all, cycles, stalls);
      const std::vector<Out> out = rtl(all, cycles, systemc.size(), stalls, bins);
      ASSERT_EQ(out.size(), systemc.size());
      std::size_t at = 0;
      for (std::size_t r = 0; r < rows_.size(); ++r) {
        SCOPED_TRACE("row " + std::to_string(r));
        const std::size_t begin = at;
        while (!systemc[at++].second.last) {
        }
        for (std::size_t b = begin; b < at; ++b) ASSERT_EQ(out[b].cycle, systemc[b].first);
        expect_row(*rows_[r], std::span(out).subspan(begin, at - begin), bins);
        if (testing::Test::HasFatalFailure()) return;
      }
      ASSERT_EQ(at, out.size());
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::size_t made_ = 0;  // rows of all batches
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vrow_top_k_4, 4, 4, 16, 10, 2>,
                                Variant<Vrow_top_k_16, 16, 8, 12, 64, 3>>;
TYPED_TEST_SUITE(RowTopK, Variants);

TYPED_TEST(RowTopK, EveryBeatInTheCycleOfSystemC) { this->run(500); }

template <class V>
class RowTopKLong : public RowTopK<V> {};
TYPED_TEST_SUITE(RowTopKLong, Variants);

TYPED_TEST(RowTopKLong, Of200000RowsUnderEachProfile) { this->run(40000, 5); }

TYPED_TEST(RowTopK, AResetDropsWhatIsHeld) {
  this->dut_.reset();
  this->dut_->in_valid_i = 1;
  this->dut_->in_count_i = TypeParam::kInLanes;
  this->dut_->in_last_i = 0;
  this->dut_->out_ready_i = 0;
  set_port_bits(this->dut_->in_kept_i, 0, this->kCountBits, TypeParam::kMost);
  this->dut_.settle();
  this->dut_.tick();
  for (std::size_t row = 0; row < TypeParam::kBuffers; ++row) {
    this->dut_->in_last_i = 1;
    this->dut_.settle();
    this->dut_.tick();
  }
  this->dut_->in_valid_i = 0;
  this->dut_.settle();
  ASSERT_EQ(this->dut_->out_valid_o, 1);
  ASSERT_EQ(this->dut_->in_ready_o, 0);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->out_valid_o, 0);
  EXPECT_EQ(this->dut_->in_ready_o, 1);
}

}  // namespace
}  // namespace weft::test
