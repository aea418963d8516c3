#include "models/einsum/interpret.hpp"

#include <fmt/format.h>

#include "models/common/fields.hpp"
#include "models/einsum/graph.hpp"
#include "models/einsum/hidden.hpp"
#include "models/einsum/kernel.hpp"
#include "models/einsum/load.hpp"
#include "models/einsum/points.hpp"
#include "models/numerics/arithmetic.hpp"

namespace weft::einsum {
namespace {

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

using Tensors = std::map<std::string, DenseTensor>;

void check_inputs(const Cascade& cascade, const Extents& extents, const Tensors& inputs,
                  std::vector<Problem>& problems) {
  std::vector<std::string> known;
  for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
    const Tensor& tensor = cascade.tensors[id];
    if (tensor.role != TensorRole::input) continue;
    known.push_back(tensor.name);
    const auto found = inputs.find(tensor.name);
    const std::vector<std::int64_t> shape = tensor_shape(cascade, id, extents);
    if (found == inputs.end()) {
      problems.push_back(
          {tensor.where, tensor.name, "", "missing input of shape " + shape_text(shape)});
    } else if (found->second.shape != shape ||
               static_cast<std::int64_t>(found->second.data.size()) !=
                   tensor_elements(cascade, id, extents)) {
      problems.push_back({tensor.where, tensor.name, shape_text(found->second.shape),
                          fmt::format("must have shape {}; {} values are given", shape_text(shape),
                                      found->second.data.size())});
    }
  }
  for (const auto& [name, tensor] : inputs) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      problems.push_back(
          {{},
           name,
           "",
           "no input of cascade '" + cascade.name + "'; " + config::unknown_name(name, known)});
  }
}

std::vector<double> scalar_values(const Cascade& cascade,
                                  const std::map<std::string, double>& given,
                                  std::vector<Problem>& problems) {
  std::vector<double> values;
  std::vector<std::string> known;
  for (const Scalar& scalar : cascade.scalars) {
    const auto found = given.find(scalar.name);
    values.push_back(found == given.end() ? scalar.value : found->second);
    known.push_back(scalar.name);
  }
  for (const auto& [name, value] : given) {
    if (cascade.scalar(name) != kNone) continue;
    problems.push_back({{},
                        name,
                        fmt::format("{}", value),
                        "no scalar of cascade '" + cascade.name + "'; " +
                            (known.empty() ? "it has none" : config::unknown_name(name, known))});
  }
  return values;
}

// Runs a cascade's groups one after another. What a group selects, the extents of all that follow
// know; a tensor along a dynamic rank has as many coordinates as were selected.
class Run {
 public:
  using Arithmetic = numerics::DoubleArithmetic;

  Run(const Cascade& cascade, Extents extents, Tensors inputs, std::vector<double> scalars)
      : cascade_(cascade),
        extents_(std::move(extents)),
        tensors_(std::move(inputs)),
        scalars_(std::move(scalars)),
        there_(cascade.tensors.size()),
        in_part_(cascade.tensors.size(), false) {
    gathered_.assign(cascade.tensors.size(), false);
    for (const Einsum& einsum : cascade.einsums) {
      for (const Access& access : einsum.inputs) {
        if (access.gathers()) gathered_[access.tensor] = true;
      }
    }
  }

  Tensors run() {
    for (const Group& group : execution_order(cascade_)) {
      for (const EinsumId id : group.einsums) make(id);
      if (by_points(group)) {
        points(group);
      } else {
        kernels(group);
      }
      for (const EinsumId id : group.einsums) settle(id);
    }
    return std::move(tensors_);
  }

 private:
  const std::string& name(TensorId id) const { return cascade_.tensors[id].name; }

  void make(EinsumId id) {
    for (const Access& access : cascade_.einsums[id].outputs) {
      DenseTensor& tensor = tensors_[name(access.tensor)];
      tensor.shape = tensor_shape(cascade_, access.tensor, extents_);
      tensor.data.assign(
          static_cast<std::size_t>(tensor_elements(cascade_, access.tensor, extents_)), 0);
      fill_initial(cascade_, access.tensor, extents_, tensor.data.data(), arithmetic_);
    }
  }

  // Whether an Einsum of the group cannot run by strides, be it for what it reads.
  bool by_points(const Group& group) const {
    return std::any_of(group.einsums.begin(), group.einsums.end(), [&](EinsumId id) {
      const Einsum& einsum = cascade_.einsums[id];
      return runs_by_points(cascade_, id) ||
             hidden_points(cascade_, extents_)[static_cast<std::size_t>(id)].by_value != kNone ||
             std::any_of(einsum.inputs.begin(), einsum.inputs.end(),
                         [&](const Access& access) { return in_part_[access.tensor]; });
    });
  }

  // Calls f(position in the group, box) for all that the group runs, in order.
  template <class F>
  void in_turn(const Group& group, F f) {
    const std::int64_t turns = group.along == kNone ? 1 : extents_[group.along];
    for (std::int64_t turn = 0; turn < turns; ++turn) {
      for (std::size_t i = 0; i < group.einsums.size(); ++i) {
        Box box = whole_box(cascade_, group.einsums[i], extents_);
        const std::vector<RankId>& iteration = cascade_.einsums[group.einsums[i]].iteration;
        for (std::size_t v = 0; v < iteration.size(); ++v) {
          if (iteration[v] != group.along) continue;
          box.begin[v] = turn;
          box.end[v] = turn + 1;
        }
        f(i, box);
      }
    }
  }

  void kernels(const Group& group) {
    std::vector<double*> data;
    for (const Tensor& tensor : cascade_.tensors) {
      const auto found = tensors_.find(tensor.name);
      data.push_back(found == tensors_.end() ? nullptr : found->second.data.data());
    }
    std::vector<Kernel<Arithmetic>> kernels;
    kernels.reserve(group.einsums.size());
    for (const EinsumId id : group.einsums) kernels.emplace_back(cascade_, id, extents_);
    in_turn(group, [&](std::size_t i, const Box& box) {
      kernels[i].run(box, data, scalars_, false, arithmetic_);
    });
    for (const EinsumId id : group.einsums) {
      const TensorId tensor = cascade_.einsums[id].outputs.front().tensor;
      if (gathered_[tensor]) mark_domain(id);
    }
  }

  // Which elements the Einsum's constraints let be written, for those that gather them.
  void mark_domain(EinsumId id) {
    const Einsum& einsum = cascade_.einsums[id];
    const TensorId tensor = einsum.outputs.front().tensor;
    const PointPlan plan = plan_points(cascade_, id, extents_);
    if (plan.element_constraints.empty()) return;
    std::vector<std::int64_t> shape = tensor_shape(cascade_, tensor, extents_);
    std::vector<std::uint8_t>& there = there_[tensor];
    there.assign(tensors_[name(tensor)].data.size(), 1);
    std::vector<std::int64_t> at(cascade_.ranks.size(), 0);
    for (std::size_t i = 0; i < there.size(); ++i) {
      std::int64_t rest = static_cast<std::int64_t>(i);
      for (std::size_t d = shape.size(); d-- > 0;) {
        const Dimension& dimension = cascade_.tensors[tensor].dimensions[d];
        at[dimension.rank] = rest % shape[d] - (dimension.generational ? 1 : 0);
        rest /= shape[d];
      }
      if (std::any_of(at.begin(), at.end(), [](std::int64_t x) { return x < 0; }))
        continue;  // a first generation
      for (const Constraint& constraint : plan.element_constraints) {
        std::int64_t x = constraint.form.constant;
        for (const auto& [rank, coefficient] : constraint.form.terms) x += coefficient * at[rank];
        if (x < 0 || x >= constraint.bound) there[i] = 0;
      }
    }
  }

  void points(const Group& group) {
    for (const EinsumId id : group.einsums) {
      for (const Access& access : cascade_.einsums[id].outputs) mark_initial(access.tensor);
    }
    std::vector<PointTensor<double>> held(cascade_.tensors.size());
    for (std::size_t t = 0; t < held.size(); ++t) {
      const auto found = tensors_.find(cascade_.tensors[t].name);
      if (found != tensors_.end()) held[t].data = found->second.data.data();
      if (!there_[t].empty()) held[t].there = there_[t].data();
    }
    std::vector<PointKernel<Arithmetic>> kernels;
    kernels.reserve(group.einsums.size());
    for (const EinsumId id : group.einsums) kernels.emplace_back(cascade_, id, extents_);
    std::int64_t selected = 0;
    in_turn(group, [&](std::size_t i, const Box& box) {
      selected = std::max(selected, kernels[i].run(box, held, scalars_, arithmetic_));
    });
    const RankId rank = cascade_.einsums[group.einsums.front()].selected;
    if (rank != kNone && selected < extents_[rank]) shrink(rank, selected);
  }

  // Nothing is there before it is written, but for a first generation.
  void mark_initial(TensorId id) {
    there_[id].assign(tensors_[name(id)].data.size(), 0);
    const GenerationZero zero = generation_zero(cascade_, id, extents_);
    for (std::int64_t run = 0; run < zero.count; ++run)
      std::fill_n(there_[id].begin() + run * zero.stride, zero.length, std::uint8_t{1});
  }

  // Forgets which elements of the Einsum's outputs are there where all are.
  void settle(EinsumId id) {
    for (const Access& access : cascade_.einsums[id].outputs) {
      std::vector<std::uint8_t>& there = there_[access.tensor];
      if (std::find(there.begin(), there.end(), 0) == there.end()) there.clear();
      in_part_[access.tensor] = !there.empty();
    }
  }

  // A dynamic rank turns out to hold fewer coordinates than it might.
  void shrink(RankId rank, std::int64_t occupancy) {
    const Extents before = extents_;
    extents_ = with_occupancy(cascade_, extents_, rank, occupancy);
    for (TensorId id = 0; id < static_cast<TensorId>(cascade_.tensors.size()); ++id) {
      const auto found = tensors_.find(name(id));
      if (found == tensors_.end()) continue;
      const std::vector<std::int64_t> shape = tensor_shape(cascade_, id, extents_);
      if (shape == found->second.shape) continue;
      cut(found->second.data, found->second.shape, shape);
      if (!there_[id].empty()) cut(there_[id], found->second.shape, shape);
      found->second.shape = shape;
    }
  }

  // The first coordinates of each dimension.
  template <class T>
  static void cut(std::vector<T>& data, const std::vector<std::int64_t>& from,
                  const std::vector<std::int64_t>& to) {
    std::vector<T> kept;
    for (std::size_t i = 0; i < data.size(); ++i) {
      std::int64_t rest = static_cast<std::int64_t>(i);
      bool inside = true;
      for (std::size_t d = from.size(); d-- > 0;) {
        inside = inside && rest % from[d] < to[d];
        rest /= from[d];
      }
      if (inside) kept.push_back(data[i]);
    }
    data = std::move(kept);
  }

  const Cascade& cascade_;
  Extents extents_;
  Tensors tensors_;
  std::vector<double> scalars_;
  Arithmetic arithmetic_;
  std::vector<std::vector<std::uint8_t>> there_;  // by tensor; empty: all of it
  std::vector<bool> in_part_;                     // by tensor: whether elements of it are not there
  std::vector<bool> gathered_;                    // by tensor: whether it is read through a gather
};

}  // namespace

Tensors interpret(const Cascade& cascade, const Extents& extents, const Tensors& inputs,
                  const std::map<std::string, double>& scalars) {
  std::vector<Problem> problems;
  check_inputs(cascade, extents, inputs, problems);
  std::vector<double> values = scalar_values(cascade, scalars, problems);
  if (!problems.empty()) throw ConfigError(problems);
  return Run(cascade, extents, inputs, std::move(values)).run();
}

}  // namespace weft::einsum
