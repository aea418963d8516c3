#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "models/engine/design/assembled.hpp"
#include "models/numerics/bf16.hpp"
#include "models/prune/pruned_attention.hpp"
#include "models/softmax/fusemax_bits.hpp"
#include "models/workload/made_trace.hpp"
#include "sim/engine/spatten/run_binding.hpp"
#include "tests/spatten/support.hpp"

namespace weft::sim::test {
namespace {

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
    std::vector<std::int64_t> queries = alive;  // a token's goes with its key
    if (s.seq_q != s.seq_kv) {
      queries.resize(static_cast<std::size_t>(s.seq_q));
      std::iota(queries.begin(), queries.end(), 0);
    }
    const auto asked = static_cast<std::int64_t>(queries.size());
    const auto q = gathered(traced.q, s.seq_q, s.width_qk, alive_heads, queries);
    const auto k = gathered(traced.k, s.seq_kv, s.width_qk, alive_heads, alive);
    const auto v = gathered(traced.v, s.seq_kv, s.width_v, alive_heads, alive);
    const auto operands = weft::prune::quantise_layer({q, head_count, asked, s.width_qk},
                                                      {k, head_count, count, s.width_qk},
                                                      {v, head_count, count, s.width_v}, options);
    std::vector<std::int64_t> visible(queries.size(), count);
    for (std::size_t p = 0; s.causal && p < queries.size(); ++p)
      visible[p] = std::count_if(alive.begin(), alive.end(), [&](std::int64_t token) {
        return token <= queries[p] + s.seq_kv - s.seq_q;
      });
    const weft::prune::LayerShape shape{l, alive_heads, queries, visible, trace.scale};
    const auto outcome = weft::prune::run_layer(operands, shape, options);
    auto& layer =
        out.outputs.emplace_back(static_cast<std::size_t>(s.heads * s.seq_q * s.width_v), 0.0F);
    for (std::size_t h = 0; h < alive_heads.size(); ++h) {
      for (std::size_t p = 0; p < queries.size(); ++p) {
        for (std::int64_t f = 0; f < s.width_v; ++f)
          layer[static_cast<std::size_t>((alive_heads[h] * s.seq_q + queries[p]) * s.width_v + f)] =
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

INSTANTIATE_TEST_SUITE_P(
    Engine, Values,
    testing::Values(Case{"dense", "spatten-dense", {}},
                    Case{"pruned", "spatten", {}, {12, 0}, 0.3, 0.3, 0.1},
                    Case{"tokens", "spatten", {{kHeads, "0"}, {kValues, "0"}}, {12, 0}, 0, 0.3, 0},
                    Case{"heads", "spatten", {{kTokens, "0"}, {kValues, "0"}}, {12, 0}, 0, 0, 0.1},
                    Case{"values", "spatten", {{kTokens, "0"}, {kHeads, "0"}}, {12, 0}, 0.3, 0, 0},
                    Case{"progressive", "spatten", {{kKey, "8+4"}}, {8, 4}, 0.3, 0.3, 0.1},
                    Case{"eighth", "spatten-eighth", {{kKey, "6+4"}}, {6, 4}, 0.3, 0.3, 0.1},
                    Case{"least", "spatten-rtl-smallest", {{kKey, "8+4"}}, {8, 4}, 0.3, 0.3, 0.1}),
    [](const auto& one) { return one.param.name; });

// Some tokens of the trace: the last ones' queries.
workload::Trace part_of_minilm(std::int64_t queries, std::int64_t keys, bool causal) {
  workload::Trace part = minilm();
  const workload::Shape was = part.shape;
  part.shape.seq_q = queries;
  part.shape.seq_kv = keys;
  part.shape.causal = causal;
  const auto some = [&](std::vector<float>& of, std::int64_t from, std::int64_t count) {
    std::vector<float> out;
    for (std::int64_t h = 0; h < was.heads; ++h) {
      const auto begin = of.begin() + (h * was.seq_kv + from) * 32;
      out.insert(out.end(), begin, begin + count * 32);
    }
    of = out;
  };
  for (auto& layer : part.layers) {
    some(layer.q, keys - queries, queries);
    some(layer.k, 0, keys);
    some(layer.v, 0, keys);
  }
  return part;
}

// A decoding query, whose keys and values stream; a few; masked ones.
TEST(OtherShapes, EqualTheUntimedModelsBitForBit) {
  for (const auto& [queries, keys, causal] :
       {std::tuple<int, int, bool>{1, 97, false}, {1, 64, true}, {7, 50, true}, {40, 40, true}}) {
    const workload::Trace trace = part_of_minilm(queries, keys, causal);
    std::vector<std::vector<float>> outputs;
    RunOptions options;
    options.trace = &trace;
    options.outputs = &outputs;
    const Design made = design("spatten", {{kKey, "6+4"}});
    const Result result = engine::run(made, {}, options);
    ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
    weft::prune::AttentionOptions asked;
    asked.key.bits = {6, 4};
    asked.value_ratio = 0.3;
    asked.lower_bits_below = 0.1F;
    weft::prune::Ramp tokens;
    tokens.average = 0.3;
    weft::prune::Ramp heads;
    heads.average = 0.1;
    const Untimed expected = untimed(trace, asked, tokens, heads);
    for (std::size_t l = 0; l < outputs.size(); ++l) {
      ASSERT_EQ(outputs[l], expected.outputs[l]) << queries << " of " << keys << ", layer " << l;
      EXPECT_EQ(result.selection.at(l).tokens_kept, expected.tokens[l]);
      EXPECT_EQ(result.selection.at(l).heads_kept, expected.heads[l]);
    }
    EXPECT_GT(counter(result, made, "confidence", "recomputed"), 0u);
    EXPECT_LT(result.error->rms_relative, 0.5);
  }
}

// The deviations by which scores are drawn like the trace's, from the trace.
TEST(DrawnScores, AreDrawnWithTheDeviationsOfTheTrace) {
  engine::spatten::Run run;
  config::Reader reader;
  config::read(*design_of("spatten", "cascade-pruning-minilm").assembled()->binding.run.value, run,
               reader);
  reader.finish();
  const workload::Shape& s = minilm().shape;
  ASSERT_EQ(run.scores.row.size(), minilm().layers.size());
  const auto n = static_cast<std::size_t>(s.seq_q);
  for (std::size_t l = 0; l < minilm().layers.size(); ++l) {
    double of_rows = 0;
    double of_tokens = 0;
    for (std::size_t h = 0; h < static_cast<std::size_t>(s.heads); ++h) {
      std::vector<double> scores(n * n);
      std::vector<double> mean(n);
      for (std::size_t p = 0; p < n; ++p) {
        double row = 0;
        for (std::size_t m = 0; m < n; ++m) {
          double& score = scores[p * n + m];
          for (std::size_t e = 0; e < 32; ++e)
            score += static_cast<double>(minilm().layers[l].q[(h * n + p) * 32 + e]) *
                     static_cast<double>(minilm().layers[l].k[(h * n + m) * 32 + e]);
          score *= minilm().scale;
          row += score / static_cast<double>(n);
        }
        for (std::size_t m = 0; m < n; ++m) {
          scores[p * n + m] -= row;
          mean[m] += scores[p * n + m] / static_cast<double>(n);
        }
      }
      for (std::size_t i = 0; i < scores.size(); ++i) {
        of_rows += std::pow(scores[i] - mean[i % n], 2);
        of_tokens += std::pow(mean[i % n], 2);
      }
    }
    const auto count = static_cast<double>(n * n * static_cast<std::size_t>(s.heads));
    EXPECT_NEAR(run.scores.row[l], std::sqrt(of_rows / count), 2e-3) << l;
    EXPECT_NEAR(run.scores.token[l], std::sqrt(of_tokens / count), 2e-3) << l;
  }
}

// FuseMax's array behind the token pruner is a file: its outputs are FuseMax's over the tokens that
// SpAtten's cascade leaves.
TEST(BehindAPruner, AFuseMaxArrayGivesThePrunedAlgorithmsValues) {
  std::vector<std::vector<float>> outputs;
  RunOptions options;
  options.trace = &minilm();
  options.outputs = &outputs;
  const Design made = design("fusemax-pruned");
  const Result result = engine::run(made, {}, options);
  ASSERT_EQ(result.status, weft::engine::Status::ok) << result.reason;
  weft::prune::Ramp ramp;
  ramp.average = 0.3;
  const Untimed expected = untimed(minilm(), {}, ramp, {});
  const workload::Shape& s = minilm().shape;
  std::size_t compared = 0;
  for (std::size_t l = 0; l < outputs.size(); ++l) {
    const std::vector<std::int64_t>& alive = expected.tokens[l];
    ASSERT_EQ(result.selection.at(l).tokens_kept, alive);
    const auto bf16 = [&](const std::vector<float>& from, std::int64_t head) {
      auto rows = gathered(from, s.seq_kv, 32, {head}, alive);
      for (float& x : rows) x = numerics::flush(numerics::round_to_bf16(x));
      return rows;
    };
    const auto& traced = minilm().layers[l];
    const auto count = static_cast<std::int64_t>(alive.size());
    for (std::int64_t h = 0; h < s.heads; ++h) {
      const auto out = softmax::fusemax_attention(
          bf16(traced.q, h), bf16(traced.k, h), bf16(traced.v, h),
          {.seq_q = count, .seq_kv = count, .width_qk = 32, .width_v = 32}, minilm().scale, 16);
      for (std::size_t p = 0; p < alive.size(); ++p) {
        for (std::size_t f = 0; f < 32; ++f, ++compared)
          ASSERT_EQ(outputs[l][static_cast<std::size_t>((h * s.seq_q + alive[p]) * 32) + f],
                    out[p * 32 + f])
              << "layer " << l << " head " << h << " token " << alive[p];
      }
    }
  }
  EXPECT_GT(compared, 6u * 12 * 60 * 32);
  EXPECT_GT(counter(result, made, "array", "tiles"), 0u);
  EXPECT_LT(result.error->rms_relative, 0.01);
}

// Values of which each is a number, and what is made of them is none.
TEST(SpattenValues, WhatFp32HasNoRoomForIsRefused) {
  workload::Shape shape;
  shape.batch = 1;
  shape.heads = 2;
  shape.kv_heads = 1;
  shape.seq_q = 3;
  shape.seq_kv = 8;
  shape.width_qk = shape.width_v = 32;
  struct Case {
    float q, k, v;
    std::string says;  // empty: it runs, and all it gives is finite
  };
  // |q|·|k|·32/√32 against 2^126; 3·32 outputs of |v|.
  for (const Case& c :
       {Case{1e20F, 1e20F, 1, "scores of layer 0, head 0"},
        Case{1e30F, 1e30F, 1, "scores of layer 0, head 0"},
        Case{3e38F, 1, 1, "scores of layer 0, head 0"},
        Case{1, 3e38F, 1, "scores of layer 0, head 0"}, Case{3e18F, 3e18F, 1, ""},
        Case{1, 1, 1e37F, "sums of outputs of layer 0, head 0"}, Case{1, 1, 5e35F, ""}}) {
    SCOPED_TRACE(testing::Message() << c.q << " " << c.k << " " << c.v);
    workload::Trace trace = workload::made_trace(shape, 1, [](std::int64_t count) {
      std::vector<float> made(static_cast<std::size_t>(count));
      for (std::size_t i = 0; i < made.size(); ++i)
        made[i] = i % 3 == 0 ? 1.0F : -0.5F / static_cast<float>(i % 7 + 1);
      return made;
    });
    workload::LayerTrace& layer = trace.layers[0];
    for (float& x : layer.q) x *= c.q;
    for (float& x : layer.k) x *= c.k;
    for (float& x : layer.v) x *= c.v;
    workload::Workload workload;
    workload = workload.at(shape);
    for (const char* name : {"spatten", "spatten-rtl-smallest", "fusemax-pruned"}) {
      SCOPED_TRACE(name);
      RunOptions options;
      options.trace = &trace;
      const Result result = weft::sim::engine::run(design(name), workload, options);
      EXPECT_EQ(result.ran(), c.says.empty()) << result.reason;
      if (c.says.empty()) {
        EXPECT_EQ(result.error->not_finite, 0u);
        continue;
      }
      ASSERT_EQ(result.problems.size(), 1u) << result.reason;
      EXPECT_EQ(result.problems[0].field, "--values");
      EXPECT_NE(result.problems[0].message.find(c.says), std::string::npos)
          << result.problems[0].message;
    }
  }
}

// Where no value tells, a share of rows is computed again: all, none, and about as many as said.
TEST(SpattenDrawn, AShareOfRowsNeedsLowerBits) {
  workload::Shape shape;
  shape.batch = 1;
  shape.heads = shape.kv_heads = 12;
  shape.seq_q = shape.seq_kv = 100;
  shape.width_qk = shape.width_v = 64;
  workload::Workload workload;
  workload = workload.at(shape);
  const double rows = 1200;
  for (const double share : {0.0, 0.059, 0.5, 1.0}) {
    SCOPED_TRACE(share);
    const Design of =
        design("spatten-dense",
               {{kKey, "8+4"}, {"binding.run.numbers.recompute_share", std::to_string(share)}});
    const Result result = weft::sim::engine::run(of, workload, RunOptions{});
    ASSERT_TRUE(result.ran()) << result.reason;
    const auto again = static_cast<double>(counter(result, of, "confidence", "recomputed"));
    // Four deviations of as many throws of a coin.
    EXPECT_NEAR(again, share * rows, 4 * std::sqrt(rows * share * (1 - share)) + 1e-9);
  }
}

TEST(SpattenDrawn, ScoresAreNotAskedForWhereOperandsAreDrawn) {
  workload::Workload workload;
  workload::Shape shape;
  shape.batch = 1;
  shape.heads = shape.kv_heads = 1;
  shape.seq_q = shape.seq_kv = 8;
  shape.width_qk = shape.width_v = 32;
  workload = workload.at(shape);
  for (const auto fidelity : {weft::engine::Fidelity::systemc, weft::engine::Fidelity::rtl}) {
    RunOptions options;
    options.fidelity = fidelity;
    const Result result = weft::sim::engine::run(
        Design::load(Catalog(WEFT_SOURCE_DIR "/configs"), "spatten-rtl-smallest",
                     "cascade-pruning-minilm", {{"binding.run.keys_side_by_side", "1"}}),
        workload, options);
    ASSERT_EQ(result.problems.size(), 1u) << result.reason;
    EXPECT_EQ(result.problems[0].field, "binding.run.scores");
  }
}

}  // namespace
}  // namespace weft::sim::test
