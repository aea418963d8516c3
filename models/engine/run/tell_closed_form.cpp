#include "models/engine/run/tell_closed_form.hpp"

#include <algorithm>
#include <cmath>

#include "models/engine/analytic/closed_form.hpp"
#include "models/engine/analytic/part_memory.hpp"

namespace weft::engine {
namespace {

constexpr const char* kRead = "bytes read from the memory";
constexpr const char* kWritten = "bytes written to the memory";
// Of cycles on the fastest and the slowest memory: measured (docs/units/memory/hbm.md).
constexpr double kLeast = 0.98, kMost = 1.05;

void put_rows(const Analysis& analysis, const Lowering& lowering, UnitResult& buffer) {
  const auto put = [&](BufferCounter counter, const Total& rows) {
    buffer.counters[static_cast<std::size_t>(counter)] = rows.in_64_bits("rows of the buffer");
  };
  const std::int64_t row = lowering.arch->buffer.row_bytes;
  Total filled;
  Total emptied;
  for (const MemoryLoad& moved : analysis.memory) {
    filled += moved.read_bytes;
    emptied += moved.written_bytes;
  }
  put(BufferCounter::rows_read, analysis.rows_read);
  put(BufferCounter::rows_written, analysis.rows_written);
  put(BufferCounter::rows_filled, filled.over(row));
  put(BufferCounter::rows_emptied, emptied.over(row));
}

void put_arrays(const Analysis& analysis, std::size_t a, UnitResult& made) {
  const ArrayLoad& load = analysis.arrays[a];
  const auto put = [&](ArrayCounter counter, const Total& count) {
    made.counters[static_cast<std::size_t>(counter)] = count.in_64_bits(
        counters_of(UnitKind::array)[static_cast<std::size_t>(counter)].description);
  };
  const auto work = [&](einsum::Work kind) -> const Total& {
    return load.work[static_cast<std::size_t>(kind)];
  };
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

// Bytes by tensor and level, and the memory's counters.
void put_traffic(const Analysis& analysis, UnitResult& dram, Result& result) {
  Total read;
  Total written;
  for (std::size_t t = 0; t < analysis.memory.size(); ++t) {
    const MemoryLoad& moved = analysis.memory[t];
    read += moved.read_bytes;
    written += moved.written_bytes;
    const auto add = [&](UnitKind level, const Total& in, const Total& out, const char* in_what,
                         const char* out_what) {
      if (in > 0 || out > 0)
        result.traffic.push_back(
            {static_cast<TensorId>(t), level, in.in_64_bits(in_what), out.in_64_bits(out_what)});
    };
    add(UnitKind::dram, moved.read_bytes, moved.written_bytes, kRead, kWritten);
    add(UnitKind::buffer, moved.buffer_read_bytes, moved.buffer_written_bytes,
        "bytes read from the buffer", "bytes written to the buffer");
  }
  const auto put = [&](DramCounter counter, const Total& count, const char* what) {
    dram.counters[static_cast<std::size_t>(counter)] = count.in_64_bits(what);
  };
  put(DramCounter::read_requests, analysis.read_requests, "read requests");
  put(DramCounter::write_requests, analysis.write_requests, "write requests");
  put(DramCounter::bytes_read, read, kRead);
  put(DramCounter::bytes_written, written, kWritten);
}

void check_known(const Architecture& arch) {
  if (const auto access = arch.dram.access_bytes; access) {
    throw ConfigError(Problem{{},
                              "arch.dram.access_bytes",
                              std::to_string(*access),
                              "the closed form knows no memory that takes whole accesses; allowed "
                              "here: --fidelity systemc"});
  }
}

// A design's lowering on another memory.
class OnMemory {
 public:
  OnMemory(const Lowering& lowering, const Dram& dram)
      : arch_(*lowering.arch), lowering_(lowering) {
    arch_.dram = dram;
    lowering_.arch = &arch_;
  }
  OnMemory(const OnMemory&) = delete;
  OnMemory& operator=(const OnMemory&) = delete;

  // What it takes at least and at most, and about.
  Bound bound(const Sizing& sizing) const {
    const ClosedForm timed = closed_form(lowering_, sizing, analyse(lowering_, sizing));
    const auto cycles = static_cast<std::uint64_t>(whole(timed.cycles, "cycles"));
    return timed.bound.value_or(Bound{cycles, cycles});
  }
  const Lowering& lowering() const { return lowering_; }

 private:
  Architecture arch_;
  Lowering lowering_;
};

// Cycles of memory with a part, between those of a faster and of a slower one.
void tell_on_part(const Lowering& lowering, const Sizing& sizing, const Analysis& analysis,
                  Result& result) {
  PartMemory memory = part_memory(lowering.arch->dram, lowering.arch->clock_hz);
  const OnMemory told(lowering, memory.told);
  const ClosedForm timed = closed_form(told.lowering(), sizing, analyse(told.lowering(), sizing));
  result.cycles = static_cast<std::uint64_t>(whole(timed.cycles, "cycles"));
  // What is stored is done with its command, before data would come.
  const double reads = analysis.read_requests.approximate();
  const double all = reads + analysis.write_requests.approximate();
  const auto latency = static_cast<double>(*memory.fast.latency_cycles);
  memory.fast.latency_cycles =
      1 + static_cast<std::int64_t>((latency - 1) * (all > 0 ? reads / all : 1));
  const double least =
      kLeast * static_cast<double>(OnMemory(lowering, memory.fast).bound(sizing).at_least) -
      static_cast<double>(lowering.groups.size()) * latency;
  const double most =
      kMost * static_cast<double>(OnMemory(lowering, memory.slow).bound(sizing).at_most);
  result.bound = {
      std::min(result.cycles, static_cast<std::uint64_t>(std::max(0.0, least))),
      std::max(result.cycles, static_cast<std::uint64_t>(whole(std::ceil(most), "cycles")))};
}

}  // namespace

void tell_closed_form(const Mapping& mapping, const RunOptions& options, Result& result) {
  const Lowering& lowering = *mapping.lowering;
  const Sizing& sizing = mapping.sizing;
  check_known(*lowering.arch);
  const bool part = lowering.arch->dram.system != nullptr;
  const Analysis analysis = mapping.work == nullptr
                                ? analyse(lowering, sizing)
                                : analysis_of(lowering, *mapping.work, sizing.repeats);
  if (part) {
    tell_on_part(lowering, sizing, analysis, result);
  } else {
    const ClosedForm timed = closed_form(lowering, sizing, analysis, options.walks);
    result.cycles = static_cast<std::uint64_t>(whole(timed.cycles, "cycles"));
    result.bound = timed.bound;
  }
  const auto unit = [&](UnitKind kind, int array, std::uint64_t busy) -> UnitResult& {
    UnitResult made{.kind = kind, .array = array, .busy_cycles = std::min(result.cycles, busy)};
    made.idle_cycles = result.cycles - made.busy_cycles;
    return result.units.emplace_back(made);
  };
  result.units.reserve(lowering.arrays.size() + 2);
  for (std::size_t a = 0; a < lowering.arrays.size(); ++a) {
    const std::uint64_t busy = analysis.arrays[a].busy_cycles.in_64_bits("busy cycles");
    put_arrays(analysis, a, unit(UnitKind::array, static_cast<int>(a), busy));
  }
  put_rows(analysis, lowering, unit(UnitKind::buffer, kNone, 0));
  double memory = 0;
  for (const GroupAnalysis& group : analysis.groups) memory += group.memory_cycles;
  // Those are of the bandwidth that is named: of a part, at the peak of its channels.
  if (part)
    memory *= lowering.arch->dram.bandwidth_bytes_per_s / peak_bytes_per_s(lowering.arch->dram);
  UnitResult& dram =
      unit(UnitKind::dram, kNone, static_cast<std::uint64_t>(whole(memory, "cycles")));
  result.traffic.reserve(2 * lowering.tensors.size());
  put_traffic(analysis, dram, result);
}

}  // namespace weft::engine
