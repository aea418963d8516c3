// Values through a simulation: tensors in DRAM and on chip, tile by tile as the schedule moves and computes them.
// On-chip tensors begin as NaN, so a step that runs before its operands are there shows in the output.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "models/einsum/kernel.hpp"
#include "models/engine/schedule.hpp"
#include "models/numerics/arithmetic.hpp"
#include "models/workload/trace.hpp"
#include "sim/matmul/array.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::engine {

class Values {
 public:
  // ConfigError where an input of the cascade is not in a trace (Q, K, V).
  Values(const weft::engine::Schedule& schedule, const workload::Trace& trace);

  void execute(const matmul::Command& command);
  void moved(const memory::Transfer& transfer);

  // Outputs by layer, [batch, heads, seq_q, width_v].
  std::vector<std::vector<float>> outputs() const;

 private:
  using Tensor = std::vector<float>;
  struct Head {
    std::vector<Tensor> dram;  // by tensor id; inputs, outputs and what is spilled
    std::vector<Tensor> chip;
    std::vector<float*> pointers;
  };
  using KernelType = einsum::Kernel<numerics::Bf16Arithmetic>;

  void fill_masked(Tensor& data, einsum::TensorId tensor) const;
  Head& head(std::int64_t index);
  void load_input(Head& head, einsum::TensorId tensor, std::int64_t index) const;
  void copy_region(const Tensor& from, Tensor& to, einsum::TensorId tensor, std::size_t group, const std::vector<int>& loops,
                   const weft::engine::Coordinates& at) const;
  void last_generation(Head& head, const weft::engine::ScheduledStep& step, std::size_t group, const weft::engine::Coordinates& at) const;
  std::pair<std::int64_t, std::int64_t> range_of(einsum::RankId rank, bool composite, std::size_t group, const std::vector<int>& loops,
                                                 const weft::engine::Coordinates& at) const;
  std::vector<numerics::Format> partial_formats() const;
  bool last_tile(std::size_t group, const std::vector<int>& loops, const weft::engine::Coordinates& at) const;
  bool is_sequence(einsum::RankId rank) const;

  const weft::engine::Schedule& schedule_;
  const weft::engine::Lowering& lowering_;
  const weft::engine::Sizing& sizing_;
  const workload::Trace& trace_;
  std::vector<std::unique_ptr<KernelType>> kernels_;                    // by Einsum
  std::vector<std::unique_ptr<numerics::Bf16Arithmetic>> arithmetics_;  // by array
  std::vector<std::unique_ptr<numerics::Bf16Arithmetic>> partials_;     // by array: a sum over tiles is fp32 until its last tile
  std::vector<double> scalars_;
  std::map<std::int64_t, Head> heads_;
  einsum::Box box_;
};

}  // namespace weft::sim::engine
