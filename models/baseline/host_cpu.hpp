// Dense attention on the processor that runs this program, measured with OpenBLAS: the one design
// whose result depends on the machine.
#pragma once

#include <string>
#include <vector>

#include "models/engine/run/run_options.hpp"
#include "models/program/program.hpp"

namespace weft::baseline {

struct HostTime {
  double seconds = 0;
  std::string library;  // what OpenBLAS says of itself, and its threads
  bool scaled = false;  // some heads stand for all
};

// QKᵀ and AV in fp32 by sgemm, softmax in between, for every head; where that were long, a part of
// the heads, and its time scaled. The library is opened when this is first called, since it starts
// threads. ConfigError where it is not installed.
HostTime measure_host(const std::vector<program::Invocation>& attentions,
                      const engine::RunOptions& options);

}  // namespace weft::baseline
