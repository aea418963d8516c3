// A sweep in one process: a design varied, and as many different points as there is time for.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"
#include "models/engine/design/design.hpp"

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

void design_with(benchmark::State& state, const std::string& name, Varies varies) {
  const Design design = loaded(name);
  std::int64_t next = 0;
  for (auto _ : state) {
    const Design varied = design.with(varies(next++));
    benchmark::DoNotOptimize(varied.arch().clock_hz);
  }
}

const bool registered = [] {
  struct Named {
    const char* name;
    Varies varies;
  };
  constexpr std::array<Named, 4> kVaried{
      {{"bandwidth", bandwidth}, {"side", side}, {"contexts", contexts}, {"copies", copies}}};
  for (const char* design : {"fusemax", "flat"}) {
    for (const Named& named : kVaried) {
      benchmark::RegisterBenchmark(
          ("design_with/" + std::string(design) + "/" + named.name).c_str(), design_with, design,
          named.varies)
          ->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace weft::bench
