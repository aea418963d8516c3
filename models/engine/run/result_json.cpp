#include "models/engine/run/result_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/common/csv.hpp"
#include "models/engine/result/energy.hpp"

namespace weft::engine {
namespace {

using json::Writer;

// Of a causal point that was refused because the design has no causal cascade: the other.
const Lowering& lowering_of(const Report& report) {
  const bool causal = report.result->shape.causal && report.design->binding().causal_cascade;
  return report.design->lowering(causal);
}

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

// Whether every invocation of a program has a figure of the first shape.
template <class T, class Of>
bool is_alike(const Result& result, const T& first, const Of& of) {
  return std::all_of(result.invocations.begin(), result.invocations.end(),
                     [&](const program::Invocation& one) { return of(one) == first; });
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

constexpr std::array<std::pair<std::string_view, std::int64_t workload::Shape::*>, 7> kExtents{
    {{"batch", &workload::Shape::batch},
     {"heads", &workload::Shape::heads},
     {"kv_heads", &workload::Shape::kv_heads},
     {"seq_q", &workload::Shape::seq_q},
     {"seq_kv", &workload::Shape::seq_kv},
     {"width_qk", &workload::Shape::width_qk},
     {"width_v", &workload::Shape::width_v}}};

void write_shape(Writer& out, const Result& result) {
  out.key("shape");
  out.begin_object();
  for (const auto& [name, member] : kExtents) {
    write_extent(out, result, name, result.shape.*member,
                 [m = member](const program::Invocation& one) { return one.shape.*m; });
  }
  out.field("causal", result.shape.causal);
  write_extent(out, result, "phase", config::name_of(result.shape.phase),
               [](const program::Invocation& one) { return config::name_of(one.shape.phase); });
  write_extent(out, result, "layers", result.layers,
               [](const program::Invocation& one) { return one.layers; });
  out.end_object();
  if (result.invocations.empty()) return;
  out.key("invocations");
  out.begin_array();
  for (const program::Invocation& one : result.invocations) {
    out.begin_object();
    for (const auto& [name, member] : kExtents) out.field(name, one.shape.*member);
    out.field("layers", one.layers);
    out.end_object();
  }
  out.end_array();
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

bool has_kind(const Lowering& lowering, ArrayKind kind) {
  return std::any_of(lowering.arrays.begin(), lowering.arrays.end(),
                     [&](const Array* array) { return array->kind == kind; });
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
  out.key("units");
  out.begin_array();
  for (const UnitResult& unit : result.units) {
    out.begin_object();
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
    out.end_object();
  }
  out.end_array();
}

void write_traffic(Writer& out, const Lowering& lowering, const Result& result) {
  out.key("traffic");
  out.begin_array();
  for (const Traffic& traffic : result.traffic) {
    out.begin_object();
    out.field("tensor", lowering.cascade->tensors[traffic.tensor].name);
    out.field("level", traffic.level.name());
    out.field("read_bytes", traffic.read_bytes);
    out.field("written_bytes", traffic.written_bytes);
    out.end_object();
  }
  out.end_array();
}

std::uint64_t dram_bytes(const Result& result) {
  std::uint64_t total = 0;
  for (const Traffic& traffic : result.traffic) {
    if (traffic.level == UnitKind::dram) total += traffic.read_bytes + traffic.written_bytes;
  }
  return total;
}

double achieved_bytes_per_s(const Result& result) {
  return result.cycles == 0 ? 0 : static_cast<double>(dram_bytes(result)) / result.seconds();
}

void write_dram(Writer& out, const Result& result, const Lowering& lowering) {
  out.key("dram");
  if (!result.ran()) return out.null();
  out.begin_object();
  out.field("bytes", dram_bytes(result));
  if (access_bytes(lowering.arch->dram)) out.field("beyond_need_bytes", result.beyond_need_bytes);
  out.field("achieved_bytes_per_s", achieved_bytes_per_s(result));
  out.field("peak_bytes_per_s", result.peak_bytes_per_s);
  out.end_object();
}

void write_energy(Writer& out, const Report& report, const Lowering& lowering) {
  out.key("energy_pj");
  if (report.cost == nullptr || !report.result->ran()) return out.null();
  const std::vector<cost::ActionCount> actions = energy_of(*report.result, lowering, *report.cost);
  out.begin_object();
  out.field("table", report.cost->name);
  out.field("total", total_pj(actions));
  out.key("by_component");
  out.begin_array();
  for (const cost::ActionCount& action : actions) {
    out.begin_object();
    out.field("component", action.component);
    out.field("action", action.action);
    out.field("count", action.count);
    out.field("pj_per_action", action.pj_per_action);
    out.field("pj", action.pj);
    out.field("source", action.source);
    out.end_object();
  }
  out.end_array();
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
  out.key("error");
  if (result.error) {
    write_one_error(out, *result.error);
  } else {
    out.null();
  }
  out.key("error_to_attention");
  if (result.error_to_attention) {
    write_one_error(out, *result.error_to_attention);
  } else {
    out.null();
  }
  out.key("error_by_layer");
  if (result.error_by_layer.empty()) return out.null();
  out.begin_array();
  for (const Error& error : result.error_by_layer) write_one_error(out, error);
  out.end_array();
}

void write_selection(Writer& out, const Result& result) {
  out.key("selection");
  if (result.selection.empty()) return out.null();
  const auto list = [&](const char* name, const std::vector<std::int64_t>& indices) {
    out.key(name);
    out.begin_array();
    for (const std::int64_t index : indices) out.value(index);
    out.end_array();
  };
  out.begin_array();
  for (const Selected& one : result.selection) {
    out.begin_object();
    out.field("step", one.step);
    out.field("layer", one.layer);
    list("tokens_kept", one.tokens_kept);
    list("heads_kept", one.heads_kept);
    out.end_object();
  }
  out.end_array();
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

void write_result(Writer& out, const Report& report) {
  const Result& result = *report.result;
  const Lowering& lowering = lowering_of(report);
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
  out.key("assumptions");
  out.begin_array();
  for (const std::string& text : report.provenance.assumptions) out.value(text);
  out.end_array();
  out.end_object();
}

std::string number(double value) { return config::number_text(value); }

using Row = std::vector<std::pair<std::string_view, std::string>>;

void append_figures(Row& row, const Result& result, const Lowering& lowering) {
  const bool ran = result.ran();
  const auto figure = [&](std::string_view name, const std::string& text) {
    row.emplace_back(name, ran ? text : "");
  };
  const auto use = [&](ArrayKind kind) {
    return has_kind(lowering, kind) ? number(utilisation(result, lowering, kind)) : "";
  };
  figure("cycles", std::to_string(result.cycles));
  figure("seconds", ran ? number(result.seconds()) : "");
  figure("utilisation_2d", use(ArrayKind::spatial));
  figure("utilisation_1d", use(ArrayKind::vector));
  figure("useful_macs", result.useful_macs ? number(*result.useful_macs) : "");
  figure("dram_bytes", std::to_string(dram_bytes(result)));
  figure("achieved_bytes_per_s", number(achieved_bytes_per_s(result)));
  figure("peak_bytes_per_s", number(result.peak_bytes_per_s));
  figure("bound_by", bound_words(result, lowering));
  figure("max_abs_error", result.error ? number(result.error->max_abs) : "");
  figure("rms_relative_error", result.error ? number(result.error->rms_relative) : "");
  figure("compared", result.error ? std::to_string(result.error->compared) : "");
}

Row csv_row(const Report& report) {
  const Result& result = *report.result;
  const workload::Shape& shape = result.shape;
  Row row{{"design", report.design->name()},
          {"workload", report.workload},
          {"fidelity", std::string(config::name_of(result.fidelity))},
          {"status", std::string(config::name_of(result.status))},
          {"reason", result.reason}};
  const auto extent = [&](std::int64_t first, const auto& of) {  // empty where they differ
    return is_alike(result, first, of) ? std::to_string(first) : std::string();
  };
  for (const auto& [name, member] : kExtents) {
    const auto of = [m = member](const program::Invocation& one) { return one.shape.*m; };
    row.emplace_back(name, extent(shape.*member, of));
  }
  row.emplace_back("causal", shape.causal ? "true" : "false");
  row.emplace_back(
      "layers", extent(result.layers, [](const program::Invocation& one) { return one.layers; }));
  row.emplace_back("clock_hz", number(result.clock_hz));
  append_figures(row, result, lowering_of(report));
  const bool priced = report.cost != nullptr && result.ran();
  row.emplace_back(
      "energy_pj",
      priced ? number(total_pj(energy_of(result, lowering_of(report), *report.cost))) : "");
  row.emplace_back("seed", std::to_string(report.provenance.seed));
  row.emplace_back("config_sha256", report.provenance.config_sha256);
  row.emplace_back("command", report.provenance.command);
  return row;
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

std::string results_csv(std::span<const Report> reports) {
  std::string out;
  for (const Report& report : reports) {
    std::string names;
    std::string line;
    for (const auto& [name, text] : csv_row(report)) {
      const char* comma = names.empty() ? "" : ",";
      names += comma + std::string(name);
      line += comma + csv::cell(text);
    }
    if (out.empty()) out = names + "\n";
    out += line + "\n";
  }
  return out;
}

}  // namespace weft::engine
