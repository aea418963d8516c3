// DRAM with state: reads of 32 bytes on one channel of HBM2; 1,048,576 of them, and 16 times as
// many of a sequential stream, whose state recurs: passed over, and stepped.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "models/memory/stream.hpp"
#include "sim/memory/hbm/stream_run.hpp"

namespace weft::bench {
namespace {

constexpr std::int64_t kReads = 1 << 20;

void stream_through_hbm2(benchmark::State& state, const char* pattern, std::int64_t reads,
                         bool advance) {
  const auto configs = std::filesystem::path(WEFT_SOURCE_DIR) / "configs";
  const memory::DramPart part = memory::load_part(configs / "dram/hbm2.yaml");
  const sim::memory::StreamConfig config{
      .channel = {part},
      .mapping = memory::load_mapping(configs / "mapping/RoBaRaCoCh.yaml", part.organisation),
      .outstanding = state.range(0),
      .advance = advance};
  const auto stream = memory::make_stream({pattern, 32, reads, 1});
  sim::memory::StreamResult result;
  for (auto _ : state) result = sim::memory::run_stream(config, stream);
  state.counters["cycles"] = static_cast<double>(result.ticks);
  state.counters["passed_over"] = static_cast<double>(result.passed_over);
}

BENCHMARK_CAPTURE(stream_through_hbm2, random, "random_row", kReads, true)
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream_through_hbm2, sequential, "seq_read", kReads, true)
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream_through_hbm2, long_sequential, "seq_read", 16 * kReads, true)
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(stream_through_hbm2, long_sequential_stepped, "seq_read", 16 * kReads, false)
    ->Arg(16)
    ->Arg(64)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weft::bench
