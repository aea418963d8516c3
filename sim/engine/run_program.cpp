// A program in SystemC: all its invocations through one engine.
#include <algorithm>

#include "models/engine/analytic/closed_form.hpp"
#include "models/engine/run/begin_result.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/run.hpp"

namespace weft::sim::engine {

using weft::engine::continues;
using weft::engine::Invocations;
using weft::engine::Result;
using weft::engine::RunOptions;
using weft::engine::Status;

namespace {

bool goes_on(const Invocations::Made& a, const Invocations::Made& b) {
  return continues(a.schedule, b.schedule);
}

// False where nothing flowed, or the closed form knows that all of them by themselves take no less.
bool may_be_quicker_with_pauses(const Invocations& invocations, const RunOptions& options,
                                std::uint64_t cycles) {
  const auto& made = invocations.made();
  if (std::adjacent_find(made.begin(), made.end(), goes_on) == made.end()) return false;
  if (options.stall_profile != weft::engine::StallProfile::none ||
      access_bytes(made.front().mapping.lowering->arch->dram))
    return true;
  Result least;
  count_into(least, [&] {
    for (const Invocations::Made& one : made) {
      const weft::engine::Lowering& lowering = *one.mapping.lowering;
      const weft::engine::ClosedForm alone =
          closed_form(lowering, one.mapping.sizing, analyse(lowering, one.mapping.sizing));
      const std::uint64_t told =
          alone.bound ? alone.bound->at_least : static_cast<std::uint64_t>(alone.cycles);
      least.cycles = plus(least.cycles, told, "cycles");
    }
  });
  return least.status != Status::ok || least.cycles < cycles;
}

}  // namespace

// The first invocation has been asked for.
void run_program(Invocations& invocations, const RunOptions& options, Result& result) {
  const Result begun = result;
  const auto simulated = [&](const RunOptions& how) {
    Result made = begun;
    with_fresh_kernel(
        [&] { simulate(invocations.made().front().schedule, how, nullptr, made, &invocations); });
    return made;
  };
  const auto again = [&](const RunOptions& how, bool drains) {
    invocations.repeat(drains);
    invocations.next(true);
    return simulated(how);
  };
  RunOptions quiet = options;
  quiet.events = nullptr;
  result = simulated(quiet);
  // Steps that go first where they can may end later than if they had waited: where a pause at each
  // seam is quicker, the program has one there.
  bool drains = false;
  if (may_be_quicker_with_pauses(invocations, options, result.cycles)) {
    Result drained = again(quiet, true);
    drains = drained.cycles < result.cycles;
    if (drains) result = std::move(drained);
  }
  if (options.events != nullptr) result = again(options, drains);
}

}  // namespace weft::sim::engine
