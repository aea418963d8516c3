#include <algorithm>
#include <cmath>

#include "models/prune/pruned_attention.hpp"

namespace weft::prune {
namespace {

using quant::Granularity;

// The probabilities of all queries of a head, a place for every key; and of what a query leaves out
// of them.
struct Probabilities {
  std::int64_t keys = 0;
  std::vector<std::int16_t> integers{};
  std::vector<std::int64_t> left{};  // by query: the sum of probabilities left out
  std::vector<MeanLeftOut> means{};  // by query, or one for all

  std::span<std::int16_t> row(std::size_t query) {
    return std::span<std::int16_t>(integers).subspan(query * static_cast<std::size_t>(keys),
                                                     static_cast<std::size_t>(keys));
  }
};

Probabilities all_probabilities(const HeadAttention& head, const LayerShape& shape,
                                const AttentionOptions& options, HeadOutcome& out) {
  const std::size_t queries = shape.query_ids.size();
  Probabilities all{head.keys()};
  all.left.assign(queries, 0);
  all.integers.resize(queries * static_cast<std::size_t>(all.keys));
  out.importance.assign(static_cast<std::size_t>(all.keys), 0);
  out.lower_bits.resize(queries);
  RowScores scores;
  for (std::size_t p = 0; p < queries; ++p) {
    head.probabilities(static_cast<std::int64_t>(p), shape.visible[p], scores);
    out.lower_bits[p] = static_cast<std::uint8_t>(scores.lower_bits);
    const auto row = all.row(p);
    for (std::size_t m = 0; m < scores.row.integers.size(); ++m) {
      const std::int64_t probability = scores.row.integers[m];
      row[m] = static_cast<std::int16_t>(probability);
      std::int64_t& importance = out.importance[m];
      importance = options.token_criterion == TokenCriterion::largest
                       ? std::max(importance, probability)
                       : importance + probability;
    }
  }
  return all;
}

// The sum of what is left out, which is zero from then on.
std::int64_t leave_out(std::span<std::int16_t> row, const std::vector<std::uint8_t>& kept) {
  std::int64_t left = 0;
  for (std::size_t m = 0; m < kept.size(); ++m) {
    if (kept[m] != 0) continue;
    left += row[m];
    row[m] = 0;
  }
  return left;
}

void select_by_row(const HeadAttention& head, std::int64_t head_id, const LayerShape& shape,
                   const AttentionOptions& options, Probabilities& all, HeadOutcome& out) {
  std::vector<std::uint8_t> kept;
  std::vector<std::int64_t> row;
  out.value_fetched.assign(static_cast<std::size_t>(all.keys), 0);
  for (std::size_t p = 0; p < shape.query_ids.size(); ++p) {
    const auto probabilities = all.row(p).first(static_cast<std::size_t>(shape.visible[p]));
    row.assign(probabilities.begin(), probabilities.end());
    out.selections.push_back(head.select_values(
        row, selection_seed(options.seed, Stream::values, shape.layer, head_id, shape.query_ids[p]),
        kept));
    all.left[p] = leave_out(probabilities, kept);
    all.means.push_back(head.mean_left_out(kept));
    for (std::size_t m = 0; m < kept.size(); ++m) out.value_fetched[m] |= kept[m];
  }
}

void select_by_head(const HeadAttention& head, std::int64_t head_id, const LayerShape& shape,
                    const AttentionOptions& options, Probabilities& all, HeadOutcome& out) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(all.keys), 0);
  for (std::size_t p = 0; p < shape.query_ids.size(); ++p) {
    const auto row = all.row(p);
    for (std::size_t m = 0; m < sums.size(); ++m) sums[m] += row[m];
  }
  out.selections.push_back(head.select_values(
      sums, selection_seed(options.seed, Stream::values, shape.layer, head_id), out.value_fetched));
  all.means.push_back(head.mean_left_out(out.value_fetched));
  for (std::size_t p = 0; p < shape.query_ids.size(); ++p)
    all.left[p] = leave_out(all.row(p), out.value_fetched);
}

// Rows are fetched once a head and stay on chip for all its queries; lower planes of all keys come
// as soon as one query asks for them.
void count_fetched(const LayerOperands& operands, const AttentionOptions& options,
                   HeadOutcome& out) {
  Fetched& f = out.fetched;
  const std::int64_t width = operands.key.width();
  const auto lower = static_cast<std::int64_t>(
      std::count(out.lower_bits.begin(), out.lower_bits.end(), std::uint8_t{1}));
  f.query_rows = operands.query.rows();
  f.key_rows = operands.key.rows();
  f.value_rows = std::count(out.value_fetched.begin(), out.value_fetched.end(), std::uint8_t{1});
  f.query_bytes = f.query_rows * row_bytes(width, options.query.bits.upper);
  f.key_bytes = f.key_rows * row_bytes(width, options.key.bits.upper);
  f.value_bytes = f.value_rows * row_bytes(operands.value.width(), options.value.bits.upper);
  f.query_lower_bytes = lower * row_bytes(width, options.query.bits.lower);
  f.key_lower_bytes = lower > 0 ? f.key_rows * row_bytes(width, options.key.bits.lower) : 0;
  const auto scales = [](Granularity granularity, std::int64_t rows, std::int64_t channels) {
    switch (granularity) {
      case Granularity::head: return kScaleBytes;
      case Granularity::channel: return channels * kScaleBytes;
      case Granularity::token: return rows * kScaleBytes;
      default: return std::int64_t{0};
    }
  };
  f.query_scale_bytes = scales(options.query.scale, f.query_rows, width);
  f.key_scale_bytes = scales(options.key.scale, f.key_rows, width);
  f.value_scale_bytes = scales(options.value.scale, f.value_rows, operands.value.width());
  const bool leaves_out = options.value_ratio > 0 || options.values.skip_zero;
  if (options.values.in_place == InPlace::mean && leaves_out)
    f.value_scale_bytes += operands.value.width() * kScaleBytes;
}

}  // namespace

HeadOutcome run_head(const LayerOperands& operands, std::int64_t head, const LayerShape& shape,
                     const AttentionOptions& options) {
  const std::size_t queries = shape.query_ids.size();
  check(static_cast<std::int64_t>(queries) == operands.query.rows() &&
            shape.visible.size() == queries,
        "every query has a token and sees some keys");
  for (const std::int64_t visible : shape.visible)
    check(visible >= 0 && visible <= operands.key.rows(), "a query sees keys that there are");
  const HeadAttention attention(operands, head, shape.scale, options);
  const std::int64_t head_id = shape.head_ids[static_cast<std::size_t>(head)];
  HeadOutcome out;
  Probabilities all = all_probabilities(attention, shape, options, out);
  if (options.value_ratio == 0 && !options.values.skip_zero) {
    out.value_fetched.assign(static_cast<std::size_t>(all.keys), 1);
  } else if (options.values.scope == ValueScope::row) {
    select_by_row(attention, head_id, shape, options, all, out);
  } else {
    select_by_head(attention, head_id, shape, options, all, out);
  }
  const auto width = static_cast<std::size_t>(operands.value.width());
  out.out.resize(queries * width);
  for (std::size_t p = 0; p < queries; ++p) {
    const auto row = std::span<float>(out.out).subspan(p * width, width);
    static const MeanLeftOut kNone;
    const MeanLeftOut& mean =
        all.means.empty() ? kNone : all.means[std::min(p, all.means.size() - 1)];
    attention.output(all.row(p), all.left[p], mean, row);
    for (const float x : row) out.magnitude = numerics::add(out.magnitude, std::fabs(x));
  }
  count_fetched(operands, options, out);
  return out;
}

LayerOutcome run_layer(const LayerOperands& operands, const LayerShape& shape,
                       const AttentionOptions& options) {
  check(static_cast<std::int64_t>(shape.head_ids.size()) == operands.key.heads(),
        "every head has its number");
  LayerOutcome out;
  out.importance.assign(static_cast<std::size_t>(operands.key.rows()), 0);
  for (std::int64_t h = 0; h < operands.key.heads(); ++h) {
    out.heads.push_back(run_head(operands, h, shape, options));
    const HeadOutcome& head = out.heads.back();
    for (std::size_t m = 0; m < out.importance.size(); ++m) {
      std::int64_t& importance = out.importance[m];
      importance = options.token_criterion == TokenCriterion::largest
                       ? std::max(importance, head.importance[m])
                       : importance + head.importance[m];
    }
    out.fetched += head.fetched;
  }
  if (options.query.scale == Granularity::tensor) out.fetched.query_scale_bytes += kScaleBytes;
  if (options.key.scale == Granularity::tensor) out.fetched.key_scale_bytes += kScaleBytes;
  if (options.value.scale == Granularity::tensor) out.fetched.value_scale_bytes += kScaleBytes;
  return out;
}

void remember(const LayerOutcome& outcome, const LayerShape& shape,
              std::span<const std::int64_t> key_ids, TokenCriterion criterion, Tokens& tokens,
              Heads& heads) {
  for (std::size_t m = 0; m < key_ids.size(); ++m) {
    const std::int64_t before = tokens.importance(key_ids[m]);
    const std::int64_t gained = outcome.importance[m];
    switch (criterion) {
      case TokenCriterion::sum: tokens.set_importance(key_ids[m], before + gained); break;
      case TokenCriterion::largest:
        tokens.set_importance(key_ids[m], std::max(before, gained));
        break;
      case TokenCriterion::layer_sum: tokens.set_importance(key_ids[m], gained); break;
    }
  }
  for (std::size_t h = 0; h < shape.head_ids.size(); ++h) {
    const std::int64_t id = shape.head_ids[h];
    heads.set_importance(id, numerics::add(heads.importance(id), outcome.heads[h].magnitude));
  }
}

}  // namespace weft::prune
