// DRAM with state as the closed form takes it: by the bandwidth and latency of the streams that a
// design's transfers are, and between a faster and a slower memory than any that it can be.
#pragma once

#include "models/engine/architecture/architecture.hpp"

namespace weft::engine {

struct PartMemory {
  Dram fast;  // the channels' peak, a row that is open
  Dram told;  // consecutive accesses, and a row that is not
  Dram slow;  // a share of that, and what refreshes and other transfers put before an access
};

// Of memory with a part.
PartMemory part_memory(const Dram& dram, double clock_hz);

}  // namespace weft::engine
