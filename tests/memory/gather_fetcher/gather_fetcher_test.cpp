// weft_gather_fetcher beside the SystemC unit: every AR with its address and every message of rows
// in its cycle, under stalls of memory and of both sides; every access at its stream and number,
// and with its row when it is issued.
#include <Vgather_1.h>
#include <Vgather_16x8.h>
#include <Vgather_1x3.h>
#include <Vgather_2x2.h>
#include <Vgather_4x8.h>
#include <gtest/gtest.h>

#include <bit>

#include "tests/common/ports.hpp"
#include "tests/common/seed.hpp"
#include "tests/memory/gather_fetcher/gather_rows.hpp"

namespace weft::test {
namespace {

using sim::Cycle;
using sim::FetchPart;

template <class M, std::size_t streams, std::size_t channels, std::size_t addresses,
          std::size_t queue, std::size_t access, std::size_t skips, std::size_t accesses,
          std::size_t interleave>
struct Variant {
  using Model = M;
  static constexpr std::size_t kStreams = streams;
  static constexpr std::size_t kChannels = channels;
  static constexpr std::size_t kAddresses = addresses;
  static constexpr std::size_t kQueue = queue;
  static constexpr std::size_t kAccess = access;
  static constexpr std::size_t kLeast = (access + skips) / (skips + 1);  // bytes of a row
  static constexpr std::size_t kSteps = addresses * (skips + 1);
  static constexpr std::size_t kAccesses = accesses;
  static constexpr std::size_t kInterleave = interleave;
};

struct Told {
  Cycle cycle = 0;
  std::uint64_t fetch = 0;
  std::int64_t rows = 0;
  bool operator==(const Told&) const = default;
};
struct Trace {
  std::vector<std::vector<std::pair<Cycle, std::uint64_t>>> requests;  // by channel
  std::vector<std::vector<Told>> told;                                 // by stream
};

enum Bin : std::size_t {
  kOrderWaits,
  kTellWaits,
  kRequestWaits,
  kQueueFull,
  kSkip,
  kSeveral,
  kError
};

template <class V>
class GatherFetcher : public testing::Test {
 protected:
  static constexpr std::size_t kNumberBits = std::bit_width(V::kAccesses - 1);
  static constexpr std::size_t kStreamBits = V::kStreams <= 1 ? 1 : std::bit_width(V::kStreams - 1);
  static constexpr std::size_t kTakenBits = std::bit_width(V::kSteps);
  static constexpr std::size_t kRoomBits = std::bit_width(V::kAddresses);
  static constexpr std::size_t kOffsetBits = 17;
  static constexpr std::size_t kCountBits = 12;
  static constexpr std::size_t kAddressBits = 48;

  GatherFetcher() : seed_(seed_or(94)), random_(seed_), dut_(seed_) {}

  void make_orders(std::size_t fetches) {
    std::uint64_t numbers = 0;
    orders_.clear();
    for (std::size_t s = 0; s < V::kStreams; ++s)
      orders_.push_back(gather_orders(random_, fetches, V::kAccess, V::kLeast, numbers));
  }

  std::uint64_t memory_seed(std::size_t c) const { return seed_ + 100 + c; }

  Trace systemc(Stalls stalls) {
    sim::Assembly assembly;
    assembly.emplace<sim::memory::GatherFetcher>(
        "unit", sim::memory::GatherFetcher::Config{.streams = V::kStreams,
                                                   .channels = V::kChannels,
                                                   .interleave_bytes = V::kInterleave,
                                                   .addresses_per_cycle = V::kAddresses,
                                                   .queue = V::kQueue,
                                                   .access_bytes = V::kAccess});
    std::vector<sim::test::Take<FetchPart>*> takes;
    std::vector<GatherMemory*> memories;
    for (std::size_t s = 0; s < V::kStreams; ++s) {
      const std::string name = std::to_string(s);
      auto& feed = assembly.emplace<sim::test::Feed<FetchPart>>("feed" + name);
      auto& take = assembly.emplace<sim::test::Take<FetchPart>>("take" + name);
      const auto cycles = source_cycles(stalls, orders_[s].parts.size(), seed_ + s);
      for (std::size_t p = 0; p < orders_[s].parts.size(); ++p)
        feed.messages.emplace_back(cycles[p], orders_[s].parts[p]);
      take.ready = [=, this](Cycle now) { return !pauses_at(stalls, false, now, seed_ + s); };
      assembly.join("feed" + name, "out", "unit", "orders[" + name + "]", 2);
      assembly.join("unit", "arrived[" + name + "]", "take" + name, "in", 2);
      takes.push_back(&take);
    }
    for (std::size_t c = 0; c < V::kChannels; ++c) {
      const std::string name = std::to_string(c);
      memories.push_back(&assembly.emplace<GatherMemory>("memory" + name, stalls, memory_seed(c)));
      assembly.join("unit", "requests[" + name + "]", "memory" + name, "requests", 2);
      assembly.join("memory" + name, "responses", "unit", "responses[" + name + "]", 2);
    }
    sim::test::run_to_end(assembly);
    Trace trace;
    for (const auto* memory : memories) trace.requests.push_back(memory->seen);
    for (const auto* take : takes) {
      trace.told.emplace_back();
      for (const auto& [cycle, part] : take->taken)
        trace.told.back().push_back({cycle, part.fetch->number, part.count});
    }
    return trace;
  }

  // A stream's side of the RTL.
  struct Stream {
    Link<FetchPart> orders;
    Link<Told> told;
    std::vector<std::int64_t> cycles;
    std::size_t fed = 0;
    std::deque<std::int64_t> tokens;  // of orders that are taken
    std::size_t taken = 0;            // rows
    std::size_t issued = 0;           // accesses
    std::size_t filled = 0;           // accesses of which all before have come
    std::vector<bool> come;
  };
  struct Channel {
    std::deque<std::pair<Cycle, std::uint64_t>> due;
    bool answers = false;  // in this cycle
    std::uint64_t address = 0;
  };

  void put(std::size_t s, const Stream& stream) {
    std::deque<std::int64_t> tokens = stream.tokens;
    const bool valid = stream.orders.valid();
    set_port_bits(dut_->order_valid_i, s, 1, valid);
    if (valid) {
      const FetchPart& part = stream.orders.front();
      const sim::Fetch& fetch = *part.fetch;
      set_port_bits(dut_->order_address_i, s * kAddressBits, kAddressBits, fetch.address);
      set_port_bits(dut_->order_pitch_i, s * 16, 16, static_cast<std::uint64_t>(fetch.pitch_bytes));
      set_port_bits(dut_->order_bytes_i, s * 16, 16, static_cast<std::uint64_t>(fetch.row_bytes));
      set_port_bits(dut_->order_count_i, s * kCountBits, kCountBits,
                    static_cast<std::uint64_t>(part.count));
      set_port_bits(dut_->order_tag_i, s * 8, 8, fetch.number);
      for (std::int32_t r = 0; r < part.count; ++r)
        tokens.push_back(fetch.tokens[static_cast<std::size_t>(part.first + r)]);
    }
    for (std::size_t k = 0; k < V::kSteps; ++k) {
      set_port_bits(dut_->tokens_i, (s * V::kSteps + k) * 16, 16,
                    k < tokens.size() ? static_cast<std::uint64_t>(tokens[k]) : random_());
    }
    set_port_bits(dut_->arrived_ready_i, s, 1, stream.told.ready());
  }

  // What is told of the accesses that the stream issues in this cycle.
  void expect_issues(std::size_t s, Stream& stream) {
    const auto count = port_bits(dut_->issue_count_o, s * kRoomBits, kRoomBits);
    const auto number = port_bits(dut_->issue_number_o, s * kNumberBits, kNumberBits);
    ASSERT_LE(stream.issued + count, orders_[s].accesses.size());
    if (count > 0) {
      EXPECT_EQ(number, stream.issued % V::kAccesses);
    }
    for (std::size_t k = 0; k < count; ++k) {
      const GatherAccess& access = orders_[s].accesses[stream.issued++];
      const std::size_t at = s * V::kAddresses + k;
      EXPECT_EQ(port_bits(dut_->issue_ahead_o, at * kTakenBits, kTakenBits),
                access.row - stream.taken);
      EXPECT_EQ(port_bits(dut_->issue_tag_o, at * 8, 8), access.fetch & 0xFF);
      EXPECT_EQ(port_bits(dut_->issue_offset_o, at * kOffsetBits, kOffsetBits),
                static_cast<std::uint64_t>(access.offset) & low_bits(kOffsetBits));
    }
  }

  // What the stream did in this cycle.
  void hear(std::size_t s, Stream& stream, Stalls stalls, Cycle now, Trace& trace, Bins& bins) {
    const bool takes = stream.orders.valid() && port_bits(dut_->order_ready_o, s, 1) != 0;
    const bool tells = port_bits(dut_->arrived_valid_o, s, 1) != 0;
    bins.hit(kOrderWaits, stream.orders.valid() && !takes);
    bins.hit(kTellWaits, tells && !stream.told.ready());
    if (stream.told.valid() && !pauses_at(stalls, false, now, seed_ + s)) {
      trace.told[s].push_back(stream.told.pop());
      trace.told[s].back().cycle = now;
    }
    if (tells && stream.told.ready()) {
      stream.told.push({0, port_bits(dut_->arrived_tag_o, s * 8, 8),
                        static_cast<std::int64_t>(
                            port_bits(dut_->arrived_count_o, s * kCountBits, kCountBits))});
    }
    if (takes) {
      const FetchPart part = stream.orders.pop();
      for (std::int32_t r = 0; r < part.count; ++r)
        stream.tokens.push_back(part.fetch->tokens[static_cast<std::size_t>(part.first + r)]);
    }
    const auto taken = port_bits(dut_->tokens_taken_o, s * kTakenBits, kTakenBits);
    bins.hit(kSkip, taken > 1);
    expect_issues(s, stream);
    stream.taken += taken;
    ASSERT_LE(taken, stream.tokens.size());
    stream.tokens.erase(stream.tokens.begin(),
                        stream.tokens.begin() + static_cast<std::ptrdiff_t>(taken));
    const auto& parts = orders_[s].parts;
    if (stream.fed < parts.size() && stream.cycles[stream.fed] <= now && stream.orders.ready())
      stream.orders.push(parts[stream.fed++]);
    stream.orders.tick();
    stream.told.tick();
  }

  // Of an access: OKAY, or one of the others.
  static std::uint64_t response_of(std::uint64_t address) {
    const std::uint64_t of = address / V::kAccess % 8;
    return of < 5 ? 0 : of - 4;
  }

  // What came back stands where it belongs among its stream's accesses.
  void expect_fill(std::size_t c, const Channel& channel, std::vector<Stream>& streams) {
    ASSERT_EQ(port_bits(dut_->fill_valid_o, c, 1), channel.answers);
    if (!channel.answers) return;
    const auto s = port_bits(dut_->fill_stream_o, c * kStreamBits, kStreamBits);
    const auto number = port_bits(dut_->fill_number_o, c * kNumberBits, kNumberBits);
    ASSERT_LT(s, V::kStreams);
    Stream& stream = streams[s];
    std::size_t k = stream.filled;
    while (k % V::kAccesses != number) ++k;
    ASSERT_LT(k, orders_[s].accesses.size());
    EXPECT_EQ(orders_[s].accesses[k].address, channel.address)
        << "access " << k << " of stream " << s;
    EXPECT_FALSE(stream.come[k]);
    stream.come[k] = true;
    while (stream.filled < stream.come.size() && stream.come[stream.filled]) ++stream.filled;
    EXPECT_EQ(port_bits(dut_->fill_data_o, c * V::kAccess * 8, 48), channel.address);
    ++compared_;
  }

  Trace rtl(Stalls stalls, Bins& bins) {
    pulse_reset(dut_);
    std::vector<Stream> streams(V::kStreams);
    std::vector<Channel> channels(V::kChannels);
    std::size_t left = 0;
    for (std::size_t s = 0; s < V::kStreams; ++s) {
      streams[s].cycles = source_cycles(stalls, orders_[s].parts.size(), seed_ + s);
      streams[s].come.resize(orders_[s].accesses.size());
      for (const FetchPart& part : orders_[s].parts) left += static_cast<std::size_t>(part.count);
    }
    Trace trace{std::vector<std::vector<std::pair<Cycle, std::uint64_t>>>(V::kChannels),
                std::vector<std::vector<Told>>(V::kStreams)};
    const auto rows_told = [&] {
      std::int64_t rows = 0;
      for (const auto& told : trace.told) {
        for (const Told& one : told) rows += one.rows;
      }
      return static_cast<std::size_t>(rows);
    };
    for (Cycle now = 0; now < 1'000'000 && (now % 64 != 0 || rows_told() < left); ++now) {
      for (std::size_t s = 0; s < V::kStreams; ++s) put(s, streams[s]);
      bool error = false;
      for (std::size_t c = 0; c < V::kChannels; ++c) {
        const std::uint64_t response = response_of(channels[c].address);
        error |= channels[c].answers && response != 0;
        set_port_bits(dut_->axi_rvalid_i, c, 1, channels[c].answers);
        set_port_bits(dut_->axi_rdata_i, c * V::kAccess * 8, 48, channels[c].address);
        set_port_bits(dut_->axi_rresp_i, c * 2, 2, response);
        set_port_bits(dut_->axi_arready_i, c, 1, !pauses_at(stalls, false, now, memory_seed(c)));
      }
      dut_.settle();
      EXPECT_EQ(dut_->error_o, error);
      bins.hit(kError, error);
      std::size_t under_way = 0;
      for (std::size_t c = 0; c < V::kChannels; ++c) {
        Channel& channel = channels[c];
        expect_fill(c, channel, streams);
        channel.answers = !channel.due.empty() && channel.due.front().first <= now;
        if (channel.answers) {
          channel.address = channel.due.front().second;
          channel.due.pop_front();
        }
        const bool asks = port_bits(dut_->axi_arvalid_o, c, 1) != 0;
        bins.hit(kRequestWaits, asks && port_bits(dut_->axi_arready_i, c, 1) == 0);
        bins.hit(kQueueFull, channel.due.size() + 1 >= V::kQueue);
        if (asks && port_bits(dut_->axi_arready_i, c, 1) != 0) {
          const std::uint64_t address =
              port_bits(dut_->axi_araddr_o, c * kAddressBits, kAddressBits);
          trace.requests[c].emplace_back(now, address);
          channel.due.emplace_back(now + access_cycles(address, memory_seed(c)), address);
        }
        under_way += channel.due.empty() ? 0 : 1;
      }
      bins.hit(kSeveral, under_way == V::kChannels);
      for (std::size_t s = 0; s < V::kStreams; ++s) hear(s, streams[s], stalls, now, trace, bins);
      if (HasFatalFailure()) return trace;
      dut_.tick();
    }
    for (std::size_t s = 0; s < V::kStreams; ++s) {
      EXPECT_EQ(streams[s].filled, orders_[s].accesses.size());
      EXPECT_EQ(streams[s].issued, orders_[s].accesses.size());
    }
    return trace;
  }

  void run(std::size_t fetches) {
    SCOPED_TRACE(seed_text(seed_));
    Bins bins({"an order waits", "rows wait to be told", "a request waits",
               "a channel's queue full", "several rows in a cycle", "all channels at once",
               "a response is not OKAY"});
    bins.hit(kSkip, V::kSteps == 1);
    for (const Stalls stalls : kAllStalls) {
      SCOPED_TRACE(name_of(stalls));
      make_orders(fetches);
      const Trace right = systemc(stalls);
      Trace trace = rtl(stalls, bins);
      if (HasFatalFailure()) return;
      for (std::size_t c = 0; c < V::kChannels; ++c) {
        ASSERT_EQ(trace.requests[c].size(), right.requests[c].size()) << "channel " << c;
        for (std::size_t i = 0; i < trace.requests[c].size(); ++i)
          ASSERT_EQ(trace.requests[c][i], right.requests[c][i]) << c << " request " << i;
      }
      for (std::size_t s = 0; s < V::kStreams; ++s) {
        ASSERT_EQ(trace.told[s].size(), right.told[s].size()) << "stream " << s;
        for (std::size_t i = 0; i < trace.told[s].size(); ++i) {
          Told expected = right.told[s][i];
          expected.fetch &= 0xFF;
          ASSERT_TRUE(trace.told[s][i] == expected) << "stream " << s << " message " << i;
        }
      }
    }
    EXPECT_GT(compared_, 5 * fetches * V::kStreams);
    bins.expect_all_hit();
  }

  std::uint64_t seed_;
  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<GatherOrders> orders_;
  std::uint64_t compared_ = 0;
};

using Variants = testing::Types<Variant<Vgather_1, 3, 1, 1, 8, 32, 1, 32, 256>,
                                Variant<Vgather_1x3, 2, 1, 3, 4, 16, 3, 16, 256>,
                                Variant<Vgather_4x8, 3, 4, 8, 4, 32, 2, 256, 64>,
                                Variant<Vgather_2x2, 4, 2, 2, 16, 32, 1, 128, 256>,
                                Variant<Vgather_16x8, 2, 16, 8, 4, 32, 1, 256, 32>>;
TYPED_TEST_SUITE(GatherFetcher, Variants);

TYPED_TEST(GatherFetcher, EveryAccessAndRowInTheCycleOfSystemC) { this->run(40); }

template <class V>
class GatherFetcherLong : public GatherFetcher<V> {};
TYPED_TEST_SUITE(GatherFetcherLong, Variants);

TYPED_TEST(GatherFetcherLong, Of1000FetchesAStreamUnderEachProfile) { this->run(1000); }

TYPED_TEST(GatherFetcher, AResetDropsWhatIsUnderWay) {
  this->make_orders(4);
  pulse_reset(this->dut_);
  auto& dut = this->dut_;
  typename GatherFetcher<TypeParam>::Stream stream;
  stream.orders.push(this->orders_[0].parts[0]);
  stream.orders.tick();
  this->put(0, stream);
  dut->order_valid_i = 1;
  dut->axi_arready_i = 0;
  dut->axi_rvalid_i = 0;
  dut.settle();
  dut.tick();
  dut->order_valid_i = 0;
  dut.settle();
  ASSERT_NE(dut->axi_arvalid_o, 0);
  dut->rst_ni = 0;
  dut.settle();  // no clock edge
  EXPECT_EQ(dut->axi_arvalid_o, 0);
  dut.tick();
  dut->rst_ni = 1;
  for (int cycle = 0; cycle < 8; ++cycle) {
    dut.settle();
    EXPECT_EQ(dut->axi_arvalid_o, 0);
    EXPECT_EQ(dut->arrived_valid_o, 0);
    dut.tick();
  }
}

}  // namespace
}  // namespace weft::test
