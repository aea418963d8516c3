// One Einsum over one tile, in the arithmetic of a machine. Strided loops, no allocation and no string per element.
// An arithmetic policy A has: Value; load(double); add, subtract, multiply, divide, max, min (Value, Value);
// macc(a, b, c) = a·b + c; exp_scaled(x, s) = exp(s·x); and per-output rounding `store(Value, TensorFormat)`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Half-open coordinate ranges, one for each of the Einsum's `iteration` ranks, in that order.
struct Box {
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> end;
};

// A whole tensor in memory, row-major over its dimensions (a generational one has extent + 1 coordinates).
template <class Value>
using TensorSpan = std::span<Value>;

// Offsets of tensor elements: dimension extents and row-major strides of `tensor` under `extents`.
std::vector<std::int64_t> tensor_shape(const Cascade& cascade, TensorId tensor, const Extents& extents);

}  // namespace weft::einsum
