#include "sim/engine/values.hpp"

#include <algorithm>
#include <limits>

#include "sim/engine/comparison.hpp"
#include "sim/engine/empty_rows.hpp"

namespace weft::sim::engine {

using einsum::TensorId;
using einsum::TensorRole;

Values::Values(const weft::engine::Schedule& schedule, const workload::Trace& trace)
    : lowering_(*schedule.lowering),
      cascade_(*schedule.lowering->cascade),
      sizing_(*schedule.sizing),
      trace_(trace),
      operands_(*schedule.lowering, *schedule.sizing, trace),
      arrivals_(schedule),
      replay_(schedule, operands_.scalars()) {
  if (lowering_.binding->empty_rows == EmptyRows::mean && empty_rows(lowering_, sizing_) > 0 &&
      !is_attention(lowering_)) {
    throw ConfigError(Problem{{},
                              "--empty-rows",
                              "mean",
                              "cascade " + cascade_.name +
                                  " is not attention: what the mean of its values would be is not "
                                  "said; allowed: 'zero'"});
  }
}

// NaN where the run left nothing of worth.
void Values::poison(std::int64_t run, TensorId tensor, std::vector<float>& data) const {
  const std::vector<std::int64_t> shape = einsum::tensor_shape(cascade_, tensor, sizing_.extents);
  arrivals_.missing(run, tensor, [&](const std::vector<Range>& ranges) {
    for (std::size_t i = 0; i < data.size(); ++i) {
      auto left = static_cast<std::int64_t>(i);
      bool inside = true;
      for (std::size_t d = shape.size(); d-- > 0; left /= shape[d])
        inside = inside && left % shape[d] >= ranges[d].begin && left % shape[d] < ranges[d].end;
      if (inside) data[i] = std::numeric_limits<float>::quiet_NaN();
    }
  });
}

// A run's output into the heads that it is of.
void Values::write(std::int64_t run, TensorId tensor, const std::vector<float>& data,
                   std::vector<std::vector<float>>& layers) const {
  const std::int64_t heads_of_layer = trace_.shape.batch * trace_.shape.heads;
  for (std::int64_t h = 0; h < operands_.together(); ++h) {
    const std::vector<float> own = operands_.head_of(tensor, data, h);
    const std::int64_t head = run * operands_.together() + h;
    float* const written = layers[static_cast<std::size_t>(head / heads_of_layer)].data() +
                           head % heads_of_layer * static_cast<std::int64_t>(own.size());
    operands_.write(tensor, own, written);
    operands_.encode_tokens(tensor, {written, own.size()});
  }
}

std::vector<workload::ComputedTensor> Values::compute(const std::function<void(double)>& between) {
  const std::vector<TensorId> ids = operands_.output_ids();
  std::vector<workload::ComputedTensor> outputs = operands_.outputs();
  std::vector<std::vector<float>> tensors(cascade_.tensors.size());
  const std::int64_t runs = operands_.runs();
  for (std::int64_t run = 0; run < runs; ++run) {
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      if (cascade_.tensors[t].role == TensorRole::input)
        operands_.load(static_cast<TensorId>(t), run, tensors[t]);
    }
    for (const TensorId t : ids)
      tensors[t].assign(
          static_cast<std::size_t>(einsum::tensor_elements(cascade_, t, sizing_.extents)), 0);
    replay_.run(run, tensors, [&](double share) {
      between((static_cast<double>(run) + share) / static_cast<double>(runs));
    });
    for (std::size_t o = 0; o < ids.size(); ++o) {
      std::vector<float>& data = tensors[static_cast<std::size_t>(ids[o])];
      poison(run, ids[o], data);
      fill_empty_rows(lowering_, sizing_, ids[o], tensors, data);
      const auto format = lowering_.tensors[static_cast<std::size_t>(ids[o])].format;
      if (format.rounds_alone()) {
        for (float& value : data)
          value = numerics::round_to(format, value);  // of a mean; the others are rounded
      }
      write(run, ids[o], data, outputs[o].layers);
    }
  }
  return outputs;
}

std::vector<std::vector<float>> Values::outputs() {
  return std::move(compute([](double) {}).front().layers);
}

}  // namespace weft::sim::engine
