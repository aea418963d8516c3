#include "models/engine/run/begin_result.hpp"

namespace weft::engine {

Result begin_result(const Design& design, const Lowering& lowering, const Sizing& sizing,
                    Fidelity fidelity) {
  Result result;
  result.fidelity = fidelity;
  result.status = sizing.feasible ? Status::ok : Status::infeasible;
  result.reason = sizing.reason;
  result.shape = sizing.shape;
  result.layers = sizing.repeats * sizing.together / (sizing.shape.batch * sizing.shape.heads);
  result.extents = extents_of_head(lowering, sizing);
  result.clock_hz = design.arch().clock_hz;
  result.peak_bytes_per_s = peak_bytes_per_s(lowering.arch->dram);
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
