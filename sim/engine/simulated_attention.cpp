#include "sim/engine/simulated_attention.hpp"

#include <numeric>
#include <utility>

#include "models/common/error.hpp"
#include "models/workload/trace.hpp"
#include "sim/engine/run.hpp"

namespace weft::sim::engine {

std::vector<std::int64_t> SimulatedAttention::tokens(std::int64_t /*layer*/, std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<float> SimulatedAttention::attend(const workload::AttentionOperands& operands) {
  workload::Trace trace;
  workload::add_layer(trace, operands);
  trace.file = "layer " + std::to_string(operands.layer);

  std::vector<workload::ComputedTensor> computed;
  weft::engine::RunOptions options;
  options.trace = &trace;
  options.tensors = &computed;
  workload::Workload workload;
  workload.layers = 1;
  const weft::engine::Result result = run(design_, workload.at(trace.shape), options);
  if (result.status != weft::engine::Status::ok)
    throw ConfigError(Problem{{}, "design", design_.name(), trace.file + ": " + result.reason});
  cycles_ += result.cycles;
  return std::move(computed.front().layers.front());
}

}  // namespace weft::sim::engine
