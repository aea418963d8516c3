// A random binding of a cascade: groups, cuts, loop orders, arrays, stationary tensors, places,
// copies, contexts, epochs.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "models/einsum/cascade.hpp"

namespace weft::sim::engine::test {

// A small machine that can do everything, as YAML: a spatial array and two vectors. `contexts`: of
// the spatial array.
std::string random_architecture(std::mt19937_64& random);

// As YAML. Mostly one that the engine can run; now and then it does what it must not.
std::string random_binding(std::mt19937_64& random, const einsum::Cascade& cascade);

}  // namespace weft::sim::engine::test
