// A timeline of a SpAtten engine: what it shows adds up to what is counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/engine/perfetto.hpp"
#include "tests/spatten/support.hpp"

namespace weft::sim::test {
namespace {

using nlohmann::json;
using weft::sim::engine::PerfettoTrace;

struct Shown {
  Result result;
  json document;
};

Shown shown(const Design& made, const workload::Workload& workload, std::size_t each) {
  PerfettoTrace trace(each);
  RunOptions options;
  options.events = &trace;
  Shown all{engine::run(made, workload, options), {}};
  EXPECT_EQ(all.result.status, weft::engine::Status::ok) << all.result.reason;
  all.document = json::parse(trace.finish(made, all.result));
  return all;
}

std::map<int, std::string> threads_of(const json& document) {
  std::map<int, std::string> threads;
  for (const json& event : document["traceEvents"]) {
    if (event["ph"] == "M" && event["name"] == "thread_name")
      threads[event["tid"].get<int>()] = event["args"]["name"].get<std::string>();
  }
  return threads;
}

TEST(AssemblyTimeline, BusyAndStalledCyclesAreThoseThatAreCounted) {
  for (const char* name : {"spatten", "spatten-eighth", "fusemax-pruned"}) {
    SCOPED_TRACE(name);
    const Design made = design(name);
    const auto [result, document] = shown(made, of_rows(three_layers()), 100'000);
    EXPECT_TRUE(document["otherData"]["complete"].get<bool>());
    const std::map<int, std::string> threads = threads_of(document);
    std::map<std::pair<std::string, std::string>, std::uint64_t> cycles;  // by unit and doing
    std::map<int, std::uint64_t> until;
    for (const json& event : document["traceEvents"]) {
      if (event["ph"] != "X") continue;
      const int thread = event["tid"].get<int>();
      ASSERT_TRUE(threads.contains(thread));
      const auto begin = event["ts"].get<std::uint64_t>();
      const auto length = event["dur"].get<std::uint64_t>();
      EXPECT_GE(begin, until[thread]) << "slices of one thread overlap";
      until[thread] = begin + length;
      EXPECT_LE(until[thread], result.cycles);
      if (event["cat"] == "unit") cycles[{threads.at(thread), event["name"]}] += length;
    }
    std::size_t compared = 0;
    for (const auto& unit : result.units) {
      const std::string of(unit_name(made.lowering(false), unit));
      if (of == "dram") continue;
      EXPECT_EQ((cycles[{of, "busy"}]), unit.busy_cycles) << of;
      EXPECT_EQ((cycles[{of, "stalled in"}]), unit.stall_in_cycles) << of;
      EXPECT_EQ((cycles[{of, "stalled out"}]), unit.stall_out_cycles) << of;
      compared += unit.busy_cycles > 0 ? 1 : 0;
    }
    EXPECT_GT(compared, 8u);
  }
}

TEST(AssemblyTimeline, EveryQueryIsShownInItsLayer) {
  const Design made = design("spatten");
  const auto [result, document] = shown(made, of_rows(three_layers()), 100'000);
  std::multiset<std::pair<int, int>> queries;  // layers and heads
  std::map<int, std::uint64_t> first, last;    // cycles by layer
  for (const json& event : document["traceEvents"]) {
    if (event["ph"] != "X" || event["cat"] != "query") continue;
    const int layer = event["args"]["layer"].get<int>();
    queries.emplace(layer, event["args"]["head"].get<int>());
    const auto begin = event["ts"].get<std::uint64_t>();
    first.try_emplace(layer, begin);
    last[layer] = std::max(last[layer], begin + event["dur"].get<std::uint64_t>());
  }
  const std::multiset<std::pair<int, int>> expected{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {2, 1}};
  EXPECT_EQ(queries, expected);
  // Behind the first layer tokens are selected: none of the second begins before it is over.
  EXPECT_GE(first[1], last[0]);
}

// Means over stretches, times their lengths, are what the memory counts in all.
TEST(AssemblyTimeline, TracksOfTheMemoryAddUpToItsCounters) {
  for (const int layers : {3, 60}) {  // of which one needs looks at twice the distance, and more
    std::string text = three_layers();
    const std::string rows = text.substr(kHeader.size());
    for (int more = 3; more < layers; more += 3) {
      std::string later = rows;
      for (std::size_t at = 0; at < later.size(); at = later.find('\n', at) + 1) {
        const int layer = more + (later[at + 2] - '0');
        later.replace(at + 2, 1, std::to_string(layer));
      }
      text += later;
    }
    const Design made = design("spatten");
    const auto [result, document] = shown(made, of_rows(text), 3);
    std::map<std::string, std::vector<std::pair<std::uint64_t, double>>> tracks;
    for (const json& event : document["traceEvents"]) {
      if (event["ph"] == "C")
        tracks[event["name"]].emplace_back(event["ts"].get<std::uint64_t>(),
                                           event["args"]["mean"].get<double>());
    }
    const auto total = [&](const std::string& track) {
      const auto& all = tracks[track];
      double sum = 0;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const std::uint64_t end = i + 1 < all.size() ? all[i + 1].first : result.cycles;
        sum += all[i].second * static_cast<double>(end - all[i].first);
      }
      return sum;
    };
    const auto bytes = static_cast<double>(counter(result, made, "dram", "bytes_read"));
    EXPECT_NEAR(total("dram bytes a cycle"), bytes, 1e-6 * bytes);
    for (const auto& unit : result.units) {
      if (unit_name(made.lowering(false), unit) != "dram") continue;
      const auto busy = static_cast<double>(unit.busy_cycles);
      EXPECT_NEAR(total("dram busy"), busy, 1e-6 * busy);
    }
    EXPECT_LE(tracks["dram busy"].size(), 512u);
    EXPECT_TRUE(tracks.contains("fetcher.requests to dram.requests"));
    EXPECT_EQ(document["otherData"]["complete"].get<bool>(), false);
  }
}

TEST(AssemblyTimeline, ChangesNothing) {
  for (const char* name : {"spatten", "spatten-dense"}) {
    const Design made = design(name);
    const Result without = engine::run(made, of_rows(three_layers()), {});
    const Result with = shown(made, of_rows(three_layers()), 50).result;
    EXPECT_EQ(with.cycles, without.cycles);
    ASSERT_EQ(with.units.size(), without.units.size());
    for (std::size_t u = 0; u < with.units.size(); ++u) {
      EXPECT_EQ(with.units[u].busy_cycles, without.units[u].busy_cycles);
      EXPECT_EQ(with.units[u].stall_in_cycles, without.units[u].stall_in_cycles);
      EXPECT_EQ(with.units[u].counters, without.units[u].counters);
    }
  }
}

}  // namespace
}  // namespace weft::sim::test
