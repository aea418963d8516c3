#include "sim/evaluation/spatten_bench.hpp"

#include "models/baseline/attentions.hpp"
#include "models/common/json.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/result/energy.hpp"
#include "models/engine/run/provenance.hpp"
#include "models/engine/run/result_figures.hpp"
#include "sim/engine/run.hpp"
#include "sim/engine/spatten/asked_bytes.hpp"

namespace weft::sim::evaluation {
namespace {

using weft::engine::Design;
using weft::engine::Result;
using weft::engine::RunOptions;
using weft::engine::UnitResult;
using weft::evaluation::spatten::Kept;
using weft::evaluation::spatten::Part;

bool is_assembly(const Design& design) {
  return design.assembled() != nullptr && is_simulated(design.assembled()->arch.engine);
}

void keep_counts(const Design& design, const Result& result, Kept& kept) {
  const weft::engine::Lowering& lowering = lowering_of(design, result);
  for (const UnitResult& unit : result.units) {
    const std::string name(unit_name(lowering, unit));
    kept.counts[name + ".busy_cycles"] = static_cast<double>(unit.busy_cycles);
    const auto declared = weft::engine::counters_of(unit.kind);
    for (std::size_t c = 0; c < declared.size(); ++c)
      kept.counts[name + "." + std::string(declared[c].name)] =
          static_cast<double>(unit.counters[c]);
  }
}

void keep(const Design& design, const workload::Workload& workload, const RunOptions& options,
          const Result& result, Kept& kept) {
  kept.cycles = static_cast<double>(result.cycles);
  kept.seconds = result.seconds();
  kept.dram_bytes = static_cast<double>(dram_bytes(result));
  kept.asked_bytes = kept.dram_bytes - static_cast<double>(result.beyond_need_bytes);
  kept.bound_by = bound_words(result, lowering_of(design, result));
  kept.time_from = result.unsimulated ? result.unsimulated->time_from
                   : options.fidelity == weft::engine::Fidelity::analytic ? "closed form"
                                                                          : "simulated";
  if (result.unsimulated) kept.joules = result.unsimulated->joules.value_or(0);
  for (const program::Invocation& one : baseline::attentions_of(workload, options))
    kept.flops += baseline::operations_of(one, true);
  if (!is_assembly(design)) return;
  keep_counts(design, result, kept);
  for (const cost::ActionCount& action :
       energy_of(result, lowering_of(design, result), *options.cost))
    kept.energy_pj[action.component] += action.pj;
  for (const auto& [component, pj] : kept.energy_pj) kept.joules += pj * 1e-12;
}

}  // namespace

Kept run_kept(const weft::engine::Catalog& catalog, const cost::Table& table,
              const weft::evaluation::spatten::Run& run) {
  const Design design = Design::load(catalog, run.design, run.settings);
  workload::Workload workload = workload::load_workload(catalog.file("workload", run.workload));
  workload.asked = run.workload;
  if (run.steps > 0) workload.steps = run.steps;
  RunOptions options;
  options.layers = workload.layers;
  if (run.analytic) options.fidelity = weft::engine::Fidelity::analytic;
  if (is_assembly(design)) {
    options.cost = &table;
    options.cost_asked = " --cost " + table.name;
  }
  const Result result = engine::run(design, workload, options);
  Kept kept;
  kept.command = provenance_of(design, workload, options).command;
  if (!result.ran()) {
    kept.status = std::string(config::name_of(result.status));
    kept.reason = result.reason;
    return kept;
  }
  keep(design, workload, options, result, kept);
  if (run.part == Part::point && run.design == "spatten") {
    const auto& binding = design.assembled()->binding.run.value;
    const auto& schedule = workload.schedule.value;
    kept.breakdown = engine::spatten::asked_bytes(
        engine::spatten::run_of(binding ? &*binding : nullptr, schedule ? &*schedule : nullptr),
        workload, options.layers, options.seed);
  }
  return kept;
}

}  // namespace weft::sim::evaluation
