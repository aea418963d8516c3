#include "models/workload/encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "models/common/error.hpp"
#include "models/numerics/exp_double.hpp"
#include "models/workload/trace.hpp"

namespace weft::workload {
namespace {

// ½·x·(1 + erf(x/√2)), erf by Abramowitz and Stegun 7.1.26, within 1.5e-7.
float gelu(float x) {
  const double z = std::fabs(static_cast<double>(x)) * 0.70710678118654752;
  const double t = 1.0 / (1.0 + 0.3275911 * z);
  const double series =
      t *
      (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const double erf = 1.0 - series * numerics::exp_double(-z * z);
  return static_cast<float>(0.5 * static_cast<double>(x) * (1.0 + std::copysign(erf, x)));
}

// [rows, heads·width] to [heads, rows, width], and back.
std::vector<float> by_head(std::span<const float> x, std::int64_t rows, std::int64_t heads) {
  std::vector<float> out(x.size());
  const std::int64_t width = static_cast<std::int64_t>(x.size()) / (rows * heads);
  for (std::int64_t h = 0; h < heads; ++h) {
    for (std::int64_t r = 0; r < rows; ++r)
      std::copy_n(x.begin() + (r * heads + h) * width, width, out.begin() + (h * rows + r) * width);
  }
  return out;
}
std::vector<float> by_row(std::span<const float> x, std::int64_t rows, std::int64_t heads) {
  return by_head(x, heads, rows);
}

void add_to(std::span<float> x, std::span<const float> y) {
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

}  // namespace

void add_layer(Trace& trace, const AttentionOperands& operands) {
  const auto tokens = static_cast<std::int64_t>(operands.tokens.size());
  trace.shape = {.batch = 1,
                 .heads = operands.heads,
                 .kv_heads = operands.heads,
                 .seq_q = tokens,
                 .seq_kv = tokens,
                 .width_qk = operands.width,
                 .width_v = operands.width};
  trace.scale = 1 / std::sqrt(static_cast<double>(operands.width));
  LayerTrace& layer = trace.layers.emplace_back();
  layer.q.assign(operands.q.begin(), operands.q.end());
  layer.k.assign(operands.k.begin(), operands.k.end());
  layer.v.assign(operands.v.begin(), operands.v.end());
}

std::vector<std::int64_t> DenseAttention::tokens(std::int64_t /*layer*/, std::int64_t count) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

std::vector<float> DenseAttention::attend(const AttentionOperands& x) {
  const auto rows = static_cast<std::int64_t>(x.tokens.size());
  const auto head_size = static_cast<std::size_t>(rows * x.width);
  const auto scale = static_cast<float>(1 / std::sqrt(static_cast<double>(x.width)));
  std::vector<float> out(x.q.size());
  std::vector<float> scores(static_cast<std::size_t>(rows * rows));
  for (std::size_t h = 0; h < static_cast<std::size_t>(x.heads); ++h) {
    const auto k =
        PackedMatrix::of_transposed(x.k.subspan(h * head_size, head_size), rows, x.width);
    const auto v = PackedMatrix::of(x.v.subspan(h * head_size, head_size), rows, x.width);
    multiply(x.q.subspan(h * head_size, head_size), rows, k, scores);
    for (std::int64_t r = 0; r < rows; ++r) {
      const auto row = std::span<float>(scores).subspan(static_cast<std::size_t>(r * rows),
                                                        static_cast<std::size_t>(rows));
      const float top = *std::max_element(row.begin(), row.end());
      double total = 0;
      for (float& s : row) {
        s = static_cast<float>(numerics::exp_double(static_cast<double>((s - top) * scale)));
        total += static_cast<double>(s);
      }
      const auto inverse = static_cast<float>(1 / total);
      for (float& s : row) s *= inverse;
    }
    multiply(scores, rows, v, std::span<float>(out).subspan(h * head_size, head_size));
  }
  return out;
}

std::vector<std::int64_t> Encoder::tokenize(std::string_view text, const Location& where) const {
  std::vector<std::int64_t> ids = tokenizer_.encode(text, where);
  if (static_cast<std::int64_t>(ids.size()) > shape_.longest)
    throw ConfigError(Problem{where, "", fmt::format("{} tokens", ids.size()),
                              fmt::format("the model has positions for {}", shape_.longest)});
  return ids;
}

void Encoder::normalise(const Norm& norm, std::span<float> rows) const {
  const auto width = static_cast<std::size_t>(shape_.width);
  for (std::size_t begin = 0; begin < rows.size(); begin += width) {
    const auto row = rows.subspan(begin, width);
    double mean = 0;
    for (const float x : row) mean += static_cast<double>(x);
    mean /= static_cast<double>(width);
    double variance = 0;
    for (const float x : row) {
      const double difference = static_cast<double>(x) - mean;
      variance += difference * difference;
    }
    const double factor = 1 / std::sqrt(variance / static_cast<double>(width) + shape_.epsilon);
    for (std::size_t e = 0; e < width; ++e)
      row[e] = static_cast<float>((static_cast<double>(row[e]) - mean) * factor *
                                      static_cast<double>(norm.weight[e]) +
                                  static_cast<double>(norm.bias[e]));
  }
}

std::vector<float> Encoder::apply(const Linear& linear, std::span<const float> x) {
  const std::int64_t rows = static_cast<std::int64_t>(x.size()) / linear.weight.inner();
  std::vector<float> out(static_cast<std::size_t>(rows * linear.weight.columns()));
  multiply(x, rows, linear.weight, out);
  for (std::size_t begin = 0; begin < out.size(); begin += linear.bias.size())
    add_to(std::span<float>(out).subspan(begin, linear.bias.size()), linear.bias);
  return out;
}

std::vector<float> Encoder::embed(std::span<const std::int64_t> ids) const {
  const auto width = static_cast<std::size_t>(shape_.width);
  std::vector<float> x(ids.size() * width);
  for (std::size_t t = 0; t < ids.size(); ++t) {
    const std::size_t word = static_cast<std::size_t>(ids[t]) * width;
    for (std::size_t e = 0; e < width; ++e)
      x[t * width + e] = words_[word + e] + positions_[t * width + e] + type_[e];
  }
  normalise(embedding_norm_, x);
  return x;
}

std::vector<float> Encoder::layer(const Layer& weights, std::int64_t index,
                                  std::span<const std::int64_t> tokens, std::span<const float> x,
                                  EncoderAttention& attention) const {
  const auto rows = static_cast<std::int64_t>(tokens.size());
  const std::vector<float> q = by_head(apply(weights.query, x), rows, shape_.heads);
  const std::vector<float> k = by_head(apply(weights.key, x), rows, shape_.heads);
  const std::vector<float> v = by_head(apply(weights.value, x), rows, shape_.heads);
  const std::vector<float> out =
      attention.attend({index, shape_.heads, shape_.width / shape_.heads, tokens, q, k, v});
  check(out.size() == q.size(), "an attention gives an output for each query");
  std::vector<float> y = apply(weights.output, by_row(out, rows, shape_.heads));
  add_to(y, x);
  normalise(weights.attention_norm, y);
  std::vector<float> inner = apply(weights.intermediate, y);
  for (float& value : inner) value = gelu(value);
  std::vector<float> z = apply(weights.final, inner);
  add_to(z, y);
  normalise(weights.final_norm, z);
  return z;
}

std::vector<float> Encoder::run(std::span<const std::int64_t> ids,
                                EncoderAttention& attention) const {
  const auto width = static_cast<std::size_t>(shape_.width);
  std::vector<float> hidden = embed(ids);
  std::vector<float> x;
  for (std::size_t n = 0; n < layers_.size(); ++n) {
    const auto index = static_cast<std::int64_t>(n);
    const std::vector<std::int64_t> tokens =
        attention.tokens(index, static_cast<std::int64_t>(ids.size()));
    x.clear();
    for (const std::int64_t t : tokens) {
      const auto row =
          std::span<const float>(hidden).subspan(static_cast<std::size_t>(t) * width, width);
      x.insert(x.end(), row.begin(), row.end());
    }
    const std::vector<float> y = layer(layers_[n], index, tokens, x, attention);
    for (std::size_t r = 0; r < tokens.size(); ++r)
      std::copy_n(y.begin() + static_cast<std::ptrdiff_t>(r * width), width,
                  hidden.begin() +
                      static_cast<std::ptrdiff_t>(tokens[r]) * static_cast<std::ptrdiff_t>(width));
  }
  return hidden;
}

std::vector<double> Encoder::embedding(std::span<const float> hidden,
                                       std::span<const std::int64_t> rows) const {
  const auto width = static_cast<std::size_t>(shape_.width);
  std::vector<double> sum(width, 0);
  for (const std::int64_t row : rows) {
    for (std::size_t e = 0; e < width; ++e)
      sum[e] += static_cast<double>(hidden[static_cast<std::size_t>(row) * width + e]);
  }
  double length = 0;
  for (const double s : sum) length += s * s;
  for (double& s : sum) s /= std::sqrt(length);
  return sum;
}

}  // namespace weft::workload
