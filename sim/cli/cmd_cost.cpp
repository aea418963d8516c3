#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/common/text.hpp"
#include "models/cost/accelergy.hpp"
#include "models/cost/scaling.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/result/area.hpp"
#include "models/engine/run/cost_json.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/output.hpp"
#include "sim/request/options.hpp"

namespace weft::cli {

using namespace request;
namespace {

constexpr const char* kCostExamples = R"(Examples:
  weft cost horowitz-45nm
  weft cost horowitz-45nm --node 7 --voltage 0.7 --json -
  weft cost horowitz-45nm --design fusemax-16x16 --ert ERT.yaml --art ART.yaml   (for Accelergy-style tools)
  weft cost --import-ert ERT.yaml --import-node 45 --import-voltage 0.9 --import-buffer 64KiB)";

struct CostCommand {
  std::string table, node, voltage, design;
  std::string import_ert, import_art, import_node, import_voltage, import_buffer;
  std::string import_map;
  std::vector<std::string> import_action_bytes;
  std::string ert, art, json;
};

// "buffer=64" into the frame.
void set_action_bytes(const std::string& text, cost::Frame& frame) {
  constexpr const char* kOption = "--import-action-bytes";
  const std::vector<std::string> known{"buffer", "register_file", "dram"};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos)
    refuse(kOption, text, "must be COMPONENT=BYTES, such as buffer=64");
  const std::string component = text.substr(0, equals);
  if (std::find(known.begin(), known.end(), component) == known.end())
    refuse(kOption, component, config::unknown_name(component, known));
  const std::int64_t bytes =
      whole_number(std::string(kOption) + " " + component, text.substr(equals + 1), 1, 1 << 20);
  if (component == "buffer") frame.buffer_row_bytes = frame.buffer_action_bytes = bytes;
  if (component == "register_file") frame.register_action_bytes = static_cast<double>(bytes);
  if (component == "dram") frame.dram_action_bytes = static_cast<double>(bytes);
}

// What an ERT does not say, from the options.
cost::Frame frame_of(const CostCommand& o) {
  std::vector<Problem> missing;
  const auto need = [&](const char* option, const std::string& value, const char* what) {
    if (value.empty())
      missing.push_back({{}, option, "", std::string("missing: an ERT does not say ") + what});
  };
  need("--import-node", o.import_node, "its node: give it in nm, such as 45");
  need("--import-voltage", o.import_voltage, "its supply: give it in V, such as 0.9");
  need("--import-buffer", o.import_buffer,
       "the capacity of its buffer: give it in bytes, such as 64KiB");
  if (!missing.empty()) throw ConfigError(std::move(missing));
  const std::optional<double> nm = cost::node_nm(o.import_node);
  if (!nm) refuse("--import-node", o.import_node, "must be " + cost::allowed_nodes());
  constexpr std::int64_t kMostBytes = 1'000'000'000'000'000;
  cost::Frame frame;
  frame.description = "imported from Accelergy, " + o.import_ert +
                      (o.import_art.empty() ? "" : " and " + o.import_art);
  frame.node = config::number_text(*nm);
  frame.voltage_v = supply_of("--import-voltage", o.import_voltage);
  frame.buffer_bytes = whole_number("--import-buffer", o.import_buffer, 1, kMostBytes);
  if (!o.import_map.empty()) frame.map_file = o.import_map;
  for (const std::string& text : o.import_action_bytes) set_action_bytes(text, frame);
  if (frame.buffer_action_bytes > frame.buffer_bytes)
    refuse("--import-buffer", o.import_buffer,
           fmt::format("must hold the {} bytes of one action at least", frame.buffer_action_bytes));
  return frame;
}

void refuse_meaningless(const CostCommand& o, const engine::Catalog& catalog) {
  if (o.table.empty() && o.import_ert.empty()) {
    throw ConfigError(
        Problem{{},
                "TABLE",
                "",
                "missing: name a cost table, or import one with --import-ert; cost tables: " +
                    one_of(catalog.list("cost"))});
  }
  if (!o.table.empty() && !o.import_ert.empty())
    refuse("--import-ert", o.import_ert, "give either TABLE or --import-ert, not both");
  if (o.import_ert.empty()) {
    const std::array<std::pair<const char*, std::string>, 6> imports{
        {{"--import-art", o.import_art},
         {"--import-map", o.import_map},
         {"--import-node", o.import_node},
         {"--import-voltage", o.import_voltage},
         {"--import-buffer", o.import_buffer},
         {"--import-action-bytes",
          o.import_action_bytes.empty() ? "" : o.import_action_bytes.front()}}};
    for (const auto& [option, value] : imports) {
      if (!value.empty())
        refuse(option, value, "there is nothing to import: name the energies with --import-ert");
    }
  }
  if (!o.voltage.empty() && o.node.empty())
    refuse("--voltage", o.voltage, "goes with --node: give the node too, in nm, such as --node 7");
  for (const auto& [option, value] : {std::pair{"--ert", o.ert}, std::pair{"--art", o.art}}) {
    if (!value.empty() && o.design.empty())
      refuse(option, value, "it lists the components of a design: name one with --design");
  }
}

cost::Table table_of(const CostCommand& o, const engine::Catalog& catalog) {
  if (o.import_ert.empty()) return cost::load_table(catalog.file("cost", o.table));
  const auto art = o.import_art.empty() ? std::nullopt : std::optional(o.import_art);
  return cost::import_accelergy(o.import_ert, art, frame_of(o));
}

std::string number(double value) { return fmt::format("{:.6g}", value); }

std::string energies_text(const engine::CostReport& report, Footnotes& sources) {
  Table table({"energy", "pJ each", "source"});
  const auto add = [&](const std::string& what, double pj, const std::string& source) {
    table.add({what, number(pj), sources.mark(source)});
  };
  for (const auto& [name, priced] : report.table.operations)
    add(name, priced.energy.pj, priced.energy.source);
  const cost::RegisterFile& file = report.table.register_file;
  add("register file, word read", file.read.pj, file.read.source);
  add("register file, word written", file.write.pj, file.write.source);
  for (const cost::BufferEnergy& entry : report.table.buffer_energy) {
    const std::string row = fmt::format("buffer of {}, row of {} ", cost::size_text(entry.bytes),
                                        cost::size_text(entry.row_bytes));
    add(row + "read", entry.read_pj, entry.source);
    add(row + "written", entry.write_pj, entry.source);
  }
  if (report.word) {
    const std::string word =
        fmt::format("buffer of {}, word ", cost::size_text(report.design->arch().buffer.bytes));
    add(word + "read", report.word->read_pj, report.word->source);
    add(word + "written", report.word->write_pj, report.word->source);
  }
  const auto& written = report.table.dram_write_per_bit;
  add(written ? "DRAM, bit read" : "DRAM, bit", report.table.dram_per_bit.pj,
      report.table.dram_per_bit.source);
  if (written) add("DRAM, bit written", written->pj, written->source);
  return table.text();
}

std::string areas_text(const cost::Table& costs, Footnotes& sources) {
  Table table({"area", "µm² each", "source"});
  bool any = !costs.buffer_area.empty();
  const auto add = [&](const std::string& what, const std::optional<cost::Area>& area) {
    any = any || area;
    if (area) table.add({what, fmt::format("{:.2f}", area->um2), sources.mark(area->source)});
  };
  for (const auto& [name, priced] : costs.operations) add(name, priced.area);
  add("register file", costs.register_file.area);
  add("register file, bit of its address", costs.register_file.area_per_address_bit);
  for (const cost::BufferArea& entry : costs.buffer_area)
    add(fmt::format("buffer of {}, rows of {}", cost::size_text(entry.bytes),
                    cost::size_text(entry.row_bytes)),
        cost::Area{entry.um2, entry.source});
  return any ? table.text() : "no areas\n";
}

std::string design_text(const engine::CostReport& report, Footnotes& sources) {
  const engine::AreaReport& area = *report.area;
  Table table({"area of " + report.design->name(), "count", "µm² each", "mm²", "source"});
  for (const engine::AreaItem& item : area.items) {
    table.add({item.component, grouped(static_cast<std::uint64_t>(item.count)),
               fmt::format("{:.2f}", item.um2_each), fmt::format("{:.6f}", item.um2 * 1e-6),
               sources.mark(item.source)});
  }
  table.add({"total", "", "", fmt::format("{:.6f}", area.total_um2 * 1e-6), ""});
  std::string out = table.text();
  for (const std::string& reason : area.missing) out += "not in it: " + visible(reason) + "\n";
  return out;
}

std::string report_text(const engine::CostReport& report) {
  const cost::Table& table = report.table;
  const cost::RegisterFile& file = table.register_file;
  Footnotes sources;
  std::string out = fmt::format("{}: {}\n{} nm at {} V\n\n", visible(table.name),
                                visible(table.description), visible(table.node), table.voltage_v);
  out += energies_text(report, sources);
  out += fmt::format(
      "register files charged: {}; words of a MACC: {} read, {} written; of any other operation: "
      "{} read, {} written\n",
      file.charged == cost::Charged::every_element ? "every element's"
                                                   : "one element's of each array",
      file.reads_per_macc, file.writes_per_macc, file.reads_per_operation,
      file.writes_per_operation);
  out += "\n" + areas_text(table, sources);
  if (report.area) out += "\n" + design_text(report, sources);
  return out + "\n" + sources.text();
}

int cost_command(const CostCommand& o) {
  Outputs outputs;
  outputs.expect("--ert", o.ert, true);
  outputs.expect("--art", o.art, true);
  outputs.expect("--json", o.json, true);
  const engine::Catalog catalog(config_roots());
  refuse_meaningless(o, catalog);
  cost::Table table = table_of(o, catalog);
  const cost::Process own{table.node, table.voltage_v};
  if (!o.node.empty()) table = at_process(table, "--node", o.node, "--voltage", o.voltage);
  std::optional<engine::Design> design;
  if (!o.design.empty()) design = engine::Design::load(catalog, o.design);
  if (design && design->assembled() != nullptr)
    refuse("--design", o.design, "no table prices the units of this design's engine");
  engine::CostReport report = engine::cost_report(std::move(table), design ? &*design : nullptr);
  if (report.table.node != own.node || report.table.voltage_v != own.voltage_v)
    report.scaled_from = own;

  std::string ert;
  std::string art;
  if (!o.ert.empty())
    ert = cost::energy_reference_table(report.table,
                                       engine::energy_components(design->arch(), report.table));
  if (!o.art.empty())
    art = cost::area_reference_table(report.table,
                                     engine::area_components(design->arch(), report.table));
  write_output(o.ert, ert);
  write_output(o.art, art);
  if (!o.json.empty()) write_output(o.json, engine::cost_json(report));
  if (o.json.empty() && !outputs.uses_stdout()) say(report_text(report));
  return 0;
}

}  // namespace

Command add_cost(App& app) {
  const auto o = std::make_shared<CostCommand>();
  App* command = app.add_subcommand(
      "cost",
      "A cost table: energies and areas with their sources, a design's area, Accelergy's tables");
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help,
                        const char* group) {
    command->add_option(name, target, help)->type_name(type)->group(group)->check(not_empty());
  };
  command
      ->add_option("TABLE", o->table,
                   "a name from 'weft list costs', a YAML file, or what --json wrote")
      ->type_name("")
      ->check(not_empty());
  constexpr const char* kTable = "Table";
  text("--node", o->node, "N", "scaled to this node, in nm: 130 to 7", kTable);
  text("--voltage", o->voltage, "V", "and this supply; the table's own unless given", kTable);
  text("--design", o->design, "NAME", "with the area of this design, by component", kTable);
  constexpr const char* kImport = "Import, in place of TABLE";
  text("--import-ert", o->import_ert, "FILE", "energies of an Accelergy ERT, version 0.3 or 0.4",
       kImport);
  text("--import-art", o->import_art, "FILE", "and areas of an ART", kImport);
  text("--import-map", o->import_map, "FILE",
       "which of their components and actions is which of ours, as YAML", kImport);
  text("--import-node", o->import_node, "N", "the node that they are of, in nm", kImport);
  text("--import-voltage", o->import_voltage, "V", "and the supply", kImport);
  text("--import-buffer", o->import_buffer, "BYTES", "the capacity of the buffer in them", kImport);
  command
      ->add_option("--import-action-bytes", o->import_action_bytes,
                   "bytes that an action of buffer, register_file or dram moves: 2 unless given; "
                   "may be repeated")
      ->type_name("COMPONENT=BYTES")
      ->group(kImport)
      ->expected(1)
      ->take_all();
  constexpr const char* kOutput = "Output ('-' is standard output)";
  text("--ert", o->ert, "FILE", "with --design: its energies as an Accelergy ERT", kOutput);
  text("--art", o->art, "FILE", "with --design: its areas as an Accelergy ART", kOutput);
  text("--json", o->json, "FILE", "as JSON, schema weft-cost/1", kOutput);
  command->footer(kCostExamples);
  return {command, [o] { return cost_command(*o); }};
}

}  // namespace weft::cli
