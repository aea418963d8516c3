// The closed form beside the simulation, and its error as the page states it.
#include "models/memory/stream_estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/memory/dram_support.hpp"

namespace weft::memory {
namespace {

using sim::memory::mapping_named;
using sim::memory::part_named;

struct Error {
  double sum = 0, most = 0;
  int count = 0;
  void add(double relative) {
    sum += std::abs(relative);
    most = std::max(most, std::abs(relative));
    ++count;
  }
};

struct Stream {
  const char* pattern;
  std::int64_t bytes;
};

// Over mappings and windows.
Error error_of(const std::string& name, Refresh refresh, const std::vector<Stream>& streams) {
  Error error;
  const DramPart part = part_named(name);
  for (const char* mapping : {"RoBaRaCoCh", "MOP4CLXOR"}) {
    for (const Stream& stream : streams) {
      const auto accesses =
          make_stream({stream.pattern, stream.bytes, 16384, 1, part.organisation.access_bytes});
      for (const std::int64_t outstanding : {1, 4, 8, 16, 32, 64}) {
        sim::memory::StreamConfig config = sim::memory::stream_config(part, mapping);
        config.outstanding = outstanding;
        config.channel.control.refresh = refresh;
        const double simulated =
            static_cast<double>(sim::memory::run_stream(config, accesses).ticks) /
            static_cast<double>(accesses.size());
        const auto estimate =
            estimate_stream(part, config.mapping, config.channel.control, outstanding, accesses);
        EXPECT_TRUE(estimate.has_value());
        if (estimate) error.add(estimate->ticks_per_access / simulated - 1);
      }
    }
  }
  return error;
}

const std::vector<Stream> kSequential{{"seq_read", 32}, {"seq_write", 32}};
const std::vector<Stream> kRandom{{"random_row", 32},  {"random_row", 64},  {"random_row", 96},
                                  {"random_row", 128}, {"random_row", 256}, {"random_write", 32}};
const std::vector<Stream> kGathers{
    {"gather_20", 96}, {"gather_50", 96}, {"gather_80", 128}, {"gather_50", 256}};

// A smaller error is no failure, but the page then says too much.
TEST(StreamEstimate, ErrsByWhatThePageStates) {
  struct Stated {
    const char* part;
    Refresh refresh;
    const std::vector<Stream>& streams;
    double mean, most;  // percent
  };
  for (const Stated& stated : {
           Stated{"hbm2", Refresh::all_bank, kSequential, 1.0, 4.1},
           Stated{"hbm2", Refresh::all_bank, kRandom, 1.9, 9.6},
           Stated{"hbm2", Refresh::all_bank, kGathers, 1.7, 12.3},
           Stated{"hbm2", Refresh::none, kSequential, 0.9, 4.4},
           Stated{"hbm2", Refresh::none, kRandom, 1.7, 9.3},
           Stated{"hbm2", Refresh::none, kGathers, 1.5, 11.1},
           Stated{"hbm2", Refresh::per_bank, kSequential, 4.5, 17.5},
           Stated{"hbm2", Refresh::per_bank, kRandom, 6.6, 15.5},
           Stated{"hbm2", Refresh::per_bank, kGathers, 3.1, 13.8},
           Stated{"hbm3", Refresh::all_bank, kSequential, 2.3, 9.4},
           Stated{"hbm3", Refresh::all_bank, kRandom, 1.3, 8.6},
           Stated{"hbm3", Refresh::all_bank, kGathers, 2.2, 14.0},
           Stated{"hbm3", Refresh::none, kSequential, 1.3, 6.7},
           Stated{"hbm3", Refresh::none, kRandom, 1.3, 6.6},
           Stated{"hbm3", Refresh::none, kGathers, 1.6, 12.1},
           Stated{"hbm3", Refresh::per_bank, kSequential, 3.5, 22.6},
           Stated{"hbm3", Refresh::per_bank, kRandom, 7.4, 16.2},
           Stated{"hbm3", Refresh::per_bank, kGathers, 4.2, 14.7},
           Stated{"ddr4", Refresh::all_bank, kSequential, 2.1, 8.8},
           Stated{"ddr4", Refresh::all_bank, kRandom, 3.1, 10.8},
           Stated{"ddr4", Refresh::all_bank, kGathers, 2.0, 11.9},
           Stated{"ddr4-3200", Refresh::all_bank, kSequential, 0.6, 7.3},
           Stated{"ddr4-3200", Refresh::all_bank, kRandom, 3.5, 13.0},
           Stated{"ddr4-3200", Refresh::all_bank, kGathers, 0.5, 3.5},
           Stated{"lpddr5", Refresh::all_bank, kSequential, 1.1, 3.3},
           Stated{"lpddr5", Refresh::all_bank, kRandom, 4.1, 17.2},
           Stated{"lpddr5", Refresh::all_bank, kGathers, 1.9, 9.0},
       }) {
    const Error error = error_of(stated.part, stated.refresh, stated.streams);
    const std::string name = std::string(stated.part) + ", " + stated.streams.front().pattern +
                             ", refresh " + std::to_string(static_cast<int>(stated.refresh));
    EXPECT_EQ(error.count, static_cast<int>(stated.streams.size()) * 2 * 6);
    EXPECT_NEAR(100 * error.sum / error.count, stated.mean, 0.2) << name;
    EXPECT_NEAR(100 * error.most, stated.most, 0.2) << name;
  }
}

// Worked out: one row, read in order, of one pseudo-channel and group. The first read is done after
// ACT (tick 1), RD and its data, each next one at the bank group's pace.
TEST(StreamEstimate, OfOneRowIsTheBankGroupsPace) {
  const DramPart part = part_named("hbm2");
  const DramControl control{.refresh = Refresh::none};
  std::vector<Access> accesses;
  for (std::uint64_t i = 0; i < 1024; ++i) accesses.push_back({i % 32 * 32, false});
  const auto estimate =
      estimate_stream(part, mapping_named("RoBaRaCoCh", part), control, 16, accesses);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_DOUBLE_EQ(estimate->activates, 1.0 / 1024);
  EXPECT_DOUBLE_EQ(estimate->ticks_per_access * 1024, 1 + 15 + 16 + 1023 * 4);
  // One by one: each is seen a tick after the one before it is done, and read at once.
  const auto alone = estimate_stream(part, mapping_named("RoBaRaCoCh", part), control, 1, accesses);
  EXPECT_DOUBLE_EQ(alone->ticks_per_access * 1024, 1 + 15 + 16 + 1023 * 17);
  EXPECT_DOUBLE_EQ(alone->latency * 1024, 1 + 15 + 16 + 1023 * 17);
}

TEST(StreamEstimate, KnowsWhatItDoesNotKnow) {
  const DramPart part = part_named("hbm2");
  const AddressMap map = mapping_named("RoBaRaCoCh", part);
  const auto reads = make_stream({"seq_read", 32, 1000, 1});
  EXPECT_TRUE(estimate_stream(part, map, {}, 16, reads).has_value());
  EXPECT_FALSE(estimate_stream(part, map, {.page = Page::closed}, 16, reads).has_value());
  EXPECT_FALSE(
      estimate_stream(part, map, {}, 16, make_stream({"rw_alternate", 32, 1000, 1})).has_value());
  EXPECT_TRUE(estimate_stream(part, map, {}, 16, std::span(reads).first(10)).has_value());
  EXPECT_FALSE(estimate_stream(part, map, {}, 16, {}).has_value());
}

}  // namespace
}  // namespace weft::memory
