// No access waits for ever, whatever else is asked for: each is done within the bound that
// docs/units/memory/hbm.md states. And what a channel does depends on nothing but what it is asked.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/common/seed.hpp"
#include "tests/memory/dram_support.hpp"

namespace weft::sim::memory {
namespace {

using weft::memory::DramControl;
using weft::memory::DramPart;
using weft::memory::Page;
using weft::memory::Refresh;
using weft::memory::Scheduler;

// The page's bound, in ticks: patience, and then each access that may be before it in a queue, or
// activated, takes at most four row cycles, refreshes among them.
Cycle bound(const DramPart& part, const DramControl& control) {
  const std::int64_t before = control.read_queue + control.write_queue + 64;
  return (control.patience_clocks + 4 * part.clocks.rc * before) * part.ticks_per_clock();
}

// Offers what `next` gives as long as it is taken, in every tick up to `until`; then no more. The
// longest wait from being taken to being done.
template <class Next>
Cycle longest_wait(const DramPart& part, const DramControl& control, Cycle until, Next next) {
  DramChannel channel({part, control});
  std::map<std::uint64_t, Cycle> taken;
  Cycle longest = 0;
  std::uint64_t id = 0;
  DramChannel::Offer waiting = next(id);
  const auto collect = [&] {
    for (const DramChannel::Done& one : channel.done()) {
      longest = std::max(longest, one.tick - taken.at(one.id));
      taken.erase(one.id);
    }
    channel.clear_done();
  };
  Cycle at = 0;
  for (Cycle now = 0; now < until || !taken.empty(); ++now) {
    if (at <= now) at = channel.step(now);
    collect();
    // A few a tick: of forwarded and absorbed ones it takes any number.
    for (int n = 0; n < 4 && now < until; ++n) {
      waiting.id = id;
      taken.emplace(id, now);
      if (!channel.offer(now, waiting)) {
        taken.erase(id);
        break;
      }
      collect();
      waiting = next(++id);
      at = now + 1;
    }
    if (now > until + 10 * bound(part, control)) {
      ADD_FAILURE() << taken.size() << " are never done";
      return kNever;
    }
  }
  return longest;
}

DramChannel::Offer access(std::int32_t bank, std::int64_t row, std::uint64_t column, bool write) {
  const std::uint64_t address =
      (static_cast<std::uint64_t>(row) * 64 + static_cast<std::uint64_t>(bank)) * 1024 +
      column * 32;
  return {address, 0, bank, row, write};
}

std::uint64_t banks_of(const DramPart& part) {
  return static_cast<std::uint64_t>(part.organisation.all_banks());
}

// Hits of an open row without end, and one access to another row of the bank among them.
TEST(DramPatience, HitsWithoutEndDoNotKeepARowOpenForEver) {
  for (const char* name : {"hbm2", "hbm3", "lpddr5"}) {
    const DramPart part = part_named(name);
    for (const bool write : {false, true}) {
      DramControl control{.refresh = Refresh::none};
      const auto hits = [&](std::uint64_t id) {
        return access(0, id == 20 ? 1 : 0, id % 32, write);
      };
      const Cycle longest = longest_wait(part, control, 60'000, hits);
      EXPECT_LE(longest, bound(part, control)) << name;
      EXPECT_GE(longest, control.patience_clocks * part.ticks_per_clock())
          << name << ": without patience it would wait for ever";
    }
  }
}

// One to another row among hits without end: it alone loses its patience, and is counted.
TEST(DramPatience, WhatGoesBeforeAllOthersIsCounted) {
  const DramPart part = part_named("hbm2");
  DramChannel channel({part, {.refresh = Refresh::none, .patience_clocks = 500}});
  std::uint64_t id = 0;
  for (Cycle now = 1; now < 3000; ++now) {
    channel.step(now);
    channel.clear_done();
    DramChannel::Offer one = access(0, id == 20 ? 1 : 0, id % 32, false);
    one.id = id;
    id += channel.offer(now, one) ? 1 : 0;
    if (now == 400) {
      EXPECT_EQ(channel.counts().urgent, 0U);
    }
  }
  EXPECT_EQ(channel.counts().urgent, 1U);
}

// Writes without end, at more than the low mark, and one read.
TEST(DramPatience, WritesWithoutEndDoNotKeepReadsWaiting) {
  for (const char* name : {"hbm2", "lpddr5"}) {
    const DramPart part = part_named(name);
    DramControl control{.refresh = Refresh::none, .patience_clocks = 2000};
    const auto writes = [&](std::uint64_t id) {
      return access(static_cast<std::int32_t>(id * 5 % banks_of(part)),
                    static_cast<std::int64_t>(id / 32), id % 32, id != 100);
    };
    EXPECT_LE(longest_wait(part, control, 40'000, writes), bound(part, control)) << name;
  }
}

DramControl any_control(std::mt19937_64& random, const DramPart& part) {
  DramControl control;
  control.page = static_cast<Page>(random() % 2);
  control.refresh = static_cast<Refresh>(random() % 3);
  if (control.refresh == Refresh::per_bank && !part.clocks.refi_bank)
    control.refresh = Refresh::all_bank;
  control.scheduler = static_cast<Scheduler>(random() % 2);
  control.patience_clocks = 300 + static_cast<std::int64_t>(random() % 1000);
  return control;
}

// Mixes against it: few banks and rows, a favourite row, a share of writes, in spurts.
void adversarial_mixes(std::uint64_t seed, int mixes) {
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const std::array<DramPart, 4> parts{part_named("hbm2"), part_named("hbm3"), part_named("ddr4"),
                                      part_named("lpddr5")};
  double worst = 0;
  for (int i = 0; i < mixes; ++i) {
    const DramPart& part = parts[random() % parts.size()];
    const DramControl control = any_control(random, part);
    const std::uint64_t banks = 1 + random() % 3;
    const std::uint64_t favourite = 2 + random() % 30;  // of so many, one goes elsewhere
    const std::uint64_t writes = random() % 3;          // none, some, all
    const std::uint64_t turn = 1 + random() % 40;       // how long it reads or writes
    const auto next = [&](std::uint64_t id) {
      const bool other = random() % favourite == 0;
      const bool write = writes == 2 || (writes == 1 && id / turn % 2 == 0);
      return access(static_cast<std::int32_t>(random() % banks * 7),
                    other ? static_cast<std::int64_t>(random() % 4) : 0, random() % 32, write);
    };
    const Cycle until = 100 + static_cast<Cycle>(random() % (i % 50 == 0 ? 8000 : 200));
    const Cycle longest = longest_wait(part, control, until, next);
    const Cycle allowed = bound(part, control);
    worst = std::max(worst, static_cast<double>(longest) / static_cast<double>(allowed));
    ASSERT_LE(longest, allowed) << "mix " << i;
  }
  EXPECT_GT(worst, 0.05) << "the bound says something";
}

TEST(DramPatience, AdversarialMixesStayWithinTheBound) {
  adversarial_mixes(weft::test::seed_or(1505), 1500);
}

TEST(DramPatienceLong, AMillionAdversarialMixesStayWithinTheBound) {
  adversarial_mixes(weft::test::seed_or(1506), 1'000'000);
}

// Stepped in every tick, and only in those that it names: the same commands, the same counts.
TEST(DramChannel, NothingHappensInTicksThatItDoesNotName) {
  const std::uint64_t seed = weft::test::seed_or(1507);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  constexpr std::array<const char*, 4> kParts{"hbm2", "hbm3", "ddr4", "lpddr5"};
  for (int i = 0; i < 60; ++i) {
    const DramPart part = part_named(kParts[static_cast<std::size_t>(i) % kParts.size()]);
    const DramControl control = any_control(random, part);
    std::vector<SentCommand> named, every;
    DramChannel one({part, control}), other({part, control});
    one.log_to(&named);
    other.log_to(&every);
    Cycle at = 0;
    for (Cycle now = 0; now < 20'000; ++now) {
      if (at <= now) at = one.step(now);
      other.step(now);
      if (random() % 40 == 0) {
        for (std::uint64_t n = random() % 40; n > 0; --n) {
          const auto offer =
              access(static_cast<std::int32_t>(random() % banks_of(part)),
                     static_cast<std::int64_t>(random() % 3), random() % 32, random() % 2 == 0);
          ASSERT_EQ(one.offer(now, offer), other.offer(now, offer));
        }
        at = now + 1;
      }
      ASSERT_EQ(one.done().size(), other.done().size()) << "tick " << now;
      one.clear_done();
      other.clear_done();
    }
    one.step(20'000);
    other.step(20'000);
    ASSERT_EQ(named.size(), every.size());
    for (std::size_t c = 0; c < named.size(); ++c) {
      ASSERT_EQ(named[c].tick, every[c].tick);
      ASSERT_EQ(named[c].command, every[c].command);
      ASSERT_EQ(named[c].bank, every[c].bank);
    }
    EXPECT_GT(named.size(), 300U);
    EXPECT_EQ(one.counts().hits, other.counts().hits);
    EXPECT_EQ(one.counts().turnarounds, other.counts().turnarounds);
    EXPECT_EQ(one.counts().read_queue_ticks, other.counts().read_queue_ticks);
    EXPECT_EQ(one.counts().wait_ticks, other.counts().wait_ticks);
    EXPECT_EQ(one.counts().busy_ticks, other.counts().busy_ticks);
  }
}

// The state is one value: a copy goes on as the first does.
TEST(DramChannel, ACopyGoesOnAsItself) {
  const DramPart part = part_named("hbm2");
  DramChannel first({part});
  std::mt19937_64 random(weft::test::seed_or(1508));
  const auto drive = [](DramChannel& channel, std::mt19937_64 draws, Cycle from, Cycle to) {
    std::vector<Cycle> done;
    for (Cycle now = from; now < to; ++now) {
      channel.step(now);
      channel.offer(now,
                    access(static_cast<std::int32_t>(draws() % 32),
                           static_cast<std::int64_t>(draws() % 3), draws() % 32, draws() % 3 == 0));
      for (const DramChannel::Done& one : channel.done()) done.push_back(one.tick);
      channel.clear_done();
    }
    return done;
  };
  drive(first, random, 0, 5000);
  DramChannel copy = first;
  const auto expected = drive(first, random, 5000, 12'000);
  EXPECT_EQ(drive(copy, random, 5000, 12'000), expected);
  EXPECT_GT(expected.size(), 500U);
}

// A channel's accesses do not depend on what other channels are asked, nor on their order.
TEST(DramChannel, ChannelsAreAlone) {
  const DramPart part = part_named("hbm2");
  StreamConfig config = stream_config(part);
  config.channels = 4;
  config.interleave_bytes = 64;
  config.keep_completions = true;
  const auto stream = weft::memory::make_stream({"random_row", 96, 12'000, 1});
  const StreamResult all = run_stream(config, stream);
  const weft::memory::ChannelMap channels(4, 64);
  for (std::size_t c = 0; c < 4; ++c) {
    std::vector<weft::memory::Access> mine;
    std::vector<Cycle> expected;
    for (std::size_t i = 0; i < stream.size(); ++i) {
      if (channels.channel(stream[i].address) != c) continue;
      mine.push_back({channels.within(stream[i].address), stream[i].write});
      expected.push_back(all.done_at[i]);
    }
    StreamConfig alone = config;
    alone.channels = 1;
    EXPECT_EQ(run_stream(alone, mine).done_at, expected) << "channel " << c;
  }
}

// One channel has all the accesses: the others refresh as long.
TEST(DramChannel, ChannelsWithoutAccessesRefresh) {
  const DramPart part = part_named("hbm2");
  StreamConfig config = stream_config(part);
  config.channels = 4;
  std::vector<weft::memory::Access> stream;
  for (std::uint64_t i = 0; i < 20'000; ++i) stream.push_back({i * 1024, false});  // channel 0
  const StreamResult result = run_stream(config, stream);
  const Cycle times = result.ticks / 3900;
  EXPECT_GE(times, 5);
  EXPECT_NEAR(static_cast<double>(result.counts.refreshes), static_cast<double>(times * 2 * 4), 2);
}

// One order for all channels: a full one holds up the rest, so no stream is faster for it, and with
// one channel there is no difference.
TEST(DramChannel, OneWindowForAllChannels) {
  const DramPart part = part_named("hbm2");
  StreamConfig config = stream_config(part);
  const auto stream = weft::memory::make_stream({"random_row", 96, 12'000, 1});
  config.window = Window::stream;
  const Cycle one = run_stream(config, stream).ticks;
  config.window = Window::channel;
  EXPECT_EQ(run_stream(config, stream).ticks, one);
  config.channels = 4;
  const Cycle apart = run_stream(config, stream).ticks;
  config.window = Window::stream;
  const StreamResult together = run_stream(config, stream);
  EXPECT_GE(together.ticks, apart);
  EXPECT_EQ(together.read_latencies.size(), stream.size());
}

}  // namespace
}  // namespace weft::sim::memory
