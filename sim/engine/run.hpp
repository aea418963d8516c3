// Runs a point at any fidelity. SystemC runs take one lock a process (one simulation at a time).
#pragma once

#include "models/engine/analytic/simulated_runs.hpp"
#include "models/engine/run/run_point.hpp"
#include "models/engine/schedule/continues.hpp"

namespace weft::sim::engine {

class Values;

using weft::engine::Cancelled;
using weft::engine::Stuck;

// weft::engine::run with every fidelity.
weft::engine::Result run(const weft::engine::Design& design,
                         const weft::workload::Workload& workload,
                         const weft::engine::RunOptions& options = {});

// A ProgramRunner: see weft::engine::run.
void run_program(weft::engine::Invocations& invocations, const weft::engine::RunOptions& options,
                 weft::engine::Result& result);

// Runs a schedule that is built, and what follows it, inside with_fresh_kernel; fills in the run's
// part of the result. Stuck where the schedule cannot go on.
weft::engine::SimulatedRun simulate(const weft::engine::Schedule& schedule,
                                    const weft::engine::RunOptions& options, Values* values,
                                    weft::engine::Result& result,
                                    weft::engine::ScheduleStream* more = nullptr);

}  // namespace weft::sim::engine
