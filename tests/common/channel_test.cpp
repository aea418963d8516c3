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
  void wake_next_cycle() override { ++wakes; }
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
  Channel<Word> channel;
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
  const std::uint64_t seed = test::seed_or(3);
  SCOPED_TRACE(test::seed_text(seed));
  std::mt19937_64 random(seed);
  Channel<Word> channel;
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
