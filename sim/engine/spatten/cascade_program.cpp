#include "sim/engine/spatten/cascade_program.hpp"

#include <numeric>
#include <span>

#include "models/numerics/arithmetic.hpp"
#include "models/prune/pruned_attention.hpp"

namespace weft::sim::engine::spatten {
namespace {

using weft::prune::Stream;

bool prunes(const weft::prune::Ramp& ramp) { return ramp.average > 0 || !ramp.by_layer.empty(); }

template <class T>
Selecting as_it_went(std::size_t items, const weft::select::Selection<T>& selection) {
  Selecting out{.items = static_cast<std::int64_t>(items), .rounds = {}};
  for (const auto& round : selection.rounds) out.rounds.push_back(round.elements);
  return out;
}

}  // namespace

CascadeProgram::CascadeProgram(const Run& run, const workload::Shape& shape, std::int64_t layers,
                               std::uint64_t seed)
    : DrawnScores(run.scores, seed),
      run_(run),
      shape_(shape),
      layers_(layers),
      prunes_(prunes(run.pruning.tokens) || prunes(run.pruning.heads)),
      decides_by_values_(prunes_ || run.pruning.values > 0 || run.numbers.key.lower > 0),
      tokens_(shape.seq_kv, layers),
      heads_(shape.heads, layers) {
  if (shape.batch != 1)
    throw ConfigError(Problem{{},
                              "--batch",
                              std::to_string(shape.batch),
                              "tokens are pruned in one sequence: allowed for this design: 1"});
  check_ramp(run.pruning.tokens, "tokens", layers, weft::prune::kTokenFront);
  check_ramp(run.pruning.heads, "heads", layers, weft::prune::kHeadFront);
}

Program::Extents CascadeProgram::extents() const {
  return {.layers = layers_,
          .heads = shape_.heads,
          .tokens = shape_.seq_kv,
          .rows = layers_ * shape_.heads * shape_.seq_q};
}

std::optional<LayerPlan> CascadeProgram::next() {
  if (layer_ == layers_) return std::nullopt;
  tokens_alive_ = std::make_shared<const std::vector<std::int64_t>>(tokens_.alive(layer_));
  heads_alive_ = heads_.alive(layer_);
  queries_alive_.clear();
  if (shape_.seq_q == shape_.seq_kv) {  // a token's query goes with its key
    for (const std::int64_t token : *tokens_alive_)
      queries_alive_.push_back(static_cast<std::int32_t>(token));
  } else {
    queries_alive_.resize(static_cast<std::size_t>(shape_.seq_q));
    std::iota(queries_alive_.begin(), queries_alive_.end(), 0);
  }
  gained_.assign(tokens_alive_->size(), 0);
  drawn_magnitude_.assign(heads_alive_.size(), 0);
  selection_.push_back({0, layer_, *tokens_alive_, heads_alive_});
  begin_layer(layer_);
  LayerPlan plan{.step = 0,
                 .layer = static_cast<std::int32_t>(layer_),
                 .streams = shape_.seq_q == 1,
                 .width_qk = static_cast<std::int32_t>(shape_.width_qk),
                 .width_v = static_cast<std::int32_t>(shape_.width_v),
                 .heads = {}};
  for (const std::int64_t id : heads_alive_) {
    HeadPlan head;
    head.head = static_cast<std::int32_t>(id);
    head.tokens = tokens_alive_;
    head.queries = queries_alive_;
    head.causal = shape_.causal;
    head.causal_offset = shape_.seq_kv - shape_.seq_q;
    head.key_bits = run_.numbers.key.upper;
    head.lower_bits = run_.numbers.key.lower;
    head.value_bits = run_.numbers.value.bits();
    head.value_ratio = run_.pruning.values;
    plan.heads.push_back(std::move(head));
  }
  ++layer_;
  return plan;
}

// Nothing is drawn where nobody looks at it.
void CascadeProgram::scores(QueryRow& row, std::int64_t first, std::int64_t count) {
  if (looks_at_values()) DrawnScores::scores(row, first, count);
}

void CascadeProgram::softmax(QueryRow& row) {
  if (looks_at_values()) return DrawnScores::softmax(row);
  row.probabilities.resize(static_cast<std::size_t>(row.keys_seen()));
}

bool CascadeProgram::recomputes(const QueryRow& row) const {
  return drawn_again(seed(), static_cast<std::uint64_t>(row.number), run_.numbers.recompute_share);
}

void CascadeProgram::add_probabilities(const QueryRow& row, std::int64_t first,
                                       std::int64_t count) {
  if (!looks_at_values()) return;
  for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(first + count); ++i)
    gained_[i] += row.probabilities[i];
}

// Drawn, since there is no output: told apart by head and query.
void CascadeProgram::add_output(const QueryRow& row) {
  if (!looks_at_values()) return;
  for (std::size_t h = 0; h < heads_alive_.size(); ++h) {
    if (heads_alive_[h] != row.head) continue;
    const std::uint64_t word =
        weft::prune::selection_seed(seed(), Stream::heads, row.layer, row.head, row.query);
    drawn_magnitude_[h] += static_cast<float>(word >> 48);
  }
}

CascadeProgram::Behind CascadeProgram::behind() const {
  if (!selects()) return {};
  const auto kept = [&](const auto& survivors, const weft::prune::Ramp& ramp,
                        double front) -> std::optional<std::int64_t> {
    const auto items = static_cast<std::int64_t>(survivors.alive(layer_).size());
    const std::int64_t stay =
        weft::prune::kept_of(survivors.count(), ramp.ratio(layer_, layers_, front));
    if (stay >= items) return std::nullopt;
    return stay;
  };
  return {kept(tokens_, run_.pruning.tokens, weft::prune::kTokenFront),
          kept(heads_, run_.pruning.heads, weft::prune::kHeadFront)};
}

std::vector<Selecting> CascadeProgram::select() {
  const std::int64_t layer = layer_ - 1;
  for (std::size_t m = 0; m < tokens_alive_->size(); ++m) {
    const std::int64_t token = (*tokens_alive_)[m];
    tokens_.set_importance(token, tokens_.importance(token) + gained_[m]);
  }
  for (std::size_t h = 0; h < heads_alive_.size(); ++h)
    heads_.set_importance(heads_alive_[h],
                          numerics::add(heads_.importance(heads_alive_[h]), magnitude(h)));
  std::vector<Selecting> out;
  const auto keep = [&](auto& survivors, std::optional<std::int64_t> kept, Stream stream) {
    if (!kept) return;
    const std::size_t items = survivors.alive(layer_).size();
    out.push_back(as_it_went(
        items, survivors.prune(layer_, *kept, weft::prune::selection_seed(seed(), stream, layer))));
    out.back().of_heads = stream == Stream::heads;
  };
  const Behind kept = behind();
  keep(tokens_, kept.tokens, Stream::tokens);
  keep(heads_, kept.heads, Stream::heads);
  return out;
}

}  // namespace weft::sim::engine::spatten
