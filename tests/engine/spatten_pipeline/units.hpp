// The units of the simulator that weft_spatten_pipeline has, joined as configs/arch/spatten.yaml
// joins them. Its ends are left open.
#pragma once

#include <bit>
#include <cstdint>

#include "sim/assembly/assembly.hpp"
#include "sim/matmul/dot_array.hpp"
#include "sim/memory/row_store.hpp"
#include "sim/prune/importance.hpp"
#include "sim/prune/value_pruner.hpp"
#include "sim/quant/confidence.hpp"
#include "sim/select/comparator_array.hpp"
#include "sim/select/row_top_k.hpp"
#include "sim/select/zero_eliminator.hpp"
#include "sim/softmax/softmax_pipeline.hpp"
#include "tests/engine/spatten_pipeline/layer.hpp"

namespace weft::test {

template <class V>
void join_units(sim::Assembly& assembly, Kernels& kernels, Sums& sums, std::uint64_t seed) {
  constexpr auto kM = static_cast<std::int64_t>(V::kMultipliers);
  const auto levels = static_cast<std::int64_t>(std::bit_width(V::kMultipliers) - 1);
  assembly.emplace<sim::memory::RowStore>(
      "key_store", sim::memory::RowStore::Config{
                       .of = sim::memory::StoreOf::keys, .queues = 2, .elements_per_cycle = kM});
  assembly.emplace<sim::matmul::DotArray>(
      "qk",
      sim::matmul::DotArray::Config{.of = sim::matmul::DotOf::scores,
                                    .multipliers = kM,
                                    .latency_cycles = 2 + levels,
                                    .latency_from = sim::LatencyFrom::last_part},
      &kernels);
  assembly.emplace<sim::softmax::SoftmaxPipeline>(
      "softmax",
      sim::softmax::SoftmaxPipeline::Config{.fifo_depth = V::kKeys / 8, .rows = V::kRows},
      &kernels);
  assembly.emplace<sim::quant::Confidence>("confidence", &kernels);
  assembly.emplace<sim::prune::Importance>("importance", sim::prune::Importance::Config{}, &sums);
  assembly.emplace<sim::select::RowTopK>(
      "top_k", sim::select::RowTopK::Config{.fifo_depth = V::kKeys / 16}, seed);
  assembly.emplace<sim::select::ComparatorArray>("comparators");
  assembly.emplace<sim::select::ZeroEliminator>("eliminator",
                                                sim::select::ZeroEliminator::Config{});
  assembly.emplace<sim::prune::ValuePruner>("pruner", sim::prune::ValuePruner::Config{});
  assembly.emplace<sim::memory::RowStore>(
      "value_store",
      sim::memory::RowStore::Config{.of = sim::memory::StoreOf::values, .elements_per_cycle = kM});
  assembly.emplace<sim::matmul::DotArray>(
      "prob_v",
      sim::matmul::DotArray::Config{.of = sim::matmul::DotOf::outputs,
                                    .multipliers = kM,
                                    .latency_cycles = 3,
                                    .latency_from = sim::LatencyFrom::last_part},
      &kernels);
  assembly.join("confidence", "recompute", "key_store", "rows[0]", V::kSlots);
  assembly.join("key_store", "beats", "qk", "in", 2);
  assembly.join("qk", "out", "softmax", "in", 2);
  assembly.join("softmax", "out", "confidence", "in", 2);
  assembly.join("confidence", "importance", "importance", "in", 2);
  assembly.join("confidence", "out", "top_k", "in", 2);
  assembly.join("top_k", "out", "comparators", "in", 2);
  assembly.join("comparators", "out", "eliminator", "in", 2);
  assembly.join("eliminator", "out", "pruner", "in", 2);
  assembly.join("pruner", "out", "value_store", "rows[0]", V::kSlots);
  assembly.join("value_store", "beats", "prob_v", "in", 2);
}

}  // namespace weft::test
