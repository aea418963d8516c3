#include <gtest/gtest.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/engine/run/result_json.hpp"
#include "models/prune/pruned_attention.hpp"
#include "models/workload/spatten_csv.hpp"
#include "models/workload/trace.hpp"
#include "sim/bench/gpt2_rows.hpp"
#include "sim/engine/run.hpp"
#include "sim/engine/spatten/row_layout.hpp"
#include "sim/engine/spatten/run_spatten.hpp"

namespace weft::sim::test {
namespace {

using weft::engine::Catalog;
using weft::engine::Design;
using weft::engine::Result;
using weft::engine::RunOptions;
using weft::engine::Setting;

Design design(const std::string& name, const std::vector<Setting>& settings = {}) {
  return Design::load(Catalog(WEFT_SOURCE_DIR "/configs"), name, settings);
}
const workload::Trace& minilm() {
  static const workload::Trace trace =
      workload::load_trace(WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors");
  return trace;
}

// Heads and rows of a tensor that are alive.
std::vector<float> gathered(const std::vector<float>& from, std::int64_t rows, std::int64_t width,
                            const std::vector<std::int64_t>& heads,
                            const std::vector<std::int64_t>& kept) {
  std::vector<float> out;
  for (const std::int64_t head : heads) {
    for (const std::int64_t row : kept) {
      const auto begin = from.begin() + (head * rows + row) * width;
      out.insert(out.end(), begin, begin + width);
    }
  }
  return out;
}

struct Untimed {
  std::vector<std::vector<float>> outputs;
  std::vector<std::vector<std::int64_t>> tokens, heads;
};

// The cascade without time, layer by layer, by models/prune alone.
Untimed untimed(const workload::Trace& trace, const weft::prune::AttentionOptions& options,
                const weft::prune::Ramp& token_ramp, const weft::prune::Ramp& head_ramp) {
  const workload::Shape& s = trace.shape;
  const auto layers = static_cast<std::int64_t>(trace.layers.size());
  weft::prune::Tokens tokens(s.seq_kv, layers);
  weft::prune::Heads heads(s.heads, layers);
  Untimed out;
  for (std::int64_t l = 0; l < layers; ++l) {
    const auto alive = tokens.alive(l);
    const auto alive_heads = heads.alive(l);
    const auto& traced = trace.layers[static_cast<std::size_t>(l)];
    const auto count = static_cast<std::int64_t>(alive.size());
    const auto head_count = static_cast<std::int64_t>(alive_heads.size());
    const auto q = gathered(traced.q, s.seq_q, s.width_qk, alive_heads, alive);
    const auto k = gathered(traced.k, s.seq_kv, s.width_qk, alive_heads, alive);
    const auto v = gathered(traced.v, s.seq_kv, s.width_v, alive_heads, alive);
    const auto operands = weft::prune::quantise_layer({q, head_count, count, s.width_qk},
                                                      {k, head_count, count, s.width_qk},
                                                      {v, head_count, count, s.width_v}, options);
    const std::vector<std::int64_t> visible(alive.size(), count);
    const weft::prune::LayerShape shape{l, alive_heads, alive, visible, trace.scale};
    const auto outcome = weft::prune::run_layer(operands, shape, options);
    auto& layer =
        out.outputs.emplace_back(static_cast<std::size_t>(s.heads * s.seq_q * s.width_v), 0.0F);
    for (std::size_t h = 0; h < alive_heads.size(); ++h) {
      for (std::size_t p = 0; p < alive.size(); ++p) {
        for (std::int64_t f = 0; f < s.width_v; ++f)
          layer[static_cast<std::size_t>((alive_heads[h] * s.seq_q + alive[p]) * s.width_v + f)] =
              outcome.heads[h]
                  .out[p * static_cast<std::size_t>(s.width_v) + static_cast<std::size_t>(f)];
      }
    }
    out.tokens.push_back(alive);
    out.heads.push_back(alive_heads);
    weft::prune::remember(outcome, shape, alive, options.token_criterion, tokens, heads);
    if (l + 1 == layers) break;
    tokens.prune(
        l + 1,
        weft::prune::kept_of(s.seq_kv, token_ramp.ratio(l + 1, layers, weft::prune::kTokenFront)),
        1);
    heads.prune(
        l + 1,
        weft::prune::kept_of(s.heads, head_ramp.ratio(l + 1, layers, weft::prune::kHeadFront)), 1);
  }
  return out;
}

struct Case {
  std::string name;
  std::string design;
  std::vector<Setting> settings;
  quant::BitSplit key{12, 0};
  double values = 0;
  double tokens = 0;
  double heads = 0;
  double below = 0.1;
};

class Values : public testing::TestWithParam<Case> {};

TEST_P(Values, EqualTheUntimedModelsBitForBit) {
  const Case& c = GetParam();
  std::vector<std::vector<float>> outputs;
  RunOptions options;
  options.trace = &minilm();
  options.outputs = &outputs;
  const Result result = engine::run(design(c.design, c.settings), {}, options);
  ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;

  weft::prune::AttentionOptions asked;
  asked.key.bits = c.key;
  asked.value_ratio = c.values;
  asked.lower_bits_below = static_cast<float>(c.below);
  weft::prune::Ramp tokens;
  tokens.average = c.tokens;
  weft::prune::Ramp heads;
  heads.average = c.heads;
  const Untimed expected = untimed(minilm(), asked, tokens, heads);
  ASSERT_EQ(outputs.size(), 6u);
  std::size_t compared = 0;
  for (std::size_t l = 0; l < outputs.size(); ++l) {
    ASSERT_EQ(outputs[l].size(), expected.outputs[l].size());
    for (std::size_t i = 0; i < outputs[l].size(); ++i, ++compared)
      ASSERT_EQ(outputs[l][i], expected.outputs[l][i]) << "layer " << l << " value " << i;
    EXPECT_EQ(result.selection.at(l).tokens_kept, expected.tokens[l]) << l;
    EXPECT_EQ(result.selection.at(l).heads_kept, expected.heads[l]) << l;
  }
  EXPECT_EQ(compared, 6u * 12 * 110 * 32);
  EXPECT_EQ(expected.tokens.back().size() < 110, c.tokens > 0);
  EXPECT_LT(result.error->rms_relative, c.values > 0 ? 0.2 : 0.02);
}

const std::string kTokens = "binding.run.pruning.tokens.average";
const std::string kHeads = "binding.run.pruning.heads.average";
const std::string kValues = "binding.run.pruning.values";
const std::string kKey = "binding.run.numbers.key";

INSTANTIATE_TEST_SUITE_P(
    Engine, Values,
    testing::Values(Case{"dense", "spatten-dense", {}},
                    Case{"pruned", "spatten", {}, {12, 0}, 0.3, 0.3, 0.1},
                    Case{"tokens", "spatten", {{kHeads, "0"}, {kValues, "0"}}, {12, 0}, 0, 0.3, 0},
                    Case{"heads", "spatten", {{kTokens, "0"}, {kValues, "0"}}, {12, 0}, 0, 0, 0.1},
                    Case{"values", "spatten", {{kTokens, "0"}, {kHeads, "0"}}, {12, 0}, 0.3, 0, 0},
                    Case{"progressive", "spatten", {{kKey, "8+4"}}, {8, 4}, 0.3, 0.3, 0.1},
                    Case{"eighth", "spatten-eighth", {{kKey, "6+4"}}, {6, 4}, 0.3, 0.3, 0.1}),
    [](const auto& info) { return info.param.name; });

// ---- rows of a file ----

workload::Workload of_rows(const std::string& text) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("weft-spatten-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(file) << text;
  workload::Workload made = workload::load_workload(file);
  std::filesystem::remove(file);
  return made;
}

const std::string kHeader =
    "iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,"
    "quant_key_bit,quant_query_bit,auto_requant_thres,if_requant,auto_requant_incre,"
    "value_fetch_num,quant_value_bit,if_accumulate_importance,if_rescale_previous_importance,"
    "if_topk,topk\n";

// Two heads side by side, three layers: half of the tokens behind the first.
std::string three_layers() {
  std::string text = kHeader;
  for (int layer = 0; layer < 3; ++layer) {
    const int keys = layer == 0 ? 100 : 50;
    for (int head = 0; head < 2; ++head)
      text += "0," + std::to_string(layer) + "," + std::to_string(head) + ",64,100," +
              std::to_string(keys) + ",6,16,0.05," + (head == 1 ? "True" : "False") + ",4," +
              std::to_string(keys / 5) + ",6,True,False," +
              (head == 1 && layer == 0 ? "True,50" : "False,-1") + "\n";
  }
  return text;
}

std::uint64_t counter(const Result& result, const Design& of, const std::string& unit,
                      const std::string& name) {
  for (const auto& one : result.units) {
    if (unit_name(of.lowering(false), one) != unit) continue;
    const auto counters = weft::engine::counters_of(one.kind);
    for (std::size_t c = 0; c < counters.size(); ++c) {
      if (counters[c].name == name) return one.counters[c];
    }
  }
  ADD_FAILURE() << unit << " has no " << name;
  return 0;
}

TEST(Rows, AskForWhatTheFileSaysAndMoveWholeAccesses) {
  const Design made = design("spatten");
  const Result result = engine::run(made, of_rows(three_layers()), {});
  ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
  // Keys of 48 bytes, lower bits of 32 for one head of two; values of 48 bytes.
  const std::uint64_t keys = (100 + 50 + 50) * (2 * 48 + 32);
  const std::uint64_t values = (20 + 10 + 10) * 2 * 48;
  EXPECT_EQ(counter(result, made, "fetcher", "bytes_asked"), keys + values);
  // Two heads' keys of a token lie in three accesses, and lower bits in one: nothing beyond need.
  ASSERT_EQ(result.traffic.size(), 2u);
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
  refused({{"seq", "5"}}, "'arch.' or 'binding.'");
  EXPECT_THROW(design("spatten-16x16"), ConfigError);
}

}  // namespace
}  // namespace weft::sim::test
