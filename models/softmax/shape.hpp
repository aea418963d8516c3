// The extents of one attention over all heads and batches.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "models/common/conventions.hpp"

namespace weft::softmax {

// Q is [batch, heads, seq_q, width_qk], K [batch, kv_heads, seq_kv, width_qk], V [batch, kv_heads,
// seq_kv, width_v], the output [batch, heads, seq_q, width_v], all row-major. Query head h uses key
// and value head h / (heads / kv_heads). Causal: query i sees keys 0 … i + seq_kv − seq_q, or 0 … i
// where their beginnings are aligned; one that sees none gives zeros, or the mean of all values.
struct AttentionShape {
  std::int64_t batch = 1;
  std::int64_t heads = 1;
  std::int64_t kv_heads = 1;
  std::int64_t seq_q = 1;
  std::int64_t seq_kv = 1;
  std::int64_t width_qk = 1;
  std::int64_t width_v = 1;
  bool causal = false;
  CausalAlignment alignment = CausalAlignment::bottom_right;
  EmptyRows empty_rows = EmptyRows::zero;

  std::int64_t q_elements() const { return batch * heads * seq_q * width_qk; }
  std::int64_t k_elements() const { return batch * kv_heads * seq_kv * width_qk; }
  std::int64_t v_elements() const { return batch * kv_heads * seq_kv * width_v; }
  std::int64_t output_elements() const { return batch * heads * seq_q * width_v; }
  // 0 … seq_kv.
  std::int64_t visible_keys(std::int64_t query) const {
    const std::int64_t ahead = alignment == CausalAlignment::bottom_right ? seq_kv - seq_q : 0;
    return causal ? std::clamp<std::int64_t>(query + ahead + 1, 0, seq_kv) : seq_kv;
  }
};

// ContractError unless the shape is sound and the tensors have its sizes.
void check_shape(const AttentionShape& shape, std::size_t q, std::size_t k, std::size_t v);

// Offsets of one query head's operands and output.
struct HeadOffsets {
  std::size_t q = 0;
  std::size_t k = 0;
  std::size_t v = 0;
  std::size_t output = 0;
};
HeadOffsets head_offsets(const AttentionShape& shape, std::int64_t batch, std::int64_t head);

// One head of `shape` by itself.
AttentionShape head_shape(const AttentionShape& shape);

}  // namespace weft::softmax
