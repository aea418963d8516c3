// Decode steps as rows of a file like SpAtten's: what a schedule keeps in each step, layer and
// head.
#pragma once

#include <cstdint>

#include "models/workload/spatten_csv.hpp"
#include "models/workload/workload.hpp"
#include "sim/engine/spatten/run_binding.hpp"

namespace weft::sim::engine::spatten {

// Rows of `workload.steps` steps of one query through `layers` layers. In step i there are i tokens
// more; a layer keeps the tokens of its ratio, of all there are, and of each row's keys the values
// of theirs. Pruned heads are those that a hash of the seed puts last, in every step the same. A
// row whose hash lies below `recompute_share` is computed again. ConfigError as of CascadeProgram.
workload::PrunedRows step_rows(const Run& run, const workload::Workload& workload,
                               std::int64_t layers, std::uint64_t seed);

}  // namespace weft::sim::engine::spatten
