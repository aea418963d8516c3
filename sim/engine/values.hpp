// Values through a simulation. What arrives where and when is followed cycle by cycle
// (arrivals.hpp); the values of the same firings are computed from it afterwards, in little memory
// (replay.hpp). What a schedule reads before it is there is NaN in the output. docs/adr/0010 says
// why the two are apart.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/engine/schedule/schedule.hpp"
#include "models/workload/trace.hpp"
#include "sim/engine/arrivals.hpp"
#include "sim/engine/operands.hpp"
#include "sim/engine/replay.hpp"

namespace weft::sim::engine {

class Values {
 public:
  // ConfigError where an input of the cascade is not in the trace, or of another shape.
  Values(const weft::engine::Schedule& schedule, const workload::Trace& trace);

  void execute(const matmul::Command& command) { arrivals_.computed(command); }
  void moved(const memory::Transfer& transfer) { arrivals_.moved(transfer); }

  // The outputs of the finished simulation, as they are written out. `between` is called with the
  // share done, and may throw.
  std::vector<workload::ComputedTensor> compute(const std::function<void(double)>& between);
  // The first of them by layer, [batch, heads, …].
  std::vector<std::vector<float>> outputs();

 private:
  void poison(std::int64_t run, einsum::TensorId tensor, std::vector<float>& data) const;
  void write(std::int64_t run, einsum::TensorId tensor, const std::vector<float>& data,
             std::vector<std::vector<float>>& layers) const;

  const weft::engine::Lowering& lowering_;
  const einsum::Cascade& cascade_;
  const weft::engine::Sizing& sizing_;
  const workload::Trace& trace_;
  Operands operands_;
  Arrivals arrivals_;
  Replay replay_;
};

}  // namespace weft::sim::engine
