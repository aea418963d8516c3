// A sweep in one process: a design varied, and as many different points as there is time for.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"
#include "models/engine/run/run_point.hpp"

namespace weft::bench {
namespace {

using engine::Catalog;
using engine::Design;
using engine::Setting;

Design loaded(const std::string& name) {
  return Design::load(Catalog(WEFT_SOURCE_DIR "/configs"), name);
}

// Another value each time, so that nothing is found again.
using Varies = std::vector<Setting> (*)(std::int64_t);
std::vector<Setting> bandwidth(std::int64_t i) {
  return {{"arch.dram.bandwidth_bytes_per_s", std::to_string(100'000'000'000 + i)}};
}
std::vector<Setting> side(std::int64_t i) {
  const std::string side = std::to_string(16 + i % 1000);
  return {{"arch.arrays.array_2d.rows", side},
          {"arch.arrays.array_2d.columns", side},
          {"arch.arrays.array_1d.lanes", side}};
}
std::vector<Setting> contexts(std::int64_t i) {
  return {{"arch.arrays.array_2d.tile_contexts", std::to_string(2 + i % 5)}};
}
std::vector<Setting> copies(std::int64_t i) {
  return {{"binding.tensors.Q.copies", std::to_string(2 + i % 5)}};
}
std::vector<Setting> tile(std::int64_t i) {
  return {{"binding.groups.0.tiles.p.tile", std::to_string(16 + i % 1000)}};
}

void design_with(benchmark::State& state, const std::string& name, Varies varies) {
  const Design design = loaded(name);
  std::int64_t next = 0;
  for (auto _ : state) {
    const Design varied = design.with(varies(next++));
    benchmark::DoNotOptimize(varied.arch().clock_hz);
  }
}

// Lengths in steps of 16 and bandwidths in steps of a byte a second: no point is met twice in a
// million, and each is varied from the design as it was read.
void sweep(benchmark::State& state, const std::string& name) {
  const Design design = loaded(name);
  workload::Workload workload =
      workload::load_workload(Catalog(WEFT_SOURCE_DIR "/configs").file("workload", "bert-base"));
  workload.batch = 64;
  std::int64_t next = 0;
  std::uint64_t cycles = 0;
  for (auto _ : state) {
    const std::int64_t i = next++;
    const Design varied = design.with(bandwidth(i * 7919 % 1'000'000 * 500'000));
    workload.seq = 1024 + 16 * (i * 104'729 % 4000);
    cycles += engine::run_analytic(varied, workload).cycles;
  }
  benchmark::DoNotOptimize(cycles);
  state.SetItemsProcessed(state.iterations());
}

const bool sweeps_registered = [] {
  struct Named {
    const char* name;
    Varies varies;
  };
  constexpr std::array<Named, 5> kVaried{{{"bandwidth", bandwidth},
                                          {"side", side},
                                          {"contexts", contexts},
                                          {"copies", copies},
                                          {"tile", tile}}};
  for (const char* design : {"fusemax", "flat"}) {
    for (const Named& named : kVaried) {
      benchmark::RegisterBenchmark(
          ("design_with/" + std::string(design) + "/" + named.name).c_str(), design_with, design,
          named.varies)
          ->Unit(benchmark::kMicrosecond);
    }
  }
  for (const char* design : {"fusemax-16x16", "fusemax-64x64", "fusemax"}) {
    benchmark::RegisterBenchmark(("sweep/" + std::string(design)).c_str(), sweep, design)
        ->Unit(benchmark::kMicrosecond);
  }
  return true;
}();

}  // namespace
}  // namespace weft::bench
