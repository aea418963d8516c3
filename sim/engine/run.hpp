// Runs a point at any fidelity. SystemC runs take one lock a process (one simulation at a time).
#pragma once

#include "models/engine/run/run_point.hpp"
#include "models/engine/schedule/continues.hpp"
#include "models/program/program.hpp"

namespace weft::sim::engine {

class Values;

using weft::engine::Cancelled;
using weft::engine::Stuck;

// weft::engine::run with every fidelity.
weft::engine::Result run(const weft::engine::Design& design,
                         const weft::workload::Workload& workload,
                         const weft::engine::RunOptions& options = {});

// A program's invocations one after another, each beginning as soon as the engine has room for it.
// The first invocation's shape stands in the result; cycles, counters and traffic are of all. No
// values; in RTL, one after another. Infeasible where any of them is.
weft::engine::Result run(const weft::engine::Design& design,
                         const weft::workload::Workload& workload,
                         const weft::program::Program& program,
                         const weft::engine::RunOptions& options);

// Runs a schedule that is built, and what follows it, inside with_fresh_kernel; fills in the run's
// part of the result. Stuck where the schedule cannot go on.
void simulate(const weft::engine::Schedule& schedule, const weft::engine::RunOptions& options,
              Values* values, weft::engine::Result& result,
              weft::engine::ScheduleStream* more = nullptr);

}  // namespace weft::sim::engine
