// weft-reproduction/1.
#include "models/common/json.hpp"
#include "models/evaluation/reproduction.hpp"

namespace weft::evaluation {
namespace {

using json::Writer;

void optional_field(Writer& out, const char* name, const std::string& text) {
  if (text.empty()) return out.null_field(name);
  out.field(name, text);
}

void write_published(Writer& out, const std::optional<PublishedAttention>& published) {
  out.key("published");
  if (!published) return out.null();
  out.begin_object();
  out.field("latency_s", published->latency_s);
  out.field("traffic_bytes", published->traffic_bytes);
  out.field("energy_pj", published->energy_pj);
  out.field("utilisation_2d", published->utilisation_2d);
  out.field("useful_macs", published->useful_macs);
  out.field("utilisation_1d", published->utilisation_1d);
  out.end_object();
}

void write_energy(Writer& out, const EnergyParts& parts) {
  out.begin_object();
  out.field("macs", parts.macs);
  out.field("operations", parts.operations);
  out.field("dram", parts.dram);
  out.field("buffer", parts.buffer);
  out.field("registers", parts.registers);
  out.end_object();
}

void write_point(Writer& out, const AttentionPoint& point, const std::string& table) {
  const Outcome& outcome = point.outcome;
  out.begin_object();
  out.field("design", design_name(point.config));
  out.field("workload", workload_name(point.model));
  out.field("seq", point.length);
  out.field("fidelity", point.fidelity);
  out.field("status", outcome.status);
  const auto figure = [&](const char* name, double value) {
    point.ok() ? out.field(name, value) : out.null_field(name);
  };
  figure("latency_s", outcome.latency_s);
  figure("traffic_bytes", outcome.traffic_bytes);
  figure("energy_pj", outcome.energy.at(table).total());
  figure("utilisation_2d", outcome.utilisation_2d);
  figure("useful_macs", outcome.useful_macs);
  figure("utilisation_1d", outcome.utilisation_1d);
  optional_field(out, "bound_by", outcome.bound_by);
  optional_field(out, "waits", outcome.waits);
  optional_field(out, "mapping", outcome.mapping);
  out.key("energy_parts_pj");
  out.begin_object();
  for (const auto& [name, parts] : outcome.energy) {
    out.key(name);
    write_energy(out, parts);
  }
  out.end_object();
  out.key("einsum_share_2d");
  out.begin_object();
  for (const auto& [name, share] : outcome.einsum_share) out.field(name, share);
  out.end_object();
  write_published(out, point.published);
  optional_field(out, "reason", point.reason);
  out.end_object();
}

void write_linear(Writer& out, const LinearPoint& point, const std::string& table) {
  out.begin_object();
  out.field("design", design_name(point.config));
  out.field("workload", workload_name(point.model));
  out.field("seq", point.length);
  out.field("fidelity", point.fidelity);
  const auto figure = [&](const char* name, double value) {
    point.feasible ? out.field(name, value) : out.null_field(name);
  };
  figure("latency_s", point.latency_s);
  figure("traffic_bytes", point.traffic_bytes);
  figure("energy_pj", point.energy_pj.at(table));
  out.key("product_latency_s");
  out.begin_object();
  for (const auto& [name, seconds] : point.product_s) out.field(name, seconds);
  out.end_object();
  out.key("mapping");
  out.begin_object();
  for (const auto& [name, words] : point.mapping) out.field(name, words);
  out.end_object();
  out.key("published");
  if (point.published) {
    out.begin_object();
    out.field("latency_s", point.published->latency_s);
    out.field("traffic_bytes", point.published->traffic_bytes);
    out.field("energy_pj", point.published->energy_pj);
    out.end_object();
  } else {
    out.null();
  }
  optional_field(out, "reason", point.reason);
  out.end_object();
}

void write_pareto(Writer& out, const ParetoPoint& point) {
  out.begin_object();
  out.field("workload", workload_name(point.model));
  out.field("array_side", point.side);
  out.field("fidelity", point.fidelity);
  out.field("latency_s", point.latency_s);
  if (point.area_um2) {
    out.field("area_um2", *point.area_um2);
  } else {
    out.null_field("area_um2");
  }
  optional_field(out, "bound_by", point.bound_by);
  optional_field(out, "waits", point.waits);
  out.end_object();
}

void write_means(Writer& out, const Means& means) {
  for (const NamedMean& mean : kMeans) {
    if (means.*mean.member) {
      out.field(mean.name, *(means.*mean.member));
    } else {
      out.null_field(mean.name);
    }
  }
}

void write_all_means(Writer& out, const Reproduction& all) {
  out.key("means");
  out.begin_object();
  write_means(out, all.headline());
  out.end_object();
  out.key("means_by_fidelity");
  out.begin_object();
  for (const auto& [fidelity, tables] : all.means) {
    out.key(fidelity);
    out.begin_object();
    for (const auto& [table, means] : tables) {
      out.key(table);
      out.begin_object();
      write_means(out, means);
      out.end_object();
    }
    out.end_object();
  }
  out.end_object();
  out.objects("mended", all.mended, [&](const MendedMeans& mended) {
    out.field("mend", mended.name);
    out.field("description", mended.description);
    write_means(out, mended.means);
  });
}

}  // namespace

std::string reproduction_json(const Reproduction& all) {
  Writer out;
  out.begin_object();
  out.field("schema", "weft-reproduction/1");
  out.field("fidelity", all.fidelity);
  out.field("cost_table", all.cost_table);
  out.key("points");
  out.begin_array();
  for (const AttentionPoint& point : all.points) write_point(out, point, all.cost_table);
  out.end_array();
  out.key("linear");
  out.begin_array();
  for (const LinearPoint& point : all.linear) write_linear(out, point, all.cost_table);
  out.end_array();
  out.key("pareto");
  out.begin_array();
  for (const ParetoPoint& point : all.pareto) write_pareto(out, point);
  out.end_array();
  write_all_means(out, all);
  out.end_object();
  return out.take();
}

}  // namespace weft::evaluation
