// Runs a workload on a design that is not simulated: a measured platform, an engine computed from
// its published mechanism, or the processor at hand. docs/units/baseline.md.
#pragma once

#include "models/engine/run/run_point.hpp"

namespace weft::baseline {

// An AssembledRunner, the same at every fidelity. ConfigError where the design's `model` has keys
// that are unknown or out of range; Stuck where a platform was not measured there.
void run(const engine::Design& design, const workload::Workload& workload,
         const engine::RunOptions& options, engine::Result& result);

}  // namespace weft::baseline
