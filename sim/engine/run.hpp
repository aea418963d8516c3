// Runs a point at any fidelity. SystemC runs take one lock a process (one simulation at a time).
#pragma once

#include "models/engine/run.hpp"

namespace weft::sim::engine {

// The workload's shape, or the trace's where values flow. Throws ConfigError for input that cannot be run, and
// Cancelled when the stop token is set.
weft::engine::Result run(const weft::engine::Design& design, const weft::workload::Workload& workload, const weft::workload::Shape& shape,
                         const weft::engine::RunOptions& options);

struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace weft::sim::engine
