#include "models/engine/run/result_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/engine/result/energy.hpp"
#include "models/engine/run/result_figures.hpp"

namespace weft::engine {
namespace {

using json::Writer;

void write_provenance(Writer& out, const Report& report) {
  out.key("provenance");
  out.begin_object();
  out.field("version", report.provenance.version);
  out.field("model_revision", kModelRevision);
  out.field("config_sha256", report.provenance.config_sha256);
  out.field("seed", report.provenance.seed);
  out.field("command", report.provenance.command);
  out.end_object();
}

// Such a figure; null where they differ in it.
template <class T, class Of>
void write_extent(Writer& out, const Result& result, std::string_view name, const T& first,
                  const Of& of) {
  if (is_alike(result, first, of)) {
    out.field(name, first);
  } else {
    out.null_field(name);
  }
}

void write_shape(Writer& out, const Result& result) {
  out.key("shape");
  out.begin_object();
  for (const auto& [name, member] : kExtents) {
    write_extent(out, result, name, result.shape.*member,
                 [m = member](const program::Invocation& one) { return one.shape.*m; });
  }
  const auto causal = [](const program::Invocation& one) { return one.shape.causal; };
  const bool one_mask = is_alike(result, result.shape.causal, causal);
  write_extent(out, result, "causal", result.shape.causal, causal);
  write_extent(out, result, "phase", config::name_of(result.shape.phase),
               [](const program::Invocation& one) { return config::name_of(one.shape.phase); });
  write_extent(out, result, "layers", result.layers,
               [](const program::Invocation& one) { return one.layers; });
  out.end_object();
  if (result.invocations.empty()) return;
  out.objects("invocations", result.invocations, [&](const program::Invocation& one) {
    for (const auto& [name, member] : kExtents) out.field(name, one.shape.*member);
    if (!one_mask) out.field("causal", one.shape.causal);
    out.field("layers", one.layers);
  });
}

// What attention means in this run, where runtimes disagree: docs/conventions.md.
void write_conventions(Writer& out, const Binding& binding) {
  out.key("conventions");
  out.begin_object();
  out.field("causal_alignment", config::name_of(binding.causal_alignment));
  out.field("empty_rows", config::name_of(binding.empty_rows));
  out.end_object();
}

void write_ranks(Writer& out, const Lowering& lowering, const einsum::Extents& extents) {
  out.key("ranks");
  if (extents.empty()) return out.null();
  out.begin_object();
  for (std::size_t r = 0; r < extents.size(); ++r)
    out.field(lowering.cascade->ranks[r].name, extents[r]);
  out.end_object();
}

void write_utilisation(Writer& out, const Lowering& lowering, const Result& result) {
  out.key("utilisation");
  if (!result.ran()) return out.null();
  out.begin_object();
  for (const auto& [name, kind] :
       {std::pair{"array_2d", ArrayKind::spatial}, std::pair{"array_1d", ArrayKind::vector}}) {
    if (has_kind(lowering, kind)) {
      out.field(name, utilisation(result, lowering, kind));
    } else {
      out.null_field(name);
    }
  }
  if (result.useful_macs) {
    out.field("useful_macs", *result.useful_macs);
  } else {
    out.null_field("useful_macs");
  }
  out.key("units");
  out.begin_object();
  for (const UnitResult& unit : result.units)
    out.field(unit_name(lowering, unit), share(result, unit));
  out.end_object();
  out.end_object();
}

void write_units(Writer& out, const Lowering& lowering, const Result& result) {
  out.objects("units", result.units, [&](const UnitResult& unit) {
    out.field("name", unit_name(lowering, unit));
    out.field("busy_cycles", unit.busy_cycles);
    out.field("stall_in_cycles", unit.stall_in_cycles);
    out.field("stall_out_cycles", unit.stall_out_cycles);
    out.field("idle_cycles", unit.idle_cycles);
    out.key("counters");
    out.begin_object();
    const std::span<const CounterDeclaration> counters = counters_of(unit.kind);
    for (std::size_t c = 0; c < counters.size(); ++c) out.field(counters[c].name, unit.counters[c]);
    out.end_object();
  });
}

void write_traffic(Writer& out, const Lowering& lowering, const Result& result) {
  out.objects("traffic", result.traffic, [&](const Traffic& traffic) {
    out.field("tensor", lowering.cascade->tensors[traffic.tensor].name);
    out.field("level", traffic.level.name());
    out.field("read_bytes", traffic.read_bytes);
    out.field("written_bytes", traffic.written_bytes);
  });
}

void write_dram_use(Writer& out, const memory::DramUse& use) {
  out.field("data_bus_share", use.data_bus);
  out.field("row_bus_share", use.row_bus);
  out.field("column_bus_share", use.column_bus);
  out.key("waits");
  out.begin_object();
  for (std::size_t i = 0; i < memory::kDramWaits; ++i)
    out.field(memory::kDramWaitNames[i], use.waits[i]);
  out.end_object();
  out.field("bound_by", memory::bound_words(use));
}

void write_dram(Writer& out, const Result& result, const Lowering& lowering) {
  out.key("dram");
  if (!result.ran()) return out.null();
  out.begin_object();
  out.field("bytes", dram_bytes(result));
  // The closed form does not tell what whole accesses move beyond need.
  if (access_bytes(lowering.arch->dram) && result.fidelity != Fidelity::analytic)
    out.field("beyond_need_bytes", result.beyond_need_bytes);
  out.field("achieved_bytes_per_s", achieved_bytes_per_s(result));
  out.field("peak_bytes_per_s", result.peak_bytes_per_s);
  if (result.dram_use) write_dram_use(out, *result.dram_use);
  out.end_object();
}

void write_energy(Writer& out, const Report& report, const Lowering& lowering) {
  out.key("energy_pj");
  if (report.cost == nullptr || !report.result->ran()) return out.null();
  const std::vector<cost::ActionCount> actions = energy_of(*report.result, lowering, *report.cost);
  out.begin_object();
  out.field("table", report.cost->name);
  out.field("total", total_pj(actions));
  out.objects("by_component", actions, [&](const cost::ActionCount& action) {
    out.field("component", action.component);
    out.field("action", action.action);
    out.field("count", action.count);
    out.field("pj_per_action", action.pj_per_action);
    out.field("pj", action.pj);
    out.field("source", action.source);
  });
  out.end_object();
}

void write_mapping(Writer& out, const Result& result) {
  out.key("mapping");
  if (result.mapping.words.empty()) return out.null();
  out.begin_object();
  out.field("tried", result.mapping.tried);
  out.field("chosen", result.mapping.words);
  out.end_object();
}

void write_one_error(Writer& out, const Error& error) {
  out.begin_object();
  out.field("max_abs", error.max_abs);
  out.field("rms_relative", error.rms_relative);
  out.field("compared", error.compared);
  out.field("not_finite", error.not_finite);
  out.field("operands_not_finite", error.operands_not_finite);
  out.field("rows_apart", error.rows_apart);
  out.end_object();
}

void write_errors(Writer& out, const Result& result) {
  const auto write_one = [&](const char* name, const std::optional<Error>& error) {
    out.key(name);
    error ? write_one_error(out, *error) : out.null();
  };
  write_one("error", result.error);
  write_one("error_to_attention", result.error_to_attention);
  out.key("error_by_layer");
  if (result.error_by_layer.empty()) return out.null();
  out.begin_array();
  for (const Error& error : result.error_by_layer) write_one_error(out, error);
  out.end_array();
}

void write_selection(Writer& out, const Result& result) {
  if (result.selection.empty()) return out.null_field("selection");
  out.objects("selection", result.selection, [&](const Selected& one) {
    out.field("step", one.step);
    out.field("layer", one.layer);
    out.values("tokens_kept", one.tokens_kept);
    out.values("heads_kept", one.heads_kept);
  });
}

// Cycles of a point that did not run would be a lie: null.
void write_time(Writer& out, const Result& result) {
  const bool ran = result.ran();
  out.field("clock_hz", result.clock_hz);
  if (ran) {
    out.field("cycles", result.cycles);
    out.field("seconds", result.seconds());
  } else {
    out.null_field("cycles");
    out.null_field("seconds");
  }
  out.key("bound");
  if (ran && result.bound) {
    out.begin_object();
    out.field("cycles_at_least", result.bound->at_least);
    out.field("cycles_at_most", result.bound->at_most);
    out.end_object();
  } else {
    out.null();
  }
  out.key("advance");
  out.begin_object();
  out.field("periods", result.advance_periods);
  out.field("cycles", result.advance_cycles);
  out.end_object();
}

void write_unsimulated(Writer& out, const Unsimulated& what) {
  out.field("time_from", what.time_from);
  if (what.joules) {
    out.field("joules", *what.joules);
  } else {
    out.null_field("joules");
  }
}

void write_result(Writer& out, const Report& report) {
  const Result& result = *report.result;
  const Lowering& lowering = lowering_of(*report.design, result);
  out.begin_object();
  out.field("schema", "weft-result/1");
  write_provenance(out, report);
  out.field("design", report.design->name());
  out.field("arch", report.design->arch_name());
  out.field("binding", report.design->binding_name());
  out.field("cascade", lowering.cascade->name);
  out.field("workload", report.workload);
  out.field("fidelity", config::name_of(result.fidelity));
  write_shape(out, result);
  write_conventions(out, report.design->binding());
  write_ranks(out, lowering, result.invocations.empty() ? result.extents : einsum::Extents{});
  out.field("status", config::name_of(result.status));
  if (result.reason.empty()) {
    out.null_field("reason");
  } else {
    out.field("reason", result.reason);
  }
  write_time(out, result);
  write_utilisation(out, lowering, result);
  if (result.bound_by == kNone) {
    out.null_field("bound_by");
  } else {
    out.field("bound_by", bound_words(result, lowering));
  }
  write_units(out, lowering, result);
  write_traffic(out, lowering, result);
  write_dram(out, result, lowering);
  write_energy(out, report, lowering);
  write_mapping(out, result);
  write_errors(out, result);
  write_selection(out, result);
  out.values("assumptions", assumptions_of(report));
  if (result.unsimulated) write_unsimulated(out, *result.unsimulated);
  out.end_object();
}

}  // namespace

Report report_of(const Design& design, const workload::Workload& workload,
                 const RunOptions& options, const Result& result) {
  return {.design = &design,
          .result = &result,
          .workload = workload.name,
          .provenance = provenance_of(design, workload, options),
          .cost = options.cost};
}

std::vector<std::string> assumptions_of(const Report& report) {
  std::vector<std::string> all = report.provenance.assumptions;
  if (report.result->unsimulated) {
    const std::vector<std::string>& more = report.result->unsimulated->assumptions;
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

std::string result_json(const Report& report, json::Layout layout) {
  Writer out(layout);
  write_result(out, report);
  return out.take();
}

std::string comparison_json(std::span<const Report> reports) {
  Writer out;
  out.begin_object();
  out.field("schema", "weft-comparison/1");
  out.key("results");
  out.begin_array();
  for (const Report& report : reports) write_result(out, report);
  out.end_array();
  out.end_object();
  return out.take();
}

}  // namespace weft::engine
