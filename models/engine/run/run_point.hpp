// One way in: a design at a workload's point, by any fidelity.
#pragma once

#include <array>
#include <stdexcept>

#include "models/engine/design/design.hpp"
#include "models/engine/design/mapping.hpp"
#include "models/engine/result/result.hpp"
#include "models/engine/run/invocations.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/workload/workload.hpp"

namespace weft::engine {

// A run that its stop token ended.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

// Steps that wait for one another's operands or room: a binding that cannot work.
struct Stuck : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// How one fidelity runs a point that is mapped and fits its buffer: what the run itself gives,
// which is concluded behind it. It may throw ConfigError (what is asked for cannot be run),
// TooLarge, Stuck and Cancelled.
using Runner = void (*)(const Mapping& mapping, const RunOptions& options, Result& result);

// How one fidelity runs a program, of which the first invocation is made. It may throw what a
// Runner may, and DoesNotFit.
using ProgramRunner = void (*)(Invocations& invocations, const RunOptions& options, Result& result);

// How a class of engines runs a workload on an assembled design, at one fidelity. It fills in all
// of the result but what identifies the point, and may throw what a Runner may.
using AssembledRunner = void (*)(const Design& design, const workload::Workload& workload,
                                 const RunOptions& options, Result& result);

// By Fidelity; null where the software is without it.
struct Runners {
  std::array<Runner, 3> points{};
  std::array<ProgramRunner, 3> programs{};
  std::array<AssembledRunner, 3> assembled{};
};

// The result of a point of which no more is known than what was asked for.
Result not_run(const Design& design, const workload::Shape& shape, const RunOptions& options,
               Status status, std::string reason);

// Runs the workload's shape (the trace's, where values flow), or its several shapes as a program:
// one after another, each beginning as soon as the engine has room for it, or with a pause where
// that is quicker; cycles, counters and traffic are then of all. Thread-safe for analytic. A point
// that cannot work is no exception: its status is `infeasible` and `reason` says why, be it that it
// does not fit, that 64 bits do not hold a count, that steps wait for one another, or that what is
// asked for cannot be run; then `problems` has what to mend. Throws Cancelled where the stop token
// is set, and what the callbacks of the options throw.
Result run(const Design& design, const workload::Workload& workload, const RunOptions& options,
           const Runners& runners);

// That of a program without SystemC. Where weft_sim is linked, weft::sim::engine::run has every
// fidelity.
Result run_analytic(const Design& design, const workload::Workload& workload,
                    const RunOptions& options = {.fidelity = Fidelity::analytic});

}  // namespace weft::engine
