// `--fidelity rtl` of the SpAtten engine beside `systemc`: the run's cycles, every output bit for
// bit, who is alive in each layer, and the bytes that cross the port.
#include <gtest/gtest.h>

#include <random>

#include "models/workload/made_trace.hpp"
#include "tests/common/seed.hpp"
#include "tests/spatten/support.hpp"

namespace weft::sim::test {
namespace {

using weft::engine::Fidelity;
using weft::engine::StallProfile;

constexpr const char* kDesign = "spatten-rtl-smallest";
constexpr const char* kDouble = "spatten-rtl-double";

struct Ran {
  Result result;
  std::vector<std::vector<float>> outputs;
};

// Without a trace, on what the seed draws.
Ran ran(const Design& of, const workload::Shape& shape, std::int64_t layers,
        const workload::Trace* trace, Fidelity fidelity, StallProfile profile, std::uint64_t seed) {
  workload::Workload workload;
  workload = workload.at(shape);
  workload.layers = layers;
  Ran made;
  RunOptions options{.fidelity = fidelity, .seed = seed, .stall_profile = profile};
  options.layers = layers;
  options.trace = trace;
  if (trace != nullptr) options.outputs = &made.outputs;
  options.rtl_checks = true;
  made.result = weft::sim::engine::run(of, workload, options);
  EXPECT_TRUE(made.result.ran()) << made.result.reason;
  return made;
}

std::uint64_t traffic(const Result& result, weft::engine::UnitKind level) {
  std::uint64_t bytes = 0;
  for (const auto& one : result.traffic)
    bytes += one.level == level ? one.read_bytes + one.written_bytes : 0;
  return bytes;
}

void expect_same(const Design& of, const Result& rtl, const Result& systemc) {
  EXPECT_EQ(rtl.cycles, systemc.cycles);
  EXPECT_EQ(rtl.layers, systemc.layers);
  ASSERT_EQ(rtl.selection.size(), systemc.selection.size());
  for (std::size_t l = 0; l < systemc.selection.size(); ++l) {
    EXPECT_EQ(rtl.selection[l].tokens_kept, systemc.selection[l].tokens_kept);
    EXPECT_EQ(rtl.selection[l].heads_kept, systemc.selection[l].heads_kept);
  }
  for (const auto level : {weft::engine::UnitKind::dram, weft::engine::UnitKind::buffer})
    EXPECT_EQ(traffic(rtl, level), traffic(systemc, level));
  EXPECT_EQ(rtl.beyond_need_bytes, systemc.beyond_need_bytes);
  for (const char* name : {"read_requests", "bytes_read"})
    EXPECT_EQ(counter(rtl, of, "dram", name), counter(systemc, of, "dram", name));
}

// Compares all that both tell; how many values.
std::size_t expect_equal(const Design& of, const workload::Trace& trace, StallProfile profile,
                         std::uint64_t seed) {
  const auto run_as = [&](Fidelity fidelity) {
    return ran(of, trace.shape, static_cast<std::int64_t>(trace.layers.size()), &trace, fidelity,
               profile, seed);
  };
  const Ran rtl = run_as(Fidelity::rtl);
  const Ran systemc = run_as(Fidelity::systemc);
  expect_same(of, rtl.result, systemc.result);
  EXPECT_EQ(rtl.outputs.size(), systemc.outputs.size());
  std::size_t compared = 0;
  for (std::size_t l = 0; l < std::min(rtl.outputs.size(), systemc.outputs.size()); ++l) {
    EXPECT_EQ(rtl.outputs[l].size(), systemc.outputs[l].size());
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < systemc.outputs[l].size(); ++i, ++compared)
      wrong += rtl.outputs[l].at(i) == systemc.outputs[l][i] ? 0 : 1;
    EXPECT_EQ(wrong, 0u) << "layer " << l;
  }
  EXPECT_EQ(rtl.result.error->rms_relative, systemc.result.error->rms_relative);
  return compared;
}

workload::Trace trace_of(std::mt19937_64& random, const workload::Shape& shape, std::size_t layers,
                         double spread) {
  return workload::made_trace(shape, static_cast<std::int64_t>(layers), [&](std::int64_t count) {
    std::vector<float> made(static_cast<std::size_t>(count));
    for (float& value : made) {
      double sum = -2;  // of four uniform numbers: near normal
      for (int i = 0; i < 4; ++i) sum += static_cast<double>(random() >> 11) * 0x1p-53;
      value = static_cast<float>(spread * sum);
    }
    return made;
  });
}

workload::Shape shape_of(std::int64_t heads, std::int64_t kv_heads, std::int64_t seq_q,
                         std::int64_t seq_kv, std::int64_t width_qk, std::int64_t width_v,
                         bool causal) {
  workload::Shape s;
  s.batch = 1;
  s.heads = heads;
  s.kv_heads = kv_heads;
  s.seq_q = seq_q;
  s.seq_kv = seq_kv;
  s.width_qk = width_qk;
  s.width_v = width_v;
  s.causal = causal;
  return s;
}

const std::vector<Setting> kWholeKeys{{"binding.run.numbers.key", "12"}};
const std::vector<Setting> kFewUpper{{"binding.run.numbers.key", "4+8"}};
const std::vector<Setting> kDense{{"binding.run.pruning.tokens.average", "0"},
                                  {"binding.run.pruning.heads.average", "0"},
                                  {"binding.run.pruning.values", "0"}};
const std::vector<Setting> kMuch{{"binding.run.pruning.tokens.average", "0.6"},
                                 {"binding.run.pruning.heads.average", "0.4"},
                                 {"binding.run.pruning.values", "0.75"},
                                 {"binding.run.numbers.recompute_below", "0.3"}};
const std::vector<Setting> kSlow{{"arch.dram.bandwidth_bytes_per_s", "2e9"},
                                 {"arch.dram.latency_cycles", "3"}};
// Every query is computed again.
const std::vector<Setting> kAgain{{"binding.run.numbers.recompute_below", "1"}};
// Most values come for nobody, the last of them when their head's queries are done.
const std::vector<Setting> kLateValues{{"binding.run.pruning.values", "0.95"},
                                       {"binding.run.pruning.tokens.average", "0.6"},
                                       {"arch.dram.bandwidth_bytes_per_s", "2e9"}};

struct Case {
  std::string name;
  workload::Shape shape;
  std::size_t layers = 1;
  std::vector<Setting> settings{};
  double spread = 2;
  const char* design = kDesign;
};

class SpattenRtl : public testing::TestWithParam<Case> {};

TEST_P(SpattenRtl, IsSystemCInEveryCycleAndBit) {
  const std::uint64_t seed = weft::test::seed_or(77);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  const Case& c = GetParam();
  const Design of = design(c.design, c.settings);
  std::size_t compared = 0;
  for (const StallProfile profile : {StallProfile::none, StallProfile::source, StallProfile::sink,
                                     StallProfile::both, StallProfile::bursty}) {
    SCOPED_TRACE(config::name_of(profile));
    const std::uint64_t run_seed = random();
    compared += expect_equal(of, trace_of(random, c.shape, c.layers, c.spread), profile, run_seed);
  }
  EXPECT_EQ(
      compared,
      5 * c.layers * static_cast<std::size_t>(c.shape.heads * c.shape.seq_q * c.shape.width_v));
}

INSTANTIATE_TEST_SUITE_P(
    Engine, SpattenRtl,
    testing::Values(Case{"one_query", shape_of(1, 1, 1, 1, 32, 32, false)},
                    Case{"square", shape_of(2, 2, 20, 20, 64, 64, false)},
                    Case{"flat_rows", shape_of(2, 2, 24, 50, 64, 32, false), 1, {}, 0.2},
                    Case{"causal", shape_of(3, 1, 12, 31, 32, 64, true)},
                    Case{"causal_square", shape_of(2, 2, 23, 23, 32, 32, true), 1, kDense},
                    Case{"whole_keys", shape_of(2, 2, 9, 40, 16, 48, false), 1, kWholeKeys},
                    Case{"few_upper_bits", shape_of(2, 2, 14, 37, 48, 16, false), 1, kFewUpper},
                    Case{"pruned", shape_of(4, 4, 30, 30, 32, 32, false), 3},
                    Case{"pruned_much", shape_of(6, 3, 24, 24, 64, 64, false), 3, kMuch, 0.5},
                    Case{"pruned_causal", shape_of(3, 3, 26, 26, 32, 32, true), 3, kMuch},
                    Case{"queries_of_their_own", shape_of(3, 3, 7, 40, 32, 32, false), 3, kMuch},
                    Case{"generation", shape_of(8, 8, 1, 100, 64, 64, false), 2},
                    Case{"generation_dense", shape_of(3, 3, 1, 128, 64, 64, false), 1, kDense},
                    Case{"more_than_fit", shape_of(4, 4, 2, 120, 64, 64, false), 1, kAgain},
                    Case{"more_than_slots", shape_of(2, 2, 60, 2, 32, 32, false)},
                    Case{"many_heads", shape_of(16, 16, 4, 20, 32, 32, false), 2},
                    Case{"slow_memory", shape_of(2, 2, 10, 33, 64, 64, false), 1, kSlow},
                    Case{"values_for_nobody", shape_of(2, 2, 2, 52, 64, 64, false), 3, kLateValues},
                    Case{"all_there_is", shape_of(1, 1, 6, 128, 64, 64, false)}),
    [](const auto& tested) { return tested.param.name; });

Case doubled(std::string name, const workload::Shape& shape, std::size_t layers = 1,
             std::vector<Setting> settings = {}, double spread = 2) {
  return {std::move(name), shape, layers, std::move(settings), spread, kDouble};
}

// Behind two channels, which answer in any order.
INSTANTIATE_TEST_SUITE_P(
    TwoChannels, SpattenRtl,
    testing::Values(doubled("one_query", shape_of(1, 1, 1, 1, 32, 32, false)),
                    doubled("square", shape_of(2, 2, 20, 20, 64, 64, false)),
                    doubled("causal", shape_of(3, 1, 12, 31, 32, 64, true)),
                    doubled("whole_keys", shape_of(2, 2, 9, 40, 32, 64, false), 1, kWholeKeys),
                    doubled("few_upper_bits", shape_of(2, 2, 14, 37, 64, 32, false), 1, kFewUpper),
                    doubled("pruned_much", shape_of(6, 3, 24, 24, 64, 64, false), 3, kMuch, 0.5),
                    doubled("pruned_causal", shape_of(3, 3, 26, 26, 32, 32, true), 3, kMuch),
                    doubled("queries_of_their_own", shape_of(3, 3, 7, 40, 32, 32, false), 3, kMuch),
                    doubled("generation", shape_of(8, 8, 1, 100, 64, 64, false), 2),
                    doubled("generation_much", shape_of(8, 8, 1, 120, 32, 32, false), 3, kMuch),
                    doubled("generation_dense", shape_of(3, 3, 1, 128, 64, 64, false), 1, kDense),
                    doubled("more_than_fit", shape_of(4, 4, 2, 120, 64, 64, false), 1, kAgain),
                    doubled("many_heads", shape_of(16, 16, 4, 20, 32, 32, false), 2),
                    doubled("slow_memory", shape_of(2, 2, 10, 33, 64, 64, false), 1, kSlow),
                    doubled("values_for_nobody", shape_of(2, 2, 2, 52, 64, 64, false), 3,
                            kLateValues),
                    doubled("all_there_is", shape_of(1, 1, 6, 128, 64, 64, false))),
    [](const auto& tested) { return tested.param.name; });

// What the seed draws is the same for both: what rows need their lower bits, and who is pruned.
class SpattenRtlDrawn : public testing::TestWithParam<Case> {};

TEST_P(SpattenRtlDrawn, IsSystemCWithoutValues) {
  const Case& c = GetParam();
  const Design of = design(c.design, c.settings);
  for (const auto& [profile, seed] :
       {std::pair{StallProfile::none, 3}, std::pair{StallProfile::both, 4}}) {
    SCOPED_TRACE(config::name_of(profile));
    const auto run_as = [&](Fidelity fidelity) {
      return ran(of, c.shape, static_cast<std::int64_t>(c.layers), nullptr, fidelity, profile,
                 static_cast<std::uint64_t>(seed))
          .result;
    };
    const Result systemc = run_as(Fidelity::systemc);
    expect_same(of, run_as(Fidelity::rtl), systemc);
    if (c.name == "lower_bits") EXPECT_GT(counter(systemc, of, "confidence", "recomputed"), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Engine, SpattenRtlDrawn,
    testing::Values(Case{"lower_bits", shape_of(1, 1, 40, 100, 64, 64, false)},
                    Case{"whole_keys", shape_of(2, 2, 30, 30, 32, 32, false), 2, kWholeKeys},
                    Case{"shared_keys", shape_of(4, 2, 20, 33, 32, 32, false), 2},
                    Case{"pruned_causal", shape_of(3, 3, 26, 26, 32, 32, true), 3, kMuch},
                    Case{"generation", shape_of(4, 4, 1, 90, 64, 64, false), 3, kMuch},
                    doubled("pruned_much", shape_of(6, 6, 24, 24, 64, 64, false), 3, kMuch)),
    [](const auto& tested) { return tested.param.name; });

// A shape and settings at random.
void random_runs(int runs, std::uint64_t own_seed) {
  const std::uint64_t seed = weft::test::seed_or(own_seed);
  std::mt19937_64 random(seed);
  const auto among = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  constexpr StallProfile kProfiles[] = {StallProfile::none, StallProfile::source,
                                        StallProfile::sink, StallProfile::both,
                                        StallProfile::bursty};
  std::size_t compared = 0;
  for (int run = 0; run < runs; ++run) {
    SCOPED_TRACE(weft::test::seed_text(seed) + ", run " + std::to_string(run));
    const std::int64_t share = among(1, 2);
    const std::int64_t kv_heads = among(1, 4);
    const bool causal = random() % 3 == 0;
    const std::int64_t seq_q = among(1, 60);
    const std::int64_t seq_kv = random() % 3 == 0 ? seq_q : among(causal ? seq_q : 1, 128);
    const bool twice = random() % 2 == 0;
    const std::int64_t width_v = twice ? 32 * among(1, 2) : 16 * among(1, 4);
    const std::int64_t width_qk = twice ? 32 * among(1, 2) : 16 * among(2, 4);
    const workload::Shape shape =
        shape_of(share * kv_heads, kv_heads, seq_q, seq_kv, width_qk, width_v, causal);
    std::vector<Setting> settings = random() % 2 == 0 ? kMuch : std::vector<Setting>();
    if (random() % 3 == 0) settings.insert(settings.end(), kSlow.begin(), kSlow.end());
    settings.push_back({"arch.dram.latency_cycles", std::to_string(among(1, 60))});
    const Design of = design(twice ? kDouble : kDesign, settings);
    constexpr double kSpreads[] = {0.2, 1, 4};
    const std::uint64_t run_seed = random() >> 1;
    const StallProfile profile = kProfiles[random() % 5];
    const double spread = kSpreads[random() % 3];
    const auto layers = static_cast<std::size_t>(among(1, 3));
    compared += expect_equal(of, trace_of(random, shape, layers, spread), profile, run_seed);
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(compared, static_cast<std::size_t>(runs) * 32);
}

TEST(SpattenRtlRandom, IsSystemC) { random_runs(6, 5); }
TEST(SpattenRtlLong, IsSystemCAtRandom) { random_runs(200, 6); }

// Real operands of a model, keys in two planes, pruned over six layers.
TEST(SpattenRtlLong, MiniLmOnText) {
  for (const char* name : {kDesign, kDouble}) {
    SCOPED_TRACE(name);
    const Design of = design(name);
    EXPECT_EQ(expect_equal(of, minilm(), StallProfile::none, 1), 6u * 12 * 110 * 32);
  }
}

TEST(SpattenRtlRun, OperandsAreDrawnFromTheSeed) {
  const Design of = design(kDesign);
  workload::Workload workload;
  workload = workload.at(shape_of(1, 1, 12, 12, 32, 32, false));
  const auto cycles = [&](std::uint64_t seed) {
    return weft::sim::engine::run(of, workload, {.fidelity = Fidelity::rtl, .seed = seed}).cycles;
  };
  EXPECT_EQ(cycles(3), cycles(3));
  EXPECT_GT(cycles(3), 12u * 12 * 2);  // Q·K alone
  bool differs = false;
  for (std::uint64_t seed = 4; seed < 8; ++seed) differs |= cycles(seed) != cycles(3);
  EXPECT_TRUE(differs);  // whose values are pruned, and by which rounds
}

TEST(SpattenRtlRun, StopsWhenAsked) {
  const Design of = design(kDesign);
  workload::Workload workload;
  workload = workload.at(shape_of(4, 4, 120, 120, 64, 64, false));
  std::stop_source stop;
  RunOptions options{.fidelity = Fidelity::rtl};
  options.stop = stop.get_token();
  int told = 0;
  options.progress = [&](double share) {
    EXPECT_LT(share, 1);
    if (++told == 2) stop.request_stop();
  };
  EXPECT_THROW(weft::sim::engine::run(of, workload, options), weft::engine::Cancelled);
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace weft::sim::test
