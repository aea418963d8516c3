// What every fidelity does first with a point: size it, and say what it is.
#include "models/engine/run.hpp"

namespace weft::engine {

std::array<std::int64_t, 6> quantities_of(const workload::Workload& workload, const workload::Shape& shape) {
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

namespace {

// Where every tiled rank is a single tile and the buffer is still too small, no shape will do.
bool hopeless(const Lowering& lowering, const Sizing& sizing, std::array<std::int64_t, 6> quantities) {
  for (std::size_t g = 0; g < lowering.groups.size(); ++g) {
    for (std::size_t i = 0; i < lowering.groups[g].tiled.size(); ++i) {
      auto& quantity = quantities[static_cast<std::size_t>(lowering.quantities[lowering.groups[g].tiled[i].base])];
      quantity = std::min(quantity, sizing.groups[g].ranks[i].tile);
    }
  }
  workload::Shape one = sizing.shape;
  one.seq_q = quantities[static_cast<std::size_t>(Quantity::seq_q)];
  one.seq_kv = std::max(one.causal ? one.seq_q : 1, quantities[static_cast<std::size_t>(Quantity::seq_kv)]);
  quantities[static_cast<std::size_t>(Quantity::seq_kv)] = one.seq_kv;
  return !size_design(lowering, one, quantities, 1).feasible;
}

}  // namespace

Sizing size_point(const Lowering& lowering, const workload::Workload& workload, const workload::Shape& shape, std::int64_t layers) {
  const auto quantities = quantities_of(workload, shape);
  Sizing sizing = size_design(lowering, shape, quantities, layers);
  if (!sizing.feasible && hopeless(lowering, sizing, quantities)) {
    throw ConfigError(Problem{
        {}, "arch.buffer.bytes", std::to_string(lowering.arch->buffer.bytes), "too small for one tile of the binding: " + sizing.reason});
  }
  return sizing;
}

Result begin_result(const Design& design, const Lowering& lowering, const Sizing& sizing, Fidelity fidelity) {
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
