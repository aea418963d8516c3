// A schedule on a trace, layer by layer as an encoder runs, bit by bit: what a simulated engine
// must give for the same trace and schedule.
#pragma once

#include <vector>

#include "models/evaluation/accuracy/pruned_layers.hpp"
#include "models/evaluation/accuracy/pruning_schedule.hpp"
#include "models/workload/trace.hpp"

namespace weft::evaluation {

struct PrunedTrace {
  // By layer, [heads, tokens, width]: zero where head or token is gone.
  std::vector<std::vector<float>> out;
  std::vector<LayerCounts> layers;
  // By layer, the mean over the tokens it has: of their outputs, all heads, to exact attention's.
  std::vector<double> cosine;
};

// One sequence, as many queries as keys, as many key heads as heads, one width; causal where the
// trace is. Q, K and V of a layer are quantised as a whole, as they lie in memory before anything
// is known to be unimportant.
PrunedTrace run_pruned_trace(const PruningSchedule& schedule, const workload::Trace& trace);

// ConfigError unless the trace is such a one.
void check_one_sequence(const workload::Trace& trace);

}  // namespace weft::evaluation
