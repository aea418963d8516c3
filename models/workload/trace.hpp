// A trace: real Q, K and V of every attention layer of a model, in one .safetensors file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/common/conventions.hpp"
#include "models/workload/safetensors.hpp"
#include "models/workload/workload.hpp"

namespace weft::workload {

// fp32 values, flushed, which an engine rounds to the formats of its tensors; row-major: q [batch,
// heads, seq_q, width_qk], k [batch, kv_heads, seq_kv, width_qk], v [batch, kv_heads, seq_kv,
// width_v].
struct LayerTrace {
  // Another tensor of the layer, as the file has it; `shape` of the whole.
  struct Other {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  std::vector<float> q;
  std::vector<float> k;
  std::vector<float> v;
  std::map<std::string, Other>
      others{};  // layers.N.NAME by NAME, for cascades with inputs of their own
};

struct Trace {
  Shape shape;             // of every layer; causal from the metadata
  bool has_batch = false;  // whether the tensors have a leading batch extent
  double scale = 1;        // s of softmax(s·QKᵀ)·V: the metadata's, or 1/√width_qk
  std::optional<CausalAlignment> alignment{};  // of the metadata, as the next
  std::optional<EmptyRows> empty_rows{};
  std::vector<LayerTrace> layers{};
  std::string content_sha256;  // of the file's bytes
  std::string file{};          // as asked for
  bool causal_in_file = false;
};

// Tensors layers.N.q, layers.N.k, layers.N.v (F32, BF16, F16 or F64) of [heads, sequence, width], a
// leading batch allowed, N from 0 without gaps, all layers of one shape. Values are kept in fp32
// (safetensors.hpp). Other tensors are left alone, of whatever type, but layers.N.NAME of a type
// that is read. Metadata: `scale` (a number above 0), `causal` (true or false, True, False, 1 or
// 0), `causal_alignment` and `empty_rows` (their names in models/common/conventions.hpp). Throws
// ConfigError.
Trace load_trace(const std::filesystem::path& path);
Trace parse_trace(const Safetensors& file);

// One tensor of a layer, its leading extents taken off.
struct TensorOfTrace {
  std::int64_t heads = 1;
  std::vector<std::int64_t> shape;  // of one head
  const std::vector<float>* values = nullptr;
};
// By the name that a cascade gives it: as it is written, or in lower case; nothing where the layer
// has none.
std::optional<TensorOfTrace> tensor_of(const Trace& trace, std::size_t layer,
                                       const std::string& name);

// An output of a cascade: in each layer [batch, heads, the shape of one head].
struct ComputedTensor {
  std::string name;    // in the file: "out" of the first, its own in lower case of others
  std::string tensor;  // of the cascade
  std::vector<std::int64_t> shape;
  std::vector<std::vector<float>> layers;
};
// As layers.N.NAME in F32, of Q's leading extents and the output's own shape.
void write_outputs(const std::filesystem::path& path, const Trace& trace,
                   const std::vector<ComputedTensor>& outputs, const std::stop_token& stop = {});

}  // namespace weft::workload
