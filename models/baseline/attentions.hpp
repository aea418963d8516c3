// What a baseline is asked to run: attentions one after another, nothing left out of them.
#pragma once

#include <vector>

#include "models/engine/run/run_options.hpp"
#include "models/program/program.hpp"
#include "models/workload/workload.hpp"

namespace weft::baseline {

// A trace's layers, a workload's program, one attention of `layers`, or of a file of rows the
// sentence of each iteration, in all heads and layers that the file names.
std::vector<program::Invocation> attentions_of(const workload::Workload& workload,
                                               const engine::RunOptions& options);

// Pairs of a query and a key that it sees, of one head of one sequence.
double seen_pairs(const workload::Shape& shape);
// Floating-point operations of QKᵀ and AV over all batches, heads and layers; a multiplication with
// its addition is two. `masked`: those of pairs that are seen; else of all.
double operations_of(const program::Invocation& attention, bool masked);
// Bytes of K and of V, of each operand once.
double key_bytes(const program::Invocation& attention, double bits);
double value_bytes(const program::Invocation& attention, double bits);

}  // namespace weft::baseline
