// Worker processes: every job once, answers whole, faults and ends passed on.
#include "sim/common/workers.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
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

// Of seven jobs one throws, one takes its process with it and one does not end: the others are
// done, one of them told to end as its whole group is, which is its parent's to do.
TEST(ProcessPool, WhatBecomesOfAJobIsToldOfThatJobAlone) {
  ProcessPool pool(2, [](std::uint64_t i) -> std::string {
    if (i == 1) throw ConfigError(Problem{{"a.yaml", 1, 1}, "key", "", "wrong"});
    if (i == 2) throw ContractError("broken");
    if (i == 3) std::raise(SIGKILL);
    if (i == 4) ::sleep(1000);
    if (i == 5) std::raise(SIGTERM);
    return std::string(200000, 'x') + std::to_string(i);
  });
  for (int round = 0; round < 2; ++round) {
    std::vector<Outcome> outcomes(7);
    std::uint64_t next = 0;
    const std::stop_source stop;
    EXPECT_TRUE(pool.run(
        [&]() -> std::optional<std::uint64_t> {
          if (next == 7) return std::nullopt;
          return next++;
        },
        [&](std::uint64_t i, Outcome outcome) { outcomes.at(i) = std::move(outcome); },
        stop.get_token(), std::chrono::duration<double>(0.5)));
    using Kind = Outcome::Kind;
    const std::vector<Kind> kinds{Kind::answered,  Kind::bad_input, Kind::failed,  Kind::lost,
                                  Kind::timed_out, Kind::answered,  Kind::answered};
    for (std::size_t i = 0; i < kinds.size(); ++i) EXPECT_EQ(outcomes[i].kind, kinds[i]) << i;
    EXPECT_EQ(outcomes[6].text, std::string(200000, 'x') + "6");
    EXPECT_NE(outcomes[3].text.find("Killed"), std::string::npos) << outcomes[3].text;
  }
}

}  // namespace
}  // namespace weft::sim
