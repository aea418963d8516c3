#include <fmt/format.h>

#include <map>
#include <memory>

#include "models/einsum/load.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/run/listing.hpp"
#include "models/engine/run/result_json.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/options.hpp"
#include "sim/cli/output.hpp"

namespace weft::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  weft analyze attention-1pass
  weft analyze attention-3pass --set M=16K --set P=16K --json -
  weft analyze my-cascade.yaml --set M0=128

Extents that are not set: 1024 for a rank, 64 for E and F (widths of a head), 256 for an inner partition such as M0.)";

constexpr std::int64_t kMostExtent = std::int64_t{1} << 32;

struct AnalyzeCommand {
  std::string cascade;
  std::vector<std::string> sets;
  std::string json;
};

std::map<std::string, std::int64_t> extents_of(const einsum::Cascade& cascade,
                                               const std::vector<std::string>& sets) {
  std::map<std::string, std::int64_t> extents;
  for (const einsum::Rank& rank : cascade.ranks) {
    if (rank.base != einsum::kNone) {
      const bool outermost =
          rank.level + 1 == static_cast<int>(cascade.ranks[rank.base].parts.size());
      if (!outermost) extents[rank.name] = rank.level == 0 ? 256 : 2;
    } else {
      extents[rank.name] = rank.name == "E" || rank.name == "F" ? 64 : 1024;
    }
  }
  std::vector<std::string> known;
  for (const auto& [name, extent] : extents) known.push_back(name);
  for (const std::string& text : sets) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (equals == std::string::npos)
      throw ConfigError(Problem{{"--set", 0, 0}, "", text, "must be RANK=N, such as M=16K"});
    if (cascade.rank(name) == einsum::kNone || cascade.ranks[cascade.rank(name)].name != name) {
      throw ConfigError(Problem{{"--set", 0, 0},
                                "",
                                text,
                                "no rank '" + name + "' in cascade " + cascade.name + "; " +
                                    config::unknown_name(name, known)});
    }
    extents[name] = whole_number("--set " + name, text.substr(equals + 1), 1, kMostExtent);
  }
  return extents;
}

std::string text_of(const engine::CascadeAnalysis& a) {
  const einsum::Cascade& cascade = *a.cascade;
  std::string out = fmt::format("{}: {}\n", cascade.name, cascade.description);
  std::string ranks;
  for (std::size_t r = 0; r < cascade.ranks.size(); ++r)
    ranks += fmt::format("{}{} = {}", r == 0 ? "" : ", ", cascade.ranks[r].name, a.extents[r]);
  out += ranks + "\n\npasses\n";
  for (std::size_t r = 0; r < cascade.ranks.size(); ++r) {
    const einsum::Rank& rank = cascade.ranks[r];
    if (rank.base != einsum::kNone &&
        rank.level + 1 == static_cast<int>(cascade.ranks[rank.base].parts.size()))
      continue;
    out += fmt::format("  {} over {}{}\n", a.passes.passes[r], rank.name,
                       rank.base == einsum::kNone ? "" : " within a partition");
  }
  for (const einsum::ForcedPass& forced : a.passes.forced) {
    const einsum::Einsum& line = cascade.einsums[forced.einsum];
    out += fmt::format("  pass {} over {} is forced by {}, which waits for all of {}: {}\n",
                       forced.pass, cascade.ranks[forced.rank].name,
                       cascade.tensors[line.outputs[0].tensor].name,
                       cascade.tensors[forced.tensor].name, line.text);
  }
  out += "\noperations\n";
  for (std::size_t k = 0; k < einsum::kWorkKinds; ++k) {
    if (a.operations[k] > 0)
      out += fmt::format("  {:<9}{:>24}\n", einsum::work_name(static_cast<einsum::Work>(k)),
                         grouped(static_cast<std::uint64_t>(a.operations[k])));
  }
  std::string loops;
  for (const einsum::RankId rank : a.footprint.order)
    loops += (loops.empty() ? "" : ", ") + cascade.ranks[rank].variable;
  out += "\nlive footprint, elements (loops " + loops + ")\n";
  for (const einsum::Footprint& held : a.footprint.tensors) {
    if (cascade.tensors[held.tensor].role != einsum::TensorRole::intermediate) continue;
    out += fmt::format("  {:<9}{:>24}\n", cascade.tensors[held.tensor].name,
                       grouped(static_cast<std::uint64_t>(held.live_elements)));
  }
  out += fmt::format("  {:<9}{:>24} with inputs and outputs\n", "in all",
                     grouped(static_cast<std::uint64_t>(a.footprint.total_elements)));
  return out + fmt::format("\nleast traffic, elements {:>12}\n",
                           grouped(static_cast<std::uint64_t>(a.least_traffic_elements)));
}

int analyze(const AnalyzeCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  const engine::Catalog catalog(config_roots());
  if (o.cascade.empty()) {
    throw ConfigError(Problem{{},
                              "CASCADE",
                              "",
                              "missing: name a cascade, or give a YAML file; cascades: " +
                                  one_of(catalog.list("cascade"))});
  }
  const einsum::Cascade cascade = einsum::load_cascade(catalog.file("cascade", o.cascade));
  const einsum::Extents extents = einsum::resolve_extents(cascade, extents_of(cascade, o.sets));
  const engine::CascadeAnalysis analysis = engine::analyse_cascade(cascade, extents);
  if (o.json.empty()) {
    say(text_of(analysis));
  } else {
    write_output(o.json, engine::analysis_json(analysis));
  }
  return 0;
}

}  // namespace

Command add_analyze(App& app) {
  const auto o = std::make_shared<AnalyzeCommand>();
  App* command = app.add_subcommand(
      "analyze",
      "A cascade's passes and what forces them, operations, live footprint, least traffic");
  command->add_option("CASCADE", o->cascade, "a name from 'weft list cascades', or a YAML file")
      ->type_name("");
  command
      ->add_option("--set", o->sets,
                   "the extent of a rank or inner partition, such as M=16K; may be repeated")
      ->type_name("RANK=N")
      ->expected(1)
      ->take_all();
  command->add_option("--json", o->json, "as JSON, schema weft-analysis/1; '-' is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command->footer(kExamples);
  return {command, [o] { return analyze(*o); }};
}

}  // namespace weft::cli
