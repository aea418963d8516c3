// Requests of the gather fetcher under a memory that stalls: docs/units/memory.md has the rule.
#include <gtest/gtest.h>

#include <numeric>

#include "sim/memory/gather_fetcher.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/bench.hpp"

namespace weft::sim::memory {
namespace {

constexpr std::int64_t kRows = 300;

// Notes when it sees each request, and answers it at once.
class Watched final : public Unit {
 public:
  std::vector<Cycle> seen;

  const UnitClass& unit_class() const override { return test::kBenchClass; }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::values; }
  void list_ports(PortList& ports) override {
    ports.add("requests", requests_);
    ports.add("responses", responses_);
  }
  Cycle step(Cycle now) override {
    while (requests_.ready(now)) {
      const Request request = requests_.pop(now);
      seen.push_back(now);
      EXPECT_TRUE(responses_.offer(now, {.tag = request.tag}));
    }
    return requests_.empty() ? kNever : now + 1;
  }

 private:
  In<Request> requests_;
  Out<Response> responses_;
};

std::vector<Cycle> requests_seen(bool request_stalls, const Stalls& stalls) {
  std::vector<std::int64_t> tokens(kRows);
  std::iota(tokens.begin(), tokens.end(), 0);
  Fetch fetch{.number = 1, .pitch_bytes = 32, .row_bytes = 32, .tokens = tokens};
  Assembly assembly;
  auto& feed = assembly.emplace<test::Feed<FetchPart>>("feed");
  feed.messages.push_back({0, {&fetch, 0, static_cast<std::int32_t>(kRows)}});
  assembly.emplace<GatherFetcher>("unit",
                                  GatherFetcher::Config{.streams = 1,
                                                        .channels = 1,
                                                        .addresses_per_cycle = 1,
                                                        .queue = 512,
                                                        .request_stalls = request_stalls},
                                  stalls);
  auto& memory = assembly.emplace<Watched>("memory");
  auto& take = assembly.emplace<test::Take<FetchPart>>("take");
  assembly.join("feed", "out", "unit", "orders[0]", 2);
  assembly.join("unit", "requests[0]", "memory", "requests", 2);
  assembly.join("memory", "responses", "unit", "responses[0]", 2);
  assembly.join("unit", "arrived[0]", "take", "in", 2);
  test::run_to_end(assembly);
  EXPECT_FALSE(take.taken.empty());
  return memory.seen;
}

class GatherStalls : public testing::TestWithParam<StallProfile> {};

TEST_P(GatherStalls, RequestsAreAcceptedLateOneByOne) {
  const Stalls stalls(GetParam(), weft::test::seed_or(12));
  const std::vector<Cycle> seen = requests_seen(true, stalls);
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kRows));
  Cycle presented = seen[0] - stalls.cycles(StallPort::request, 0);
  for (std::size_t n = 0; n < seen.size(); ++n) {
    ASSERT_EQ(seen[n], presented + stalls.cycles(StallPort::request, n)) << "request " << n;
    presented = seen[n] + 1;
  }
  const bool sinks = GetParam() != StallProfile::none && GetParam() != StallProfile::source;
  EXPECT_EQ(seen.back() - seen.front() > kRows - 1, sinks);
}

TEST_P(GatherStalls, NotUnlessAskedFor) {
  EXPECT_EQ(requests_seen(false, Stalls(GetParam(), 12)), requests_seen(true, Stalls()));
}

INSTANTIATE_TEST_SUITE_P(Profiles, GatherStalls,
                         testing::Values(StallProfile::none, StallProfile::source,
                                         StallProfile::sink, StallProfile::both,
                                         StallProfile::bursty),
                         [](const auto& tested) {
                           return std::string(config::name_of(tested.param));
                         });

}  // namespace
}  // namespace weft::sim::memory
