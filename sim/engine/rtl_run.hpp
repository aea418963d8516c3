// Fidelity rtl: a point run on the Verilated engine. Cycles, busy and stalls are the RTL's
// registers; operations and bytes follow from what it fired, by the costs that the schedule gives
// each step.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/result/result.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/engine/schedule/layout.hpp"
#include "sim/engine/moved.hpp"
#include "sim/engine/step_state.hpp"
#include "sim/matmul/array.hpp"
#include "sim/rtl/fusemax_engine.hpp"

namespace weft::sim::engine {

// Walks the schedule's steps as the RTL fires them, and counts.
class Accounting {
 public:
  explicit Accounting(const weft::engine::Schedule& schedule);

  void fired(const rtl::Firing& firing);
  // Every step has fired as often as the schedule says.
  bool complete() const;
  // Units and traffic; busy and stalls from the RTL's counters, with which what was counted here
  // must agree.
  void collect(const rtl::FusemaxEngine& engine, weft::engine::Result& result);

 private:
  struct Step {
    Walker walker;
    StepState state;
  };

  void fire_compute(std::size_t step, Cycle cycle);
  void fire_transfer(std::size_t step);

  const weft::engine::Schedule& schedule_;
  const weft::engine::GroupSchedule& group_;
  weft::engine::Layout layout_;
  std::vector<Step> steps_;
  std::array<std::array<int, 7>, 3> step_of_{};  // by unit and step of a Firing
  std::vector<Channel<matmul::Command>> commands_;
  std::vector<matmul::Array> arrays_;
  weft::engine::Counters buffer_{};
  std::vector<TensorBytes> moved_;  // by tensor
};

// Fills everything of a result that the run itself gives, and `outputs` by layer.
void simulate_rtl(const weft::engine::Schedule& schedule, const weft::engine::RunOptions& options,
                  const std::shared_ptr<const rtl::Library>& library, weft::engine::Result& result,
                  std::vector<std::vector<float>>& outputs);

}  // namespace weft::sim::engine
