#include "models/einsum/box.hpp"

#include "models/einsum/domain.hpp"

namespace weft::einsum {

std::vector<std::int64_t> tensor_shape(const Cascade& cascade, TensorId tensor,
                                       const Extents& extents) {
  std::vector<std::int64_t> shape;
  for (const Dimension& dimension : cascade.tensors[tensor].dimensions)
    shape.push_back(extents[dimension.rank] + (dimension.generational ? 1 : 0));
  return shape;
}

std::int64_t tensor_elements(const Cascade& cascade, TensorId tensor, const Extents& extents) {
  std::int64_t count = 1;
  for (const std::int64_t extent : tensor_shape(cascade, tensor, extents))
    count = product(count, extent);
  return count;
}

GenerationZero generation_zero(const Cascade& cascade, TensorId tensor, const Extents& extents,
                               const Blocks& blocks) {
  const std::vector<std::int64_t> shape = held_shape(cascade, tensor, extents, blocks);
  GenerationZero zero{1, 1, 1};
  bool found = false;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const bool generational = cascade.tensors[tensor].dimensions[d].generational;
    if (generational) {
      found = true;
      zero.stride = shape[d];
    } else if (found) {
      zero.length *= shape[d];
    } else {
      zero.count *= shape[d];
    }
  }
  zero.stride *= zero.length;
  return found ? zero : GenerationZero{};
}

Box whole_box(const Cascade& cascade, EinsumId einsum, const Extents& extents) {
  Box box;
  for (const RankId rank : cascade.einsums[einsum].iteration) {
    box.begin.push_back(0);
    box.end.push_back(extents[rank]);
  }
  return box;
}

}  // namespace weft::einsum
