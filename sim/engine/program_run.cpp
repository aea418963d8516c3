// A program on a design: all its invocations through one engine.
#include <algorithm>

#include "models/engine/run/begin_result.hpp"
#include "models/engine/run/invocations.hpp"
#include "sim/common/fresh_kernel.hpp"
#include "sim/engine/run.hpp"

namespace weft::sim::engine {

using weft::engine::continues;
using weft::engine::Invocations;
using weft::engine::Result;
using weft::engine::RunOptions;
using weft::engine::Status;

namespace {

class ProgramRun {
 public:
  ProgramRun(const weft::engine::Design& design, const workload::Workload& workload,
             const program::Program& program, const RunOptions& options)
      : design_(design), options_(options), invocations_(design, workload, program) {}

  Result run() {
    try {
      check(invocations_.next(true) != nullptr, "a program of no invocations");
      RunOptions quiet = options_;
      quiet.events = nullptr;
      Result result = simulated(quiet);
      // Steps that go first where they can may end later than if they had waited: where a pause
      // at each seam is quicker, the program has one there.
      const bool flows = std::adjacent_find(made().begin(), made().end(), goes_on) != made().end();
      bool drains = false;
      if (flows) {
        invocations_.repeat(true);
        Result drained = again(quiet);
        drains = drained.cycles < result.cycles;
        if (drains) result = std::move(drained);
      }
      if (options_.events == nullptr) return result;
      invocations_.repeat(drains);
      return again(options_);
    } catch (const weft::engine::DoesNotFit& misfit) {
      return refused(misfit.what());
    } catch (const Stuck& stuck) {
      return refused(stuck.what());
    }
  }

 private:
  const std::deque<Invocations::Made>& made() const { return invocations_.made(); }
  static bool goes_on(const Invocations::Made& a, const Invocations::Made& b) {
    return continues(a.schedule, b.schedule);
  }

  // Everything of the result but what a run fills in.
  Result begin() const {
    const weft::engine::Mapping& first = made().front().mapping;
    return begin_result(design_, *first.lowering, first.sizing, weft::engine::Fidelity::systemc);
  }

  Result refused(const std::string& reason) const {
    Result result = begin();
    result.status = Status::infeasible;
    result.reason = reason;
    return result;
  }

  Result again(const RunOptions& options) {
    invocations_.next(true);  // the first
    return simulated(options);
  }

  // The first invocation, which has been asked for, and all that follow.
  Result simulated(const RunOptions& options) {
    Result result = begin();
    count_into(result, [&] {
      with_fresh_kernel(
          [&] { simulate(made().front().schedule, options, nullptr, result, &invocations_); });
      std::vector<const weft::engine::Sizing*> sizings;
      for (const Invocations::Made& one : made()) sizings.push_back(&one.mapping.sizing);
      conclude(result, *made().front().mapping.lowering, sizings);
    });
    return result;
  }

  const weft::engine::Design& design_;
  const RunOptions& options_;
  Invocations invocations_;
};

}  // namespace

Result run(const weft::engine::Design& design, const workload::Workload& workload,
           const program::Program& program, const RunOptions& options) {
  check(options.fidelity == weft::engine::Fidelity::systemc && options.trace == nullptr,
        "a program runs in SystemC, without values");
  return ProgramRun(design, workload, program, options).run();
}

}  // namespace weft::sim::engine
