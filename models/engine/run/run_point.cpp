#include "models/engine/run/run_point.hpp"

#include <utility>
#include <vector>

#include "models/engine/analytic/walk_memo.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/result/conclude.hpp"
#include "models/engine/run/begin_result.hpp"
#include "models/engine/run/provenance.hpp"
#include "models/engine/run/tell_closed_form.hpp"
#include "models/engine/run/tell_program.hpp"

namespace weft::engine {
namespace {

using workload::Shape;
using workload::Workload;

Result infeasible(Result result, std::string reason) {
  result.status = Status::infeasible;
  result.reason = std::move(reason);
  return result;
}

std::string text_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += (text.empty() ? "" : "; ") + problem.text();
  return text;
}

[[noreturn]] void refuse(const char* field, std::string value, const char* why) {
  throw ConfigError(Problem{{}, field, std::move(value), why});
}

// What is measured or computed is the same at any fidelity but rtl; an assembly is simulated, and
// may be in RTL.
bool runs_at(const AssembledArch& arch, Fidelity fidelity) {
  if (fidelity == Fidelity::rtl) return !arch.rtl.empty();
  return !is_simulated(arch.engine) || fidelity == Fidelity::systemc;
}

// What no numbers could mend.
void check_asked(const Design& design, const Workload& workload, const Shape& shape,
                 const RunOptions& options, const Runners& runners) {
  const auto at = static_cast<std::size_t>(options.fidelity);
  const bool told = design.assembled() != nullptr &&
                    !is_simulated(design.assembled()->arch.engine);  // the same at any fidelity
  const bool there =
      design.assembled() != nullptr
          ? runners.assembled[at] != nullptr && runs_at(design.assembled()->arch, options.fidelity)
          : runners.points[at] != nullptr;
  if (!there)
    refuse("--fidelity", std::string(config::name_of(options.fidelity)),
           design.assembled() == nullptr
               ? "this program is without it; weft::sim::engine::run has it"
           : told ? "what is measured or computed has no RTL; allowed here: systemc, analytic"
           : design.assembled()->arch.rtl.empty()
               ? "designs that are assemblies of units are simulated; allowed here: systemc"
               : "designs that are assemblies of units are simulated; allowed here: systemc, rtl");
  if (auto problems = workload::extent_problems_of(shape, {}); !problems.empty())
    throw ConfigError(std::move(problems));
  if (is_program(workload, options)) {
    if (design.assembled() == nullptr &&
        runners.programs[static_cast<std::size_t>(options.fidelity)] == nullptr)
      refuse(
          "--fidelity", std::string(config::name_of(options.fidelity)),
          "it runs one shape, and several lengths or steps are a program; allowed here: systemc, "
          "analytic");
    check(options.trace == nullptr, "values are of one shape");
  }
  if (options.layers < 1 || options.layers > kMostLayers)
    refuse("layers", std::to_string(options.layers), "must be a whole number from 1 to 65536");
  if (!workload.unmodelled.empty()) static_cast<void>(assumptions_of(workload, options));
  if (options.fidelity != Fidelity::analytic || told) return;
  if (options.trace != nullptr)
    refuse("--values", "",
           "values flow in a simulation; allowed here: --fidelity systemc, and rtl");
  if (options.stall_profile != StallProfile::none)
    refuse("--stall-profile", std::string(config::name_of(options.stall_profile)),
           "memory stalls where cycles are simulated; allowed here: 'none'");
}

Result run_mapped(const Design& design, const Mapping& mapping, const RunOptions& options,
                  const Runners& runners) {
  const auto begun = [&] {
    Result result = begin_result(design, *mapping.lowering, mapping.sizing, options.fidelity);
    if (mapping.tried > 1)
      result.mapping = {mapping.tried, mapping_words(*mapping.lowering, mapping.sizing)};
    return result;
  };
  Result result = begun();
  if (!mapping.sizing.feasible) return result;
  try {
    const Runner runner = runners.points[static_cast<std::size_t>(options.fidelity)];
    count_into(result, [&] {
      runner(mapping, options, result);
      conclude(result, *mapping.lowering, mapping.sizing);
    });
    return result;
  } catch (const Stuck& error) {
    return infeasible(begun(), error.what());
  }
}

// Of a design that is no spatial engine.
Result run_assembled(const Design& design, const Workload& workload, const Shape& shape,
                     const RunOptions& options, AssembledRunner runner) {
  const bool simulated = is_simulated(design.assembled()->arch.engine);
  if (simulated && is_program(workload, options) &&
      (options.program != nullptr || !workload.sequences.empty() || shape.seq_q != 1))
    refuse("--steps", "",
           "several sequences, and steps of several queries, are a program of the spatial engine; "
           "of this design, steps of one query are");
  if (workload.pruned != nullptr && options.trace == nullptr && workload.own != nullptr &&
      !(shape == workload.own->shape()))
    refuse("--workload", workload.asked,
           "its rows say their own lengths, heads and widths: leave the options out");
  if (options.cost != nullptr && !simulated)
    refuse("--cost", options.cost->name,
           "this design is not simulated: where its energy is known, 'joules' has it");
  if (design.arch().dram.part && !simulated)
    refuse("arch.dram.part", *design.arch().dram.part,
           "this design is not simulated: its memory is a bandwidth");
  if (options.cost != nullptr && options.cost->unit_energy.empty())
    refuse("--cost", options.cost->name,
           "it prices no units of an assembly, its 'unit_energy' is missing; spatten-40nm does");
  if (options.events != nullptr && !simulated)
    refuse("--perfetto", "", "this design is not simulated: its units have no timeline");
  Result result;
  result.fidelity = options.fidelity;
  result.shape = shape;
  result.layers = layers_of(options);
  result.clock_hz = design.arch().clock_hz;
  result.peak_bytes_per_s = peak_bytes_per_s(design.arch().dram);
  try {
    runner(design, workload, options, result);
    return result;
  } catch (const Stuck& error) {
    return not_run(design, shape, options, Status::infeasible, error.what());
  }
}

// Concluded over all that ran.
void conclude_program(const Invocations& invocations, Result& result) {
  std::vector<Ran> ran;
  for (const Invocations::Made& made : invocations.made())
    ran.push_back({made.mapping.lowering, &made.mapping.sizing});
  conclude(result, ran);
  if (ran.size() == 1) return;
  for (const Invocations::Made& made : invocations.made())
    result.invocations.push_back(made.invocation);
}

Result run_program(const Design& design, const Workload& workload, const RunOptions& options,
                   ProgramRunner runner) {
  const program::Program own = options.program == nullptr
                                   ? program::Program::of(workload, options.layers)
                                   : program::Program();
  Invocations invocations(design, workload, options.program == nullptr ? own : *options.program);
  const auto begun = [&] {
    const Mapping& first = invocations.made().front().mapping;
    return begin_result(design, *first.lowering, first.sizing, options.fidelity);
  };
  try {
    check(invocations.next(true) != nullptr, "a program of no invocations");
    Result result = begun();
    count_into(result, [&] {
      runner(invocations, options, result);
      conclude_program(invocations, result);
    });
    return result;
  } catch (const DoesNotFit& error) {
    return infeasible(begun(), error.what());
  } catch (const Stuck& error) {
    return infeasible(begun(), error.what());
  }
}

}  // namespace

Result not_run(const Design& design, const Shape& shape, const RunOptions& options, Status status,
               std::string reason) {
  Result result;
  result.fidelity = options.fidelity;
  result.status = status;
  result.reason = std::move(reason);
  result.shape = shape;
  result.layers = layers_of(options);
  result.clock_hz = design.arch().clock_hz;
  result.peak_bytes_per_s = peak_bytes_per_s(design.arch().dram);
  return result;
}

Result run(const Design& design, const Workload& workload, const RunOptions& options,
           const Runners& runners) {
  if (options.stop.stop_requested()) throw Cancelled();
  const Shape shape = shape_of(workload, options);
  try {
    check_asked(design, workload, shape, options, runners);
    if (design.assembled() != nullptr)
      return run_assembled(design, workload, shape, options,
                           runners.assembled[static_cast<std::size_t>(options.fidelity)]);
    if (workload.pruned != nullptr)
      refuse("--workload", workload.asked,
             "rows of pruned attention are for designs that prune, such as spatten");
    if (is_program(workload, options))
      return run_program(design, workload, options,
                         runners.programs[static_cast<std::size_t>(options.fidelity)]);
    const bool keeps = options.fidelity == Fidelity::analytic && options.walks != nullptr;
    SizedPoints* const known = keeps ? &options.walks->sized() : nullptr;
    return run_mapped(design, map_point(design, workload, shape, layers_of(options), known),
                      options, runners);
  } catch (const ConfigError& error) {
    Result result = not_run(design, shape, options, Status::infeasible, text_of(error.problems()));
    result.problems = error.problems();
    return result;
  } catch (const TooLarge& error) {
    return not_run(design, shape, options, Status::infeasible, error.what());
  }
}

Result run_analytic(const Design& design, const Workload& workload, const RunOptions& options) {
  return run(design, workload, options, {{tell_closed_form}, {tell_program}});
}

}  // namespace weft::engine
