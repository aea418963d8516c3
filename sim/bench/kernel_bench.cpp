// How fast values are computed: the multiply-accumulate that a simulation with values does most.
#include <benchmark/benchmark.h>

#include <vector>

#include "models/numerics/bf16.hpp"

namespace weft::bench {
namespace {

// One column of 256 sums, as a product's inner loop walks it.
template <float Macc(float, float, float)>
void macc_throughput(benchmark::State& state) {
  constexpr std::size_t kColumns = 256;
  std::vector<float> row(kColumns);
  std::vector<float> sums(kColumns, 0.0F);
  for (std::size_t i = 0; i < kColumns; ++i)
    row[i] = numerics::round_to_bf16(0.01F * static_cast<float>(i));
  float left = 1.0F;
  for (auto _ : state) {
    left = -left;  // the sums stay bounded
    for (std::size_t i = 0; i < kColumns; ++i) sums[i] = Macc(left, row[i], sums[i]);
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kColumns));
}
BENCHMARK_TEMPLATE(macc_throughput, numerics::macc)->Name("macc/any");
BENCHMARK_TEMPLATE(macc_throughput, numerics::macc_bf16)->Name("macc/bf16");
BENCHMARK_TEMPLATE(macc_throughput, numerics::macc_bf16_flushed)->Name("macc/bf16_flushed");

}  // namespace
}  // namespace weft::bench
