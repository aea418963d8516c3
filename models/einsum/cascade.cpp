#include "models/einsum/cascade.hpp"

namespace weft::einsum {
namespace {

template <class Things, class Same>
int find(const Things& things, Same same) {
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (same(things[i])) return static_cast<int>(i);
  }
  return kNone;
}

}  // namespace

RankId Cascade::rank(std::string_view wanted) const {
  return find(ranks,
              [&](const Rank& rank) { return rank.name == wanted || rank.variable == wanted; });
}

TensorId Cascade::tensor(std::string_view wanted) const {
  return find(tensors, [&](const Tensor& tensor) { return tensor.name == wanted; });
}

ScalarId Cascade::scalar(std::string_view wanted) const {
  return find(scalars, [&](const Scalar& scalar) { return scalar.name == wanted; });
}

EinsumId Cascade::einsum(std::string_view output) const {
  const TensorId written = tensor(output);
  return written == kNone ? kNone : tensors[static_cast<std::size_t>(written)].defined_by;
}

}  // namespace weft::einsum
