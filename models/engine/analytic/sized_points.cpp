#include "models/engine/analytic/sized_points.hpp"

namespace weft::engine {

StateHash::Value SizedPoints::key(const Lowering& first, const workload::Shape& shape,
                                  const std::array<std::int64_t, kQuantities>& quantities) {
  StateHash out;
  out.word(static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(&first)));
  for (const std::int64_t quantity : quantities) out.word(quantity);
  out.word(shape.heads / shape.kv_heads);
  return out.value();
}

SizedPoints::Candidates& SizedPoints::find(const StateHash::Value& key) {
  if (known_.empty()) known_.resize(kMost);
  Known& known = known_[key.folded() % kMost];
  if (!(known.key == key)) known = {key, {}};
  return known.candidates;
}

}  // namespace weft::engine
