#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "models/workload/spatten_csv.hpp"
#include "sim/bench/gpt2_rows.hpp"
#include "sim/engine/spatten/row_layout.hpp"
#include "sim/engine/spatten/run_spatten.hpp"
#include "tests/spatten/support.hpp"

namespace weft::sim::test {
namespace {

TEST(Rows, AskForWhatTheFileSaysAndMoveWholeAccesses) {
  const Design made = design("spatten");
  const Result result = engine::run(made, of_rows(three_layers()), {});
  ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
  // Keys of 48 bytes, lower bits of 32 for one head of two; values of 48 bytes.
  const std::uint64_t keys = (100 + 50 + 50) * (2 * 48 + 32);
  const std::uint64_t values = (20 + 10 + 10) * 2 * 48;
  EXPECT_EQ(counter(result, made, "fetcher", "bytes_asked"), keys + values);
  // Two heads' keys of a token lie in three accesses, and lower bits in one: nothing beyond need.
  ASSERT_EQ(result.traffic.size(), 4u);  // K and V, and on chip Q and AV
  EXPECT_EQ(result.traffic[0].read_bytes, keys);
  // A value of 48 bytes lies in two accesses, one of which it may share with the next.
  EXPECT_GT(result.traffic[1].read_bytes, values);
  EXPECT_LE(result.traffic[1].read_bytes, values / 48 * 64);
  EXPECT_EQ(result.beyond_need_bytes, result.traffic[1].read_bytes - values);
  EXPECT_EQ(counter(result, made, "dram", "bytes_read"),
            result.traffic[0].read_bytes + result.traffic[1].read_bytes);
  EXPECT_EQ(counter(result, made, "confidence", "recomputed"), 3u);
  EXPECT_EQ(counter(result, made, "token_top_k", "selections"), 1u);
}

// Nothing of a head, single keys, heads by themselves, several rows in an access, and rows wider
// than the multipliers.
TEST(Rows, OfEveryExtentComeThrough) {
  for (const int width : {8, 24, 64, 600}) {
    std::string text = kHeader;
    std::uint64_t bits = 0;
    for (int head = 0; head < 5; ++head) {
      const int keys = std::array{0, 1, 37, 37, 9}[static_cast<std::size_t>(head)];
      const int values = keys / 2;
      text += "0,0," + std::to_string(head) + "," + std::to_string(width) + ",40," +
              std::to_string(keys) + ",4,12,0.5," + (head != 3 ? "True" : "False") + ",4," +
              std::to_string(values) + ",6,True,False,False,-1\n";
      bits += static_cast<std::uint64_t>(width) *
              static_cast<std::uint64_t>(keys * (head != 3 ? 8 : 4) + values * 6);
    }
    for (const char* name : {"spatten", "spatten-eighth"}) {
      const Design made = design(name);
      const Result result = engine::run(made, of_rows(text), {});
      ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
      EXPECT_EQ(counter(result, made, "controller", "rows"), 5u) << name << ", width " << width;
      EXPECT_EQ(counter(result, made, "fetcher", "bytes_asked"), bits / 8);
    }
  }
}

TEST(Rows, FiguresOfEveryUnitAddUpToTheCycles) {
  const Result result = engine::run(design("spatten"), of_rows(three_layers()), {});
  ASSERT_GE(result.units.size(), 14u);
  for (const auto& unit : result.units)
    EXPECT_EQ(unit.busy_cycles + unit.stall_in_cycles + unit.stall_out_cycles + unit.idle_cycles,
              result.cycles);
}

// All 4,608 rows of the published file, on both designs.
TEST(Rows, OfGpt2AskForThePublishedBytes) {
  const workload::Workload rows = of_rows(weft::bench::gpt2_rows());
  for (const char* name : {"spatten", "spatten-eighth"}) {
    const Design made = design(name);
    const Result result = engine::run(made, rows, {});
    ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
    EXPECT_EQ(counter(result, made, "fetcher", "bytes_asked"), 82'428'256u);
    const std::uint64_t moved = counter(result, made, "dram", "bytes_read");
    EXPECT_LE(static_cast<double>(moved), 1.15 * 82'428'256) << name;
    EXPECT_EQ(moved - result.beyond_need_bytes, 82'428'256u);
    EXPECT_EQ(counter(result, made, "confidence", "recomputed"), 323u);
    EXPECT_EQ(counter(result, made, "controller", "rows"), 4608u);
    // Generation is bound by memory.
    const auto& bound = result.units.at(static_cast<std::size_t>(result.bound_by));
    EXPECT_EQ(unit_name(made.lowering(false), bound), "dram") << name;
  }
}

// What was asked of memory, by layer: tokens whose keys were.
struct Asked {
  std::vector<std::set<std::int64_t>> tokens;
  std::vector<engine::spatten::Layout::Rows> rows;
};

TEST(Rows, WhatIsPrunedIsFetchedInNoLaterLayer) {
  const Design made = design("spatten");
  const workload::Workload rows = of_rows(three_layers());
  const engine::spatten::Layout layout(
      {.layers = 3, .heads = 2, .tokens = 100, .side_by_side = 2, .most_row_bytes = 64 * 4});
  Asked asked;
  asked.tokens.resize(3);
  for (int layer = 0; layer < 3; ++layer)
    asked.rows.push_back(layout.rows(engine::spatten::Plane::keys, layer, 0, 48));
  const auto note = [](void* context, const Fetch&, std::uint64_t address) {
    auto& to = *static_cast<Asked*>(context);
    for (std::size_t layer = 0; layer < to.rows.size(); ++layer) {
      const auto& of = to.rows[layer];
      const auto past = static_cast<std::int64_t>(address - of.address);
      if (address >= of.address && past < 100 * of.pitch_bytes)
        to.tokens[layer].insert(past / of.pitch_bytes);
    }
  };
  Result result;
  result.shape = rows.shape();
  engine::spatten::run_watched(made, rows, {}, result, {note, &asked});
  ASSERT_EQ(asked.tokens[0].size(), 100u);
  EXPECT_EQ(asked.tokens[1].size(), 50u);
  EXPECT_EQ(asked.tokens[2], asked.tokens[1]);
}

TEST(Rows, TheSameSeedGivesTheSameAndAnotherAnother) {
  const Design made = design("spatten");
  const workload::Workload rows = of_rows(three_layers());
  RunOptions options;
  const Result first = engine::run(made, rows, options);
  EXPECT_EQ(engine::run(made, rows, options).cycles, first.cycles);
  std::set<std::uint64_t> seen{first.cycles};
  for (options.seed = 1; options.seed < 6; ++options.seed)
    seen.insert(engine::run(made, rows, options).cycles);
  EXPECT_GT(seen.size(), 1u);
}

// A head by itself, and rows that lie otherwise, move other bytes for the same rows.
TEST(Rows, TheLayoutDecidesWhatIsMoved) {
  const workload::Workload rows = of_rows(three_layers());
  const auto moved = [&](const std::vector<Setting>& settings) {
    const Result result = engine::run(design("spatten", settings), rows, {});
    EXPECT_EQ(result.status, weft::engine::Status::ok) << result.reason;
    return result.traffic.at(0).read_bytes;
  };
  const std::uint64_t pairs = moved({});
  EXPECT_GT(moved({{"binding.run.keys_side_by_side", "1"}}), pairs);
  EXPECT_EQ(moved({{"binding.run.order", "token-major"}}), pairs);
}

// Every link late at random: the same values and tokens, and every row comes through.
TEST(LateLinks, ChangeNoValueAndLoseNoRow) {
  const Design made = design("spatten", {{kKey, "8+4"}});
  workload::Trace trace = minilm();
  trace.layers.resize(3);
  trace.shape.heads = trace.shape.kv_heads = 2;
  trace.shape.seq_q = trace.shape.seq_kv = 24;
  for (auto& layer : trace.layers) {
    for (std::vector<float>* x : {&layer.q, &layer.k, &layer.v}) x->resize(2 * 24 * 32);
  }
  const auto run = [&](const engine::spatten::Watch& watch, std::vector<std::vector<float>>& out) {
    RunOptions options;
    options.trace = &trace;
    options.outputs = &out;
    Result result;
    result.shape = trace.shape;
    engine::spatten::run_watched(made, {}, options, result, watch);
    return result;
  };
  std::vector<std::vector<float>> expected;
  const Result punctual = run({}, expected);
  ASSERT_EQ(punctual.selection.size(), 3u);
  std::set<std::uint64_t> cycles;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<std::vector<float>> out;
    engine::spatten::Watch watch;
    watch.late_links = seed;
    const Result late = run(watch, out);
    ASSERT_EQ(out, expected) << "seed " << seed;
    for (std::size_t l = 0; l < 3; ++l) {
      ASSERT_EQ(late.selection[l].tokens_kept, punctual.selection[l].tokens_kept);
      ASSERT_EQ(late.selection[l].heads_kept, punctual.selection[l].heads_kept);
    }
    ASSERT_EQ(counter(late, made, "controller", "rows"),
              counter(punctual, made, "controller", "rows"));
    ASSERT_EQ(counter(late, made, "fetcher", "bytes_asked"),
              counter(punctual, made, "fetcher", "bytes_asked"));
    cycles.insert(late.cycles);
  }
  EXPECT_GT(cycles.size(), 40u);  // late they were
}

TEST(LateLinks, AreNoneOfTheMemorysStalls) {
  RunOptions options;
  options.seed = 3;
  const workload::Workload rows = of_rows(three_layers());
  const Result calm = engine::run(design("spatten"), rows, options);
  options.stall_profile = weft::engine::StallProfile::both;
  const Result stalled = engine::run(design("spatten"), rows, options);
  ASSERT_EQ(stalled.status, weft::engine::Status::ok) << stalled.reason;
  EXPECT_GT(stalled.cycles, calm.cycles);
  EXPECT_EQ(stalled.traffic.at(0).read_bytes, calm.traffic.at(0).read_bytes);
}

// `spatten` with memory by bandwidth and latency.
Design fixed_latency(const std::vector<Setting>& settings) {
  std::ifstream shipped(WEFT_SOURCE_DIR "/configs/arch/spatten.yaml");
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("weft-spatten-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream own(file);
  for (std::string line; std::getline(shipped, line);) {
    const bool of_part = line.starts_with("  part:") || line.starts_with("  channels:") ||
                         line.starts_with("  interleave_bytes:") || line.starts_with("  mapping:");
    if (!of_part) own << line << "\n";
  }
  own.close();
  const Design made =
      Design::load(Catalog(WEFT_SOURCE_DIR "/configs"), file.string(), "cascade-pruning", settings);
  std::filesystem::remove(file);
  return made;
}

// The published RTL, 64 multipliers, softmax a wire, top-k canned, one request at a time: 2.000
// cycles a key, one in Q·K and one in Prob·V. Ours with one query in the pipeline, by the slope
// between requests of 256 and of 512 keys.
TEST(Rows, OneQueryAtATimeTakesTwoCyclesAKey) {
  const auto cycles = [](int keys, int requests) {
    std::string text = kHeader;
    for (int i = 0; i < requests; ++i)
      text += std::to_string(i) + ",0,0,64," + std::to_string(keys) + "," + std::to_string(keys) +
              ",12,12,-1,False,-1," + std::to_string(keys) + ",12,False,False,False,-1\n";
    const Result result = engine::run(
        fixed_latency({{"arch.assembly.units.softmax.attributes.wire", "true"},
                       {"arch.assembly.units.controller.attributes.rows_in_flight", "1"},
                       {"arch.assembly.units.key_store.attributes.elements_per_cycle", "64"},
                       {"arch.assembly.units.value_store.attributes.elements_per_cycle", "64"},
                       {"arch.assembly.units.qk.attributes.multipliers", "64"},
                       {"arch.assembly.units.prob_v.attributes.multipliers", "64"}}),
        of_rows(text), {});
    EXPECT_EQ(result.status, weft::engine::Status::ok) << result.reason;
    return static_cast<double>(result.cycles);
  };
  const double shorter = cycles(256, 9) - cycles(256, 1);
  const double longer = cycles(512, 9) - cycles(512, 1);
  EXPECT_NEAR((longer - shorter) / (8 * 256), 2.0, 0.04);
}

// ---- what cannot be ----

TEST(Refused, WhatTheEngineCannotRun) {
  const auto problem = [](const Design& of, const workload::Workload& on, RunOptions options) {
    const Result result = engine::run(of, on, options);
    EXPECT_NE(result.status, weft::engine::Status::ok);
    return result.reason;
  };
  const workload::Workload rows = of_rows(three_layers());
  RunOptions analytic;
  analytic.fidelity = weft::engine::Fidelity::analytic;
  EXPECT_NE(problem(design("spatten"), rows, analytic).find("--fidelity"), std::string::npos);
  EXPECT_NE(problem(design("fusemax-16x16"), rows, {}).find("designs that prune"),
            std::string::npos);
  const std::string fifo = problem(
      design("spatten", {{"arch.assembly.units.softmax.attributes.fifo_depth", "4"}}), rows, {});
  EXPECT_NE(fifo.find("32 keys at most"), std::string::npos) << fifo;
  const std::string store = problem(
      design("spatten", {{"arch.assembly.units.controller.attributes.key_store_bytes", "64"}}),
      rows, {});
  EXPECT_NE(store.find("on chip"), std::string::npos) << store;
}

TEST(Refused, WhatWouldBePassedOver) {
  workload::Workload longer = of_rows(three_layers());
  workload::Shape shape = longer.shape();
  shape.seq_kv = 50;
  EXPECT_NE(engine::run(design("spatten"), longer.at(shape), {}).reason.find("their own lengths"),
            std::string::npos);
  workload::Trace trace = minilm();
  trace.layers[1].k[7] = std::numeric_limits<float>::infinity();
  RunOptions options;
  options.trace = &trace;
  const Result result = engine::run(design("spatten"), {}, options);
  EXPECT_NE(result.reason.find("not finite"), std::string::npos) << result.reason;
  EXPECT_FALSE(result.problems.empty());
}

TEST(Refused, KeysThatThereAreNotAreSaidWithTheirLine) {
  const auto refused = [](const std::vector<Setting>& settings, const std::string& part) {
    try {
      const Design made = design("spatten", settings);
      const Result result = engine::run(made, of_rows(three_layers()), {});
      EXPECT_NE(result.reason.find(part), std::string::npos) << result.reason;
      EXPECT_FALSE(result.problems.empty());
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused({{"arch.assembly.units.softmax.attributes.paralelism", "8"}}, "parallelism");
  refused({{"arch.assembly.units.sofmax.class", "softmax"}}, "softmax");
  refused({{"arch.dram.bandwith_bytes_per_s", "1e9"}}, "bandwidth_bytes_per_s");
  refused({{"binding.run.pruning.value", "0.5"}}, "values");
  refused({{"binding.run.pruning.tokens.average", "2"}}, "0 to 1");
  refused({{"binding.cascade", "attention-1pas"}}, "attention-1pass");
  refused({{"binding.engine", "spaten"}}, "spatten");
  refused({{"arch.assembly.units.value_top_k.attributes.comparators", "32"}}, "16 places");
  refused({{"arch.assembly.units.fetcher.attributes.queue", "65"}}, "64 accesses");
  refused({{"seq", "5"}}, "'arch.' or 'binding.'");
  EXPECT_THROW(design("spatten-16x16"), ConfigError);
}

}  // namespace
}  // namespace weft::sim::test
