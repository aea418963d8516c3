#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>

#include "models/common/atomic_file.hpp"
#include "models/common/text.hpp"
#include "models/cost/accelergy.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/result/area.hpp"
#include "models/engine/result/energy.hpp"
#include "models/engine/run/result_csv.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/workload/trace.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/execute_summary.hpp"
#include "sim/cli/interrupt.hpp"
#include "sim/cli/output.hpp"
#include "sim/cli/pending_file.hpp"
#include "sim/cli/point_options.hpp"
#include "sim/cli/progress.hpp"
#include "sim/cli/staged_folder.hpp"
#include "sim/engine/perfetto.hpp"
#include "sim/engine/run.hpp"
#include "sim/request/execute.hpp"

namespace weft::cli {

using namespace request;
namespace {

constexpr const char* kRunExamples = R"(Examples:
  weft run --design fusemax --workload bert-base --batch 64 --seq 16K
  weft run --design fusemax-16x16 --values tests/data/minilm-l6.safetensors --json -
  weft run --design flat --workload xlm --seq 1M --fidelity analytic --csv flat.csv
  weft run --arch my-chip.yaml --binding fusemax --workload gpt2-small --causal
  weft run --design fusemax --workload bert-base --set arch.dram.bandwidth_bytes_per_s=100e9
  weft run --design fusemax-16x16 --workload bert-base --seq 256 --perfetto t.json   (open it at ui.perfetto.dev)
  weft run --design fusemax-8x8 --workload bert-base --heads 1 --seq 64 --fidelity rtl --wave run.vcd --wave-cycles 0:2K
  weft run --design fusemax --workload bert-base --cost horowitz-45nm --cost-node 7@0.7 --accelergy build/accelergy

Exit codes: 0 success, 1 the point is infeasible, 2 bad input, 130 interrupted.)";

// The files of --accelergy.
constexpr const char* kErt = "ERT.yaml";
constexpr const char* kArt = "ART.yaml";
constexpr const char* kCounts = "action_counts.yaml";

struct RunCommand {
  PointOptions point;
  std::string design, arch, binding;
  std::string json, csv, perfetto, write_values, accelergy;
  std::string wave, wave_cycles;
};

// "A:B" taken apart.
void set_wave_cycles(const std::string& text, engine::RunOptions& run) {
  constexpr const char* kOption = "--wave-cycles";
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos)
    throw ConfigError(
        Problem{{kOption, 0, 0},
                "",
                text,
                "must be A:B, from cycle A of the run to before cycle B, such as 0:2K"});
  constexpr std::int64_t kMostCycles = std::int64_t{1} << 50;
  run.wave_from =
      static_cast<std::uint64_t>(whole_number(kOption, text.substr(0, colon), 0, kMostCycles));
  run.wave_to =
      static_cast<std::uint64_t>(whole_number(kOption, text.substr(colon + 1), 1, kMostCycles));
  if (run.wave_from >= run.wave_to)
    throw ConfigError(Problem{
        {kOption, 0, 0}, "", text, fmt::format("the end must lie above {}", run.wave_from)});
}

engine::Design load_design(const RunCommand& o, const engine::Catalog& catalog,
                           const std::vector<engine::Setting>& settings) {
  if (!o.design.empty()) {
    if (!o.arch.empty() || !o.binding.empty()) {
      throw ConfigError(Problem{
          {"--design", 0, 0}, "", o.design, "give either --design, or --arch and --binding"});
    }
    return engine::Design::load(catalog, o.design, settings);
  }
  if (o.arch.empty() && o.binding.empty()) {
    throw ConfigError(Problem{{},
                              "--design",
                              "",
                              "missing: name a design, or --arch and --binding; designs: " +
                                  one_of(catalog.list("design")) + ", each also with -NxN"});
  }
  if (o.arch.empty() || o.binding.empty()) {
    const std::string missing = o.arch.empty() ? "--arch" : "--binding";
    throw ConfigError(Problem{{}, missing, "", "missing: --arch and --binding go together"});
  }
  return engine::Design::load(catalog, o.arch, o.binding, settings);
}

void refuse_meaningless(const RunCommand& o, const Point& point) {
  const bool simulated = point.run.fidelity != engine::Fidelity::analytic;
  const bool rtl = point.run.fidelity == engine::Fidelity::rtl;
  if (!o.write_values.empty() && !point.trace)
    refuse("--write-values", o.write_values, "there are no values: give a trace with --values");
  if (!o.write_values.empty() && !simulated)
    refuse("--write-values", o.write_values, "values flow in --fidelity systemc and rtl only");
  if (!o.perfetto.empty() && point.run.fidelity != engine::Fidelity::systemc)
    refuse("--perfetto", o.perfetto, "units have a timeline in --fidelity systemc only");
  if (!o.accelergy.empty() && point.cost == nullptr)
    refuse("--accelergy", o.accelergy, "there are no energies: name a cost table with --cost");
  if (!o.wave.empty() && !rtl)
    refuse("--wave", o.wave, "waves are of the RTL: allowed with --fidelity rtl only");
  if (!o.wave_cycles.empty() && o.wave.empty())
    refuse("--wave-cycles", o.wave_cycles, "there is no wave: name its file with --wave");
}

// Reference tables of the design and action counts of the run: ERT × counts is the run's energy.
// All texts are made before the first file is written.
void write_accelergy(const std::string& folder, const Executed& run) {
  const engine::Architecture& arch = run.design->arch();
  const cost::Table& table = *run.cost;
  cost::Components priced =
      engine::energy_components(arch, table);  // what the table lacks, the run did not do
  for (auto& [name, operations] : priced.arrays)
    std::erase_if(operations, [&](const std::string& operation) {
      return !table.operations.contains(operation);
    });
  const auto actions =
      engine::energy_of(*run.result, run.design->lowering(run.result->shape.causal), table);
  const std::array<std::pair<const char*, std::string>, 3> files{
      {{kErt, cost::energy_reference_table(table, priced)},
       {kArt, cost::area_reference_table(table, engine::area_components(arch, table))},
       {kCounts, cost::action_counts(actions)}}};
  StagedFolder staged("--accelergy", folder);
  const std::filesystem::path& staging = staged.open();
  for (const auto& [name, text] : files) write_file_atomically(staging / name, text);
  staged.keep();
}

// A window that begins where the run has ended shows nothing of it.
void warn_of_empty_wave(const RunCommand& o, std::uint64_t from, std::uint64_t cycles) {
  if (o.wave_cycles.empty() || from < cycles) return;
  fmt::print(stderr,
             "weft run: --wave-cycles {}: the run has ended by then, after {} cycles: {} shows "
             "nothing of it\n",
             visible(o.wave_cycles), cycles, visible(o.wave));
}

int run(const RunCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  outputs.expect("--csv", o.csv, true);
  outputs.expect("--perfetto", o.perfetto, true);
  outputs.expect("--write-values", o.write_values, false);
  outputs.expect_folder("--accelergy", o.accelergy, {kErt, kArt, kCounts});
  outputs.expect("--wave", o.wave, false);
  const engine::Catalog catalog(config_roots());
  Point point = resolve(o.point, catalog);
  refuse_meaningless(o, point);
  engine::Design design = load_design(o, catalog, point.settings);
  std::optional<PendingFile> wave;
  if (!o.wave.empty()) point.run.wave_file = wave.emplace("--wave", o.wave).name();
  if (!o.wave_cycles.empty()) set_wave_cycles(o.wave_cycles, point.run);

  Interrupt interrupt;
  sim::engine::PerfettoTrace timeline;
  std::vector<workload::ComputedTensor> values;
  Progress progress(design.name());
  ExecuteOptions how;
  how.progress = [&](double share) { progress.show(share); };
  how.events = o.perfetto.empty() ? nullptr : &timeline;
  how.outputs = o.write_values.empty() ? nullptr : &values;
  how.stop = interrupt.token();
  std::vector<Executed> runs;
  try {
    runs.push_back(execute(std::move(design), point, how));
  } catch (const sim::engine::Cancelled&) {
    return interrupt.exit_code();
  }
  progress.clear();
  const Executed& done = runs.front();
  const bool ran = done.result->ran();
  const auto held = interrupt.writing();
  if (interrupt.exit_code() != 0) return interrupt.exit_code();
  try {
    outputs.await_readers(how.stop);
    if (ran && wave) {
      wave->keep();
      warn_of_empty_wave(o, point.run.wave_from, done.result->cycles);
    }
    if (ran && !o.write_values.empty())
      workload::write_outputs(o.write_values, *point.trace, values, how.stop);
    if (ran && !o.accelergy.empty()) write_accelergy(o.accelergy, done);
    if (ran && !o.perfetto.empty())
      write_output(o.perfetto, timeline.finish(*done.design, *done.result), how.stop);
    if (!o.csv.empty()) write_output(o.csv, engine::results_csv(reports_of(runs)), how.stop);
    if (!o.json.empty()) write_output(o.json, engine::result_json(done.report), how.stop);
    if (o.json.empty() && !outputs.uses_stdout() && ran) say(summary(done), how.stop);
  } catch (const Stopped&) {
    return interrupt.exit_code();
  }
  return exit_code(runs, "run");
}

}  // namespace

Command add_run(App& app) {
  const auto o = std::make_shared<RunCommand>();
  App* command =
      app.add_subcommand("run", "One design on one workload: cycles, utilisation, traffic, values");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help,
                        const char* group) {
    command->add_option(name, target, help)->type_name(type)->group(group)->check(not_empty());
  };
  constexpr const char* kDesign = "Design";
  text("--design", o->design, "NAME",
       "a name from 'weft list designs', with -NxN behind it for another size, or a YAML file",
       kDesign);
  text("--arch", o->arch, "NAME", "an architecture, in place of a design", kDesign);
  text("--binding", o->binding, "NAME", "and the binding that goes with it", kDesign);
  add_point_options(*command, o->point);
  constexpr const char* kOutput = "Output ('-' is standard output)";
  text("--json", o->json, "FILE", "the result as JSON, schema weft-result/1", kOutput);
  text("--csv", o->csv, "FILE", "the result as a header and a row", kOutput);
  text("--perfetto", o->perfetto, "FILE", "a timeline of the units, for ui.perfetto.dev", kOutput);
  text("--wave", o->wave, "FILE", "the RTL's signals as VCD, with --fidelity rtl", kOutput);
  text("--wave-cycles", o->wave_cycles, "A:B",
       "of these cycles of the run only, B not among them; A must lie before its end", kOutput);
  text("--write-values", o->write_values, "FILE",
       "the computed output, layers.N.out, as .safetensors", kOutput);
  text("--accelergy", o->accelergy, "DIR",
       "with --cost: ERT.yaml and ART.yaml of the design and action_counts.yaml, as of Accelergy "
       "0.4",
       kOutput);
  command->footer(kRunExamples);
  return {command, [o] { return run(*o); }};
}

}  // namespace weft::cli
