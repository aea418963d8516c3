#include "models/engine/run/invocations.hpp"

#include <fmt/format.h>

namespace weft::engine {

const Schedule* Invocations::next(bool complete) {
  if (again_) {
    const bool comes = *again_ < made_.size() && (complete || !made_[*again_].rests);
    return comes ? &made_[(*again_)++].schedule : nullptr;
  }
  std::optional<program::Invocation> invocation = expansion_.next(false);
  const bool rests = !invocation;
  if (rests && complete) invocation = expansion_.next(true);
  if (!invocation) return nullptr;
  Made& made =
      made_.emplace_back(Made{*invocation,
                              map_point(design_, workload_, invocation->shape, invocation->layers),
                              {},
                              rests});
  if (!made.mapping.sizing.feasible)
    throw DoesNotFit(fmt::format("invocation {}, {} queries and {} keys: {}", made_.size(),
                                 invocation->shape.seq_q, invocation->shape.seq_kv,
                                 made.mapping.sizing.reason));
  made.schedule = build_schedule(*made.mapping.lowering, made.mapping.sizing);
  return &made.schedule;
}

void Invocations::repeat(bool drains) {
  again_ = 0;
  drains_ = drains;
}

}  // namespace weft::engine
