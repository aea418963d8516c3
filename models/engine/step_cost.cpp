// What one step over one tile costs on its array: the rules of docs/units/engine.md.
#include <algorithm>

#include "models/engine/sizing.hpp"

namespace weft::engine {
namespace {

using einsum::Work;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
std::int64_t of(const einsum::WorkCounts& work, Work kind) { return work[static_cast<std::size_t>(kind)]; }

// Extent of rank `r` (plain, or a partition) inside one tile.
std::int64_t extent_in_tile(const Lowering& lowering, const Sizing& sizing, std::size_t g, RankId r, unsigned edges) {
  const LoweredGroup& group = lowering.groups[g];
  const einsum::Rank& rank = lowering.cascade->ranks[r];
  const RankId base = lowering.cascade->base_of(r);
  for (std::size_t i = 0; i < group.tiled.size(); ++i) {
    if (group.tiled[i].base != base) continue;
    if (rank.kind == einsum::RankKind::partition && rank.level > 0) return 1;
    return (edges >> i & 1u) != 0 ? sizing.groups[g].ranks[i].edge : sizing.groups[g].ranks[i].tile;
  }
  return sizing.extents[r];
}

// Cycles of an element for one point of an Einsum that is no product, and the latency beyond them.
struct PointTime {
  std::int64_t cycles = 0;
  std::int64_t extra = 0;
};
PointTime point_time(const Operations& can, const einsum::WorkCounts& work) {
  PointTime time;
  const auto spend = [&](std::int64_t count, std::int64_t interval, std::int64_t latency) {
    time.cycles += count * interval;
    if (count > 0) time.extra += latency - interval;
  };
  const auto run = [&](std::int64_t count, const std::optional<Operation>& op, const std::optional<Operation>& instead) {
    if (count > 0) spend(count, (op ? op : instead)->interval_cycles, (op ? op : instead)->latency_cycles);
  };
  std::int64_t adds = of(work, Work::add);
  const std::int64_t exps = of(work, Work::exp);
  if (exps > 0) {
    if (can.exp->absorbs_subtract) adds = std::max<std::int64_t>(0, adds - exps);
    spend(exps, can.exp->interval_cycles, can.exp->latency_cycles);
  }
  run(adds, can.add, can.macc);
  run(of(work, Work::max), can.max, std::nullopt);
  run(of(work, Work::divide), can.divide, std::nullopt);
  run(of(work, Work::multiply), can.multiply, can.macc);
  run(of(work, Work::macc), can.macc, std::nullopt);
  time.extra = std::max<std::int64_t>(0, time.extra);
  return time;
}

// One Einsum of a step: its points outside the laid-out ranks, and how often those fold over the array.
void add_einsum(const Lowering& lowering, const Sizing& sizing, std::size_t g, const LoweredStep& step, EinsumId e, unsigned edges, StepCost& cost) {
  const einsum::Einsum& einsum = lowering.cascade->einsums[e];
  const Array& array = *lowering.arrays[step.array];
  const einsum::WorkCounts work = einsum::work_per_point(*lowering.cascade, e);
  std::int64_t temporal = 1;
  std::int64_t points = 1;
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t lanes = 1;
  bool reduces_rows = false;
  for (const RankId r : einsum.iteration) {
    const std::int64_t extent = extent_in_tile(lowering, sizing, g, r, edges);
    const RankId base = lowering.cascade->base_of(r);
    points *= extent;
    if (base == step.rows && array.kind == ArrayKind::spatial) {
      rows *= extent;
      reduces_rows = reduces_rows || std::find(einsum.reduced.begin(), einsum.reduced.end(), r) != einsum.reduced.end();
    } else if (base == step.columns && array.kind == ArrayKind::spatial) {
      columns *= extent;
    } else if (base == step.lanes && array.kind == ArrayKind::vector) {
      lanes *= extent;
    } else {
      temporal *= extent;
    }
  }
  for (std::size_t k = 0; k < work.size(); ++k) cost.work[k] += work[k] * points;
  const PointTime time = point_time(array.operations, work);
  std::int64_t folds = 1;
  if (array.kind == ArrayKind::spatial) {
    folds = ceil_div(rows, *array.rows) * ceil_div(columns, *array.columns);
  } else {
    folds = ceil_div(lanes, *array.lanes);
  }
  // Einsums streamed through one pipeline: the slowest sets the pace, their latencies add up.
  cost.issue_cycles = std::max(cost.issue_cycles, folds * temporal * time.cycles);
  cost.extra_latency_cycles += time.extra;
  if (reduces_rows) cost.extra_latency_cycles += time.extra * (std::min(rows, *array.rows) - 1);
  if (!step.product || array.kind != ArrayKind::spatial) return;
  const std::string& here = lowering.array_names[step.array];
  const bool stays = residency(lowering, sizing, step.stationary).at == here;
  const std::int64_t shift = folds * std::min(rows, *array.rows);
  const bool output = step.stationary == step.writes[0];
  if (!output && !stays) cost.preload_cycles = array.overlaps_preload ? std::max<std::int64_t>(0, shift - cost.issue_cycles) : shift;
  if (output && !stays) cost.drain_cycles = array.overlaps_drain ? std::max<std::int64_t>(0, shift - cost.issue_cycles) : shift;
}

}  // namespace

StepCost step_cost(const Lowering& lowering, const Sizing& sizing, std::size_t g, const LoweredStep& step, unsigned edges) {
  StepCost cost;
  for (const EinsumId e : step.einsums) add_einsum(lowering, sizing, g, step, e, edges, cost);
  const std::int64_t row_bytes = lowering.arch->buffer.row_bytes;
  const int innermost = step.loops.back();
  const auto bytes_of = [&](TensorId t) {
    return region_elements(lowering, sizing, g, t, innermost, edges) * numerics::bytes(lowering.tensors[t].format);
  };
  const auto rows_of = [&](TensorId t) {
    return ceil_div(bytes_of(t), row_bytes);
  };
  const auto in_buffer = [&](TensorId t) {
    const std::string& at = residency(lowering, sizing, t).at;
    return at == "buffer" || at == "dram";
  };
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
    cost.rows_written += rows_of(t);
    cost.moved[cost.moved_count++] = {t, 0, bytes_of(t), false, leaves_at_end};
    if (!leaves_at_end) longest = std::max(longest, rows_of(t) - cost.drain_cycles);
    ++cost.write_streams;
  }
  // A port moves one row a cycle: a stream longer than the work sets the pace.
  cost.issue_cycles = std::max(cost.issue_cycles, longest);
  return cost;
}

}  // namespace weft::engine
