// Periods passed over: the same ticks, latencies, completions, commands and counts as stepping.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/common/seed.hpp"
#include "tests/memory/dram_random.hpp"

namespace weft::sim::memory {
namespace {

using weft::memory::Access;
using weft::memory::DramPart;
using weft::memory::Refresh;

bool same(const DramCounts& a, const DramCounts& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

// Of a stream, stepped whole and not; how many accesses were passed over.
std::uint64_t passed_over(StreamConfig config, const std::vector<Access>& accesses) {
  config.keep_completions = config.keep_commands = true;
  config.advance = true;
  const StreamResult quick = run_stream(config, accesses);
  config.advance = false;
  const StreamResult whole = run_stream(config, accesses);
  EXPECT_EQ(whole.passed_over, 0U);
  EXPECT_EQ(quick.ticks, whole.ticks);
  EXPECT_EQ(quick.read_latencies, whole.read_latencies);
  EXPECT_EQ(quick.done_at, whole.done_at);
  EXPECT_TRUE(same(quick.counts, whole.counts));
  EXPECT_EQ(quick.commands.size(), whole.commands.size());
  for (std::size_t c = 0; c < whole.commands.size(); ++c) {
    EXPECT_EQ(quick.commands[c].size(), whole.commands[c].size());
    const bool equal = std::equal(
        quick.commands[c].begin(), quick.commands[c].end(), whole.commands[c].begin(),
        whole.commands[c].end(), [](const SentCommand& a, const SentCommand& b) {
          return a.tick == b.tick && a.command == b.command && a.bank == b.bank && a.row == b.row;
        });
    EXPECT_TRUE(equal) << "channel " << c;
  }
  return quick.passed_over;
}

TEST(DramAdvance, SequentialStreamsRecurWithTheirRefreshes) {
  struct Case {
    const char *part, *mapping, *pattern;
    std::int64_t outstanding;
    Refresh refresh;
    std::int64_t requests = 120'000;
  };
  for (const Case& c : {Case{"hbm2", "RoBaRaCoCh", "seq_read", 64, Refresh::all_bank, 300'000},
                        Case{"hbm2", "RoBaRaCoCh", "seq_read", 16, Refresh::all_bank},
                        Case{"hbm2", "MOP4CLXOR", "seq_write", 64, Refresh::per_bank},
                        Case{"hbm2", "RoBaRaCoCh", "rw_copy", 64, Refresh::none},
                        Case{"hbm3", "RoBaRaCoCh", "seq_read", 4, Refresh::per_bank},
                        Case{"hbm3", "MOP4CLXOR", "seq_read", 1, Refresh::none},
                        Case{"ddr4", "RoBaRaCoCh", "seq_write", 64, Refresh::none}}) {
    SCOPED_TRACE(std::string(c.part) + " " + c.mapping + " " + c.pattern + " " +
                 std::to_string(c.outstanding));
    const DramPart part = part_named(c.part);
    StreamConfig config = stream_config(part, c.mapping);
    config.outstanding = c.outstanding;
    config.channel.control.refresh = c.refresh;
    const auto stream =
        weft::memory::make_stream({c.pattern, 32, c.requests, 1, part.organisation.access_bytes});
    EXPECT_GT(passed_over(config, stream), 10'000U);
  }
}

// A phase of random accesses, then one that repeats itself from row to row, and again.
std::vector<Access> phases(std::mt19937_64& random, const DramPart& part, std::uint64_t span) {
  const auto unit = static_cast<std::uint64_t>(part.organisation.access_bytes);
  std::vector<Access> accesses;
  for (std::uint64_t n = 1 + random() % 2; n > 0; --n) {
    for (const Access& one : random_accesses(random, part, random() % 900)) accesses.push_back(one);
    std::vector<Access> block = random_accesses(random, part, 1 + random() % 120);
    const std::uint64_t base = random() % 64 * span + random() % 32 * unit;
    const std::uint64_t step = random() % 3 * span;  // the same rows again, or the next
    const std::uint64_t times = 8'000 / block.size();
    for (std::uint64_t i = 0; i < times; ++i) {
      for (const Access& one : block)
        accesses.push_back({base + one.address % span + i * step, one.write});
    }
  }
  return accesses;
}

// Any part, mapping, control and window, over one channel or several.
TEST(DramAdvance, AnyMixIsAsItIsStepped) {
  const std::uint64_t seed = weft::test::seed_or(1511);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  constexpr std::array<const char*, 4> kParts{"hbm2", "hbm3", "ddr4", "lpddr5"};
  int recurred = 0, refreshing = 0;
  for (int i = 0; i < 90; ++i) {
    DramPart part = i % 3 == 0 ? part_named(kParts[random() % kParts.size()]) : random_part(random);
    const Mix mix = random_mix(random, part);
    SCOPED_TRACE("mix " + std::to_string(i) + ": " + mix.text);
    StreamConfig config = mix.config;
    config.channels = std::int64_t{1} << random() % 3;
    config.interleave_bytes = part.organisation.access_bytes << random() % 7;
    config.window = random() % 2 == 0 ? Window::channel : Window::stream;
    const std::uint64_t span =
        config.mapping.row_span().value_or(1 << 16) * static_cast<std::uint64_t>(config.channels);
    const bool passed = passed_over(config, phases(random, part, span)) > 0;
    recurred += passed ? 1 : 0;
    refreshing += passed && config.channel.control.refresh != Refresh::none ? 1 : 0;
    if (HasFailure()) return;
  }
  EXPECT_GT(recurred, 10);
  EXPECT_GT(refreshing, 2);
}

// What does not recur is not passed over: rows at random, and a mapping that XORs with the row.
TEST(DramAdvance, WhatDoesNotRecurIsStepped) {
  const DramPart part = part_named("hbm2");
  StreamConfig config = stream_config(part);
  EXPECT_EQ(passed_over(config, weft::memory::make_stream({"random_row", 32, 60'000, 1})), 0U);
  config.mapping = weft::memory::AddressMap(
      {.description = {},
       .low_to_high = {"column", "pseudochannel", "bank_group", "bank", "row"},
       .xor_ = {{.fields = {weft::memory::PlaceField::bank},
                 .with = weft::memory::PlaceField::row}}},
      part.organisation);
  EXPECT_FALSE(config.mapping.row_span().has_value());
  EXPECT_EQ(passed_over(config, weft::memory::make_stream({"seq_read", 32, 60'000, 1})), 0U);
}

TEST(AddressMap, RowsFollowOneAnotherAtTheirSpan) {
  for (const char* name : {"hbm2", "hbm3", "ddr4", "lpddr5"}) {
    const DramPart part = part_named(name);
    for (const char* mapping : {"RoBaRaCoCh", "MOP4CLXOR"}) {
      const auto map = mapping_named(mapping, part);
      const std::uint64_t span = map.row_span().value_or(0);
      EXPECT_EQ(span, static_cast<std::uint64_t>(part.organisation.all_banks() *
                                                 part.organisation.row_bytes));
      for (const std::uint64_t address : {0ULL, 4096ULL, 12'345'664ULL}) {
        const auto here = map.place(address), there = map.place(address + 3 * span);
        EXPECT_EQ(there.bank, here.bank);
        EXPECT_EQ(there.column, here.column);
        EXPECT_EQ(there.row, here.row + 3);
      }
    }
    EXPECT_FALSE(mapping_named("ChRaBaRoCo", part).row_span().has_value());
  }
}

}  // namespace
}  // namespace weft::sim::memory
