#include "models/einsum/blocks.hpp"

#include <algorithm>

#include "models/einsum/domain.hpp"
#include "models/einsum/kernel.hpp"

namespace weft::einsum {
namespace {

bool has_rank(const Tensor& tensor, RankId rank) {
  return std::any_of(tensor.dimensions.begin(), tensor.dimensions.end(),
                     [&](const Dimension& d) { return d.rank == rank; });
}

bool is_plain(const Index& index, RankId rank) {
  return index.terms.size() == 1 && index.terms[0].rank == rank &&
         index.terms[0].coefficient == 1 && index.constant == 0 && !index.last_generation &&
         !index.composite && index.extents.empty() && index.gathers.empty();
}

// Whether each dimension over `rank` is indexed by its own coordinate; `found` where there is one.
bool indexed_plainly(const Cascade& cascade, const Access& access, RankId rank, bool& found) {
  found = false;
  for (std::size_t d = 0; d < access.indices.size(); ++d) {
    if (cascade.tensors[access.tensor].dimensions[d].rank != rank) continue;
    if (found || !is_plain(access.indices[d], rank)) return false;
    found = true;
  }
  return true;
}

bool separable(const Cascade& cascade, RankId rank) {
  if (cascade.ranks[rank].kind != RankKind::plain || !cascade.ranks[rank].parts.empty())
    return false;
  bool useful = false;
  for (const Tensor& tensor : cascade.tensors) {
    for (const Dimension& d : tensor.dimensions) {
      if (d.rank == rank && d.generational) return false;
    }
    useful = useful || (tensor.role != TensorRole::input && has_rank(tensor, rank));
  }
  if (!useful) return false;
  for (const Einsum& einsum : cascade.einsums) {
    bool written = false;
    bool read = false;
    if (!indexed_plainly(cascade, einsum.outputs.front(), rank, written)) return false;
    for (const Access& access : einsum.inputs) {
      if (cascade.tensors[access.tensor].role == TensorRole::input) continue;
      bool here = false;
      if (!indexed_plainly(cascade, access, rank, here)) return false;
      read = read || here;
    }
    if (read && !written) return false;
  }
  return true;
}

std::int64_t held_values(const Cascade& cascade, const Extents& extents, const Blocks& blocks) {
  std::int64_t sum = 0;
  for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
    if (cascade.tensors[id].role != TensorRole::input)
      sum += held_elements(cascade, id, extents, blocks);
  }
  return sum;
}

}  // namespace

std::vector<RankId> separable_ranks(const Cascade& cascade) {
  std::vector<RankId> ranks;
  for (RankId r = 0; r < static_cast<RankId>(cascade.ranks.size()); ++r) {
    if (separable(cascade, r)) ranks.push_back(r);
  }
  return ranks;
}

Blocks choose_blocks(const Cascade& cascade, const Extents& extents, std::int64_t bytes_per_value,
                     std::int64_t budget_bytes, std::int64_t multiple) {
  const std::int64_t budget = budget_bytes / bytes_per_value;
  std::int64_t least = held_values(cascade, extents, {});
  Blocks best;
  if (least <= budget) return best;
  for (const RankId rank : separable_ranks(cascade)) {
    const std::int64_t one = held_values(cascade, extents, {rank, 1});
    const std::int64_t each =
        std::max<std::int64_t>(1, held_values(cascade, extents, {rank, 2}) - one);
    const std::int64_t fits = std::max<std::int64_t>(multiple, (budget - one) / each);
    const std::int64_t unit =
        fits >= 2 * multiple ? 2 * multiple : multiple;  // whole groups of lanes of a sum
    const std::int64_t size = std::min(fits / unit * unit, extents[rank]);
    const std::int64_t held = one + (size - 1) * each;
    if (held >= least) continue;
    least = held;
    best = {rank, size};
  }
  return best;
}

bool in_blocks(const Cascade& cascade, TensorId tensor, const Blocks& blocks) {
  return blocks.rank != kNone && cascade.tensors[tensor].role != TensorRole::input &&
         has_rank(cascade.tensors[tensor], blocks.rank);
}

std::vector<std::int64_t> held_shape(const Cascade& cascade, TensorId tensor,
                                     const Extents& extents, const Blocks& blocks) {
  std::vector<std::int64_t> shape = tensor_shape(cascade, tensor, extents);
  if (!in_blocks(cascade, tensor, blocks)) return shape;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (cascade.tensors[tensor].dimensions[d].rank == blocks.rank)
      shape[d] = std::min(shape[d], blocks.size);
  }
  return shape;
}

std::int64_t held_elements(const Cascade& cascade, TensorId tensor, const Extents& extents,
                           const Blocks& blocks) {
  std::int64_t count = 1;
  for (const std::int64_t extent : held_shape(cascade, tensor, extents, blocks))
    count = product(count, extent);
  return count;
}

bool runs_in_blocks(const Cascade& cascade, EinsumId einsum, const Blocks& blocks) {
  return in_blocks(cascade, cascade.einsums[einsum].outputs.front().tensor, blocks);
}

}  // namespace weft::einsum
