// The closed form of a sized design. For each group: what every unit has to do in all, what one tile at a time would
// take, the bound among them, and filling and draining once. Its assumptions are in docs/units/analytic.md.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/sizing.hpp"

namespace weft::engine {

struct GroupAnalysis {
  std::vector<double> busy_cycles;   // by array
  double memory_cycles = 0;          // bytes at the memory's pace
  double latency_cycles = 0;         // tiles through the spatial array's contexts, one after another
  double fill_cycles = 0;            // before the bounding unit starts and after it ends
  double cycles = 0;
  std::vector<einsum::WorkCounts> work;  // by array
};

struct Analysis {
  std::vector<GroupAnalysis> groups;
  double cycles = 0;
  std::vector<std::int64_t> read_bytes;     // DRAM, by tensor
  std::vector<std::int64_t> written_bytes;
};

Analysis analyse(const Lowering& lowering, const Sizing& sizing);

}  // namespace weft::engine
