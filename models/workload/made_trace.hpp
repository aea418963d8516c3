// Traces that are made, not read: operands of a shape, drawn by whoever asks.
#pragma once

#include <cmath>
#include <cstdint>

#include "models/numerics/bf16.hpp"
#include "models/workload/trace.hpp"

namespace weft::workload {

// bf16, uniform in [−2, 2), of the upper 24 bits of a random word.
inline float operand_of(std::uint64_t word) {
  return numerics::round_to_bf16(
      static_cast<float>(static_cast<std::int64_t>(word >> 40) - (1 << 23)) * 0x1p-22f);
}

// `values(count)` is asked for q, k and v of one layer after another: so many elements.
template <class Values>
Trace made_trace(const Shape& shape, std::int64_t layers, Values values) {
  Trace trace;
  trace.shape = shape;
  trace.has_batch = true;
  trace.scale = 1 / std::sqrt(static_cast<double>(shape.width_qk));
  for (std::int64_t l = 0; l < layers; ++l) {
    LayerTrace& layer = trace.layers.emplace_back();
    layer.q = values(shape.batch * shape.heads * shape.seq_q * shape.width_qk);
    layer.k = values(shape.batch * shape.kv_heads * shape.seq_kv * shape.width_qk);
    layer.v = values(shape.batch * shape.kv_heads * shape.seq_kv * shape.width_v);
  }
  return trace;
}

}  // namespace weft::workload
