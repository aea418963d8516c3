// Evaluation a block at a time: a rank whose coordinates never meet (the queries of attention) is
// cut into blocks, and tensors between input and output hold one block of it. What a cascade takes
// in memory then does not grow with that rank.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "models/einsum/cascade.hpp"

namespace weft::einsum {

// `rank` in blocks of `size` coordinates, the last may be shorter; without a rank everything is
// evaluated at once.
struct Blocks {
  RankId rank = kNone;
  std::int64_t size = 0;
};

// Ranks that may be cut: no partition, no generations, never reduced where a tensor between input
// and output has them, and read there by their own coordinate alone. An Einsum whose output lacks
// such a rank does not depend on it.
std::vector<RankId> separable_ranks(const Cascade& cascade);

// Cut so that what is held takes about `budget_bytes`: no blocks where all fits, else along the
// separable rank that leaves least, `multiple` coordinates at least.
Blocks choose_blocks(const Cascade& cascade, const Extents& extents, std::int64_t bytes_per_value,
                     std::int64_t budget_bytes, std::int64_t multiple);

// Whether the tensor holds a block only: it has the rank and is no input.
bool in_blocks(const Cascade& cascade, TensorId tensor, const Blocks& blocks);
// As tensor_shape(), the rank in blocks as long as a block.
std::vector<std::int64_t> held_shape(const Cascade& cascade, TensorId tensor,
                                     const Extents& extents, const Blocks& blocks);
std::int64_t held_elements(const Cascade& cascade, TensorId tensor, const Extents& extents,
                           const Blocks& blocks);
// Whether the Einsum is evaluated for each block; others are for the first alone.
bool runs_in_blocks(const Cascade& cascade, EinsumId einsum, const Blocks& blocks);

// What a block holds of a tensor, from coordinate `begin` of the rank in blocks on, to its place in
// the whole tensor; a tensor that is not in blocks is copied as it is.
template <class T>
void copy_block(const Cascade& cascade, TensorId tensor, const Extents& extents,
                const Blocks& blocks, std::int64_t begin, const T* held, T* whole) {
  if (!in_blocks(cascade, tensor, blocks)) {
    std::copy_n(held, held_elements(cascade, tensor, extents, blocks), whole);
    return;
  }
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  bool passed = false;
  for (const Dimension& d : cascade.tensors[tensor].dimensions) {
    if (d.rank == blocks.rank) {
      passed = true;
    } else {
      (passed ? inner : outer) *= extents[d.rank] + (d.generational ? 1 : 0);
    }
  }
  const std::int64_t extent = extents[blocks.rank];
  const std::int64_t size = std::min(blocks.size, extent);
  for (std::int64_t o = 0; o < outer; ++o)
    std::copy_n(held + o * size * inner, (std::min(extent, begin + size) - begin) * inner,
                whole + (o * extent + begin) * inner);
}

}  // namespace weft::einsum
