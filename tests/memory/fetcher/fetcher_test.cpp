// weft_fetcher: latencies by number, any traffic against the model, and its assertions.
#include <Vfetcher_16.h>
#include <Vfetcher_32.h>
#include <Vfetcher_8.h>
#include <Vfetcher_least.h>
#include <Vfetcher_long.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <numeric>

#include "tests/common/seed.hpp"
#include "tests/memory/fetcher/fetcher_bench.hpp"

namespace weft::test {
namespace {

template <class M, std::uint64_t beat_bytes, std::uint64_t burst_beats, std::uint64_t outstanding,
          std::uint64_t transfers, std::uint64_t drain_delay, unsigned id = 0>
struct Variant {
  using Model = M;
  static constexpr std::uint64_t kBeatBytes = beat_bytes;
  static constexpr std::uint64_t kBurstBeats = burst_beats;
  static constexpr std::uint64_t kOutstanding = outstanding;
  static constexpr std::uint64_t kTransfers = transfers;
  static constexpr std::uint64_t kDrainDelay = drain_delay;
  static constexpr unsigned kId = id;
};

template <class V>
class Fetcher : public testing::Test {
 protected:
  using B = FetcherBench<V>;
  using Transfer = typename B::Transfer;

  static constexpr std::uint64_t kBurstBytes = V::kBurstBeats * V::kBeatBytes;

  void run_until_idle(B& bench) {
    const std::uint64_t limit = bench.now + 200'000;
    while (!bench.idle() && bench.now < limit && !this->HasFatalFailure()) bench.cycle({});
    ASSERT_TRUE(bench.idle()) << "no progress";
  }
};

using Variants =
    testing::Types<Variant<Vfetcher_8, 8, 8, 64, 4, 4>, Variant<Vfetcher_16, 16, 8, 5, 4, 1, 9>,
                   Variant<Vfetcher_32, 32, 8, 64, 4, 4>, Variant<Vfetcher_least, 32, 2, 1, 1, 2>,
                   Variant<Vfetcher_long, 16, 256, 3, 3, 9>>;
TYPED_TEST_SUITE(Fetcher, Variants);

// Taken in cycle t, first AR in t + 1, one a cycle as long as there is room; a place is free the
// cycle after a response.
TYPED_TEST(Fetcher, RequestsFollowEachOtherFromTheNextCycleOn) {
  using V = TypeParam;
  typename TestFixture::B bench(Stalls::none, WriteStyle::independent, 0, 1);
  bench.cycle({});
  const std::uint64_t taken = bench.now;
  bench.cycle(typename TestFixture::Transfer{1, true, 5 * this->kBurstBytes + V::kBeatBytes,
                                             3 * V::kBurstBeats});
  this->run_until_idle(bench);
  ASSERT_EQ(bench.requests_at.size(), 4u);  // three bursts of beats, the first cut at its boundary
  // Beats come one a cycle, the first two cycles after its AR was taken: the slave takes it, then
  // it answers.
  const std::uint64_t first_ends = taken + 2 + V::kBurstBeats - 1;
  EXPECT_EQ(bench.requests_at[0], taken + 1);
  EXPECT_EQ(bench.requests_at[1], V::kOutstanding > 1 ? taken + 2 : first_ends);
  if (V::kOutstanding >= 4) {
    EXPECT_EQ(bench.requests_at[3], taken + 4);
  }
  if (V::kOutstanding == 3) {
    EXPECT_EQ(bench.requests_at[3], first_ends);
  }
  ASSERT_EQ(bench.done_at.size(), 1u);
  if (V::kOutstanding > 1) {
    EXPECT_EQ(bench.done_at[0], taken + 2 + 3 * V::kBurstBeats - 1);
  }
}

TYPED_TEST(Fetcher, ATransferIsDrainedAfterItsDelayOneBeatACycle) {
  using V = TypeParam;
  typename TestFixture::B bench(Stalls::none, WriteStyle::independent, 0, 1);
  bench.cycle({});
  const std::uint64_t taken = bench.now;
  const std::uint64_t beats = V::kBurstBeats;
  bench.cycle(typename TestFixture::Transfer{3, false, 7 * this->kBurstBytes, beats});
  this->run_until_idle(bench);
  EXPECT_EQ(bench.requests_at, std::vector<std::uint64_t>{taken + 1});
  ASSERT_EQ(bench.drains_at.size(), beats);
  ASSERT_EQ(bench.w_at.size(), beats);
  const std::uint64_t first =
      taken + std::max<std::uint64_t>(V::kDrainDelay, 2);  // one cycle after AW at the earliest
  for (std::uint64_t beat = 0; beat < beats; ++beat) {
    EXPECT_EQ(bench.drains_at[beat], first + beat);
    EXPECT_EQ(bench.w_at[beat], first + beat + 2);
  }
  EXPECT_EQ(bench.done_at,
            std::vector<std::uint64_t>{first + beats - 1 + 2 +
                                       1});  // the slave answers a cycle after the last W
  bench.expect_written();
}

TYPED_TEST(Fetcher, CountersAreClearedWhenTold) {
  typename TestFixture::B bench(Stalls::none, WriteStyle::independent, 0, 1);
  bench.cycle(typename TestFixture::Transfer{0, false, 0, 3});
  this->run_until_idle(bench);
  bench.cycle({});
  EXPECT_GT(bench.dut()->read_requests_o, 0u);
  bench.cycle({}, true);
  EXPECT_EQ(bench.dut()->read_requests_o, 0u);
  EXPECT_EQ(bench.dut()->bytes_read_o, 0u);
  bench.cycle(typename TestFixture::Transfer{3, false, 0, 2});
  this->run_until_idle(bench);
  bench.cycle({}, true);
  EXPECT_EQ(bench.dut()->write_requests_o, 0u);
  EXPECT_EQ(bench.dut()->bytes_written_o, 0u);
}

TYPED_TEST(Fetcher, AResetForgetsEverything) {
  typename TestFixture::B bench(Stalls::none, WriteStyle::independent, 50, 1);
  for (int i = 0; i < 40; ++i) {
    bench.cycle(bench.has_room()
                    ? std::optional(typename TestFixture::Transfer{i % 2 == 0 ? 3 : 1, true, 0, 9})
                    : std::nullopt);
  }
  auto& dut = bench.dut();
  dut->transfer_valid_i = 0;
  dut->axi_rvalid_i = 0;
  dut->axi_bvalid_i = 0;
  pulse_reset(dut);
  EXPECT_EQ(dut->transfer_ready_o, 1);
  EXPECT_EQ(dut->axi_arvalid_o + dut->axi_awvalid_o + dut->axi_wvalid_o + dut->drain_read_o +
                dut->done_valid_o + dut->fill_valid_o,
            0);
  EXPECT_EQ(dut->read_requests_o + dut->write_requests_o + dut->bytes_read_o + dut->bytes_written_o,
            0u);
  for (int i = 0; i < 20; ++i) {
    dut.tick();
    dut.settle();
    EXPECT_EQ(dut->axi_arvalid_o + dut->axi_awvalid_o + dut->axi_wvalid_o + dut->drain_read_o +
                  dut->done_valid_o,
              0);
  }
}

// Transfers of all sizes as fast as there is room, or now and then; memory near and far.
TYPED_TEST(Fetcher, AnyTrafficUnderStallsOfEveryChannel) {
  using V = TypeParam;
  const std::uint64_t seed = seed_or(63);
  SCOPED_TRACE(seed_text(seed));
  std::mt19937_64 random(seed);
  std::uint64_t compared = 0;
  std::vector<std::string> names = fetcher_bin_names();
  Bins bins(names);
  for (const Stalls stalls : kAllStalls) {
    for (const std::uint64_t most_delay : {0, 30, V::kOutstanding > 8 ? 1200 : 150}) {
      for (const WriteStyle style :
           {WriteStyle::independent, WriteStyle::data_first, WriteStyle::address_first}) {
        SCOPED_TRACE(std::string(name_of(stalls)) + ", delay " + std::to_string(most_delay) +
                     ", style " + std::to_string(static_cast<int>(style)));
        typename TestFixture::B bench(stalls, style, most_delay, random());
        bench.bins = bins;
        std::uint64_t out = random() << 20;  // each write has a place of its own
        constexpr std::uint64_t kCount = 30;
        const std::uint64_t longest = most_delay > 100 ? 40 * V::kBurstBeats : 4 * V::kBurstBeats;
        for (std::uint64_t sent = 0; sent < kCount;) {
          std::optional<typename TestFixture::Transfer> offered;
          if (bench.has_room() && (stalls == Stalls::none || random() % 3 == 0)) {
            const bool write = random() % 3 == 0;
            const std::uint64_t beats =
                random() % 4 == 0 ? 1 : 1 + random() % std::min<std::uint64_t>(longest, 1500);
            const std::uint64_t address = write ? out : random() >> (random() % 50);
            offered = {write ? 3 : static_cast<int>(random() % 3), random() % 2 == 0,
                       address / V::kBeatBytes * V::kBeatBytes, beats};
            if (random() % 2 == 0 && !write)
              offered->address = offered->address / this->kBurstBytes * this->kBurstBytes;
            if (write) out += (beats + 1 + random() % 20) * V::kBeatBytes;
            ++sent;
          }
          bench.cycle(offered);
          if (this->HasFatalFailure()) return;
        }
        this->run_until_idle(bench);
        if (this->HasFatalFailure()) return;
        bench.expect_written();
        compared += bench.compared;
        bins = bench.bins;
      }
    }
  }
  EXPECT_GT(compared, 20'000u);
  // What one transfer, or one request, at a time cannot show.
  if (V::kTransfers == 1) {
    for (const FetcherBin bin :
         {kDoneLate, kBothEnd, kNoGap, kReadAfterWrite, kWriteAfterRead, kFullRate})
      bins.hit(bin);
  }
  if (V::kBurstBeats == 256) bins.hit(kBothEnd);  // with responses that rare a matter of luck
  bins.expect_all_hit();
}

// The rules of the sequencer and of memory are asserted.
class FetcherFaults : public testing::Test {
 protected:
  using Dut = Bench<Vfetcher_8>;

  static void to_stderr() {
    dup2(STDERR_FILENO, STDOUT_FILENO);
  }  // where a death test looks; assertions print to stdout
  static void offer(Dut& dut, std::uint64_t address, std::uint64_t bytes) {
    dut->transfer_valid_i = 1;
    set_port_bits(dut->transfer_i, 0, 24, bytes);
    set_port_bits(dut->transfer_i, 24, 64, address);
    set_port_bits(dut->transfer_i, 88, 3, 0);
    dut.settle();
    dut.tick();
    dut.settle();
  }
  FetcherFaults() : dut_(1) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    dut_->transfer_valid_i = 0;
    dut_->axi_rvalid_i = 0;
    dut_->axi_bvalid_i = 0;
    dut_->axi_r_i = 0;
    dut_->axi_b_i = 0;
    dut_->axi_arready_i = 1;
    dut_->axi_awready_i = 1;
    pulse_reset(dut_);
  }
  // Asks for 64 bytes, and has what comes back on the bus.
  void answer(unsigned r) {
    offer(dut_, 0, 64);
    dut_->transfer_valid_i = 0;
    dut_.settle();
    dut_.tick();
    dut_->axi_rvalid_i = 1;
    dut_->axi_r_i = r;
  }
  Dut dut_;
};

// A fifth waits, however long, and is taken as it was once there is room.
TEST_F(FetcherFaults, ATransferTooManyWaits) {
  for (int i = 0; i < 4; ++i) offer(dut_, 0, 8);  // each of one beat
  EXPECT_EQ(dut_->transfer_ready_o, 0);
  for (int i = 0; i < 20; ++i) offer(dut_, 4096, 8);
  EXPECT_EQ(dut_->transfer_ready_o, 0);
  EXPECT_EQ(dut_->axi_arvalid_o, 0) << "four were asked for";
  dut_->axi_rvalid_i = 1;
  dut_->axi_r_i = 1;  // the last of its burst
  dut_.settle();
  EXPECT_EQ(dut_->done_valid_o, 1);
  dut_.tick();
  dut_->axi_rvalid_i = 0;
  dut_.settle();
  ASSERT_EQ(dut_->transfer_ready_o, 1);
  dut_.tick();
  dut_->transfer_valid_i = 0;
  dut_.settle();
  EXPECT_EQ(dut_->axi_arvalid_o, 1);
  EXPECT_EQ(port_bits(dut_->axi_ar_o, 29, 64), 4096u);
}
TEST_F(FetcherFaults, ATransferThatChangesWhileItWaits) {
  for (int i = 0; i < 5; ++i) offer(dut_, 0, 64);
  EXPECT_DEATH((to_stderr(), offer(dut_, 8, 64), dut_.tick()), "withdrawn or changed");
}
TEST_F(FetcherFaults, DataOfAnotherId) {
  answer(3 << 3);
  EXPECT_DEATH((to_stderr(), dut_.settle(), dut_.tick()), "data of ID 3, which is another's");
}
TEST_F(FetcherFaults, ATransferOfNothing) {
  EXPECT_DEATH((to_stderr(), offer(dut_, 0, 0)), "0 bytes are no whole number of beats");
}
TEST_F(FetcherFaults, ATransferOfPartOfABeat) {
  EXPECT_DEATH((to_stderr(), offer(dut_, 0, 12)), "12 bytes are no whole number of beats");
}
TEST_F(FetcherFaults, ATransferBetweenBeats) {
  EXPECT_DEATH((to_stderr(), offer(dut_, 4, 8)), "no multiple of a beat");
}
TEST_F(FetcherFaults, DataThatNobodyAskedFor) {
  dut_->axi_rvalid_i = 1;
  EXPECT_DEATH((to_stderr(), dut_.settle(), dut_.tick()), "data that nobody asked for");
}
TEST_F(FetcherFaults, AResponseThatNobodyWaitsFor) {
  dut_->axi_bvalid_i = 1;
  EXPECT_DEATH((to_stderr(), dut_.settle(), dut_.tick()), "a write response that nobody waits for");
}
TEST_F(FetcherFaults, ABurstThatEndsTooEarly) {
  answer(1);
  EXPECT_DEATH((to_stderr(), dut_.settle(), dut_.tick()), "rlast at the wrong beat");
}

}  // namespace
}  // namespace weft::test
