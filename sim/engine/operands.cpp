#include "sim/engine/operands.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

#include "models/einsum/kernel.hpp"
#include "models/numerics/encoded.hpp"

namespace weft::sim::engine {

using einsum::TensorId;
using einsum::TensorRole;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace

Operands::Operands(const weft::engine::Lowering& lowering, const weft::engine::Sizing& sizing,
                   const workload::Trace& trace)
    : lowering_(lowering),
      head_(one_head(lowering, sizing)),
      together_(sizing.together),
      trace_(trace) {
  const einsum::Cascade& cascade = *lowering.cascade;
  sources_.resize(cascade.tensors.size());
  for (std::size_t t = 0; t < cascade.tensors.size(); ++t) {
    if (cascade.tensors[t].role == TensorRole::input)
      sources_[t] = source_of(static_cast<TensorId>(t));
  }
}

std::int64_t Operands::runs() const {
  return static_cast<std::int64_t>(trace_.layers.size()) * trace_.shape.batch * trace_.shape.heads /
         together_;
}

bool Operands::has_queries(TensorId t) const {
  const auto& dimensions = lowering_.cascade->tensors[t].dimensions;
  return std::any_of(dimensions.begin(), dimensions.end(),
                     [&](const einsum::Dimension& d) { return d.rank == lowering_.queries; });
}

std::int64_t Operands::elements_of_head(TensorId t) const {
  return einsum::tensor_elements(*lowering_.cascade, t, head_.extents);
}

std::vector<double> Operands::scalars() const {
  std::vector<double> scalars;
  for (const einsum::Scalar& scalar : lowering_.cascade->scalars)
    scalars.push_back(scalar.name == "scale" ? trace_.scale : scalar.value);
  return scalars;
}

// Two dimensions, the second of them alone a sequence: [width, sequence] of a cascade is [sequence,
// width] in a file.
bool Operands::transposed(TensorId t) const {
  const auto& dimensions = lowering_.cascade->tensors[t].dimensions;
  const auto is_sequence = [&](const einsum::Dimension& d) {
    const auto base = lowering_.cascade->base_of(d.rank);
    return lowering_.is(base, weft::engine::Quantity::seq_q) ||
           lowering_.is(base, weft::engine::Quantity::seq_kv);
  };
  return dimensions.size() == 2 && !is_sequence(dimensions[0]) && is_sequence(dimensions[1]);
}

std::vector<std::int64_t> Operands::written_shape(TensorId t) const {
  std::vector<std::int64_t> shape = einsum::tensor_shape(*lowering_.cascade, t, head_.extents);
  if (transposed(t)) std::swap(shape[0], shape[1]);
  return shape;
}

Operands::Source Operands::source_of(TensorId t) const {
  const einsum::Tensor& tensor = lowering_.cascade->tensors[t];
  const std::vector<std::int64_t> wanted = written_shape(t);
  Source source;
  source.elements = elements_of_head(t);
  if (transposed(t)) source.rows = wanted[0];
  const workload::Shape& shape = trace_.shape;
  std::vector<std::string> dimensions;
  for (const einsum::Dimension& d : tensor.dimensions)
    dimensions.push_back(lowering_.cascade->ranks[d.rank].name);
  if (transposed(t)) std::swap(dimensions[0], dimensions[1]);
  for (std::size_t layer = 0; layer < trace_.layers.size(); ++layer) {
    const std::string name = lower(tensor.name);
    const auto found = workload::tensor_of(trace_, layer, tensor.name);
    const std::string what =
        fmt::format("layers.{}.{} of the trace: cascade {} takes {} for each head, [{}]", layer,
                    name, lowering_.cascade->name, shape_text(wanted), fmt::join(dimensions, ", "));
    if (!found) throw ConfigError(Problem{tensor.where, tensor.name, "", "missing tensor " + what});
    const bool fits = found->shape == wanted && found->heads > 0 &&
                      shape.heads % found->heads == 0 &&
                      static_cast<std::int64_t>(found->values->size()) ==
                          shape.batch * found->heads * source.elements;
    if (!fits || (layer > 0 && found->heads != source.heads)) {
      throw ConfigError(Problem{tensor.where, tensor.name, shape_text(found->shape),
                                fmt::format("wrong shape of {}, the heads ({} here) dividing {}",
                                            what, found->heads, shape.heads)});
    }
    source.heads = found->heads;
    source.layers.push_back(found->values);
  }
  if (lowering_.tensors[t].format.is_integer()) measure(t, source);
  return source;
}

// What integers need of all heads: that they are finite, and the largest where they share a scale.
void Operands::measure(TensorId t, Source& source) const {
  const numerics::Format& format = lowering_.tensors[t].format;
  for (std::size_t layer = 0; layer < source.layers.size(); ++layer) {
    const std::vector<float>& values = *source.layers[layer];
    const auto strange =
        std::count_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
    if (strange > 0) {
      const std::string name = lowering_.cascade->tensors[t].name;
      throw ConfigError(Problem{
          {},
          "binding.tensors." + name + ".format",
          canonical_text(format),
          fmt::format("layers.{}.{} of the trace has {} value{} not finite, for which integers "
                      "have no code",
                      layer, lower(name), strange, strange == 1 ? " that is" : "s that are")});
    }
    if (format.granularity == numerics::Granularity::tensor)
      source.largest.push_back(numerics::largest_magnitude(values));
  }
}

std::vector<float> Operands::rounded(TensorId t, std::int64_t head) const {
  const Source& source = sources_[static_cast<std::size_t>(t)];
  const weft::engine::LoweredTensor& lowered = lowering_.tensors[t];
  const float* from = at(source, head);
  std::vector<float> values(from, from + source.elements);
  if (lowered.format.is_integer()) {
    const std::int64_t channels =
        lowered.channel == einsum::kNone ? 1 : head_.extents[lowered.channel];
    const std::int64_t layer = head / (trace_.shape.batch * trace_.shape.heads);
    const numerics::Encoded encoded(
        lowered.format, values, channels,
        source.largest.empty() ? 0 : source.largest[static_cast<std::size_t>(layer)]);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = encoded.value(static_cast<std::int64_t>(i));
  } else if (lowered.format == numerics::Format::bf16) {
    std::transform(values.begin(), values.end(), values.begin(), numerics::round_to_bf16);
  } else {
    std::transform(values.begin(), values.end(), values.begin(), numerics::flush);
  }
  return values;
}

void Operands::encode_tokens(TensorId t, std::span<float> written) const {
  const weft::engine::LoweredTensor& lowered = lowering_.tensors[t];
  if (!numerics::has_scales_of_tokens(lowered.format)) return;
  numerics::through_tokens(lowered.format, written, head_.extents[lowered.channel]);
}

const float* Operands::at(const Source& source, std::int64_t index) const {
  const workload::Shape& shape = trace_.shape;
  const std::int64_t batch = index / shape.heads % shape.batch;
  const std::int64_t head = index % shape.heads / (shape.heads / source.heads);
  const auto& layer = *source.layers[static_cast<std::size_t>(index / (shape.batch * shape.heads))];
  return layer.data() + (batch * source.heads + head) * source.elements;
}

std::vector<TensorId> Operands::output_ids() const {
  std::vector<TensorId> ids;
  for (std::size_t t = 0; t < lowering_.cascade->tensors.size(); ++t) {
    if (lowering_.cascade->tensors[t].role == TensorRole::output)
      ids.push_back(static_cast<TensorId>(t));
  }
  check(!ids.empty(), "a cascade has an output");
  return ids;
}

std::vector<workload::ComputedTensor> Operands::outputs() const {
  std::vector<workload::ComputedTensor> all;
  for (const TensorId t : output_ids()) {
    workload::ComputedTensor& made = all.emplace_back();
    made.name = all.size() == 1 ? "out" : lower(lowering_.cascade->tensors[t].name);
    made.tensor = lowering_.cascade->tensors[t].name;
    made.shape = written_shape(t);
    std::int64_t elements = trace_.shape.batch * trace_.shape.heads;
    for (const std::int64_t extent : made.shape) elements *= extent;
    made.layers.assign(trace_.layers.size(),
                       std::vector<float>(static_cast<std::size_t>(elements)));
  }
  return all;
}

}  // namespace weft::sim::engine
