#include "models/einsum/analysis.hpp"

#include <utility>

#include "models/einsum/domain.hpp"
#include "models/einsum/operators.hpp"

namespace weft::einsum {
namespace {

// By node: whether it is the same at every point (constants and scalars), and so computed once and
// not charged.
std::vector<bool> uniform_nodes(const Einsum& einsum) {
  std::vector<bool> uniform;
  uniform.reserve(einsum.nodes.size());
  for (const Node& node : einsum.nodes) {
    uniform.push_back(node.op != Op::access && (node.left == kNone || uniform[node.left]) &&
                      (node.right == kNone || uniform[node.right]));
  }
  return uniform;
}

}  // namespace

std::string_view work_name(Work work) {
  constexpr std::array<std::string_view, kWorkKinds> kNames{"macc", "multiply", "add",
                                                            "max",  "exp",      "divide"};
  return kNames[static_cast<std::size_t>(work)];
}

WorkCounts work_per_point(const Cascade& cascade, EinsumId id) {
  const Einsum& einsum = cascade.einsums[id];
  const std::vector<bool> uniform = uniform_nodes(einsum);
  std::vector<bool> free = uniform;
  for (const Node& node : einsum.nodes) {
    if (node.op != Op::exp || einsum.nodes[node.left].op != Op::multiply) continue;
    const Node& scaled = einsum.nodes[node.left];
    if (uniform[scaled.left] || uniform[scaled.right])
      free[node.left] = true;  // the scale of exp(scale·x)
  }
  WorkCounts counts{};
  const auto charge = [&](Work work) { ++counts[static_cast<std::size_t>(work)]; };
  const bool macc = !einsum.reduced.empty() && einsum.reduction == Op::add &&
                    einsum.root().op == Op::multiply && !uniform.back();
  for (std::size_t n = 0; n < einsum.nodes.size(); ++n) {
    const std::optional<Work> work = operator_of(einsum.nodes[n].op).work;
    if (work && !free[n]) charge(macc && n + 1 == einsum.nodes.size() ? Work::macc : *work);
  }
  if (!einsum.reduced.empty() && !macc) charge(*operator_of(einsum.reduction).work);
  return counts;
}

namespace {

WorkCounts work_of(const Cascade& cascade, EinsumId id, std::vector<Constraint> valid,
                   const Extents& extents) {
  const Einsum& einsum = cascade.einsums[id];
  for (const Constraint& constraint : mask_constraints(cascade, einsum, extents))
    valid.push_back(constraint);
  const std::int64_t points = count_points(cascade, einsum.iteration, std::move(valid), extents);
  WorkCounts counts = work_per_point(cascade, id);
  for (std::int64_t& count : counts) count = product(count, points);
  return counts;
}

}  // namespace

WorkCounts total_work(const Cascade& cascade, EinsumId id, const Extents& extents) {
  return work_of(cascade, id, std::move(domains(cascade, extents)[id]), extents);
}

std::vector<WorkCounts> total_work(const Cascade& cascade, const Extents& extents) {
  std::vector<std::vector<Constraint>> valid = domains(cascade, extents);
  std::vector<WorkCounts> all;
  all.reserve(valid.size());
  for (EinsumId id = 0; id < static_cast<EinsumId>(valid.size()); ++id)
    all.push_back(work_of(cascade, id, std::move(valid[id]), extents));
  return all;
}

}  // namespace weft::einsum
