#include "models/evaluation/accuracy/pruned_layers.hpp"

#include <algorithm>
#include <cmath>

namespace weft::evaluation {
namespace {

constexpr int kDenseBits = 12;

template <class T>
SelectionCounts counted(const select::Selection<T>& selection) {
  SelectionCounts counts;
  std::vector<std::int64_t> elements;
  for (const auto& round : selection.rounds) elements.push_back(round.elements);
  counts.add(elements);
  return counts;
}

// [heads, rows, width] of some heads.
std::vector<float> some_heads(std::span<const float> values, std::int64_t head_size,
                              const std::vector<std::int64_t>& heads) {
  std::vector<float> out;
  for (const std::int64_t h : heads) {
    const auto head = values.subspan(static_cast<std::size_t>(h * head_size),
                                     static_cast<std::size_t>(head_size));
    out.insert(out.end(), head.begin(), head.end());
  }
  return out;
}

}  // namespace

void SelectionCounts::add(const std::vector<std::int64_t>& round_elements) {
  if (round_elements.empty()) return;
  ++selections;
  rounds += static_cast<std::int64_t>(round_elements.size());
  for (const std::int64_t count : round_elements) elements += count;
}

SelectionCounts& SelectionCounts::operator+=(const SelectionCounts& other) {
  selections += other.selections;
  rounds += other.rounds;
  elements += other.elements;
  zero_thresholds += other.zero_thresholds;
  return *this;
}

SparedBytes& SparedBytes::operator+=(const SparedBytes& other) {
  dense += other.dense;
  by_tokens += other.by_tokens;
  by_heads += other.by_heads;
  by_values += other.by_values;
  by_bits += other.by_bits;
  lower_planes += other.lower_planes;
  scales += other.scales;
  return *this;
}

LayerCounts& LayerCounts::operator+=(const LayerCounts& other) {
  fetched += other.fetched;
  spared += other.spared;
  rows += other.rows;
  lower_rows += other.lower_rows;
  values += other.values;
  tokens += other.tokens;
  heads += other.heads;
  return *this;
}

LayerCounts counts_of(const prune::LayerOutcome& outcome, const WholeLayer& whole,
                      std::int64_t tokens_alive, std::int64_t queries_alive,
                      const prune::AttentionOptions& options) {
  LayerCounts counts;
  const prune::Fetched& f = outcome.fetched;
  counts.fetched = f;
  const std::int64_t row = prune::row_bytes(whole.width, kDenseBits);
  const auto heads_alive = static_cast<std::int64_t>(outcome.heads.size());
  const std::int64_t rows = 2 * whole.tokens + whole.queries;
  const std::int64_t rows_alive = 2 * tokens_alive + queries_alive;
  constexpr std::int64_t kDenseScales = 3 * prune::kScaleBytes;
  SparedBytes& spared = counts.spared;
  spared.dense = whole.heads * rows * row + kDenseScales;
  spared.by_tokens = whole.heads * (rows - rows_alive) * row;
  spared.by_heads = (whole.heads - heads_alive) * rows_alive * row;
  spared.by_values = (heads_alive * tokens_alive - f.value_rows) * row;
  spared.by_bits = (f.query_rows + f.key_rows + f.value_rows) * row - f.query_bytes - f.key_bytes -
                   f.value_bytes;
  spared.lower_planes = f.query_lower_bytes + f.key_lower_bytes;
  spared.scales = f.query_scale_bytes + f.key_scale_bytes + f.value_scale_bytes - kDenseScales;
  check(spared.fetched() == f.total(), "bytes by technique add up to what was fetched");
  for (const prune::HeadOutcome& head : outcome.heads) {
    counts.rows += static_cast<std::int64_t>(head.lower_bits.size());
    counts.lower_rows += std::count(head.lower_bits.begin(), head.lower_bits.end(), 1);
    if (options.value_ratio == 0) continue;
    for (const prune::ValueSelection& selection : head.selections) {
      counts.values.add(selection.round_elements);
      counts.values.zero_thresholds +=
          !selection.round_elements.empty() && selection.threshold == 0;
    }
  }
  return counts;
}

LayerCounts choose_alive(const PruningSchedule& schedule, std::int64_t layer, prune::Tokens& tokens,
                         prune::Heads& heads) {
  LayerCounts counts;
  const std::int64_t layers = tokens.layers();
  const auto seed = [&](prune::Stream stream) {
    return prune::selection_seed(schedule.seed, stream, layer);
  };
  const double token_ratio = schedule.tokens.ratio(layer, layers, prune::kTokenFront);
  const double head_ratio = schedule.heads.ratio(layer, layers, prune::kHeadFront);
  counts.tokens = counted(tokens.prune(layer, prune::kept_of(tokens.count(), token_ratio),
                                       seed(prune::Stream::tokens), schedule.tokens.recent));
  counts.heads = counted(
      heads.prune(layer, prune::kept_of(heads.count(), head_ratio), seed(prune::Stream::heads)));
  counts.tokens_kept = tokens.alive(layer);
  counts.heads_kept = heads.alive(layer);
  return counts;
}

PrunedEncoderAttention::PrunedEncoderAttention(const PruningSchedule& schedule,
                                               const workload::EncoderShape& shape,
                                               std::int64_t tokens)
    : schedule_(&schedule),
      tokens_(tokens, shape.layers),
      heads_(shape.heads, shape.layers),
      layers_(static_cast<std::size_t>(shape.layers)) {}

std::vector<std::int64_t> PrunedEncoderAttention::tokens(std::int64_t layer,
                                                         std::int64_t /*count*/) {
  LayerCounts& counts = layers_[static_cast<std::size_t>(layer)];
  counts = choose_alive(*schedule_, layer, tokens_, heads_);
  return counts.tokens_kept;
}

std::vector<float> PrunedEncoderAttention::attend(const workload::AttentionOperands& x) {
  const prune::AttentionOptions options = schedule_->options(x.layer, tokens_.layers());
  LayerCounts& counts = layers_[static_cast<std::size_t>(x.layer)];
  const std::vector<std::int64_t>& heads = counts.heads_kept;
  const auto rows = static_cast<std::int64_t>(x.tokens.size());
  const std::int64_t head_size = rows * x.width;
  const std::vector<float> q = some_heads(x.q, head_size, heads);
  const std::vector<float> k = some_heads(x.k, head_size, heads);
  const std::vector<float> v = some_heads(x.v, head_size, heads);
  const auto view = [&](const std::vector<float>& values) {
    return quant::HeadsOfRows{values, static_cast<std::int64_t>(heads.size()), rows, x.width};
  };
  const prune::LayerOperands operands = prune::quantise_layer(view(q), view(k), view(v), options);
  const std::vector<std::int64_t> visible(x.tokens.size(), rows);
  const prune::LayerShape shape{x.layer, heads, x.tokens, visible,
                                1 / std::sqrt(static_cast<double>(x.width))};
  const prune::LayerOutcome outcome = prune::run_layer(operands, shape, options);
  prune::remember(outcome, shape, x.tokens, options.token_criterion, tokens_, heads_);
  const WholeLayer whole{tokens_.count(), x.heads, tokens_.count(), x.width};
  counts += counts_of(outcome, whole, rows, rows, options);
  std::vector<float> out(x.q.size(), 0);
  for (std::size_t h = 0; h < heads.size(); ++h)
    std::copy(outcome.heads[h].out.begin(), outcome.heads[h].out.end(),
              out.begin() + heads[h] * head_size);
  return out;
}

}  // namespace weft::evaluation
