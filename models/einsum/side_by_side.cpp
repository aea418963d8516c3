#include "models/einsum/side_by_side.hpp"

namespace weft::einsum {
namespace {

void multiply(Mask::Side& side, RankId but, std::int64_t by) {
  for (auto* terms : {&side.coordinates, &side.extents}) {
    for (Index::Term& term : *terms) {
      if (term.rank != but) term.coefficient *= static_cast<int>(by);
    }
  }
  side.constant *= by;
}

}  // namespace

Cascade side_by_side(Cascade cascade, RankId rank, std::int64_t together) {
  if (together == 1) return cascade;
  for (Einsum& einsum : cascade.einsums) {
    if (!einsum.mask) continue;
    multiply(einsum.mask->left, rank, together);
    multiply(einsum.mask->right, rank, together);
  }
  return cascade;
}

}  // namespace weft::einsum
