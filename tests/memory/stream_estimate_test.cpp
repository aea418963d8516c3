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

// Over patterns that read or write alone, mappings and windows.
Error error_of(const std::string& name, Refresh refresh) {
  struct Stream {
    const char* pattern;
    std::int64_t bytes;
  };
  Error error;
  const DramPart part = part_named(name);
  for (const char* mapping : {"RoBaRaCoCh", "MOP4CLXOR"}) {
    for (const Stream& stream :
         {Stream{"seq_read", 32}, Stream{"seq_write", 32}, Stream{"random_row", 32},
          Stream{"random_row", 64}, Stream{"random_row", 128}, Stream{"random_row", 256},
          Stream{"gather_20", 96}, Stream{"gather_50", 96}, Stream{"gather_80", 128}}) {
      const auto accesses = make_stream({stream.pattern, stream.bytes, 16384, 1});
      for (const std::int64_t outstanding : {1, 4, 16, 64}) {
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

// 72 streams a line. A smaller error is no failure, but the page then says too much.
TEST(StreamEstimate, ErrsByWhatThePageStates) {
  struct Stated {
    const char* part;
    Refresh refresh;
    double mean, most;
  };
  for (const Stated& stated :
       {Stated{"hbm2", Refresh::all_bank, 0.07, 0.28}, Stated{"hbm2", Refresh::none, 0.04, 0.18},
        Stated{"hbm3", Refresh::all_bank, 0.13, 0.40}, Stated{"hbm3", Refresh::none, 0.08, 0.29}}) {
    const Error error = error_of(stated.part, stated.refresh);
    EXPECT_EQ(error.count, 72);
    EXPECT_NEAR(error.sum / error.count, stated.mean, 0.01) << stated.part;
    EXPECT_NEAR(error.most, stated.most, 0.02) << stated.part;
  }
}

// What it is made of, worked out: one row, read in order, of one pseudo-channel and group.
TEST(StreamEstimate, OfOneRowIsTheBankGroupsPace) {
  const DramPart part = part_named("hbm2");
  const DramControl control{.refresh = Refresh::none};
  std::vector<Access> accesses;
  for (std::uint64_t i = 0; i < 1024; ++i) accesses.push_back({i % 32 * 32, false});
  const auto estimate =
      estimate_stream(part, mapping_named("RoBaRaCoCh", part), control, 16, accesses);
  ASSERT_TRUE(estimate.has_value());
  EXPECT_DOUBLE_EQ(estimate->bank_group, 4);
  EXPECT_DOUBLE_EQ(estimate->data_bus, 2);
  EXPECT_DOUBLE_EQ(estimate->activates, 1.0 / 1024);
  EXPECT_NEAR(estimate->ticks_per_access, 4, 0.1);
}

TEST(StreamEstimate, KnowsWhatItDoesNotKnow) {
  const DramPart part = part_named("hbm2");
  const AddressMap map = mapping_named("RoBaRaCoCh", part);
  const auto reads = make_stream({"seq_read", 32, 1000, 1});
  EXPECT_TRUE(estimate_stream(part, map, {}, 16, reads).has_value());
  EXPECT_FALSE(estimate_stream(part, map, {.page = Page::closed}, 16, reads).has_value());
  EXPECT_FALSE(
      estimate_stream(part, map, {}, 16, make_stream({"rw_alternate", 32, 1000, 1})).has_value());
  EXPECT_FALSE(estimate_stream(part, map, {}, 16, std::span(reads).first(10)).has_value());
  EXPECT_FALSE(estimate_stream(part, map, {}, 16, {}).has_value());
}

}  // namespace
}  // namespace weft::memory
