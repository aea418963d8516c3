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

// What is counted of a sized design, from which the analysis of any number of heads follows: points
// that differ in batch, heads or layers alone have it in common.
struct HeadWork {
  // What waits for one of so many copies in the buffer.
  struct Room {
    std::int64_t copies = 1;
    Total moved;
    Total regions;
    Total used_cycles;
  };
  // Tiles of one class, each of so many cycles; those of a stage on an array, or of its chain, are
  // a series.
  struct Tiles {
    int series = 0;
    std::int64_t cycles = 0;
    std::int64_t count = 0;
  };
  struct Group {
    std::vector<Total> busy;       // by array
    std::vector<Total> step_busy;  // by step
    std::vector<Room> rooms;
    std::vector<int> stages;    // of the series of `lives`
    std::vector<Tiles> lives;   // in the spatial arrays' contexts
    std::vector<Tiles> chains;  // of serial epochs
    std::vector<double> lead;   // by array: of a whole tile's path, before it
    std::vector<double> trail;  // and after it
    double path_cycles = 0;     // through all stages
    Total bytes;
    Total transfers;
    Total requests;
    Total firings;
    Total exposed;
    double first_load = 0;  // cycles of the first step's operands on the bus
    double last_store = 0;  // cycles of the last result on the bus
  };
  std::int64_t repeats = 1;  // trips of loop bh in which that is counted
  Analysis counted;          // without its groups
  std::vector<Group> groups;
};

// Counted in one trip of loop bh, or in all of the sizing's where 64 bits are near.
HeadWork work_of(const Lowering& lowering, const Sizing& sizing);
// Whether that tells of so many trips of loop bh, as the next two do.
bool tells(const HeadWork& work, std::int64_t repeats);
Analysis analysis_of(const Lowering& lowering, const HeadWork& work, std::int64_t repeats);
double cycles_of(const Lowering& lowering, const HeadWork& work, std::int64_t repeats);

}  // namespace weft::engine
