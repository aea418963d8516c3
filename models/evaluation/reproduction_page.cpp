#include "models/evaluation/reproduction_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weft::evaluation {
namespace {

std::string means_section(const Reproduction& all) {
  std::string out =
      "## Headline means\n\nArithmetic means over four models and six lengths, FuseMax against "
      "each.\n\n";
  std::vector<std::string> cells{"mean", "published"};
  for (const std::string& fidelity : fidelities_of(all)) {
    for (const std::string& table : all.tables) cells.push_back(fidelity + ", " + table);
  }
  out += header(cells);
  for (const NamedMean& mean : kMeans) {
    out += fmt::format("| {} | {} |", mean.name,
                       mean.published > 0 ? fmt::format("{:.4g}", mean.published) : "–");
    for (const std::string& fidelity : fidelities_of(all)) {
      for (const std::string& table : all.tables)
        out += " " + figure(all.means.at(fidelity).at(table).*mean.member) + " |";
    }
    out += "\n";
  }
  return out;
}

// What another table changes, in two sentences made of its figures.
std::string table_sentences(const Reproduction& all) {
  if (all.tables.size() < 2) return "";
  const Means& first = all.means.at(all.fidelity).at(all.tables[0]);
  const Means& second = all.means.at(all.fidelity).at(all.tables[1]);
  double share[2] = {0, 0};
  for (const AttentionPoint& point : all.points) {
    if (point.fidelity != all.fidelity || point.config != Config::binding || point.length != 4096 ||
        point.model != "BERT")
      continue;
    for (std::size_t t = 0; t < 2; ++t)
      share[t] = point.outcome.energy.at(all.tables[t]).macs /
                 point.outcome.energy.at(all.tables[t]).total();
  }
  return fmt::format(
      "\nBy `{}` FuseMax takes {} of FLAT's and {} of the unfused baseline's energy in attention, "
      "by `{}` {} and {} ({}). MACs are {:.0f} "
      "% of "
      "FuseMax's energy by the one and {:.0f} % by the other (BERT, 4K): the smaller their share, "
      "the more counts what FuseMax saves, data "
      "kept out "
      "of buffer and DRAM, and the less what it adds, six MACCs for an exp.\n",
      all.tables[0], figure(first.energy_to_flat), figure(first.energy_to_unfused), all.tables[1],
      figure(second.energy_to_flat), figure(second.energy_to_unfused), all.fidelity, 100 * share[0],
      100 * share[1]);
}

std::string mended_section(const Reproduction& all) {
  std::string out =
      "\n## The rules with their oddities mended\n\nOne at a time, and together; latency means "
      "move only where a mend moves latency.\n\n";
  std::vector<std::string> cells{"mended"};
  for (const NamedMean& mean : kMeans) cells.emplace_back(mean.name);
  out += header(cells);
  const auto row = [&](const std::string& name, const Means& means) {
    out += "| " + name + " |";
    for (const NamedMean& mean : kMeans) out += " " + figure(means.*mean.member) + " |";
    out += "\n";
  };
  row("nothing", all.means.at("rules").at(all.tables[0]));
  for (const MendedMeans& mended : all.mended)
    row(mended.name + ": " + mended.description, mended.means);
  return out;
}

struct Quantity {
  const char* title;
  double (*ours)(const AttentionPoint&, const std::string& table);
  double PublishedAttention::*published;
};
const std::array<Quantity, 6> kQuantities{{
    {"Latency, s", [](const AttentionPoint& p, const std::string&) { return p.outcome.latency_s; },
     &PublishedAttention::latency_s},
    {"DRAM bytes",
     [](const AttentionPoint& p, const std::string&) { return p.outcome.traffic_bytes; },
     &PublishedAttention::traffic_bytes},
    {"Energy, pJ",
     [](const AttentionPoint& p, const std::string& table) {
       return p.outcome.energy.at(table).total();
     },
     &PublishedAttention::energy_pj},
    {"Busy share of the 2D array",
     [](const AttentionPoint& p, const std::string&) { return p.outcome.utilisation_2d; },
     &PublishedAttention::utilisation_2d},
    {"Useful MACs of the 2D array, share of its slots",
     [](const AttentionPoint& p, const std::string&) { return p.outcome.useful_macs; },
     &PublishedAttention::useful_macs},
    {"Busy share of the 1D array",
     [](const AttentionPoint& p, const std::string&) { return p.outcome.utilisation_1d; },
     &PublishedAttention::utilisation_1d},
}};

const AttentionPoint* same_point(const Reproduction& all, const AttentionPoint& like,
                                 const std::string& fidelity) {
  for (const AttentionPoint& p : all.points) {
    if (p.fidelity == fidelity && p.config == like.config && p.model == like.model &&
        p.length == like.length)
      return p.ok() ? &p : nullptr;
  }
  return nullptr;
}

std::string attention_section(const Reproduction& all) {
  std::string out = "\n## Attention: every published value\n";
  const std::vector<std::string> fidelities = fidelities_of(all);
  for (const Quantity& quantity : kQuantities) {
    if (quantity.published == &PublishedAttention::energy_pj && !compares_energy(all.cost_table)) {
      out += fmt::format(
          "\n### Energy\n\nPublished energies are by `{}` and are not compared with those by "
          "`{}`.\n",
          kPublishedTable, all.cost_table);
      continue;
    }
    out += fmt::format("\n### {}\n\n", quantity.title);
    std::vector<std::string> cells{"design", "model", "tokens", "published"};
    for (const std::string& fidelity : fidelities)
      cells.insert(cells.end(), {fidelity, "difference"});
    out += header(cells);
    for (const AttentionPoint& point : all.points) {
      if (point.fidelity != "rules" || !point.published) continue;
      const double published = (*point.published).*quantity.published;
      out += fmt::format("| {} | {} | {} | {:.5g} |", design_name(point.config), point.model,
                         length_text(point.length), published);
      for (const std::string& fidelity : fidelities) {
        const AttentionPoint* other = same_point(all, point, fidelity);
        if (other == nullptr) {
          out += " – | – |";
          continue;
        }
        const double ours = quantity.ours(*other, all.cost_table);
        out += fmt::format(" {:.5g} | {} |", ours, difference(ours, published));
      }
      out += "\n";
    }
  }
  return out;
}

std::string reasons_section(const Reproduction& all) {
  std::string out = fmt::format(
      "\n## Why, where a figure is more than 1 % from the published one ({})\n\n", all.fidelity);
  if (all.fidelity == "rules")
    return out + "No figure of the rules is, with the table they are published by.\n";
  out += header({"design", "model", "tokens", "reason"});
  for (const AttentionPoint& point : all.points) {
    if (point.fidelity != all.fidelity || point.reason.empty()) continue;
    out += fmt::format("| {} | {} | {} | {} |\n", design_name(point.config), point.model,
                       length_text(point.length), point.reason);
  }
  return out;
}

std::string points_section(const Reproduction& all) {
  std::string out = fmt::format(
      "\n## All points, {}\n\nLatency in seconds and what binds it; `–`: none is published.\n\n",
      all.fidelity);
  const bool both = all.fidelity == "systemc";
  std::vector<std::string> cells{"design", "model", "tokens", "published", all.fidelity};
  if (both) cells.insert(cells.end(), {"analytic", "analytic to systemc"});
  cells.emplace_back("bound by");
  out += header(cells);
  for (const AttentionPoint& point : all.points) {
    if (point.fidelity != all.fidelity) continue;
    if (!point.ok()) {
      out += fmt::format("| {} | {} | {} | infeasible: {} |\n", design_name(point.config),
                         point.model, length_text(point.length), point.outcome.bound_by);
      continue;
    }
    out += fmt::format("| {} | {} | {} | {} | {:.6g} |", design_name(point.config), point.model,
                       length_text(point.length),
                       point.published ? fmt::format("{:.6g}", point.published->latency_s) : "–",
                       point.outcome.latency_s);
    if (both) {
      const double closed = same_point(all, point, "analytic")->outcome.latency_s;
      out += fmt::format(" {:.6g} | {} |", closed, difference(closed, point.outcome.latency_s));
    }
    out += " " + point.outcome.bound_by + " |\n";
  }
  if (both)
    out +=
        "\nThe closed form is the largest of each unit's work and one tile's path, once. What it "
        "leaves out is waiting: of a tile's "
        "critical "
        "step behind another tile's on the same array (fusemax-cascade, where the 1D array has ten "
        "steps a tile), of flat's and unfused's "
        "memory "
        "for stores behind loads, and between heads of few tiles. docs/units/analytic.md has the "
        "bounds.\n";
  return out;
}

// The designs by latency, quickest first.
std::string order_of(const Reproduction& all, const AttentionPoint& like,
                     const std::string& fidelity) {
  std::vector<std::pair<double, Config>> found;
  for (const AttentionPoint& p : all.points) {
    if (p.fidelity == fidelity && p.ok() && p.model == like.model && p.length == like.length)
      found.emplace_back(p.outcome.latency_s, p.config);
  }
  std::sort(found.begin(), found.end());
  std::string out;
  for (const auto& [latency, config] : found)
    out += (out.empty() ? "" : ", ") + std::string(design_name(config));
  return out;
}

std::string order_section(const Reproduction& all) {
  std::string out = fmt::format("\n## Order of the designs, {}\n\n", all.fidelity);
  std::map<std::string, std::string> moved;  // by how it reads, where
  int same = 0;
  int same_closed = 0;
  for (const AttentionPoint& point : all.points) {
    if (point.fidelity != all.fidelity || point.config != Config::binding) continue;
    const std::string ours = order_of(all, point, all.fidelity);
    const std::string theirs = order_of(all, point, "rules");
    same_closed += ours == order_of(all, point, "analytic") ? 1 : 0;
    if (ours == theirs) {
      ++same;
    } else {
      std::string& where = moved["by the rules " + theirs + "; here " + ours];
      where += (where.empty() ? "" : ", ") + point.model + " " + length_text(point.length);
    }
  }
  const std::size_t pairs = kPublishedModels.size() * kPublishedLengths.size();
  out += fmt::format("Quickest first, as by the rules at {} of {} pairs of model and length", same,
                     pairs);
  out += all.fidelity == "systemc"
             ? fmt::format(", and as in the closed form at {}.\n", same_closed)
             : ".\n";
  if (!moved.empty())
    out +=
        "fusemax-cascade and flat change places: the subtraction before an exp costs a cycle there "
        "and none here, and at 64K our flat is "
        "slower than the published mapping.\n";
  for (const auto& [how, where] : moved) out += fmt::format("\n- {}: {}", where, how);
  return out + (moved.empty() ? "" : "\n");
}

// Where our FLAT is worse than the rules' with the published mapping, at every pair, and what the
// better of both would make of the mean.
std::string flat_section(const Reproduction& all) {
  if (all.fidelity == "rules") return "";
  std::string out = "\n## FLAT, mapped by us and by the published mappings, at every pair\n\n";
  double speedups = 0;
  int pairs = 0;
  std::string worse;
  for (const AttentionPoint& ours : all.points) {
    if (ours.fidelity != all.fidelity || ours.config != Config::flat || !ours.ok()) continue;
    const AttentionPoint* theirs = same_point(all, ours, "rules");
    AttentionPoint like = ours;
    like.config = Config::binding;
    const AttentionPoint* fusemax = same_point(all, like, all.fidelity);
    if (theirs == nullptr || fusemax == nullptr) continue;
    speedups +=
        std::min(ours.outcome.latency_s, theirs->outcome.latency_s) / fusemax->outcome.latency_s;
    ++pairs;
    const double latency = ours.outcome.latency_s / theirs->outcome.latency_s;
    const double bytes = ours.outcome.traffic_bytes / theirs->outcome.traffic_bytes;
    if (latency > 1.01 || bytes > 1.01)
      worse += fmt::format("- {} {}: latency {:+.1f} %, {:.2f} times the bytes\n", ours.model,
                           length_text(ours.length), 100 * (latency - 1), bytes);
  }
  out += worse.empty() ? "Ours is nowhere slower by more than 1 % and moves no more.\n"
                       : "Ours is worse here: the published mapping holds a row of scores that is "
                         "as large as the buffer, spills the rest, "
                         "and writes SN over QK, "
                         "which a binding cannot say:\n\n" +
                             worse;
  return out + fmt::format(
                   "\nWith the better of both at each of {} pairs, the mean speedup over FLAT is "
                   "{:.3f}.\n",
                   pairs, speedups / std::max(1, pairs));
}

std::string not_evaluated_section(const Reproduction& all) {
  if (all.not_evaluated.empty()) return "";
  std::string out =
      "\n## Published, not evaluated\n\nRows of configs/published/ for which there is no point "
      "here.\n\n";
  for (const std::string& row : all.not_evaluated) out += "- " + row + "\n";
  return out;
}

}  // namespace

std::string validation_page(const Reproduction& all) {
  std::string out = fmt::format(
      "# FuseMax's evaluation, reproduced\n\nWritten by `weft reproduce fusemax --fidelity {}`; "
      "energy by `{}`. Published: FuseMax (MICRO "
      "2024, arXiv "
      "2406.10491v3) and its evaluation artifact, from configs/published/, to which rows can be "
      "added. `rules` are the artifact's formulas "
      "as they stand "
      "(docs/units/rules.md); the other fidelities are our own, on our own mappings.\n\n",
      all.fidelity, all.cost_table);
  return out + means_section(all) + table_sentences(all) + mended_section(all) +
         attention_section(all) + reasons_section(all) + order_section(all) + flat_section(all) +
         linear_section(all) + end_to_end_section(all) + pareto_section(all) + points_section(all) +
         not_evaluated_section(all);
}

}  // namespace weft::evaluation
