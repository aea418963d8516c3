#include <fmt/format.h>

#include <cmath>

#include "models/common/input_file.hpp"
#include "models/common/limits.hpp"
#include "models/workload/encoder.hpp"
#include "models/workload/file_bytes.hpp"
#include "models/workload/json_text.hpp"
#include "models/workload/safetensors.hpp"

namespace weft::workload {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMostExtent = 1 << 20;

std::int64_t extent(const Json& config, const char* key, const std::string& file) {
  const auto found = config.find(key);
  if (found == config.end()) refuse(file, key, "", "missing: a whole number");
  if (!found->is_number_unsigned() || found->get<std::uint64_t>() < 1 ||
      found->get<std::uint64_t>() > static_cast<std::uint64_t>(kMostExtent))
    refuse(file, key, found->dump(),
           fmt::format("must be a whole number from 1 to {}", kMostExtent));
  return found->get<std::int64_t>();
}

void must_be(const Json& config, const char* key, const char* value, bool needed,
             const std::string& file) {
  const auto found = config.find(key);
  if (found == config.end()) {
    if (needed) refuse(file, key, "", fmt::format("missing: must be \"{}\"", value));
    return;
  }
  if (*found != value) refuse(file, key, found->dump(), fmt::format("must be \"{}\"", value));
}

EncoderShape read_shape(const std::filesystem::path& path) {
  const std::string file = path.string();
  const ReadLimits& limits = environment_limits();
  const Json config = parse_json(read_text(path, limits.json_bytes), file, "", json_limits(limits));
  if (!config.is_object()) refuse(file, "", "", "must be an object of JSON");
  must_be(config, "model_type", "bert", true, file);
  must_be(config, "hidden_act", "gelu", true, file);
  must_be(config, "position_embedding_type", "absolute", false, file);
  EncoderShape shape{.layers = extent(config, "num_hidden_layers", file),
                     .heads = extent(config, "num_attention_heads", file),
                     .width = extent(config, "hidden_size", file),
                     .feed_forward = extent(config, "intermediate_size", file),
                     .longest = extent(config, "max_position_embeddings", file),
                     .vocabulary = extent(config, "vocab_size", file),
                     .types = extent(config, "type_vocab_size", file)};
  if (shape.width % shape.heads != 0)
    refuse(file, "num_attention_heads", std::to_string(shape.heads),
           fmt::format("must divide hidden_size, {}", shape.width));
  const auto epsilon = config.find("layer_norm_eps");
  if (epsilon == config.end()) refuse(file, "layer_norm_eps", "", "missing: a number");
  if (!epsilon->is_number() || epsilon->get<double>() < 0 || epsilon->get<double>() > 1)
    refuse(file, "layer_norm_eps", epsilon->dump(), "must be a number from 0 to 1");
  shape.epsilon = epsilon->get<double>();
  return shape;
}

}  // namespace

// Takes tensors by their names, of the shapes that the model's extents give.
class Encoder::Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : file_(load_safetensors(path)) {}

  std::vector<float> tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
    const TensorInfo* info = file_.find(name);
    if (info == nullptr)
      refuse(file_.file(), name, "", "no such tensor: shape " + shape_text(shape) + " is needed");
    if (info->shape != shape)
      refuse(file_.file(), name, shape_text(info->shape),
             "must have the shape " + shape_text(shape) + " by config.json");
    std::vector<float> values = file_.values(*info);
    for (const float x : values) {
      if (!std::isfinite(x)) refuse(file_.file(), name, "", "holds a value that is not finite");
    }
    return values;
  }
  Norm norm(const std::string& name, std::int64_t width) const {
    return {tensor(name + ".weight", {width}), tensor(name + ".bias", {width})};
  }
  Linear linear(const std::string& name, std::int64_t outputs, std::int64_t inputs) const {
    return {
        PackedMatrix::of_transposed(tensor(name + ".weight", {outputs, inputs}), outputs, inputs),
        tensor(name + ".bias", {outputs})};
  }

 private:
  Safetensors file_;
};

Encoder::Encoder(const std::filesystem::path& folder)
    : shape_(read_shape(folder / "config.json")), tokenizer_(folder / "vocab.txt") {
  const Reader reader(folder / "model.safetensors");
  const std::int64_t width = shape_.width;
  if (tokenizer_.size() > shape_.vocabulary)
    refuse((folder / "vocab.txt").string(), "", fmt::format("{} tokens", tokenizer_.size()),
           fmt::format("more than vocab_size of config.json, {}", shape_.vocabulary));
  words_ = reader.tensor("embeddings.word_embeddings.weight", {shape_.vocabulary, width});
  positions_ = reader.tensor("embeddings.position_embeddings.weight", {shape_.longest, width});
  type_ = reader.tensor("embeddings.token_type_embeddings.weight", {shape_.types, width});
  embedding_norm_ = reader.norm("embeddings.LayerNorm", width);
  for (std::int64_t n = 0; n < shape_.layers; ++n) {
    const std::string block = fmt::format("encoder.layer.{}.", n);
    const std::string attention = block + "attention.";
    layers_.push_back(
        {.query = reader.linear(attention + "self.query", width, width),
         .key = reader.linear(attention + "self.key", width, width),
         .value = reader.linear(attention + "self.value", width, width),
         .output = reader.linear(attention + "output.dense", width, width),
         .intermediate = reader.linear(block + "intermediate.dense", shape_.feed_forward, width),
         .final = reader.linear(block + "output.dense", width, shape_.feed_forward),
         .attention_norm = reader.norm(attention + "output.LayerNorm", width),
         .final_norm = reader.norm(block + "output.LayerNorm", width)});
  }
}

}  // namespace weft::workload
