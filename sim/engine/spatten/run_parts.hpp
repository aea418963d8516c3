// What runs of a SpAtten engine have in common, simulated or in RTL.
#pragma once

#include <cstdint>
#include <span>

#include "models/engine/run/run_point.hpp"
#include "sim/engine/spatten/run_binding.hpp"
#include "sim/engine/spatten/trace_program.hpp"

namespace weft::sim::engine::spatten {

// A tensor of the design's cascade; ConfigError where it has none of that name.
std::int16_t tensor_named(const weft::engine::Design& design, const char* name);

// How a design runs a workload: its binding's `run`, with what that takes of the workload's
// schedule where no values flow.
Run run_of(const weft::engine::Design& design, const workload::Workload& workload,
           const weft::engine::RunOptions& options);

// Whether operands are drawn: of an engine that is there in RTL too, so that both run the same.
// Others draw scores. Not where a trace is given, or the workload says by itself what is pruned.
bool draws_operands(const weft::engine::Design& design, const workload::Workload& workload,
                    const weft::engine::RunOptions& options);

// Operands in [−2, 2) that the seed draws, those of each tensor from a seed of its own. ConfigError
// where the binding says how scores are drawn, which none are.
workload::Trace drawn_operands(const weft::engine::Design& design, const Run& run,
                               const workload::Workload& workload,
                               const weft::engine::RunOptions& options);

// How the planes of a run lie in memory.
Layout layout_of(const Run& run, const Program::Extents& extents, const workload::Shape& shape);

// Bytes that were moved and asked for, by tensor, and those of queries and outputs of so many rows,
// which stay on chip.
void add_traffic(const weft::engine::Lowering& lowering, std::span<const std::uint64_t> moved,
                 std::span<const std::uint64_t> asked, std::int64_t rows,
                 weft::engine::Result& result);

// What a trace's values are, beside the reference and in the form of outputs.
void give_values(TraceProgram& program, const weft::engine::RunOptions& options,
                 weft::engine::Result& result);

}  // namespace weft::sim::engine::spatten
