#include "models/evaluation/spatten/evaluation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "models/evaluation/spatten/benchmarks.hpp"

namespace weft::evaluation::spatten {
namespace {

bool belongs(const std::string& benchmark, const std::string& which) {
  return which == "all" || generates(benchmark) == (which == "gpt2");
}

std::optional<double> ratio(double above, double below) {
  if (above <= 0 || below <= 0) return std::nullopt;
  return above / below;
}

// Published speedups of the ablation, each over the step before: HPCA 2021, GPT-2.
constexpr std::array<double, 4> kPublishedAblation{22.1, 1.1, 3, 2.8};

// Bits of a baseline's operands, of its bytes of K and V.
constexpr std::array<std::pair<const char*, double>, 8> kBaselines{{{"titan-xp", 32},
                                                                    {"xeon-e5-2640", 32},
                                                                    {"h100", 16},
                                                                    {"h200", 16},
                                                                    {"a3", 9},
                                                                    {"mnnfast", 32},
                                                                    {"fusemax-32x32", 16},
                                                                    {"flat-32x32", 16}}};

}  // namespace

const Kept* Evaluation::point(const std::string& design, const std::string& benchmark) const {
  for (const RunKept& one : runs) {
    if (one.run.part == Part::point && one.run.design == design && one.run.workload == benchmark &&
        one.kept.ok())
      return &one.kept;
  }
  return nullptr;
}

Mean mean_over(const std::string& which, const Of& of) {
  Mean mean;
  double logarithms = 0;
  for (const std::string& benchmark : benchmarks()) {
    if (!belongs(benchmark, which)) continue;
    const std::optional<double> value = of(benchmark);
    if (!value) continue;
    mean.arithmetic += *value;
    logarithms += std::log(*value);
    ++mean.count;
  }
  if (mean.count == 0) return mean;
  mean.arithmetic /= static_cast<double>(mean.count);
  mean.geometric = std::exp(logarithms / static_cast<double>(mean.count));
  return mean;
}

std::vector<AblationStep> ablation_of(const Evaluation& all) {
  std::vector<AblationStep> steps;
  const Kept* titan = all.point("titan-xp", kOwnBenchmark);
  double before = titan != nullptr ? titan->seconds : 0;
  for (const RunKept& one : all.runs) {
    if (one.run.part != Part::ablation || !one.kept.ok() || titan == nullptr) continue;
    AblationStep step;
    step.label = one.run.label;
    step.seconds = one.kept.seconds;
    step.factor = before / step.seconds;
    step.over_titan = titan->seconds / step.seconds;
    step.published = kPublishedAblation[std::min<std::size_t>(steps.size(), 3)];
    step.bound_by = one.kept.bound_by;
    before = step.seconds;
    steps.push_back(step);
  }
  return steps;
}

std::vector<Comparison> comparisons_of(const Evaluation& all) {
  std::vector<Comparison> rows;
  for (const auto& [design, bits] : kBaselines) {
    for (const char* which : {"all", "bert", "gpt2"}) {
      Comparison row{
          .design = design, .over = which, .bits = bits, .speedup = {}, .energy = {}, .dram = {}};
      const auto over = [&, name = std::string(design)](double Kept::*figure) {
        return mean_over(which, [&](const std::string& benchmark) -> std::optional<double> {
          const Kept* mine = all.point("spatten", benchmark);
          const Kept* theirs = all.point(name, benchmark);
          if (mine == nullptr || theirs == nullptr) return std::nullopt;
          return ratio(theirs->*figure, mine->*figure);
        });
      };
      row.speedup = over(&Kept::seconds);
      row.energy = over(&Kept::joules);
      row.dram = over(&Kept::dram_bytes);
      rows.push_back(row);
    }
  }
  return rows;
}

Mean saving_of(const Evaluation& all, Technique technique, const std::string& which) {
  const auto at = static_cast<std::size_t>(technique);
  return mean_over(which, [&](const std::string& benchmark) -> std::optional<double> {
    const Kept* mine = all.point("spatten", benchmark);
    if (mine == nullptr || at == 0) return std::nullopt;
    return ratio(mine->breakdown[at - 1], mine->breakdown[at]);
  });
}

double power_of(const Evaluation& all, const std::string& part) {
  return mean_over("all",
                   [&](const std::string& benchmark) -> std::optional<double> {
                     const Kept* mine = all.point("spatten", benchmark);
                     if (mine == nullptr) return std::nullopt;
                     double pj = 0;
                     for (const auto& [component, here] : mine->energy_pj) {
                       const char* of = component == "dram"             ? "dram"
                                        : component.starts_with("sram") ? "sram"
                                                                        : "logic";
                       if (part == "all" || part == of) pj += here;
                     }
                     return ratio(pj * 1e-12, mine->seconds);
                   })
      .arithmetic;
}

std::vector<std::string> infeasible_of(const Evaluation& all) {
  std::vector<std::string> out;
  for (const RunKept& one : all.runs) {
    if (!one.kept.ok() && !one.kept.reason.starts_with("not measured"))
      out.push_back(fmt::format("{} on {}: {}", one.run.design, one.run.workload, one.kept.reason));
  }
  return out;
}

}  // namespace weft::evaluation::spatten
