// Queries that see no key under the mask: what their rows of an output hold is a convention,
// docs/conventions.md.
#pragma once

#include <cstdint>
#include <vector>

#include "models/einsum/kernel.hpp"
#include "models/engine/binding/lowering.hpp"
#include "models/engine/schedule/sizing.hpp"

namespace weft::sim::engine {

// How many there are, the first ones.
inline std::int64_t empty_rows(const weft::engine::Lowering& lowering,
                               const weft::engine::Sizing& sizing) {
  if (!sizing.masked || sizing.mask_offset >= 0) return 0;
  return std::min(-sizing.mask_offset,
                  sizing.extents[static_cast<std::size_t>(lowering.mask_query)]);
}

// Fills them in `data`, a whole `output`: zeros, or the mean over all keys of V, which is summed in
// T in ascending order; `tensors` by id, whole. An output without the query rank is left alone.
template <class T>
void fill_empty_rows(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
                     einsum::TensorId output, const std::vector<std::vector<T>>& tensors,
                     std::vector<T>& data) {
  const std::int64_t empty = empty_rows(lowering, sizing);
  if (empty == 0) return;
  const einsum::Cascade& cascade = *lowering.cascade;
  const auto shape = einsum::tensor_shape(cascade, output, sizing.extents);
  const auto& dimensions = cascade.tensors[static_cast<std::size_t>(output)].dimensions;
  std::vector<T> means;
  std::size_t width = shape.size();
  if (lowering.binding->empty_rows == EmptyRows::mean) {
    const auto v = static_cast<std::size_t>(cascade.tensor("V"));
    const auto& of_v = cascade.tensors[v].dimensions;
    const bool keys_last = cascade.base_of(of_v[1].rank) == lowering.mask_key;
    const std::int64_t keys = sizing.extents[static_cast<std::size_t>(lowering.mask_key)];
    const std::int64_t features = static_cast<std::int64_t>(tensors[v].size()) / keys;
    for (std::int64_t f = 0; f < features; ++f) {
      T sum = 0;
      for (std::int64_t m = 0; m < keys; ++m)
        sum += tensors[v][static_cast<std::size_t>(keys_last ? f * keys + m : m * features + f)];
      means.push_back(sum / static_cast<T>(keys));
    }
    for (std::size_t d = 0; d < shape.size(); ++d) {
      if (dimensions[d].rank == of_v[keys_last ? 0 : 1].rank) width = d;
    }
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    auto left = static_cast<std::int64_t>(i);
    bool is_empty = false;
    std::int64_t feature = 0;
    for (std::size_t d = shape.size(); d-- > 0; left /= shape[d]) {
      is_empty = is_empty || (cascade.base_of(dimensions[d].rank) == lowering.mask_query &&
                              left % shape[d] < empty);
      if (d == width) feature = left % shape[d];
    }
    if (is_empty) data[i] = means.empty() ? T{0} : means[static_cast<std::size_t>(feature)];
  }
}

}  // namespace weft::sim::engine
