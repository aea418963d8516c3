// SpAtten's attention without time: one head, or one layer, on the tokens and heads that are alive.
// Operands are quantised, scores integers, probabilities of 12 bits; what was asked of the memory
// and how selections went is counted. SystemC computes row by row with the same functions
// (HeadAttention) and must give the same bits: docs/units/prune.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/prune/attention_options.hpp"
#include "models/prune/fetched.hpp"
#include "models/prune/ramp.hpp"
#include "models/prune/survivors.hpp"
#include "models/quant/quantised.hpp"

namespace weft::prune {

// Operands as they lie in memory: the alive heads, and of each the rows of the alive tokens.
struct LayerOperands {
  quant::Quantised query;
  quant::Quantised key;
  quant::Quantised value;
};
// [heads, queries, width_qk], [heads, keys, width_qk], [heads, keys, width_v]. Where a key's
// channel has a scale, the query is multiplied by it before it is quantised, since a sum of
// integers cannot be: fp32(q · scale), flushed.
LayerOperands quantise_layer(const quant::HeadsOfRows& query, const quant::HeadsOfRows& key,
                             const quant::HeadsOfRows& value, const AttentionOptions& options);

// Selections of one run, told apart so that each has its own pivots.
enum class Stream : std::uint8_t { tokens, heads, values };
std::uint64_t selection_seed(std::uint64_t seed, Stream stream, std::int64_t layer,
                             std::int64_t head = 0, std::int64_t query = 0);

// A row of probabilities, of the keys that its query sees.
struct RowScores {
  softmax::ProbabilityRow row;
  bool lower_bits = false;  // computed again with them
};

// What became of a selection of values: of a row's, or a head's.
struct ValueSelection {
  std::int64_t candidates = 0;
  std::int64_t kept = 0;
  std::vector<std::int64_t> round_elements;  // of quick-select; empty where none was needed
  std::int64_t threshold = 0;
};

// What stands for a selection's values that were left out, at InPlace::mean: their mean, in
// integers' units, fp32(fp32(sum) / count) by channel; empty where none was.
using MeanLeftOut = std::vector<float>;

class HeadAttention {
 public:
  // `head` counts the operands' heads. The operands must outlive it. `scale` is 1/√width.
  HeadAttention(const LayerOperands& operands, std::int64_t head, double scale,
                const AttentionOptions& options);

  // Scores of a query with the first `visible` keys, from upper planes alone or whole.
  void scores(std::int64_t query, std::int64_t visible, bool lower_bits,
              std::vector<float>& out) const;
  // Upper planes first; where the row is flat, again with the lower ones.
  void probabilities(std::int64_t query, std::int64_t visible, RowScores& out) const;
  // What a value pruner compares: probabilities, or the sum of a key's, times the value's magnitude
  // where the criterion is contribution.
  std::int64_t worth(std::int64_t key, std::int64_t probability) const;
  // Leaves all but the kept of a row at zero; `kept` is 1 where a value is fetched.
  ValueSelection select_values(std::span<const std::int64_t> probabilities, std::uint64_t seed,
                               std::vector<std::uint8_t>& kept) const;
  MeanLeftOut mean_left_out(std::span<const std::uint8_t> kept) const;
  // Σ p·v over all keys, times the scale; `probabilities` has a place for every key, zero where its
  // value was left out. `left` is the sum of those probabilities.
  void output(std::span<const std::int16_t> probabilities, std::int64_t left,
              const MeanLeftOut& mean, std::span<float> out) const;

  std::int64_t keys() const { return operands_->key.rows(); }

 private:
  const LayerOperands* operands_;
  std::int64_t head_;
  double scale_;
  const AttentionOptions* options_;
  std::vector<std::int16_t> whole_keys_;         // [keys, width_qk]
  std::vector<std::int16_t> upper_keys_;         // the same, upper planes alone
  std::vector<std::int16_t> values_by_channel_;  // [width_v, keys]
  std::vector<std::int64_t> magnitudes_;         // Σ|v| of each key's value
  bool wide_scores_ = false;
  bool wide_outputs_ = false;
};

struct HeadOutcome {
  std::vector<float> out;                   // [queries, width_v]
  std::vector<std::int64_t> importance;     // of each key, by the criterion
  float magnitude = 0;                      // Σ|out|, fp32, in order
  std::vector<std::uint8_t> lower_bits;     // by query
  std::vector<ValueSelection> selections;   // one a query, or one; none where nothing is left out
  std::vector<std::uint8_t> value_fetched;  // by key
  Fetched fetched;                          // without scales of a tensor
};

// One layer for the alive: by places among them, `ids` say which they are.
struct LayerShape {
  std::int64_t layer = 0;
  std::span<const std::int64_t> head_ids;
  std::span<const std::int64_t> query_ids;
  std::span<const std::int64_t> visible;  // by query: how many of the keys it sees, the first ones
  double scale = 1;
};

HeadOutcome run_head(const LayerOperands& operands, std::int64_t head, const LayerShape& shape,
                     const AttentionOptions& options);

struct LayerOutcome {
  std::vector<HeadOutcome> heads;
  std::vector<std::int64_t> importance;  // of each key, over all heads
  Fetched fetched;
};
LayerOutcome run_layer(const LayerOperands& operands, const LayerShape& shape,
                       const AttentionOptions& options);

// Adds a layer's importances to what was known; `key_ids` are the keys' tokens.
void remember(const LayerOutcome& outcome, const LayerShape& shape,
              std::span<const std::int64_t> key_ids, TokenCriterion criterion, Tokens& tokens,
              Heads& heads);

}  // namespace weft::prune
