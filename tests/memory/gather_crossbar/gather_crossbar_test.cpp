// weft_gather_crossbar beside the SystemC fetcher, whose one stream asks for rows of an access
// each: every request at its channel with its address in its cycle, every response to its owner,
// and rows told in the cycle in which all before them have come.
#include <Vcrossbar_16x16.h>
#include <Vcrossbar_1x1.h>
#include <Vcrossbar_3x2.h>
#include <Vcrossbar_8x4.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/common/ports.hpp"
#include "tests/common/seed.hpp"
#include "tests/memory/gather_fetcher/gather_rows.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::FetchPart;

template <class M, std::size_t inputs, std::size_t channels, std::size_t queue,
          std::size_t interleave_log2>
struct Variant {
  using Model = M;
  static constexpr std::size_t kInputs = inputs;
  static constexpr std::size_t kChannels = channels;
  static constexpr std::size_t kQueue = queue;
  static constexpr std::size_t kInterleaveLog2 = interleave_log2;
};

constexpr std::size_t kPlaceBits = 40;
constexpr std::size_t kOwnerBits = 12;
constexpr std::size_t kAccess = 32;
constexpr std::size_t kParts = 4;  // that a stream of the fetcher holds: so many at most in a round

struct Trace {
  std::vector<std::vector<std::pair<Cycle, std::uint64_t>>> requests;  // by channel
  std::vector<std::pair<Cycle, std::int64_t>> told;                    // rows
  bool operator==(const Trace&) const = default;
};

enum Bin : std::size_t { kHeld, kPassed, kQueueFull, kRequestWaits, kSeveral, kFreedAndTaken };

template <class V>
class GatherCrossbar : public testing::Test {
 protected:
  GatherCrossbar() : seed_(seed_or(211)), random_(seed_), dut_(seed_) {}

  // One fetch of accesses in up to four orders; neighbours differ, so that none is shared.
  void make_round(Stalls stalls) {
    fetch_ = {};
    parts_.clear();
    fed_.clear();
    const std::size_t parts = 1 + random_() % kParts;
    const std::size_t spread = random_() % 3 == 0 ? V::kChannels << V::kInterleaveLog2 : 4096;
    Cycle cycle = 0;
    for (std::size_t p = 0; p < parts; ++p) {
      const auto first = static_cast<std::int32_t>(fetch_.tokens.size());
      const std::size_t count = 1 + random_() % 60;
      for (std::size_t r = 0; r < count; ++r) {
        auto token = static_cast<std::int64_t>(random_() % spread);
        if (random_() % 2 == 0 && !fetch_.tokens.empty()) token = fetch_.tokens.back() + 1;
        if (!fetch_.tokens.empty() && token == fetch_.tokens.back()) ++token;
        fetch_.tokens.push_back(token);
      }
      parts_.push_back({&fetch_.fetch, first, static_cast<std::int32_t>(count)});
      while (pauses_at(stalls, true, cycle, seed_)) ++cycle;
      fed_.push_back(cycle);
      cycle += 1 + static_cast<Cycle>(random_() % 2 == 0 ? random_() % 60 : 0);
    }
    fetch_.fetch = {.number = 1,
                    .address = 4096 * (1 + random_() % 1000),
                    .pitch_bytes = kAccess,
                    .row_bytes = kAccess,
                    .tokens = fetch_.tokens};
  }

  std::uint64_t place_of(std::size_t access) const {
    return fetch_.fetch.address / kAccess + static_cast<std::uint64_t>(fetch_.tokens[access]);
  }
  std::uint64_t memory_seed(std::size_t c) const { return seed_ + 100 + c; }

  Trace systemc(Stalls stalls) {
    sim::Assembly assembly;
    assembly.emplace<sim::memory::GatherFetcher>(
        "unit", sim::memory::GatherFetcher::Config{
                    .streams = 1,
                    .channels = V::kChannels,
                    .interleave_bytes = std::int64_t{kAccess} << V::kInterleaveLog2,
                    .addresses_per_cycle = V::kInputs,
                    .queue = V::kQueue,
                    .access_bytes = kAccess});
    auto& feed = assembly.emplace<sim::test::Feed<FetchPart>>("feed");
    auto& take = assembly.emplace<sim::test::Take<FetchPart>>("take");
    for (std::size_t p = 0; p < parts_.size(); ++p) feed.messages.emplace_back(fed_[p], parts_[p]);
    assembly.join("feed", "out", "unit", "orders[0]", 2);
    assembly.join("unit", "arrived[0]", "take", "in", 2);
    std::vector<GatherMemory*> memories;
    for (std::size_t c = 0; c < V::kChannels; ++c) {
      const std::string name = std::to_string(c);
      memories.push_back(&assembly.emplace<GatherMemory>("memory" + name, stalls, memory_seed(c)));
      assembly.join("unit", "requests[" + name + "]", "memory" + name, "requests", 2);
      assembly.join("memory" + name, "responses", "unit", "responses[" + name + "]", 2);
    }
    sim::test::run_to_end(assembly);
    Trace trace;
    for (const auto* memory : memories) trace.requests.push_back(memory->seen);
    for (const auto& [cycle, part] : take.taken) trace.told.emplace_back(cycle, part.count);
    return trace;
  }

  struct Channel {
    std::deque<std::pair<Cycle, std::size_t>> due;  // when, and which access
    std::deque<std::size_t> asked;                  // accesses without a request, in order
    std::size_t under_way = 0;
    bool answers = false;  // in this cycle
    std::size_t access = 0;
  };

  // What is in hand of a round.
  struct Round {
    std::array<Channel, V::kChannels> channels{};
    std::size_t issued = 0;  // accesses, into the crossbar
    std::vector<bool> come;
    std::size_t whole = 0;  // of which all before have come
    std::size_t part = 0;   // that is told
    std::int64_t told = 0;  // of it
  };

  void respond(Round& round) {
    for (std::size_t c = 0; c < V::kChannels; ++c)
      set_port_bits(dut_->response_valid_i, c, 1, round.channels[c].answers);
    dut_.settle();
    for (std::size_t c = 0; c < V::kChannels; ++c) {
      Channel& channel = round.channels[c];
      if (!channel.answers) continue;
      const auto owner = port_bits(dut_->response_owner_o, c * kOwnerBits, kOwnerBits);
      ASSERT_EQ(owner, channel.access) << "channel " << c;
      ASSERT_FALSE(round.come[owner]);
      round.come[owner] = true;
      --channel.under_way;
      ++compared_;
    }
    while (round.whole < round.come.size() && round.come[round.whole]) ++round.whole;
  }

  // New addresses: as many as there are, and room for.
  void issue(Round& round, Cycle now, Bins& bins) {
    std::size_t there = 0;
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (fed_[p] < now) there += static_cast<std::size_t>(parts_[p].count);
    }
    const std::size_t room = port_bits(dut_->room_o, 0, std::bit_width(V::kInputs));
    ASSERT_LE(room, V::kInputs);
    const std::size_t count = std::min(room, there - round.issued);
    bins.hit(kHeld, room < V::kInputs);
    bins.hit(kPassed, V::kInputs == 1 || (room > 0 && room < V::kInputs && count > 0));
    set_port_bits(dut_->in_count_i, 0, std::bit_width(V::kInputs), count);
    std::vector<std::size_t> of_channel(V::kChannels);
    for (std::size_t k = 0; k < V::kInputs; ++k) {
      const std::size_t access = round.issued + k;
      set_port_bits(dut_->in_places_i, k * kPlaceBits, kPlaceBits,
                    k < count ? place_of(access) : random_());
      set_port_bits(dut_->in_owners_i, k * kOwnerBits, kOwnerBits, k < count ? access : random_());
      if (k < count) {
        const std::size_t c = place_of(access) >> V::kInterleaveLog2 & (V::kChannels - 1);
        round.channels[c].asked.push_back(access);
        ++round.channels[c].under_way;
        bins.hit(kQueueFull, round.channels[c].under_way > V::kQueue);
        bins.hit(kSeveral, V::kInputs == 1 || ++of_channel[c] > 1);
        bins.hit(kFreedAndTaken, round.channels[c].answers);
      }
    }
    round.issued += count;
    dut_.settle();
  }

  void memories(Round& round, Stalls stalls, Cycle now, Trace& trace, Bins& bins) {
    for (std::size_t c = 0; c < V::kChannels; ++c) {
      Channel& channel = round.channels[c];
      channel.answers = !channel.due.empty() && channel.due.front().first <= now;
      if (channel.answers) {
        channel.access = channel.due.front().second;
        channel.due.pop_front();
      }
      const bool ready = !pauses_at(stalls, false, now, memory_seed(c));
      const bool asks = port_bits(dut_->request_valid_o, c, 1) != 0;
      bins.hit(kRequestWaits, asks && !ready);
      if (!asks || !ready) continue;
      const std::uint64_t place = port_bits(dut_->request_place_o, c * kPlaceBits, kPlaceBits);
      ASSERT_FALSE(channel.asked.empty());
      const std::size_t access = channel.asked.front();
      ASSERT_EQ(place, place_of(access));
      channel.asked.pop_front();
      trace.requests[c].emplace_back(now, place * kAccess);
      channel.due.emplace_back(now + access_cycles(place * kAccess, memory_seed(c)), access);
    }
  }

  Trace rtl(Stalls stalls, Bins& bins) {
    pulse_reset(dut_);
    Round round;
    round.come.resize(fetch_.tokens.size());
    Trace trace;
    trace.requests.resize(V::kChannels);
    for (Cycle now = 0; now < 100'000 && round.part < parts_.size(); ++now) {
      for (std::size_t c = 0; c < V::kChannels; ++c) {
        set_port_bits(dut_->request_ready_i, c, 1, !pauses_at(stalls, false, now, memory_seed(c)));
      }
      respond(round);
      if (HasFatalFailure()) return trace;
      issue(round, now, bins);
      memories(round, stalls, now, trace, bins);
      if (HasFatalFailure()) return trace;
      // Rows of one order a cycle, seen a cycle later.
      const FetchPart& part = parts_[round.part];
      const std::int64_t ready = static_cast<std::int64_t>(round.whole) - (part.first + round.told);
      if (const std::int64_t rows = std::min(ready, part.count - round.told); rows > 0) {
        trace.told.emplace_back(now + 1, rows);
        round.told += rows;
      }
      if (round.told == part.count) {
        ++round.part;
        round.told = 0;
      }
      dut_.tick();
    }
    EXPECT_EQ(round.issued, fetch_.tokens.size());
    EXPECT_EQ(round.whole, fetch_.tokens.size());
    return trace;
  }

  void run(int rounds) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"an address waits at its input", "others go on beside it", "a queue is full",
               "a request waits", "several addresses of a channel in a cycle",
               "an address of a channel that answers"});
    for (const Stalls stalls : kAllStalls) {
      for (int i = 0; i < rounds; ++i) {
        SCOPED_TRACE(name_of(stalls) + (" round " + std::to_string(i)));
        make_round(stalls);
        const Trace right = systemc(stalls);
        const Trace trace = rtl(stalls, bins);
        if (HasFatalFailure()) return;
        for (std::size_t c = 0; c < V::kChannels; ++c)
          ASSERT_EQ(trace.requests[c], right.requests[c]) << "channel " << c;
        ASSERT_EQ(trace.told, right.told);
      }
    }
    EXPECT_GT(compared_, 5 * static_cast<std::uint64_t>(rounds));
    bins.expect_all_hit();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  GatherFetch fetch_;
  std::vector<FetchPart> parts_;
  std::vector<Cycle> fed_;
  std::uint64_t compared_ = 0;
};

using Variants =
    testing::Types<Variant<Vcrossbar_1x1, 1, 1, 4, 3>, Variant<Vcrossbar_3x2, 3, 2, 2, 0>,
                   Variant<Vcrossbar_8x4, 8, 4, 4, 1>, Variant<Vcrossbar_16x16, 16, 16, 4, 3>>;
TYPED_TEST_SUITE(GatherCrossbar, Variants);

TYPED_TEST(GatherCrossbar, EveryRequestAndResponseInTheCycleOfSystemC) { this->run(40); }

template <class V>
class GatherCrossbarLong : public GatherCrossbar<V> {};
TYPED_TEST_SUITE(GatherCrossbarLong, Variants);

TYPED_TEST(GatherCrossbarLong, Of1000RoundsUnderEachProfile) { this->run(1000); }

TYPED_TEST(GatherCrossbar, AResetDropsWhatIsUnderWay) {
  pulse_reset(this->dut_);
  auto& dut = this->dut_;
  dut->request_ready_i = 0;
  dut->response_valid_i = 0;
  dut->in_count_i = 1;
  for (std::size_t cycle = 0; cycle <= TypeParam::kQueue; ++cycle) {  // of one channel
    for (std::size_t k = 0; k < TypeParam::kInputs; ++k)
      set_port_bits(dut->in_places_i, k * kPlaceBits, kPlaceBits, 0);
    dut.settle();
    dut.tick();
  }
  dut->in_count_i = 0;
  dut.settle();
  ASSERT_EQ(port_bits(dut->request_valid_o, 0, 1), 1u);
  ASSERT_EQ(port_bits(dut->room_o, 0, 8), TypeParam::kInputs - 1);
  dut->rst_ni = 0;
  dut.settle();  // no clock edge
  EXPECT_EQ(dut->request_valid_o, 0);
  EXPECT_EQ(dut->room_o, TypeParam::kInputs);
  dut.tick();
  dut->rst_ni = 1;
  for (int cycle = 0; cycle < 8; ++cycle) {
    dut.settle();
    EXPECT_EQ(dut->request_valid_o, 0);
    EXPECT_EQ(dut->room_o, TypeParam::kInputs);
    dut.tick();
  }
}

}  // namespace
}  // namespace weft::test
