// Windows over inputs that come tile by tile along another rank.
#pragma once

#include <string>

#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

// Fills in how far the windows look back; returns why a shape cannot run so, or nothing.
std::string fill_reach(const Lowering& lowering, Sizing& sizing);

// Elements of `tensor` that a step reads in one iteration of `loop`: its region, and what a window
// looks back at.
std::int64_t elements_read(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                           TensorId tensor, int loop, unsigned edges);

// Tiles of the tensor that stay in the buffer for a window, beside its copies.
std::int64_t tiles_behind(const Lowering& lowering, const Sizing& sizing, std::size_t group,
                          TensorId tensor);

}  // namespace weft::engine
