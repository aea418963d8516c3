// Runs a workload on the SpAtten engine in RTL: docs/units/engine/spatten_rtl.md.
#pragma once

#include "models/engine/run/run_point.hpp"

namespace weft::sim::engine::spatten {

// An AssembledRunner, of designs whose architecture names its RTL. Where there is no trace operands
// are drawn from the seed. Cycles are the sum of the layers': those of the host between layers are
// not counted. Of the units the memory alone is counted.
void run_rtl(const weft::engine::Design& design, const workload::Workload& workload,
             const weft::engine::RunOptions& options, weft::engine::Result& result);

}  // namespace weft::sim::engine::spatten
