// Values of cascades that are not attention, or whose tensors are no matrices: each against a sum
// written out here, in double precision, and never past the end of a tensor (run under ASan and
// UBSan, too).
#include <algorithm>
#include <cmath>
#include <functional>

#include "models/engine/design/catalog.hpp"
#include "sim/engine/comparison.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

weft::engine::Design custom(const std::string& name,
                            const std::vector<weft::engine::Setting>& settings = {}) {
  return weft::engine::Design::load(
      weft::engine::Catalog(WEFT_SOURCE_DIR "/configs"), "streaming-16x16",
      std::string(WEFT_SOURCE_DIR "/tests/engine/cascades/") + name + "-binding.yaml", settings);
}

using Tensors = std::vector<workload::ComputedTensor>;

// One head's rows.
struct Rows {
  const float* data;
  std::int64_t width;
  double at(std::int64_t row, std::int64_t column) const {
    return static_cast<double>(data[row * width + column]);
  }
};

// f(q, k, v, out) for every head of a trace of one layer; out is [seq_q, width_v].
std::vector<double> by_head(const workload::Trace& trace,
                            const std::function<void(Rows, Rows, Rows, double*)>& f) {
  const Shape& s = trace.shape;
  const auto& in = trace.layers[0];
  std::vector<double> all(static_cast<std::size_t>(s.batch * s.heads * s.seq_q * s.width_v));
  for (std::int64_t h = 0; h < s.batch * s.heads; ++h) {
    const std::int64_t kv = h / s.heads * s.kv_heads + h % s.heads / (s.heads / s.kv_heads);
    f({in.q.data() + h * s.seq_q * s.width_qk, s.width_qk},
      {in.k.data() + kv * s.seq_kv * s.width_qk, s.width_qk},
      {in.v.data() + kv * s.seq_kv * s.width_v, s.width_v}, all.data() + h * s.seq_q * s.width_v);
  }
  return all;
}

double dot(Rows a, std::int64_t i, Rows b, std::int64_t j) {
  double sum = 0;
  for (std::int64_t e = 0; e < a.width; ++e) sum += a.at(i, e) * b.at(j, e);
  return sum;
}

double relative_rms(const std::vector<float>& computed, const std::vector<double>& expected) {
  EXPECT_EQ(computed.size(), expected.size());
  double error = 0;
  double norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(static_cast<double>(computed[i]) - expected[i], 2);
    norm += expected[i] * expected[i];
  }
  return std::sqrt(error / norm);
}

const Shape kAnyCascadeShape{
    .batch = 2, .heads = 4, .kv_heads = 2, .seq_q = 37, .seq_kv = 53, .width_qk = 8, .width_v = 12};

// The reported error is that to the cascade itself: the same as to its formula written out.
void expect_error_of(const weft::engine::Design& design, const workload::Trace& trace,
                     const std::vector<double>& formula) {
  Tensors tensors;
  const Result result = run_point(design, trace.shape, {.trace = &trace, .tensors = &tensors});
  ASSERT_TRUE(result.error);
  ASSERT_EQ(tensors.size(), 1u);
  const double own = relative_rms(tensors[0].layers[0], formula);
  EXPECT_LT(own, 0x1p-7);
  EXPECT_GT(own, 1e-6);
  EXPECT_NEAR(result.error->rms_relative, own, 1e-9 * own);
  EXPECT_EQ(result.error->compared, formula.size());
  EXPECT_EQ(result.error->not_finite, 0u);
  EXPECT_FALSE(result.error_to_attention) << "it is not softmax attention";
  EXPECT_EQ(result.status, weft::engine::Status::ok);
}

TEST(AnyCascade, LinearAttentionIsComparedWithItself) {
  const workload::Trace trace = random_trace(kAnyCascadeShape, 1, weft::test::seed_or(81));
  expect_error_of(custom("linear-attention"), trace,
                  by_head(trace, [](Rows q, Rows k, Rows v, double* out) {
                    for (std::int64_t p = 0; p < kAnyCascadeShape.seq_q; ++p) {
                      double below = 0;
                      for (std::int64_t m = 0; m < kAnyCascadeShape.seq_kv; ++m) {
                        double weight = 0;
                        for (std::int64_t e = 0; e < q.width; ++e)
                          weight += std::exp(q.at(p, e)) * std::exp(k.at(m, e));
                        below += weight;
                        for (std::int64_t f = 0; f < v.width; ++f)
                          out[p * v.width + f] += weight * v.at(m, f);
                      }
                      for (std::int64_t f = 0; f < v.width; ++f) out[p * v.width + f] /= below;
                    }
                  }));
}

TEST(AnyCascade, SigmoidAttentionIsComparedWithItself) {
  const workload::Trace trace = random_trace(kAnyCascadeShape, 1, weft::test::seed_or(82));
  expect_error_of(custom("sigmoid-attention"), trace,
                  by_head(trace, [&](Rows q, Rows k, Rows v, double* out) {
                    for (std::int64_t p = 0; p < kAnyCascadeShape.seq_q; ++p) {
                      for (std::int64_t m = 0; m < kAnyCascadeShape.seq_kv; ++m) {
                        const double weight = 1 / (1 + std::exp(-trace.scale * dot(q, p, k, m)));
                        for (std::int64_t f = 0; f < v.width; ++f)
                          out[p * v.width + f] += weight * v.at(m, f);
                      }
                    }
                  }));
}

TEST(AnyCascade, WhatIsAttentionIsFoundByTryingIt) {
  for (const std::string name : {"fusemax-4x4", "flat-4x4", "unfused-4x4", "two-pass",
                                 "deferred-division", "streaming-softmax"}) {
    EXPECT_TRUE(is_attention(design(name).lowering(false))) << name;
    if (name == "deferred-division") continue;  // has no causal form
    EXPECT_TRUE(is_attention(design(name).lowering(true))) << name;
  }
  for (const std::string name : {"linear-attention", "sigmoid-attention", "other-ranks"})
    EXPECT_FALSE(is_attention(custom(name).lowering(false))) << name;
}

workload::LayerTrace::Other other(std::vector<std::int64_t> shape, std::uint64_t seed) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  const workload::Trace random = random_trace({.seq_q = count}, 1, seed);
  return {std::move(shape), random.layers[0].q};
}

const Shape kOther{
    .batch = 2, .heads = 4, .kv_heads = 4, .seq_q = 13, .seq_kv = 5, .width_qk = 6, .width_v = 3};

workload::Trace other_trace(std::vector<std::int64_t> gate, std::vector<std::int64_t> weights) {
  workload::Trace trace = random_trace(kOther, 1, weft::test::seed_or(83));
  trace.layers[0].others["g"] = other(std::move(gate), 84);
  trace.layers[0].others["W"] = other(std::move(weights), 85);
  return trace;
}

// Every tensor by its own shape: inputs of one and three ranks, two of the heads shared, and
// outputs of one and three.
TEST(AnyCascade, TensorsOfAnyRankGoByTheirOwnShape) {
  const workload::Trace trace = other_trace({2, 4, 13}, {2, 2, 13, 6, 3});
  const auto& in = trace.layers[0];
  Tensors tensors;
  const Result result =
      run_point(custom("other-ranks"), kOther, {.trace = &trace, .tensors = &tensors});
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].name, "out");
  EXPECT_EQ(tensors[0].tensor, "S");
  EXPECT_EQ(tensors[0].shape, (std::vector<std::int64_t>{13}));
  EXPECT_EQ(tensors[1].name, "t");
  EXPECT_EQ(tensors[1].shape, (std::vector<std::int64_t>{13, 3, 6}));
  ASSERT_EQ(tensors[0].layers[0].size(), 8u * 13);
  ASSERT_EQ(tensors[1].layers[0].size(), 8u * 13 * 3 * 6);
  double worst = 0;
  for (std::int64_t h = 0; h < 8; ++h) {
    for (std::int64_t p = 0; p < 13; ++p) {
      double sum = 0;
      for (std::int64_t e = 0; e < 6; ++e) {
        const double held = static_cast<double>(in.q[(h * 13 + p) * 6 + e]) *
                            static_cast<double>(in.others.at("g").values[h * 13 + p]);
        sum += held;
        for (std::int64_t f = 0; f < 3; ++f) {
          const double weight =
              static_cast<double>(in.others.at("W").values[((h / 2 * 13 + p) * 6 + e) * 3 + f]);
          worst = std::max(
              worst,
              std::abs(static_cast<double>(tensors[1].layers[0][((h * 13 + p) * 3 + f) * 6 + e]) -
                       weight * held));
        }
      }
      worst =
          std::max(worst, std::abs(static_cast<double>(tensors[0].layers[0][h * 13 + p]) - sum));
    }
  }
  EXPECT_LT(worst, 1e-4);
  EXPECT_EQ(result.error->compared, 8u * 13 * (1 + 3 * 6));
  EXPECT_LT(result.error->max_abs, 1e-4);
}

TEST(AnyCascade, InputsThatTheTraceLacksOrHasOtherwiseAreRefused) {
  const auto message = [&](const weft::engine::Design& design, const workload::Trace& trace) {
    const Result result = run_point(design, trace.shape, {.trace = &trace});
    return result.status == weft::engine::Status::ok ? "accepted" : result.reason;
  };
  const auto design = custom("other-ranks");
  EXPECT_NE(message(design, random_trace(kOther, 1, 1)).find("missing tensor layers.0.g"),
            std::string::npos);
  for (const auto& gate : {std::vector<std::int64_t>{2, 4, 12},
                           {2, 4, 13, 1},
                           {2, 3, 13},
                           {1, 4, 13},
                           {13},
                           {4, 26}}) {
    const std::string found = message(design, other_trace(gate, {2, 2, 13, 6, 3}));
    EXPECT_NE(found.find("wrong shape of layers.0.g"), std::string::npos) << found;
    EXPECT_NE(found.find("G"), std::string::npos);
    EXPECT_NE(found.find("[13]"), std::string::npos);
  }
  EXPECT_NE(message(design, other_trace({2, 4, 13}, {2, 2, 13, 3, 6})).find("takes [13, 6, 3]"),
            std::string::npos);
  // Q of attention's own name, as wide as values are: right where both are, refused where not.
  const auto wide = custom("sigmoid-attention", {{"binding.ranks.E", "width_v"}});
  EXPECT_NE(message(wide, random_trace(kAnyCascadeShape, 1, 2)).find("wrong shape of layers.0.q"),
            std::string::npos);
}

}  // namespace
}  // namespace weft::sim::engine::test
