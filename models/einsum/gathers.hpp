// What the analysis makes of gathers.
#pragma once

#include <cstdint>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

bool has_gathers(const Cascade& cascade);

// The cascade with each input dimension that is read through one list of coordinates alone as a
// dimension over the list: K[E,M] read as K[e,I[s]] is K[E,S] read as K[e,s]. What is not on the
// list is never read.
Cascade without_lists(const Cascade& cascade);

// Elements of an input that are read: all of it where an access gathers nothing; else, along a
// dimension that is gathered, no more than its index has values, of several accesses together.
std::int64_t elements_read(const Cascade& cascade, TensorId tensor, const Extents& extents,
                           std::int64_t elements);

}  // namespace weft::einsum
