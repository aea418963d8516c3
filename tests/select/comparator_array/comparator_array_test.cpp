// weft_comparator_array beside select::Filter, bit for bit, and beside the SystemC unit, cycle for
// cycle, under stalls of both sides.
#include <Vcomparators_1.h>
#include <Vcomparators_16.h>
#include <Vcomparators_6.h>
#include <gtest/gtest.h>

#include <bit>

#include "sim/select/comparator_array.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/select/filter_rows.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using select::Filter;
using select::test::FilterRow;
using sim::Cycle;
using sim::RowBeat;

template <class M, std::size_t lanes, std::size_t value_bits, std::size_t keys>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kKeys = keys;
};

struct Beat {
  FilterRow* row = nullptr;
  std::size_t first = 0;
  std::size_t count = 0;
  bool last = false;
};

// What came out: the cycle, and which places were kept.
struct Out {
  Cycle cycle = 0;
  std::uint64_t keep = 0;
};

enum Bin : std::size_t { kTieStays, kTieGoes, kAll, kNone, kEmpty, kShort, kHeld, kBehind };

template <class V>
class ComparatorArray : public testing::Test {
 protected:
  ComparatorArray() : seed_(seed_or(71)), random_(seed_) {}

  void make_rows(std::size_t count) {
    for (std::size_t r = 0; r < count; ++r) {
      rows_.push_back(select::test::filter_row(random_, V::kKeys, V::kValueBits));
      FilterRow& row = *rows_.back();
      for (std::size_t first = 0; first == 0 || first < row.values.size(); first += V::kLanes) {
        const std::size_t rest = row.values.size() - first;
        beats_.push_back({&row, first, std::min(V::kLanes, rest), rest <= V::kLanes});
      }
    }
  }

  std::vector<Out> systemc(const std::vector<std::int64_t>& cycles, Stalls stalls,
                           std::uint64_t seed) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowBeat>>("feed");
    assembly.emplace<sim::select::ComparatorArray>("unit");
    auto& take = assembly.emplace<sim::test::Take<RowBeat>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    for (std::size_t b = 0; b < beats_.size(); ++b) {
      const Beat& beat = beats_[b];
      feed.messages.push_back({cycles[b],
                               {&beat.row->row, static_cast<std::int32_t>(beat.first),
                                static_cast<std::int32_t>(beat.count), beat.last}});
    }
    take.ready = [=](Cycle now) { return !pauses_at(stalls, false, now, seed); };
    sim::test::run_to_end(assembly);
    std::vector<Out> out;
    for (const auto& [cycle, beat] : take.taken) {
      Out made{cycle, 0};
      for (std::int32_t i = 0; i < beat.count; ++i) {
        made.keep |= std::uint64_t{beat.row->keep[static_cast<std::size_t>(beat.first + i)]} << i;
      }
      out.push_back(made);
    }
    return out;
  }

  void put(const Beat& beat) {
    const FilterRow& row = *beat.row;
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const bool present = lane < beat.count;
      const std::uint64_t value =
          present ? static_cast<std::uint32_t>(row.values[beat.first + lane]) : random_();
      set_port_bits(dut_->in_values_i, lane * V::kValueBits, V::kValueBits, value);
    }
    set_port_bits(dut_->in_present_i, 0, V::kLanes, low_bits(beat.count));
    dut_->in_first_i = beat.first == 0;
    dut_->in_last_i = beat.last;
    // Of a row's later beats the selection is not read.
    const bool first = beat.first == 0;
    dut_->in_passes_i = first ? static_cast<unsigned>(row.selection.passes) : random_() % 3;
    set_port_bits(dut_->in_threshold_i, 0, V::kValueBits,
                  first ? static_cast<std::uint32_t>(row.selection.threshold) : random_());
    set_port_bits(dut_->in_ties_i, 0, std::bit_width(V::kKeys),
                  first ? static_cast<std::uint64_t>(row.selection.ties) : random_() % V::kKeys);
  }

  // Without a beat any bits stand at the inputs, a filter that there is none of among them.
  void put_nothing() {
    for (std::size_t lane = 0; lane < V::kLanes; ++lane)
      set_port_bits(dut_->in_values_i, lane * V::kValueBits, V::kValueBits, random_());
    set_port_bits(dut_->in_present_i, 0, V::kLanes, random_());
    dut_->in_first_i = random_() % 2;
    dut_->in_last_i = random_() % 2;
    dut_->in_passes_i = random_() % 4;
    set_port_bits(dut_->in_threshold_i, 0, V::kValueBits, random_());
    set_port_bits(dut_->in_ties_i, 0, std::bit_width(V::kKeys), random_());
  }

  std::vector<Out> rtl(const std::vector<std::int64_t>& cycles, Stalls stalls, std::uint64_t seed,
                       Bins& bins) {
    pulse_reset(dut_);
    Link<Beat> in;
    Link<std::pair<std::uint64_t, bool>> out;
    std::vector<Out> taken;
    std::size_t fed = 0;
    for (std::int64_t now = 0; taken.size() < beats_.size(); ++now) {
      if (now >= 100'000'000) {
        ADD_FAILURE() << "no end";
        break;
      }
      dut_->in_valid_i = in.valid();
      if (in.valid()) {
        put(in.front());
      } else {
        put_nothing();
      }
      dut_->out_ready_i = out.ready();
      dut_.settle();
      bins.hit(kHeld, dut_->out_valid_o && !out.ready());
      bins.hit(kBehind, dut_->out_valid_o && !out.ready() && in.valid());
      const bool takes = in.valid() && dut_->in_ready_o;
      if (out.valid() && !pauses_at(stalls, false, now, seed)) {
        const auto [keep, last] = out.pop();
        EXPECT_EQ(last, beats_[taken.size()].last);
        taken.push_back({now, keep});
      }
      if (dut_->out_valid_o && out.ready()) give(out);
      if (takes) in.pop();
      if (fed < beats_.size() && cycles[fed] <= now && in.ready()) in.push(beats_[fed++]);
      in.tick();
      out.tick();
      dut_.tick();
    }
    return taken;
  }

  // The values go along with what was compared.
  void give(Link<std::pair<std::uint64_t, bool>>& out) {
    const Beat& beat = beats_[given_++ % beats_.size()];
    for (std::size_t lane = 0; lane < beat.count; ++lane) {
      EXPECT_EQ(port_bits(dut_->out_values_o, lane * V::kValueBits, V::kValueBits),
                static_cast<std::uint32_t>(beat.row->values[beat.first + lane]));
    }
    out.push({port_bits(dut_->out_keep_o, 0, V::kLanes), dut_->out_last_o != 0});
  }

  std::vector<std::uint64_t> expected(Bins& bins) {
    std::vector<std::uint64_t> keeps;
    for (const auto& row : rows_) {
      Filter<std::int32_t> filter(row->selection);
      bins.hit(kAll, row->selection.passes == select::Passes::all && !row->values.empty());
      bins.hit(kNone, row->selection.passes == select::Passes::none && !row->values.empty());
      bins.hit(kEmpty, row->values.empty());
      bins.hit(kShort, row->values.size() % V::kLanes != 0 || V::kLanes == 1);
      for (std::size_t first = 0; first == 0 || first < row->values.size(); first += V::kLanes) {
        std::uint64_t keep = 0;
        const std::size_t end = std::min(first + V::kLanes, row->values.size());
        for (std::size_t i = first; i < end; ++i) {
          const bool stays = filter.keep(row->values[i]);
          const bool tie = row->selection.passes == select::Passes::threshold &&
                           row->values[i] == row->selection.threshold;
          bins.hit(kTieStays, tie && stays);
          bins.hit(kTieGoes, tie && !stays);
          keep |= std::uint64_t{stays} << (i - first);
        }
        keeps.push_back(keep);
      }
    }
    return keeps;
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_{seed_};
  std::vector<std::unique_ptr<FilterRow>> rows_;
  std::vector<Beat> beats_;
  std::size_t given_ = 0;
};

using Variants =
    testing::Types<Variant<Vcomparators_1, 1, 5, 40>, Variant<Vcomparators_6, 6, 32, 100>,
                   Variant<Vcomparators_16, 16, 12, 1024>>;
TYPED_TEST_SUITE(ComparatorArray, Variants);

TYPED_TEST(ComparatorArray, KeepsWhatTheModelKeepsInTheCyclesOfSystemC) {
  SCOPED_TRACE(seed_text(this->seed_));
  this->make_rows(400);
  Bins bins({"a tie stays", "a tie goes", "all kept", "none kept", "an empty beat", "a short beat",
             "held at the output", "one behind it"});
  const std::vector<std::uint64_t> keeps = this->expected(bins);
  ASSERT_EQ(keeps.size(), this->beats_.size());
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    const auto cycles = source_cycles(stalls, this->beats_.size(), this->seed_);
    const std::vector<Out> rtl = this->rtl(cycles, stalls, this->seed_, bins);
    const std::vector<Out> systemc = this->systemc(cycles, stalls, this->seed_);
    ASSERT_EQ(rtl.size(), keeps.size());
    ASSERT_EQ(systemc.size(), keeps.size());
    for (std::size_t b = 0; b < keeps.size(); ++b) {
      ASSERT_EQ(rtl[b].keep, keeps[b]) << "beat " << b;
      ASSERT_EQ(rtl[b].cycle, systemc[b].cycle) << "beat " << b;
    }
  }
  bins.expect_all_hit();
}

TYPED_TEST(ComparatorArray, AResetDropsWhatIsHeld) {
  this->make_rows(20);
  pulse_reset(this->dut_);
  this->put(this->beats_.front());
  this->dut_->in_valid_i = 1;
  this->dut_->out_ready_i = 0;
  this->dut_.settle();
  this->dut_.tick();
  this->dut_->in_valid_i = 0;
  this->dut_.settle();
  ASSERT_EQ(this->dut_->out_valid_o, 1);
  this->dut_.reset_between_edges();
  EXPECT_EQ(this->dut_->out_valid_o, 0);
  EXPECT_EQ(this->dut_->in_ready_o, 1);
}

}  // namespace
}  // namespace weft::test
