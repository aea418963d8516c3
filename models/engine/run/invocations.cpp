#include "models/engine/run/invocations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weft::engine {

std::string place_of(std::size_t number, const program::Invocation& invocation) {
  return fmt::format("invocation {}, {} queries and {} keys: ", number, invocation.shape.seq_q,
                     invocation.shape.seq_kv);
}

namespace {

// What is counted of a program is counted by tensor.
void check_tensors(const Lowering& first, const Lowering& other) {
  const auto& a = first.cascade->tensors;
  const auto& b = other.cascade->tensors;
  const bool same = std::equal(a.begin(), a.end(), b.begin(), b.end(),
                               [](const einsum::Tensor& x, const einsum::Tensor& y) {
                                 return x.name == y.name && x.role == y.role;
                               });
  if (same) return;
  throw ConfigError(Problem{{},
                            "program",
                            other.cascade->name,
                            "a program's cascades, causal and not, have the same tensors in the "
                            "same order; " +
                                first.cascade->name + " has others"});
}

}  // namespace

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
  Made& made =
      made_.emplace_back(Made{*invocation,
                              map_point(design_, workload_, invocation->shape, invocation->layers),
                              {},
                              rests});
  check_tensors(*made_.front().mapping.lowering, *made.mapping.lowering);
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
