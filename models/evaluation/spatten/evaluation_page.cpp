// validation.md of `weft reproduce spatten`.
#include <fmt/format.h>

#include "models/evaluation/spatten/benchmarks.hpp"
#include "models/evaluation/spatten/evaluation.hpp"

namespace weft::evaluation::spatten {
namespace {

std::string figure_text(double value) {
  return value >= 1e5 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
}

std::string validation(const Evaluation& all) {
  std::string out =
      "## Published and simulated\n\nThe reason of every difference above 10 %. Published: HPCA "
      "2021.\n\n"
      "| figure | published | ours | difference | reason | command |\n|---|---|---|---|---|---|\n";
  for (const Figure& figure : figures_of(all)) {
    out += fmt::format("| {} | {} {} | {} | {} | {} | `{}` |\n", figure.name,
                       figure_text(figure.published), figure.unit,
                       figure.ours ? figure_text(*figure.ours) : "-",
                       figure.ours ? fmt::format("{:+.0f} %", 100 * figure.difference()) : "-",
                       figure.reason.empty() ? "-" : figure.reason, figure.command);
  }
  return out;
}

std::string mean_text(const Mean& mean) {
  return mean.count == 0
             ? "-"
             : fmt::format("{} / {}", figure_text(mean.arithmetic), figure_text(mean.geometric));
}

std::string comparison(const Evaluation& all) {
  std::string out =
      "\n## Comparison\n\nOf each design against `spatten`, arithmetic / geometric mean over the "
      "benchmarks for which it has a figure. DRAM: its bytes of K and V in its own bits, by the "
      "bytes that `spatten` moves.\n\n"
      "| design | over | benchmarks | speed-up | energy saved | its bits | DRAM saved |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const Comparison& row : comparisons_of(all))
    out += fmt::format("| {} | {} | {} | {} | {} | {:g} | {} |\n", row.design, row.over,
                       row.speedup.count, mean_text(row.speedup), mean_text(row.energy), row.bits,
                       mean_text(row.dram));
  return out;
}

std::string breakdown(const Evaluation& all) {
  std::string out =
      "\n## DRAM access by technique\n\nEach over the one before, arithmetic / geometric mean; the "
      "dense baseline has 32 bits.\n\n| technique | all 30 | BERT | GPT-2 |\n|---|---|---|---|\n";
  for (std::size_t t = 1; t < kTechniques; ++t) {
    out += fmt::format("| {} |", kTechniqueNames[t]);
    for (const char* which : {"all", "bert", "gpt2"})
      out += fmt::format(" {} |", mean_text(saving_of(all, static_cast<Technique>(t), which)));
    out += "\n";
  }
  return out + "\n![breakdown](breakdown.png)\n";
}

std::string ablation(const Evaluation& all) {
  std::string out =
      "\n## Ablation, GPT-2 small on WikiText-2\n\n"
      "| step | time | over the one before | published | over TITAN Xp | bound by |\n"
      "|---|---|---|---|---|---|\n";
  for (const AblationStep& step : ablation_of(all))
    out += fmt::format("| {} | {:.4g} ms | {:.3g} | {:g} | {:.4g} | {} |\n", step.label,
                       1e3 * step.seconds, step.factor, step.published, step.over_titan,
                       step.bound_by);
  return out + "\n![ablation](ablation.png)\n";
}

std::string sweep(const Evaluation& all, Part part, const char* title, const char* picture) {
  std::string out =
      fmt::format("\n## {}\n\n| place | time | moved | bound by |\n|---|---|---|---|\n", title);
  for (const RunKept& one : all.runs) {
    if (one.run.part != part || !one.kept.ok()) continue;
    out += fmt::format("| {} | {:.4g} ms | {:.4g} MB | {} |\n", one.run.label,
                       1e3 * one.kept.seconds, one.kept.dram_bytes / 1e6, one.kept.bound_by);
  }
  return out + fmt::format("\n![{0}]({0}.png)\n", picture);
}

std::string canned(const Evaluation& all) {
  std::string out = "\n## What a canned latency of top-k hides\n\n";
  if (all.canned.empty()) return out + "No trace was given: `--values TRACE`.\n";
  out += fmt::format(
      "Rounds of quick-select and their cycles, Σ(⌈n/{}⌉ + 3), the mean of a selection: on the "
      "values of `{}` and on as many distinct values in random order. {:g} of the candidates "
      "stay.\n\n| layer | what | candidates | rounds, real | random | cycles, real | random | real "
      "to random |\n|---|---|---|---|---|---|---|---|\n",
      kCannedComparators, all.canned_from, kCannedKept);
  for (const CannedRow& row : all.canned)
    out += fmt::format("| {} | {} | {:g} | {:.2f} | {:.2f} | {:.1f} | {:.1f} | {:.2f} |\n",
                       row.layer, row.what, row.real.candidates, row.real.rounds, row.random.rounds,
                       row.real.cycles, row.random.cycles, row.real.cycles / row.random.cycles);
  return out;
}

std::string energy(const Evaluation& all) {
  std::string out = fmt::format(
      "\n## Power, area and energy\n\nBy `{}`, mean power over the benchmarks: {:.3g} W, of it "
      "logic {:.3g}, SRAM {:.3g}, DRAM {:.3g}.\n\n| component | mm² | source |\n|---|---|---|\n",
      all.cost_table, power_of(all, "all"), power_of(all, "logic"), power_of(all, "sram"),
      power_of(all, "dram"));
  double sum = 0;
  for (const Area& one : all.area) {
    out += fmt::format("| {} | {:.3g} | {} |\n", one.component, one.mm2, one.source);
    sum += one.mm2;
  }
  out += fmt::format("| all of these | {:.3g} | published: 18.71 |\n", sum);
  out +=
      "\nJoules for a generated token (attention of all layers), and what `spatten` would take "
      "with its logic and SRAM at 7 nm, its DRAM as it is:\n\n"
      "| benchmark | spatten, 40 nm | spatten, 7 nm | H200, measured |\n|---|---|---|---|\n";
  for (const std::string& benchmark : benchmarks()) {
    const Kept* mine = all.point("spatten", benchmark);
    const Kept* gpu = all.point("h200", benchmark);
    if (!generates(benchmark) || mine == nullptr) continue;
    const auto dram = mine->energy_pj.find("dram");
    const double memory = dram == mine->energy_pj.end() ? 0 : dram->second * 1e-12;
    constexpr double kTokens = 32;
    out += fmt::format("| {} | {:.3g} | {:.3g} | {} |\n", benchmark, mine->joules / kTokens,
                       (memory + (mine->joules - memory) * all.to_7nm) / kTokens,
                       gpu == nullptr || gpu->joules <= 0
                           ? "-"
                           : fmt::format("{:.3g} ({})", gpu->joules / kTokens, gpu->time_from));
  }
  return out + fmt::format(
                   "\n7 nm: {:.3g} of the energy, {}. The H200's is of the whole board, "
                   "idle power included.\n\n![energy](energy.png)\n",
                   all.to_7nm, all.to_7nm_source);
}

std::string points(const Evaluation& all) {
  std::string out =
      "\n## The thirty benchmarks\n\n| benchmark | time | moved | joules | bound by | command |\n"
      "|---|---|---|---|---|---|\n";
  for (const std::string& benchmark : benchmarks()) {
    const Kept* mine = all.point("spatten", benchmark);
    if (mine == nullptr) continue;
    out += fmt::format("| {} | {:.4g} ms | {:.4g} MB | {:.3g} | {} | `{}` |\n", benchmark,
                       1e3 * mine->seconds, mine->dram_bytes / 1e6, mine->joules, mine->bound_by,
                       mine->command);
  }
  return out + "\n![speed-up](speedup.png)\n";
}

}  // namespace

std::string evaluation_page(const Evaluation& all) {
  return "# SpAtten's evaluation, done again\n\nBy `weft reproduce spatten`. What is published "
         "stands beside what is simulated, never in its place; lengths and schedules that nobody "
         "published are said to be estimates in the workload files.\n\n" +
         validation(all) + comparison(all) + breakdown(all) + ablation(all) +
         sweep(all, Part::top_k, "Comparators of top-k", "sweep-top-k") +
         sweep(all, Part::sram, "SRAM", "sweep-sram") +
         sweep(all, Part::layout, "Layout, interleave and ratio", "sweep-layout") + canned(all) +
         energy(all) + points(all);
}

}  // namespace weft::evaluation::spatten
