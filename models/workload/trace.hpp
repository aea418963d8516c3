// A trace: real Q, K and V of every attention layer of a model, in one .safetensors file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "models/workload/safetensors.hpp"
#include "models/workload/workload.hpp"

namespace weft::workload {

// bf16 values held as float, row-major: q [batch, heads, seq_q, width_qk], k [batch, kv_heads, seq_kv, width_qk],
// v [batch, kv_heads, seq_kv, width_v].
struct LayerTrace {
  std::vector<float> q;
  std::vector<float> k;
  std::vector<float> v;
};

struct Trace {
  Shape shape;             // of every layer; causal from the metadata
  bool has_batch = false;  // whether the tensors have a leading batch extent
  double scale = 1;        // s of softmax(s·QKᵀ)·V: the metadata's, or 1/√width_qk
  std::vector<LayerTrace> layers;
  std::string content_sha256;  // of the file's bytes
};

// Tensors layers.N.q, layers.N.k, layers.N.v (F32, BF16, F16 or F64) of [heads, sequence, width], a leading batch allowed, N
// from 0 without gaps, all layers of one shape. Rounded to bf16 once, ties to even. Other tensors are left alone, of
// whatever type. Metadata: `scale` (a number above 0), `causal` (true or false, True, False, 1 or 0). Throws ConfigError.
Trace load_trace(const std::filesystem::path& path);
Trace parse_trace(const Safetensors& file);

// Attention outputs as layers.N.out in F32, of Q's leading extents and V's width; `outputs` holds one
// [batch, heads, seq_q, width_v] array a layer.
void write_outputs(const std::filesystem::path& path, const Trace& trace, const std::vector<std::vector<float>>& outputs);

}  // namespace weft::workload
