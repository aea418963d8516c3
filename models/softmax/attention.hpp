// Golden attention in double precision, written by hand and independent of the Einsum interpreter:
// softmax(scale·Q·Kᵀ)·V for self and cross attention, grouped heads, causal masks, prefill and
// decode.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/softmax/shape.hpp"

namespace weft::softmax {

// full: the maximum and the sum over all visible keys first, then the output. online: one pass over
// blocks of keys with running maximum, sum and output (Milakov and Gimelshein 2018;
// FlashAttention-2). They agree to rounding.
enum class Method : std::uint8_t { full, online };

inline constexpr std::int64_t kOnlineBlock = 256;  // keys

// One head: `shape` has batch = heads = kv_heads = 1.
std::vector<double> attention_head(std::span<const double> q, std::span<const double> k,
                                   std::span<const double> v, const AttentionShape& shape,
                                   double scale, Method method = Method::full,
                                   std::int64_t block = kOnlineBlock);

// The same for some of its queries, in their order: [queries, width_v].
std::vector<double> attention_rows(std::span<const double> q, std::span<const double> k,
                                   std::span<const double> v, const AttentionShape& shape,
                                   double scale, std::span<const std::int64_t> queries);

// All heads and batches; the output is [batch, heads, seq_q, width_v]. ContractError where sizes
// and shape disagree.
std::vector<double> attention(std::span<const double> q, std::span<const double> k,
                              std::span<const double> v, const AttentionShape& shape, double scale,
                              Method method = Method::full, std::int64_t block = kOnlineBlock);

// 1/√width_qk.
double default_scale(const AttentionShape& shape);

// Keys and values of the tokens so far. Prefill appends many rows and attends to them causally,
// decode one at a time.
class KvCache {
 public:
  struct Extents {
    std::int64_t batch = 1;
    std::int64_t kv_heads = 1;
    std::int64_t width_qk = 1;
    std::int64_t width_v = 1;
  };

  explicit KvCache(const Extents& extents);

  std::int64_t tokens() const { return tokens_; }
  // K [batch, kv_heads, count, width_qk] and V [batch, kv_heads, count, width_v] of the next
  // `count` tokens.
  void append(std::span<const double> k, std::span<const double> v, std::int64_t count);
  // The last `seq_q` tokens' queries [batch, heads, seq_q, width_qk], causally, ends aligned with
  // the cache.
  std::vector<double> attend(std::span<const double> q, std::int64_t heads, std::int64_t seq_q,
                             double scale, Method method = Method::full,
                             std::int64_t block = kOnlineBlock) const;

 private:
  Extents extents_;
  std::int64_t tokens_ = 0;
  std::vector<std::vector<double>> k_;  // by batch and head: [tokens, width_qk]
  std::vector<std::vector<double>> v_;
};

}  // namespace weft::softmax
