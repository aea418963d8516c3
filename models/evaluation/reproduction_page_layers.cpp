// What lies beside attention: linear layers, whole models, the sweep over sides; and the cells of
// all tables.
#include <fmt/format.h>

#include <array>

#include "models/evaluation/reproduction_page.hpp"

namespace weft::evaluation {

namespace {

constexpr std::array<const char*, 3> kFidelities{"rules", "analytic", "systemc"};

}  // namespace

std::string length_text(std::int64_t length) {
  return length < (1 << 20) ? fmt::format("{}K", length >> 10) : fmt::format("{}M", length >> 20);
}
std::string difference(double ours, double published) {
  return fmt::format("{:+.2f} %", 100 * (ours / published - 1));
}
std::string figure(const std::optional<double>& value) {
  return value ? fmt::format("{:.4g}", *value) : "–";
}

std::vector<std::string> fidelities_of(const Reproduction& all) {
  std::vector<std::string> found;
  for (const char* fidelity : kFidelities) {
    if (all.means.contains(fidelity)) found.emplace_back(fidelity);
  }
  return found;
}

std::string header(std::vector<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + cell + " |";
  out += "\n|";
  for (std::size_t i = 0; i < cells.size(); ++i) out += "---|";
  return out + "\n";
}

std::string linear_section(const Reproduction& all) {
  std::string out = "\n## Linear layers: every published value\n\n";
  std::vector<std::string> cells{"arrays of", "model", "tokens", "published latency, s"};
  for (const std::string& fidelity : fidelities_of(all))
    cells.insert(cells.end(), {fidelity, "latency", "bytes", "energy"});
  out += header(cells);
  const bool energy = compares_energy(all.cost_table);
  for (const LinearPoint& point : all.linear) {
    if (point.fidelity != "rules" || !point.published) continue;
    out += fmt::format("| {} | {} | {} | {:.5g} |", design_name(point.config), point.model,
                       length_text(point.length), point.published->latency_s);
    for (const std::string& fidelity : fidelities_of(all)) {
      const auto found =
          std::find_if(all.linear.begin(), all.linear.end(), [&](const LinearPoint& p) {
            return p.fidelity == fidelity && p.config == point.config && p.model == point.model &&
                   p.length == point.length;
          });
      if (!found->feasible) {
        out += " – | – | – | – |";
        continue;
      }
      out += fmt::format(
          " {:.5g} | {} | {} | {} |", found->latency_s,
          difference(found->latency_s, point.published->latency_s),
          difference(found->traffic_bytes, point.published->traffic_bytes),
          energy ? difference(found->energy_pj.at(all.cost_table), point.published->energy_pj)
                 : "–");
    }
    out += "\n";
  }
  if (all.fidelity != "rules") out += "\n" + header({"arrays of", "model", "tokens", "reason"});
  for (const LinearPoint& point : all.linear) {
    if (point.fidelity == all.fidelity && !point.reason.empty())
      out += fmt::format("| {} | {} | {} | {} |\n", design_name(point.config), point.model,
                         length_text(point.length), point.reason);
  }
  return out;
}

// Attention and the six products: a layer, and the whole model.
std::string end_to_end_section(const Reproduction& all) {
  std::string out = fmt::format("\n## End to end, {}: seconds a layer\n\n", all.fidelity);
  out += header({"design", "model", "tokens", "attention", "Q", "K", "V", "Z", "FFN1", "FFN2",
                 "layer", "layers", "model"});
  for (const AttentionPoint& point : all.points) {
    if (point.fidelity != all.fidelity || !point.ok()) continue;
    const Config arrays = arrays_of(point.config);
    for (const LinearPoint& linear : all.linear) {
      if (!linear.feasible || linear.fidelity != point.fidelity || linear.config != arrays ||
          linear.model != point.model || linear.length != point.length)
        continue;
      out += fmt::format("| {} | {} | {} | {:.4g} |", design_name(point.config), point.model,
                         length_text(point.length), point.outcome.latency_s);
      for (const char* product : {"Q", "K", "V", "Z", "FFN1", "FFN2"})
        out += fmt::format(" {:.4g} |", linear.product_s.at(product));
      const double layer = point.outcome.latency_s + linear.latency_s;
      out += fmt::format(" {:.4g} | {} | {:.4g} |\n", layer, all.layers.at(point.model),
                         layer * static_cast<double>(all.layers.at(point.model)));
    }
  }
  return out;
}

std::string pareto_section(const Reproduction& all) {
  std::string out = "\n## Sides of the arrays, 256K tokens\n\n";
  std::vector<std::string> cells{"model", "side", "published area, µm²", "rules",
                                 "published latency, s"};
  for (const std::string& fidelity : fidelities_of(all))
    cells.insert(cells.end(), {fidelity, "difference"});
  out += header(cells);
  for (const ParetoPoint& point : all.pareto) {
    if (point.fidelity != "rules" || !point.published) continue;
    out +=
        fmt::format("| {} | {} | {:.6g} | {} | {:.6g} |", point.model, point.side,
                    point.published->area_um2, figure(point.area_um2), point.published->latency_s);
    for (const std::string& fidelity : fidelities_of(all)) {
      for (const ParetoPoint& other : all.pareto) {
        if (other.fidelity != fidelity || other.model != point.model || other.side != point.side)
          continue;
        out += fmt::format(" {:.6g} | {} |", other.latency_s,
                           difference(other.latency_s, point.published->latency_s));
      }
    }
    out += "\n";
  }
  if (all.fidelity == "rules") return out;
  out +=
      "\nOur sweep has twice the published buffer, since what is fetched is held twice and the "
      "running state is fp32; the area is by the "
      "published rule for half of it. Where the two part by more than 1 %, so small a buffer is "
      "why: a block holds fewer tiles of queries, "
      "so that K and "
      "V "
      "are read more often, and two copies of V do not last from a tile's BQK to its SLNV.\n\n";
  for (const ParetoPoint& point : all.pareto) {
    if (point.fidelity == all.fidelity && !point.reason.empty())
      out += fmt::format("- {} at {}: {}\n", point.model, point.side, point.reason);
  }
  return out;
}

}  // namespace weft::evaluation
