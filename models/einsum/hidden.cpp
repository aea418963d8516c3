#include "models/einsum/hidden.hpp"

#include <algorithm>
#include <optional>

#include "models/einsum/operators.hpp"

namespace weft::einsum {
namespace {

// What stands at every point that a mask hides.
enum class Stands : std::uint8_t { anything, zero, minus_infinity };

struct Hidden {
  Stands stands = Stands::anything;
  Seen seen;  // where the mask holds
};

class Tracer {
 public:
  Tracer(const Cascade& cascade, const Extents& extents)
      : cascade_(cascade), extents_(extents), tensors_(cascade.tensors.size()) {}

  std::vector<Seen> run() {
    std::vector<Seen> all(cascade_.einsums.size());
    for (std::size_t e = 0; e < all.size(); ++e) {
      const Einsum& einsum = cascade_.einsums[e];
      Hidden result = of(static_cast<EinsumId>(e));
      const bool sums = !einsum.mask && !einsum.reduced.empty();
      if (sums && result.stands == Stands::zero && einsum.reduction == Op::add)
        all[e] = result.seen;
      // A sum of zeros is zero where the output still has the mask's coordinates; any other
      // reduction is left alone.
      if (!keeps_ranks(einsum, result.seen) ||
          (sums && !(result.stands == Stands::zero && einsum.reduction == Op::add)))
        result = {};
      tensors_[einsum.outputs.front().tensor] = result;
    }
    return all;
  }

 private:
  Hidden of(EinsumId id) {
    const Einsum& einsum = cascade_.einsums[id];
    if (einsum.mask) {
      Hidden made{Stands::anything, {mask_constraints(cascade_, einsum, extents_), kNone}};
      if (einsum.mask->by_value) made.seen.by_value = id;
      if (einsum.selected != kNone) return {};
      if (einsum.mask->otherwise == 0) made.stands = Stands::zero;
      if (einsum.mask->otherwise == -kInfinity) made.stands = Stands::minus_infinity;
      return made;
    }
    // One mask at a time: where operands are hidden by different ones, nothing is said.
    Seen seen;
    for (const Access& access : einsum.inputs) {
      if (!hidden(access)) continue;
      const Seen& own = tensors_[access.tensor].seen;
      if (!seen.everywhere() && seen != own) return {};
      seen = own;
    }
    if (seen.everywhere()) return {};
    return {value(einsum, static_cast<int>(einsum.nodes.size()) - 1), seen};
  }

  // Whether the tensor is hidden and read at its own coordinates.
  bool hidden(const Access& access) const {
    const Hidden& own = tensors_[access.tensor];
    if (own.stands == Stands::anything || own.seen.everywhere()) return false;
    for (std::size_t d = 0; d < access.indices.size(); ++d) {
      const Dimension& dimension = cascade_.tensors[access.tensor].dimensions[d];
      const Index& index = access.indices[d];
      const bool plain = index.terms.size() == 1 && index.terms[0].rank == dimension.rank &&
                         index.terms[0].coefficient == 1 && index.constant == 0 &&
                         !index.last_generation && !index.composite && !dimension.generational &&
                         index.extents.empty() && index.gathers.empty();
      if (!plain) return false;
    }
    return true;
  }

  // Whether the output has every rank that the mask is about.
  bool keeps_ranks(const Einsum& einsum, const Seen& seen) const {
    const auto& dimensions = cascade_.tensors[einsum.outputs.front().tensor].dimensions;
    const auto kept = [&](RankId rank) {
      return std::any_of(dimensions.begin(), dimensions.end(),
                         [&](const Dimension& d) { return d.rank == rank && !d.generational; });
    };
    if (seen.by_value != kNone) {
      const Einsum& masked = cascade_.einsums[seen.by_value];
      return std::all_of(masked.iteration.begin(), masked.iteration.end(),
                         [&](RankId rank) { return masked.reduces(rank) || kept(rank); });
    }
    return std::all_of(
        seen.constraints.begin(), seen.constraints.end(), [&](const Constraint& constraint) {
          return std::all_of(constraint.form.terms.begin(), constraint.form.terms.end(),
                             [&](const auto& term) { return kept(term.first); });
        });
  }

  bool is_positive(const Einsum& einsum, int node) const {
    const Node& n = einsum.nodes[node];
    return (n.op == Op::constant && n.value > 0) ||
           (n.op == Op::scalar && cascade_.scalars[n.scalar].value > 0);
  }

  Stands value(const Einsum& einsum, int node) const {
    const Node& n = einsum.nodes[node];
    const auto left = [&] { return value(einsum, n.left); };
    const auto right = [&] { return value(einsum, n.right); };
    switch (n.op) {
      case Op::access:
        return hidden(einsum.inputs[n.access]) ? tensors_[einsum.inputs[n.access].tensor].stands
                                               : Stands::anything;
      case Op::exp: return left() == Stands::minus_infinity ? Stands::zero : Stands::anything;
      case Op::subtract:
      case Op::divide: {
        const Stands kept = n.op == Op::divide ? Stands::zero : Stands::minus_infinity;
        return left() == kept && right() == Stands::anything ? kept : Stands::anything;
      }
      case Op::multiply:
        if (left() == Stands::zero || right() == Stands::zero) return Stands::zero;
        if (is_positive(einsum, n.left)) return right();
        if (is_positive(einsum, n.right)) return left();
        return Stands::anything;
      default: return Stands::anything;
    }
  }

  const Cascade& cascade_;
  const Extents& extents_;
  std::vector<Hidden> tensors_;
};

}  // namespace

std::vector<Seen> hidden_points(const Cascade& cascade, const Extents& extents) {
  return Tracer(cascade, extents).run();
}

}  // namespace weft::einsum
