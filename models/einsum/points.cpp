#include "models/einsum/points.hpp"

#include <fmt/format.h>

namespace weft::einsum {
namespace {

// Elements read before those that they index: inputs are in that order.
std::vector<PointPlan::Element> elements_of(const Cascade& cascade, const Einsum& einsum,
                                            const std::vector<Access>& accesses,
                                            const Extents& extents) {
  std::vector<PointPlan::Element> elements;
  for (const Access& access : accesses) {
    PointPlan::Element element{access.tensor, {}, false, access.where};
    const std::vector<std::int64_t> shape = tensor_shape(cascade, access.tensor, extents);
    std::int64_t stride = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      const Index& index = access.indices[d];
      const LinearForm form =
          index_form(cascade, index, cascade.tensors[access.tensor].dimensions[d].rank, extents);
      for (const auto& [rank, coefficient] : form.terms)
        element.reduced = element.reduced || einsum.reduces(rank);
      for (const Index::Gather& gather : index.gathers)
        element.reduced = element.reduced || elements[gather.input].reduced;
      element.axes.push_back({form, index.gathers, shape[d], stride});
      stride = product(stride, shape[d]);
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

PointPlan::Predicate predicate(const Cascade& cascade, const Einsum& einsum,
                               const Extents& extents) {
  return {&*einsum.mask, side_form(cascade, einsum, einsum.mask->left, extents),
          side_form(cascade, einsum, einsum.mask->right, extents),
          elements_of(cascade, einsum, einsum.inputs, extents)};
}

}  // namespace

bool runs_by_points(const Cascade& cascade, EinsumId id) {
  const Einsum& einsum = cascade.einsums[id];
  if (einsum.selected != kNone || einsum.outputs.size() > 1 ||
      (einsum.mask && einsum.mask->by_value))
    return true;
  return std::any_of(einsum.inputs.begin(), einsum.inputs.end(),
                     [](const Access& access) { return access.gathers(); });
}

PointPlan plan_points(const Cascade& cascade, EinsumId id, const Extents& extents) {
  const Einsum& einsum = cascade.einsums[id];
  PointPlan plan;
  plan.program = plan_program(cascade, id);
  plan.iteration = einsum.iteration;
  plan.outer = einsum.iteration.size() - einsum.reduced.size();
  plan.selected = einsum.selected;
  plan.writes = elements_of(cascade, einsum, einsum.outputs, extents);
  plan.reads = elements_of(cascade, einsum, einsum.inputs, extents);
  const std::vector<Constraint> valid = domains(cascade, extents)[id];
  for (const Constraint& constraint : valid) {
    const bool reduces = std::any_of(constraint.form.terms.begin(), constraint.form.terms.end(),
                                     [&](const auto& term) { return einsum.reduces(term.first); });
    (reduces ? plan.point_constraints : plan.element_constraints).push_back(constraint);
  }
  if (einsum.mask) plan.mask = predicate(cascade, einsum, extents);
  const Seen seen = hidden_points(cascade, extents)[static_cast<std::size_t>(id)];
  plan.seen = seen.constraints;
  if (seen.by_value != kNone)
    plan.seen_by_value = predicate(cascade, cascade.einsums[seen.by_value], extents);
  return plan;
}

std::int64_t coordinate_of(const Cascade& cascade, const PointPlan::Element& element,
                           double value) {
  constexpr double kMost = 0x1p53;
  if (std::isfinite(value) && std::floor(value) == value && std::abs(value) < kMost)
    return static_cast<std::int64_t>(value);
  throw ConfigError(Problem{element.where, cascade.tensors[element.tensor].name,
                            fmt::format("{}", value),
                            "indexes a tensor and is no coordinate: a whole number"});
}

}  // namespace weft::einsum
