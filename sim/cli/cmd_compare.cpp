#include <fmt/format.h>

#include <memory>

#include "models/engine/design/catalog.hpp"
#include "models/engine/run/result_csv.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/execute_summary.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/point_options.hpp"
#include "sim/cli/progress.hpp"
#include "sim/engine/run.hpp"
#include "sim/request/execute.hpp"
#include "sim/request/option_text.hpp"

namespace weft::cli {

using namespace request;
namespace {

constexpr const char* kCompareExamples = R"(Examples:
  weft compare --designs unfused,flat,fusemax --workload bert-base --seq 16K
  weft compare --designs flat-16x16,fusemax-16x16 --values tests/data/minilm-l6.safetensors --json both.json
  weft compare --designs fusemax-64x64,fusemax-128x128,fusemax --workload xlm --fidelity analytic --csv -

Exit codes: 0 success, 1 a point is infeasible, 2 bad input, 130 interrupted.)";

struct CompareCommand {
  PointOptions point;
  std::string designs;
  std::string json, csv;
};

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names = comma_list(list);
  for (const std::string& name : names) {
    if (name.empty())
      refuse("--designs", list,
             "a name is empty: give names with commas between them, such as flat,fusemax");
  }
  return names;
}

int compare(const CompareCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  outputs.expect("--csv", o.csv, true);
  const engine::Catalog catalog(config_roots());
  if (o.designs.empty()) {
    throw ConfigError(Problem{{},
                              "--designs",
                              "",
                              "missing: name designs with commas between them; designs: " +
                                  one_of(catalog.list("design")) + ", each also with -NxN"});
  }
  const std::vector<std::string> names = names_in(o.designs);
  const Point point = resolve(o.point, catalog);
  std::vector<engine::Design> designs;  // all of them are checked before the first runs
  for (const std::string& name : names)
    designs.push_back(engine::Design::load(catalog, name, point.settings));

  Interrupt interrupt;
  Progress progress("compare");
  std::vector<Executed> runs;
  try {
    for (engine::Design& design : designs) {
      progress.rename(fmt::format("{} ({} of {})", design.name(), runs.size() + 1, designs.size()));
      ExecuteOptions how;
      how.progress = [&](double share) {
        progress.show((static_cast<double>(runs.size()) + share) /
                      static_cast<double>(designs.size()));
      };
      how.stop = interrupt.token();
      runs.push_back(execute(std::move(design), point, how));
    }
  } catch (const sim::engine::Cancelled&) {
    return interrupt.exit_code();
  }
  progress.clear();
  const auto held = interrupt.writing();
  if (interrupt.exit_code() != 0) return interrupt.exit_code();
  try {
    const std::stop_token stop = interrupt.token();
    outputs.await_readers(stop);
    if (!o.csv.empty()) write_output(o.csv, engine::results_csv(reports_of(runs)), stop);
    if (!o.json.empty()) write_output(o.json, engine::comparison_json(reports_of(runs)), stop);
    if (o.json.empty() && !outputs.uses_stdout()) say(comparison_table(runs), stop);
  } catch (const Stopped&) {
    return interrupt.exit_code();
  }
  return exit_code(runs, "compare");
}

}  // namespace

Command add_compare(App& app) {
  const auto o = std::make_shared<CompareCommand>();
  App* command = app.add_subcommand("compare", "Several designs on one workload, side by side");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help,
                        const char* group) {
    command->add_option(name, target, help)->type_name(type)->group(group)->check(not_empty());
  };
  text("--designs", o->designs, "A,B,...",
       "names as for 'weft run --design', with commas between them", "Designs");
  add_point_options(*command, o->point);
  constexpr const char* kOutput = "Output ('-' is standard output)";
  text("--json", o->json, "FILE", "the results as JSON, schema weft-comparison/1", kOutput);
  text("--csv", o->csv, "FILE", "the results as a header and a row each", kOutput);
  command->footer(kCompareExamples);
  return {command, [o] { return compare(*o); }};
}

}  // namespace weft::cli
