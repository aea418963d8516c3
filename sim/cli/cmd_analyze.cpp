#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "models/engine/design/catalog.hpp"
#include "models/engine/run/listing.hpp"
#include "models/engine/run/result_json.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/output.hpp"
#include "sim/request/analyze.hpp"

namespace weft::cli {

using namespace request;
namespace {

constexpr const char* kAnalyzeExamples = R"(Examples:
  weft analyze attention-1pass
  weft analyze attention-3pass --set M=16K --set P=16K --json -
  weft analyze my-cascade.yaml --set M0=128
  weft analyze attention-pruned --set H=12 --set M=1K --occupancy S=64,128,256

Extents that are not set: 1024 for a rank, 64 for E and F (widths of a head), 256 for an inner partition such as M0; of a dynamic rank, all that it may list.)";

struct AnalyzeCommand {
  std::string cascade;
  std::vector<std::string> sets;
  std::vector<std::string> occupancies;
  std::string json;
};

std::string quadratic_text(const einsum::Quadratic& quadratic, const std::string& rank) {
  constexpr std::array<const char*, 3> kPowers{"", " * ", " * "};
  std::string text;
  for (std::size_t power = 0; power < quadratic.size(); ++power) {
    const std::int64_t c = quadratic[power];
    if (c == 0) continue;
    const auto size = static_cast<std::uint64_t>(c < 0 ? -c : c);
    text += text.empty() ? (c < 0 ? "-" : "") : c < 0 ? " - " : " + ";
    text += grouped(size) + kPowers[power] + (power > 0 ? rank : "") + (power > 1 ? "^2" : "");
  }
  return text.empty() ? "0" : text;
}

// A table of the counts, and the formula behind it where there is one.
std::string occupancy_text(const engine::CascadeAnalysis& a) {
  const einsum::Cascade& cascade = *a.cascade;
  const std::vector<einsum::RankId> ranks = einsum::dynamic_ranks(cascade);
  if (ranks.empty()) return "";
  const auto shown = [&](std::size_t k) { return a.operations[k] > 0; };
  std::string out = "\nby occupancy\n";
  for (const einsum::RankId rank : ranks) out += fmt::format("{:>10}", cascade.ranks[rank].name);
  out += fmt::format("{:>20}", "least traffic");
  for (std::size_t k = 0; k < einsum::kWorkKinds; ++k) {
    if (shown(k)) out += fmt::format("{:>20}", einsum::work_name(static_cast<einsum::Work>(k)));
  }
  out += "\n";
  const auto number = [](std::int64_t n) { return grouped(static_cast<std::uint64_t>(n)); };
  for (const einsum::AtOccupancy& point : a.by_occupancy) {
    for (const std::int64_t occupancy : point.occupancies)
      out += fmt::format("{:>10}", number(occupancy));
    out += fmt::format("{:>20}", number(point.counts.least_traffic_elements));
    for (std::size_t k = 0; k < einsum::kWorkKinds; ++k) {
      if (shown(k)) out += fmt::format("{:>20}", number(point.counts.operations[k]));
    }
    out += "\n";
  }
  if (!a.of_occupancy) return out;
  const std::string& name = cascade.ranks[a.of_occupancy->rank].name;
  out += "  least traffic = " + quadratic_text(a.of_occupancy->least_traffic_elements, name) + "\n";
  for (std::size_t k = 0; k < einsum::kWorkKinds; ++k) {
    if (shown(k))
      out += fmt::format("  {} = {}\n", einsum::work_name(static_cast<einsum::Work>(k)),
                         quadratic_text(a.of_occupancy->operations[k], name));
  }
  return out;
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
  return out +
         fmt::format("\nleast traffic, elements {:>12}\n",
                     grouped(static_cast<std::uint64_t>(a.least_traffic_elements))) +
         occupancy_text(a);
}

int show(const AnalyzeCommand& o) {
  Outputs outputs;
  outputs.expect("--json", o.json, true);
  const engine::Catalog catalog(config_roots());
  const Analyzed made = analyze(catalog, o.cascade, o.sets, o.occupancies);
  const engine::CascadeAnalysis& analysis = made.analysis;
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
  command
      ->add_option("--occupancy", o->occupancies,
                   "how many coordinates a dynamic rank holds, such as S=64,128: the counts at "
                   "each; may be repeated for another rank")
      ->type_name("RANK=N,N")
      ->expected(1)
      ->take_all();
  command->add_option("--json", o->json, "as JSON, schema weft-analysis/1; '-' is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command->footer(kAnalyzeExamples);
  return {command, [o] { return show(*o); }};
}

}  // namespace weft::cli
