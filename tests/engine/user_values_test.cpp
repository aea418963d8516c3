// What the designs that are not FuseMax's compute, against references of their own.
#include <algorithm>
#include <cmath>

#include "models/einsum/interpret.hpp"
#include "models/einsum/load.hpp"
#include "models/softmax/attention.hpp"
#include "models/softmax/fusemax_bits.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

constexpr std::uint64_t kUserValueSeed = 29;
constexpr double kBf16 = 0x1p-8;  // a rounding to bf16 is off by half of it at most
// Worst relative error of 16 linear segments, docs/units/numerics.md, and what the fp32 sums around
// them may add.
constexpr double kSegments16 = 2.5e-4;
constexpr double kSums = 1e-4;

std::vector<double> wide(const std::vector<float>& x) { return {x.begin(), x.end()}; }

softmax::AttentionShape user_attention_shape(const Shape& s) {
  return {s.batch, s.heads, s.kv_heads, s.seq_q, s.seq_kv, s.width_qk, s.width_v, s.causal};
}

std::vector<double> golden(const workload::Trace& trace) {
  const auto& in = trace.layers[0];
  return softmax::attention(wide(in.q), wide(in.k), wide(in.v), user_attention_shape(trace.shape),
                            trace.scale);
}

std::vector<float> simulated_output(const weft::engine::Design& design,
                                    const workload::Trace& trace) {
  std::vector<std::vector<float>> outputs;
  run_point(design, trace.shape, {.trace = &trace, .outputs = &outputs});
  return outputs.at(0);
}

double largest(const std::vector<float>& x) {
  double most = 0;
  for (const float value : x) most = std::max(most, std::abs(static_cast<double>(value)));
  return most;
}

template <class T>
double worst_difference(const std::vector<float>& computed, const std::vector<T>& reference) {
  EXPECT_EQ(computed.size(), reference.size());
  EXPECT_FALSE(computed.empty());
  double worst = 0;
  for (std::size_t i = 0; i < std::min(computed.size(), reference.size()); ++i) {
    const double difference =
        std::abs(static_cast<double>(computed[i]) - static_cast<double>(reference[i]));
    if (!(difference <= worst)) worst = difference;  // a NaN must show
  }
  return worst;
}

template <class T>
double rms_difference(const std::vector<float>& computed, const std::vector<T>& reference) {
  double sum = 0;
  for (std::size_t i = 0; i < computed.size(); ++i)
    sum += std::pow(static_cast<double>(computed[i]) - static_cast<double>(reference[i]), 2);
  return std::sqrt(sum / static_cast<double>(computed.size()));
}

// Numerators off by at most `relative` each, their sum likewise, values up to `most`, and the
// output rounded to bf16: |Σ n·v / Σ n| moves by at most 2·relative/(1 − relative)·most, and by
// half a step of bf16.
double bound(double relative, double most) {
  return (2 * relative / (1 - relative) + kBf16 / 2 + kSums) * most;
}

Shape random_user_shape(std::mt19937_64& random, bool causal) {
  const auto between = [&](std::int64_t least, std::int64_t most) {
    return least +
           static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most - least + 1));
  };
  Shape shape{.batch = between(1, 2),
              .heads = 2,
              .kv_heads = between(1, 2),
              .seq_q = between(1, 60),
              .seq_kv = between(1, 150)};
  shape.width_qk = between(1, 40);
  shape.width_v = between(1, 40);
  shape.causal = causal;
  if (causal && shape.seq_kv < shape.seq_q) std::swap(shape.seq_q, shape.seq_kv);
  return shape;
}

// Calls f(trace, what) for random traces, every third causal where there is a causal cascade.
template <class F>
void for_random_traces(int count, bool causal_too, F f) {
  const std::uint64_t seed = weft::test::seed_or(kUserValueSeed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < count; ++i) {
    const Shape shape = random_user_shape(random, causal_too && i % 3 != 0);
    SCOPED_TRACE(text(shape));
    f(random_trace(shape, 1, random()));
  }
}

// Linear segments in the numerators (rounded to bf16) and, for each tile of 8 keys that raises the
// maximum, in the correction; e^0 is exactly 1, so those that do not cost nothing.
TEST(UserValues, LinearSegmentsStayWithinTheirBound) {
  const weft::engine::Design made = design("segments-serial");
  for_random_traces(12, true, [&](const workload::Trace& trace) {
    const double tiles = std::ceil(static_cast<double>(trace.shape.seq_kv) / 8);
    const double relative = kBf16 / 2 + (tiles + 1) * kSegments16;
    EXPECT_LE(worst_difference(simulated_output(made, trace), golden(trace)),
              bound(relative, largest(trace.layers[0].v)));
  });
}

// 2^t by two linear segments an octave, as docs/units/numerics.md has it, in double precision.
double two_segments(double t) {
  const double n = std::nearbyint(2 * t);
  const double i = n - 2 * std::floor(n / 2);
  const double slope = 2 * (std::exp2((i + 0.5) / 2) - std::exp2((i - 0.5) / 2));
  return std::exp2(std::floor(n / 2)) * (std::exp2(i / 2) + slope * (t - n / 2));
}

// One head's attention with those numerators over a single tile of keys, where nothing is
// corrected.
std::vector<double> attention_by_two_segments(const workload::Trace& trace) {
  const Shape& s = trace.shape;
  const auto& in = trace.layers[0];
  std::vector<double> out(static_cast<std::size_t>(s.seq_q * s.width_v), 0);
  for (std::int64_t p = 0; p < s.seq_q; ++p) {
    std::vector<double> scores(static_cast<std::size_t>(s.seq_kv), 0);
    for (std::int64_t m = 0; m < s.seq_kv; ++m) {
      for (std::int64_t e = 0; e < s.width_qk; ++e)
        scores[m] += static_cast<double>(in.q[p * s.width_qk + e]) *
                     static_cast<double>(in.k[m * s.width_qk + e]);
    }
    const double most = *std::max_element(scores.begin(), scores.end());
    double sum = 0;
    for (double& score : scores)
      sum += score = two_segments((score - most) * trace.scale / std::log(2.0));
    for (std::int64_t m = 0; m < s.seq_kv; ++m) {
      for (std::int64_t f = 0; f < s.width_v; ++f)
        out[p * s.width_v + f] += scores[m] / sum * static_cast<double>(in.v[m * s.width_v + f]);
    }
  }
  return out;
}

// With two segments only, and no bf16 to blur it, the simulation follows them and not the
// exponential.
TEST(UserValues, SegmentsAreTheArchitectures) {
  const weft::engine::Design made =
      design("segments-serial", {{"arch.arrays.array_2d.operations.exp.segments", "2"},
                                 {"binding.tensors.SLN.format", "fp32"},
                                 {"binding.tensors.AV.format", "fp32"}});
  const std::uint64_t seed = weft::test::seed_or(kUserValueSeed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  Shape shape{.batch = 1,
              .heads = 1,
              .kv_heads = 1,
              .seq_q = 64,
              .seq_kv = 8,
              .width_qk = 16,
              .width_v = 32};
  const workload::Trace trace = random_trace(shape, 1, seed);
  const std::vector<float> computed = simulated_output(made, trace);
  const std::vector<double> segmented = attention_by_two_segments(trace);
  EXPECT_LE(worst_difference(computed, segmented), kSums * largest(trace.layers[0].v));
  EXPECT_LT(20 * rms_difference(computed, segmented), rms_difference(computed, golden(trace)));
}

// The same cascade, formats and order of operations as FuseMax's, with tiles of 64 keys and 16
// queries: the same bits, wherever the operations run.
TEST(UserValues, StreamingSoftmaxGivesTheBitsOfTheOnePassModel) {
  const weft::engine::Design made = design("streaming-softmax");
  for_random_traces(12, true, [&](const workload::Trace& trace) {
    const auto& in = trace.layers[0];
    const std::vector<float> bits =
        softmax::fusemax_attention(in.q, in.k, in.v, user_attention_shape(trace.shape), trace.scale,
                                   {.key_tile = 64, .query_tile = 16});
    EXPECT_EQ(simulated_output(made, trace), bits);
  });
}

TEST(UserValues, TwoPassAndDeferredDivisionStayWithinRounding) {
  for (const char* name : {"two-pass", "deferred-division"}) {
    SCOPED_TRACE(name);
    const weft::engine::Design made = design(name);
    for_random_traces(12, std::string(name) == "two-pass", [&](const workload::Trace& trace) {
      EXPECT_LE(worst_difference(simulated_output(made, trace), golden(trace)),
                bound(kBf16 / 2, largest(trace.layers[0].v)));
    });
  }
}

// Against the interpreter on the cascade that the design runs, one head at a time.
TEST(UserValues, TwoPassAgreesWithTheInterpreter) {
  const weft::engine::Design made = design("two-pass");
  const einsum::Cascade cascade =
      einsum::load_cascade(WEFT_SOURCE_DIR "/configs/cascade/attention-2pass.yaml");
  const std::uint64_t seed = weft::test::seed_or(kUserValueSeed);
  SCOPED_TRACE(weft::test::seed_text(seed));
  Shape shape{.batch = 1,
              .heads = 1,
              .kv_heads = 1,
              .seq_q = 37,
              .seq_kv = 150,
              .width_qk = 24,
              .width_v = 16};
  const workload::Trace trace = random_trace(shape, 1, seed);
  const auto columns = [](const std::vector<float>& rows, std::int64_t width) {
    const std::int64_t length = static_cast<std::int64_t>(rows.size()) / width;
    einsum::DenseTensor tensor{{width, length}, std::vector<double>(rows.size())};
    for (std::int64_t i = 0; i < length; ++i) {
      for (std::int64_t j = 0; j < width; ++j)
        tensor.data[j * length + i] = static_cast<double>(rows[i * width + j]);
    }
    return tensor;
  };
  const auto& in = trace.layers[0];
  const auto extents =
      einsum::resolve_extents(cascade, {{"E", 24}, {"F", 16}, {"M", 150}, {"P", 37}, {"M0", 64}});
  const auto all = einsum::interpret(
      cascade, extents,
      {{"Q", columns(in.q, 24)}, {"K", columns(in.k, 24)}, {"V", columns(in.v, 16)}},
      {{"scale", trace.scale}});
  const std::vector<float> computed = simulated_output(made, trace);
  std::vector<double> expected(computed.size());
  for (std::int64_t p = 0; p < 37; ++p) {
    for (std::int64_t f = 0; f < 16; ++f) expected[p * 16 + f] = all.at("AV").data[f * 37 + p];
  }
  EXPECT_LE(worst_difference(computed, expected), bound(kBf16 / 2, largest(in.v)));
}

}  // namespace
}  // namespace weft::sim::engine::test
