#include "models/evaluation/accuracy/accuracy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "models/workload/trace.hpp"
#include "tests/workload/files.hpp"

namespace weft::evaluation {
namespace {

namespace fs = std::filesystem;

const workload::Trace& trace() {
  static const workload::Trace made =
      workload::load_trace(WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors");
  return made;
}

PruningSchedule shipped(const std::string& name) {
  return load_schedule(fs::path(WEFT_SOURCE_DIR "/configs/schedule") / (name + ".yaml"));
}

class ScheduleFile : public workload::test::InFolder {
 protected:
  PruningSchedule read(const std::string& text) { return load_schedule(write("s.yaml", text)); }
  const std::string bits_ = "query: {bits: 8}\nkey: {bits: 8+4}\nvalue: {bits: 8}\n";
};

TEST_F(ScheduleFile, SaysWhatEachLayerDoes) {
  const PruningSchedule s = read(bits_ +
                                 "lower_bits_below: 0.25\nseed: 9\n"
                                 "tokens: {average: 0.4, start: 0.2, criterion: largest}\n"
                                 "values: {by_layer: [0, 0.5], scope: head, in_place: mean}\n");
  EXPECT_EQ(s.name, "s");
  EXPECT_EQ(s.options(0, 6).value_ratio, 0);
  EXPECT_EQ(s.options(3, 6).value_ratio, 0.5);
  EXPECT_EQ(s.options(3, 6).key.bits, (quant::BitSplit{8, 4}));
  EXPECT_EQ(s.options(3, 6).lower_bits_below, 0.25F);
  EXPECT_EQ(s.options(3, 6).values.in_place, prune::InPlace::mean);
  EXPECT_EQ(s.options(3, 6).values.scope, prune::ValueScope::head);
  EXPECT_EQ(s.options(3, 6).token_criterion, prune::TokenCriterion::largest);
  EXPECT_EQ(s.options(3, 6).seed, 9u);
  EXPECT_DOUBLE_EQ(s.tokens.ratio(5, 6, prune::kTokenFront), 0.6);
  EXPECT_NO_THROW(check_schedule(s, 6));
}

TEST_F(ScheduleFile, AllThatAreShippedAreSound) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(WEFT_SOURCE_DIR "/configs/schedule")) {
    if (!entry.is_regular_file()) continue;
    const PruningSchedule schedule = load_schedule(entry.path());
    for (const std::int64_t layers : {1, 6, 12, 24})
      EXPECT_NO_THROW(check_schedule(schedule, layers));
    ++files;
  }
  EXPECT_GE(files, 10);
}

class BadSchedule : public ScheduleFile {};

TEST_F(BadSchedule, IsRefusedWithItsPlace) {
  const auto refused = [&](const std::string& more, std::initializer_list<std::string> parts) {
    workload::test::expect_refused([&] { check_schedule(read(bits_ + more), 6); }, parts);
  };
  refused("tokns: {average: 0.1}\n", {"s.yaml:4", "tokns", "tokens"});
  refused("tokens: {averge: 0.1}\n", {"s.yaml:4", "averge", "average"});
  refused("tokens: {average: 1.5}\n", {"s.yaml:4", "1.5", "from 0 to 1"});
  refused("tokens: {average: 0.8, start: 0.1}\n", {"s.yaml:4", "tokens", "below 1"});
  refused("heads:\n  by_layer: [0.5, 0.1]\n", {"s.yaml:5", "heads", "stays pruned"});
  refused("values: {by_layer: [0.5], average: 0.5}\n", {"s.yaml:4", "values", "one or the other"});
  refused("values: {scope: column}\n", {"s.yaml:4", "column", "row"});
  refused("values: {in_place: zero}\n", {"s.yaml:4", "zero", "nothing"});
  refused("lower_bits_below: -1\n", {"s.yaml:4", "-1"});
  refused("seed: x\n", {"s.yaml:4", "seed"});
  refused("probability_bits: 13\n", {"s.yaml:4", "13", "12"});
  refused("pooling: mean\n", {"s.yaml:4", "mean", "kept"});
  const auto whole = [&](const std::string& text, std::initializer_list<std::string> parts) {
    workload::test::expect_refused([&] { read(text); }, parts);
  };
  whole("query: {bits: 8}\nkey: {bits: 8}\n", {"s.yaml", "value"});
  whole("query: {scale: head}\nkey: {bits: 8}\nvalue: {bits: 8}\n", {"s.yaml:1", "query.bits"});
  whole("query: {bits: 13}\nkey: {bits: 8}\nvalue: {bits: 8}\n", {"s.yaml:1", "13"});
  whole("query: {bits: 8, clip: 0}\nkey: {bits: 8}\nvalue: {bits: 8}\n", {"s.yaml:1", "clip"});
  whole("query: {bits: 8, scale: channel}\nkey: {bits: 8}\nvalue: {bits: 8}\n",
        {"s.yaml:1", "query.scale", "channel"});
  whole("query: {bits: 8}\nkey: {bits: 8}\nvalue: {bits: 8, scale: token}\n",
        {"s.yaml:3", "value.scale", "token"});
  whole("query: {bits: 8}\nkey: {bits: 8}\nvalue: {bits: 8+4}\n", {"s.yaml:3", "one plane"});
  whole("query: {bits: 8}\nkey: {bits: 8}\nvalue: {bits: 8}\nlower_bits_below: 0.1\n",
        {"s.yaml:4", "two planes"});
  whole("[]\n", {"s.yaml"});
}

void expect_nested(const std::vector<LayerCounts>& layers) {
  for (std::size_t n = 1; n < layers.size(); ++n) {
    EXPECT_TRUE(std::includes(layers[n - 1].tokens_kept.begin(), layers[n - 1].tokens_kept.end(),
                              layers[n].tokens_kept.begin(), layers[n].tokens_kept.end()));
    EXPECT_TRUE(std::includes(layers[n - 1].heads_kept.begin(), layers[n - 1].heads_kept.end(),
                              layers[n].heads_kept.begin(), layers[n].heads_kept.end()));
  }
}

// An encoder's attention on the trace's operands, layer by layer.
std::vector<LayerCounts> run_on_trace(const PruningSchedule& schedule) {
  const workload::Shape& s = trace().shape;
  PrunedEncoderAttention attention(schedule, {.layers = 6, .heads = s.heads}, s.seq_q);
  for (std::int64_t n = 0; n < 6; ++n) {
    const auto tokens = attention.tokens(n, s.seq_q);
    const workload::LayerTrace& layer = trace().layers[static_cast<std::size_t>(n)];
    std::vector<float> q, k, v;
    for (std::int64_t h = 0; h < s.heads; ++h) {
      for (const std::int64_t t : tokens) {
        const std::int64_t at = (h * s.seq_q + t) * s.width_qk;
        q.insert(q.end(), layer.q.begin() + at, layer.q.begin() + at + s.width_qk);
        k.insert(k.end(), layer.k.begin() + at, layer.k.begin() + at + s.width_qk);
        v.insert(v.end(), layer.v.begin() + at, layer.v.begin() + at + s.width_qk);
      }
    }
    attention.attend({n, s.heads, s.width_qk, tokens, q, k, v});
  }
  return attention.layers();
}

TEST(PrunedEncoder, TokensAndHeadsAreNestedAndNotFetched) {
  PruningSchedule schedule = shipped("encoder/bits-8");
  schedule.tokens.by_layer = {0, 0.1, 0.3, 0.3, 0.5, 0.9};
  schedule.heads.by_layer = {0, 0, 0.25, 0.25, 0.5, 0.75};
  const auto layers = run_on_trace(schedule);
  expect_nested(layers);
  const std::vector<std::size_t> tokens{110, 99, 77, 77, 55, 11};
  const std::vector<std::size_t> heads{12, 12, 9, 9, 6, 3};
  for (std::size_t n = 0; n < layers.size(); ++n) {
    EXPECT_EQ(layers[n].tokens_kept.size(), tokens[n]);
    EXPECT_EQ(layers[n].heads_kept.size(), heads[n]);
    // Q, K and V at a byte a channel, 32 channels; a scale of 4 bytes a head and tensor.
    const auto rows = static_cast<std::int64_t>(tokens[n] * heads[n]);
    EXPECT_EQ(layers[n].fetched.total(), rows * 96 + static_cast<std::int64_t>(heads[n]) * 12);
    EXPECT_EQ(layers[n].spared.dense, 12 * 110 * 144 + 12);
    EXPECT_EQ(layers[n].spared.fetched(), layers[n].fetched.total());
    EXPECT_EQ(layers[n].spared.by_tokens, 12 * (110 - static_cast<std::int64_t>(tokens[n])) * 144);
  }
  EXPECT_GT(layers[1].tokens.rounds, 0);
  EXPECT_EQ(layers[3].tokens.rounds, 0) << "as many stay as there are";
}

// Rounds on real 12-bit probabilities, a row's keys halved: few, since values repeat and many are
// zero. Distinct values take H(k) + H(n + 1 − k) − 1 in the mean, 8.2 here.
TEST(PrunedEncoder, RoundsAreFewOnRealProbabilities) {
  const auto layers = run_on_trace(shipped("encoder/rows-50"));
  double distinct = -1;
  for (int i = 1; i <= 55; ++i) distinct += 1.0 / i;
  for (int i = 1; i <= 56; ++i) distinct += 1.0 / i;
  for (const LayerCounts& layer : layers) {
    ASSERT_EQ(layer.values.selections, 12 * 110);
    const double rounds = static_cast<double>(layer.values.rounds) / (12 * 110);
    const double zero = static_cast<double>(layer.values.zero_thresholds) / (12 * 110);
    EXPECT_GT(rounds, 1);
    EXPECT_LT(rounds, distinct * (zero > 0.3 ? 0.5 : 0.9)) << "zero in " << zero;
    EXPECT_GT(layer.fetched.value_rows, 0.8 * 12 * 110) << "each query leaves others out";
  }
  EXPECT_GT(layers[1].values.zero_thresholds, 0);
}

TEST(PrunedTrace, OfTwelveBitsIsExactAttention) {
  for (const bool causal : {false, true}) {
    workload::Trace same = trace();
    same.shape.causal = causal;
    const PrunedTrace got = run_pruned_trace(shipped("encoder/dense-12"), same);
    ASSERT_EQ(got.cosine.size(), 6u);
    for (const double cosine : got.cosine) EXPECT_GT(cosine, 0.9999) << causal;
    EXPECT_EQ(got.layers[0].spared.fetched(), got.layers[0].spared.dense);
  }
}

// A layer's outputs are those of the tokens and heads that it has, over their keys alone; what is
// chosen for the next rests on importances recomputed here from the outcome of plain attention.
TEST(PrunedTrace, LeavesOutWhatIsGone) {
  PruningSchedule schedule = shipped("encoder/dense-12");
  schedule.tokens.by_layer = {0, 0.25, 0.5};
  schedule.heads.by_layer = {0, 0.25};
  const PrunedTrace got = run_pruned_trace(schedule, trace());
  expect_nested(got.layers);
  const PrunedTrace dense = run_pruned_trace(shipped("encoder/dense-12"), trace());
  EXPECT_EQ(got.out[0], dense.out[0]) << "all are alive in the first layer";
  for (std::size_t n = 0; n < got.out.size(); ++n) {
    const LayerCounts& layer = got.layers[n];
    std::int64_t outputs = 0;
    for (std::int64_t h = 0; h < 12; ++h) {
      for (std::int64_t t = 0; t < 110; ++t) {
        const bool alive =
            std::binary_search(layer.heads_kept.begin(), layer.heads_kept.end(), h) &&
            std::binary_search(layer.tokens_kept.begin(), layer.tokens_kept.end(), t);
        const auto row = got.out[n].begin() + (h * 110 + t) * 32;
        const bool zero = std::all_of(row, row + 32, [](float x) { return x == 0; });
        ASSERT_EQ(zero, !alive) << n << " " << h << " " << t;
        outputs += alive;
      }
    }
    EXPECT_EQ(outputs, layer.fetched.query_rows);
  }
  EXPECT_EQ(got.layers[1].tokens_kept.size(), 83u);
  EXPECT_EQ(got.layers[5].tokens_kept.size(), 55u);
  EXPECT_EQ(got.layers[5].heads_kept.size(), 9u);
  // Importance after layer 0: what all queries of all heads give a token, in double.
  std::vector<double> importance(110, 0);
  const workload::LayerTrace& first = trace().layers[0];
  for (std::int64_t h = 0; h < 12; ++h) {
    for (std::int64_t p = 0; p < 110; ++p) {
      std::vector<double> row(110, 0);
      double total = 0;
      for (std::int64_t m = 0; m < 110; ++m) {
        double score = 0;
        for (std::int64_t e = 0; e < 32; ++e)
          score += static_cast<double>(first.q[static_cast<std::size_t>((h * 110 + p) * 32 + e)]) *
                   static_cast<double>(first.k[static_cast<std::size_t>((h * 110 + m) * 32 + e)]);
        total += row[static_cast<std::size_t>(m)] = std::exp(score * trace().scale);
      }
      for (std::size_t m = 0; m < row.size(); ++m) importance[m] += row[m] / total;
    }
  }
  std::vector<double> sorted = importance;
  std::sort(sorted.rbegin(), sorted.rend());
  int agree = 0;
  for (const std::int64_t t : got.layers[1].tokens_kept)
    agree += importance[static_cast<std::size_t>(t)] >= sorted[82];
  EXPECT_GE(agree, 82) << "of 83, rounding may swap the last";
}

TEST(SingleQueries, OfTwelveBitsAreExactAttention) {
  const SingleQueries got = run_single_queries(shipped("decoder/single-12"), trace());
  EXPECT_EQ(got.steps, 55);
  ASSERT_EQ(got.by_layer.size(), 6u);
  for (const double cosine : got.by_layer) EXPECT_GT(cosine, 0.9999);
  // Steps 55 … 109 see 56 … 110 keys: a K and a V row of 48 bytes each, and one of Q.
  const std::int64_t keys = (56 + 110) * 55 / 2;
  EXPECT_EQ(got.layers[2].fetched.total(), 12 * 48 * (2 * keys + 55) + 55 * 12);
  EXPECT_EQ(got.layers[2].spared.dense, got.layers[2].fetched.total());
}

// The frontier that the page shows, on the committed trace.
TEST(SingleQueries, ThreeTimesFewerBytesAtTheSameOutput) {
  const SingleQueries got = run_single_queries(shipped("decoder/single-5-values-60"), trace());
  EXPECT_GE(got.cosine_mean, 0.99);
  EXPECT_GE(reduction(spared(got.layers)), 3);
}

TEST(SingleQueries, MoreRowsAreFlatTheHigherTheThreshold) {
  double before = -1;
  double cosine = 0;
  for (const char* name :
       {"decoder/planes-4-below-0", "decoder/planes-4-below-10", "decoder/planes-4-below-40"}) {
    const SingleQueries got = run_single_queries(shipped(name), trace());
    LayerCounts sum;
    for (const LayerCounts& layer : got.layers) sum += layer;
    const double share = static_cast<double>(sum.lower_rows) / static_cast<double>(sum.rows);
    EXPECT_GT(share, before) << name;
    EXPECT_GT(got.cosine_mean, cosine) << name;
    EXPECT_EQ(sum.lower_rows > 0, sum.fetched.key_lower_bytes > 0);
    before = share;
    cosine = got.cosine_mean;
  }
  EXPECT_LT(before, 1);
}

TEST(SingleQueries, WhatIsPrunedStaysPruned) {
  PruningSchedule schedule = shipped("decoder/single-8");
  schedule.tokens.by_layer = {0, 0.2, 0.4, 0.6};
  schedule.tokens.recent = 4;
  schedule.heads.by_layer = {0, 0, 0.5};
  const SingleQueries got = run_single_queries(schedule, trace());
  expect_nested(got.layers);
  EXPECT_EQ(got.layers[5].tokens_kept.size(), 44u);
  EXPECT_EQ(got.layers[5].tokens_kept.back(), 109);
  EXPECT_EQ(got.layers[5].heads_kept.size(), 6u);
  EXPECT_GT(got.layers[3].spared.by_tokens, 0);
  EXPECT_GT(got.layers[3].spared.by_heads, 0);
}

TEST(Accuracy, MedianIsTheMiddle) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({}), 0);
}

}  // namespace
}  // namespace weft::evaluation
