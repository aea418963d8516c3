#include "sim/common/channel.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/common/seed.hpp"

namespace weft::sim {
namespace {

struct Word {
  std::int64_t value = 0;
  std::int64_t moved = 0;  // what advance() was told
  void fingerprint(StateWords& out) const { out.word(value); }
  void advance(Cycle cycles) { moved += cycles; }
};

struct CountingWaker : Waker {
  void wake_in(Cycle ticks) override {
    EXPECT_EQ(ticks, 1);
    ++wakes;
  }
  int wakes = 0;
};

TEST(Channel, AMessageIsSeenFromTheNextCycleOn) {
  Channel<Word> channel;
  EXPECT_FALSE(channel.ready(100));
  channel.push(7, {42});
  EXPECT_FALSE(channel.ready(6));
  EXPECT_FALSE(channel.ready(7));
  EXPECT_TRUE(channel.ready(8));
  EXPECT_TRUE(channel.ready(1000));
  EXPECT_EQ(channel.pop(8).value, 42);
  EXPECT_TRUE(channel.empty());
}

TEST(Channel, EarlyReadsAndSendsIntoThePastAreRefused) {
  Channel<Word> channel;
  EXPECT_THROW(channel.pop(0), ContractError);
  channel.push(5, {1});
  EXPECT_THROW(channel.pop(5), ContractError);
  EXPECT_THROW(channel.push(4, {2}), ContractError);
  channel.push(5, {3});
  EXPECT_EQ(channel.pop(6).value, 1);
  EXPECT_EQ(channel.pop(6).value, 3);
}

TEST(Channel, WakesItsReceiverOnceAMessage) {
  Channel<Word> channel(3);
  CountingWaker waker;
  channel.push(0, {});
  channel.connect(&waker);
  channel.push(0, {});
  channel.push(3, {});
  EXPECT_EQ(waker.wakes, 2);
}

// Whatever is sent when, and whenever it is looked for: the order sent, each one cycle later at the
// soonest.
TEST(Channel, KeepsTheOrderUnderRandomPauses) {
  const std::uint64_t seed = weft::test::seed_or(3);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  Channel<Word> channel(2000);
  std::vector<Cycle> sent;
  std::size_t received = 0;
  for (Cycle now = 0; now < 2000; ++now) {
    const bool receiver_first = random() % 2 == 0;
    const auto receive = [&] {
      while (random() % 3 != 0 && channel.ready(now)) {
        const Word word = channel.pop(now);
        ASSERT_EQ(word.value, static_cast<std::int64_t>(received));
        ASSERT_LT(sent[received], now);
        ++received;
      }
      // What is not ready was sent in this very cycle.
      if (!channel.ready(now) && !channel.empty()) {
        ASSERT_EQ(sent[received], now);
      }
    };
    if (receiver_first) receive();
    for (std::uint64_t n = random() % 3; n > 0; --n) {
      channel.push(now, {static_cast<std::int64_t>(sent.size())});
      sent.push_back(now);
    }
    if (!receiver_first) receive();
  }
  EXPECT_GT(received, 1000u);
  EXPECT_LE(received, sent.size());
}

TEST(Channel, StateIsRelativeToNowAndMovesByWholePeriods) {
  const auto state_at = [](const Channel<Word>& channel, Cycle now) {
    StateWords words(now);
    channel.fingerprint(words);
    return words.take();
  };
  Channel<Word> early;
  Channel<Word> late;
  early.push(10, {1});
  early.push(12, {2});
  late.push(110, {1});
  late.push(112, {2});
  EXPECT_EQ(state_at(early, 13), state_at(late, 113));
  EXPECT_NE(state_at(early, 13), state_at(late, 114));
  early.advance(100);
  EXPECT_EQ(state_at(early, 113), state_at(late, 113));
  EXPECT_FALSE(early.ready(110));
  EXPECT_EQ(early.pop(111).moved, 100);
}

// Sent in cycle 0 and 1; full from then on. What is taken out in cycle 4 makes room for cycle 5.
TEST(Channel, APlaceIsFreeTheCycleAfterItsBeatLeft) {
  Channel<Word> channel(2);
  EXPECT_TRUE(channel.offer(0, {0}));
  EXPECT_TRUE(channel.offer(1, {1}));
  EXPECT_FALSE(channel.offer(2, {2}));
  EXPECT_THROW(channel.push(3, {2}), ContractError);
  EXPECT_EQ(channel.pop(4).value, 0);
  EXPECT_FALSE(channel.offer(4, {2}));
  EXPECT_TRUE(channel.offer(5, {2}));
  EXPECT_EQ(channel.pop(5).value, 1);
  EXPECT_EQ(channel.pop(6).value, 2);
  EXPECT_EQ(channel.count(ChannelCounter::beats), 3u);
  EXPECT_EQ(channel.count(ChannelCounter::stall_cycles), 3u);         // offered in 2, taken in 5
  EXPECT_EQ(channel.count(ChannelCounter::beat_cycles), 4u + 4 + 1);  // seen 1-4, 2-5 and 6
  EXPECT_EQ(channel.count(ChannelCounter::most_beats), 2u);
  EXPECT_THROW(Channel<Word>(0), ContractError);
}

// A sender that waits is woken for the cycle in which there is room, whichever end is stepped
// first.
TEST(Channel, WakesASenderThatWaitsForRoom) {
  for (const bool receiver_first : {false, true}) {
    Channel<Word> channel(1);
    CountingWaker sender;
    channel.connect_sender(&sender);
    EXPECT_TRUE(channel.offer(0, {0}));
    if (receiver_first) channel.pop(1);
    EXPECT_FALSE(channel.offer(1, {1}));
    if (!receiver_first) channel.pop(1);
    EXPECT_EQ(sender.wakes, 1) << receiver_first;
    EXPECT_TRUE(channel.offer(2, {1}));
  }
}

// When which beat moves, where both ends pause at random.
std::vector<std::pair<Cycle, Cycle>> moves(std::size_t depth, bool receiver_first,
                                           std::uint64_t seed, Counters& counted) {
  std::mt19937_64 random(seed);
  Channel<Word> channel(depth);
  std::vector<Cycle> sent;
  std::vector<std::pair<Cycle, Cycle>> moved;
  for (Cycle now = 0; now < 500; ++now) {
    const bool sends = random() % 4 != 0;
    const bool takes = random() % 3 != 0;
    const auto send = [&] {
      if (sends && channel.offer(now, {static_cast<std::int64_t>(sent.size())}))
        sent.push_back(now);
    };
    const auto take = [&] {
      if (!takes || !channel.ready(now)) return;
      const std::int64_t beat = channel.pop(now).value;
      EXPECT_EQ(beat, static_cast<std::int64_t>(moved.size()));
      moved.emplace_back(sent[static_cast<std::size_t>(beat)], now);
    };
    receiver_first ? take() : send();
    receiver_first ? send() : take();
    EXPECT_LE(sent.size() - moved.size(), depth);
  }
  counted = channel.counters();
  return moved;
}

TEST(Channel, DoesNotDependOnWhoIsSteppedFirst) {
  for (std::size_t depth = 1; depth <= 5; ++depth) {
    const std::uint64_t seed = weft::test::seed_or(depth);
    SCOPED_TRACE(weft::test::seed_text(seed));
    Counters first{};
    Counters second{};
    const auto moved = moves(depth, false, seed, first);
    EXPECT_EQ(moved, moves(depth, true, seed, second)) << depth;
    EXPECT_EQ(first, second) << depth;
    EXPECT_GT(moved.size(), 100u);
  }
}

// With both ends ready in every cycle: every other cycle by one place, every cycle from two on.
TEST(Channel, CarriesABeatACycleFromDepthTwoOn) {
  for (const std::size_t depth : {1, 2, 3}) {
    Channel<Word> channel(depth);
    std::int64_t taken = 0;
    for (Cycle now = 0; now < 100; ++now) {
      if (channel.room(now)) channel.push(now, {now});
      if (channel.ready(now)) taken += channel.pop(now).value >= 0 ? 1 : 0;
    }
    EXPECT_EQ(taken, depth == 1 ? 50 : 99) << depth;
  }
}

TEST(StateWords, TimesOfLongAgoAreAllTheSame) {
  const auto word = [](Cycle now, Cycle t, Cycle horizon) {
    StateWords words(now);
    words.recent_time(t, horizon);
    return words.words().at(0);
  };
  EXPECT_EQ(word(1000, 995, 10), -5);
  EXPECT_EQ(word(1000, 990, 10), -10);
  EXPECT_EQ(word(1000, 3, 10), -10);
  EXPECT_EQ(word(1000, 1020, 10), 20);
  StateWords words(50);
  words.time(kNever);
  words.time(60);
  EXPECT_EQ(words.words(), (std::vector<std::int64_t>{kNever, 10}));
}

}  // namespace
}  // namespace weft::sim
