// What a point of a lowered design needs, once a design: ids and numbers in place of names.
#pragma once

#include "models/engine/binding/lowering.hpp"

namespace weft::engine {

// Fills the parts of a lowering that only a schedule tells, and what a point looks up by id.
void prepare(Lowering& lowering);

// lower() and prepare().
Lowering lower_and_prepare(const Architecture& arch, const Binding& binding,
                           const einsum::Cascade& cascade, const config::Origins& binding_origins);

// Makes a lowering one of another architecture and another binding, both of which lower alike; what
// is prepared stays so.
void adapt(Lowering& lowering, const Architecture& arch, const Binding& binding);

}  // namespace weft::engine
