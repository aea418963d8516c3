#include "models/softmax/shape.hpp"

#include "models/common/error.hpp"

namespace weft::softmax {

void check_shape(const AttentionShape& shape, std::size_t q, std::size_t k, std::size_t v) {
  check(shape.batch > 0 && shape.heads > 0 && shape.kv_heads > 0 && shape.seq_q > 0 &&
            shape.seq_kv > 0 && shape.width_qk > 0 && shape.width_v > 0,
        "every extent of an attention is at least 1");
  check(shape.heads % shape.kv_heads == 0, "kv_heads divides heads");
  check(q == static_cast<std::size_t>(shape.q_elements()), "Q has the shape's size");
  check(k == static_cast<std::size_t>(shape.k_elements()), "K has the shape's size");
  check(v == static_cast<std::size_t>(shape.v_elements()), "V has the shape's size");
}

HeadOffsets head_offsets(const AttentionShape& shape, std::int64_t batch, std::int64_t head) {
  const std::int64_t query_head = batch * shape.heads + head;
  const std::int64_t kv_head = batch * shape.kv_heads + head / (shape.heads / shape.kv_heads);
  return {.q = static_cast<std::size_t>(query_head * shape.seq_q * shape.width_qk),
          .k = static_cast<std::size_t>(kv_head * shape.seq_kv * shape.width_qk),
          .v = static_cast<std::size_t>(kv_head * shape.seq_kv * shape.width_v),
          .output = static_cast<std::size_t>(query_head * shape.seq_q * shape.width_v)};
}

AttentionShape head_shape(const AttentionShape& shape) {
  AttentionShape head = shape;
  head.batch = head.heads = head.kv_heads = 1;
  return head;
}

}  // namespace weft::softmax
