#include <fmt/format.h>

#include <array>
#include <memory>

#include "models/common/text.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/run/listing.hpp"
#include "models/engine/run/result_json.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/output.hpp"
#include "sim/request/options.hpp"

namespace weft::cli {

using namespace request;
namespace {

constexpr const char* kListExamples = R"(Examples:
  weft list
  weft list designs
  weft list workloads --json -)";

// The kinds in the plural, as typed, and their folders.
constexpr std::array<std::pair<const char*, const char*>, 10> kKinds{{{"cascades", "cascade"},
                                                                      {"archs", "arch"},
                                                                      {"bindings", "binding"},
                                                                      {"designs", "design"},
                                                                      {"workloads", "workload"},
                                                                      {"costs", "cost"},
                                                                      {"drams", "dram"},
                                                                      {"mappings", "mapping"},
                                                                      {"schedules", "schedule"},
                                                                      {"sweeps", "sweep"}}};

struct ListCommand {
  std::string kind;
  std::string json;
};

std::string listing_text(const engine::Listing& listing) {
  std::string out;
  for (const auto& [kind, names] : listing.names) {
    out += kind + "\n";
    for (const std::string& name : names) out += "  " + visible(name) + "\n";
  }
  if (!listing.designs) return out;
  Table table({"  design", "architecture", "binding", "cascade", "side"});
  for (const engine::ListedDesign& design : *listing.designs)
    table.add({"  " + design.name, design.arch, design.binding, design.cascade,
               design.side > 0 ? std::to_string(design.side) : std::string("-")});
  return out + "designs\n" + table.text(4) +
         "  Each that has a side takes -NxN behind its name for arrays of N x N, N from 2 to 1024, "
         "such as "
         "fusemax-16x16:\n"
         "  buffer and DRAM bandwidth scale with N over the design's own side, such as 16/256 for "
         "fusemax-16x16.\n";
}

int list(const ListCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  std::vector<std::string> allowed;
  for (const auto& [plural, folder] : kKinds) allowed.emplace_back(plural);
  if (!o.kind.empty() && std::find(allowed.begin(), allowed.end(), o.kind) == allowed.end()) {
    throw ConfigError(Problem{{}, "kind", o.kind, config::unknown_name(o.kind, allowed)});
  }
  const engine::Catalog catalog(config_roots());
  engine::Listing listing;
  for (const auto& [plural, folder] : kKinds) {
    if (!o.kind.empty() && o.kind != plural) continue;
    if (std::string_view(folder) == "design") {
      listing.designs = engine::list_designs(catalog);
    } else {
      listing.names.emplace_back(plural, catalog.list(folder));
    }
  }
  if (o.json.empty()) {
    say(listing_text(listing));
  } else {
    write_output(o.json, engine::listing_json(listing));
  }
  return 0;
}

}  // namespace

Command add_list(App& app) {
  const auto o = std::make_shared<ListCommand>();
  App* command = app.add_subcommand(
      "list",
      "What there is: cascades, architectures, bindings, designs, workloads, cost tables, DRAM "
      "parts, address mappings, schedules of pruning, sweeps");
  command
      ->add_option("kind", o->kind,
                   "cascades, archs, bindings, designs, workloads, costs, drams, mappings, "
                   "schedules or sweeps; all of "
                   "them unless given")
      ->type_name("KIND");
  command->add_option("--json", o->json, "as JSON, schema weft-list/1; '-' is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command->footer(kListExamples);
  return {command, [o] { return list(*o); }};
}

}  // namespace weft::cli
