// Finding periods, on sequences of states made by hand.
#include "sim/assembly/steady_state.hpp"

#include <gtest/gtest.h>

namespace weft::sim {
namespace {

constexpr int kLevel = 2;

SteadyState::Snapshot snapshot(std::int64_t iteration, Cycle now, std::vector<std::int64_t> words,
                               std::int64_t outer = 0) {
  SteadyState::Snapshot made;
  made.words = std::move(words);
  made.now = now;
  made.at[0] = outer;
  made.at[kLevel] = iteration;
  return made;
}

SteadyState::Found look(SteadyState& steady, const SteadyState::Snapshot& s) {
  EXPECT_TRUE(steady.wants(kLevel, 0, s.at));
  return steady.look(kLevel, s);
}

// Four iterations to fill, then a state that recurs every third one, 10 + 11 + 12 cycles later.
TEST(SteadyState, FindsThePeriod) {
  SteadyState steady;
  Cycle now = 0;
  for (std::int64_t i = 0;; ++i) {
    ASSERT_LT(i, 8);
    const std::int64_t state = i < 4 ? 100 + i : (i - 4) % 3;
    const SteadyState::Found found = look(steady, snapshot(i, now, {state, 7}));
    if (i < 7) {
      EXPECT_EQ(found.before, nullptr) << "iteration " << i;
      now += i < 4 ? 50 : 10 + (i - 4) % 3;
      continue;
    }
    ASSERT_NE(found.before, nullptr);
    EXPECT_EQ(found.period.level, kLevel);
    EXPECT_EQ(found.period.iterations, 3);
    EXPECT_EQ(found.period.periods, 1);
    EXPECT_EQ(found.period.cycles, 33);
    EXPECT_EQ(found.before->at[kLevel], 4);
    EXPECT_EQ(found.before->now, 200);
    break;
  }
}

// Whichever of its words tells a state from those before.
TEST(SteadyState, TellsStatesApartByAnyWord) {
  for (std::size_t other = 0; other < 12; ++other) {
    SteadyState steady;
    for (std::int64_t i = 0; i < 6; ++i) {
      std::vector<std::int64_t> words(12, 1);
      words[other] = 100 + i;
      EXPECT_EQ(look(steady, snapshot(i, static_cast<Cycle>(10 * i), words)).before, nullptr)
          << "word " << other;
    }
  }
}

TEST(SteadyState, StatesOfDifferentOuterIterationsAreNeverCompared) {
  SteadyState steady;
  EXPECT_EQ(look(steady, snapshot(0, 0, {1}, 0)).before, nullptr);
  EXPECT_EQ(look(steady, snapshot(1, 10, {1}, 1)).before, nullptr);
  EXPECT_NE(look(steady, snapshot(2, 20, {1}, 1)).before, nullptr);
}

TEST(SteadyState, ForgetsWhatLiesBeforeAJump) {
  SteadyState steady;
  look(steady, snapshot(0, 0, {1}));
  steady.forget(kLevel);
  EXPECT_EQ(look(steady, snapshot(5, 50, {1})).before, nullptr);
  steady.forget(kLevel - 1);  // of an outer loop: inner ones too
  EXPECT_EQ(look(steady, snapshot(6, 60, {1})).before, nullptr);
  steady.forget(kLevel + 1);  // of an inner loop: not this one
  EXPECT_NE(look(steady, snapshot(7, 70, {1})).before, nullptr);
}

TEST(SteadyState, AskingForASnapshotOfAnotherLoopIsRefused) {
  SteadyState steady;
  look(steady, snapshot(0, 0, {1}, 0));
  EXPECT_THROW(steady.look(kLevel, snapshot(1, 10, {1}, 1)), ContractError);
}

// A state that never recurs is given up after a bounded number of snapshots, and the next outer
// iteration is tried afresh.
TEST(SteadyState, GivesUpWhatNeverRecurs) {
  SteadyState steady;
  std::int64_t taken = 0;
  while (steady.wants(kLevel, 0, snapshot(taken, 0, {}).at)) {
    ASSERT_LT(taken, 100'000);
    EXPECT_EQ(steady.look(kLevel, snapshot(taken, taken, {taken})).before, nullptr);
    ++taken;
  }
  EXPECT_GT(taken, 100);
  EXPECT_TRUE(steady.wants(kLevel, 0, snapshot(0, 0, {}, 1).at));
}

}  // namespace
}  // namespace weft::sim
