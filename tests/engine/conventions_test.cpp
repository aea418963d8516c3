// What a mask hides, queries that see no key, and values that are not finite: SystemC against the
// bit-accurate model and against loops written out here, whatever the tile.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "models/numerics/bf16.hpp"
#include "models/softmax/attention.hpp"
#include "models/softmax/fusemax_bits.hpp"
#include "sim/engine/comparison.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Setting;
using weft::engine::Status;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

const std::vector<Setting> kTopLeft{{"binding.causal_alignment", "top-left"}};
const std::vector<Setting> kMean{{"binding.empty_rows", "mean"}};

// Keys that a query sees, by the convention's own words.
std::int64_t seen(const Shape& s, bool top_left, std::int64_t query) {
  std::int64_t count = 0;
  for (std::int64_t m = 0; m < s.seq_kv; ++m)
    count += (top_left ? m <= query : m - (s.seq_kv - 1) <= query - (s.seq_q - 1)) ? 1 : 0;
  return count;
}

// softmax(scale·QKᵀ)·V over the keys that each query sees, one head at a time.
std::vector<double> expected(const workload::Trace& trace, bool top_left, bool mean) {
  const Shape& s = trace.shape;
  const auto& in = trace.layers[0];
  std::vector<double> out(static_cast<std::size_t>(s.batch * s.heads * s.seq_q * s.width_v), 0);
  for (std::int64_t h = 0; h < s.batch * s.heads; ++h) {
    const std::int64_t kv = h / s.heads * s.kv_heads + h % s.heads / (s.heads / s.kv_heads);
    for (std::int64_t p = 0; p < s.seq_q; ++p) {
      const std::int64_t keys = seen(s, top_left, p);
      std::vector<double> weights;
      double below = 0;
      for (std::int64_t m = 0; m < (keys == 0 && mean ? s.seq_kv : keys); ++m) {
        double score = 0;
        for (std::int64_t e = 0; e < s.width_qk; ++e)
          score += static_cast<double>(in.q[(h * s.seq_q + p) * s.width_qk + e]) *
                   static_cast<double>(in.k[(kv * s.seq_kv + m) * s.width_qk + e]);
        weights.push_back(keys == 0 ? 1 : std::exp(trace.scale * score));
        below += weights.back();
      }
      for (std::size_t m = 0; m < weights.size(); ++m) {
        for (std::int64_t f = 0; f < s.width_v; ++f)
          out[(h * s.seq_q + p) * s.width_v + f] +=
              weights[m] / below *
              static_cast<double>(
                  in.v[(kv * s.seq_kv + static_cast<std::int64_t>(m)) * s.width_v + f]);
      }
    }
  }
  return out;
}

double worst(const std::vector<float>& computed, const std::vector<double>& reference) {
  EXPECT_EQ(computed.size(), reference.size());
  double most = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double difference = std::abs(static_cast<double>(computed[i]) - reference[i]);
    if (!(difference <= most)) most = difference;
  }
  return most;
}

const std::vector<std::string> kCausal{
    "fusemax-4x4", "fusemax-8x8", "fusemax-cascade-4x4", "fusemax-architecture-4x4", "flat-4x4",
    "unfused-4x4", "two-pass",    "streaming-softmax",   "segments-serial"};

std::vector<Shape> unequal_shapes() {
  return {{.batch = 1,
           .heads = 2,
           .kv_heads = 1,
           .seq_q = 5,
           .seq_kv = 2,
           .width_qk = 4,
           .width_v = 3,
           .causal = true},
          {.batch = 1,
           .heads = 1,
           .kv_heads = 1,
           .seq_q = 40,
           .seq_kv = 9,
           .width_qk = 4,
           .width_v = 5,
           .causal = true},
          {.batch = 2,
           .heads = 1,
           .kv_heads = 1,
           .seq_q = 37,
           .seq_kv = 36,
           .width_qk = 3,
           .width_v = 4,
           .causal = true},
          {.batch = 1,
           .heads = 1,
           .kv_heads = 1,
           .seq_q = 6,
           .seq_kv = 1,
           .width_qk = 2,
           .width_v = 2,
           .causal = true},
          {.batch = 1,
           .heads = 2,
           .kv_heads = 2,
           .seq_q = 9,
           .seq_kv = 30,
           .width_qk = 4,
           .width_v = 4,
           .causal = true},
          {.batch = 1,
           .heads = 1,
           .kv_heads = 1,
           .seq_q = 1,
           .seq_kv = 5,
           .width_qk = 4,
           .width_v = 4,
           .causal = true}};
}

struct Convention {
  std::string name;
  bool top_left;
  bool mean;
};
class Conventions : public testing::TestWithParam<Convention> {};

// Every convention in every design and fidelity that has values, on fewer, as many and more queries
// than keys.
TEST_P(Conventions, ValuesFollowThemAndCyclesDoNotDependOnValues) {
  const auto& [name, top_left, mean] = GetParam();
  std::vector<Setting> settings = top_left ? kTopLeft : std::vector<Setting>{};
  if (mean) settings.insert(settings.end(), kMean.begin(), kMean.end());
  for (const std::string& which : kCausal) {
    const weft::engine::Design made = design(which, settings);
    for (const Shape& shape : unequal_shapes()) {
      SCOPED_TRACE(which + text(shape));
      const workload::Trace trace = random_trace(shape, 1, weft::test::seed_or(91));
      std::vector<std::vector<float>> outputs;
      const Result result = run_point(made, shape, {.trace = &trace, .outputs = &outputs});
      EXPECT_EQ(result.status, Status::ok) << result.reason;
      EXPECT_LE(worst(outputs.at(0), expected(trace, top_left, mean)), 0.06);
      EXPECT_LE(result.error->max_abs, 0.06);
      ASSERT_TRUE(result.error_to_attention);
      EXPECT_NEAR(result.error_to_attention->max_abs, result.error->max_abs, 1e-9);
      expect_same_run(result, run_point(made, shape));
      expect_same_run(run_point(made, shape, {.exact = true}), run_point(made, shape));
      EXPECT_GT(run_point(made, shape, {.fidelity = weft::engine::Fidelity::analytic}).cycles, 0u);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Conventions,
                         testing::Values(Convention{"EndsZero", false, false},
                                         Convention{"EndsMean", false, true},
                                         Convention{"BeginningsZero", true, false},
                                         Convention{"BeginningsMean", true, true}),
                         [](const auto& tested) { return tested.param.name; });

// The oracle and the bit-accurate model, against the loops.
TEST(ConventionModels, OracleAndBitAccurateModel) {
  for (const bool top_left : {false, true}) {
    for (const bool mean : {false, true}) {
      for (const Shape& s : unequal_shapes()) {
        SCOPED_TRACE(text(s));
        const workload::Trace trace = random_trace(s, 1, weft::test::seed_or(92));
        softmax::AttentionShape shape{s.batch,  s.heads,    s.kv_heads, s.seq_q,
                                      s.seq_kv, s.width_qk, s.width_v,  true};
        shape.alignment = top_left ? CausalAlignment::top_left : CausalAlignment::bottom_right;
        shape.empty_rows = mean ? EmptyRows::mean : EmptyRows::zero;
        const auto wide = [](const std::vector<float>& x) {
          return std::vector<double>(x.begin(), x.end());
        };
        const auto& in = trace.layers[0];
        const std::vector<double> loops = expected(trace, top_left, mean);
        for (const auto method : {softmax::Method::full, softmax::Method::online}) {
          const std::vector<double> golden =
              softmax::attention(wide(in.q), wide(in.k), wide(in.v), shape, trace.scale, method, 4);
          double most = 0;
          for (std::size_t i = 0; i < loops.size(); ++i)
            most = std::max(most, std::abs(golden[i] - loops[i]));
          EXPECT_LE(most, 1e-12);
        }
        EXPECT_LE(worst(softmax::fusemax_attention(in.q, in.k, in.v, shape, trace.scale,
                                                   {.key_tile = 4, .query_tile = 4}),
                        loops),
                  0.06);
        EXPECT_LE(
            worst(softmax::three_pass_attention_bits(in.q, in.k, in.v, shape, trace.scale), loops),
            0.06);
      }
    }
  }
}

// The input of the issue: rows 0 to 2 see nothing, rows 3 and 4 attend to one and to two keys.
TEST(ConventionModels, FiveQueriesOnTwoKeys) {
  const Shape shape{.batch = 1,
                    .heads = 1,
                    .kv_heads = 1,
                    .seq_q = 5,
                    .seq_kv = 2,
                    .width_qk = 2,
                    .width_v = 2,
                    .causal = true};
  workload::Trace trace = random_trace(shape, 1, 1);
  trace.layers[0].q.assign(10, 0.0F);
  trace.layers[0].v = {1, 2, 3, 6};
  std::vector<std::vector<float>> outputs;
  run_point(design("fusemax-4x4"), shape, {.trace = &trace, .outputs = &outputs});
  EXPECT_EQ(outputs.at(0), (std::vector<float>{0, 0, 0, 0, 0, 0, 1, 2, 2, 4}));
}

// One causal query on five keys sees all of them, or key 0 alone.
TEST(ConventionModels, OneQueryOnFiveKeys) {
  const Shape shape{.batch = 1,
                    .heads = 1,
                    .kv_heads = 1,
                    .seq_q = 1,
                    .seq_kv = 5,
                    .width_qk = 2,
                    .width_v = 1,
                    .causal = true};
  workload::Trace trace = random_trace(shape, 1, 1);
  trace.layers[0].q.assign(2, 0.0F);
  trace.layers[0].v = {1, 2, 3, 4, 5};
  std::vector<std::vector<float>> outputs;
  run_point(design("flat-4x4"), shape, {.trace = &trace, .outputs = &outputs});
  EXPECT_EQ(outputs.at(0), (std::vector<float>{3}));
  run_point(design("flat-4x4", kTopLeft), shape, {.trace = &trace, .outputs = &outputs});
  EXPECT_EQ(outputs.at(0), (std::vector<float>{1}));
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](float x, float y) {
           return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
         });
}

// NaN and infinity in the keys and values that a query does not see leave its bits alone, whatever
// the tile.
TEST(NotFinite, WhatAMaskHidesDoesNotChangeWhatIsSeen) {
  const Shape shape{.batch = 1,
                    .heads = 2,
                    .kv_heads = 2,
                    .seq_q = 11,
                    .seq_kv = 21,
                    .width_qk = 4,
                    .width_v = 6,
                    .causal = true};
  const workload::Trace clean = random_trace(shape, 1, weft::test::seed_or(93));
  constexpr std::int64_t kFrom = 17;  // queries before 7 see none of these keys
  for (const float strange : {kNan, kInf, -kInf, 3e38F}) {
    workload::Trace dirty = clean;
    for (std::int64_t h = 0; h < 2; ++h) {
      for (std::int64_t m = kFrom; m < shape.seq_kv; ++m) {
        dirty.layers[0].k[(h * shape.seq_kv + m) * shape.width_qk + 1] = strange;
        dirty.layers[0].v[(h * shape.seq_kv + m) * shape.width_v + 2] = strange;
      }
    }
    for (const std::string& which : kCausal) {
      SCOPED_TRACE(which + " " + std::to_string(strange));
      const weft::engine::Design made = design(which);
      std::vector<std::vector<float>> outputs;
      std::vector<std::vector<float>> reference;
      run_point(made, shape, {.trace = &clean, .outputs = &reference});
      const Result result = run_point(made, shape, {.trace = &dirty, .outputs = &outputs});
      for (std::int64_t h = 0; h < 2; ++h) {
        const auto head = [&](const std::vector<float>& x) {
          return std::vector<float>(x.begin() + h * 66, x.begin() + h * 66 + (kFrom - 10) * 6);
        };
        EXPECT_TRUE(same_bits(head(outputs.at(0)), head(reference.at(0))));
      }
      if (std::isfinite(strange)) continue;
      EXPECT_EQ(result.error->operands_not_finite, 2u * 2 * (21 - kFrom));
      EXPECT_EQ(result.error->rows_apart, 2u * 4)
          << "queries 7 to 10 of either head see such a key";
      EXPECT_EQ(result.error->compared, 2u * 7 * 6);
      EXPECT_EQ(result.error->not_finite, 0u);
      EXPECT_EQ(result.status, Status::ok) << result.reason;
    }
  }
}

TEST(NotFinite, TheBitAccurateModelsHideItToo) {
  const Shape s{.batch = 1,
                .heads = 1,
                .kv_heads = 1,
                .seq_q = 11,
                .seq_kv = 21,
                .width_qk = 4,
                .width_v = 6,
                .causal = true};
  workload::Trace trace = random_trace(s, 1, weft::test::seed_or(94));
  auto& in = trace.layers[0];
  const softmax::AttentionShape shape{1, 1, 1, s.seq_q, s.seq_kv, s.width_qk, s.width_v, true};
  for (const std::int64_t tile : {1, 3, 4, 16, 64}) {
    const std::vector<float> clean = softmax::fusemax_attention(
        in.q, in.k, in.v, shape, trace.scale, {.key_tile = tile, .query_tile = tile});
    std::vector<float> v = in.v;
    for (std::size_t i = 20 * 6; i < v.size(); ++i)
      v[i] = kNan;  // of the last key, which the last query alone sees
    const std::vector<float> dirty = softmax::fusemax_attention(
        in.q, in.k, v, shape, trace.scale, {.key_tile = tile, .query_tile = tile});
    EXPECT_TRUE(same_bits({clean.begin(), clean.end() - 6}, {dirty.begin(), dirty.end() - 6}))
        << tile;
    EXPECT_TRUE(std::isnan(dirty.back()));
  }
}

// Finite operands whose products are not: no success, and it is said how many and where.
TEST(NotFinite, AnOverflowIsAFailure) {
  const Shape shape{
      .batch = 1, .heads = 2, .kv_heads = 2, .seq_q = 6, .seq_kv = 6, .width_qk = 2, .width_v = 2};
  workload::Trace trace = random_trace(shape, 1, 3);
  auto& in = trace.layers[0];
  in.q[(6 + 4) * 2] = numerics::bf16_from_double(3e38);  // head 1, query 4
  for (float& k : in.k) k = numerics::bf16_from_double(3e38);
  for (const char* which : {"fusemax-4x4", "flat-4x4", "unfused-4x4", "two-pass"}) {
    std::vector<std::vector<float>> outputs;
    const Result result = run_point(design(which), shape, {.trace = &trace, .outputs = &outputs});
    EXPECT_EQ(result.status, Status::failed) << which;
    EXPECT_TRUE(result.ran());
    EXPECT_GE(result.error->not_finite, 2u);
    EXPECT_EQ(result.error->compared + result.error->not_finite, 24u);
    EXPECT_NE(result.reason.find("AV["), std::string::npos) << result.reason;
    EXPECT_TRUE(std::isfinite(result.error->max_abs));
    EXPECT_EQ(outputs.at(0).size(), 24u) << "outputs are there all the same";
  }
}

TEST(NotFinite, OperandsOfZeroHaveAnErrorOfZero) {
  const Shape shape{
      .batch = 1, .heads = 1, .kv_heads = 1, .seq_q = 4, .seq_kv = 4, .width_qk = 2, .width_v = 2};
  workload::Trace trace = random_trace(shape, 1, 3);
  for (auto* tensor : {&trace.layers[0].q, &trace.layers[0].k, &trace.layers[0].v})
    std::fill(tensor->begin(), tensor->end(), 0.0F);
  const Result result = run_point(design("fusemax-4x4"), shape, {.trace = &trace});
  EXPECT_EQ(result.error->rms_relative, 0);
  EXPECT_EQ(result.error->max_abs, 0);
  EXPECT_EQ(result.error->compared, 8u);
}

}  // namespace
}  // namespace weft::sim::engine::test
