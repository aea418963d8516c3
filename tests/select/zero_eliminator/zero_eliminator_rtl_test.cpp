// weft_zero_eliminator beside select::eliminate_zeros, bit for bit, and beside the SystemC unit,
// cycle for cycle, under stalls of both sides.
#include <Vzeros_1.h>
#include <Vzeros_16.h>
#include <Vzeros_2.h>
#include <Vzeros_32.h>
#include <Vzeros_5.h>
#include <gtest/gtest.h>

#include <bit>

#include "models/select/zero_eliminator.hpp"
#include "sim/select/zero_eliminator.hpp"
#include "tests/common/ports.hpp"
#include "tests/common/rtl_link.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::QueryRow;
using sim::RowBeat;

template <class M, std::size_t places, std::size_t width>
struct Variant {
  using Model = M;
  static constexpr std::size_t kPlaces = places;
  static constexpr std::size_t kWidth = width;
};

struct Beat {
  std::vector<std::uint64_t> data;
  std::vector<std::uint8_t> keep;
  bool last = false;
  std::size_t row = 0;
  std::size_t first = 0;
};
struct Out {
  Cycle cycle = 0;
  std::vector<std::uint64_t> data;
  bool last = false;
};

enum Bin : std::size_t { kNone, kAll, kHeld, kClosesUp, kRefused };

template <class V>
class ZeroEliminator : public testing::Test {
 protected:
  ZeroEliminator() : seed_(seed_or(72)), random_(seed_) {}

  void make_beats(std::size_t rows, std::size_t most_beats) {
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t count = 1 + random_() % most_beats;
      for (std::size_t b = 0; b < count; ++b) {
        Beat beat{{}, {}, b + 1 == count, row, b * V::kPlaces};
        const std::uint64_t share = random_() % 5;  // of zeros: none to nearly all
        for (std::size_t place = 0; place < V::kPlaces; ++place) {
          beat.data.push_back(random_() & low_bits(V::kWidth));
          beat.keep.push_back(random_() % 4 >= share);
        }
        beats_.push_back(std::move(beat));
      }
    }
  }

  // The cycles in which rows are done.
  std::vector<Cycle> systemc(const std::vector<std::int64_t>& cycles, Stalls stalls) {
    sim::Assembly assembly;
    auto& feed = assembly.emplace<sim::test::Feed<RowBeat>>("feed");
    assembly.emplace<sim::select::ZeroEliminator>("unit",
                                                  sim::select::ZeroEliminator::Config{V::kPlaces});
    auto& take = assembly.emplace<sim::test::Take<sim::RowToken>>("take");
    assembly.join("feed", "out", "unit", "in", 2);
    assembly.join("unit", "out", "take", "in", 2);
    std::vector<std::unique_ptr<QueryRow>> rows(beats_.back().row + 1);
    for (std::size_t b = 0; b < beats_.size(); ++b) {
      const Beat& beat = beats_[b];
      auto& row = rows[beat.row];
      if (row == nullptr) row = std::make_unique<QueryRow>();
      row->keep.insert(row->keep.end(), beat.keep.begin(), beat.keep.end());
      feed.messages.push_back({cycles[b],
                               {row.get(), static_cast<std::int32_t>(beat.first),
                                static_cast<std::int32_t>(V::kPlaces), beat.last}});
    }
    take.ready = [this, stalls](Cycle now) { return !pauses_at(stalls, false, now, seed_); };
    sim::test::run_to_end(assembly);
    std::vector<Cycle> done;
    for (const auto& taken : take.taken) done.push_back(taken.first);
    return done;
  }

  void put(const Beat& beat) {
    for (std::size_t place = 0; place < V::kPlaces; ++place) {
      set_port_bits(dut_->in_data_i, place * V::kWidth, V::kWidth, beat.data[place]);
      set_port_bits(dut_->in_keep_i, place, 1, beat.keep[place]);
    }
    dut_->in_last_i = beat.last;
  }
  Out got() {
    Out out{0, {}, dut_->out_last_o != 0};
    for (std::size_t place = 0; place < dut_->out_count_o; ++place)
      out.data.push_back(port_bits(dut_->out_data_o, place * V::kWidth, V::kWidth));
    return out;
  }

  // All beats, those that end a row with the cycles in which the sink takes them. As in SystemC the
  // row's end alone goes into a link; the beats before it have somebody who writes them down.
  std::vector<Out> rtl(const std::vector<std::int64_t>& cycles, Stalls stalls, Bins& bins) {
    pulse_reset(dut_);
    Link<std::size_t> in;
    Link<std::size_t> ends;  // places in `given`
    std::vector<Out> given;
    std::size_t fed = 0;
    std::size_t under_way = 0;
    std::size_t taken = 0;
    bool held_before = false;
    const std::size_t rows = beats_.back().row + 1;
    for (std::int64_t now = 0; taken < rows && now < 10'000'000; ++now) {
      dut_->in_valid_i = in.valid();
      if (in.valid()) put(beats_[in.front()]);
      dut_->out_ready_i = !dut_->out_last_o || ends.ready();  // registers, both
      dut_.settle();
      const bool held = dut_->out_valid_o && !dut_->out_ready_i;
      bins.hit(kHeld, held);
      bins.hit(kClosesUp, held && held_before && under_way > 1);
      bins.hit(kRefused, in.valid() && !dut_->in_ready_o);
      held_before = held;
      const bool takes = in.valid() && dut_->in_ready_o;
      if (ends.valid() && !pauses_at(stalls, false, now, seed_)) {
        given[ends.pop()].cycle = now;
        ++taken;
      }
      if (dut_->out_valid_o && dut_->out_ready_i) {
        given.push_back(got());
        if (given.back().last) ends.push(given.size() - 1);
        --under_way;
      }
      if (takes) {
        in.pop();
        ++under_way;
      }
      if (fed < beats_.size() && cycles[fed] <= now && in.ready()) in.push(fed++);
      in.tick();
      ends.tick();
      dut_.tick();
      dut_.settle();
    }
    return given;
  }

  void compare(Stalls stalls, Bins& bins) {
    const auto cycles = source_cycles(stalls, beats_.size(), seed_);
    const std::vector<Out> rtl = this->rtl(cycles, stalls, bins);
    const std::vector<Cycle> done = systemc(cycles, stalls);
    ASSERT_EQ(rtl.size(), beats_.size());
    ASSERT_EQ(done.size(), beats_.back().row + 1);
    for (std::size_t b = 0; b < beats_.size(); ++b) {
      const Beat& beat = beats_[b];
      const auto slots =
          select::eliminate_zeros(std::span<const std::uint64_t>(beat.data), beat.keep);
      std::vector<std::uint64_t> expected;
      for (const auto& slot : slots) {
        if (slot.valid) expected.push_back(slot.value);
      }
      ASSERT_EQ(rtl[b].data, expected) << "beat " << b;
      ASSERT_EQ(rtl[b].last, beat.last) << "beat " << b;
      bins.hit(kNone, expected.empty());
      bins.hit(kAll, expected.size() == V::kPlaces);
      if (beat.last) ASSERT_EQ(rtl[b].cycle, done[beat.row]) << "row " << beat.row;
    }
  }

  static Bins bins() {
    return Bins({"nothing valid", "all valid", "held at the output", "held with others behind",
                 "a beat refused"});
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_{seed_};
  std::vector<Beat> beats_;
};

using Variants =
    testing::Types<Variant<Vzeros_1, 1, 3>, Variant<Vzeros_2, 2, 8>, Variant<Vzeros_5, 5, 33>,
                   Variant<Vzeros_16, 16, 12>, Variant<Vzeros_32, 32, 12>>;
TYPED_TEST_SUITE(ZeroEliminator, Variants);

TYPED_TEST(ZeroEliminator, RowsOfOneBeat) {
  SCOPED_TRACE(seed_text(this->seed_));
  this->make_beats(3000, 1);
  Bins bins = this->bins();
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    this->compare(stalls, bins);
    if (this->HasFatalFailure()) return;
  }
  if (TypeParam::kPlaces == 1) bins.hit(3);  // one stage holds one beat
  bins.expect_all_hit();
}

TYPED_TEST(ZeroEliminator, RowsOfManyBeats) {
  SCOPED_TRACE(seed_text(this->seed_));
  this->make_beats(500, 7);
  Bins bins = this->bins();
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    this->compare(stalls, bins);
    if (this->HasFatalFailure()) return;
  }
}

TYPED_TEST(ZeroEliminator, EveryPatternInTurn) {
  constexpr std::size_t kPlaces = std::min<std::size_t>(TypeParam::kPlaces, 12);
  for (std::uint64_t pattern = 0; pattern < std::uint64_t{1} << kPlaces; ++pattern) {
    Beat beat{{}, {}, true, pattern, 0};
    for (std::size_t place = 0; place < TypeParam::kPlaces; ++place) {
      beat.data.push_back((place + 1) & low_bits(TypeParam::kWidth));
      beat.keep.push_back((pattern * 0x100010001001u >> place & 1) != 0);
    }
    this->beats_.push_back(std::move(beat));
  }
  Bins bins = this->bins();
  this->compare(Stalls::none, bins);
}

TYPED_TEST(ZeroEliminator, AResetDropsWhatIsUnderWay) {
  this->make_beats(8, 1);
  pulse_reset(this->dut_);
  this->dut_->out_ready_i = 0;
  for (int cycle = 0; cycle < 8; ++cycle) {
    this->put(this->beats_[0]);
    this->dut_->in_valid_i = 1;
    this->dut_.settle();
    this->dut_.tick();
  }
  this->dut_->in_valid_i = 0;
  this->dut_.settle();
  ASSERT_EQ(this->dut_->out_valid_o, 1);
  this->dut_->rst_ni = 0;
  this->dut_.settle();  // no clock edge
  EXPECT_EQ(this->dut_->out_valid_o, 0);
  this->dut_.tick();
  this->dut_->rst_ni = 1;
  this->dut_->out_ready_i = 1;
  for (int cycle = 0; cycle < 8; ++cycle) {
    this->dut_.settle();
    EXPECT_EQ(this->dut_->out_valid_o, 0);
    this->dut_.tick();
  }
}

}  // namespace
}  // namespace weft::test
