// What one step over one tile costs on its array: the rules of docs/units/engine.md.
#include <algorithm>

#include "models/engine/sizing.hpp"

namespace weft::engine {
namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// One Einsum of a step: its points outside the laid-out ranks, and how often those fold over the array.
void add_einsum(const Lowering& lowering, const Sizing& sizing, std::size_t g, const LoweredStep& step, const StepPoints& points,
                unsigned edges, StepCost& cost) {
  const Array& array = *lowering.arrays[step.array];
  const GroupSize& group = sizing.groups[g];
  std::array<std::int64_t, 4> extents{1, 1, 1, 1};  // by axis
  bool reduces_rows = false;
  for (const StepPoints::Rank& r : points.ranks) {
    const std::int64_t extent = r.tiled == kNone               ? sizing.extents[r.rank]
                                : r.outer                      ? 1
                                : (edges >> r.tiled & 1u) != 0 ? group.ranks[r.tiled].edge
                                                               : group.ranks[r.tiled].tile;
    extents[static_cast<std::size_t>(r.axis)] *= extent;
    reduces_rows = reduces_rows || (r.axis == Axis::rows && r.reduced);
  }
  const auto [rows, columns, lanes, temporal] = extents;
  const std::int64_t all = rows * columns * lanes * temporal;
  for (std::size_t k = 0; k < points.work.size(); ++k) cost.work[k] += points.work[k] * all;
  const bool spatial = array.kind == ArrayKind::spatial;
  const std::int64_t folds = spatial ? ceil_div(rows, *array.rows) * ceil_div(columns, *array.columns) : ceil_div(lanes, *array.lanes);
  cost.folds = std::max(cost.folds, folds);
  if (spatial && reduces_rows) cost.sum_folds = std::max(cost.sum_folds, ceil_div(rows, *array.rows));
  // Einsums streamed through one pipeline: the slowest sets the pace, their latencies add up.
  cost.issue_cycles = std::max(cost.issue_cycles, folds * temporal * points.cycles);
  cost.extra_latency_cycles += points.extra_latency;
  if (reduces_rows) cost.extra_latency_cycles += points.extra_latency * (std::min(rows, *array.rows) - 1);
  if (!step.product || !spatial) return;
  const bool stays = residency(lowering, sizing, step.stationary).at == lowering.array_names[step.array];
  const std::int64_t shift = folds * std::min(rows, *array.rows);
  const bool output = step.stationary == step.writes[0];
  if (!output && !stays) cost.preload_cycles = array.overlaps_preload ? std::max<std::int64_t>(0, shift - cost.issue_cycles) : shift;
  if (output && !stays) cost.drain_cycles = array.overlaps_drain ? std::max<std::int64_t>(0, shift - cost.issue_cycles) : shift;
}

// Sums of a product whose outputs do not stay in the elements: every fold along the reduced rows, and every tile of a
// reduced rank, reads what is there and writes it back, in fp32. (The first tile finds zeros; it is charged like the others.)
void add_partial_sums(const LoweredStep& step, std::int64_t elements, std::int64_t row_bytes, StepCost& cost) {
  constexpr std::int64_t kBytes = 4;
  const std::int64_t writes = cost.sum_folds - 1;
  const std::int64_t reads = writes + (step.reduces_tiles ? 1 : 0);
  cost.rows_written += writes * ceil_div(elements * kBytes, row_bytes);
  cost.rows_read += reads * ceil_div(elements * kBytes, row_bytes);
  StepCost::Moved& moved = cost.moved[static_cast<std::size_t>(cost.moved_count - 1)];
  moved.read_bytes += reads * elements * kBytes;
  if (step.reduces_tiles) moved.written_bytes = elements * kBytes;
  moved.written_bytes += writes * elements * kBytes;
  if (reads > 0) ++cost.read_streams;  // a sum is read as its successor is written
}

}  // namespace

StepCost step_cost(const Lowering& lowering, const Sizing& sizing, std::size_t g, const LoweredStep& step, unsigned edges) {
  StepCost cost;
  for (const StepPoints& points : step.points) add_einsum(lowering, sizing, g, step, points, edges, cost);
  const std::int64_t row_bytes = lowering.arch->buffer.row_bytes;
  const int innermost = step.loops.back();
  const auto bytes_of = [&](TensorId t) {
    return region_elements(lowering, sizing, g, t, innermost, edges) * numerics::bytes(lowering.tensors[t].format);
  };
  const auto rows_of = [&](TensorId t) { return ceil_div(bytes_of(t), row_bytes); };
  const auto in_buffer = [&](TensorId t) { return lowering.tensors[t].places[sizing.choice[t]] != Place::elsewhere; };
  std::int64_t longest = 0;
  check(step.reads.size() + step.writes.size() <= cost.moved.size(), "a step touches too many tensors");
  for (const TensorId t : step.reads) {
    if (!in_buffer(t)) continue;
    const bool at_preload = t == step.stationary && cost.preload_cycles > 0;
    cost.moved[cost.moved_count++] = {t, bytes_of(t), 0, at_preload, false};
    if (t == step.stationary && cost.preload_cycles > 0) {
      cost.preload_rows = rows_of(t);
      continue;
    }
    cost.rows_read += rows_of(t);
    longest = std::max(longest, rows_of(t));
    ++cost.read_streams;
  }
  const bool leaves_at_end = step.product && step.stationary == step.writes[0] && step.reduces_tiles;
  for (const TensorId t : step.writes) {
    if (!in_buffer(t)) continue;
    cost.moved[cost.moved_count++] = {t, 0, bytes_of(t), false, leaves_at_end};
    cost.rows_written += rows_of(t);
    if (step.product && step.stationary != kNone && step.stationary != t) {
      const std::int64_t elements = region_elements(lowering, sizing, g, t, innermost, edges);
      add_partial_sums(step, elements, row_bytes, cost);
    }
    if (!leaves_at_end) longest = std::max(longest, rows_of(t) - cost.drain_cycles);
    ++cost.write_streams;
  }
  // A port moves one row a cycle: a stream longer than the work sets the pace.
  cost.issue_cycles = std::max(cost.issue_cycles, longest);
  return cost;
}

}  // namespace weft::engine
