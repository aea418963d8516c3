// Values through the simulated schedule against the hand-written bit-accurate attention and against
// double precision.
#include <algorithm>
#include <bit>
#include <cmath>
#include <ostream>

#include "models/softmax/attention.hpp"
#include "models/softmax/fusemax_bits.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/values.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using Layers = std::vector<std::vector<float>>;
using weft::engine::NeedKind;

softmax::AttentionShape attention_shape(const Shape& s) {
  return {s.batch, s.heads, s.kv_heads, s.seq_q, s.seq_kv, s.width_qk, s.width_v, s.causal};
}

bool one_pass(const std::string& design_name) { return design_name.starts_with("fusemax"); }

Layers expected_bits(const std::string& design_name, const workload::Trace& trace,
                     std::int64_t side) {
  Layers layers;
  for (const workload::LayerTrace& in : trace.layers) {
    layers.push_back(one_pass(design_name)
                         ? softmax::fusemax_attention(in.q, in.k, in.v,
                                                      attention_shape(trace.shape), trace.scale,
                                                      {.key_tile = side, .query_tile = side})
                         : softmax::three_pass_attention_bits(
                               in.q, in.k, in.v, attention_shape(trace.shape), trace.scale));
  }
  return layers;
}

struct Comparison {
  std::int64_t compared = 0;
  std::int64_t differing = 0;
};
Comparison compare_bits(const Layers& a, const Layers& b) {
  Comparison found;
  EXPECT_EQ(a.size(), b.size());
  for (std::size_t l = 0; l < std::min(a.size(), b.size()); ++l) {
    EXPECT_EQ(a[l].size(), b[l].size());
    for (std::size_t i = 0; i < std::min(a[l].size(), b[l].size()); ++i) {
      ++found.compared;
      found.differing +=
          std::bit_cast<std::uint32_t>(a[l][i]) != std::bit_cast<std::uint32_t>(b[l][i]) ? 1 : 0;
    }
  }
  return found;
}

// ‖own − golden‖ / ‖golden‖ of one layer.
double relative_rms(const std::vector<float>& own, const workload::LayerTrace& in,
                    const workload::Trace& trace) {
  const auto wide = [](const std::vector<float>& x) {
    return std::vector<double>(x.begin(), x.end());
  };
  const auto golden = softmax::attention(wide(in.q), wide(in.k), wide(in.v),
                                         attention_shape(trace.shape), trace.scale);
  double error = 0;
  double norm = 0;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    error += std::pow(static_cast<double>(own[i]) - golden[i], 2);
    norm += golden[i] * golden[i];
  }
  return std::sqrt(error / norm);
}

struct Case {
  std::string design;
  int side;
};
void PrintTo(const Case& c, std::ostream* out) { *out << at_side(c.design, c.side); }

class CommittedTrace : public testing::TestWithParam<Case> {};

TEST_P(CommittedTrace, EveryLayerAndHeadBitForBit) {
  const auto& [name, side] = GetParam();
  const workload::Trace& trace = minilm_trace();
  Layers outputs;
  const Result result =
      run_point(design(at_side(name, side)), trace.shape, {.trace = &trace, .outputs = &outputs});
  const Comparison bits = compare_bits(outputs, expected_bits(name, trace, side));
  EXPECT_EQ(bits.differing, 0);
  EXPECT_EQ(bits.compared, static_cast<std::int64_t>(trace.layers.size()) * trace.shape.batch *
                               trace.shape.heads * trace.shape.seq_q * trace.shape.width_v);
  EXPECT_GE(bits.compared, 100'000);
  ASSERT_EQ(result.error_by_layer.size(), trace.layers.size());
  ASSERT_EQ(outputs.size(), trace.layers.size());
  for (std::size_t l = 0; l < trace.layers.size(); ++l) {
    const double rms = relative_rms(outputs[l], trace.layers[l], trace);
    RecordProperty("relative_rms_layer_" + std::to_string(l), std::to_string(rms));
    EXPECT_LE(rms, std::exp2(-7)) << "layer " << l;
    EXPECT_GT(rms, 1e-5) << "layer " << l << ": bf16 cannot be that close to double precision";
    EXPECT_NEAR(result.error_by_layer[l].rms_relative, rms, 1e-9 * rms);
    EXPECT_EQ(result.error_by_layer[l].compared, outputs[l].size());
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, CommittedTrace,
                         testing::Values(Case{"fusemax", 16}, Case{"fusemax", 8},
                                         Case{"fusemax-architecture", 16},
                                         Case{"fusemax-cascade", 16}, Case{"flat", 16},
                                         Case{"unfused", 16}));

std::vector<Shape> small_shapes() {
  return {
      {.batch = 2,
       .heads = 2,
       .kv_heads = 2,
       .seq_q = 24,
       .seq_kv = 24,
       .width_qk = 16,
       .width_v = 16,
       .causal = true},
      {.batch = 1,
       .heads = 2,
       .kv_heads = 2,
       .seq_q = 13,
       .seq_kv = 38,
       .width_qk = 8,
       .width_v = 8,
       .causal = true},  // prefill behind a cache
      {.batch = 1,
       .heads = 3,
       .kv_heads = 3,
       .seq_q = 1,
       .seq_kv = 41,
       .width_qk = 16,
       .width_v = 8,
       .causal = true},  // decode
      {.batch = 1,
       .heads = 2,
       .kv_heads = 2,
       .seq_q = 19,
       .seq_kv = 33,
       .width_qk = 16,
       .width_v = 16},  // cross
      {.batch = 2,
       .heads = 6,
       .kv_heads = 2,
       .seq_q = 17,
       .seq_kv = 17,
       .width_qk = 8,
       .width_v = 8},  // grouped queries
      {.batch = 1,
       .heads = 4,
       .kv_heads = 1,
       .seq_q = 20,
       .seq_kv = 29,
       .width_qk = 8,
       .width_v = 24,
       .causal = true},  // one key head, E < F
      {.batch = 1,
       .heads = 1,
       .kv_heads = 1,
       .seq_q = 40,
       .seq_kv = 7,
       .width_qk = 24,
       .width_v = 5},  // E > F, few keys
      {.batch = 1, .heads = 1, .kv_heads = 1, .seq_q = 1, .seq_kv = 1, .width_qk = 1, .width_v = 1},
      {.batch = 1,
       .heads = 1,
       .kv_heads = 1,
       .seq_q = 5,
       .seq_kv = 1,
       .width_qk = 3,
       .width_v = 2}};
}

class SmallTraces : public testing::TestWithParam<Case> {};

TEST_P(SmallTraces, BitForBitAndInTheSameCyclesAsWithoutValues) {
  const auto& [name, side] = GetParam();
  const std::uint64_t seed = weft::test::seed_or(71);
  SCOPED_TRACE(weft::test::seed_text(seed));
  const weft::engine::Design made = design(at_side(name, side));
  std::int64_t compared = 0;
  for (const Shape& shape : small_shapes()) {
    SCOPED_TRACE(text(shape));
    const workload::Trace trace =
        random_trace(shape, 1, seed + static_cast<std::uint64_t>(compared));
    Layers outputs;
    const Result with = run_point(made, shape, {.trace = &trace, .outputs = &outputs});
    const Comparison bits = compare_bits(outputs, expected_bits(name, trace, side));
    EXPECT_EQ(bits.differing, 0);
    EXPECT_EQ(bits.compared, shape.batch * shape.heads * shape.seq_q * shape.width_v);
    compared += bits.compared;
    expect_same_run(with, run_point(made, shape));
    EXPECT_EQ(with.advance_periods, 0u) << "nothing is skipped where values flow";
  }
  EXPECT_GT(compared, 1000);
}

INSTANTIATE_TEST_SUITE_P(Designs, SmallTraces,
                         testing::Values(Case{"fusemax", 4}, Case{"fusemax", 8},
                                         Case{"fusemax-architecture", 4},
                                         Case{"fusemax-cascade", 8}, Case{"flat", 4},
                                         Case{"flat", 8}, Case{"unfused", 4}, Case{"unfused", 8}));

// A trace of several layers is one stream of heads; layers do not mix.
TEST(Values, LayersKeepTheirOwnOperands) {
  const Shape shape{
      .batch = 2, .heads = 3, .kv_heads = 3, .seq_q = 9, .seq_kv = 11, .width_qk = 4, .width_v = 4};
  const workload::Trace trace = random_trace(shape, 4, weft::test::seed_or(72));
  Layers outputs;
  run_point(design("fusemax-4x4"), shape, {.trace = &trace, .outputs = &outputs});
  const Comparison bits = compare_bits(outputs, expected_bits("fusemax", trace, 4));
  EXPECT_EQ(bits.differing, 0);
  EXPECT_EQ(bits.compared, 4 * 2 * 3 * 9 * 4);
  EXPECT_GT(compare_bits({outputs[0]}, {outputs[1]}).differing, 0);
}

// Outputs of the schedule of `point` with one need of `step` on `producer` left out.
Comparison without_need(Scheduled& point, const workload::Trace& trace, int step, std::size_t need,
                        const Layers& expected) {
  auto& needs = point.schedule.groups[0].steps[static_cast<std::size_t>(step)].needs;
  const auto kept = needs;
  needs.erase(needs.begin() + static_cast<std::ptrdiff_t>(need));
  Values values(point.schedule, trace);
  Result result;
  with_fresh_kernel([&] { simulate(point.schedule, {}, &values, result); });
  needs = kept;
  return compare_bits(values.outputs(), expected);
}

struct Dropped {
  std::string step;
  std::string producer;
};

class MissingNeed : public testing::TestWithParam<Dropped> {};

// A schedule that does not wait for an operand computes NaN: the comparison above can fail.
TEST_P(MissingNeed, ShowsInTheValues) {
  const Shape shape{.batch = 1,
                    .heads = 2,
                    .kv_heads = 2,
                    .seq_q = 16,
                    .seq_kv = 24,
                    .width_qk = 8,
                    .width_v = 8};
  const workload::Trace trace = random_trace(shape, 1, weft::test::seed_or(73));
  const Layers expected = expected_bits("fusemax", trace, 8);
  Scheduled point("fusemax-8x8", shape);
  const int step = step_index(point.schedule, 0, GetParam().step);
  const int producer = step_index(point.schedule, 0, GetParam().producer);
  const auto& needs = point.schedule.groups[0].steps[static_cast<std::size_t>(step)].needs;
  const auto found = std::find_if(needs.begin(), needs.end(), [&](const auto& n) {
    return n.producer == producer && n.kind != NeedKind::space;
  });
  ASSERT_NE(found, needs.end());
  const Comparison bits =
      without_need(point, trace, step, static_cast<std::size_t>(found - needs.begin()), expected);
  EXPECT_EQ(bits.compared, 2 * 16 * 8);
  EXPECT_GT(bits.differing, 0);
}

INSTANTIATE_TEST_SUITE_P(FuseMax, MissingNeed,
                         testing::Values(Dropped{"BQK", "load K"}, Dropped{"SLN", "RM"},
                                         Dropped{"SLNV", "load V"}, Dropped{"RM", "LM"},
                                         Dropped{"RD", "SLD"}, Dropped{"RNV", "SLNV"},
                                         Dropped{"AV", "RNV"}, Dropped{"store AV", "AV"}),
                         [](const auto& tested) {
                           std::string name =
                               tested.param.step + "_without_" + tested.param.producer;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// And with every need in its place, the same machinery gives the expected words.
TEST(Values, TheWholeScheduleOfTheMutationsIsRight) {
  const Shape shape{.batch = 1,
                    .heads = 2,
                    .kv_heads = 2,
                    .seq_q = 16,
                    .seq_kv = 24,
                    .width_qk = 8,
                    .width_v = 8};
  const workload::Trace trace = random_trace(shape, 1, weft::test::seed_or(73));
  Scheduled point("fusemax-8x8", shape);
  Values values(point.schedule, trace);
  Result result;
  with_fresh_kernel([&] { simulate(point.schedule, {}, &values, result); });
  EXPECT_EQ(compare_bits(values.outputs(), expected_bits("fusemax", trace, 8)).differing, 0);
}

}  // namespace
}  // namespace weft::sim::engine::test
