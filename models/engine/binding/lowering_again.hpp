// A design lowered again, without finding out again what stays.
#pragma once

#include "models/einsum/analysis.hpp"
#include "models/engine/binding/lowering.hpp"

namespace weft::engine {

// lower() where the cascade's passes are known, which take half of its time.
einsum::PassAnalysis passes_of(const einsum::Cascade& cascade);
Lowering lower(const Architecture& arch, const Binding& binding, const einsum::Cascade& cascade,
               const einsum::PassAnalysis& passes, const config::Origins& binding_origins);

// Tiles on a spatial array at once: what the binding says, else the contexts of the arrays that the
// lowering uses. ConfigError where the binding says more. Both may be others, which lower alike.
std::int64_t tiles_in_flight(const Lowering& lowering, const Architecture& arch,
                             const Binding& binding, const config::Origins& binding_origins);

}  // namespace weft::engine
