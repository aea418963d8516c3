// The data of figures 6 to 12 of the FuseMax paper, one file a figure: what
// scripts/plot/reproduction.py draws.
#include <fmt/format.h>

#include "models/common/fields.hpp"
#include "models/evaluation/reproduction.hpp"

namespace weft::evaluation {
namespace {

std::string number(double value) { return config::number_text(value); }

std::string key(Config config, const std::string& model, std::int64_t length,
                const std::string& fidelity) {
  return fmt::format("{},{},{},{}", design_name(config), workload_name(model), length, fidelity);
}

constexpr const char* kKey = "design,workload,seq,fidelity";

std::string utilisation_csv(const Reproduction& all) {
  std::string out = fmt::format("{},utilisation_2d,utilisation_1d,useful_macs\n", kKey);
  for (const AttentionPoint& p : all.points) {
    if (!p.ok()) continue;
    const auto row = [&](const std::string& fidelity, double busy_2d, double busy_1d,
                         double useful) {
      out += fmt::format("{},{},{},{}\n", key(p.config, p.model, p.length, fidelity),
                         number(busy_2d), number(busy_1d), number(useful));
    };
    row(p.fidelity, p.outcome.utilisation_2d, p.outcome.utilisation_1d, p.outcome.useful_macs);
    if (p.fidelity == "rules" && p.published)
      row("published", p.published->utilisation_2d, p.published->utilisation_1d,
          p.published->useful_macs);
  }
  return out;
}

// Einsums of the one-pass cascade by the names that the three-pass one has too.
std::string plain_name(const std::string& einsum) { return einsum == "BQK" ? "QK" : einsum; }

std::string einsum_csv(const Reproduction& all) {
  std::string out = fmt::format("{},einsum,share_2d\n", kKey);
  const auto row = [&](const AttentionPoint& p, const std::string& fidelity,
                       const std::string& einsum, double share) {
    out += fmt::format("{},{},{}\n", key(p.config, p.model, p.length, fidelity), einsum,
                       number(share));
  };
  for (const AttentionPoint& p : all.points) {
    for (const auto& [einsum, share] : p.outcome.einsum_share)
      row(p, p.fidelity, plain_name(einsum), share);
    if (p.fidelity != "rules" || !p.published) continue;
    const EinsumUse& use = p.published->einsums;
    const std::pair<const char*, const std::optional<double>*> cells[] = {
        {"QK", &use.qk},   {"LM", &use.lm},     {"SLN", &use.sln},
        {"SLD", &use.sld}, {"SLNV", &use.slnv}, {"AV", &use.av}};
    for (const auto& [einsum, share] : cells) {
      if (*share) row(p, "published", einsum, **share);
    }
  }
  return out;
}

// Latency and energy of a point as published, simulated or by the rules; 0 where there is none.
struct Costs {
  double latency_s = 0;
  double energy_pj = 0;
};

Costs attention_costs(const Reproduction& all, Config config, const AttentionPoint& like,
                      bool published) {
  for (const AttentionPoint& p : all.points) {
    if (p.config != config || p.model != like.model || p.length != like.length ||
        p.fidelity != like.fidelity)
      continue;
    if (!published && !p.ok()) return {};
    if (!published) return {p.outcome.latency_s, p.outcome.energy.at(all.cost_table).total()};
    if (p.published) return {p.published->latency_s, p.published->energy_pj};
  }
  return {};
}

Costs linear_costs(const Reproduction& all, Config config, const AttentionPoint& like,
                   bool published) {
  const Config arrays = arrays_of(config);
  for (const LinearPoint& p : all.linear) {
    if (p.config != arrays || p.model != like.model || p.length != like.length ||
        p.fidelity != like.fidelity)
      continue;
    if (!published && !p.feasible) return {};
    if (!published) return {p.latency_s, p.energy_pj.at(all.cost_table)};
    if (p.published) return {p.published->latency_s, p.published->energy_pj};
  }
  return {};
}

// Speedup over, or energy to, the unfused baseline; of attention, or with the linear layers.
std::string ratio_csv(const Reproduction& all, bool energy, bool end_to_end) {
  std::string out = fmt::format("{},{}\n", kKey, energy ? "energy_ratio" : "speedup");
  const auto row = [&](const AttentionPoint& p, bool published) {
    const auto costs = [&](Config config) {
      const Costs attention = attention_costs(all, config, p, published);
      if (!end_to_end) return attention;
      const Costs linear = linear_costs(all, config, p, published);
      if (linear.latency_s <= 0 || attention.latency_s <= 0) return Costs{};
      return Costs{attention.latency_s + linear.latency_s, attention.energy_pj + linear.energy_pj};
    };
    const Costs own = costs(p.config);
    const Costs base = costs(Config::unfused);
    if (own.latency_s <= 0 || base.latency_s <= 0) return;
    const double ratio = energy ? own.energy_pj / base.energy_pj : base.latency_s / own.latency_s;
    out += fmt::format("{},{}\n",
                       key(p.config, p.model, p.length, published ? "published" : p.fidelity),
                       number(ratio));
  };
  for (const AttentionPoint& p : all.points) {
    row(p, false);
    if (p.fidelity == "rules" && p.published) row(p, true);
  }
  return out;
}

std::string pareto_csv(const Reproduction& all) {
  std::string out = "fidelity,workload,array_side,latency_s,area_um2\n";
  for (const ParetoPoint& p : all.pareto) {
    if (!p.area_um2) continue;
    const auto row = [&](const std::string& fidelity, double latency_s,
                         std::optional<double> area_um2) {
      out += fmt::format("{},{},{},{},{}\n", fidelity, workload_name(p.model), p.side,
                         number(latency_s), number(*area_um2));
    };
    row(p.fidelity, p.latency_s, p.area_um2);
    if (p.fidelity == "rules" && p.published)
      row("published", p.published->latency_s, p.published->area_um2);
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> figure_csvs(const Reproduction& all) {
  return {{"figure-06-utilisation.csv", utilisation_csv(all)},
          {"figure-07-einsums.csv", einsum_csv(all)},
          {"figure-08-attention-speedup.csv", ratio_csv(all, false, false)},
          {"figure-09-attention-energy.csv", ratio_csv(all, true, false)},
          {"figure-10-end-to-end-speedup.csv", ratio_csv(all, false, true)},
          {"figure-11-end-to-end-energy.csv", ratio_csv(all, true, true)},
          {"figure-12-pareto.csv", pareto_csv(all)}};
}

}  // namespace weft::evaluation
