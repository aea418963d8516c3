#include "models/prune/pruned_attention.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "models/common/error.hpp"
#include "tests/prune/oracle.hpp"

namespace weft::prune {
namespace {

using test::at_bits;
using test::minilm_trace;
using test::WholeLayer;

TEST(PrunedAttention, TwelveBitsAreWithinTwoPercentOfDouble) {
  for (std::size_t layer = 0; layer < minilm_trace().layers.size(); ++layer) {
    double before = 1e9;
    for (const int bits : {4, 6, 8, 10, 12}) {
      const AttentionOptions options = at_bits(bits);
      const WholeLayer x(minilm_trace(), layer, options);
      const double error = test::relative_rms(x, run_layer(x.operands, x.shape, options));
      EXPECT_LT(error, before) << "layer " << layer << " bits " << bits;
      before = error;
    }
    EXPECT_LE(before, 0.02) << "layer " << layer;
  }
}

// Values left out by the probabilities that double precision gives: where its k-th and next differ
// by more than a step, the same keys stay.
TEST(PrunedAttention, KeepsTheValuesOfTheLargestProbabilities) {
  AttentionOptions options = at_bits(12);
  options.value_ratio = 0.9;
  std::int64_t compared = 0;
  for (std::size_t layer = 0; layer < minilm_trace().layers.size(); ++layer) {
    const WholeLayer x(minilm_trace(), layer, options);
    const std::int64_t kept = kept_of(x.keys, options.value_ratio);
    ASSERT_EQ(kept, 11);
    for (std::int64_t h = 0; h < x.heads; ++h) {
      const HeadAttention head(x.operands, h, x.shape.scale, options);
      RowScores scores;
      std::vector<std::uint8_t> chosen;
      for (const std::int64_t p : {0, 17, 109}) {
        head.probabilities(p, x.keys, scores);
        const std::vector<std::int64_t> row(scores.row.integers.begin(), scores.row.integers.end());
        const ValueSelection done = head.select_values(row, 1, chosen);
        ASSERT_EQ(done.kept, kept);
        const std::vector<double> exact = test::exact_row(x, h, p);
        std::vector<double> sorted = exact;
        std::sort(sorted.rbegin(), sorted.rend());
        const double margin =
            sorted[static_cast<std::size_t>(kept) - 1] - sorted[static_cast<std::size_t>(kept)];
        if (margin < 0.02 * sorted[0]) continue;
        ++compared;
        for (std::size_t m = 0; m < exact.size(); ++m)
          ASSERT_EQ(chosen[m] != 0, exact[m] >= sorted[static_cast<std::size_t>(kept) - 1])
              << layer << " " << h << " " << p << " " << m;
      }
    }
  }
  EXPECT_GT(compared, 5);
}

// Outputs of pruned rows, whatever stands for what was left out, against double precision over the
// same kept keys.
TEST(PrunedAttention, LeftOutValuesAreReplacedAsAskedFor) {
  for (const auto in_place : {InPlace::nothing, InPlace::renormalised, InPlace::mean}) {
    AttentionOptions options = at_bits(12);
    options.value_ratio = 0.5;
    options.values = {.scope = ValueScope::head, .in_place = in_place};
    const WholeLayer x(minilm_trace(), 2, options);
    const LayerOutcome got = run_layer(x.operands, x.shape, options);
    double error = 0;
    double norm = 0;
    for (std::int64_t h = 0; h < x.heads; ++h) {
      const HeadOutcome& head = got.heads[static_cast<std::size_t>(h)];
      const auto kept = [&](std::int64_t m) {
        return head.value_fetched[static_cast<std::size_t>(m)] != 0;
      };
      ASSERT_EQ(std::count(head.value_fetched.begin(), head.value_fetched.end(), 1), 55);
      for (std::int64_t p = 0; p < x.keys; ++p) {
        const std::vector<double> row = test::exact_row(x, h, p);
        double weight = 0;
        for (std::size_t m = 0; m < row.size(); ++m) weight += head.value_fetched[m] * row[m];
        for (std::int64_t f = 0; f < x.width; ++f) {
          double sum = 0;
          double mean = 0;
          for (std::int64_t m = 0; m < x.keys; ++m) {
            const double value = test::exact_value(x, h, m, f);
            if (kept(m)) sum += row[static_cast<std::size_t>(m)] * value;
            if (!kept(m)) mean += value / 55;
          }
          if (in_place == InPlace::renormalised) sum /= weight;
          if (in_place == InPlace::mean) sum += (1 - weight) * mean;
          const double out = head.out[static_cast<std::size_t>(p * x.width + f)];
          error += (out - sum) * (out - sum);
          norm += sum * sum;
        }
      }
    }
    EXPECT_LT(std::sqrt(error / norm), 0.02) << static_cast<int>(in_place);
    EXPECT_EQ(got.fetched.value_scale_bytes, 4 + (in_place == InPlace::mean ? 12 * 32 * 4 : 0));
  }
}

TEST(PrunedAttention, FlatRowsAreComputedAgainWithTheLowerBits) {
  AttentionOptions split = at_bits(12);
  split.key.bits = {8, 4};
  AttentionOptions whole = at_bits(12);
  AttentionOptions upper = split;
  split.lower_bits_below = 0.1F;
  const WholeLayer x(minilm_trace(), 3, split);
  const WholeLayer y(minilm_trace(), 3, whole);
  const LayerOutcome some = run_layer(x.operands, x.shape, split);
  const LayerOutcome none = run_layer(x.operands, x.shape, upper);
  const LayerOutcome all = run_layer(y.operands, y.shape, whole);
  std::int64_t flat = 0;
  std::int64_t differ = 0;
  const auto width = static_cast<std::size_t>(x.width);
  for (std::size_t h = 0; h < some.heads.size(); ++h) {
    for (std::size_t p = 0; p < x.queries.size(); ++p) {
      const bool lower = some.heads[h].lower_bits[p] != 0;
      flat += lower;
      const HeadOutcome& same = lower ? all.heads[h] : none.heads[h];
      for (std::size_t f = 0; f < width; ++f) {
        ASSERT_EQ(some.heads[h].out[p * width + f], same.out[p * width + f]);
        differ += all.heads[h].out[p * width + f] != none.heads[h].out[p * width + f];
      }
    }
    const bool any =
        std::count(some.heads[h].lower_bits.begin(), some.heads[h].lower_bits.end(), 1) > 0;
    EXPECT_EQ(some.heads[h].fetched.key_lower_bytes, any ? 110 * 16 : 0);
  }
  EXPECT_GT(flat, 0);
  EXPECT_LT(flat, 12 * 110);
  EXPECT_GT(differ, 1000);
  EXPECT_EQ(none.fetched.key_lower_bytes, 0);
}

// By hand: 12 heads of 110 rows of 32 channels.
TEST(PrunedAttention, BytesAreThoseOfRowsAndScales) {
  AttentionOptions options = at_bits(12);
  options.query = {{4, 0}, quant::Granularity::tensor};
  options.key = {{4, 4}, quant::Granularity::channel};
  options.value = {{6, 0}, quant::Granularity::head};
  options.value_ratio = 0.5;
  options.values.scope = ValueScope::head;
  const WholeLayer x(minilm_trace(), 1, options);
  const Fetched f = run_layer(x.operands, x.shape, options).fetched;
  EXPECT_EQ(f.query_bytes, 12 * 110 * 16);
  EXPECT_EQ(f.query_scale_bytes, 4);
  EXPECT_EQ(f.key_bytes, 12 * 110 * 16);
  EXPECT_EQ(f.key_lower_bytes, 0);
  EXPECT_EQ(f.key_scale_bytes, 12 * 32 * 4);
  EXPECT_EQ(f.value_rows, 12 * 55);
  EXPECT_EQ(f.value_bytes, 12 * 55 * 24);
  EXPECT_EQ(f.value_scale_bytes, 12 * 4);
  EXPECT_EQ(f.total(), f.query() + f.key() + f.value());
}

TEST(PrunedAttention, ImportanceIsTheSumOfProbabilities) {
  const AttentionOptions options = at_bits(12);
  const WholeLayer x(minilm_trace(), 4, options);
  const LayerOutcome got = run_layer(x.operands, x.shape, options);
  std::vector<double> exact(static_cast<std::size_t>(x.keys), 0);
  for (std::int64_t h = 0; h < x.heads; ++h) {
    for (std::int64_t p = 0; p < x.keys; ++p) {
      const std::vector<double> row = test::exact_row(x, h, p);
      for (std::size_t m = 0; m < row.size(); ++m) exact[m] += row[m] * 4095;
    }
  }
  for (std::size_t m = 0; m < exact.size(); ++m)
    EXPECT_NEAR(static_cast<double>(got.importance[m]), exact[m], 12 * 110 * 0.5) << m;
  Tokens tokens(x.keys, 6);
  Heads heads(x.heads, 6);
  remember(got, x.shape, test::counting(x.keys), TokenCriterion::sum, tokens, heads);
  remember(got, x.shape, test::counting(x.keys), TokenCriterion::sum, tokens, heads);
  EXPECT_EQ(tokens.importance(7), 2 * got.importance[7]);
  for (std::int64_t h = 0; h < x.heads; ++h) {
    const auto& out = got.heads[static_cast<std::size_t>(h)].out;
    const double magnitude = std::accumulate(
        out.begin(), out.end(), 0.0, [](double sum, float v) { return sum + std::fabs(v); });
    EXPECT_NEAR(heads.importance(h), 2 * magnitude, 1e-3 * magnitude);
  }
}

TEST(PrunedAttention, WhatOnlyZerosMultiplyNeedNotBeFetched) {
  AttentionOptions options = at_bits(12);
  const WholeLayer x(minilm_trace(), 1, options, {109});
  const LayerOutcome dense = run_layer(x.operands, x.shape, options);
  options.values.skip_zero = true;
  const LayerOutcome skipped = run_layer(x.operands, x.shape, options);
  EXPECT_LT(skipped.fetched.value_rows, dense.fetched.value_rows);
  for (std::size_t h = 0; h < dense.heads.size(); ++h)
    EXPECT_EQ(dense.heads[h].out, skipped.heads[h].out);
}

TEST(PrunedAttention, ACausalQuerySeesWhatIsBefore) {
  const AttentionOptions options = at_bits(12);
  WholeLayer x(minilm_trace(), 0, options);
  for (std::size_t p = 0; p < x.visible.size(); ++p) x.visible[p] = static_cast<std::int64_t>(p);
  const LayerOutcome got = run_layer(x.operands, x.shape, options);
  for (std::int64_t f = 0; f < x.width; ++f) {
    const auto at = static_cast<std::size_t>(f);
    EXPECT_EQ(got.heads[0].out[at], 0) << "it sees none";
    const double only = test::exact_value(x, 0, 0, f);
    EXPECT_NEAR(got.heads[0].out[static_cast<std::size_t>(x.width) + at], only, 2e-3) << "one key";
  }
  EXPECT_EQ(got.importance.back(), 0);
}

TEST(PrunedAttention, RefusesScalesThatNoSumHas) {
  AttentionOptions options = at_bits(8);
  options.value.scale = quant::Granularity::token;
  EXPECT_THROW(check_options(options, 32), ContractError);
  options = at_bits(8);
  options.query.scale = quant::Granularity::channel;
  EXPECT_THROW(check_options(options, 32), ContractError);
  options = at_bits(8);
  options.value.bits = {8, 4};
  EXPECT_THROW(check_options(options, 32), ContractError);
}

// Every operand's clip counts, whatever the key's scale is of.
TEST(PrunedAttention, AClipSaturatesItsOperand) {
  for (const auto scale : {quant::Granularity::head, quant::Granularity::channel}) {
    AttentionOptions options = at_bits(6);
    options.key.scale = scale;
    const WholeLayer plain(minilm_trace(), 3, options);
    options.query.clip = options.key.clip = options.value.clip = 0.5F;
    const WholeLayer clipped(minilm_trace(), 3, options);
    const auto ends = [](const quant::Quantised& tensor) {
      std::int64_t count = 0;
      for (std::int64_t h = 0; h < tensor.heads(); ++h) {
        for (std::int64_t r = 0; r < tensor.rows(); ++r) {
          for (const std::int16_t q : tensor.row(h, r)) count += std::abs(q) == 31;
        }
      }
      return count;
    };
    EXPECT_GT(ends(clipped.operands.query), 10 * ends(plain.operands.query));
    EXPECT_GT(ends(clipped.operands.key), 2 * ends(plain.operands.key));
    EXPECT_GT(ends(clipped.operands.value), 10 * ends(plain.operands.value));
  }
}

// Per channel, per token, per head: all the same attention, within what 8 bits give.
TEST(PrunedAttention, AnyScaleOfAKeyIsTheSameAttention) {
  for (const auto scale : {quant::Granularity::tensor, quant::Granularity::head,
                           quant::Granularity::channel, quant::Granularity::token}) {
    AttentionOptions options = at_bits(10);
    options.key.scale = scale;
    const WholeLayer x(minilm_trace(), 3, options);
    EXPECT_LT(test::relative_rms(x, run_layer(x.operands, x.shape, options)), 0.03);
  }
}

}  // namespace
}  // namespace weft::prune
