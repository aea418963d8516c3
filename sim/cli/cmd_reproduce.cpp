#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <system_error>
#include <thread>

#include "models/common/atomic_file.hpp"
#include "models/common/text.hpp"
#include "models/engine/analytic/walk_memo.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/evaluation/reproduction.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/reproduce_draw.hpp"
#include "sim/cli/reproduce_spatten.hpp"
#include "sim/cli/staged_folder.hpp"
#include "sim/common/workers.hpp"
#include "sim/engine/run.hpp"
#include "sim/request/options.hpp"

namespace weft::cli {

using namespace request;
namespace {

namespace fs = std::filesystem;
using evaluation::Outcome;
using evaluation::Reproduction;

constexpr const char* kReproduceExamples = R"(Examples:
  weft reproduce fusemax
  weft reproduce fusemax --fidelity rules --json -
  weft reproduce fusemax --out build/fusemax          (CSV, figures 6 to 12, validation.md)
  weft reproduce fusemax --cost horowitz-45nm --fidelity analytic
  weft reproduce spatten --out build/spatten          (30 benchmarks, baselines, ablation, sweeps)

Exit codes: 0 success, 1 a point is infeasible, 2 bad input, 130 interrupted.)";

struct ReproduceCommand {
  std::string what;
  std::string fidelity = "systemc";
  std::string cost = "fusemax-as-published-45nm";
  std::string values;  // of spatten
  std::string out;
  std::string json;
  std::string jobs;
};

// The table asked for, and the two shipped ones beside it.
std::vector<cost::Table> tables_of(const engine::Catalog& catalog, const std::string& asked) {
  std::vector<cost::Table> tables{cost::load_table(catalog.file("cost", asked))};
  for (const char* other : {evaluation::kPublishedTable, "horowitz-45nm"}) {
    if (asked != other && tables.front().name == other)
      throw ConfigError(
          Problem{{"--cost", 0, 0},
                  "",
                  asked,
                  "has the name of a shipped table, which it is told beside: rename the file"});
    if (tables.front().name != other)
      tables.push_back(cost::load_table(catalog.file("cost", other)));
  }
  return tables;
}

Outcome outcome_of(const evaluation::Bench& bench, const evaluation::Job& job,
                   engine::Fidelity fidelity, engine::WalkMemo& known) {
  return bench.run(job, [&](const engine::Design& design, const workload::Workload& workload) {
    return sim::engine::run(design, workload, {.fidelity = fidelity, .walks = &known});
  });
}

void write_files(const Reproduction& all, const fs::path& folder) {
  for (const auto& [name, text] : evaluation::figure_csvs(all))
    write_file_atomically(folder / name, text);
  write_file_atomically(folder / "validation.md", evaluation::validation_page(all));
  write_file_atomically(folder / "reproduction.json", evaluation::reproduction_json(all) + "\n");
}

// Means by each fidelity with the table asked for, and by the fidelity asked for with the other
// tables.
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
    std::vector<std::string> row{mean.name,
                                 mean.published > 0 ? fmt::format("{:.3f}", mean.published) : "-"};
    for (const evaluation::Means* means : columns) {
      const auto& value = means->*mean.member;
      row.push_back(value ? fmt::format("{:.4f}", *value) : "-");
    }
    table.add(row);
  }
  return table.text() +
         fmt::format(
             "\nEnergy by {}. {} points of attention, {} of linear layers, {} of the area sweep.\n",
             all.cost_table, all.points.size(), all.linear.size(), all.pareto.size());
}

void refuse_meaningless(const ReproduceCommand& o) {
  if (o.what != "fusemax")
    throw ConfigError(Problem{{}, "what", o.what, "allowed: 'fusemax' or 'spatten'"});
  if (!o.values.empty())
    throw ConfigError(Problem{{"--values", 0, 0}, "", o.values, "a trace is for spatten alone"});
  const std::vector<std::string> known{"rules", "analytic", "systemc"};
  if (std::find(known.begin(), known.end(), o.fidelity) == known.end())
    throw ConfigError(
        Problem{{"--fidelity", 0, 0}, "", o.fidelity, config::unknown_name(o.fidelity, known)});
}

unsigned worker_count(const ReproduceCommand& o) {
  if (o.jobs.empty()) return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(whole_number("--jobs", o.jobs, 1, 256));
}

// The rules' points, and what every fidelity needs to know.
Reproduction begin(const ReproduceCommand& o, const engine::Catalog& catalog,
                   const evaluation::Published& published, const std::vector<cost::Table>& tables) {
  Reproduction all;
  all.fidelity = o.fidelity;
  all.cost_table = tables.front().name;
  for (const cost::Table& table : tables) all.tables.push_back(table.name);
  for (const evaluation::NamedModel& model : evaluation::kPublishedModels)
    all.layers[model.name] =
        workload::load_workload(catalog.file("workload", evaluation::workload_name(model.name)))
            .layers;
  evaluation::add_rules(all, published, tables);
  return all;
}

// Jobs done, of all fidelities, under one bar; empty outcomes where there was a request to stop.
class Runner {
 public:
  Runner(const std::vector<evaluation::Job>& jobs, const evaluation::Bench& bench,
         std::size_t fidelities, std::stop_token stop)
      : jobs_(jobs), bench_(bench), all_(fidelities * jobs.size()), stop_(std::move(stop)) {}

  std::optional<std::vector<Outcome>> analytic() {
    std::vector<Outcome> outcomes;
    engine::WalkMemo known;
    for (const evaluation::Job& job : jobs_) {
      if (stop_.stop_requested()) return std::nullopt;
      outcomes.push_back(outcome_of(bench_, job, engine::Fidelity::analytic, known));
      count();
    }
    return outcomes;
  }

  // Those of the workers, in the jobs' order. An answer has a line for each of `alike[i]`.
  std::optional<std::vector<Outcome>> simulated(
      sim::Workers& workers, const std::vector<std::vector<std::size_t>>& alike) {
    std::vector<Outcome> outcomes(jobs_.size());
    const auto take = [&](std::size_t i, const std::string& text) {
      std::istringstream lines(text);
      for (const std::size_t job : alike[i]) {
        std::string line;
        std::getline(lines, line);
        outcomes[job] = evaluation::from_line(line);
        count();
      }
    };
    if (!workers.collect(take, stop_)) return std::nullopt;
    return outcomes;
  }

 private:
  void count() { progress_.show(static_cast<double>(++done_) / static_cast<double>(all_)); }

  const std::vector<evaluation::Job>& jobs_;
  const evaluation::Bench& bench_;
  std::size_t all_;
  std::stop_token stop_;
  std::size_t done_ = 0;
  Progress progress_{"reproduce fusemax"};
};

// The outcomes of our own fidelities, into `all`; false where there was a request to stop.
bool run_jobs(Reproduction& all, const evaluation::Published& published,
              const evaluation::Bench& bench, const std::vector<evaluation::Job>& jobs,
              const std::vector<std::vector<std::size_t>>& alike, sim::Workers* workers,
              const std::stop_token& stop) {
  Runner runner(jobs, bench, workers != nullptr ? 2 : 1, stop);
  const auto closed = runner.analytic();
  if (!closed) return false;
  evaluation::add_outcomes(all, published, "analytic", *closed);
  if (workers == nullptr) return true;
  const auto stepped = runner.simulated(*workers, alike);
  if (!stepped) return false;
  evaluation::add_outcomes(all, published, "systemc", *stepped);
  return true;
}

// Everything that goes into the folder is written and drawn beside it, then moved there at once.
void write_folder(const Reproduction& all, const std::string& out, StagedFolder& folder,
                  const Interrupt& interrupt) {
  const fs::path& staging = folder.open();
  write_files(all, staging);
  draw_figures("reproduction.py", staging, out, interrupt.token());
  if (interrupt.exit_code() == 0) folder.keep();
}

// What of the options is SpAtten's evaluation's.
int reproduce_other(const ReproduceCommand& o) {
  const ReproduceCommand none;
  if (o.fidelity != none.fidelity)
    throw ConfigError(
        Problem{{"--fidelity", 0, 0}, "", o.fidelity, "spatten is simulated: leave it out"});
  ReproduceSpatten asked;
  if (o.cost != none.cost) asked.cost = o.cost;
  asked.out = o.out;
  asked.json = o.json;
  asked.values = o.values;
  asked.jobs = worker_count(o);
  return reproduce_spatten(asked);
}

int reproduce(const ReproduceCommand& o) {
  if (o.what == "spatten") return reproduce_other(o);
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  refuse_meaningless(o);
  const unsigned count = worker_count(o);
  const engine::Catalog catalog(config_roots());
  const std::vector<cost::Table> tables = tables_of(catalog, o.cost);
  const evaluation::Published published =
      evaluation::read_published(config_folder("published").string());
  std::optional<StagedFolder> folder;
  if (!o.out.empty()) folder.emplace("--out", o.out);
  Reproduction all = begin(o, catalog, published, tables);
  const std::vector<evaluation::Job> jobs = evaluation::evaluation_jobs();
  std::unique_ptr<evaluation::Bench> bench;
  if (o.fidelity != "rules") bench = std::make_unique<evaluation::Bench>(catalog, tables);
  const bool simulated = o.fidelity == "systemc";
  const std::vector<std::vector<std::size_t>> alike = evaluation::jobs_alike(jobs);
  // The workers are forked before the thread that waits for signals is there.
  sim::Workers workers(simulated ? alike.size() : 0, simulated ? count : 1, [&](std::size_t i) {
    engine::WalkMemo known;
    std::string lines;
    for (const std::size_t job : alike[i])
      lines += to_line(outcome_of(*bench, jobs[job], engine::Fidelity::systemc, known)) + "\n";
    return lines;
  });
  Interrupt interrupt;
  if (bench != nullptr && !run_jobs(all, published, *bench, jobs, alike,
                                    simulated ? &workers : nullptr, interrupt.token()))
    return interrupt.exit_code();
  evaluation::conclude(all, published, tables);
  try {
    const auto held = interrupt.writing();
    if (interrupt.exit_code() != 0) return interrupt.exit_code();
    outputs.await_readers(interrupt.token());
    if (folder) write_folder(all, o.out, *folder, interrupt);
    if (interrupt.exit_code() != 0) return interrupt.exit_code();
    if (!o.json.empty())
      write_output(o.json, evaluation::reproduction_json(all), interrupt.token());
  } catch (const Stopped&) {
    return interrupt.exit_code();
  }
  if (!outputs.uses_stdout()) say(table_of(all));
  for (const std::string& problem : all.infeasible)
    fmt::print(stderr, "weft reproduce: infeasible: {}\n", visible(problem));
  return all.infeasible.empty() ? 0 : 1;
}

}  // namespace

Command add_reproduce(App& app) {
  const auto o = std::make_shared<ReproduceCommand>();
  App* command = app.add_subcommand(
      "reproduce", "A published evaluation done again: by its rules, in closed form, simulated");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help) {
    command->add_option(name, target, help)->type_name(type)->check(not_empty());
  };
  command->add_option("what", o->what, "which evaluation: fusemax or spatten")
      ->required()
      ->type_name("NAME");
  text("--fidelity", o->fidelity, "rules|analytic|systemc",
       "the published rules, our closed form, or simulated cycles (the default)");
  text("--cost", o->cost, "TABLE",
       "cost table that energies are told by (fusemax-as-published-45nm; spatten-40nm)");
  text("--values", o->values, "TRACE",
       "of spatten: a trace whose values top-k's rounds are counted on (that of the tests)");
  text("--out", o->out, "DIR", "a CSV a figure or table, pictures as PNG (and PDF), validation.md");
  text("--json", o->json, "FILE", "as JSON, schema weft-reproduction/1; '-' is standard output");
  text("--jobs", o->jobs, "N", "worker processes (one a processor)");
  command->footer(kReproduceExamples);
  return {command, [o] { return reproduce(*o); }};
}

}  // namespace weft::cli
