// DRAM with state: 1,048,576 reads of 32 bytes on one channel of HBM2.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "models/memory/stream.hpp"
#include "sim/memory/hbm/stream_run.hpp"

namespace weft::bench {
namespace {

constexpr std::int64_t kReads = 1 << 20;

void stream_through_hbm2(benchmark::State& state, const char* pattern) {
  const auto configs = std::filesystem::path(WEFT_SOURCE_DIR) / "configs";
  const memory::DramPart part = memory::load_part(configs / "dram/hbm2.yaml");
  const sim::memory::StreamConfig config{
      .channel = {part},
      .mapping = memory::load_mapping(configs / "mapping/RoBaRaCoCh.yaml", part.organisation),
      .outstanding = state.range(0)};
  const auto stream = memory::make_stream({pattern, 32, kReads, 1});
  sim::Cycle cycles = 0;
  for (auto _ : state) cycles = sim::memory::run_stream(config, stream).ticks;
  state.counters["cycles"] = static_cast<double>(cycles);
}

BENCHMARK_CAPTURE(stream_through_hbm2, random, "random_row")
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream_through_hbm2, sequential, "seq_read")
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft::bench
