#include "models/engine/schedule/step_cost.hpp"

#include <algorithm>

#include "models/engine/schedule/tensor_bytes.hpp"
#include "models/engine/schedule/windows.hpp"

namespace weft::engine {
namespace {

constexpr const char* kCycles = "cycles of one tile";
constexpr const char* kOperations = "operations of one tile";
constexpr const char* kSums = "bytes of partial sums of one tile";
constexpr std::int64_t kMostCycles = std::int64_t{1}
                                     << 60;  // of a tile: sums of a few stay below 2^63

// One Einsum of a step: its points outside the laid-out ranks, and how often those fold over the
// array.
void add_einsum(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                const LoweredStep& step, const StepPoints& points, unsigned edges, StepCost& cost) {
  const Array& array = *lowering.arrays[step.array];
  const GroupSize& group = sizing.groups[g];
  std::array<std::int64_t, 4> extents{1, 1, 1, 1};  // by axis
  bool reduces_rows = false;
  for (const StepPoints::Rank& r : points.ranks) {
    const std::int64_t extent = r.tiled == kNone               ? sizing.extents[r.rank]
                                : r.outer                      ? 1
                                : (edges >> r.tiled & 1u) != 0 ? group.ranks[r.tiled].edge
                                                               : group.ranks[r.tiled].tile;
    std::int64_t& all = extents[static_cast<std::size_t>(r.axis)];
    all = times(all, extent, kOperations);
    reduces_rows = reduces_rows || (r.axis == Axis::rows && r.reduced);
  }
  const auto [rows, columns, lanes, temporal] = extents;
  const std::int64_t all =
      times(times(rows, columns, kOperations), times(lanes, temporal, kOperations), kOperations);
  for (std::size_t k = 0; k < points.work.size(); ++k)
    cost.work[k] = plus(cost.work[k], times(points.work[k], all, kOperations), kOperations);
  const bool spatial = array.kind == ArrayKind::spatial;
  const std::int64_t folds = spatial
                                 ? ceil_div(rows, *array.rows) * ceil_div(columns, *array.columns)
                                 : ceil_div(lanes, *array.lanes);
  cost.folds = std::max(cost.folds, folds);
  if (spatial && reduces_rows)
    cost.sum_folds = std::max(cost.sum_folds, ceil_div(rows, *array.rows));
  // Einsums streamed through one pipeline: the slowest sets the pace, their latencies add up.
  cost.issue_cycles =
      std::max(cost.issue_cycles, times(times(folds, temporal, kCycles), points.cycles, kCycles));
  const std::int64_t deep = reduces_rows ? std::min(rows, *array.rows) : 1;
  cost.extra_latency_cycles =
      plus(cost.extra_latency_cycles, times(points.extra_latency, deep, kCycles), kCycles);
  if (!step.product || !spatial) return;
  const bool stays =
      residency(lowering, sizing, step.stationary).at == lowering.array_names[step.array];
  const std::int64_t shift = times(folds, std::min(rows, *array.rows), kCycles);
  const bool output = step.stationary == step.writes[0];
  if (!output && !stays)
    cost.preload_cycles =
        array.overlaps_preload ? std::max<std::int64_t>(0, shift - cost.issue_cycles) : shift;
  if (output && !stays)
    cost.drain_cycles =
        array.overlaps_drain ? std::max<std::int64_t>(0, shift - cost.issue_cycles) : shift;
}

// Sums of a product whose outputs do not stay in the elements: every fold along the reduced rows,
// and every tile of a reduced rank, reads what is there and writes it back, in fp32. (The first
// tile finds zeros; it is charged like the others.)
void add_partial_sums(const LoweredStep& step, std::int64_t elements, std::int64_t row_bytes,
                      StepCost& cost) {
  constexpr std::int64_t kBytes = 4;
  const std::int64_t writes = cost.sum_folds - 1;
  const std::int64_t reads = writes + (step.reduces_tiles ? 1 : 0);
  const std::int64_t bytes = times(elements, kBytes, kSums);
  const std::int64_t rows = ceil_div(bytes, row_bytes);
  cost.rows_written = plus(cost.rows_written, times(writes, rows, kSums), kSums);
  cost.rows_read = plus(cost.rows_read, times(reads, rows, kSums), kSums);
  StepCost::Moved& moved = cost.moved[static_cast<std::size_t>(cost.moved_count - 1)];
  moved.read_bytes = plus(moved.read_bytes, times(reads, bytes, kSums), kSums);
  if (step.reduces_tiles) moved.written_bytes = bytes;
  moved.written_bytes = plus(moved.written_bytes, times(writes, bytes, kSums), kSums);
  if (reads > 0) ++cost.read_streams;  // a sum is read as its successor is written
}

}  // namespace

StepCost step_cost(const Lowering& lowering, const Sizing& sizing, std::size_t g,
                   const LoweredStep& step, unsigned edges) {
  StepCost cost;
  for (const StepPoints& points : step.points)
    add_einsum(lowering, sizing, g, step, points, edges, cost);
  const std::int64_t row_bytes = lowering.arch->buffer.row_bytes;
  const int innermost = step.loops.back();
  const auto bytes_of = [&](TensorId t) {
    return region_bytes(lowering, sizing, g, t,
                        region_elements(lowering, sizing, g, t, innermost, edges));
  };
  const auto in_buffer = [&](TensorId t) {
    return lowering.tensors[t].places[sizing.choice[t]] != Place::elsewhere;
  };
  std::int64_t longest = 0;
  for (const TensorId t : step.reads) {
    if (!in_buffer(t)) continue;
    const bool at_preload = t == step.stationary && cost.preload_cycles > 0;
    const std::int64_t bytes = region_bytes(
        lowering, sizing, g, t, elements_read(lowering, sizing, g, t, innermost, edges));
    const std::int64_t rows = ceil_div(bytes, row_bytes);
    cost.moved[cost.moved_count++] = {t, bytes, 0, at_preload, false};
    if (at_preload) {
      cost.preload_rows = rows;
      continue;
    }
    cost.rows_read += rows;
    longest = std::max(longest, rows);
    ++cost.read_streams;
  }
  const bool leaves_at_end =
      step.product && step.stationary == step.writes[0] && step.reduces_tiles;
  for (const TensorId t : step.writes) {
    if (!in_buffer(t)) continue;
    const std::int64_t bytes = bytes_of(t);
    const std::int64_t rows = ceil_div(bytes, row_bytes);
    cost.moved[cost.moved_count++] = {t, 0, bytes, false, leaves_at_end};
    cost.rows_written += rows;
    if (step.product && step.stationary != kNone && step.stationary != t) {
      const std::int64_t elements = region_elements(lowering, sizing, g, t, innermost, edges);
      add_partial_sums(step, elements, row_bytes, cost);
    }
    if (!leaves_at_end) longest = std::max(longest, rows - cost.drain_cycles);
    ++cost.write_streams;
  }
  // A port moves one row a cycle: a stream longer than the work sets the pace.
  cost.issue_cycles = std::max(cost.issue_cycles, longest);
  for (const std::int64_t cycles :
       {cost.issue_cycles, cost.preload_cycles, cost.drain_cycles, cost.extra_latency_cycles}) {
    if (cycles > kMostCycles)
      throw TooLarge(kCycles, static_cast<double>(cycles), static_cast<double>(kMostCycles));
  }
  return cost;
}

}  // namespace weft::engine
