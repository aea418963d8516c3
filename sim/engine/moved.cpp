#include "sim/engine/moved.hpp"

#include "models/common/count.hpp"
#include "models/common/error.hpp"

namespace weft::sim::engine {

using weft::engine::BufferCounter;
using weft::engine::UnitKind;

std::uint64_t bytes_filled(std::span<const TensorBytes> moved) {
  std::uint64_t bytes = 0;
  for (const TensorBytes& m : moved) bytes = plus(bytes, m.dram_read, "bytes read from the memory");
  return bytes;
}

std::uint64_t bytes_emptied(std::span<const TensorBytes> moved) {
  std::uint64_t bytes = 0;
  for (const TensorBytes& m : moved)
    bytes = plus(bytes, m.dram_written, "bytes written to the memory");
  return bytes;
}

void count_rows_moved(std::span<const TensorBytes> moved, std::int64_t row_bytes,
                      weft::engine::Counters& buffer) {
  const auto row = static_cast<std::uint64_t>(row_bytes);
  buffer[static_cast<std::size_t>(BufferCounter::rows_filled)] = ceil_div(bytes_filled(moved), row);
  buffer[static_cast<std::size_t>(BufferCounter::rows_emptied)] =
      ceil_div(bytes_emptied(moved), row);
}

void add_traffic(std::span<const TensorBytes> moved, weft::engine::Result& result) {
  for (std::size_t t = 0; t < moved.size(); ++t) {
    const auto id = static_cast<weft::engine::TensorId>(t);
    const TensorBytes& m = moved[t];
    if (m.dram_read + m.dram_written > 0)
      result.traffic.push_back({id, UnitKind::dram, m.dram_read, m.dram_written});
    if (m.buffer_read + m.buffer_written > 0)
      result.traffic.push_back({id, UnitKind::buffer, m.buffer_read, m.buffer_written});
  }
}

void add_unit(weft::engine::UnitResult unit, weft::engine::Result& result) {
  const std::uint64_t used = unit.busy_cycles + unit.stall_in_cycles + unit.stall_out_cycles;
  check(used <= result.cycles, "a unit's cycles add up to more than the run's");
  unit.idle_cycles = result.cycles - used;
  result.units.push_back(unit);
}

}  // namespace weft::sim::engine
