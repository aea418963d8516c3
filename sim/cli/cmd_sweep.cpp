#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

#include "models/common/fields.hpp"
#include "models/common/json.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/run/run_point.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/progress.hpp"
#include "sim/request/option_text.hpp"
#include "sim/request/sweep_run.hpp"

namespace weft::cli {

using namespace request;
namespace {

namespace fs = std::filesystem;
using engine::Status;

constexpr const char* kSweepExamples = R"(Examples:
  weft sweep side-by-length --store build/side-by-length
  weft sweep my-sweep.yaml --store results --fidelity systemc --timeout 60 --jobs 2
  weft sweep --status results
  weft sweep --export csv --store results --out results.csv
  sqlite3 results/store.sqlite 'SELECT design, seq_q, cycles FROM points WHERE utilisation_2d > 0.9'

A point is stored once: the same command again runs what is new, or was not done when it ended.
Points that failed or took too long stay so until --retry.

Exit codes: 0 every point ran or is infeasible, 1 a point failed or took too long, 2 bad input, 130
interrupted: what was done is stored.)";

struct SweepCommand {
  std::string file, store, status, exported;
  std::string fidelity, jobs, timeout;
  std::string json, out;
  bool retry = false;
};

unsigned jobs_of(const std::string& text) {
  constexpr std::int64_t kMostJobs = 1024;
  if (!text.empty()) return static_cast<unsigned>(whole_number("--jobs", text, 1, kMostJobs));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::optional<double> timeout_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  constexpr double kMost = 1e6;
  const std::optional<double> seconds = config::number_of(text);
  if (!seconds || !(*seconds >= 0.001 && *seconds <= kMost))
    refuse("--timeout", text, "must be a number of seconds from 0.001 to 1000000");
  return seconds;
}

ExportFormat format_of(const std::string& text) {
  if (text == "csv") return ExportFormat::csv;
  if (text == "jsonl") return ExportFormat::jsonl;
  if (text == "parquet")
    refuse("--export", text,
           "the Python package writes it: python3 -m weft.sweep --store DIR --export FILE.parquet; "
           "allowed here: 'csv' or 'jsonl'");
  refuse("--export", text, config::unknown_name(text, {"csv", "jsonl"}));
}

// What goes with what.
void refuse_meaningless(const SweepCommand& o) {
  const bool asks = !o.status.empty() || !o.exported.empty();
  if (!o.status.empty() && !o.exported.empty())
    refuse("--status", o.status, "give either --status or --export");
  if (!o.file.empty() && asks)
    refuse(o.status.empty() ? "--export" : "--status", o.status.empty() ? o.exported : o.status,
           "reads a store: leave out the sweep file");
  if (!asks && o.file.empty())
    throw ConfigError(Problem{
        {}, "FILE", "", "missing: name a sweep file, or --status DIR, or --export with --store"});
  if (o.status.empty() && o.store.empty())
    throw ConfigError(Problem{{}, "--store", "", "missing: the folder of the store"});
  if (!o.status.empty() && !o.store.empty())
    refuse("--store", o.store, "--status names the folder already");
  const auto of_runs = [&](const char* option, const std::string& text) {
    if (asks && !text.empty()) refuse(option, text, "goes with a sweep file that is run");
  };
  of_runs("--fidelity", o.fidelity);
  of_runs("--jobs", o.jobs);
  of_runs("--timeout", o.timeout);
  if (asks && o.retry) refuse("--retry", "", "goes with a sweep file that is run");
  if (!o.out.empty() && o.exported.empty()) refuse("--out", o.out, "goes with --export");
  if (!o.exported.empty() && !o.json.empty())
    refuse("--json", o.json, "goes with --status or a sweep file: name --out for what is exported");
}

std::string absolute(const std::string& path) {
  return path.empty() || path == "-" ? path : fs::absolute(path).string();
}

// A store with the sweep that was run on it, found from where that was run.
struct Opened {
  explicit Opened(const std::string& folder) : store(folder, sweep::Store::Mode::existing) {
    record = store.recorded();
    std::error_code error;  // names that are no paths need no folder
    fs::current_path(record.folder, error);
    file = sweep::parse_sweep(record.text, record.file);
    points.emplace(file, catalog, record.fidelity);
  }
  sweep::Store store;
  sweep::SweepRecord record;
  engine::Catalog catalog{config_roots()};
  sweep::SweepFile file;
  std::optional<SweepPoints> points;
};

std::string status_json(const std::string& name, const SweepCounts& counts) {
  json::Writer out;
  out.begin_object();
  out.field("schema", "weft-sweep/1");
  out.field("name", name);
  out.key("points");
  out.begin_object();
  out.field("total", counts.total);
  for (const auto& [status, which] : engine::names(config::Tag<Status>{}))
    out.field(status, counts.of(which));
  out.field("pending", counts.pending());
  out.end_object();
  out.end_object();
  return out.take();
}

std::string status_text(const std::string& name, const SweepCounts& counts,
                        const sweep::Store& store) {
  std::string out = fmt::format("{}: {} points: {} ok", name, grouped(counts.total),
                                grouped(counts.of(Status::ok)));
  const auto add = [&](Status status, const char* words) {
    if (counts.of(status) > 0) out += fmt::format(", {} {}", grouped(counts.of(status)), words);
  };
  add(Status::infeasible, "infeasible");
  add(Status::failed, "failed");
  add(Status::timed_out, "took too long");
  if (counts.pending() > 0) out += fmt::format(", {} not run yet", grouped(counts.pending()));
  out += "\n";
  for (const auto& [status, reason, count] : store.reasons())
    out += fmt::format("  {}, {} points: {}\n", status, grouped(count), reason);
  return out;
}

// Counts, as JSON where asked for and for people otherwise.
void tell(const std::string& name, const SweepCounts& counts, const sweep::Store& store,
          const std::string& json, const std::stop_token& stop) {
  if (!json.empty()) write_output(json, status_json(name, counts), stop);
  if (json != "-") say(status_text(name, counts, store), stop);
}

std::string left_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

// How far a sweep is, at what rate, and how long it will take.
class SweepProgress {
 public:
  explicit SweepProgress(std::string name) : name_(std::move(name)), bar_(name_) {}
  void show(std::uint64_t done, std::uint64_t total) {
    if (first_ == kNone) first_ = done;  // those that were there
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    const double rate = static_cast<double>(done - first_) / std::max(seconds, 1e-3);
    std::string label = fmt::format("{}: {} of {}", name_, grouped(done), grouped(total));
    if (rate > 0)
      label += fmt::format(", {}/s, {} left", grouped(static_cast<std::uint64_t>(rate)),
                           left_text(static_cast<double>(total - done) / rate));
    bar_.rename(std::move(label));
    bar_.show(total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total));
  }
  void clear() { bar_.clear(); }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::string name_;
  Progress bar_;
  std::uint64_t first_ = kNone;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

int run_file(const SweepCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  const engine::Catalog catalog(config_roots());
  const sweep::SweepFile file = sweep::load_sweep(catalog.file("sweep", o.file));
  const SweepPoints points(file, catalog, o.fidelity);
  SweepRunner runner(points, {jobs_of(o.jobs), timeout_of(o.timeout)});
  Interrupt interrupt;
  sweep::Store store(o.store, sweep::Store::Mode::create);
  if (o.retry) store.forget_failed();
  store.record({file.name, file.file, fs::current_path().string(), file.text, o.fidelity});
  SweepProgress progress(file.name);
  const SweepCounts counts = runner.run(
      store, [&](std::uint64_t done, std::uint64_t total) { progress.show(done, total); },
      interrupt.token());
  progress.clear();
  if (interrupt.exit_code() != 0) {
    const auto held = interrupt.writing();
    fmt::print(stderr,
               "weft sweep: interrupted: {} of {} points are stored; the same command goes on from "
               "there\n",
               grouped(counts.total - counts.pending()), grouped(counts.total));
    return interrupt.exit_code();
  }
  tell(file.name, counts, store, o.json, interrupt.token());
  return counts.of(Status::failed) + counts.of(Status::timed_out) > 0 ? 1 : 0;
}

int show_status(const SweepCommand& o) {
  Outputs outputs;
  const std::string json = absolute(o.json);
  outputs.expect("--json", json, true);
  const Opened opened(o.status);
  Interrupt interrupt;
  tell(opened.record.name, count_points(*opened.points, opened.store), opened.store, json,
       interrupt.token());
  return 0;
}

int export_store(const SweepCommand& o) {
  Outputs outputs;
  const ExportFormat format = format_of(o.exported);
  const std::string out = o.out.empty() ? "-" : absolute(o.out);
  outputs.expect("--out", out, true);
  const Opened opened(o.store);
  Interrupt interrupt;
  constexpr std::size_t kPart = 1 << 20;  // bytes written to standard output at once
  std::string text;
  const auto write = [&](const std::string& line) {
    text += line;
    if (out != "-" || text.size() < kPart) return;
    print(text, interrupt.token());
    text.clear();
  };
  try {
    export_sweep(*opened.points, opened.store, format, interrupt.token(), write);
    write_output(out, text, interrupt.token());
  } catch (const engine::Cancelled&) {
    return interrupt.exit_code();
  }
  return 0;
}

int sweep_command(const SweepCommand& o) {
  refuse_meaningless(o);
  try {
    if (!o.status.empty()) return show_status(o);
    return o.exported.empty() ? run_file(o) : export_store(o);
  } catch (const Stopped&) {
    return 128 + 2;
  }
}

}  // namespace

Command add_sweep(App& app) {
  const auto o = std::make_shared<SweepCommand>();
  App* command =
      app.add_subcommand("sweep", "Every point of a sweep file into a store, and out of it");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help,
                        const char* group) {
    command->add_option(name, target, help)->type_name(type)->group(group)->check(not_empty());
  };
  constexpr const char* kRun = "Run a sweep";
  text(
      "FILE", o->file, "FILE",
      "the sweep, designs, workloads and what is varied: a name from 'weft list sweeps', or a YAML "
      "file",
      kRun);
  text("--store", o->store, "DIR", "folder of the store; made where it is not there", kRun);
  text("--jobs", o->jobs, "N", "threads, or processes that simulate; one a core unless given",
       kRun);
  text("--fidelity", o->fidelity, "analytic|systemc|rtl", "over the file's own", kRun);
  text("--timeout", o->timeout, "SECONDS", "longest time for a point", kRun);
  command->add_flag("--retry", o->retry, "run again what failed or took too long")->group(kRun);
  constexpr const char* kAsk = "Read a store";
  text("--status", o->status, "DIR", "how many points are done, and how", kAsk);
  text("--export", o->exported, "csv|jsonl", "its points: a table, or weft-result/1 on a line each",
       kAsk);
  constexpr const char* kOutput = "Output ('-' is standard output)";
  text("--json", o->json, "FILE", "the counts as JSON, schema weft-sweep/1", kOutput);
  text("--out", o->out, "FILE", "where --export writes; standard output unless given", kOutput);
  command->footer(kSweepExamples);
  return {command, [o] { return sweep_command(*o); }};
}

}  // namespace weft::cli
