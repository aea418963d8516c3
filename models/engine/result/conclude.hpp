// What is told of several shapes that ran as one: a program's.
#pragma once

#include <span>

#include "models/engine/result/result.hpp"

namespace weft::engine {

// One of them, and the lowering that it ran by. All are of one architecture, and of cascades with
// the same tensors.
struct Ran {
  const Lowering* lowering = nullptr;
  const Sizing* sizing = nullptr;
};

// As conclude() of one; at least one ran.
void conclude(Result& result, std::span<const Ran> ran);

}  // namespace weft::engine
