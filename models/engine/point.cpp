// What every fidelity does first with a point: size it, and say what it is.
#include "models/engine/run.hpp"

namespace weft::engine {

std::array<std::int64_t, 6> quantities_of(const workload::Workload& workload,
                                          const workload::Shape& shape) {
  std::array<std::int64_t, 6> all{};
  const auto put = [&](Quantity quantity, std::int64_t value) {
    all[static_cast<std::size_t>(quantity)] = std::max<std::int64_t>(1, value);
  };
  put(Quantity::seq_q, shape.seq_q);
  put(Quantity::seq_kv, shape.seq_kv);
  put(Quantity::width_qk, shape.width_qk);
  put(Quantity::width_v, shape.width_v);
  put(Quantity::model_width, workload.model_width);
  put(Quantity::feed_forward_width, workload.feed_forward_width);
  return all;
}

Sizing size_point(const Lowering& lowering, const workload::Workload& workload,
                  const workload::Shape& shape, std::int64_t layers) {
  return size_design(lowering, shape, quantities_of(workload, shape), layers);
}

Result begin_result(const Design& design, const Lowering& lowering, const Sizing& sizing,
                    Fidelity fidelity) {
  Result result;
  result.fidelity = fidelity;
  result.status = sizing.feasible ? Status::ok : Status::infeasible;
  result.reason = sizing.reason;
  result.shape = sizing.shape;
  result.layers = sizing.repeats / (sizing.shape.batch * sizing.shape.heads);
  result.extents = sizing.extents;
  result.clock_hz = design.arch().clock_hz;
  result.peak_bytes_per_s = lowering.arch->dram.bandwidth_bytes_per_s;
  return result;
}

void count_into(Result& result, const std::function<void()>& fill) {
  try {
    fill();
  } catch (const TooLarge& error) {
    result.status = Status::infeasible;
    result.reason = error.what();
    result.cycles = 0;
    result.advance_periods = 0;
    result.advance_cycles = 0;
    result.units.clear();
    result.traffic.clear();
  }
}

}  // namespace weft::engine
