#include "sim/engine/run.hpp"

#include <cmath>

#include "models/engine/mapping.hpp"
#include "models/softmax/attention.hpp"
#include "sim/common/kernel.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/rtl_run.hpp"

namespace weft::sim::engine {

using weft::engine::Design;
using weft::engine::Error;
using weft::engine::Fidelity;
using weft::engine::Result;
using weft::engine::RunOptions;
using weft::engine::Status;

namespace {

constexpr Cycle kSlice = 1 << 20;  // cycles between looks at the stop token

// The computed output against double precision on the same, rounded, input.
void compare(const workload::Trace& trace, const std::vector<std::vector<float>>& outputs, Result& result) {
  const workload::Shape& s = trace.shape;
  const softmax::AttentionShape shape{s.batch, s.heads, s.kv_heads, s.seq_q, s.seq_kv, s.width_qk, s.width_v, s.causal};
  double squares = 0;
  double reference = 0;
  Error all;
  for (std::size_t layer = 0; layer < trace.layers.size(); ++layer) {
    const auto wide = [](const std::vector<float>& x) { return std::vector<double>(x.begin(), x.end()); };
    const auto& in = trace.layers[layer];
    const std::vector<double> golden = softmax::attention(wide(in.q), wide(in.k), wide(in.v), shape, trace.scale);
    check(outputs[layer].size() == golden.size(), "an output of another size than its reference");
    Error own;
    double own_squares = 0;
    double own_reference = 0;
    for (std::size_t i = 0; i < golden.size(); ++i) {
      const double difference = static_cast<double>(outputs[layer][i]) - golden[i];
      // A NaN must not hide behind a comparison.
      if (!(std::abs(difference) <= own.max_abs)) own.max_abs = std::abs(difference);
      own_squares += difference * difference;
      own_reference += golden[i] * golden[i];
    }
    own.compared = golden.size();
    own.rms_relative = std::sqrt(own_squares / own_reference);
    result.error_by_layer.push_back(own);
    all.compared += own.compared;
    if (!(own.max_abs <= all.max_abs)) all.max_abs = own.max_abs;
    squares += own_squares;
    reference += own_reference;
  }
  all.rms_relative = std::sqrt(squares / reference);
  result.error = all;
}

}  // namespace

void simulate(const weft::engine::Schedule& schedule, const RunOptions& options, Values* values, Result& result) {
  Engine engine("engine", {.schedule = schedule,
                           .advance = !options.exact,
                           .events = options.events,
                           .values = values,
                           .stalls = {options.stall_profile, options.seed}});
  while (!engine.done()) {
    if (options.stop.stop_requested()) throw Cancelled();
    sc_core::sc_start(Clock::cycles(kSlice));
    if (engine.failure().error) std::rethrow_exception(engine.failure().error);
    if (!engine.done() && !sc_core::sc_pending_activity()) throw ContractError("the schedule is stuck:" + engine.blocked());
    if (options.progress) options.progress(engine.progress());
  }
  engine.collect(result);
}

namespace {

// A point that fits, in SystemC or RTL.
void simulate_point(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing, const RunOptions& options, Result& result) {
  const weft::engine::Schedule schedule = build_schedule(lowering, sizing);
  if (options.fidelity == Fidelity::rtl) {
    std::vector<std::vector<float>> outputs;
    simulate_rtl(schedule, options, rtl::library_for(lowering), result, outputs);
    conclude(result, lowering, sizing);
    if (options.trace != nullptr) compare(*options.trace, outputs, result);
    if (options.trace != nullptr && options.outputs != nullptr) *options.outputs = std::move(outputs);
    return;
  }
  std::unique_ptr<Values> values;
  if (options.trace != nullptr) values = std::make_unique<Values>(schedule, *options.trace);
  with_fresh_kernel([&] { simulate(schedule, options, values.get(), result); });
  conclude(result, lowering, sizing);
  if (values != nullptr) {
    std::vector<std::vector<float>> outputs = values->outputs();
    compare(*options.trace, outputs, result);
    if (options.outputs != nullptr) *options.outputs = std::move(outputs);
  }
}

}  // namespace

Result run(const Design& design, const workload::Workload& workload, const workload::Shape& shape, const RunOptions& options) {
  const std::int64_t layers = options.trace != nullptr ? static_cast<std::int64_t>(options.trace->layers.size()) : 1;
  if (options.fidelity == Fidelity::analytic) {
    if (options.trace != nullptr) {
      throw ConfigError(Problem{{}, "--values", "", "values flow in a simulation; allowed here: --fidelity systemc, and rtl"});
    }
    if (options.stall_profile != weft::engine::StallProfile::none) {
      throw ConfigError(Problem{{},
                                "--stall-profile",
                                std::string(config::name_of(options.stall_profile)),
                                "memory stalls where cycles are simulated; allowed here: 'none'"});
    }
    return run_analytic(design, workload, shape, layers);
  }
  const weft::engine::Mapping mapping = map_point(design, workload, shape, layers);
  const weft::engine::Lowering& lowering = *mapping.lowering;
  const weft::engine::Sizing& sizing = mapping.sizing;
  Result result = begin_result(design, lowering, sizing, options.fidelity);
  if (mapping.tried > 1) result.mapping = {mapping.tried, mapping_words(lowering, sizing)};
  if (!sizing.feasible) return result;
  count_into(result, [&] { simulate_point(lowering, sizing, options, result); });
  return result;
}

}  // namespace weft::sim::engine
