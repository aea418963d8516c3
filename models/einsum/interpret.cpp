#include "models/einsum/interpret.hpp"

#include <fmt/format.h>

#include "models/common/fields.hpp"
#include "models/einsum/graph.hpp"
#include "models/einsum/kernel.hpp"
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

}  // namespace

Tensors interpret(const Cascade& cascade, const Extents& extents, const Tensors& inputs,
                  const std::map<std::string, double>& scalars) {
  std::vector<Problem> problems;
  check_inputs(cascade, extents, inputs, problems);
  const std::vector<double> values = scalar_values(cascade, scalars, problems);
  if (!problems.empty()) throw ConfigError(problems);

  numerics::DoubleArithmetic arithmetic;
  Tensors tensors = inputs;
  std::vector<double*> data;
  for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
    DenseTensor& tensor = tensors[cascade.tensors[id].name];
    if (cascade.tensors[id].role != TensorRole::input) {
      tensor.shape = tensor_shape(cascade, id, extents);
      tensor.data.assign(static_cast<std::size_t>(tensor_elements(cascade, id, extents)), 0);
      fill_initial(cascade, id, extents, tensor.data.data(), arithmetic);
    }
    data.push_back(tensor.data.data());
  }
  for (const Group& group : execution_order(cascade)) {
    std::vector<Kernel<numerics::DoubleArithmetic>> kernels;
    kernels.reserve(group.einsums.size());
    for (const EinsumId id : group.einsums) kernels.emplace_back(cascade, id, extents);
    const std::int64_t turns = group.along == kNone ? 1 : extents[group.along];
    for (std::int64_t turn = 0; turn < turns; ++turn) {
      for (std::size_t i = 0; i < kernels.size(); ++i) {
        Box box = whole_box(cascade, group.einsums[i], extents);
        const std::vector<RankId>& iteration = cascade.einsums[group.einsums[i]].iteration;
        for (std::size_t v = 0; v < iteration.size(); ++v) {
          if (iteration[v] != group.along) continue;
          box.begin[v] = turn;
          box.end[v] = turn + 1;
        }
        kernels[i].run(box, data, values, false, arithmetic);
      }
    }
  }
  return tensors;
}

}  // namespace weft::einsum
