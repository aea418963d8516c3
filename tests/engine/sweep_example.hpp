// A sweep of one's own; docs/guides/from-cpp.md shows this file as it is.
#pragma once

#include "models/engine/design/catalog.hpp"
#include "models/engine/run/provenance.hpp"
#include "sim/engine/run.hpp"

namespace sweep {

using weft::engine::Design;
using weft::engine::Fidelity;
using weft::engine::Result;
using weft::engine::Status;

struct Found {
  double bandwidth_bytes_per_s = 0;
  Result simulated;
  std::string command;           // repeats the simulation
  std::vector<std::string> why;  // of each bandwidth that cannot work: the reason
};

// The least bandwidth, of some, at which `tokens` tokens take no more than 2 % longer than at the
// most of them; then the same point in SystemC.
inline Found least_bandwidth(const std::string& configs, const std::string& name,
                             std::int64_t tokens) {
  const weft::engine::Catalog catalog(configs);
  const Design design = Design::load(catalog, name);  // reads files: once
  weft::workload::Workload workload =
      weft::workload::load_workload(catalog.file("workload", "bert-base"));
  workload.batch = 1;
  workload.seq = tokens;

  Found found;
  double quickest = 0;
  Design chosen = design;
  for (double bandwidth = 1e12; bandwidth >= 1e9; bandwidth /= 2) {
    // Microseconds. What is wrong with a setting is a ConfigError, here.
    const Design varied =
        design.with({{"arch.dram.bandwidth_bytes_per_s", weft::config::number_text(bandwidth)}});
    const Result result = weft::engine::run_analytic(varied, workload);
    if (result.status != Status::ok) {  // never an exception
      found.why.push_back(result.reason);
      continue;
    }
    if (quickest == 0) quickest = result.seconds();
    if (result.seconds() > 1.02 * quickest) break;
    found.bandwidth_bytes_per_s = bandwidth;
    chosen = varied;
  }

  const weft::engine::RunOptions options{.fidelity = Fidelity::systemc, .seed = 1};
  found.simulated = weft::sim::engine::run(chosen, workload, options);
  found.command = weft::engine::provenance_of(chosen, workload, options).command;
  return found;
}

}  // namespace sweep
