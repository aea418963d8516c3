#include "models/evaluation/spatten/run_kept.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "models/evaluation/spatten/benchmarks.hpp"

namespace weft::evaluation::spatten {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t kSweepSteps = 4;  // of 32, of a point of a sweep

Settings comparators(int count) {
  const std::string text = std::to_string(count);
  Settings all{{"arch.assembly.units.value_top_k.attributes.comparators", text},
               {"arch.assembly.units.token_top_k.attributes.comparators", text}};
  // The FIFOs hold as many keys, however wide they are.
  all.emplace_back("arch.assembly.units.value_top_k.attributes.fifo_depth",
                   std::to_string(1024 / count));
  if (count > 16) all.emplace_back("arch.assembly.units.zero_eliminator.attributes.places", text);
  return all;
}

Run own(Part part, std::string label, Settings settings, std::int64_t steps) {
  return {.part = part,
          .label = std::move(label),
          .design = "spatten",
          .workload = kOwnBenchmark,
          .analytic = false,
          .settings = std::move(settings),
          .steps = steps};
}

void add_ablation(std::vector<Run>& all) {
  Run dense = own(Part::ablation, "datapath, 12 bit", {}, 0);
  dense.design = "spatten-dense";
  all.push_back(dense);
  Settings serial = comparators(1);
  serial.emplace_back("binding.run.takes", "pruning");
  all.push_back(own(Part::ablation, "and pruning, serial top-k", serial, 0));
  all.push_back(own(Part::ablation, "and parallel top-k", {{"binding.run.takes", "pruning"}}, 0));
  all.push_back(own(Part::ablation, "and progressive quantisation", {}, 0));
}

void add_sweeps(std::vector<Run>& all) {
  for (const int count : {1, 2, 4, 8, 16, 32}) {
    Run run =
        own(Part::top_k, fmt::format("{} comparators", count), comparators(count), kSweepSteps);
    run.x = count;
    all.push_back(run);
  }
  for (const int kib : {96, 144, 192, 384, 768}) {
    const std::string bytes = std::to_string(kib * 1024);
    Run run = own(Part::sram, fmt::format("{} KiB each", kib),
                  {{"arch.assembly.units.controller.attributes.key_store_bytes", bytes},
                   {"arch.assembly.units.controller.attributes.value_store_bytes", bytes},
                   {"arch.assembly.units.value_pruner.attributes.store_bytes", bytes}},
                  kSweepSteps);
    run.x = kib * 1024;
    all.push_back(run);
  }
  for (const int sides : {1, 2, 4}) {
    for (const int interleave : {64, 256, 1024}) {
      for (const double ratio : {0.0, 0.5, 0.9}) {
        const std::string text = fmt::format("{}", ratio);
        Run run = own(
            Part::layout,
            fmt::format("{} side by side, {} B interleaved, {:g} pruned", sides, interleave, ratio),
            {{"binding.run.takes", "nothing"},
             {"binding.run.keys_side_by_side", std::to_string(sides)},
             {"arch.dram.interleave_bytes", std::to_string(interleave)},
             {"binding.run.pruning.tokens.average", text},
             {"binding.run.pruning.tokens.start", text},
             {"binding.run.pruning.tokens.front", "0"},
             {"binding.run.pruning.heads.average", "0"},
             {"binding.run.numbers.key", "'6'"}},
            1);
        run.x = interleave;
        run.y = sides;
        run.ratio = ratio;
        all.push_back(run);
      }
    }
  }
}

}  // namespace

const char* name_of(Part part) {
  constexpr std::array<const char*, 5> kNames{"point", "ablation", "top_k", "sram", "layout"};
  return kNames[static_cast<std::size_t>(part)];
}

std::vector<Run> runs() {
  std::vector<Run> all;
  add_ablation(all);
  std::vector<std::string> names = benchmarks();
  std::reverse(names.begin(), names.end());  // the generating ones, and the large, first
  const auto point = [&](const std::string& design, const std::string& benchmark, bool analytic) {
    all.push_back({.part = Part::point,
                   .label = {},
                   .design = design,
                   .workload = benchmark,
                   .analytic = analytic,
                   .settings = {}});
  };
  for (const std::string& name : names) point("spatten", name, false);
  for (const std::string& name : names) {
    if (name.starts_with("bert-base") || name == kOwnBenchmark)
      point("spatten-eighth", name, false);
    for (const char* design : {"titan-xp", "xeon-e5-2640", "h100", "h200", "a3", "mnnfast",
                               "fusemax-32x32", "flat-32x32"})
      point(design, name, true);
  }
  add_sweeps(all);
  return all;
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Kept, status, reason, cycles, seconds, dram_bytes, asked_bytes,
                                   flops, joules, bound_by, time_from, command, energy_pj, counts,
                                   breakdown)

std::string to_line(const Kept& kept) { return nlohmann::json(kept).dump(); }

Kept kept_of_line(const std::string& line) { return nlohmann::json::parse(line).get<Kept>(); }

}  // namespace weft::evaluation::spatten
