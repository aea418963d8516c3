// Worker processes: every job once, answers whole, faults and ends passed on.
#include "sim/common/workers.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <stop_token>
#include <string>
#include <vector>

#include "models/common/error.hpp"

namespace weft::sim {
namespace {

TEST(Workers, EveryJobIsAnsweredOnceWhateverTheirNumber) {
  for (const unsigned count : {1u, 2u, 5u}) {
    constexpr std::size_t kJobs = 300;
    // Long lines, and lines with breaks in them.
    Workers workers(kJobs, count,
                    [](std::size_t i) { return std::to_string(i) + std::string(i * 50, 'x'); });
    std::vector<int> seen(kJobs, 0);
    const std::stop_source stop;
    EXPECT_TRUE(workers.collect(
        [&](std::size_t i, const std::string& line) {
          ++seen.at(i);
          EXPECT_EQ(line, std::to_string(i) + std::string(i * 50, 'x'));
        },
        stop.get_token()));
    EXPECT_EQ(seen, std::vector<int>(kJobs, 1));
  }
}

TEST(Workers, NoJobsNoAnswers) {
  Workers workers(0, 2, [](std::size_t) { return std::string(); });
  const std::stop_source stop;
  EXPECT_TRUE(workers.collect([](std::size_t, const std::string&) { FAIL(); }, stop.get_token()));
}

TEST(Workers, WhatAJobThrowsIsThrownHere) {
  const auto ignore = [](std::size_t, const std::string&) {};
  const std::stop_source stop;
  Workers bad(4, 2, [](std::size_t i) -> std::string {
    if (i == 2) throw ConfigError(Problem{{"file.yaml", 3, 1}, "key", "value", "wrong"});
    return "";
  });
  EXPECT_THROW(bad.collect(ignore, stop.get_token()), ConfigError);
  Workers broken(4, 2, [](std::size_t i) -> std::string {
    if (i == 1) throw ContractError("broken\nin two lines");
    return "";
  });
  EXPECT_THROW(broken.collect(ignore, stop.get_token()), ContractError);
}

TEST(Workers, OneThatIsKilledIsNoticed) {
  Workers workers(8, 2, [](std::size_t i) -> std::string {
    if (i == 3) std::raise(SIGKILL);
    return "";
  });
  const std::stop_source stop;
  EXPECT_THROW(workers.collect([](std::size_t, const std::string&) {}, stop.get_token()),
               ContractError);
}

TEST(Workers, AnEndIsAskedForAndHappens) {
  std::stop_source stop;
  Workers workers(1000000, 2, [](std::size_t) { return std::string("more"); });
  std::size_t answers = 0;
  EXPECT_FALSE(workers.collect(
      [&](std::size_t, const std::string&) {
        if (++answers == 10) stop.request_stop();
      },
      stop.get_token()));
  EXPECT_GE(answers, 10u);
}

}  // namespace
}  // namespace weft::sim
