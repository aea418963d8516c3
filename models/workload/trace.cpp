#include "models/workload/trace.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "models/common/error.hpp"
#include "models/common/sha256.hpp"
#include "models/workload/file_bytes.hpp"

namespace weft::workload {
namespace {

constexpr std::array<std::string_view, 3> kOperands{"q", "k", "v"};

// Bounds that keep s·log2(e) and its products normal single-precision numbers.
constexpr double kLeastScale = 1e-30;
constexpr double kMostScale = 1e30;

struct OperandExtents {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t seq = 1;
  std::int64_t width = 1;
  bool operator==(const OperandExtents&) const = default;
};

std::string tensor_name(std::size_t layer, std::string_view operand) {
  return "layers." + std::to_string(layer) + "." + std::string(operand);
}

// N and NAME of "layers.N.NAME"; nothing where it is of another kind, or one of the trace's own
// operands.
std::optional<std::pair<std::size_t, std::string>> other_of(std::string_view name) {
  if (!name.starts_with("layers.")) return std::nullopt;
  name.remove_prefix(std::string_view("layers.").size());
  std::size_t layer = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  const auto digits = static_cast<std::size_t>(end - name.data());
  if (error != std::errc{} || digits + 1 >= name.size() || name[digits] != '.' ||
      std::to_string(layer) != name.substr(0, digits))
    return std::nullopt;
  const std::string own(name.substr(digits + 1));
  if (std::find(kOperands.begin(), kOperands.end(), own) != kOperands.end()) return std::nullopt;
  return std::pair{layer, own};
}

// The N of "layers.N.q", or nothing when the name is of another kind.
std::optional<std::string> layer_of(std::string_view name) {
  if (!name.starts_with("layers.") || name.size() < std::string_view("layers..q").size())
    return std::nullopt;
  const std::string_view operand = name.substr(name.size() - 2);
  if (operand != ".q" && operand != ".k" && operand != ".v") return std::nullopt;
  return std::string(name.substr(7, name.size() - 9));
}

// A truth as Python, C and JSON write it, in any case; nothing for anything else.
std::optional<bool> truth_of(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "true" || lower == "1") return true;
  if (lower == "false" || lower == "0") return false;
  return std::nullopt;
}

class TraceReader {
 public:
  explicit TraceReader(const Safetensors& file) : file_(file) {}

  std::size_t layer_count() const {
    std::set<std::size_t> layers;
    for (const TensorInfo& tensor : file_.tensors()) {
      const auto text = layer_of(tensor.name);
      if (!text) continue;
      std::size_t layer = 0;
      const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), layer);
      if (error != std::errc{} || end != text->data() + text->size() ||
          std::to_string(layer) != *text) {
        refuse(tensor.name, *text, "the layer must be a whole number, as in layers.0.q");
      }
      layers.insert(layer);
    }
    if (layers.empty())
      refuse("", "",
             "holds no layers.0.q, layers.0.k and layers.0.v; they are the trace's tensors");
    if (*layers.rbegin() + 1 != layers.size()) {
      std::size_t missing = 0;
      while (layers.contains(missing)) ++missing;
      refuse(tensor_name(missing, "q"), "",
             "missing tensor: layers must count from 0 to " + std::to_string(*layers.rbegin()) +
                 " without gaps");
    }
    return layers.size();
  }

  const TensorInfo& tensor(std::size_t layer, std::string_view operand) const {
    const TensorInfo* found = file_.find(tensor_name(layer, operand));
    if (found == nullptr)
      refuse(tensor_name(layer, operand), "", "missing tensor: every layer needs q, k and v");
    if (found->dtype == Dtype::other)
      refuse(found->name + ".dtype", found->dtype_name, "must be F32, BF16, F16 or F64");
    return *found;
  }

  OperandExtents extents(const TensorInfo& tensor) const {
    const std::vector<std::int64_t>& s = tensor.shape;
    if (s.size() != 3 && s.size() != 4) {
      refuse(tensor.name + ".shape", shape_text(s),
             "must be [heads, sequence, width] or [batch, heads, sequence, width]");
    }
    if (tensor.elements == 0)
      refuse(tensor.name + ".shape", shape_text(s), "every extent must be at least 1");
    const std::size_t at = s.size() - 3;
    return {at == 1 ? s[0] : 1, s[at], s[at + 1], s[at + 2]};
  }

  // One of the names of an enumeration, where the metadata has the key.
  template <class E>
  std::optional<E> convention(const std::string& key) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) return std::nullopt;
    for (const auto& [name, value] : names(config::Tag<E>{})) {
      if (name == found->second) return value;
    }
    refuse("__metadata__." + key, found->second,
           config::unknown_name(found->second, config::names_of<E>()));
  }

  // The shape that all layers share.
  Shape shape(std::size_t layers) const {
    std::array<OperandExtents, 3> first;
    const std::size_t dimensions = tensor(0, "q").shape.size();
    for (std::size_t layer = 0; layer < layers; ++layer) {
      for (std::size_t i = 0; i < kOperands.size(); ++i) {
        const TensorInfo& info = tensor(layer, kOperands[i]);
        const OperandExtents here = extents(info);
        if (layer == 0) first[i] = here;
        if (info.shape.size() != dimensions)
          refuse(info.name + ".shape", shape_text(info.shape),
                 "must have as many extents as layers.0.q");
        if (here != first[i]) {
          refuse(info.name + ".shape", shape_text(info.shape),
                 "must be " + shape_text(tensor(0, kOperands[i]).shape) + ", as in layer 0");
        }
      }
    }
    agree(first[1].batch == first[0].batch, "k", "must have the batch of q");
    agree(first[2].batch == first[0].batch, "v", "must have the batch of q");
    agree(first[1].width == first[0].width, "k", "must have the width of q");
    agree(first[2].heads == first[1].heads, "v", "must have the heads of k");
    agree(first[2].seq == first[1].seq, "v", "must have the sequence length of k");
    agree(first[0].heads % first[1].heads == 0, "k",
          "must have a number of heads that divides q's");
    return {.batch = first[0].batch,
            .heads = first[0].heads,
            .kv_heads = first[1].heads,
            .seq_q = first[0].seq,
            .seq_kv = first[1].seq,
            .width_qk = first[0].width,
            .width_v = first[2].width};
  }

  double scale(double otherwise) const {
    const auto found = file_.metadata().find("scale");
    if (found == file_.metadata().end()) return otherwise;
    const std::string& text = found->second;
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(number >= kLeastScale && number <= kMostScale)) {
      refuse("__metadata__.scale", text, "must be a number from 1e-30 to 1e30");
    }
    return number;
  }

  bool causal() const {
    const auto found = file_.metadata().find("causal");
    if (found == file_.metadata().end()) return false;
    const auto truth = truth_of(found->second);
    if (!truth)
      refuse("__metadata__.causal", found->second, "must be true or false (or True, False, 1, 0)");
    return *truth;
  }

  std::vector<float> values(std::size_t layer, std::string_view operand) const {
    return file_.operand_values(tensor(layer, operand));
  }

 private:
  void agree(bool holds, std::string_view operand, const std::string& why) const {
    const TensorInfo& info = tensor(0, operand);
    if (!holds)
      refuse(info.name + ".shape", shape_text(info.shape),
             why + ", " + shape_text(tensor(0, operand == "v" ? "k" : "q").shape));
  }
  [[noreturn]] void refuse(const std::string& field, const std::string& value,
                           const std::string& why) const {
    workload::refuse(file_.file(), field, value, why);
  }

  const Safetensors& file_;
};

Phase phase_of(const Shape& shape) {
  if (!shape.causal) return shape.seq_q == shape.seq_kv ? Phase::self : Phase::cross;
  return shape.seq_q == 1 && shape.seq_kv > 1 ? Phase::decode : Phase::prefill;
}

}  // namespace

Trace load_trace(const std::filesystem::path& path) {
  Trace trace = parse_trace(load_safetensors(path));
  trace.file = path.string();
  trace.causal_in_file = trace.shape.causal;
  return trace;
}

Trace parse_trace(const Safetensors& file) {
  const TraceReader reader(file);
  Trace trace;
  const std::size_t layers = reader.layer_count();
  trace.shape = reader.shape(layers);
  trace.shape.causal = reader.causal();
  trace.shape.phase = phase_of(trace.shape);
  trace.alignment = reader.convention<CausalAlignment>("causal_alignment");
  trace.empty_rows = reader.convention<EmptyRows>("empty_rows");
  trace.has_batch = reader.tensor(0, "q").shape.size() == 4;
  trace.scale = reader.scale(1 / std::sqrt(static_cast<double>(trace.shape.width_qk)));
  if (auto problems = problems_of(trace.shape, {file.file(), 0, 0}); !problems.empty())
    throw ConfigError(std::move(problems));
  trace.layers.reserve(layers);
  for (std::size_t layer = 0; layer < layers; ++layer) {
    trace.layers.push_back(
        {reader.values(layer, "q"), reader.values(layer, "k"), reader.values(layer, "v")});
  }
  for (const TensorInfo& tensor : file.tensors()) {
    const auto other = other_of(tensor.name);
    if (other && other->first < layers && tensor.dtype != Dtype::other)
      trace.layers[other->first].others[other->second] = {tensor.shape,
                                                          file.operand_values(tensor)};
  }
  trace.content_sha256 = sha256_hex(file.bytes());
  return trace;
}

std::optional<TensorOfTrace> tensor_of(const Trace& trace, std::size_t layer,
                                       const std::string& name) {
  const Shape& s = trace.shape;
  const LayerTrace& own = trace.layers[layer];
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (lower == "q") return TensorOfTrace{s.heads, {s.seq_q, s.width_qk}, &own.q};
  if (lower == "k") return TensorOfTrace{s.kv_heads, {s.seq_kv, s.width_qk}, &own.k};
  if (lower == "v") return TensorOfTrace{s.kv_heads, {s.seq_kv, s.width_v}, &own.v};
  auto found = own.others.find(name);
  if (found == own.others.end()) found = own.others.find(lower);
  if (found == own.others.end()) return std::nullopt;
  // The leading extents are batch, where the trace has one, and heads; what has fewer is no tensor
  // of one head.
  const std::vector<std::int64_t>& shape = found->second.shape;
  const std::size_t leading = trace.has_batch ? 2 : 1;
  if (shape.size() < leading || (trace.has_batch && shape[0] != s.batch))
    return TensorOfTrace{0, shape, &found->second.values};
  return TensorOfTrace{shape[leading - 1],
                       {shape.begin() + static_cast<std::ptrdiff_t>(leading), shape.end()},
                       &found->second.values};
}

void write_outputs(const std::filesystem::path& path, const Trace& trace,
                   const std::vector<ComputedTensor>& outputs, const std::stop_token& stop) {
  std::vector<TensorToWrite> tensors;
  for (const ComputedTensor& output : outputs) {
    check(output.layers.size() == trace.layers.size(), "one output a layer");
    std::vector<std::int64_t> shape{trace.shape.heads};
    if (trace.has_batch) shape.insert(shape.begin(), trace.shape.batch);
    shape.insert(shape.end(), output.shape.begin(), output.shape.end());
    for (std::size_t layer = 0; layer < output.layers.size(); ++layer)
      tensors.push_back({tensor_name(layer, output.name), Dtype::f32, shape, output.layers[layer]});
  }
  write_safetensors(path, std::move(tensors), {}, stop);
}

}  // namespace weft::workload
