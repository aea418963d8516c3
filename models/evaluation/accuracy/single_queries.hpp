// A decoder's attention from a trace: its tokens come one by one, each a single query to the keys
// and values so far, under a schedule whose pruning goes on from step to step.
#pragma once

#include <cstdint>
#include <vector>

#include "models/evaluation/accuracy/pruned_layers.hpp"
#include "models/evaluation/accuracy/pruning_schedule.hpp"
#include "models/workload/trace.hpp"

namespace weft::evaluation {

struct SingleQueries {
  std::int64_t steps = 0;           // measured: those of the second half of the tokens
  double cosine_mean = 0;           // of a layer's output, all heads, to double precision
  std::vector<double> by_layer;     // the same
  std::vector<LayerCounts> layers;  // of the measured steps; what was kept: of the last one
};

// `trace`: one sequence, as many queries as keys. K and V are quantised as a whole, their scales
// known beforehand. Every step fetches its scales anew.
SingleQueries run_single_queries(const PruningSchedule& schedule, const workload::Trace& trace);

}  // namespace weft::evaluation
