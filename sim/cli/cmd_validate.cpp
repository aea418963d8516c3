#include <fmt/format.h>

#include <memory>

#include "models/engine/design/catalog.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/engine/run.hpp"
#include "sim/engine/validation.hpp"
#include "sim/request/options.hpp"

namespace weft::cli {

using namespace request;
namespace {

using sim::engine::ValidationPoint;

constexpr double kBound = 0.005;  // of SystemC's cycles against RTL's

constexpr const char* kValidateExamples = R"(Examples:
  weft validate
  weft validate --json validation.json && scripts/plot/validation.py validation.json
  weft validate --design fusemax-8x8 --seed 7
  weft validate --design spatten-rtl-double

Exit codes: 0 success, 1 values differ or SystemC's cycles are 0.5 % or more from RTL's, 2 bad input, 130 interrupted.)";

struct ValidateCommand {
  std::string json;
  std::string design;
  std::string seed = "0";
};

std::string table_of(const std::vector<ValidationPoint>& points) {
  Table table({"design", "shape", "memory", "stalls", "analytic", "SystemC", "RTL",
               "analytic to SystemC", "SystemC to RTL", "values"});
  for (const ValidationPoint& p : points) {
    const auto& s = p.run.shape;
    table.add(
        {p.design,
         fmt::format("{}{}{}×{}×{}×{}{}",
                     p.run.layers > 1 ? fmt::format("{} layers of ", p.run.layers) : "", s.heads,
                     s.kv_heads != s.heads ? fmt::format("/{}", s.kv_heads) : "", s.seq_q, s.seq_kv,
                     s.width_qk != s.width_v ? fmt::format("{}/{}", s.width_qk, s.width_v)
                                             : std::to_string(s.width_qk),
                     s.causal ? " causal" : ""),
         p.memory, std::string(config::name_of(p.profile)), p.analytic ? grouped(*p.analytic) : "–",
         grouped(p.systemc), grouped(p.rtl),
         p.analytic ? fmt::format("{:+.2f} %", 100 * *p.analytic_to_systemc()) : "–",
         fmt::format("{:+.3f} %", 100 * p.systemc_to_rtl()),
         p.values_equal ? grouped(p.values_compared) + " equal" : "DIFFER"});
  }
  const sim::engine::ValidationSummary all = sim::engine::summarise(points);
  return table.text(4) + fmt::format(
                             "\n{} points, {} values compared: {}.\nSystemC to RTL: worst {:.3f} "
                             "%, mean {:.4f} %. Analytic to SystemC, memory that does "
                             "not stall: worst {:.1f} %, mean {:.1f} %.\n",
                             points.size(), grouped(all.values_compared),
                             all.values_equal ? "all equal" : "some DIFFER",
                             100 * all.worst_systemc_to_rtl, 100 * all.mean_systemc_to_rtl,
                             100 * all.worst_analytic_to_systemc,
                             100 * all.mean_analytic_to_systemc);
}

int validate(const ValidateCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  const std::vector<sim::engine::ValidationGrid> grids = sim::engine::validation_grids(o.design);
  const auto seed =
      static_cast<std::uint64_t>(whole_number("--seed", o.seed, 0, std::int64_t{1} << 62));
  const engine::Catalog catalog(config_roots());
  Interrupt interrupt;
  Progress progress("validate");
  std::vector<ValidationPoint> points;
  try {
    points = sim::engine::validate(catalog, grids, seed, interrupt.token(),
                                   [&](double share) { progress.show(share); });
  } catch (const sim::engine::Cancelled&) {
    return interrupt.exit_code();
  }
  progress.clear();
  const auto held = interrupt.writing();
  if (interrupt.exit_code() != 0) return interrupt.exit_code();
  try {
    outputs.await_readers(interrupt.token());
    if (!o.json.empty())
      write_output(o.json, sim::engine::validation_json(points), interrupt.token());
    if (!outputs.uses_stdout()) say(table_of(points), interrupt.token());
  } catch (const Stopped&) {
    return interrupt.exit_code();
  }
  const sim::engine::ValidationSummary all = sim::engine::summarise(points);
  return all.values_equal && all.worst_systemc_to_rtl < kBound ? 0 : 1;
}

}  // namespace

Command add_validate(App& app) {
  const auto o = std::make_shared<ValidateCommand>();
  App* command = app.add_subcommand(
      "validate", "Analytic, SystemC and RTL side by side on a grid: cycles, errors, values");
  command
      ->add_option("--json", o->json, "as JSON, schema weft-validation/1; '-' is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command
      ->add_option(
          "--design", o->design,
          "one design in place of fusemax-4x4, -8x8, -16x16, spatten-rtl-smallest and -double")
      ->type_name("NAME")
      ->check(not_empty());
  command->add_option("--seed", o->seed, "of operands and stalls (0)")
      ->type_name("N")
      ->check(not_empty());
  command->footer(kValidateExamples);
  return {command, [o] { return validate(*o); }};
}

}  // namespace weft::cli
