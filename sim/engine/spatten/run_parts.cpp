#include "sim/engine/spatten/run_parts.hpp"

#include <algorithm>
#include <utility>

#include "models/engine/design/assembled.hpp"
#include "models/numerics/format.hpp"
#include "models/select/pivot.hpp"
#include "models/workload/made_trace.hpp"

namespace weft::sim::engine::spatten {

using weft::engine::Design;
using weft::engine::Result;
using weft::engine::RunOptions;

namespace {

constexpr std::int64_t kFullBits = 32;
constexpr std::int64_t kOnChipBits = 12;  // of queries and outputs

}  // namespace

std::int16_t tensor_named(const Design& design, const char* name) {
  const auto found = design.lowering(false).cascade->tensor(name);
  if (found != einsum::kNone) return static_cast<std::int16_t>(found);
  throw ConfigError(Problem{config::origin_of(design.assembled()->binding_origins, "cascade"),
                            "cascade", design.binding().cascade,
                            std::string("has no tensor ") + name + ", which the engine moves"});
}

Run run_of(const Design& design, const workload::Workload& workload, const RunOptions& options) {
  const auto& binding = design.assembled()->binding.run.value;
  const auto& schedule = workload.schedule.value;
  return run_of(binding ? &*binding : nullptr,
                schedule && options.trace == nullptr ? &*schedule : nullptr);
}

bool draws_operands(const Design& design, const workload::Workload& workload,
                    const RunOptions& options) {
  return options.trace == nullptr && !design.assembled()->arch.rtl.empty() &&
         workload.pruned == nullptr && !workload.is_program();
}

workload::Trace drawn_operands(const Design& design, const Run& run,
                               const workload::Workload& workload, const RunOptions& options) {
  if (run.scores != DrawnDeviations{})
    throw ConfigError(Problem{
        config::origin_of(design.assembled()->binding_origins, "run.scores"), "binding.run.scores",
        "",
        "of an engine that is there in RTL operands are drawn, and scores computed: allowed "
        "without --values: none"});
  std::uint64_t tensor = 0;
  return workload::made_trace(
      workload.shape(), weft::engine::layers_of(options), [&](std::int64_t count) {
        const std::uint64_t own = weft::select::seed_of(~options.seed, tensor++);
        std::vector<float> values(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < values.size(); ++i)
          values[i] = workload::operand_of(weft::select::seed_of(own, i));
        return values;
      });
}

Layout layout_of(const Run& run, const Program::Extents& extents, const workload::Shape& shape) {
  return Layout({.layers = extents.layers,
                 .heads = extents.heads,
                 .tokens = extents.tokens,
                 .side_by_side = run.keys_side_by_side,
                 .order = run.order,
                 .most_row_bytes = std::max(shape.width_qk, shape.width_v) * kFullBits / 8});
}

void add_traffic(const weft::engine::Lowering& lowering, std::span<const std::uint64_t> moved,
                 std::span<const std::uint64_t> asked, std::int64_t rows, Result& result) {
  for (std::size_t t = 0; t < moved.size(); ++t) {
    if (moved[t] == 0) continue;
    result.traffic.push_back(
        {static_cast<weft::engine::TensorId>(t), weft::engine::UnitKind::dram, moved[t], 0});
    result.beyond_need_bytes += moved[t] - asked[t];
  }
  const auto bytes = [&](std::int64_t width) {
    return static_cast<std::uint64_t>(rows * numerics::bytes_of_bits(kOnChipBits * width));
  };
  if (const auto query = lowering.cascade->tensor("Q"); query != einsum::kNone)
    result.traffic.push_back(
        {query, weft::engine::UnitKind::buffer, bytes(result.shape.width_qk), 0});
  if (const auto output = lowering.cascade->tensor("AV"); output != einsum::kNone)
    result.traffic.push_back(
        {output, weft::engine::UnitKind::buffer, 0, bytes(result.shape.width_v)});
}

void give_values(TraceProgram& program, const RunOptions& options, Result& result) {
  weft::engine::Error all;
  result.error_by_layer = program.errors(all, [&](double done) {
    if (options.stop.stop_requested()) throw weft::engine::Cancelled();
    if (options.progress) options.progress(0.8 + 0.2 * done);
  });
  result.error = all;
  const workload::Shape& shape = options.trace->shape;
  if (options.outputs != nullptr) *options.outputs = program.outputs();
  if (options.tensors != nullptr)
    *options.tensors = {{"out", "AV", {shape.seq_q, shape.width_v}, std::move(program.outputs())}};
}

}  // namespace weft::sim::engine::spatten
