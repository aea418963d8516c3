#include "models/evaluation/accuracy/pruned_trace.hpp"

#include <algorithm>
#include <cmath>

#include "models/softmax/attention.hpp"

namespace weft::evaluation {
namespace {

std::vector<double> exact(const workload::LayerTrace& layer, const workload::Trace& trace) {
  const workload::Shape& s = trace.shape;
  const auto doubles = [](const std::vector<float>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  const softmax::AttentionShape shape{.heads = s.heads,
                                      .kv_heads = s.heads,
                                      .seq_q = s.seq_q,
                                      .seq_kv = s.seq_kv,
                                      .width_qk = s.width_qk,
                                      .width_v = s.width_v,
                                      .causal = s.causal};
  return softmax::attention(doubles(layer.q), doubles(layer.k), doubles(layer.v), shape,
                            trace.scale);
}

class PruningRunner {
 public:
  PruningRunner(const PruningSchedule& schedule, const workload::Trace& trace)
      : schedule_(schedule),
        trace_(trace),
        count_(static_cast<std::int64_t>(trace.layers.size())),
        tokens_(trace.shape.seq_q, count_),
        heads_(trace.shape.heads, count_) {}

  PrunedTrace run() {
    for (std::int64_t n = 0; n < count_; ++n) layer(n);
    return std::move(out_);
  }

 private:
  void layer(std::int64_t n) {
    const workload::Shape& s = trace_.shape;
    const workload::LayerTrace& values = trace_.layers[static_cast<std::size_t>(n)];
    LayerCounts choice = choose_alive(schedule_, n, tokens_, heads_);
    const std::vector<std::int64_t>& tokens = choice.tokens_kept;
    const std::vector<std::int64_t>& heads = choice.heads_kept;
    std::vector<std::int64_t> visible;
    for (const std::int64_t t : tokens) {
      const auto end = s.causal ? std::upper_bound(tokens.begin(), tokens.end(), t) : tokens.end();
      visible.push_back(end - tokens.begin());
    }
    const prune::AttentionOptions options = schedule_.options(n, count_);
    const prune::LayerOperands all = prune::quantise_layer(
        {values.q, s.heads, s.seq_q, s.width_qk}, {values.k, s.heads, s.seq_kv, s.width_qk},
        {values.v, s.heads, s.seq_kv, s.width_v}, options);
    const prune::LayerOperands operands{all.query.some(heads, tokens), all.key.some(heads, tokens),
                                        all.value.some(heads, tokens)};
    const prune::LayerShape shape{n, heads, tokens, visible, trace_.scale};
    const prune::LayerOutcome outcome = prune::run_layer(operands, shape, options);
    prune::remember(outcome, shape, tokens, options.token_criterion, tokens_, heads_);
    const auto alive = static_cast<std::int64_t>(tokens.size());
    choice += counts_of(outcome, {s.seq_kv, s.heads, s.seq_q, s.width_qk}, alive, alive, options);
    place(outcome, choice, exact(values, trace_));
    out_.layers.push_back(std::move(choice));
  }

  // Outputs where their heads and tokens stand, and their cosine to `right`.
  void place(const prune::LayerOutcome& outcome, const LayerCounts& alive,
             const std::vector<double>& right) {
    const std::int64_t width = trace_.shape.width_v;
    const auto at = [&](std::int64_t head, std::int64_t token, std::int64_t f) {
      return static_cast<std::size_t>((head * trace_.shape.seq_q + token) * width + f);
    };
    std::vector<float> whole(right.size(), 0);
    for (std::size_t h = 0; h < alive.heads_kept.size(); ++h) {
      for (std::size_t t = 0; t < alive.tokens_kept.size(); ++t) {
        const auto row = outcome.heads[h].out.begin() +
                         static_cast<std::ptrdiff_t>(t) * static_cast<std::ptrdiff_t>(width);
        std::copy_n(row, width,
                    whole.begin() + static_cast<std::ptrdiff_t>(
                                        at(alive.heads_kept[h], alive.tokens_kept[t], 0)));
      }
    }
    double sum = 0;
    for (const std::int64_t token : alive.tokens_kept) {
      double along = 0;
      double own = 0;
      double other = 0;
      for (std::int64_t h = 0; h < trace_.shape.heads; ++h) {
        for (std::int64_t f = 0; f < width; ++f) {
          const double got = static_cast<double>(whole[at(h, token, f)]);
          along += got * right[at(h, token, f)];
          own += got * got;
          other += right[at(h, token, f)] * right[at(h, token, f)];
        }
      }
      sum += own > 0 && other > 0 ? along / std::sqrt(own * other) : 0;
    }
    out_.cosine.push_back(sum / static_cast<double>(alive.tokens_kept.size()));
    out_.out.push_back(std::move(whole));
  }

  const PruningSchedule& schedule_;
  const workload::Trace& trace_;
  std::int64_t count_;
  prune::Tokens tokens_;
  prune::Heads heads_;
  PrunedTrace out_{};
};

}  // namespace

void check_one_sequence(const workload::Trace& trace) {
  const workload::Shape& s = trace.shape;
  if (s.batch == 1 && s.heads == s.kv_heads && s.seq_q == s.seq_kv && s.width_qk == s.width_v)
    return;
  throw ConfigError(Problem{{trace.file, 0, 0},
                            "",
                            "",
                            "schedules are of one sequence, as many queries as keys, as many key "
                            "heads as heads, and one width"});
}

PrunedTrace run_pruned_trace(const PruningSchedule& schedule, const workload::Trace& trace) {
  check_one_sequence(trace);
  return PruningRunner(schedule, trace).run();
}

}  // namespace weft::evaluation
