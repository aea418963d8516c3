// Where an Einsum runs and where its tensors' elements lie: boxes of coordinates, offsets,
// generation 0.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/einsum/blocks.hpp"
#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// Half-open coordinate ranges, one for each of the Einsum's `iteration` ranks, in that order.
struct Box {
  std::vector<std::int64_t> begin;
  std::vector<std::int64_t> end;
};

// The Einsum's whole iteration space.
Box whole_box(const Cascade& cascade, EinsumId einsum, const Extents& extents);

// Offsets of tensor elements: dimension extents of `tensor` under `extents`, row-major; a
// generational one has extent + 1.
std::vector<std::int64_t> tensor_shape(const Cascade& cascade, TensorId tensor,
                                       const Extents& extents);
std::int64_t tensor_elements(const Cascade& cascade, TensorId tensor, const Extents& extents);

// Offsets of the elements of generation 0, in runs: `count` runs of `length`, `stride` apart. None
// if not generational.
struct GenerationZero {
  std::int64_t count = 0;
  std::int64_t stride = 0;
  std::int64_t length = 0;
};
GenerationZero generation_zero(const Cascade& cascade, TensorId tensor, const Extents& extents,
                               const Blocks& blocks = {});

// Gives generation 0 of a generational tensor its initial value; others are left alone.
template <class A>
void fill_initial(const Cascade& cascade, TensorId tensor, const Extents& extents,
                  typename A::Value* data, A& arithmetic, const Blocks& blocks = {}) {
  const GenerationZero zero = generation_zero(cascade, tensor, extents, blocks);
  const double initial = cascade.tensors[tensor].initial.value_or(0);
  for (std::int64_t run = 0; run < zero.count; ++run)
    std::fill_n(data + run * zero.stride, zero.length,
                arithmetic.store(arithmetic.load(initial), tensor));
}

}  // namespace weft::einsum
