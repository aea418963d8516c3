// SpAtten's workload of GPT-2 small on an eighth of the engine: the rows that its public RTL needs
// 25.7 CPU seconds for under Verilator.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "models/engine/design/design.hpp"
#include "models/workload/workload.hpp"
#include "sim/bench/gpt2_rows.hpp"
#include "sim/engine/run.hpp"

namespace weft::bench {
namespace {

void spatten_gpt2(benchmark::State& state, const char* name) {
  const engine::Design design =
      engine::Design::load(engine::Catalog(WEFT_SOURCE_DIR "/configs"), name);
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("weft-bench-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(file) << gpt2_rows();
  const workload::Workload rows = workload::load_workload(file);
  std::filesystem::remove(file);
  for (auto _ : state) {
    const engine::Result result = sim::engine::run(design, rows, {});
    if (result.status != engine::Status::ok) state.SkipWithError(result.reason.c_str());
    state.counters["cycles"] = static_cast<double>(result.cycles);
  }
}
BENCHMARK_CAPTURE(spatten_gpt2, eighth, "spatten-eighth")->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(spatten_gpt2, whole, "spatten")->Unit(benchmark::kSecond);

}  // namespace
}  // namespace weft::bench
