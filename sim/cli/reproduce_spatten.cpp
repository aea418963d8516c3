#include "sim/cli/reproduce_spatten.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include "models/common/atomic_file.hpp"
#include "models/common/text.hpp"
#include "models/cost/scaling.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/evaluation/spatten/evaluation.hpp"
#include "models/evaluation/spatten/unit_area.hpp"
#include "models/workload/trace.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/reproduce_draw.hpp"
#include "sim/cli/staged_folder.hpp"
#include "sim/common/workers.hpp"
#include "sim/evaluation/spatten_bench.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using namespace evaluation::spatten;  // NOLINT(google-build-using-namespace)

// The trace that is named, or that of the tests where the sources lie beside the configurations.
std::string trace_file(const std::string& asked) {
  if (!asked.empty()) return asked;
  const fs::path own = config_folder("published").parent_path().parent_path() / "tests" / "data" /
                       "minilm-l6.safetensors";
  std::error_code code;
  return fs::exists(own, code) ? own.string() : "";
}

void add_canned(Evaluation& all, const std::string& file, const std::stop_token& stop) {
  if (file.empty()) return;
  all.canned = canned_rows(workload::load_trace(file), stop);
  all.canned_from = fs::path(file).filename().string();
}

// Logic and SRAM at 7 nm: Stillmaker and Baas; DRAM is no part of it.
void add_node(Evaluation& all, const cost::Table& table) {
  all.to_7nm = cost::energy_factor({table.node, table.voltage_v}, {"7", 0.7});
  all.to_7nm_source = fmt::format("from {} nm {} V to 7 nm 0.7 V after Stillmaker and Baas 2017",
                                  table.node, table.voltage_v);
}

void write_files(const Evaluation& all, const fs::path& folder) {
  for (const auto& [name, text] : evaluation_csvs(all)) write_file_atomically(folder / name, text);
  write_file_atomically(folder / "validation.md", evaluation_page(all));
  write_file_atomically(folder / "reproduction.json", evaluation_json(all) + "\n");
}

std::string table_of(const Evaluation& all) {
  Table table({"figure", "published", "ours", "difference"});
  for (const Figure& figure : figures_of(all))
    table.add({figure.name, fmt::format("{:.4g} {}", figure.published, figure.unit),
               figure.ours ? fmt::format("{:.4g}", *figure.ours) : "-",
               figure.ours ? fmt::format("{:+.0f} %", 100 * figure.difference()) : "-"});
  return table.text();
}

}  // namespace

int reproduce_spatten(const ReproduceSpatten& asked) {
  Outputs outputs;
  outputs.expect("--json", asked.json, true);
  const engine::Catalog catalog(config_roots());
  const cost::Table table = cost::load_table(catalog.file("cost", asked.cost));
  std::optional<StagedFolder> folder;
  if (!asked.out.empty()) folder.emplace("--out", asked.out);
  const std::vector<Run> jobs = runs();
  Evaluation all;
  all.cost_table = table.name;
  all.runs.resize(jobs.size());
  // The workers are forked before the thread that waits for signals is there.
  sim::Workers workers(jobs.size(), asked.jobs, [&](std::size_t i) {
    return to_line(sim::evaluation::run_kept(catalog, table, jobs[i]));
  });
  Interrupt interrupt;
  Progress progress("reproduce spatten");
  std::size_t done = 0;
  const auto take = [&](std::size_t i, const std::string& line) {
    all.runs[i] = {jobs[i], kept_of_line(line)};
    progress.show(static_cast<double>(++done) / static_cast<double>(jobs.size()));
  };
  if (!workers.collect(take, interrupt.token())) return interrupt.exit_code();
  add_canned(all, trace_file(asked.values), interrupt.token());
  add_node(all, table);
  all.area = unit_area(catalog, table);
  progress.clear();
  try {
    const auto held = interrupt.writing();
    if (interrupt.exit_code() != 0) return interrupt.exit_code();
    outputs.await_readers(interrupt.token());
    if (folder) {
      const fs::path& staging = folder->open();
      write_files(all, staging);
      draw_figures("spatten.py", staging, asked.out, interrupt.token());
      if (interrupt.exit_code() == 0) folder->keep();
    }
    if (interrupt.exit_code() != 0) return interrupt.exit_code();
    if (!asked.json.empty()) write_output(asked.json, evaluation_json(all), interrupt.token());
  } catch (const Stopped&) {
    return interrupt.exit_code();
  }
  if (!outputs.uses_stdout()) say(table_of(all));
  const std::vector<std::string> problems = infeasible_of(all);
  for (const std::string& problem : problems)
    fmt::print(stderr, "weft reproduce: infeasible: {}\n", visible(problem));
  return problems.empty() ? 0 : 1;
}

}  // namespace weft::cli
