// Finding periods, on sequences of states made by hand.
#include "sim/engine/steady_state.hpp"

#include <gtest/gtest.h>

namespace weft::sim::engine::test {
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

SteadyState::Found look(SteadyState& steady, const SteadyState::Snapshot& s, std::int64_t left) {
  EXPECT_TRUE(steady.wants(kLevel, 0, s.at));
  return steady.look(kLevel, 0, s, left);
}

// Four iterations to fill, then a state that recurs every third one, 10 + 11 + 12 cycles later.
TEST(SteadyState, FindsThePeriodAndJumpsWholePeriodsOnly) {
  SteadyState steady;
  Cycle now = 0;
  for (std::int64_t i = 0;; ++i) {
    ASSERT_LT(i, 8);
    const std::int64_t state = i < 4 ? 100 + i : (i - 4) % 3;
    const SteadyState::Found found = look(steady, snapshot(i, now, {state, 7}), 100);
    if (i < 7) {
      EXPECT_EQ(found.jump.periods, 0) << "iteration " << i;
      now += i < 4 ? 50 : 10 + (i - 4) % 3;
      continue;
    }
    EXPECT_EQ(found.jump.level, kLevel);
    EXPECT_EQ(found.jump.iterations, 3);
    EXPECT_EQ(found.jump.periods, 33);
    EXPECT_EQ(found.jump.cycles, 33 * 33);
    ASSERT_NE(found.before, nullptr);
    EXPECT_EQ(found.before->at[kLevel], 4);
    EXPECT_EQ(found.before->now, 200);
    break;
  }
}

TEST(SteadyState, DoesNotJumpPastWhatIsRegular) {
  for (const std::int64_t left : {0, 1, 2, 3, 5, 6}) {
    SteadyState steady;
    look(steady, snapshot(0, 0, {1}), left);
    look(steady, snapshot(1, 10, {2}), left);
    look(steady, snapshot(2, 20, {3}), left);
    EXPECT_EQ(look(steady, snapshot(3, 30, {1}), left).jump.periods, left / 3) << left;
  }
}

TEST(SteadyState, StatesOfDifferentOuterIterationsAreNeverCompared) {
  SteadyState steady;
  EXPECT_EQ(look(steady, snapshot(0, 0, {1}, 0), 10).jump.periods, 0);
  EXPECT_EQ(look(steady, snapshot(1, 10, {1}, 1), 10).jump.periods, 0);
  EXPECT_EQ(look(steady, snapshot(2, 20, {1}, 1), 10).jump.periods, 10);
}

TEST(SteadyState, ForgetsWhatLiesBeforeAJump) {
  SteadyState steady;
  look(steady, snapshot(0, 0, {1}), 10);
  steady.forget(kLevel);
  EXPECT_EQ(look(steady, snapshot(5, 50, {1}), 10).jump.periods, 0);
  steady.forget(kLevel - 1);  // of an outer loop: inner ones too
  EXPECT_EQ(look(steady, snapshot(6, 60, {1}), 10).jump.periods, 0);
  steady.forget(kLevel + 1);  // of an inner loop: not this one
  EXPECT_EQ(look(steady, snapshot(7, 70, {1}), 10).jump.periods, 10);
}

TEST(SteadyState, AskingForASnapshotOfAnotherLoopIsRefused) {
  SteadyState steady;
  look(steady, snapshot(0, 0, {1}, 0), 10);
  EXPECT_THROW(steady.look(kLevel, 0, snapshot(1, 10, {1}, 1), 10), ContractError);
}

// A state that never recurs is given up after a bounded number of snapshots, and the next outer
// iteration is tried afresh.
TEST(SteadyState, GivesUpWhatNeverRecurs) {
  SteadyState steady;
  std::int64_t taken = 0;
  while (steady.wants(kLevel, 0, snapshot(taken, 0, {}).at)) {
    ASSERT_LT(taken, 100'000);
    EXPECT_EQ(steady.look(kLevel, 0, snapshot(taken, taken, {taken}), 1'000'000).jump.periods, 0);
    ++taken;
  }
  EXPECT_GT(taken, 100);
  EXPECT_TRUE(steady.wants(kLevel, 0, snapshot(0, 0, {}, 1).at));
}

}  // namespace
}  // namespace weft::sim::engine::test
