#include "models/prune/pruned_attention.hpp"

#include <algorithm>
#include <cstdlib>

namespace weft::prune {
namespace {

using quant::Granularity;

// Whether sums of so many products fit 32 bits.
bool fits(std::int64_t largest_product, std::int64_t terms) {
  return largest_product <= std::int64_t{0x7FFFFFFF} / std::max<std::int64_t>(terms, 1);
}
std::int64_t most_of(int bits) { return (std::int64_t{1} << (bits - 1)) - 1; }

}  // namespace

void check_options(const AttentionOptions& options, std::int64_t width_qk) {
  check(options.probability_bits >= 4 && options.probability_bits <= 12,
        "probabilities have 4 to 12 bits");
  for (const OperandBits* operand : {&options.query, &options.key, &options.value})
    check(operand->bits.bits() <= 16, "an operand has at most 16 bits");
  check(options.value.bits.lower == 0, "a value has one plane");
  check(options.value.scale != Granularity::token,
        "a sum over keys has one scale: a value's token has none of its own");
  check(options.query.scale != Granularity::channel,
        "a sum over channels has one scale: a query's channel has none of its own");
  check(options.value_ratio >= 0 && options.value_ratio < 1, "a share of values");
  check(width_qk >= 1, "a head has a width");
}

LayerOperands quantise_layer(const quant::HeadsOfRows& query, const quant::HeadsOfRows& key,
                             const quant::HeadsOfRows& value, const AttentionOptions& options) {
  check_options(options, key.width);
  check(query.heads == key.heads && key.heads == value.heads && key.rows == value.rows &&
            query.width == key.width,
        "operands of one layer");
  const auto quantise = [](const quant::HeadsOfRows& tensor, const OperandBits& as) {
    return quant::Quantised(as.bits.bits(), as.scale, tensor, as.clip);
  };
  quant::Quantised keys = quantise(key, options.key);
  quant::Quantised values = quantise(value, options.value);
  if (options.key.scale != Granularity::channel)
    return {quantise(query, options.query), std::move(keys), std::move(values)};
  std::vector<float> scaled(query.values.begin(), query.values.end());
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    scaled[i] = numerics::multiply(
        scaled[i], keys.scale(at / (query.rows * query.width), 0, at % query.width));
  }
  const quant::HeadsOfRows folded{scaled, query.heads, query.rows, query.width};
  return {quantise(folded, options.query), std::move(keys), std::move(values)};
}

std::uint64_t selection_seed(std::uint64_t seed, Stream stream, std::int64_t layer,
                             std::int64_t head, std::int64_t query) {
  std::uint64_t out = select::seed_of(seed, static_cast<std::uint64_t>(stream));
  for (const std::int64_t part : {layer, head, query})
    out = select::seed_of(out, static_cast<std::uint64_t>(part));
  return out;
}

HeadAttention::HeadAttention(const LayerOperands& operands, std::int64_t head, double scale,
                             const AttentionOptions& options)
    : operands_(&operands), head_(head), scale_(scale), options_(&options) {
  const quant::Quantised& key = operands.key;
  const quant::Quantised& value = operands.value;
  wide_scores_ = !fits(most_of(operands.query.bits()) * most_of(key.bits()), key.width());
  // Rounded probabilities add up to less than their number's half more than one.
  wide_outputs_ = !fits(most_of(value.bits()),
                        softmax::probability_most(options.probability_bits) + key.rows());
  const auto keys = static_cast<std::size_t>(key.rows());
  upper_keys_.reserve(keys * static_cast<std::size_t>(key.width()));
  values_by_channel_.resize(keys * static_cast<std::size_t>(value.width()));
  magnitudes_.resize(keys);
  for (std::size_t m = 0; m < keys; ++m) {
    for (const std::int16_t q : key.row(head, static_cast<std::int64_t>(m))) {
      whole_keys_.push_back(q);
      upper_keys_.push_back(static_cast<std::int16_t>(quant::upper_of(q, options.key.bits.lower)));
    }
    const auto row = value.row(head, static_cast<std::int64_t>(m));
    for (std::size_t f = 0; f < row.size(); ++f) {
      values_by_channel_[f * keys + m] = row[f];
      magnitudes_[m] += std::abs(static_cast<int>(row[f]));
    }
  }
}

void HeadAttention::scores(std::int64_t query, std::int64_t visible, bool lower_bits,
                           std::vector<float>& out) const {
  const quant::Quantised& q = operands_->query;
  const quant::Quantised& k = operands_->key;
  const int query_lower = lower_bits ? 0 : options_->query.bits.lower;
  const int key_lower = lower_bits ? 0 : options_->key.bits.lower;
  std::vector<std::int16_t> row(q.row(head_, query).begin(), q.row(head_, query).end());
  for (std::int16_t& x : row) x = static_cast<std::int16_t>(quant::upper_of(x, query_lower));
  const bool folded = k.granularity() == Granularity::channel;
  const auto scale_of = [&](std::int64_t m) {
    return softmax::score_scale(q.scale(head_, query, 0), folded ? 1.0F : k.scale(head_, m, 0),
                                scale_, query_lower + key_lower);
  };
  const bool by_token = k.granularity() == Granularity::token;
  const std::span<const std::int16_t> keys(lower_bits ? whole_keys_ : upper_keys_);
  const auto width = static_cast<std::size_t>(k.width());
  const auto count = static_cast<std::size_t>(visible);
  std::vector<std::int32_t> integers(wide_scores_ ? 0 : count);
  if (!wide_scores_) softmax::dots(row, keys.first(count * width), integers);
  float scale = scale_of(0);
  out.resize(count);
  for (std::size_t m = 0; m < count; ++m) {
    if (by_token) scale = scale_of(static_cast<std::int64_t>(m));
    out[m] = softmax::dequantise(
        wide_scores_ ? softmax::dot_wide(row, keys.subspan(m * width, width)) : integers[m], scale);
  }
}

void HeadAttention::probabilities(std::int64_t query, std::int64_t visible, RowScores& out) const {
  std::vector<float> row;
  scores(query, visible, false, row);
  softmax::probabilities(row, options_->probability_bits, out.row);
  const bool split = options_->query.bits.lower > 0 || options_->key.bits.lower > 0;
  out.lower_bits =
      split && visible > 0 && quant::needs_lower_bits(out.row.largest, options_->lower_bits_below);
  if (!out.lower_bits) return;
  scores(query, visible, true, row);
  softmax::probabilities(row, options_->probability_bits, out.row);
}

std::int64_t HeadAttention::worth(std::int64_t key, std::int64_t probability) const {
  return options_->values.criterion == ValueCriterion::probability
             ? probability
             : probability * magnitudes_[static_cast<std::size_t>(key)];
}

ValueSelection HeadAttention::select_values(std::span<const std::int64_t> probabilities,
                                            std::uint64_t seed,
                                            std::vector<std::uint8_t>& kept) const {
  const auto count = static_cast<std::int64_t>(probabilities.size());
  ValueSelection done{.candidates = count};
  std::vector<std::int64_t> worths(probabilities.size());
  for (std::int64_t m = 0; m < count; ++m)
    worths[static_cast<std::size_t>(m)] = worth(m, probabilities[static_cast<std::size_t>(m)]);
  const auto found = select::quick_select(std::span<const std::int64_t>(worths),
                                          kept_of(count, options_->value_ratio), seed);
  for (const auto& round : found.rounds) done.round_elements.push_back(round.elements);
  done.threshold = found.threshold;
  select::Filter<std::int64_t> filter(found);
  kept.assign(probabilities.size(), 0);
  for (std::size_t m = 0; m < worths.size(); ++m) {
    const bool stays = filter.keep(worths[m]);
    const bool nothing = options_->values.skip_zero && probabilities[m] == 0;
    kept[m] = static_cast<std::uint8_t>(stays && !nothing);
    done.kept += kept[m];
  }
  return done;
}

MeanLeftOut HeadAttention::mean_left_out(std::span<const std::uint8_t> kept) const {
  const auto left = std::count(kept.begin(), kept.end(), std::uint8_t{0});
  if (left == 0 || options_->values.in_place != InPlace::mean) return {};
  MeanLeftOut mean;
  const auto keys = static_cast<std::size_t>(operands_->key.rows());
  for (std::size_t f = 0; f < static_cast<std::size_t>(operands_->value.width()); ++f) {
    std::int64_t sum = 0;
    for (std::size_t m = 0; m < kept.size(); ++m)
      sum += kept[m] == 0 ? values_by_channel_[f * keys + m] : 0;
    mean.push_back(numerics::divide(static_cast<float>(sum), static_cast<float>(left)));
  }
  return mean;
}

void HeadAttention::output(std::span<const std::int16_t> probabilities, std::int64_t left,
                           const MeanLeftOut& mean, std::span<float> out) const {
  const quant::Quantised& value = operands_->value;
  std::int64_t weight = softmax::probability_most(options_->probability_bits);
  if (options_->values.in_place == InPlace::renormalised) {
    weight = 0;
    for (const std::int16_t p : probabilities) weight += p;
  }
  const std::size_t keys = probabilities.size();
  for (std::size_t f = 0; f < out.size(); ++f) {
    const auto channel = std::span<const std::int16_t>(values_by_channel_).subspan(f * keys, keys);
    const std::int64_t sum = wide_outputs_ ? softmax::dot_wide(probabilities, channel)
                                           : softmax::dot(probabilities, channel);
    const float scale =
        softmax::output_scale(value.scale(head_, 0, static_cast<std::int64_t>(f)), weight);
    out[f] = mean.empty() ? softmax::dequantise(sum, scale)
                          : numerics::multiply(numerics::macc(static_cast<float>(left), mean[f],
                                                              static_cast<float>(sum)),
                                               scale);
  }
}

}  // namespace weft::prune
