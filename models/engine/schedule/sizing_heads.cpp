// What one query head has of a sizing in which several run together.
#include "models/engine/schedule/sizing.hpp"

namespace weft::engine {

einsum::Extents extents_of_head(const Lowering& lowering, const Sizing& sizing) {
  einsum::Extents extents = sizing.extents;
  if (sizing.together > 1) extents[lowering.queries] /= sizing.together;
  return extents;
}

Sizing one_head(const Lowering& lowering, const Sizing& sizing) {
  Sizing one;
  one.shape = sizing.shape;
  one.repeats = sizing.repeats * sizing.together;
  one.extents = extents_of_head(lowering, sizing);
  one.masked = sizing.masked;
  one.mask_offset = sizing.mask_offset / sizing.together;
  return one;
}

}  // namespace weft::engine
