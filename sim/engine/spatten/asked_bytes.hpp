// Bytes of K and V that a workload's rows ask for, as techniques come one upon another: what a run
// with all of them asks of its memory, counted without one.
#pragma once

#include <array>
#include <cstdint>

#include "models/workload/workload.hpp"
#include "sim/engine/spatten/run_binding.hpp"

namespace weft::sim::engine::spatten {

// Dense at 32 bit; tokens and values pruned; heads too; and in the bits of `run`, rows that are
// computed again with their lower bits. Of steps, or of one attention as long as its keys.
std::array<double, 4> asked_bytes(const Run& run, const workload::Workload& workload,
                                  std::int64_t layers, std::uint64_t seed);

}  // namespace weft::sim::engine::spatten
