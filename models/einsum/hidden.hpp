// What a mask hides: points whose contribution to a sum is nothing because a score of −inf, or a
// numerator of 0, stands where the mask does not hold. They are left out of the sum, so that
// nothing there changes what is seen: 0 · NaN is none.
#pragma once

#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/einsum/domain.hpp"

namespace weft::einsum {

// By Einsum: where its points count, over the Einsum's own coordinates; empty where nothing is
// hidden from its sum.
std::vector<std::vector<Constraint>> hidden_points(const Cascade& cascade, const Extents& extents);

}  // namespace weft::einsum
