// A point at analytic fidelity: the closed form as a result.
#include <algorithm>
#include <cmath>

#include "models/engine/analytic.hpp"
#include "models/engine/mapping.hpp"
#include "models/engine/run.hpp"

namespace weft::engine {
namespace {

void put_rows(const Analysis& analysis, const Lowering& lowering, UnitResult& buffer) {
  const auto put = [&](BufferCounter counter, std::int64_t rows) {
    buffer.counters[static_cast<std::size_t>(counter)] = static_cast<std::uint64_t>(rows);
  };
  const std::int64_t row = lowering.arch->buffer.row_bytes;
  std::int64_t filled = 0;
  std::int64_t emptied = 0;
  for (const MemoryLoad& moved : analysis.memory) {
    filled += moved.read_bytes;
    emptied += moved.written_bytes;
  }
  put(BufferCounter::rows_read, analysis.rows_read);
  put(BufferCounter::rows_written, analysis.rows_written);
  put(BufferCounter::rows_filled, (filled + row - 1) / row);
  put(BufferCounter::rows_emptied, (emptied + row - 1) / row);
}

}  // namespace

Result run_analytic(const Design& design, const workload::Workload& workload, const workload::Shape& shape, std::int64_t layers) {
  const Mapping mapping = map_point(design, workload, shape, layers);
  const Lowering& lowering = *mapping.lowering;
  const Sizing& sizing = mapping.sizing;
  Result result = begin_result(design, lowering, sizing, Fidelity::analytic);
  if (mapping.tried > 1) result.mapping = {mapping.tried, mapping_words(lowering, sizing)};
  if (!sizing.feasible) return result;
  const Analysis analysis = analyse(lowering, sizing);
  result.cycles = static_cast<std::uint64_t>(std::llround(analysis.cycles));
  const auto unit = [&](UnitKind kind, int array, std::uint64_t busy) -> UnitResult& {
    UnitResult made{.kind = kind, .array = array, .busy_cycles = std::min(result.cycles, busy)};
    made.idle_cycles = result.cycles - made.busy_cycles;
    return result.units.emplace_back(made);
  };
  result.units.reserve(lowering.arrays.size() + 2);
  for (std::size_t a = 0; a < lowering.arrays.size(); ++a) {
    const ArrayLoad& load = analysis.arrays[a];
    UnitResult& made = unit(UnitKind::array, static_cast<int>(a), static_cast<std::uint64_t>(load.busy_cycles));
    const auto put = [&](ArrayCounter counter, std::int64_t count) {
      made.counters[static_cast<std::size_t>(counter)] = static_cast<std::uint64_t>(count);
    };
    const auto work = [&](einsum::Work kind) { return load.work[static_cast<std::size_t>(kind)]; };
    put(ArrayCounter::tiles, load.tiles);
    put(ArrayCounter::macc, work(einsum::Work::macc));
    put(ArrayCounter::multiply, work(einsum::Work::multiply));
    put(ArrayCounter::add, work(einsum::Work::add));
    put(ArrayCounter::max, work(einsum::Work::max));
    put(ArrayCounter::exp, work(einsum::Work::exp));
    put(ArrayCounter::divide, work(einsum::Work::divide));
    put(ArrayCounter::preload_cycles, load.preload_cycles);
    put(ArrayCounter::drain_cycles, load.drain_cycles);
  }
  put_rows(analysis, lowering, unit(UnitKind::buffer, kNone, 0));
  double memory = 0;
  for (const GroupAnalysis& group : analysis.groups) memory += group.memory_cycles;
  UnitResult& dram = unit(UnitKind::dram, kNone, static_cast<std::uint64_t>(std::llround(memory)));
  const auto put = [&](DramCounter counter, std::int64_t count) {
    dram.counters[static_cast<std::size_t>(counter)] += static_cast<std::uint64_t>(count);
  };
  put(DramCounter::read_requests, analysis.read_requests);
  put(DramCounter::write_requests, analysis.write_requests);
  result.traffic.reserve(2 * lowering.tensors.size());
  for (std::size_t t = 0; t < lowering.tensors.size(); ++t) {
    const MemoryLoad& moved = analysis.memory[t];
    put(DramCounter::bytes_read, moved.read_bytes);
    put(DramCounter::bytes_written, moved.written_bytes);
    if (moved.read_bytes + moved.written_bytes > 0) {
      result.traffic.push_back({static_cast<TensorId>(t), UnitKind::dram, static_cast<std::uint64_t>(moved.read_bytes),
                                static_cast<std::uint64_t>(moved.written_bytes)});
    }
    if (moved.buffer_read_bytes + moved.buffer_written_bytes > 0) {
      result.traffic.push_back({static_cast<TensorId>(t), UnitKind::buffer, static_cast<std::uint64_t>(moved.buffer_read_bytes),
                                static_cast<std::uint64_t>(moved.buffer_written_bytes)});
    }
  }
  conclude(result, lowering, sizing);
  return result;
}

}  // namespace weft::engine
