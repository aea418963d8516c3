#include "models/softmax/attention.hpp"

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_bin_float.hpp>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <random>

#include "models/common/error.hpp"

namespace weft::softmax {

static void PrintTo(const AttentionShape& s, std::ostream* out) {
  *out << s.batch << "x" << s.heads << "/" << s.kv_heads << " P" << s.seq_q << " M" << s.seq_kv
       << " E" << s.width_qk << " F" << s.width_v << (s.causal ? " causal" : "");
}

namespace {

using Exact = boost::multiprecision::cpp_bin_float_50;
using Values = std::vector<double>;
constexpr std::uint64_t kSeed = 3;

Values gaussian(std::mt19937_64& random, std::int64_t count, double sigma) {
  std::normal_distribution<double> normal(0, sigma);
  Values values(static_cast<std::size_t>(count));
  for (double& value : values) value = normal(random);
  return values;
}

struct Operands {
  Values q, k, v;
};

Operands operands(const AttentionShape& shape, double sigma = 1) {
  std::mt19937_64 random(kSeed);
  return {gaussian(random, shape.q_elements(), sigma), gaussian(random, shape.k_elements(), sigma),
          gaussian(random, shape.v_elements(), sigma)};
}

// The definition, element by element in 50 digits, no maximum subtracted; the causal mask as scores
// of −inf (weight 0).
Values textbook(const Operands& x, const AttentionShape& s, double scale) {
  Values out;
  const auto at = [](const Values& t, std::int64_t i) {
    return Exact(t[static_cast<std::size_t>(i)]);
  };
  for (std::int64_t b = 0; b < s.batch; ++b) {
    for (std::int64_t h = 0; h < s.heads; ++h) {
      const std::int64_t group = h / (s.heads / s.kv_heads);
      for (std::int64_t p = 0; p < s.seq_q; ++p) {
        std::vector<Exact> weights;
        Exact total = 0;
        for (std::int64_t m = 0; m < s.seq_kv; ++m) {
          Exact dot = 0;
          for (std::int64_t e = 0; e < s.width_qk; ++e) {
            dot += at(x.q, ((b * s.heads + h) * s.seq_q + p) * s.width_qk + e) *
                   at(x.k, ((b * s.kv_heads + group) * s.seq_kv + m) * s.width_qk + e);
          }
          const bool seen = !s.causal || m <= p + s.seq_kv - s.seq_q;
          weights.push_back(seen ? Exact(exp(Exact(scale) * dot)) : Exact(0));
          total += weights.back();
        }
        for (std::int64_t f = 0; f < s.width_v; ++f) {
          Exact sum = 0;
          for (std::int64_t m = 0; m < s.seq_kv; ++m) {
            sum += weights[static_cast<std::size_t>(m)] *
                   at(x.v, ((b * s.kv_heads + group) * s.seq_kv + m) * s.width_v + f);
          }
          out.push_back(static_cast<double>(Exact(sum / total)));
        }
      }
    }
  }
  return out;
}

double largest_difference(const Values& a, const Values& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_FALSE(a.empty());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::isfinite(a[i]) ? std::fabs(a[i] - b[i]) : 1e300);
  return largest;
}

class GoldenAttention : public testing::TestWithParam<AttentionShape> {};

TEST_P(GoldenAttention, FullIsTheTextbook) {
  const AttentionShape shape = GetParam();
  for (const double sigma : {0.5, 1.0, 4.0}) {
    const Operands x = operands(shape, sigma);
    const double scale = default_scale(shape);
    EXPECT_LE(largest_difference(attention(x.q, x.k, x.v, shape, scale), textbook(x, shape, scale)),
              1e-14 * sigma * (1 + sigma * sigma));
  }
}

TEST_P(GoldenAttention, OnlineIsTheTextbookForEveryBlock) {
  const AttentionShape shape = GetParam();
  const Operands x = operands(shape, 2);
  const Values expected = textbook(x, shape, 0.3);
  for (const std::int64_t block : {1, 2, 3, 5, 8, 1000}) {
    EXPECT_LE(
        largest_difference(attention(x.q, x.k, x.v, shape, 0.3, Method::online, block), expected),
        2e-13)
        << "block " << block;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, GoldenAttention,
    testing::Values(
        AttentionShape{}, AttentionShape{.seq_q = 7, .seq_kv = 7, .width_qk = 4, .width_v = 4},
        AttentionShape{.seq_q = 7, .seq_kv = 7, .width_qk = 4, .width_v = 4, .causal = true},
        AttentionShape{.batch = 2,
                       .heads = 3,
                       .kv_heads = 3,
                       .seq_q = 5,
                       .seq_kv = 9,
                       .width_qk = 3,
                       .width_v = 6},
        AttentionShape{.batch = 2,
                       .heads = 4,
                       .kv_heads = 2,
                       .seq_q = 4,
                       .seq_kv = 11,
                       .width_qk = 8,
                       .width_v = 5,
                       .causal = true},
        AttentionShape{.batch = 1,
                       .heads = 6,
                       .kv_heads = 1,
                       .seq_q = 9,
                       .seq_kv = 9,
                       .width_qk = 5,
                       .width_v = 2,
                       .causal = true},
        AttentionShape{.batch = 3,
                       .heads = 2,
                       .kv_heads = 1,
                       .seq_q = 1,
                       .seq_kv = 16,
                       .width_qk = 16,
                       .width_v = 16,
                       .causal = true},
        AttentionShape{
            .heads = 2, .kv_heads = 2, .seq_q = 8, .seq_kv = 3, .width_qk = 6, .width_v = 4}));

// Grouped and multi-query heads are plain heads over repeated keys and values: the same sums, so
// the same bits.
TEST(GoldenAttentionHeads, GroupedIsRepeated) {
  for (const std::int64_t kv_heads : {1, 2, 3, 6}) {
    AttentionShape grouped{.batch = 2,
                           .heads = 6,
                           .kv_heads = kv_heads,
                           .seq_q = 5,
                           .seq_kv = 8,
                           .width_qk = 4,
                           .width_v = 3,
                           .causal = true};
    const Operands x = operands(grouped);
    AttentionShape plain = grouped;
    plain.kv_heads = grouped.heads;
    Operands repeated{x.q, {}, {}};
    for (std::int64_t b = 0; b < 2; ++b) {
      for (std::int64_t h = 0; h < 6; ++h) {
        const std::int64_t source = b * kv_heads + h * kv_heads / 6;
        repeated.k.insert(repeated.k.end(), x.k.begin() + source * 8 * 4,
                          x.k.begin() + (source + 1) * 8 * 4);
        repeated.v.insert(repeated.v.end(), x.v.begin() + source * 8 * 3,
                          x.v.begin() + (source + 1) * 8 * 3);
      }
    }
    EXPECT_EQ(attention(x.q, x.k, x.v, grouped, 0.5),
              attention(repeated.q, repeated.k, repeated.v, plain, 0.5));
  }
}

TEST(Attention, SomeQueriesAreRowsOfAll) {
  const AttentionShape shape{
      .seq_q = 37, .seq_kv = 41, .width_qk = 4, .width_v = 3, .causal = true};
  const Operands x = operands(shape);
  const std::vector<double> all = attention_head(x.q, x.k, x.v, shape, 0.5);
  const std::vector<std::int64_t> queries{36, 0, 5, 5, 20};
  const std::vector<double> some = attention_rows(x.q, x.k, x.v, shape, 0.5, queries);
  ASSERT_EQ(some.size(), 15u);
  for (std::size_t i = 0; i < some.size(); ++i)
    EXPECT_EQ(some[i], all[static_cast<std::size_t>(queries[i / 3]) * 3 + i % 3]);
}

// Each causal query by itself over the keys that it sees, without a mask.
TEST(GoldenAttentionMask, CausalIsEachQueryOverItsPrefix) {
  const AttentionShape shape{.seq_q = 6, .seq_kv = 10, .width_qk = 4, .width_v = 3, .causal = true};
  const Operands x = operands(shape);
  Values expected;
  for (std::int64_t p = 0; p < shape.seq_q; ++p) {
    const std::int64_t keys = p + 5;
    const AttentionShape one{.seq_q = 1, .seq_kv = keys, .width_qk = 4, .width_v = 3};
    const Values row =
        attention_head(std::span(x.q).subspan(static_cast<std::size_t>(p * 4), 4),
                       std::span(x.k).first(static_cast<std::size_t>(keys * 4)),
                       std::span(x.v).first(static_cast<std::size_t>(keys * 3)), one, 0.5);
    expected.insert(expected.end(), row.begin(), row.end());
  }
  EXPECT_EQ(attention_head(x.q, x.k, x.v, shape, 0.5), expected);
}

TEST(GoldenAttentionProperties, WeightsAreAConvexCombinationWhateverTheScores) {
  const AttentionShape shape{.seq_q = 4, .seq_kv = 32, .width_qk = 8, .width_v = 1};
  Operands x = operands(
      shape, 300);  // scores of ±1e6: exp of anything but the difference to the maximum overflows
  for (const Method method : {Method::full, Method::online}) {
    for (const double o : attention(x.q, x.k, x.v, shape, 1.0, method, 8)) {
      EXPECT_GE(o, *std::min_element(x.v.begin(), x.v.end()) - 1e-9);
      EXPECT_LE(o, *std::max_element(x.v.begin(), x.v.end()) + 1e-9);
    }
  }
}

// [batch, heads, tokens begin … end − 1, width] of a tensor over all tokens.
Values tokens_of(const Values& t, std::int64_t groups, std::int64_t tokens, std::int64_t width,
                 std::int64_t begin, std::int64_t end) {
  Values part;
  for (std::int64_t g = 0; g < groups; ++g) {
    part.insert(part.end(), t.begin() + (g * tokens + begin) * width,
                t.begin() + (g * tokens + end) * width);
  }
  return part;
}

TEST(KvCache, PrefillThenDecodeIsFullCausal) {
  const AttentionShape shape{.batch = 2,
                             .heads = 4,
                             .kv_heads = 2,
                             .seq_q = 13,
                             .seq_kv = 13,
                             .width_qk = 4,
                             .width_v = 6,
                             .causal = true};
  const Operands x = operands(shape);
  for (const Method method : {Method::full, Method::online}) {
    const Values whole = attention(x.q, x.k, x.v, shape, 0.5, method, 4);
    for (const std::vector<std::int64_t>& chunks :
         {std::vector<std::int64_t>{8, 1, 1, 1, 1, 1}, {1, 5, 7}, {13}}) {
      KvCache cache({.batch = 2, .kv_heads = 2, .width_qk = 4, .width_v = 6});
      std::int64_t done = 0;
      for (const std::int64_t count : chunks) {
        cache.append(tokens_of(x.k, 4, 13, 4, done, done + count),
                     tokens_of(x.v, 4, 13, 6, done, done + count), count);
        const Values out =
            cache.attend(tokens_of(x.q, 8, 13, 4, done, done + count), 4, count, 0.5, method, 4);
        EXPECT_EQ(out, tokens_of(whole, 8, 13, 6, done, done + count))
            << "tokens " << done << " and on";
        done += count;
      }
      ASSERT_EQ(cache.tokens(), 13);
    }
  }
}

TEST(GoldenAttentionContract, RefusesWhatDoesNotFit) {
  const AttentionShape shape{
      .heads = 2, .kv_heads = 2, .seq_q = 2, .seq_kv = 3, .width_qk = 2, .width_v = 2};
  const Operands x = operands(shape);
  EXPECT_NO_THROW(attention(x.q, x.k, x.v, shape, 1));
  EXPECT_THROW(attention(x.k, x.k, x.v, shape, 1), ContractError);
  EXPECT_THROW(attention(x.q, x.q, x.v, shape, 1), ContractError);
  EXPECT_THROW(attention(x.q, x.k, x.q, shape, 1), ContractError);
  AttentionShape wrong = shape;
  wrong.kv_heads = 3;
  EXPECT_THROW(attention(x.q, x.k, x.v, wrong, 1), ContractError);
  EXPECT_THROW(attention_head(x.q, x.k, x.v, shape, 1), ContractError);
  EXPECT_THROW(attention(x.q, x.k, x.v, shape, 1, Method::online, 0), ContractError);
  KvCache cache({.width_qk = 2, .width_v = 2});
  EXPECT_THROW(cache.append(Values(2), Values(3), 1), ContractError);
  EXPECT_THROW(cache.attend(Values(2), 1, 1, 1), ContractError) << "nothing cached";
}

}  // namespace
}  // namespace weft::softmax
