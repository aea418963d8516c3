#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "models/common/atomic_file.hpp"
#include "models/common/text.hpp"
#include "models/evaluation/reproduction.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/common/workers.hpp"
#include "sim/engine/run.hpp"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using evaluation::Outcome;
using evaluation::Reproduction;

constexpr const char* kExamples = R"(Examples:
  weft reproduce fusemax
  weft reproduce fusemax --fidelity rules --json -
  weft reproduce fusemax --out build/fusemax          (CSV, figures 6 to 12, validation.md)
  weft reproduce fusemax --cost horowitz-45nm --fidelity analytic

Exit codes: 0 success, 1 a point is infeasible, 2 bad input, 130 interrupted.)";

struct ReproduceCommand {
  std::string what;
  std::string fidelity = "systemc";
  std::string cost = "fusemax-as-published-45nm";
  std::string out;
  std::string json;
  std::string jobs;
};

// The table asked for, and the two shipped ones beside it.
std::vector<cost::Table> tables_of(const engine::Catalog& catalog, const std::string& asked) {
  std::vector<cost::Table> tables{cost::load_table(catalog.file("cost", asked))};
  for (const char* other : {evaluation::kPublishedTable, "horowitz-45nm"}) {
    if (asked != other && tables.front().name == other)
      throw ConfigError(Problem{{"--cost", 0, 0}, "", asked, "has the name of a shipped table, which it is told beside: rename the file"});
    if (tables.front().name != other) tables.push_back(cost::load_table(catalog.file("cost", other)));
  }
  return tables;
}

Outcome analytic_outcome(const evaluation::Bench& bench, const evaluation::Job& job) {
  return bench.run(job, [](const engine::Design& design, const workload::Workload& workload, const workload::Shape& shape) {
    return engine::run_analytic(design, workload, shape);
  });
}

Outcome simulated_outcome(const evaluation::Bench& bench, const evaluation::Job& job) {
  return bench.run(job, [](const engine::Design& design, const workload::Workload& workload, const workload::Shape& shape) {
    return sim::engine::run(design, workload, shape, {});
  });
}

// Draws the figures from their data; a note where Python cannot.
void draw(const fs::path& folder) {
  const fs::path script = config_folder("published").parent_path().parent_path() / "scripts" / "plot" / "reproduction.py";
  std::error_code code;
  if (!fs::exists(script, code)) {
    fmt::print(stderr, "weft reproduce: no figures: {} is not there; the data of each lies in {}\n", script.string(), folder.string());
    return;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(STDERR_FILENO, STDOUT_FILENO);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);  // Ctrl-C ends the drawing too
    ::execl("/usr/bin/python3", "/usr/bin/python3", script.c_str(), folder.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 1;
  if (child > 0) ::waitpid(child, &status, 0);
  if (child < 0 || status != 0)
    fmt::print(stderr, "weft reproduce: no figures: Python with matplotlib is needed; the data of each lies in {}\n", folder.string());
}

void write_folder(const Reproduction& all, const fs::path& folder) {
  for (const auto& [name, text] : evaluation::figure_csvs(all)) write_file_atomically(folder / name, text);
  write_file_atomically(folder / "validation.md", evaluation::validation_page(all));
  write_file_atomically(folder / "reproduction.json", evaluation::reproduction_json(all) + "\n");
}

// Means by each fidelity with the table asked for, and by the fidelity asked for with the other tables.
std::string table_of(const Reproduction& all) {
  std::vector<std::string> header{"mean", "published"};
  std::vector<const evaluation::Means*> columns;
  for (const char* fidelity : {"rules", "analytic", "systemc"}) {
    if (!all.means.contains(fidelity)) continue;
    header.emplace_back(fidelity);
    columns.push_back(&all.means.at(fidelity).at(all.cost_table));
  }
  for (std::size_t t = 1; t < all.tables.size(); ++t) {
    header.push_back(all.fidelity + ", " + all.tables[t]);
    columns.push_back(&all.means.at(all.fidelity).at(all.tables[t]));
  }
  Table table(header);
  for (const evaluation::NamedMean& mean : evaluation::kMeans) {
    std::vector<std::string> row{mean.name, mean.published > 0 ? fmt::format("{:.3f}", mean.published) : "-"};
    for (const evaluation::Means* means : columns) {
      const auto& value = means->*mean.member;
      row.push_back(value ? fmt::format("{:.4f}", *value) : "-");
    }
    table.add(row);
  }
  return table.text() + fmt::format("\nEnergy by {}. {} points of attention, {} of linear layers, {} of the area sweep.\n", all.cost_table,
                                    all.points.size(), all.linear.size(), all.pareto.size());
}

void refuse_meaningless(const ReproduceCommand& o) {
  if (o.what != "fusemax") throw ConfigError(Problem{{}, "what", o.what, "allowed: 'fusemax'"});
  const std::vector<std::string> known{"rules", "analytic", "systemc"};
  if (std::find(known.begin(), known.end(), o.fidelity) == known.end())
    throw ConfigError(Problem{{"--fidelity", 0, 0}, "", o.fidelity, config::unknown_name(o.fidelity, known)});
}

unsigned worker_count(const ReproduceCommand& o) {
  if (o.jobs.empty()) return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(whole_number("--jobs", o.jobs, 1, 256));
}

void make_folder(const std::string& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw ConfigError(Problem{{"--out", 0, 0}, "", folder, "cannot be made: " + code.message()});
}

// The rules' points, and what every fidelity needs to know.
Reproduction begin(const ReproduceCommand& o, const engine::Catalog& catalog, const evaluation::Published& published,
                   const std::vector<cost::Table>& tables) {
  Reproduction all;
  all.fidelity = o.fidelity;
  all.cost_table = tables.front().name;
  for (const cost::Table& table : tables) all.tables.push_back(table.name);
  for (const evaluation::NamedModel& model : evaluation::kPublishedModels)
    all.layers[model.name] = workload::load_workload(catalog.file("workload", evaluation::workload_name(model.name))).layers;
  evaluation::add_rules(all, published, tables);
  return all;
}

// All outcomes of the workers, in the jobs' order; nothing where they were told to stop.
std::optional<std::vector<Outcome>> collect(sim::Workers& workers, std::size_t jobs, const std::stop_token& stop) {
  Progress progress("reproduce fusemax");
  std::vector<Outcome> outcomes(jobs);
  std::size_t done = 0;
  const auto take = [&](std::size_t i, const std::string& line) {
    outcomes[i] = evaluation::from_line(line);
    progress.show(static_cast<double>(++done) / static_cast<double>(jobs));
  };
  const bool whole = workers.collect(take, stop);
  progress.clear();
  if (!whole) return std::nullopt;
  return outcomes;
}

int reproduce(const ReproduceCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  refuse_meaningless(o);
  const unsigned count = worker_count(o);
  const engine::Catalog catalog(config_roots());
  const std::vector<cost::Table> tables = tables_of(catalog, o.cost);
  const evaluation::Published published = evaluation::read_published(config_folder("published").string());
  if (!o.out.empty()) make_folder(o.out);
  Reproduction all = begin(o, catalog, published, tables);
  const std::vector<evaluation::Job> jobs = evaluation::evaluation_jobs();
  std::unique_ptr<evaluation::Bench> bench;
  if (o.fidelity != "rules") bench = std::make_unique<evaluation::Bench>(catalog, tables);
  const bool simulated = o.fidelity == "systemc";
  // The workers are forked before the thread that waits for signals is there.
  sim::Workers workers(simulated ? jobs.size() : 0, simulated ? count : 1,
                       [&](std::size_t i) { return to_line(simulated_outcome(*bench, jobs[i])); });
  Interrupt interrupt;
  if (bench != nullptr) {
    std::vector<Outcome> closed;
    for (const evaluation::Job& job : jobs) closed.push_back(analytic_outcome(*bench, job));
    evaluation::add_outcomes(all, published, "analytic", closed);
  }
  if (simulated) {
    const auto stepped = collect(workers, jobs.size(), interrupt.token());
    if (!stepped) return interrupt.exit_code();
    evaluation::add_outcomes(all, published, "systemc", *stepped);
  }
  evaluation::conclude(all, published, tables);
  {
    const auto held = interrupt.writing();
    if (interrupt.exit_code() != 0) return interrupt.exit_code();
    if (!o.json.empty()) write_output(o.json, evaluation::reproduction_json(all));
    if (!o.out.empty()) write_folder(all, o.out);
  }
  if (!o.out.empty()) draw(o.out);
  if (interrupt.exit_code() != 0) return interrupt.exit_code();
  if (!outputs.uses_stdout()) say(table_of(all));
  for (const std::string& problem : all.infeasible) fmt::print(stderr, "weft reproduce: infeasible: {}\n", visible(problem));
  return all.infeasible.empty() ? 0 : 1;
}

}  // namespace

Command add_reproduce(CLI::App& app) {
  const auto o = std::make_shared<ReproduceCommand>();
  CLI::App* command = app.add_subcommand("reproduce", "A published evaluation done again: by its rules, in closed form, simulated");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help) {
    command->add_option(name, target, help)->type_name(type)->check(not_empty());
  };
  command->add_option("what", o->what, "which evaluation: fusemax")->required()->type_name("NAME");
  text("--fidelity", o->fidelity, "rules|analytic|systemc", "the published rules, our closed form, or simulated cycles (the default)");
  text("--cost", o->cost, "TABLE", "cost table that energies are told by (fusemax-as-published-45nm)");
  text("--out", o->out, "DIR", "a CSV a figure, figures 6 to 12 as PNG and PDF, validation.md");
  text("--json", o->json, "FILE", "as JSON, schema weft-reproduction/1; '-' is standard output");
  text("--jobs", o->jobs, "N", "worker processes (one a processor)");
  command->footer(kExamples);
  return {command, [o] { return reproduce(*o); }};
}

}  // namespace weft::cli
