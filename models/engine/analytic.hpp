// The closed form of a sized design. For each group: what every unit has to do in all, what one tile at a time would
// take, the bound among them, and filling and draining once. Its assumptions are in docs/units/analytic.md.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/sizing.hpp"

namespace weft::engine {

// What an array does in a group.
struct ArrayLoad {
  std::int64_t busy_cycles = 0;
  std::int64_t tiles = 0;
  std::int64_t preload_cycles = 0;
  std::int64_t drain_cycles = 0;
  einsum::WorkCounts work{};
};

struct GroupAnalysis {
  double memory_cycles = 0;    // bytes at the memory's pace
  double transfer_cycles = 0;  // transfers at the pace of their round trips, a few under way at once
  double room_cycles = 0;      // transfers and use one after another, for as many copies as the buffer holds
  double latency_cycles = 0;   // tiles through the spatial array's contexts, one after another
  double cycles = 0;
  std::vector<std::int64_t> step_busy_cycles;  // by step, on its array: exact
};

struct MemoryLoad {
  std::int64_t read_bytes = 0;  // of the DRAM
  std::int64_t written_bytes = 0;
  std::int64_t buffer_read_bytes = 0;  // between the buffer and the arrays
  std::int64_t buffer_written_bytes = 0;
};

struct Analysis {
  std::vector<ArrayLoad> arrays;   // over all groups: exact
  std::vector<MemoryLoad> memory;  // by tensor: exact
  std::int64_t read_requests = 0;  // exact
  std::int64_t write_requests = 0;
  std::int64_t rows_read = 0;  // of the buffer, by the arrays: exact
  std::int64_t rows_written = 0;
  std::vector<GroupAnalysis> groups;
  double cycles = 0;
};

// Bytes that the memory moves in a cycle at its peak, no more than its data bus takes.
double bytes_per_cycle(const Lowering& lowering);

Analysis analyse(const Lowering& lowering, const Sizing& sizing);

}  // namespace weft::engine
