// Rows of the committed trace for kernels: scores and probabilities of some queries of every head
// of every layer.
#pragma once

#include <cstdint>
#include <vector>

#include "models/numerics/bf16.hpp"
#include "models/softmax/fixed_point.hpp"
#include "tests/prune/oracle.hpp"

namespace weft::hls::test {

struct TraceRow {
  std::vector<float> scores;  // scaled by 1/√width
  weft::softmax::ProbabilityRow probabilities;
};

// At 12 bits, in order of layer, head and query.
inline std::vector<TraceRow> trace_rows() {
  weft::prune::AttentionOptions options;
  const workload::Trace& trace = weft::prune::test::minilm_trace();
  std::vector<TraceRow> rows;
  for (std::size_t layer = 0; layer < trace.layers.size(); ++layer) {
    const weft::prune::test::WholeLayer x(trace, layer, options);
    for (std::int64_t h = 0; h < x.heads; ++h) {
      const weft::prune::HeadAttention head(x.operands, h, x.shape.scale, options);
      for (std::int64_t p = 0; p < x.keys; p += 27) {
        TraceRow row;
        head.scores(p, x.keys, false, row.scores);
        weft::softmax::probabilities(row.scores, 12, row.probabilities);
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

// One head's rows, each value by `convert`: [rows, width].
template <class Convert>
auto head_of(const std::vector<float>& tensor, std::int64_t head, const workload::Trace& trace,
             const Convert& convert) {
  const auto each = static_cast<std::size_t>(trace.shape.seq_kv * trace.shape.width_qk);
  std::vector<decltype(convert(0.0F))> out;
  for (std::size_t i = 0; i < each; ++i)
    out.push_back(convert(tensor[static_cast<std::size_t>(head) * each + i]));
  return out;
}

}  // namespace weft::hls::test
