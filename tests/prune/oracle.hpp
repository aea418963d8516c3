// Attention on the committed trace, and in double precision with any keys and values left out.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "models/prune/pruned_attention.hpp"
#include "models/workload/trace.hpp"

namespace weft::prune::test {

inline const workload::Trace& minilm_trace() {
  static const workload::Trace trace =
      workload::load_trace(WEFT_SOURCE_DIR "/tests/data/minilm-l6.safetensors");
  return trace;
}

inline std::vector<std::int64_t> counting(std::int64_t count) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::int64_t>(i);
  return out;
}

// A layer of a trace, all of it alive.
struct WholeLayer {
  WholeLayer(const workload::Trace& trace, std::size_t number, const AttentionOptions& options)
      : WholeLayer(trace, number, options, counting(trace.shape.seq_q)) {}
  // Some of its queries alone.
  WholeLayer(const workload::Trace& trace, std::size_t number, const AttentionOptions& options,
             std::vector<std::int64_t> some)
      : layer(trace.layers[number]),
        heads(trace.shape.heads),
        keys(trace.shape.seq_kv),
        width(trace.shape.width_qk),
        head_ids(counting(heads)),
        queries(std::move(some)),
        visible(queries.size(), keys),
        shape{static_cast<std::int64_t>(number), head_ids, queries, visible, trace.scale},
        operands(quantise_layer(
            {gathered(), heads, static_cast<std::int64_t>(queries.size()), width},
            {layer.k, heads, keys, width}, {layer.v, heads, keys, width}, options)) {}

  std::vector<float> gathered() {
    query_values.clear();
    for (std::int64_t h = 0; h < heads; ++h) {
      for (const std::int64_t p : queries) {
        const auto at = layer.q.begin() + (h * keys + p) * width;
        query_values.insert(query_values.end(), at, at + width);
      }
    }
    return query_values;
  }

  const workload::LayerTrace& layer;
  std::int64_t heads;
  std::int64_t keys;
  std::int64_t width;
  std::vector<std::int64_t> head_ids;
  std::vector<std::int64_t> queries;
  std::vector<std::int64_t> visible;
  std::vector<float> query_values{};
  LayerShape shape;
  LayerOperands operands;
};

// Probabilities of one query with all keys, in double, from the trace's own values.
inline std::vector<double> exact_row(const WholeLayer& x, std::int64_t h, std::int64_t p) {
  std::vector<double> row;
  double top = -1e300;
  for (std::int64_t m = 0; m < x.keys; ++m) {
    double sum = 0;
    for (std::int64_t e = 0; e < x.width; ++e)
      sum +=
          static_cast<double>(x.layer.q[static_cast<std::size_t>((h * x.keys + p) * x.width + e)]) *
          static_cast<double>(x.layer.k[static_cast<std::size_t>((h * x.keys + m) * x.width + e)]);
    row.push_back(sum * x.shape.scale);
    top = std::fmax(top, row.back());
  }
  double total = 0;
  for (double& w : row) total += w = std::exp(w - top);
  for (double& w : row) w /= total;
  return row;
}

inline double exact_value(const WholeLayer& x, std::int64_t h, std::int64_t m, std::int64_t f) {
  return x.layer.v[static_cast<std::size_t>((h * x.keys + m) * x.width + f)];
}

// RMS of the difference to exact attention over RMS of exact attention.
inline double relative_rms(const WholeLayer& x, const LayerOutcome& got) {
  double error = 0;
  double norm = 0;
  for (std::int64_t h = 0; h < x.heads; ++h) {
    for (std::size_t p = 0; p < x.queries.size(); ++p) {
      const std::vector<double> row = exact_row(x, h, x.queries[p]);
      for (std::int64_t f = 0; f < x.width; ++f) {
        double sum = 0;
        for (std::int64_t m = 0; m < x.keys; ++m)
          sum += row[static_cast<std::size_t>(m)] * exact_value(x, h, m, f);
        const double out =
            got.heads[static_cast<std::size_t>(h)]
                .out[p * static_cast<std::size_t>(x.width) + static_cast<std::size_t>(f)];
        error += (out - sum) * (out - sum);
        norm += sum * sum;
      }
    }
  }
  return std::sqrt(error / norm);
}

inline AttentionOptions at_bits(int bits) {
  AttentionOptions options;
  options.query.bits = options.key.bits = options.value.bits = {bits, 0};
  return options;
}

}  // namespace weft::prune::test
