#include "sim/cli/execute_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "models/common/text.hpp"
#include "models/engine/result/energy.hpp"
#include "sim/cli/output.hpp"

namespace weft::cli {
namespace {

using engine::Result;

double dram_bytes(const Result& result) {
  double total = 0;
  for (const engine::Traffic& traffic : result.traffic) {
    if (traffic.level == engine::UnitKind::dram)
      total += static_cast<double>(traffic.read_bytes) + static_cast<double>(traffic.written_bytes);
  }
  return total;
}

// "1 to 64"; one number where they are the same.
std::string range_text(const Result& result, std::int64_t workload::Shape::*member) {
  std::int64_t least = result.shape.*member;
  std::int64_t most = least;
  for (const program::Invocation& one : result.invocations) {
    least = std::min(least, one.shape.*member);
    most = std::max(most, one.shape.*member);
  }
  return least == most ? fmt::format("{}", most) : fmt::format("{} to {}", least, most);
}

std::string shape_text(const Result& result) {
  const workload::Shape& shape = result.shape;
  if (!result.invocations.empty())
    return fmt::format("{} invocations, batch {}, {} heads, {} queries on {} keys{}",
                       result.invocations.size(), range_text(result, &workload::Shape::batch),
                       shape.heads, range_text(result, &workload::Shape::seq_q),
                       range_text(result, &workload::Shape::seq_kv),
                       shape.causal ? ", causal" : "");
  std::string text = fmt::format("batch {}, {} heads", shape.batch, shape.heads);
  if (shape.kv_heads != shape.heads)
    text += fmt::format(" on {} of keys and values", shape.kv_heads);
  text += shape.seq_q == shape.seq_kv
              ? fmt::format(", {} tokens", shape.seq_q)
              : fmt::format(", {} queries on {} keys", shape.seq_q, shape.seq_kv);
  text += shape.width_qk == shape.width_v
              ? fmt::format(", width {}", shape.width_qk)
              : fmt::format(", widths {} and {}", shape.width_qk, shape.width_v);
  if (result.layers > 1) text += fmt::format(", {} layers", result.layers);
  return text + (shape.causal ? ", causal" : "");
}

std::string error_text(const std::optional<engine::Error>& error) {
  return error ? fmt::format("{:.3g}", error->max_abs) : std::string("-");
}

// Nothing where the design has no array of the kind.
std::optional<double> use_of(const Result& result, const engine::Lowering& lowering,
                             engine::ArrayKind kind) {
  const auto is_one = [kind](const engine::Array* array) { return array->kind == kind; };
  if (std::none_of(lowering.arrays.begin(), lowering.arrays.end(), is_one)) return std::nullopt;
  return engine::utilisation(result, lowering, kind);
}

std::string error_line(const engine::Error& error, const char* against) {
  return fmt::format(
      "error         max {:.3g}, relative RMS {:.3g}, over {} values, against {} in double "
      "precision\n",
      error.max_abs, error.rms_relative, grouped(error.compared), against);
}

std::string error_lines(const Result& result) {
  const engine::Error& error = *result.error;
  std::string out = error_line(error, "the cascade");
  if (result.error_to_attention) out += error_line(*result.error_to_attention, "attention");
  if (error.not_finite > 0)
    out += fmt::format("not finite    {} values, though their operands are\n",
                       grouped(error.not_finite));
  if (error.operands_not_finite > 0) {
    out += fmt::format("operands      {} not finite; the {} rows that see them are not compared\n",
                       grouped(error.operands_not_finite), grouped(error.rows_apart));
  }
  return out;
}

std::string units_table(const Executed& run) {
  const Result& result = *run.result;
  Table table({"unit", "busy", "stall in", "stall out", "idle", "busy share"});
  for (const engine::UnitResult& unit : result.units) {
    table.add({std::string(engine::unit_name(run.design->lowering(result.shape.causal), unit)),
               grouped(unit.busy_cycles), grouped(unit.stall_in_cycles),
               grouped(unit.stall_out_cycles), grouped(unit.idle_cycles),
               percent_text(engine::share(result, unit))});
  }
  return table.text();
}

std::string traffic_table(const Executed& run) {
  const Result& result = *run.result;
  Table table({"tensor", "level", "read", "written"});
  for (const engine::Traffic& traffic : result.traffic) {
    table.add({run.design->lowering(result.shape.causal).cascade->tensors[traffic.tensor].name,
               std::string(traffic.level.name()),
               bytes_text(static_cast<double>(traffic.read_bytes)),
               bytes_text(static_cast<double>(traffic.written_bytes))});
  }
  return table.text(2);
}

std::string energy_text(double pj) {
  constexpr std::array<const char*, 5> kUnits{"pJ", "nJ", "µJ", "mJ", "J"};
  std::size_t unit = 0;
  while (pj >= 1000 && unit + 1 < kUnits.size()) {
    pj /= 1000;
    ++unit;
  }
  return fmt::format("{:.4g} {}", pj, kUnits[unit]);
}

std::string energy_table(const Executed& run) {
  const std::vector<cost::ActionCount> actions =
      engine::energy_of(*run.result, run.design->lowering(run.result->shape.causal), *run.cost);
  const double total = engine::total_pj(actions);
  Table table({"component", "action", "count", "pJ each", "energy", "share", "source"});
  Footnotes sources;
  for (const cost::ActionCount& action : actions) {
    table.add({action.component, action.action, fmt::format("{:.6g}", action.count),
               fmt::format("{:.5g}", action.pj_per_action), energy_text(action.pj),
               percent_text(action.pj / total), sources.mark(action.source)});
  }
  return table.text(2) + sources.text();
}

// What of the workload was not run as it says; the first of several lines bears the label.
std::string assumptions_text(const std::vector<std::string>& assumptions) {
  std::string out;
  for (const std::string& text : assumptions)
    out += fmt::format("{:14}{}\n", out.empty() ? "assumed" : "", visible(text));
  return out;
}

}  // namespace

int exit_code(const std::vector<Executed>& runs, const std::string& command) {
  int code = 0;
  for (const Executed& run : runs) {
    if (run.result->status == engine::Status::ok) continue;
    fmt::print(stderr, "weft {}: {}: {}: {}\n", command, visible(run.design->name()),
               config::name_of(run.result->status), visible(run.result->reason));
    code = 1;
  }
  return code;
}

std::string summary(const Executed& run) {
  const Result& result = *run.result;
  const engine::Lowering& lowering = run.design->lowering(result.shape.causal);
  std::string out =
      fmt::format("{} on {}: {} ({})\n", visible(run.report.workload), visible(run.design->name()),
                  shape_text(result), config::name_of(result.fidelity));
  if (!result.ran())
    return out + fmt::format("{}: {}\n", config::name_of(result.status), visible(result.reason));
  out += fmt::format("cycles        {} at {:.4g} MHz = {}\n", grouped(result.cycles),
                     result.clock_hz / 1e6, time_text(result.seconds()));
  if (result.bound) {
    out += fmt::format("bound         {} to {} cycles in a simulation\n",
                       grouped(result.bound->at_least), grouped(result.bound->at_most));
  }
  if (result.advance_periods > 0) {
    out += fmt::format("advanced      {} cycles in {} periods, exact; --exact steps them all\n",
                       grouped(result.advance_cycles), grouped(result.advance_periods));
  }
  out += fmt::format(
      "useful MACs   {}{}\n", percent_text(result.useful_macs),
      result.useful_macs ? " of the MAC slots; the units' busy shares stand below" : "");
  const double achieved = result.cycles == 0 ? 0 : dram_bytes(result) / result.seconds();
  out += fmt::format("DRAM          {}, {}/s of {}/s\n", bytes_text(dram_bytes(result)),
                     bytes_text(achieved), bytes_text(result.peak_bytes_per_s));
  if (result.error) {
    out += error_lines(result);
  }
  if (!result.mapping.words.empty())
    out += fmt::format("mapping       {} ({} tried)\n", visible(result.mapping.words),
                       result.mapping.tried);
  if (run.cost)
    out +=
        fmt::format("energy        {}\n",
                    energy_text(engine::total_pj(engine::energy_of(result, lowering, *run.cost))));
  const std::string bound = engine::bound_words(result, lowering);
  out += fmt::format("bound by      {}\n", bound.empty() ? "-" : visible(bound)) +
         (result.dram_use ? fmt::format("in the DRAM   {}\n", memory::bound_words(*result.dram_use))
                          : "") +
         assumptions_text(engine::assumptions_of(run.report)) + "\n";
  out += units_table(run) + "\n" + traffic_table(run);
  return run.cost ? out + "\n" + energy_table(run) : out;
}

std::string comparison_table(const std::vector<Executed>& runs) {
  Table table({"design", "bound by", "cycles", "time", "2D busy", "2D useful", "1D busy", "DRAM",
               "max error"});
  for (const Executed& run : runs) {
    const Result& result = *run.result;
    const engine::Lowering& lowering = run.design->lowering(result.shape.causal);
    if (!result.ran()) {
      table.add({run.design->name(), std::string(config::name_of(result.status)), "-", "-", "-",
                 "-", "-", "-", "-"});
      continue;
    }
    const std::string words = engine::bound_words(result, lowering);
    table.add({run.design->name(), words.substr(0, words.find(':')), grouped(result.cycles),
               time_text(result.seconds()),
               percent_text(use_of(result, lowering, engine::ArrayKind::spatial)),
               percent_text(result.useful_macs),
               percent_text(use_of(result, lowering, engine::ArrayKind::vector)),
               bytes_text(dram_bytes(result)), error_text(result.error)});
  }
  const Executed& first = runs.front();
  return fmt::format("{}: {} ({})\n", visible(first.report.workload), shape_text(*first.result),
                     config::name_of(first.result->fidelity)) +
         table.text(2) + assumptions_text(engine::assumptions_of(first.report));
}

}  // namespace weft::cli
