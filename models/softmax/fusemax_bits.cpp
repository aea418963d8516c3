#include "models/softmax/fusemax_bits.hpp"

#include <algorithm>
#include <limits>

#include "models/common/error.hpp"
#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"
#include "models/softmax/online_softmax.hpp"

namespace weft::softmax {
namespace {

using numerics::round_to_bf16;
using FloatRow = std::span<const float>;

constexpr float kFloatMinusInfinity = -std::numeric_limits<float>::infinity();

// As the engine sees it: bf16 subnormals are zeros.
std::vector<float> flushed_operand(FloatRow values) {
  std::vector<float> operand;
  operand.reserve(values.size());
  for (const float x : values) {
    check((numerics::bits_of(x) & 0xFFFFu) == 0, "operands are bf16 values");
    operand.push_back(numerics::flush(x));
  }
  return operand;
}

FloatRow float_row(FloatRow matrix, std::int64_t index, std::int64_t width) {
  return matrix.subspan(static_cast<std::size_t>(index * width), static_cast<std::size_t>(width));
}

// Q·K over e ascending.
float score(FloatRow query, FloatRow key) {
  float sum = 0;
  for (std::size_t e = 0; e < query.size(); ++e)
    sum = numerics::macc_bf16_flushed(query[e], key[e], sum);
  return sum;
}

// sums[f] += weight·value[f].
void accumulate(FloatRow value, float weight, std::vector<float>& sums) {
  for (std::size_t f = 0; f < sums.size(); ++f)
    sums[f] = numerics::macc_bf16_flushed(weight, value[f], sums[f]);
}

// One head's operands.
struct Head {
  FloatRow q;
  FloatRow k;
  FloatRow v;
  AttentionShape shape;
  float scale_log2e = 0;
};

// What the 1D array keeps for one query between tiles of keys.
class RunningRow {
 public:
  explicit RunningRow(std::int64_t width_v)
      : numerator_(static_cast<std::size_t>(width_v), 0.0f), tile_numerator_(numerator_.size()) {}

  // Keys begin … end − 1, of which those from `visible` on are masked: their weights and values are
  // left out, whatever they are.
  void step(const Head& head, FloatRow query, std::int64_t begin, std::int64_t end,
            std::int64_t visible) {
    scores_.clear();
    for (std::int64_t m = begin; m < end; ++m)
      scores_.push_back(m < visible ? score(query, float_row(head.k, m, head.shape.width_qk))
                                    : kFloatMinusInfinity);
    const std::int64_t seen = std::max<std::int64_t>(std::min(end, visible) - begin, 0);
    weights_.resize(scores_.size());
    const float correction =
        softmax_.step(scores_, static_cast<std::size_t>(seen), head.scale_log2e, weights_);
    std::fill(tile_numerator_.begin(), tile_numerator_.end(), 0.0f);
    for (std::int64_t m = 0; m < seen; ++m) {
      accumulate(float_row(head.v, begin + m, head.shape.width_v),
                 weights_[static_cast<std::size_t>(m)], tile_numerator_);
    }
    for (std::size_t f = 0; f < numerator_.size(); ++f) {
      numerator_[f] =
          numerics::add(tile_numerator_[f], numerics::multiply(numerator_[f], correction));
    }
  }

  void write(std::span<float> out) const {
    for (std::size_t f = 0; f < out.size(); ++f)
      out[f] = round_to_bf16(numerics::divide(numerator_[f], softmax_.denominator));
  }

 private:
  OnlineSoftmax softmax_;
  std::vector<float> numerator_;  // RNV
  std::vector<float> tile_numerator_;
  std::vector<float> scores_;
  std::vector<float> weights_;
};

// A query that sees no key.
void write_empty(const Head& head, std::span<float> out) {
  for (std::size_t f = 0; f < out.size(); ++f) {
    float sum = 0;
    const bool mean = head.shape.empty_rows == EmptyRows::mean;
    for (std::int64_t m = 0; mean && m < head.shape.seq_kv; ++m)
      sum += float_row(head.v, m, head.shape.width_v)[f];
    out[f] = round_to_bf16(sum / static_cast<float>(head.shape.seq_kv));
  }
}

void fusemax_head(const Head& head, const FuseMaxTiling& tiling, std::span<float> out) {
  const AttentionShape& shape = head.shape;
  for (std::int64_t p = 0; p < shape.seq_q; ++p) {
    const std::int64_t last_of_tile =
        std::min((p / tiling.query_tile + 1) * tiling.query_tile, shape.seq_q) - 1;
    const std::int64_t processed = shape.visible_keys(last_of_tile);
    RunningRow running(shape.width_v);
    for (std::int64_t begin = 0; begin < processed; begin += tiling.key_tile) {
      const std::int64_t end = std::min(begin + tiling.key_tile, shape.seq_kv);
      running.step(head, float_row(head.q, p, shape.width_qk), begin, end, shape.visible_keys(p));
    }
    const std::span<float> row = out.subspan(static_cast<std::size_t>(p * shape.width_v),
                                             static_cast<std::size_t>(shape.width_v));
    if (shape.visible_keys(p) == 0) {
      write_empty(head, row);
    } else {
      running.write(row);
    }
  }
}

void three_pass_row(const Head& head, FloatRow query, std::int64_t keys, std::span<float> out) {
  const AttentionShape& shape = head.shape;
  if (keys == 0) return write_empty(head, out);
  std::vector<float> words;  // what memory holds between phases: QK, then SN
  float maximum = kFloatMinusInfinity;
  for (std::int64_t m = 0; m < keys; ++m) {
    words.push_back(round_to_bf16(score(query, float_row(head.k, m, shape.width_qk))));
    maximum = numerics::max(maximum, words.back());
  }
  float denominator = 0;
  for (float& word : words) {
    word = round_to_bf16(numerics::exp_maccs(numerics::subtract(word, maximum), head.scale_log2e));
    denominator = numerics::add(denominator, word);
  }
  std::vector<float> sums(static_cast<std::size_t>(shape.width_v), 0.0f);
  for (std::int64_t m = 0; m < keys; ++m) {
    const float weight =
        round_to_bf16(numerics::divide(words[static_cast<std::size_t>(m)], denominator));
    accumulate(float_row(head.v, m, shape.width_v), weight, sums);
  }
  for (std::size_t f = 0; f < out.size(); ++f) out[f] = round_to_bf16(sums[f]);
}

// `one_head(head, out)` for every head of every batch.
template <class OneHead>
std::vector<float> every_head(FloatRow q, FloatRow k, FloatRow v, const AttentionShape& shape,
                              double scale, OneHead&& one_head) {
  check_shape(shape, q.size(), k.size(), v.size());
  const std::vector<float> flushed_q = flushed_operand(q);
  const std::vector<float> flushed_k = flushed_operand(k);
  const std::vector<float> flushed_v = flushed_operand(v);
  const AttentionShape one = head_shape(shape);
  std::vector<float> output(static_cast<std::size_t>(shape.output_elements()), 0.0f);
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t h = 0; h < shape.heads; ++h) {
      const HeadOffsets at = head_offsets(shape, b, h);
      const Head head{
          .q = FloatRow(flushed_q).subspan(at.q, static_cast<std::size_t>(one.q_elements())),
          .k = FloatRow(flushed_k).subspan(at.k, static_cast<std::size_t>(one.k_elements())),
          .v = FloatRow(flushed_v).subspan(at.v, static_cast<std::size_t>(one.v_elements())),
          .shape = one,
          .scale_log2e = numerics::softmax_scale_log2e(scale)};
      one_head(head, std::span(output).subspan(at.output,
                                               static_cast<std::size_t>(one.output_elements())));
    }
  }
  return output;
}

}  // namespace

std::vector<float> fusemax_attention(std::span<const float> q, std::span<const float> k,
                                     std::span<const float> v, const AttentionShape& shape,
                                     double scale, const FuseMaxTiling& tiling) {
  check(tiling.key_tile > 0 && tiling.query_tile > 0, "tiles have at least one key and one query");
  return every_head(q, k, v, shape, scale, [&](const Head& head, std::span<float> out) {
    fusemax_head(head, tiling, out);
  });
}

std::vector<float> fusemax_attention(std::span<const float> q, std::span<const float> k,
                                     std::span<const float> v, const AttentionShape& shape,
                                     double scale, std::int64_t key_tile) {
  return fusemax_attention(q, k, v, shape, scale, FuseMaxTiling{.key_tile = key_tile});
}

std::vector<float> three_pass_attention_bits(std::span<const float> q, std::span<const float> k,
                                             std::span<const float> v, const AttentionShape& shape,
                                             double scale) {
  return every_head(q, k, v, shape, scale, [](const Head& head, std::span<float> out) {
    for (std::int64_t p = 0; p < head.shape.seq_q; ++p) {
      three_pass_row(head, float_row(head.q, p, head.shape.width_qk), head.shape.visible_keys(p),
                     out.subspan(static_cast<std::size_t>(p * head.shape.width_v),
                                 static_cast<std::size_t>(head.shape.width_v)));
    }
  });
}

}  // namespace weft::softmax
