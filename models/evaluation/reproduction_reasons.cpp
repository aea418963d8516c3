// Why a simulated point parts from the published one. Each reason is tried: where a cause can be
// put into numbers, the rules with that cause mended are computed, and how far they then are from
// the simulation is said with it.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "models/evaluation/reproduction.hpp"

namespace weft::evaluation {
namespace {

constexpr double kWorthSaying = 0.01;

std::string percent(double share) { return fmt::format("{:+.1f} %", 100 * share); }
bool differs(double ours, double published) {
  return std::abs(ours / published - 1) > kWorthSaying;
}

double scores(const AttentionPoint& point) {
  return static_cast<double>(kBatch * published_model(point.model).heads) *
         static_cast<double>(point.length) * static_cast<double>(point.length);
}

// Words of Q of all heads.
double operand_words(const AttentionPoint& point) {
  const Model& model = published_model(point.model);
  return static_cast<double>(kBatch * model.heads * model.width) *
         static_cast<double>(point.length);
}

std::string latency_reason(const AttentionPoint& point, const AttentionRules& rules) {
  const Outcome& ours = point.outcome;
  const std::string head =
      "latency " + percent(ours.latency_s / point.published->latency_s - 1) + ": ";
  if (point.config == Config::architecture) {
    // The next tile starts when the 2D array is free of this one; the rules wait for the 1D array's
    // SPNV and RNV, the longer by F.
    const Model& model = published_model(point.model);
    AttentionRules mended = rules;
    mended.mends.real_trip = true;
    const double tiles = scores(point) / static_cast<double>(kSide * kSide);
    const double predicted = evaluate(point.config, model, point.length, mended).latency_s -
                             static_cast<double>(model.width) * tiles / kClockHz;
    return head + fmt::format(
                      "one tile at a time waits for the maximum's real way, {} cycles there and "
                      "back, against {}, and not for SPNV and RNV, "
                      "which run beside the next tile's BQK; with both the rules give {:.4g} s, {} "
                      "from here",
                      2 * kSide, kSide, predicted, percent(ours.latency_s / predicted - 1));
  }
  if (point.config == Config::cascade) {
    // A tile's subtractions, a cycle a score on the 1D array.
    const double saved = scores(point) / static_cast<double>(kSide) / kClockHz;
    const double predicted = point.published->latency_s - saved;
    return head + fmt::format(
                      "exp(a - b) is one operation of the exp unit, as in flat; the rules charge a "
                      "cycle for the subtraction too; without "
                      "it they give {:.4g} s, {} from here",
                      predicted, percent(ours.latency_s / predicted - 1));
  }
  const double bytes = ours.traffic_bytes / point.published->traffic_bytes;
  if (point.config == Config::flat)
    return head +
           fmt::format(
               "memory decides, and the mapper's mapping moves {:.3f} of the published bytes",
               bytes);
  return head + fmt::format("{:.3f} of the published bytes; {}", bytes, ours.bound_by);
}

std::string traffic_reason(const AttentionPoint& point) {
  const Outcome& ours = point.outcome;
  const std::string head =
      "bytes " + percent(ours.traffic_bytes / point.published->traffic_bytes - 1) + ": ";
  if (point.config == Config::flat || point.config == Config::unfused)
    return head + "the mapper found " + ours.mapping;
  const double reads =
      (point.published->traffic_bytes / static_cast<double>(kWordBytes) / operand_words(point) -
       2) /
      2;
  if (static_cast<double>(ours.query_blocks) < reads)
    return head + fmt::format(
                      "the rules tile for half of the buffer there is, and in it hold a tile of QK "
                      "and of SLN for every query of a block: K and V "
                      "are read {} times, {:.0f} times there",
                      ours.query_blocks, reads);
  return head + fmt::format(
                    "two copies of what is fetched, and the running state in fp32: K and V are "
                    "read {} times, {:.0f} times there",
                    ours.query_blocks, reads);
}

std::string use_reason(const AttentionPoint& point) {
  const Outcome& ours = point.outcome;
  const PublishedAttention& published = *point.published;
  std::string out;
  if (differs(ours.utilisation_2d, published.utilisation_2d)) {
    out += fmt::format("2D busy {:.3f} against {:.3f}: ", ours.utilisation_2d,
                       published.utilisation_2d);
    if (point.config == Config::architecture) {
      out += "as the latency";
    } else {
      const char* product = point.config == Config::cascade ? "SLNV" : "AV";
      out += fmt::format(
          "a slot counts as used when the array is, rows that {} leaves empty and the reading of "
          "outputs too; the MACs alone use {:.3f}",
          product, ours.useful_macs);
      if (differs(ours.useful_macs, published.utilisation_2d))
        out += ", and that differs as the latency";
    }
  }
  if (differs(ours.utilisation_1d, published.utilisation_1d)) {
    out += (out.empty() ? "" : "; ") + fmt::format("1D busy {:.3f} against {:.3f}: as the latency",
                                                   ours.utilisation_1d, published.utilisation_1d);
  }
  return out;
}

// What passes the buffer here and not by the rules, or the other way round.
const char* buffer_cause(Config config) {
  switch (config) {
    case Config::unfused:
      return "QK and A pass it on their way to and from DRAM, and the sum reads SN; the rules let "
             "them bypass it, and charge sums of AV "
             "that stay in the elements here";
    case Config::flat:
      return "the sum reads SN, which the rules leave out, and Q, K and V pass it, which bypass it "
             "there unless they are held";
    case Config::cascade:
      return "scores are fp32, two words, and read by LM and by SLN, SLN is read twice, and SLNV "
             "and RNV are fp32; the rules have words of "
             "16 bits, read once";
    default: return "the running state is fp32, two words, and each fill from DRAM is a write";
  }
}

// The parts of the energy that make most of the difference, in shares of the published total.
std::string energy_reason(const AttentionPoint& point, const AttentionPoint& rules,
                          const std::string& table) {
  const EnergyParts& ours = point.outcome.energy.at(table);
  const EnergyParts& theirs = rules.outcome.energy.at(table);
  const double total = theirs.total();
  struct Part {
    const char* name;
    double difference;
    const char* why;
  };
  const std::array<Part, 5> parts{{
      {"MACs", ours.macs - theirs.macs,
       "multiplications that are no MACs here, or MACs that are multiplications and additions "
       "there"},
      {"other operations", ours.operations - theirs.operations,
       point.config == Config::cascade ? "exp is charged, which the rules leave out"
                                       : "each operation of every Einsum is charged"},
      {"DRAM", ours.dram - theirs.dram, "as the bytes"},
      {"buffer", ours.buffer - theirs.buffer, buffer_cause(point.config)},
      {"registers", ours.registers - theirs.registers,
       "one element of all is charged in both, the file between the arrays there only"},
  }};
  std::string out = "energy " + percent(ours.total() / point.published->energy_pj - 1) + ":";
  for (const Part& part : parts) {
    if (std::abs(part.difference) > 0.004 * total)
      out += fmt::format(" {} {} ({});", part.name, percent(part.difference / total), part.why);
  }
  out.pop_back();
  return out;
}

}  // namespace

std::string reason_of(const AttentionPoint& point, const AttentionPoint* rules,
                      const AttentionRules& published_rules, const std::string& table) {
  const Outcome& ours = point.outcome;
  const PublishedAttention& published = *point.published;
  std::vector<std::string> reasons;
  if (differs(ours.latency_s, published.latency_s))
    reasons.push_back(latency_reason(point, published_rules));
  if (differs(ours.traffic_bytes, published.traffic_bytes))
    reasons.push_back(traffic_reason(point));
  if (std::string use = use_reason(point); !use.empty()) reasons.push_back(std::move(use));
  if (rules != nullptr && compares_energy(table) &&
      differs(ours.energy.at(table).total(), published.energy_pj))
    reasons.push_back(energy_reason(point, *rules, table));
  std::string all;
  for (const std::string& reason : reasons) all += (all.empty() ? "" : ". ") + reason;
  return all;
}

std::string reason_of(const LinearPoint& point, const std::string& table) {
  const PublishedLinear& published = *point.published;
  std::vector<std::string> reasons;
  const auto add = [&](const char* what, double ours, double theirs, const std::string& why) {
    if (differs(ours, theirs))
      reasons.push_back(fmt::format("{} {}: {}", what, percent(ours / theirs - 1), why));
  };
  std::string mappings;
  for (const auto& [product, words] : point.mapping)
    mappings += fmt::format("{}{} as {}", mappings.empty() ? "" : "; ", product, words);
  add("latency", point.latency_s, published.latency_s,
      "weights take 256 cycles a block to enter the array, or outputs 256 to leave it; the rules "
      "charge neither");
  add("bytes", point.traffic_bytes, published.traffic_bytes, "other blocks: " + mappings);
  if (compares_energy(table))
    add("energy", point.energy_pj.at(table), published.energy_pj,
        "fp32 sums of a product that is cut along its depth pass the buffer, and results do too");
  std::string all;
  for (const std::string& reason : reasons) all += (all.empty() ? "" : ". ") + reason;
  return all;
}

}  // namespace weft::evaluation
