#include "models/evaluation/accuracy/single_queries.hpp"

#include <array>
#include <cmath>

#include "models/softmax/attention.hpp"

namespace weft::evaluation {
namespace {

// Exact causal attention: [heads, tokens, width].
std::vector<double> exact_outputs(const workload::LayerTrace& layer, const workload::Trace& trace) {
  const auto doubles = [](const std::vector<float>& values) {
    return std::vector<double>(values.begin(), values.end());
  };
  softmax::AttentionShape shape{.heads = trace.shape.heads,
                                .kv_heads = trace.shape.heads,
                                .seq_q = trace.shape.seq_q,
                                .seq_kv = trace.shape.seq_kv,
                                .width_qk = trace.shape.width_qk,
                                .width_v = trace.shape.width_v,
                                .causal = true};
  return softmax::attention(doubles(layer.q), doubles(layer.k), doubles(layer.v), shape,
                            trace.scale);
}

class Decoder {
 public:
  Decoder(const PruningSchedule& schedule, const workload::Trace& trace)
      : schedule_(schedule),
        trace_(trace),
        layers_(static_cast<std::int64_t>(trace.layers.size())),
        tokens_(0, layers_),
        heads_(trace.shape.heads, layers_) {
    const workload::Shape& s = trace.shape;
    for (std::int64_t n = 0; n < layers_; ++n) {
      const workload::LayerTrace& layer = trace.layers[static_cast<std::size_t>(n)];
      operands_.push_back(prune::quantise_layer(
          {layer.q, s.heads, s.seq_q, s.width_qk}, {layer.k, s.heads, s.seq_kv, s.width_qk},
          {layer.v, s.heads, s.seq_kv, s.width_v}, schedule.options(n, layers_)));
      exact_.push_back(exact_outputs(layer, trace));
    }
    out_.layers.resize(operands_.size());
    out_.by_layer.assign(operands_.size(), 0);
  }

  SingleQueries run() {
    const std::int64_t tokens = trace_.shape.seq_q;
    for (std::int64_t token = 0; token < tokens; ++token) {
      tokens_.append();
      const bool measured = token >= tokens / 2;
      out_.steps += measured;
      for (std::int64_t n = 0; n < layers_; ++n) step(token, n, measured);
    }
    for (double& cosine : out_.by_layer) {
      cosine /= static_cast<double>(out_.steps);
      out_.cosine_mean += cosine / static_cast<double>(layers_);
    }
    return std::move(out_);
  }

 private:
  void step(std::int64_t token, std::int64_t n, bool measured) {
    const prune::AttentionOptions options = schedule_.options(n, layers_);
    const auto seed = [&](prune::Stream stream) {
      return prune::selection_seed(schedule_.seed, stream, n, 0, token);
    };
    const std::int64_t kept =
        prune::kept_of(token + 1, schedule_.tokens.ratio(n, layers_, prune::kTokenFront));
    const auto chosen =
        tokens_.prune(n, kept, seed(prune::Stream::tokens), schedule_.tokens.recent);
    heads_.prune(
        n, prune::kept_of(heads_.count(), schedule_.heads.ratio(n, layers_, prune::kHeadFront)),
        seed(prune::Stream::heads));
    const std::vector<std::int64_t> keys = tokens_.alive(n);
    const std::vector<std::int64_t> heads = heads_.alive(n);
    const std::array<std::int64_t, 1> query{token};
    const std::array<std::int64_t, 1> visible{static_cast<std::int64_t>(keys.size())};
    const prune::LayerOperands& all = operands_[static_cast<std::size_t>(n)];
    const prune::LayerOperands some{all.query.some(heads, query), all.key.some(heads, keys),
                                    all.value.some(heads, keys)};
    const prune::LayerShape shape{n, heads, query, visible, trace_.scale};
    const prune::LayerOutcome outcome = prune::run_layer(some, shape, options);
    prune::remember(outcome, shape, keys, options.token_criterion, tokens_, heads_);
    if (!measured) return;
    LayerCounts& counts = out_.layers[static_cast<std::size_t>(n)];
    counts += counts_of(outcome, {token + 1, heads_.count(), 1, trace_.shape.width_qk},
                        static_cast<std::int64_t>(keys.size()), 1, options);
    std::vector<std::int64_t> elements;
    for (const auto& round : chosen.rounds) elements.push_back(round.elements);
    counts.tokens.add(elements);
    counts.tokens_kept = keys;
    counts.heads_kept = heads;
    out_.by_layer[static_cast<std::size_t>(n)] += cosine(outcome, heads, token, n);
  }

  double cosine(const prune::LayerOutcome& outcome, const std::vector<std::int64_t>& heads,
                std::int64_t token, std::int64_t n) const {
    const std::vector<double>& exact = exact_[static_cast<std::size_t>(n)];
    const std::int64_t width = trace_.shape.width_v;
    double along = 0;
    double own = 0;
    double other = 0;
    std::size_t next = 0;
    for (std::int64_t h = 0; h < heads_.count(); ++h) {
      const bool alive = next < heads.size() && heads[next] == h;
      for (std::int64_t f = 0; f < width; ++f) {
        const double right =
            exact[static_cast<std::size_t>((h * trace_.shape.seq_q + token) * width + f)];
        const double got =
            alive ? static_cast<double>(outcome.heads[next].out[static_cast<std::size_t>(f)]) : 0;
        along += got * right;
        own += got * got;
        other += right * right;
      }
      next += alive;
    }
    return own > 0 && other > 0 ? along / std::sqrt(own * other) : 0;
  }

  const PruningSchedule& schedule_;
  const workload::Trace& trace_;
  std::int64_t layers_;
  prune::Tokens tokens_;
  prune::Heads heads_;
  std::vector<prune::LayerOperands> operands_{};
  std::vector<std::vector<double>> exact_{};
  SingleQueries out_{};
};

}  // namespace

SingleQueries run_single_queries(const PruningSchedule& schedule, const workload::Trace& trace) {
  const workload::Shape& s = trace.shape;
  check(s.batch == 1 && s.heads == s.kv_heads && s.seq_q == s.seq_kv && s.width_qk == s.width_v,
        "single queries of one sequence to its own keys");
  return Decoder(schedule, trace).run();
}

}  // namespace weft::evaluation
