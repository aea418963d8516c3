// Outputs of a trace against attention in double precision.
#include <algorithm>
#include <cmath>
#include <span>

#include "models/softmax/attention.hpp"
#include "sim/engine/spatten/trace_program.hpp"

namespace weft::sim::engine::spatten {
namespace {

using weft::engine::Error;

struct Sums {
  Error error;
  double squares = 0;
  double reference = 0;

  void add(double computed, double expected) {
    ++error.compared;
    if (!std::isfinite(computed)) {
      ++error.not_finite;
      return;
    }
    const double apart = std::abs(computed - expected);
    error.max_abs = std::max(error.max_abs, apart);
    squares += apart * apart;
    reference += expected * expected;
  }
  void add(const Sums& other) {
    error.compared += other.error.compared;
    error.not_finite += other.error.not_finite;
    error.max_abs = std::max(error.max_abs, other.error.max_abs);
    squares += other.squares;
    reference += other.reference;
  }
  Error finish() const {
    Error made = error;
    made.rms_relative = reference > 0 ? std::sqrt(squares / reference) : squares > 0 ? 1 : 0;
    return made;
  }
};

std::vector<double> rows_of(const std::vector<float>& from, std::int64_t head, std::int64_t rows,
                            std::int64_t width, std::span<const std::int64_t> kept) {
  std::vector<double> out;
  for (const std::int64_t row : kept) {
    const auto begin = from.begin() + (head * rows + row) * width;
    out.insert(out.end(), begin, begin + width);
  }
  return out;
}

}  // namespace

std::vector<Error> TraceProgram::errors(Error& all,
                                        const std::function<void(double)>& progress) const {
  const workload::Shape& s = shape();
  const std::int64_t share = s.heads / s.kv_heads;
  Sums total;
  std::vector<Error> by_layer;
  for (const weft::engine::Selected& alive : selection()) {
    const workload::LayerTrace& traced = trace_.layers[static_cast<std::size_t>(alive.layer)];
    const std::vector<float>& computed = outputs_[static_cast<std::size_t>(alive.layer)];
    Sums sums;
    for (const std::int64_t head : alive.heads_kept) {
      const auto k = rows_of(traced.k, head / share, s.seq_kv, s.width_qk, alive.tokens_kept);
      const auto v = rows_of(traced.v, head / share, s.seq_kv, s.width_v, alive.tokens_kept);
      for (std::int64_t query = 0; query < s.seq_q; ++query) {
        const std::int64_t place =
            std::upper_bound(alive.tokens_kept.begin(), alive.tokens_kept.end(),
                             query + s.seq_kv - s.seq_q) -
            alive.tokens_kept.begin();
        const bool own = s.seq_q == s.seq_kv;
        if (own && (place == 0 || alive.tokens_kept[static_cast<std::size_t>(place - 1)] != query))
          continue;
        const std::int64_t seen =
            s.causal ? place : static_cast<std::int64_t>(alive.tokens_kept.size());
        const std::int64_t at[] = {query};
        const auto q = rows_of(traced.q, head, s.seq_q, s.width_qk, at);
        std::vector<double> expected(static_cast<std::size_t>(s.width_v));
        if (seen > 0)
          expected = weft::softmax::attention_head(
              q, std::span<const double>(k).first(static_cast<std::size_t>(seen * s.width_qk)),
              std::span<const double>(v).first(static_cast<std::size_t>(seen * s.width_v)),
              {.seq_q = 1, .seq_kv = seen, .width_qk = s.width_qk, .width_v = s.width_v},
              trace_.scale);
        const auto begin = static_cast<std::size_t>((head * s.seq_q + query) * s.width_v);
        for (std::size_t f = 0; f < expected.size(); ++f)
          sums.add(computed[begin + f], expected[f]);
      }
    }
    by_layer.push_back(sums.finish());
    total.add(sums);
    progress(static_cast<double>(by_layer.size()) / static_cast<double>(selection().size()));
  }
  all = total.finish();
  return by_layer;
}

}  // namespace weft::sim::engine::spatten
