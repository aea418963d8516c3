#include "tests/engine/support.hpp"

#include <algorithm>
#include <cmath>

#include "models/engine/design/catalog.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/numerics/bf16.hpp"

namespace weft::sim::engine::test {

using weft::engine::Design;
using weft::engine::UnitResult;

Design design(const std::string& name, const std::vector<weft::engine::Setting>& settings) {
  return Design::load(weft::engine::Catalog(WEFT_SOURCE_DIR "/configs"), name, settings);
}

workload::Workload workload_of(const Shape& shape) {
  return {.name = "test",
          .description = "",
          .source = "test",
          .batch = shape.batch,
          .heads = shape.heads,
          .kv_heads = shape.kv_heads,
          .seq = shape.seq_q,
          .seq_kv = shape.seq_kv,
          .width_qk = shape.width_qk,
          .width_v = shape.width_v,
          .causal = shape.causal,
          .phase = shape.phase,
          .layers = 1,
          .model_width = shape.heads * shape.width_v,
          .feed_forward_width = 4 * shape.heads * shape.width_v};
}

Result run_point(const Design& design, const Shape& shape, const RunOptions& options) {
  return run(design, workload_of(shape), options);
}

Scheduled::Scheduled(const std::string& design_name, const Shape& shape, std::int64_t layers,
                     const std::vector<weft::engine::Setting>& settings)
    : made(design(design_name, settings)),
      mapping(map_point(made, workload_of(shape), shape, layers)),
      lowering(*mapping.lowering),
      sizing(mapping.sizing),
      schedule(build_schedule(lowering, sizing)) {}

int step_index(const weft::engine::Schedule& schedule, std::size_t group, const std::string& name) {
  const auto& steps = schedule.groups.at(group).steps;
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const auto& step) { return step.name == name; });
  check(found != steps.end(), "no step " + name);
  return static_cast<int>(found - steps.begin());
}

workload::Trace random_trace(const Shape& shape, std::int64_t layers, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, 1.5);
  const auto fill = [&](std::int64_t count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = numerics::bf16_from_double(normal(random));
    return values;
  };
  workload::Trace trace{.shape = shape,
                        .has_batch = true,
                        .scale = 1 / std::sqrt(static_cast<double>(shape.width_qk)),
                        .layers = {},
                        .content_sha256 = ""};
  for (std::int64_t l = 0; l < layers; ++l) {
    trace.layers.push_back({fill(shape.batch * shape.heads * shape.seq_q * shape.width_qk),
                            fill(shape.batch * shape.kv_heads * shape.seq_kv * shape.width_qk),
                            fill(shape.batch * shape.kv_heads * shape.seq_kv * shape.width_v)});
  }
  return trace;
}

const workload::Trace& minilm_trace() {
  static const workload::Trace trace =
      workload::load_trace(WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors");
  return trace;
}

std::string text(const Shape& s) {
  const auto number = [](const char* name, std::int64_t value) {
    return std::string(" ") + name + " " + std::to_string(value);
  };
  return number("batch", s.batch) + number("heads", s.heads) + number("kv_heads", s.kv_heads) +
         number("seq-q", s.seq_q) + number("seq-kv", s.seq_kv) + number("E", s.width_qk) +
         number("F", s.width_v) + (s.causal ? " causal" : "");
}

void expect_same_run(const Result& a, const Result& b) {
  EXPECT_EQ(a.cycles, b.cycles);
  ASSERT_EQ(a.units.size(), b.units.size());
  for (std::size_t u = 0; u < a.units.size(); ++u) {
    SCOPED_TRACE("unit " + std::to_string(u));
    EXPECT_EQ(a.units[u].busy_cycles, b.units[u].busy_cycles);
    EXPECT_EQ(a.units[u].stall_in_cycles, b.units[u].stall_in_cycles);
    EXPECT_EQ(a.units[u].stall_out_cycles, b.units[u].stall_out_cycles);
    EXPECT_EQ(a.units[u].idle_cycles, b.units[u].idle_cycles);
    EXPECT_EQ(a.units[u].counters, b.units[u].counters);
  }
  ASSERT_EQ(a.traffic.size(), b.traffic.size());
  for (std::size_t t = 0; t < a.traffic.size(); ++t) {
    SCOPED_TRACE("traffic " + std::to_string(t));
    EXPECT_EQ(a.traffic[t].tensor, b.traffic[t].tensor);
    EXPECT_EQ(a.traffic[t].level, b.traffic[t].level);
    EXPECT_EQ(a.traffic[t].read_bytes, b.traffic[t].read_bytes);
    EXPECT_EQ(a.traffic[t].written_bytes, b.traffic[t].written_bytes);
  }
}

const UnitResult& unit_of(const Result& result, weft::engine::UnitKind kind, int array) {
  const auto found =
      std::find_if(result.units.begin(), result.units.end(),
                   [&](const UnitResult& u) { return u.kind == kind && u.array == array; });
  check(found != result.units.end(), "no such unit");
  return *found;
}

}  // namespace weft::sim::engine::test
