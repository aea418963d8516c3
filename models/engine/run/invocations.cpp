#include "models/engine/run/invocations.hpp"

#include <fmt/format.h>

#include <utility>

namespace weft::engine {

std::string place_of(std::size_t number, const program::Invocation& invocation) {
  return fmt::format("invocation {}, {} queries and {} keys: ", number, invocation.shape.seq_q,
                     invocation.shape.seq_kv);
}

const Schedule* Invocations::next(bool complete) {
  if (again_) {
    const bool comes = *again_ < made_.size() && (complete || !made_[*again_].rests);
    return comes ? &made_[(*again_)++].schedule : nullptr;
  }
  std::optional<program::Invocation> invocation = expansion_.next(false);
  const bool rests = !invocation;
  if (rests && complete) invocation = expansion_.next(true);
  if (!invocation) return nullptr;
  if (auto problems = workload::extent_problems_of(invocation->shape, {}); !problems.empty())
    throw ConfigError(std::move(problems));
  if (!made_.empty() && invocation->shape.causal != made_.front().invocation.shape.causal)
    throw ConfigError(Problem{{},
                              "program",
                              invocation->shape.causal ? "causal" : "not causal",
                              "all invocations of a program are causal or none is: they run one "
                              "cascade"});
  Made& made =
      made_.emplace_back(Made{*invocation,
                              map_point(design_, workload_, invocation->shape, invocation->layers),
                              {},
                              rests});
  if (!made.mapping.sizing.feasible)
    throw DoesNotFit(place_of(made_.size(), *invocation) + made.mapping.sizing.reason);
  made.schedule = build_schedule(*made.mapping.lowering, made.mapping.sizing);
  return &made.schedule;
}

void Invocations::repeat(bool drains) {
  again_ = 0;
  drains_ = drains;
}

}  // namespace weft::engine
