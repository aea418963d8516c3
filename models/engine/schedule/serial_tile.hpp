// The path of one tile under strictly serial epochs.
#pragma once

#include <cstdint>

#include "models/engine/schedule/schedule.hpp"

namespace weft::engine {

// Cycles from a tile's first step to the end of its last, where tiles follow one another strictly:
// the steps of one stage in the sequencer's order, each on its array when its operands of this tile
// are there.
std::int64_t serial_tile(const Lowering& lowering, const GroupSchedule& schedule, int stage,
                         unsigned edges);

}  // namespace weft::engine
