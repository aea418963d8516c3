// What identifies a run: which software, which configuration, and the command that repeats it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/engine/design/design.hpp"
#include "models/engine/run/run_options.hpp"
#include "models/workload/workload.hpp"

namespace weft::engine {

// Goes into every configuration's hash. It moves whenever any number that a run gives can change
// for the same input, so that results of two revisions are never taken for one another.
inline constexpr int kModelRevision = 14;

struct Provenance {
  std::string version;  // of the software
  std::string config_sha256;
  std::uint64_t seed = 0;
  std::string command;  // the canonical command line that repeats the point
  // What of the workload the run does not model, and what it takes in place of what it isn't given.
  std::vector<std::string> assumptions;
};

// Of what run() is given, in some 50 µs: a sweep asks for what it keeps. ConfigError where the
// workload needs something that is neither modelled nor told to be left out.
Provenance provenance_of(const Design& design, const workload::Workload& workload,
                         const RunOptions& options);

// Over every resolved value of the design, the shape, the fidelity, the seed, the stall profile,
// the trace's content, the cost table and kModelRevision. `exact` is not among them: it changes no
// number but `advance`.
std::string config_sha256(const Design& design, const workload::Workload& workload,
                          const RunOptions& options);

// ConfigError lists all that the workload needs and that is not modelled.
std::vector<std::string> assumptions_of(const workload::Workload& workload,
                                        const RunOptions& options);

}  // namespace weft::engine
