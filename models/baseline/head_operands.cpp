#include "models/baseline/head_operands.hpp"

#include "models/select/pivot.hpp"

namespace weft::baseline {
namespace {

// The sum of four uniform numbers of 16 bits, brought to a mean of 0 and a deviation of 1.
float drawn(std::uint64_t word) {
  constexpr double kMean = 2.0 * 65535.0;
  constexpr double kDeviation = 37837.227;  // √(4 · (2^32 − 1) / 12)
  const auto sum = static_cast<double>((word & 0xffff) + (word >> 16 & 0xffff) +
                                       (word >> 32 & 0xffff) + (word >> 48));
  return static_cast<float>((sum - kMean) / kDeviation);
}

std::vector<float> part_of(const std::vector<float>& whole, std::int64_t part, std::int64_t size) {
  const auto first = whole.begin() + part * size;
  return {first, first + size};
}

std::int64_t key_head(const workload::Shape& shape, std::int64_t batch, std::int64_t head) {
  return batch * shape.kv_heads + head / (shape.heads / shape.kv_heads);
}

}  // namespace

HeadOperands drawn_operands(std::int64_t queries, std::int64_t keys, std::int64_t width,
                            double deviation, std::uint64_t seed, std::uint64_t stream) {
  HeadOperands head{.queries = queries, .keys = keys, .width = width, .q = {}, .k = {}};
  const std::uint64_t own = select::seed_of(seed, stream);
  const auto fill = [&](std::vector<float>& out, std::int64_t rows, std::uint64_t which,
                        double times) {
    const std::uint64_t of = select::seed_of(own, which);
    out.resize(static_cast<std::size_t>(rows * width));
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<float>(times * static_cast<double>(drawn(select::seed_of(of, i))));
  };
  fill(head.q, queries, 0, deviation);
  fill(head.k, keys, 1, 1);
  return head;
}

HeadOperands trace_operands(const workload::Trace& trace, std::size_t layer, std::int64_t batch,
                            std::int64_t head) {
  const workload::Shape& shape = trace.shape;
  return {
      .queries = shape.seq_q,
      .keys = shape.seq_kv,
      .width = shape.width_qk,
      .q = part_of(trace.layers[layer].q, batch * shape.heads + head, shape.seq_q * shape.width_qk),
      .k = part_of(trace.layers[layer].k, key_head(shape, batch, head),
                   shape.seq_kv * shape.width_qk)};
}

std::span<const float> trace_values(const workload::Trace& trace, std::size_t layer,
                                    std::int64_t batch, std::int64_t head) {
  const workload::Shape& shape = trace.shape;
  const std::int64_t size = shape.seq_kv * shape.width_v;
  return std::span(trace.layers[layer].v)
      .subspan(static_cast<std::size_t>(key_head(shape, batch, head) * size),
               static_cast<std::size_t>(size));
}

std::vector<double> scores_of(std::span<const float> query, const HeadOperands& head,
                              std::span<const std::int32_t> keys, double scale) {
  std::vector<double> scores;
  scores.reserve(keys.size());
  for (const std::int32_t key : keys) {
    const std::span<const float> row = head.key(key);
    double sum = 0;
    for (std::size_t e = 0; e < row.size(); ++e)
      sum += static_cast<double>(query[e]) * static_cast<double>(row[e]);
    scores.push_back(scale * sum);
  }
  return scores;
}

}  // namespace weft::baseline
