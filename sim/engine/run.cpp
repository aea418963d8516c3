#include "sim/engine/run.hpp"

#include <array>

#include "models/baseline/run_baseline.hpp"
#include "models/engine/analytic/walk_memo.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/design/mapping.hpp"
#include "models/engine/run/tell_closed_form.hpp"
#include "models/engine/run/tell_program.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/comparison.hpp"
#include "sim/engine/engine.hpp"
#include "sim/engine/rtl_run.hpp"
#include "sim/engine/spatten/run_rtl.hpp"
#include "sim/engine/spatten/run_spatten.hpp"

namespace weft::sim::engine {

using weft::engine::Design;
using weft::engine::Fidelity;
using weft::engine::Result;
using weft::engine::RunOptions;

namespace {

constexpr Cycle kSlice = 1 << 20;  // cycles between looks at the stop token

// Shares of a run's progress: what is simulated, computed and compared.
constexpr double kSimulated = 0.4;
constexpr double kComputed = 0.7;

// Told of a part of a run, from share `from` to share `to`; throws where the run is to stop.
std::function<void(double)> part_of(const RunOptions& options, double from, double to) {
  return [&options, from, to](double done) {
    if (options.stop.stop_requested()) throw Cancelled();
    if (options.progress) options.progress(from + (to - from) * done);
  };
}

void give(const RunOptions& options, std::vector<workload::ComputedTensor> computed) {
  if (options.outputs != nullptr) *options.outputs = computed.front().layers;
  if (options.tensors != nullptr) *options.tensors = std::move(computed);
}

// What the RTL computed, in the form of outputs: one of the cascade that it executes.
std::vector<workload::ComputedTensor> computed_of(const weft::engine::Lowering& lowering,
                                                  const workload::Shape& shape,
                                                  std::vector<std::vector<float>> layers) {
  std::vector<workload::ComputedTensor> computed(1);
  computed[0] = {"out", "", {shape.seq_q, shape.width_v}, std::move(layers)};
  for (const einsum::Tensor& tensor : lowering.cascade->tensors) {
    if (tensor.role == einsum::TensorRole::output) computed[0].tensor = tensor.name;
  }
  return computed;
}

}  // namespace

weft::engine::SimulatedRun simulate(const weft::engine::Schedule& schedule,
                                    const RunOptions& options, Values* values, Result& result,
                                    weft::engine::ScheduleStream* more) {
  Engine engine("engine", {.schedule = schedule,
                           .more = more,
                           .advance = !options.exact,
                           .events = options.events,
                           .values = values,
                           .stalls = {options.stall_profile, options.seed}});
  while (!engine.done()) {
    if (options.stop.stop_requested()) throw Cancelled();
    sc_core::sc_start(engine.clock().cycles(kSlice));
    if (engine.failure().error) std::rethrow_exception(engine.failure().error);
    if (!engine.done() && !sc_core::sc_pending_activity())
      throw Stuck("the binding's steps wait for one another:" + engine.blocked());
    if (options.progress)
      options.progress((values != nullptr ? kSimulated : 1.0) * engine.progress());
  }
  weft::engine::SimulatedRun run = engine.ended();
  engine.tell(run, result);
  return run;
}

namespace {

// Of runs that differ in their heads alone one tells the others, where nothing but steps and
// transfers has its part in them.
bool tells_of_others(const weft::engine::Lowering& lowering, const RunOptions& options) {
  return options.walks != nullptr && options.trace == nullptr && options.events == nullptr &&
         !options.exact && options.stall_profile == weft::engine::StallProfile::none &&
         lowering.arch->dram.system == nullptr;
}

void simulate_heads(const weft::engine::Schedule& schedule, const RunOptions& options,
                    Result& result) {
  weft::engine::SimulatedRuns& known = options.walks->simulated();
  const StateHash::Value key =
      weft::engine::SimulatedRuns::key(*schedule.lowering, *schedule.sizing);
  if (const auto run = known.find(key, schedule.sizing->repeats)) {
    Engine("engine", {.schedule = schedule}).tell(*run, result);
    return;
  }
  known.keep(key, schedule.sizing->repeats, simulate(schedule, options, nullptr, result));
}

void run_systemc(const weft::engine::Mapping& mapping, const RunOptions& options, Result& result) {
  const weft::engine::Lowering& lowering = *mapping.lowering;
  const weft::engine::Sizing& sizing = mapping.sizing;
  const weft::engine::Schedule schedule = build_schedule(lowering, sizing);
  std::unique_ptr<Values> values;
  if (options.trace != nullptr) values = std::make_unique<Values>(schedule, *options.trace);
  with_fresh_kernel([&] {
    if (tells_of_others(lowering, options)) return simulate_heads(schedule, options, result);
    simulate(schedule, options, values.get(), result);
  });
  if (values == nullptr) return;
  std::vector<workload::ComputedTensor> computed =
      values->compute(part_of(options, kSimulated, kComputed));
  values.reset();
  compare(lowering, sizing, *options.trace, computed, result, part_of(options, kComputed, 1));
  give(options, std::move(computed));
}

void run_rtl(const weft::engine::Mapping& mapping, const RunOptions& options, Result& result) {
  const weft::engine::Lowering& lowering = *mapping.lowering;
  const weft::engine::Sizing& sizing = mapping.sizing;
  const weft::engine::Schedule schedule = build_schedule(lowering, sizing);
  std::vector<std::vector<float>> outputs;
  const bool checked = options.rtl_checks || !options.wave_file.empty();
  simulate_rtl(schedule, options,
               rtl::library_for(lowering, checked ? rtl::Variant::checked : rtl::Variant::fast),
               result, outputs);
  if (options.trace == nullptr) return;
  std::vector<workload::ComputedTensor> computed =
      computed_of(lowering, sizing.shape, std::move(outputs));
  compare(lowering, sizing, *options.trace, computed, result, part_of(options, 1, 1));
  give(options, std::move(computed));
}

}  // namespace

namespace {

// By EngineClass.
constexpr std::array<weft::engine::AssembledRunner, 5> kEngineClasses{
    spatten::run, baseline::run, baseline::run, baseline::run, baseline::run};

void run_assembled(const Design& design, const workload::Workload& workload,
                   const RunOptions& options, Result& result) {
  const auto which = static_cast<std::size_t>(design.assembled()->arch.engine);
  kEngineClasses[which](design, workload, options, result);
}

}  // namespace

namespace {

// Of an architecture that names its RTL: SpAtten's alone can.
void run_assembled_rtl(const Design& design, const workload::Workload& workload,
                       const RunOptions& options, Result& result) {
  spatten::run_rtl(design, workload, options, result);
}

}  // namespace

Result run(const Design& design, const workload::Workload& workload, const RunOptions& options) {
  return weft::engine::run(design, workload, options,
                           {{weft::engine::tell_closed_form, run_systemc, run_rtl},
                            {weft::engine::tell_program, run_program},
                            {baseline::run, run_assembled, run_assembled_rtl}});
}

}  // namespace weft::sim::engine
