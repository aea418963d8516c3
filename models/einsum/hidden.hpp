// What a mask hides: points whose contribution to a sum is nothing because a score of −inf, or a
// numerator of 0, stands where the mask does not hold. They are left out of the sum, so that
// nothing there changes what is seen: 0 · NaN is none.
#pragma once

#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/einsum/domain.hpp"

namespace weft::einsum {

// Where an Einsum's points count, over its own coordinates.
struct Seen {
  std::vector<Constraint> constraints;
  EinsumId by_value = kNone;  // the Einsum whose mask by value holds where they count
  bool everywhere() const { return constraints.empty() && by_value == kNone; }
  bool operator==(const Seen&) const = default;
};

// By Einsum; everywhere where nothing is hidden from its sum.
std::vector<Seen> hidden_points(const Cascade& cascade, const Extents& extents);

}  // namespace weft::einsum
