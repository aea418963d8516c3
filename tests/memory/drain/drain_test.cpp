// weft_drain by itself: every output of every cycle from the rules of its page. With the rest of
// the fetcher around it, it is driven again by tests/memory/fetcher.
#include <Vdrain_16.h>
#include <Vdrain_32.h>
#include <Vdrain_8.h>
#include <gtest/gtest.h>

#include <bit>
#include <deque>
#include <optional>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/common/seed.hpp"

namespace weft::test {
namespace {

template <class M, std::uint64_t beat_bytes, std::uint64_t burst_beats, std::uint64_t outstanding,
          std::uint64_t transfers, std::uint64_t drain_delay>
struct Variant {
  using Model = M;
  static constexpr std::uint64_t kBeatBytes = beat_bytes;
  static constexpr std::uint64_t kBurstBeats = burst_beats;
  static constexpr std::uint64_t kOutstanding = outstanding;
  static constexpr std::uint64_t kTransfers = transfers;
  static constexpr std::uint64_t kDrainDelay = drain_delay;
};

enum Bin : std::size_t {
  kStalled,
  kNoCredit,
  kUnripe,
  kFullRate,
  kNextAtOnce,
  kOneBeat,
  kShortFirst,
  kShortLast,
  kFull,
  kLimit
};

template <class V>
class Drain : public testing::Test {
 protected:
  struct Transfer {
    bool slot = false;
    std::uint64_t beats = 1, offset = 0;
  };
  struct Beat {
    std::uint64_t ripe;  // from this cycle on it may be asked for
    bool slot;
    std::uint64_t index;
    bool last, ends;  // of its burst, of its transfer
  };
  struct Staged {
    std::uint64_t shown;  // from this cycle on
    std::vector<std::uint64_t> bytes;
    bool last;
  };

  Drain() : seed_(seed_or(64)), random_(seed_), dut_(seed_) {
    dut_->transfer_valid_i = 0;
    dut_->credit_valid_i = 0;
    pulse_reset(dut_);
  }

  bool has_room() const { return held_ < V::kTransfers; }

  // One cycle: a transfer is taken, the oldest AW that was not yet is presented, W is taken.
  void cycle(std::optional<Transfer> offered, bool present, bool ready) {
    present = present && !bursts_.empty() && under_way_ < V::kOutstanding;
    dut_->transfer_valid_i = offered.has_value();
    dut_->transfer_slot_i = offered ? offered->slot : random_() % 2 == 0;
    set_port_bits(dut_->transfer_last_beat_i, 0,
                  24 - static_cast<std::size_t>(std::countr_zero(V::kBeatBytes)),
                  offered ? offered->beats - 1 : random_());
    set_port_bits(dut_->transfer_offset_i, 0,
                  static_cast<std::size_t>(std::countr_zero(V::kBurstBeats)),
                  offered ? offered->offset : random_());
    dut_->credit_valid_i = present;
    dut_->credit_beats_i =
        static_cast<CData>(present ? bursts_.front() : random_() % (2 * V::kBurstBeats));
    dut_->axi_wready_i = ready;
    for (std::uint64_t i = 0; i < V::kBeatBytes; ++i)
      set_port_bits(dut_->drain_data_i, 8 * i, 8, answer_.empty() ? random_() : answer_[i]);
    dut_.settle();
    const bool reads =
        !beats_.empty() && now_ >= beats_.front().ripe && credit_ > 0 && staged_.size() < 3;
    const bool shows = !staged_.empty() && staged_.front().shown <= now_;
    check(reads, shows);
    count(offered, reads, shows, ready);
    answer_.clear();
    if (shows && ready) {
      under_way_ -= staged_.front().last ? 1 : 0;
      staged_.pop_front();
      w_at_.push_back(now_);
    }
    if (reads) {
      for (std::uint64_t i = 0; i < V::kBeatBytes; ++i) answer_.push_back(random_() % 256);
      staged_.push_back({now_ + 2, answer_, beats_.front().last});
      held_ -= beats_.front().ends ? 1 : 0;
      beats_.pop_front();
      --credit_;
      read_at_.push_back(now_);
    }
    if (present) {
      credit_ += bursts_.front();
      bursts_.pop_front();
      ++under_way_;
    }
    if (offered) take(*offered);
    dut_.tick();
    dut_.settle();
    ++now_;
  }

  void check(bool reads, bool shows) {
    ASSERT_EQ(dut_->drain_read_o, reads) << "cycle " << now_;
    ASSERT_EQ(dut_->axi_wvalid_o, shows) << "cycle " << now_;
    ASSERT_EQ(dut_->axi_wstrb_o, low_bits(V::kBeatBytes));
    if (reads) {
      ASSERT_EQ(dut_->drain_slot_o, beats_.front().slot);
      ASSERT_EQ(dut_->drain_beat_o, beats_.front().index);
      ++compared_;
    }
    if (shows) {
      ASSERT_EQ(dut_->axi_w_o, staged_.front().last);
      for (std::uint64_t i = 0; i < V::kBeatBytes; ++i)
        ASSERT_EQ(port_bits(dut_->axi_wdata_o, 8 * i, 8), staged_.front().bytes[i]);
      ++compared_;
    }
  }
  void count(const std::optional<Transfer>& offered, bool reads, bool shows, bool ready) {
    bins_.hit(kStalled, shows && !ready);
    bins_.hit(kNoCredit, !reads && !beats_.empty() && now_ >= beats_.front().ripe && credit_ == 0);
    bins_.hit(kUnripe, !reads && !beats_.empty() && now_ < beats_.front().ripe && credit_ > 0);
    bins_.hit(kFullRate, w_at_.size() >= 8 && w_at_[w_at_.size() - 8] + 8 == now_);
    bins_.hit(kNextAtOnce, reads && beats_.front().index == 0 && !read_at_.empty() &&
                               read_at_.back() + 1 == now_);
    bins_.hit(kFull, !has_room());
    bins_.hit(kLimit, under_way_ == V::kOutstanding);
    if (!offered) return;
    bins_.hit(kOneBeat, offered->beats == 1);
    bins_.hit(kShortFirst,
              offered->offset != 0 && offered->offset + offered->beats > V::kBurstBeats);
    bins_.hit(kShortLast, (offered->offset + offered->beats) % V::kBurstBeats != 0 &&
                              offered->beats > V::kBurstBeats);
  }

  void take(const Transfer& t) {
    ++held_;
    for (std::uint64_t beat = 0; beat < t.beats; ++beat) {
      const bool ends = beat + 1 == t.beats;
      const bool last = ends || (t.offset + beat + 1) % V::kBurstBeats == 0;
      if (beat == 0 || beats_.back().last) bursts_.push_back(0);
      ++bursts_.back();
      beats_.push_back({now_ + V::kDrainDelay, t.slot, beat, last, ends});
    }
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  Bins bins_{{"W stalled", "no beat that may go", "a transfer too young", "8 beats in 8 cycles",
              "two transfers without a gap", "a transfer of one beat",
              "a first burst up to its boundary", "a last burst short of its boundary",
              "as many transfers as may be", "as many bursts as may be"}};
  std::uint64_t now_ = 0;
  std::uint64_t held_ = 0;       // transfers that are not drained in full
  std::uint64_t under_way_ = 0;  // bursts presented and not complete on W
  std::uint64_t credit_ = 0;     // beats presented in an earlier cycle and not asked for
  std::deque<Beat> beats_;
  std::deque<std::uint64_t> bursts_;  // lengths of those to be presented
  std::deque<Staged> staged_;
  std::vector<std::uint64_t> answer_;
  std::vector<std::uint64_t> read_at_, w_at_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vdrain_8, 8, 8, 64, 4, 4>, Variant<Vdrain_16, 16, 2, 3, 3, 1>,
                   Variant<Vdrain_32, 32, 16, 1, 1, 7>>;
TYPED_TEST_SUITE(Drain, Variants);

// Taken in cycle t, AW in t + 1: the first beat is asked for DRAIN_DELAY later or a cycle after AW,
// and is on W after two.
TYPED_TEST(Drain, BeatsFollowEachOtherOnceTheyMay) {
  using V = TypeParam;
  const std::uint64_t taken = this->now_;
  this->cycle(typename TestFixture::Transfer{true, V::kBurstBeats, 0}, false, true);
  for (std::uint64_t i = 0; i < V::kDrainDelay + V::kBurstBeats + 4; ++i)
    this->cycle({}, true, true);
  const std::uint64_t first = taken + std::max<std::uint64_t>(V::kDrainDelay, 2);
  ASSERT_EQ(this->read_at_.size(), V::kBurstBeats);
  ASSERT_EQ(this->w_at_.size(), V::kBurstBeats);
  for (std::uint64_t beat = 0; beat < V::kBurstBeats; ++beat) {
    EXPECT_EQ(this->read_at_[beat], first + beat);
    EXPECT_EQ(this->w_at_[beat], first + beat + 2);
  }
}

TYPED_TEST(Drain, NothingLeavesWithoutAnAw) {
  this->cycle(typename TestFixture::Transfer{false, 3, 0}, false, true);
  for (int i = 0; i < 40; ++i) this->cycle({}, false, true);
  EXPECT_TRUE(this->read_at_.empty());
}

TYPED_TEST(Drain, AResetForgetsEverything) {
  this->cycle(typename TestFixture::Transfer{false, 3, 0}, false, false);
  for (int i = 0; i < 20; ++i) this->cycle({}, true, false);
  EXPECT_EQ(this->dut_->axi_wvalid_o, 1);
  this->dut_->transfer_valid_i = this->dut_->credit_valid_i = 0;
  pulse_reset(this->dut_);
  this->dut_->axi_wready_i = 1;
  for (int i = 0; i < 20; ++i) {
    this->dut_.settle();
    EXPECT_EQ(this->dut_->axi_wvalid_o + this->dut_->drain_read_o, 0);
    this->dut_.tick();
  }
}

TYPED_TEST(Drain, AnyTrafficUnderStalls) {
  using V = TypeParam;
  SCOPED_TRACE(seed_text(this->seed_));
  const std::uint64_t cycles = bench_count(10'000);
  for (const Stalls stalls : kAllStalls) {
    SCOPED_TRACE(name_of(stalls));
    Pauses source = Pauses::of_source(stalls, this->random_());
    Pauses sink = Pauses::of_sink(stalls, this->random_());
    const std::uint64_t before = this->compared_;
    for (std::uint64_t i = 0; i < cycles; ++i) {
      std::optional<typename TestFixture::Transfer> offered;
      if (this->has_room() && this->random_() % 4 == 0) {
        const std::uint64_t beats =
            this->random_() % 4 == 0
                ? 1
                : 1 + this->random_() % ((i / 1000 % 2 == 0 ? 4 : 60) * V::kBurstBeats);
        offered = {this->random_() % 2 == 0, beats, this->random_() % V::kBurstBeats};
      }
      const bool rare = i / 100 % 4 == 3;  // AWs come slower than their beats leave
      this->cycle(offered, !source.next() && (!rare || this->random_() % 32 == 0), !sink.next());
      if (this->HasFatalFailure()) return;
    }
    EXPECT_GT(this->compared_, before + cycles / 4);
  }
  // What one transfer, or one burst, or bursts of two beats at a time cannot show.
  if (V::kOutstanding == 1) {
    for (const Bin bin : {kUnripe, kNextAtOnce}) this->bins_.hit(bin);
  }
  if (V::kDrainDelay == 1) this->bins_.hit(kUnripe);
  this->bins_.expect_all_hit();
}

}  // namespace
}  // namespace weft::test
