// weft_list_top_k beside select::top_k, every coordinate, and beside the SystemC engine, every
// answer in its cycle, under stalls of both sides.
#include <Vlist_top_k_1.h>
#include <Vlist_top_k_16.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <memory>

#include "models/select/top_k.hpp"
#include "sim/select/list_top_k.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::select::ListSelection;

template <class M, std::size_t lanes, std::size_t value_bits, std::size_t rows>
struct Variant {
  using Model = M;
  static constexpr std::size_t kLanes = lanes;
  static constexpr std::size_t kValueBits = value_bits;
  static constexpr std::size_t kMost = lanes * rows;
};

struct List {
  std::vector<std::uint64_t> values;
  std::int64_t kept = 0;
  std::uint64_t seed = 0;
  select::TopK<std::uint64_t> expected;
  std::vector<std::int64_t> rounds;  // candidates of each
};
struct Out {
  Cycle cycle = 0;
  std::vector<std::int64_t> kept;
};

enum Bin : std::size_t { kAll, kNone, kEmpty, kFull, kTies, kHeld, kTurns };

template <class V>
class ListTopK : public testing::Test {
 protected:
  static constexpr std::size_t kCountBits = std::bit_width(V::kMost);
  static constexpr std::size_t kIndexBits = std::bit_width(V::kMost - 1);

  ListTopK() : seed_(seed_or(77)), random_(seed_), dut_(seed_) {}

  // Other lists than before.
  void make_lists(std::size_t count, Bins& bins) {
    lists_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      List list;
      list.values.resize(random_() % 16 == 0 ? V::kMost : random_() % 80 % (V::kMost + 1));
      const std::uint64_t all = low_bits(V::kValueBits);
      const bool few = random_() % 3 == 0;
      for (auto& v : list.values) v = (few ? random_() % 4 : random_()) & all;
      list.kept = static_cast<std::int64_t>(
          random_() % 4 == 0 ? (random_() % 2) * (list.values.size() + random_() % 2)
                             : random_() % (list.values.size() + 1));
      list.kept = std::min<std::int64_t>(list.kept, V::kMost);
      list.seed = random_();
      list.expected =
          select::top_k(std::span<const std::uint64_t>(list.values), list.kept, list.seed);
      for (const auto& round : list.expected.selection.rounds)
        list.rounds.push_back(round.elements);
      bins.hit(kAll, list.expected.selection.passes == select::Passes::all);
      bins.hit(kNone,
               list.expected.selection.passes == select::Passes::none && !list.values.empty());
      bins.hit(kEmpty, list.values.empty());
      bins.hit(kFull, list.values.size() == V::kMost);
      bins.hit(kTies, list.expected.selection.ties > 1);
      lists_.push_back(std::move(list));
    }
  }

  std::vector<Cycle> systemc(const std::vector<std::int64_t>& cycles, Stalls stalls) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<ListSelection>>("feed");
    assembly.emplace<sim::select::ListTopK>("unit", sim::select::ListTopK::Config{V::kLanes});
    auto& take = assembly.emplace<sim::test::Take<ListSelection>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      feed.messages.push_back(
          {cycles[i],
           {static_cast<std::int64_t>(i), static_cast<std::int64_t>(lists_[i].values.size()),
            lists_[i].rounds}});
    }
    take.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_); };
    sim::test::run_to_end(assembly);
    std::vector<Cycle> taken;
    for (const auto& [cycle, selection] : take.taken) taken.push_back(cycle);
    return taken;
  }

  void put(const List& list) {
    set_port_bits(dut_->in_items_i, 0, kCountBits, list.values.size());
    set_port_bits(dut_->in_kept_i, 0, kCountBits, static_cast<std::uint64_t>(list.kept));
    dut_->in_seed_i = list.seed;
    dut_->in_word_i = static_cast<std::uint32_t>(select::seed_of(list.seed, 0) >> 32);
  }
  // The store's answer to what was asked for in the cycle before.
  void serve(bool asked, std::size_t row, const std::vector<std::uint64_t>& values) {
    for (std::size_t lane = 0; lane < V::kLanes; ++lane) {
      const std::size_t i = row * V::kLanes + lane;
      set_port_bits(dut_->store_data_i, lane * V::kValueBits, V::kValueBits,
                    asked && i < values.size() ? values[i] : random_());
    }
  }

  std::vector<Out> rtl(const std::vector<std::int64_t>& cycles, Stalls stalls, Bins& bins) {
    dut_.reset();
    Link<std::size_t> in;
    Link<Out> out;
    std::vector<Out> taken;
    std::size_t fed = 0;
    std::size_t list = 0;  // in hand
    std::vector<std::int64_t> kept;
    for (std::int64_t now = 0; taken.size() < lists_.size() && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(lists_[in.front()]);
      dut_->out_ready_i = out.ready();
      dut_.settle();
      if (dut_->kept_valid_o) {
        for (std::size_t place = 0; place < dut_->kept_count_o; ++place) {
          kept.push_back(static_cast<std::int64_t>(
              port_bits(dut_->kept_index_o, place * kIndexBits, kIndexBits)));
        }
      }
      const bool takes = in.valid() && dut_->in_ready_o;
      bins.hit(kHeld, dut_->out_valid_o && !out.ready());
      bins.hit(kTurns, takes && dut_->out_valid_o);
      if (out.valid() && !pauses_at(stalls, false, now, seed_)) {
        taken.push_back(out.pop());
        taken.back().cycle = now;
      }
      if (dut_->out_valid_o && out.ready()) out.push({0, std::exchange(kept, {})});
      if (takes) list = in.pop();
      const bool asked = dut_->store_valid_o;
      const std::size_t row = dut_->store_row_o;
      if (fed < lists_.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      out.tick();
      dut_.tick();
      serve(asked, row, lists_[list].values);
    }
    return taken;
  }

  // So many batches of lists, one after another in memory.
  void run(std::size_t count, std::size_t batches = 1) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"all kept", "none kept", "no items", "a full list", "several ties",
               "held at the output", "one taken as another is answered"});
    for (std::size_t batch = 0; batch < batches && !testing::Test::HasFatalFailure(); ++batch) {
      make_lists(count, bins);
      run_batch(bins);
    }
    EXPECT_GT(compared_, batches * count);
    bins.expect_all_hit();
  }

  void run_batch(Bins& bins) {
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      const auto cycles = source_cycles(stalls, lists_.size(), seed_);
      const std::vector<Cycle> systemc = this->systemc(cycles, stalls);
      const std::vector<Out> rtl = this->rtl(cycles, stalls, bins);
      ASSERT_EQ(rtl.size(), lists_.size());
      ASSERT_EQ(systemc.size(), lists_.size());
      for (std::size_t i = 0; i < lists_.size(); ++i) {
        ASSERT_EQ(rtl[i].kept, lists_[i].expected.kept) << "list " << i;
        ASSERT_EQ(rtl[i].cycle, systemc[i]) << "list " << i;
        compared_ += rtl[i].kept.size();
      }
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<List> lists_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vlist_top_k_1, 1, 8, 24>, Variant<Vlist_top_k_16, 16, 32, 64>>;
TYPED_TEST_SUITE(ListTopK, Variants);

TYPED_TEST(ListTopK, EveryAnswerInTheCycleOfSystemC) { this->run(500); }

template <class V>
class ListTopKLong : public ListTopK<V> {};
TYPED_TEST_SUITE(ListTopKLong, Variants);

TYPED_TEST(ListTopKLong, Of200000ListsUnderEachProfile) { this->run(40000, 5); }

TYPED_TEST(ListTopK, AResetEndsASelection) {
  this->dut_.reset();
  this->dut_->in_valid_i = 1;
  set_port_bits(this->dut_->in_items_i, 0, this->kCountBits, 20);
  set_port_bits(this->dut_->in_kept_i, 0, this->kCountBits, 20);
  this->dut_->out_ready_i = 0;
  this->dut_.settle();
  this->dut_.tick();
  this->dut_->in_valid_i = 0;
  this->dut_.settle();
  this->dut_.tick();
  this->dut_.settle();
  ASSERT_EQ(this->dut_->in_ready_o, 0);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->in_ready_o, 1);
  this->dut_.tick();
  this->dut_->rst_ni = 1;
  for (int cycle = 0; cycle < 40; ++cycle) {
    this->dut_.settle();
    EXPECT_EQ(this->dut_->kept_valid_o, 0);
    EXPECT_EQ(this->dut_->out_valid_o, 0);
    this->dut_.tick();
  }
}

}  // namespace
}  // namespace weft::test
