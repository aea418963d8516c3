// The closed form of a sized design. For each group: what every unit has to do in all, what one
// tile at a time would take, the bound among them, and filling and draining once. Its assumptions
// are in docs/units/analytic.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// What an array does in a group.
struct ArrayLoad {
  Total busy_cycles;
  Total tiles;
  Total preload_cycles;
  Total drain_cycles;
  std::array<Total, einsum::kWorkKinds> work{};  // by einsum::Work
};

// The bounds of a group, and the estimate that the mapper ranks by, within microseconds: no walk
// (closed_form.hpp).
struct GroupAnalysis {
  double firings = 0;         // of steps on arrays
  double exposed_cycles = 0;  // of preload and drain on all arrays
  double array_cycles = 0;    // the busiest array
  double request_cycles = 0;  // requests, no more under way than may be
  double memory_cycles = 0;   // bytes at the memory's pace
  double transfer_cycles =
      0;  // transfers at the pace of their round trips, a few under way at once
  double room_cycles =
      0;  // transfers and use one after another, for as many copies as the buffer holds
  double latency_cycles = 0;  // tiles through the spatial array's contexts, one after another
  double cycles = 0;
  std::vector<Total> step_busy_cycles;  // by step, on its array: exact

  // What no schedule can do in less.
  double least() const { return std::max({array_cycles, memory_cycles, request_cycles}); }
};

struct MemoryLoad {
  Total read_bytes;  // of the DRAM
  Total written_bytes;
  Total buffer_read_bytes;  // between the buffer and the arrays
  Total buffer_written_bytes;
};

struct Analysis {
  std::vector<ArrayLoad> arrays;   // over all groups: exact
  std::vector<MemoryLoad> memory;  // by tensor: exact
  Total read_requests;             // exact
  Total write_requests;
  Total rows_read;  // of the buffer, by the arrays: exact
  Total rows_written;
  std::vector<GroupAnalysis> groups;
  double cycles = 0;
};

// Bytes that the memory moves in a cycle at its peak, no more than its data bus takes.
double bytes_per_cycle(const Lowering& lowering);

Analysis analyse(const Lowering& lowering, const Sizing& sizing);

}  // namespace weft::engine
