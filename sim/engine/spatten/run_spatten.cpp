#include "sim/engine/spatten/run_spatten.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <systemc>

#include "models/engine/design/assembled.hpp"
#include "sim/assembly/assembly_module.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/spatten/csv_program.hpp"
#include "sim/engine/spatten/run_parts.hpp"
#include "sim/engine/spatten/step_rows.hpp"
#include "sim/engine/spatten/timeline.hpp"
#include "sim/engine/spatten/trace_program.hpp"
#include "sim/engine/spatten/units.hpp"
#include "sim/memory/hbm/dram_memory.hpp"

namespace weft::sim::engine::spatten {
namespace {

using weft::engine::Assembled;
using weft::engine::Design;
using weft::engine::Result;
using weft::engine::RunOptions;

constexpr Cycle kSlice = 1 << 20;  // cycles between looks at the stop token

// `operands`: those that flow, where there are any.
std::unique_ptr<Program> program_of(const Run& run, const workload::Workload& workload,
                                    const RunOptions& options, const workload::Trace* operands) {
  if (workload.pruned != nullptr && options.trace == nullptr)
    return std::make_unique<CsvProgram>(workload.pruned, run.scores, options.seed);
  if (workload.is_program() && options.trace == nullptr)
    return std::make_unique<CsvProgram>(
        std::make_shared<const workload::PrunedRows>(
            step_rows(run, workload, weft::engine::layers_of(options), options.seed)),
        run.scores, options.seed);
  if (operands != nullptr) return std::make_unique<TraceProgram>(run, *operands, options.seed);
  return std::make_unique<CascadeProgram>(run, workload.shape(), weft::engine::layers_of(options),
                                          options.seed);
}

// What no unit can tell by itself.
void check_fits_together(const Shared& shared, const Location& where) {
  const auto refuse = [&](const std::string& value, std::string message) {
    throw ConfigError(Problem{where, "assembly.units", value, std::move(message)});
  };
  if (shared.controller == nullptr || shared.fetcher == nullptr)
    refuse("", "has no controller, or no gather_fetcher: it needs one of each");
  if (shared.fetcher_queue > shared.memory_queue)
    refuse(std::to_string(shared.fetcher_queue),
           fmt::format("the fetcher's queue is longer than the {} accesses that a port of its "
                       "memory takes",
                       shared.memory_queue));
  if (shared.comparators > shared.places)
    refuse(std::to_string(shared.comparators),
           fmt::format("the top-k engine has more comparators than the {} places of the zero "
                       "eliminator behind them",
                       shared.places));
}

// A program of nothing, for an assembly that is only read.
struct NoProgram : Program {
  std::optional<LayerPlan> next() override { return std::nullopt; }
  std::vector<Selecting> select() override { return {}; }
  bool selects() const override { return false; }
  Extents extents() const override { return {}; }
  void add_probabilities(const QueryRow&, std::int64_t, std::int64_t) override {}
  void add_output(const QueryRow&) override {}
  void scores(QueryRow&, std::int64_t, std::int64_t) override {}
  void softmax(QueryRow&) override {}
  bool recomputes(const QueryRow&) const override { return false; }
  void output(QueryRow&) override {}
};

// What is wrong with the assembly, whatever it is to run. DoesNotFit where a unit has no room for
// rows of `longest` keys.
std::vector<Problem> assembly_problems(const Design& design, const RunOptions& options,
                                       std::int64_t longest) {
  NoProgram program;
  const Layout layout(
      {.layers = 1, .heads = 1, .tokens = 1, .side_by_side = 1, .order = {}, .most_row_bytes = 1});
  try {
    with_fresh_kernel([&] {
      Shared shared{.arch = design.arch(),
                    .program = program,
                    .layout = layout,
                    .side_by_side = 1,
                    .tensors = {tensor_named(design, "K"), tensor_named(design, "V")},
                    .seed = options.seed,
                    .stalls = {},
                    .longest = longest};
      const config::Value& file = *design.assembled()->arch.assembly.value;
      const Assembly assembly = read_assembly(file, unit_factories(shared));
      check_fits_together(shared, file.where());
    });
  } catch (const ConfigError& error) {
    return error.problems();
  }
  return {};
}

// What an engine runs, and the operands of it that are drawn.
struct Asked {
  std::optional<workload::Trace> drawn;
  std::unique_ptr<Program> program;
};

// That, or all that is wrong with it and with the assembly it was to run on.
Asked asked_of(const Design& design, const Run& run, const workload::Workload& workload,
               const RunOptions& options) {
  Asked asked;
  try {
    if (draws_operands(design, workload, options)) {
      // Rows that no unit has room for are not drawn.
      assembly_problems(design, options, workload.shape().seq_kv);
      asked.drawn = drawn_operands(design, run, workload, options);
    }
    asked.program = program_of(run, workload, options, asked.drawn ? &*asked.drawn : options.trace);
    return asked;
  } catch (const ConfigError& error) {
    std::vector<Problem> problems = assembly_problems(design, options, 1);
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    throw ConfigError(std::move(problems));
  }
}

// Where beats wait.
std::string blocked(const Assembly& assembly) {
  std::string text;
  for (const Assembly::Join& join : assembly.joins()) {
    if (join.channel->held() > 0) text += (text.empty() ? "" : ", ") + join.from + " to " + join.to;
  }
  return text.empty() ? "no link holds a beat" : "beats wait from " + text;
}

// The assembly, which tells its timeline what it passes over.
class Engine : public AssemblyModule {
 public:
  Engine(Assembly& assembly, const Options& options, Timeline* timeline)
      : AssemblyModule("engine", assembly, options), timeline_(timeline) {}

 protected:
  void passed_over(Cycle begin, Cycle end) override {
    if (timeline_ != nullptr) timeline_->passed_over(begin, end);
  }

 private:
  Timeline* timeline_;
};

void simulate(Assembly& assembly, const Controller& controller, std::int64_t rows,
              const RunOptions& options, Timeline* timeline, Result& result) {
  Engine module(assembly, {.advance = !options.exact}, timeline);
  while (!controller.done()) {
    if (options.stop.stop_requested()) throw weft::engine::Cancelled();
    sc_core::sc_start(module.clock().cycles(kSlice));
    if (module.failure().error) std::rethrow_exception(module.failure().error);
    if (!controller.done() && !sc_core::sc_pending_activity())
      throw weft::engine::Stuck("units of the assembly wait for one another: " + blocked(assembly));
    if (options.progress)
      options.progress(static_cast<double>(controller.rows_done()) /
                       static_cast<double>(std::max<std::int64_t>(rows, 1)));
  }
  result.advance_periods = module.periods_passed();
  result.advance_cycles = static_cast<std::uint64_t>(module.clock().skipped());
}

void collect(const Design& design, Assembly& assembly, const Shared& shared, Result& result) {
  const weft::engine::Lowering& lowering = design.lowering(false);
  result.cycles = static_cast<std::uint64_t>(shared.controller->finished_at());
  for (std::size_t n = 0; n < lowering.array_names.size(); ++n) {
    Assembly::Member& member = *assembly.find(lowering.array_names[n]);
    member.unit->settle(shared.controller->finished_at());
    if (const auto* dram = dynamic_cast<const memory::DramMemory*>(member.unit.get()))
      result.dram_use = dram->use(shared.controller->finished_at());
    const UnitCounts& counts = *member.unit->counts();
    weft::engine::UnitResult unit;
    unit.kind = {&member.unit->unit_class()};
    unit.array = static_cast<int>(n);
    unit.busy_cycles = counts.busy_cycles;
    unit.stall_in_cycles = counts.stall_in_cycles;
    unit.stall_out_cycles = counts.stall_out_cycles;
    unit.idle_cycles =
        result.cycles - counts.busy_cycles - counts.stall_in_cycles - counts.stall_out_cycles;
    unit.counters = counts.counters;
    result.units.push_back(unit);
  }
  add_traffic(lowering, shared.fetcher->moved(), shared.fetcher->asked(),
              shared.controller->rows_done(), result);
  weft::engine::conclude(result, lowering, std::span<const weft::engine::Sizing* const>());
}

}  // namespace

void run_watched(const Design& design, const workload::Workload& workload,
                 const RunOptions& options, Result& result, const Watch& watch) {
  const Run run = run_of(design, workload, options);
  const Asked asked = asked_of(design, run, workload, options);
  Program& program = *asked.program;
  const Program::Extents extents = program.extents();
  result.layers = extents.layers;
  const Layout layout = layout_of(run, extents, result.shape);
  with_fresh_kernel([&] {
    Shared shared{.arch = design.arch(),
                  .program = program,
                  .layout = layout,
                  .side_by_side = run.keys_side_by_side,
                  .tensors = {tensor_named(design, "K"), tensor_named(design, "V")},
                  .seed = options.seed,
                  .stalls = {options.stall_profile, options.seed},
                  .longest = extents.tokens};
    Assembly assembly =
        read_assembly(*design.assembled()->arch.assembly.value, unit_factories(shared));
    check_fits_together(shared, design.assembled()->arch.assembly.value->where());
    shared.fetcher->on_access(watch.on_access, watch.context);
    for (std::size_t link = 0; watch.late_links && link < assembly.joins().size(); ++link)
      assembly.joins()[link].channel->delay(LinkDelays::of_link(*watch.late_links, link));
    std::optional<Timeline> timeline;
    if (options.events != nullptr)
      timeline.emplace(*options.events, design.lowering(false).array_names, assembly,
                       *shared.controller);
    RunOptions how = options;
    how.exact = how.exact || watch.late_links;  // beats that come late recur no more
    simulate(assembly, *shared.controller, extents.rows, how, timeline ? &*timeline : nullptr,
             result);
    collect(design, assembly, shared, result);
    if (timeline) timeline->finish(shared.controller->finished_at());
    result.selection = program.selection();
  });
  if (options.trace != nullptr) give_values(static_cast<TraceProgram&>(program), options, result);
}

void run(const Design& design, const workload::Workload& workload, const RunOptions& options,
         Result& result) {
  run_watched(design, workload, options, result, {});
}

}  // namespace weft::sim::engine::spatten
