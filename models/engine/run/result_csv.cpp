#include "models/engine/run/result_csv.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/common/csv.hpp"
#include "models/engine/result/energy.hpp"
#include "models/engine/run/result_figures.hpp"

namespace weft::engine {
namespace {

std::string number_cell(double value) { return config::number_text(value); }

using CsvRow = std::vector<std::pair<std::string_view, std::string>>;

void append_figures(CsvRow& row, const Result& result, const Lowering& lowering) {
  const bool ran = result.ran();
  const auto figure = [&](std::string_view name, const std::string& text) {
    row.emplace_back(name, ran ? text : "");
  };
  const auto use = [&](ArrayKind kind) {
    return has_kind(lowering, kind) ? number_cell(utilisation(result, lowering, kind)) : "";
  };
  figure("cycles", std::to_string(result.cycles));
  figure("seconds", ran ? number_cell(result.seconds()) : "");
  figure("utilisation_2d", use(ArrayKind::spatial));
  figure("utilisation_1d", use(ArrayKind::vector));
  figure("useful_macs", result.useful_macs ? number_cell(*result.useful_macs) : "");
  figure("dram_bytes", std::to_string(dram_bytes(result)));
  figure("achieved_bytes_per_s", number_cell(achieved_bytes_per_s(result)));
  figure("peak_bytes_per_s", number_cell(result.peak_bytes_per_s));
  figure("bound_by", bound_words(result, lowering));
  figure("max_abs_error", result.error ? number_cell(result.error->max_abs) : "");
  figure("rms_relative_error", result.error ? number_cell(result.error->rms_relative) : "");
  figure("compared", result.error ? std::to_string(result.error->compared) : "");
}

CsvRow csv_row(const Report& report) {
  const Result& result = *report.result;
  const workload::Shape& shape = result.shape;
  CsvRow row{{"design", report.design->name()},
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
  const bool one_mask = is_alike(result, shape.causal,
                                 [](const program::Invocation& one) { return one.shape.causal; });
  row.emplace_back("causal", !one_mask ? "" : shape.causal ? "true" : "false");
  row.emplace_back(
      "layers", extent(result.layers, [](const program::Invocation& one) { return one.layers; }));
  row.emplace_back("clock_hz", number_cell(result.clock_hz));
  append_figures(row, result, lowering_of(*report.design, result));
  const bool priced = report.cost != nullptr && result.ran();
  row.emplace_back("energy_pj",
                   priced ? number_cell(total_pj(energy_of(
                                result, lowering_of(*report.design, result), *report.cost)))
                          : "");
  row.emplace_back("seed", std::to_string(report.provenance.seed));
  row.emplace_back("config_sha256", report.provenance.config_sha256);
  row.emplace_back("command", report.provenance.command);
  return row;
}

}  // namespace

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
