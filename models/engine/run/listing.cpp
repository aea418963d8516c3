#include "models/engine/run/listing.hpp"

#include "models/common/json.hpp"
#include "models/einsum/domain.hpp"
#include "models/einsum/load.hpp"
#include "models/engine/design/assembled.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design_files.hpp"

namespace weft::engine {
namespace {

using json::Writer;

template <class T>
T load_config(const std::filesystem::path& file) {
  T out;
  config::Reader reader;
  config::read(config::load_file(file), out, reader);
  reader.finish();
  return out;
}

void write_passes(Writer& out, const CascadeAnalysis& analysis) {
  const auto write = [&](const char* name, bool partitions) {
    out.key(name);
    out.begin_object();
    for (std::size_t r = 0; r < analysis.cascade->ranks.size(); ++r) {
      const einsum::Rank& rank = analysis.cascade->ranks[r];
      const bool inner =
          rank.base != kNone &&
          rank.level + 1 < static_cast<int>(analysis.cascade->ranks[rank.base].parts.size());
      if (partitions ? inner : rank.base == kNone) out.field(rank.name, analysis.passes.passes[r]);
    }
    out.end_object();
  };
  write("passes", false);
  write("passes_within", true);
}

}  // namespace

std::vector<ListedDesign> list_designs(const Catalog& catalog) {
  std::vector<ListedDesign> designs;
  for (const std::string& name : catalog.list("design")) {
    const auto file = load_config<DesignFile>(catalog.file("design", name));
    const auto arch_file = catalog.file("arch", file.arch);
    if (names_engine(arch_file)) {
      const auto read = read_assembled(arch_file, catalog.file("binding", file.binding), {});
      designs.push_back({name, file.arch, file.binding, read->binding.cascade, 0});
      continue;
    }
    const auto binding = load_config<Binding>(catalog.file("binding", file.binding));
    const auto arch = load_config<Architecture>(arch_file);
    designs.push_back({name, file.arch, file.binding, binding.cascade, own_side(arch)});
  }
  return designs;
}

std::string listing_json(const Listing& listing) {
  Writer out;
  out.begin_object();
  out.field("schema", "weft-list/1");
  for (const auto& [kind, names] : listing.names) {
    out.values(kind, names);
  }
  if (listing.designs) {
    out.objects("designs", *listing.designs, [&](const ListedDesign& design) {
      out.field("name", design.name);
      out.field("arch", design.arch);
      out.field("binding", design.binding);
      out.field("cascade", design.cascade);
    });
  }
  out.end_object();
  return out.take();
}

CascadeAnalysis analyse_cascade(const einsum::Cascade& cascade, const einsum::Extents& extents,
                                std::vector<std::vector<std::int64_t>> occupancies) {
  CascadeAnalysis analysis;
  analysis.cascade = &cascade;
  analysis.extents = extents;
  analysis.passes = einsum::analyse_passes(cascade);
  const einsum::Counts counts = einsum::counts(cascade, extents);
  analysis.operations = counts.operations;
  analysis.footprint = einsum::live_footprint(cascade, analysis.passes, extents);
  analysis.least_traffic_elements = counts.least_traffic_elements;
  const std::vector<einsum::RankId> dynamic = einsum::dynamic_ranks(cascade);
  occupancies.resize(dynamic.size());
  for (std::size_t i = 0; i < dynamic.size(); ++i) {
    const std::int64_t bound = extents[static_cast<std::size_t>(dynamic[i])];
    if (!occupancies[i].empty()) continue;
    for (std::int64_t quarters = 1; quarters <= 4; ++quarters)
      occupancies[i].push_back(bound / 4 * quarters + bound % 4 * quarters / 4);
    std::erase(occupancies[i], 0);
    occupancies[i].erase(std::unique(occupancies[i].begin(), occupancies[i].end()),
                         occupancies[i].end());
  }
  analysis.by_occupancy = einsum::counts_by_occupancy(cascade, extents, occupancies);
  analysis.of_occupancy = einsum::counts_of_occupancy(cascade, extents);
  return analysis;
}

namespace {

void write_operations(Writer& out, const einsum::WorkCounts& operations) {
  out.key("operations");
  out.begin_object();
  for (std::size_t k = 0; k < einsum::kWorkKinds; ++k)
    out.field(einsum::work_name(static_cast<einsum::Work>(k)), operations[k]);
  out.end_object();
}

void write_occupancies(Writer& out, const CascadeAnalysis& analysis) {
  const einsum::Cascade& cascade = *analysis.cascade;
  const std::vector<einsum::RankId> ranks = einsum::dynamic_ranks(cascade);
  if (ranks.empty()) return;
  out.objects("by_occupancy", analysis.by_occupancy, [&](const einsum::AtOccupancy& point) {
    out.key("occupancies");
    out.begin_object();
    for (std::size_t i = 0; i < ranks.size(); ++i)
      out.field(cascade.ranks[ranks[i]].name, point.occupancies[i]);
    out.end_object();
    write_operations(out, point.counts.operations);
    out.field("least_traffic_elements", point.counts.least_traffic_elements);
  });
  if (!analysis.of_occupancy) return;
  const einsum::OfOccupancy& of = *analysis.of_occupancy;
  out.key("of_occupancy");
  out.begin_object();
  out.field("rank", cascade.ranks[of.rank].name);
  out.key("operations");
  out.begin_object();
  for (std::size_t k = 0; k < einsum::kWorkKinds; ++k)
    out.values(einsum::work_name(static_cast<einsum::Work>(k)), of.operations[k]);
  out.end_object();
  out.values("least_traffic_elements", of.least_traffic_elements);
  out.end_object();
}

}  // namespace

std::string analysis_json(const CascadeAnalysis& analysis) {
  const einsum::Cascade& cascade = *analysis.cascade;
  Writer out;
  out.begin_object();
  out.field("schema", "weft-analysis/1");
  out.field("cascade", cascade.name);
  out.key("ranks");
  out.begin_object();
  for (std::size_t r = 0; r < cascade.ranks.size(); ++r)
    out.field(cascade.ranks[r].name, analysis.extents[r]);
  out.end_object();
  write_passes(out, analysis);
  out.objects("forced_by", analysis.passes.forced, [&](const einsum::ForcedPass& forced) {
    out.field("rank", cascade.ranks[forced.rank].name);
    out.field("pass", forced.pass);
    out.field("einsum", cascade.tensors[cascade.einsums[forced.einsum].outputs[0].tensor].name);
    out.field("tensor", cascade.tensors[forced.tensor].name);
  });
  write_operations(out, analysis.operations);
  out.key("footprint");
  out.begin_array();
  for (const einsum::Footprint& held : analysis.footprint.tensors) {
    if (cascade.tensors[held.tensor].role != einsum::TensorRole::intermediate) continue;
    out.begin_object();
    out.field("tensor", cascade.tensors[held.tensor].name);
    out.field("live_elements", held.live_elements);
    out.end_object();
  }
  out.end_array();
  out.key("footprint_loops");
  out.begin_array();
  for (const einsum::RankId rank : analysis.footprint.order) out.value(cascade.ranks[rank].name);
  out.end_array();
  out.field("footprint_total_elements", analysis.footprint.total_elements);
  out.field("least_traffic_elements", analysis.least_traffic_elements);
  write_occupancies(out, analysis);
  out.end_object();
  return out.take();
}

}  // namespace weft::engine
