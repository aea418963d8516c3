#include "models/softmax/attention.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "models/common/error.hpp"
#include "models/common/wide_path.hpp"
#include "models/numerics/exp_double.hpp"

namespace weft::softmax {
namespace {

using Row = std::span<const double>;
constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

Row row(Row matrix, std::int64_t index, std::int64_t width) {
  return matrix.subspan(static_cast<std::size_t>(index * width), static_cast<std::size_t>(width));
}

double dot(Row a, Row b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Scaled scores of keys begin … end − 1.
void score(Row query, Row k, double scale, std::int64_t begin, std::int64_t end,
           std::vector<double>& scores) {
  scores.clear();
  for (std::int64_t m = begin; m < end; ++m)
    scores.push_back(scale * dot(query, row(k, m, static_cast<std::int64_t>(query.size()))));
}

void add_weighted(Row value, double weight, std::span<double> out) {
  for (std::size_t f = 0; f < out.size(); ++f) out[f] += weight * value[f];
}

void attend_online(Row query, Row k, Row v, std::int64_t keys, double scale, std::int64_t block,
                   std::vector<double>& scores, std::span<double> out) {
  double running_maximum = kMinusInfinity;
  double denominator = 0;
  for (std::int64_t begin = 0; begin < keys; begin += block) {
    const std::int64_t end = std::min(begin + block, keys);
    score(query, k, scale, begin, end, scores);
    const double maximum =
        std::max(running_maximum, *std::max_element(scores.begin(), scores.end()));
    const double correction = numerics::exp_double(running_maximum - maximum);
    running_maximum = maximum;
    denominator *= correction;
    for (double& o : out) o *= correction;
    for (std::int64_t m = begin; m < end; ++m) {
      const double weight =
          numerics::exp_double(scores[static_cast<std::size_t>(m - begin)] - maximum);
      denominator += weight;
      add_weighted(row(v, m, static_cast<std::int64_t>(out.size())), weight, out);
    }
  }
  if (keys == 0) return;
  for (double& o : out) o /= denominator;
}

// Attention with the maximum and the sum over all visible keys first. A block of queries goes
// through the keys together: each of its sums still runs over one query's elements, or keys, in
// ascending order.
class FullAttention {
 public:
  FullAttention(Row k, Row v, const AttentionShape& shape, double scale)
      : k_(k), v_(v), shape_(shape), scale_(scale) {}

  // `output` has a row for each of `queries`.
  void run(Row q, std::span<const std::int64_t> queries, std::span<double> output) {
    const auto rows = static_cast<std::int64_t>(queries.size());
    queries_.resize(static_cast<std::size_t>(shape_.width_qk));
    sums_.resize(static_cast<std::size_t>(shape_.width_v));
    for (std::int64_t first = 0; first < rows; first += kTogether) {
      const std::int64_t count = std::min(kTogether, rows - first);
      for (std::int64_t i = 0; i < kTogether; ++i) {
        const std::int64_t p =
            queries[std::min(first + i, rows - 1)];  // the last one again where the block is short
        visible_[i] = shape_.visible_keys(p);
        for (std::int64_t e = 0; e < shape_.width_qk; ++e)
          queries_[e][i] = q[p * shape_.width_qk + e];
      }
      if (wide_path()) {
        wide_block();
      } else {
        block();
      }
      for (std::int64_t i = 0; i < count; ++i) {
        if (visible_[i] == 0) continue;
        for (std::int64_t f = 0; f < shape_.width_v; ++f)
          output[(first + i) * shape_.width_v + f] = sums_[f][i] / denominator_[i];
      }
    }
  }

 private:
  static constexpr std::int64_t kTogether = 16;
  using Lanes = std::array<double, kTogether>;

  WEFT_WIDE_PATH void wide_block() { block(); }

  void block() {
    const std::int64_t some = *std::max_element(visible_.begin(), visible_.end());
    const std::int64_t all = *std::min_element(visible_.begin(), visible_.end());
    scores_.resize(static_cast<std::size_t>(some));
    Lanes maximum;
    maximum.fill(kMinusInfinity);
    for (std::int64_t m = 0; m < some; ++m) {
      Lanes dot{};
      const double* const key = k_.data() + m * shape_.width_qk;
      for (std::int64_t e = 0; e < shape_.width_qk; ++e) {
        for (std::int64_t i = 0; i < kTogether; ++i) dot[i] += queries_[e][i] * key[e];
      }
      for (std::int64_t i = 0; i < kTogether; ++i) scores_[m][i] = scale_ * dot[i];
      for (std::int64_t i = 0; i < kTogether; ++i) {
        if (m < visible_[i] && !(scores_[m][i] <= maximum[i])) maximum[i] = scores_[m][i];
      }
    }
    denominator_.fill(0);
    for (Lanes& sum : sums_) sum.fill(0);
    for (std::int64_t m = 0; m < some; ++m) {
      Lanes weight;
      for (std::int64_t i = 0; i < kTogether; ++i)
        weight[i] = numerics::exp_double(scores_[m][i] - maximum[i]);
      const double* const value = v_.data() + m * shape_.width_v;
      if (m < all) {
        add(weight, value);
        continue;
      }
      // What a query must not see is left out, whatever stands there.
      for (std::int64_t i = 0; i < kTogether; ++i) {
        if (m >= visible_[i]) continue;
        denominator_[i] += weight[i];
        for (std::int64_t f = 0; f < shape_.width_v; ++f) sums_[f][i] += weight[i] * value[f];
      }
    }
  }

  void add(const Lanes& weight, const double* value) {
    for (std::int64_t i = 0; i < kTogether; ++i) denominator_[i] += weight[i];
    for (std::int64_t f = 0; f < shape_.width_v; ++f) {
      for (std::int64_t i = 0; i < kTogether; ++i) sums_[f][i] += weight[i] * value[f];
    }
  }

  Row k_;
  Row v_;
  const AttentionShape& shape_;
  double scale_;
  std::vector<Lanes> queries_;  // by e
  std::vector<Lanes> scores_;   // by key
  std::vector<Lanes> sums_;     // by f
  Lanes denominator_{};
  std::array<std::int64_t, kTogether> visible_{};
};

// Rows of queries that see no key; they are zero.
void fill_empty_rows(Row v, const AttentionShape& shape, std::span<const std::int64_t> queries,
                     std::span<double> output) {
  if (shape.empty_rows == EmptyRows::zero || shape.visible_keys(0) > 0) return;
  for (std::int64_t f = 0; f < shape.width_v; ++f) {
    double sum = 0;
    for (std::int64_t m = 0; m < shape.seq_kv; ++m) sum += v[m * shape.width_v + f];
    for (std::size_t row = 0; row < queries.size(); ++row) {
      if (shape.visible_keys(queries[row]) == 0)
        output[row * static_cast<std::size_t>(shape.width_v) + static_cast<std::size_t>(f)] =
            sum / static_cast<double>(shape.seq_kv);
    }
  }
}

}  // namespace

std::vector<double> attention_head(std::span<const double> q, std::span<const double> k,
                                   std::span<const double> v, const AttentionShape& shape,
                                   double scale, Method method, std::int64_t block) {
  check_shape(shape, q.size(), k.size(), v.size());
  check(shape.batch == 1 && shape.heads == 1 && shape.kv_heads == 1,
        "attention_head takes one head");
  check(block > 0, "a block has at least one key");
  std::vector<std::int64_t> queries(static_cast<std::size_t>(shape.seq_q));
  std::iota(queries.begin(), queries.end(), 0);
  if (method == Method::full) return attention_rows(q, k, v, shape, scale, queries);
  std::vector<double> output(static_cast<std::size_t>(shape.output_elements()), 0.0);
  std::vector<double> scores;
  for (const std::int64_t p : queries) {
    const std::span<double> out(output.data() + p * shape.width_v,
                                static_cast<std::size_t>(shape.width_v));
    attend_online(row(q, p, shape.width_qk), k, v, shape.visible_keys(p), scale, block, scores,
                  out);
  }
  fill_empty_rows(v, shape, queries, output);
  return output;
}

std::vector<double> attention_rows(std::span<const double> q, std::span<const double> k,
                                   std::span<const double> v, const AttentionShape& shape,
                                   double scale, std::span<const std::int64_t> queries) {
  check_shape(shape, q.size(), k.size(), v.size());
  check(shape.batch == 1 && shape.heads == 1 && shape.kv_heads == 1,
        "attention_rows takes one head");
  std::vector<double> output(queries.size() * static_cast<std::size_t>(shape.width_v), 0.0);
  FullAttention(k, v, shape, scale).run(q, queries, output);
  fill_empty_rows(v, shape, queries, output);
  return output;
}

std::vector<double> attention(std::span<const double> q, std::span<const double> k,
                              std::span<const double> v, const AttentionShape& shape, double scale,
                              Method method, std::int64_t block) {
  check_shape(shape, q.size(), k.size(), v.size());
  const AttentionShape head = head_shape(shape);
  std::vector<double> output;
  output.reserve(static_cast<std::size_t>(shape.output_elements()));
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    for (std::int64_t h = 0; h < shape.heads; ++h) {
      const HeadOffsets at = head_offsets(shape, b, h);
      const std::vector<double> one = attention_head(
          q.subspan(at.q, static_cast<std::size_t>(head.q_elements())),
          k.subspan(at.k, static_cast<std::size_t>(head.k_elements())),
          v.subspan(at.v, static_cast<std::size_t>(head.v_elements())), head, scale, method, block);
      output.insert(output.end(), one.begin(), one.end());
    }
  }
  return output;
}

double default_scale(const AttentionShape& shape) {
  return 1.0 / std::sqrt(static_cast<double>(shape.width_qk));
}

KvCache::KvCache(const Extents& extents) : extents_(extents) {
  check(extents.batch > 0 && extents.kv_heads > 0 && extents.width_qk > 0 && extents.width_v > 0,
        "every extent of a cache is at least 1");
  k_.resize(static_cast<std::size_t>(extents.batch * extents.kv_heads));
  v_.resize(k_.size());
}

void KvCache::append(std::span<const double> k, std::span<const double> v, std::int64_t count) {
  const auto k_rows = static_cast<std::size_t>(count * extents_.width_qk);
  const auto v_rows = static_cast<std::size_t>(count * extents_.width_v);
  check(count > 0 && k.size() == k_rows * k_.size() && v.size() == v_rows * v_.size(),
        "appended rows have the cache's shape");
  for (std::size_t i = 0; i < k_.size(); ++i) {
    const std::span<const double> new_k = k.subspan(i * k_rows, k_rows);
    const std::span<const double> new_v = v.subspan(i * v_rows, v_rows);
    k_[i].insert(k_[i].end(), new_k.begin(), new_k.end());
    v_[i].insert(v_[i].end(), new_v.begin(), new_v.end());
  }
  tokens_ += count;
}

std::vector<double> KvCache::attend(std::span<const double> q, std::int64_t heads,
                                    std::int64_t seq_q, double scale, Method method,
                                    std::int64_t block) const {
  const AttentionShape shape{.batch = extents_.batch,
                             .heads = heads,
                             .kv_heads = extents_.kv_heads,
                             .seq_q = seq_q,
                             .seq_kv = tokens_,
                             .width_qk = extents_.width_qk,
                             .width_v = extents_.width_v,
                             .causal = true};
  std::vector<double> k;
  std::vector<double> v;
  for (std::size_t i = 0; i < k_.size(); ++i) {
    k.insert(k.end(), k_[i].begin(), k_[i].end());
    v.insert(v.end(), v_[i].begin(), v_[i].end());
  }
  return attention(q, k, v, shape, scale, method, block);
}

}  // namespace weft::softmax
