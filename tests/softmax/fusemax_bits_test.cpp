#include "models/softmax/fusemax_bits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <random>
#include <string>

#include "models/common/error.hpp"
#include "models/numerics/bf16.hpp"
#include "models/softmax/attention.hpp"
#include "tests/numerics/exact_fp32.hpp"

namespace weft::softmax {
namespace {

using FloatValues = std::vector<float>;
constexpr std::uint64_t kBitsSeed = 5;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct BitsOperands {
  FloatValues q, k, v;
};

FloatValues gaussian_floats(std::mt19937_64& random, std::int64_t count, double sigma) {
  std::normal_distribution<double> normal(0, sigma);
  FloatValues values(static_cast<std::size_t>(count));
  for (float& value : values) value = numerics::bf16_from_double(normal(random));
  return values;
}

BitsOperands bits_operands(const AttentionShape& shape, double sigma,
                           std::uint64_t seed = kBitsSeed) {
  std::mt19937_64 random(seed);
  return {gaussian_floats(random, shape.q_elements(), sigma),
          gaussian_floats(random, shape.k_elements(), sigma),
          gaussian_floats(random, shape.v_elements(), sigma)};
}

// One head of the one-pass cascade, Einsum by Einsum as FuseMax prints it (generations of RM, RD,
// RNV kept), in exact arithmetic with one rounding an operation.
FloatValues cascade_one_pass(const BitsOperands& x, const AttentionShape& s, double scale,
                             std::int64_t m_tile) {
  const auto c = static_cast<float>(scale * 1.4426950408889634);
  const std::int64_t tiles = (s.seq_kv + m_tile - 1) / m_tile;
  FloatValues out;
  for (std::int64_t p = 0; p < s.seq_q; ++p) {
    const std::int64_t last_key = s.causal ? p + s.seq_kv - s.seq_q : s.seq_kv - 1;
    FloatValues rm{-kInfinity};
    FloatValues rd{0};
    std::vector<FloatValues> rnv{FloatValues(static_cast<std::size_t>(s.width_v), 0.0f)};
    for (std::int64_t m1 = 0; m1 < tiles; ++m1) {
      FloatValues bqk;
      std::vector<std::int64_t> keys;
      for (std::int64_t m = m1 * m_tile; m < std::min((m1 + 1) * m_tile, s.seq_kv); ++m) {
        float qk = 0;
        for (std::int64_t e = 0; e < s.width_qk; ++e) {
          qk = exact::macc(x.q[static_cast<std::size_t>(p * s.width_qk + e)],
                           x.k[static_cast<std::size_t>(m * s.width_qk + e)], qk);
        }
        bqk.push_back(m <= last_key ? qk : -kInfinity);
        keys.push_back(m);
      }
      const float lm = *std::max_element(bqk.begin(), bqk.end());
      rm.push_back(std::max(rm.back(), lm));
      float sld = 0;
      FloatValues slnv(static_cast<std::size_t>(s.width_v), 0.0f);
      for (std::size_t m0 = 0; m0 < bqk.size(); ++m0) {
        const float sln = exact::bf16(exact::exp_maccs(exact::subtract(bqk[m0], rm.back()), c));
        sld = exact::add(sld, sln);
        for (std::size_t f = 0; f < slnv.size(); ++f) {
          slnv[f] =
              exact::macc(sln, x.v[static_cast<std::size_t>(keys[m0] * s.width_v) + f], slnv[f]);
        }
      }
      const float prm = exact::exp_maccs(exact::subtract(rm[rm.size() - 2], rm.back()), c);
      const float spd = exact::multiply(rd.back(), prm);
      rd.push_back(exact::add(sld, spd));
      FloatValues next;
      for (std::size_t f = 0; f < slnv.size(); ++f)
        next.push_back(exact::add(slnv[f], exact::multiply(rnv.back()[f], prm)));
      rnv.push_back(next);
    }
    for (const float numerator : rnv.back())
      out.push_back(exact::bf16(exact::divide(numerator, rd.back())));
  }
  return out;
}

FloatValues cascade_three_pass(const BitsOperands& x, const AttentionShape& s, double scale) {
  const auto c = static_cast<float>(scale * 1.4426950408889634);
  FloatValues out;
  for (std::int64_t p = 0; p < s.seq_q; ++p) {
    FloatValues qk;
    for (std::int64_t m = 0; m <= (s.causal ? p + s.seq_kv - s.seq_q : s.seq_kv - 1); ++m) {
      float sum = 0;
      for (std::int64_t e = 0; e < s.width_qk; ++e) {
        sum = exact::macc(x.q[static_cast<std::size_t>(p * s.width_qk + e)],
                          x.k[static_cast<std::size_t>(m * s.width_qk + e)], sum);
      }
      qk.push_back(exact::bf16(sum));
    }
    const float gm = *std::max_element(qk.begin(), qk.end());
    FloatValues sn;
    float sd = 0;
    for (const float score : qk) {
      sn.push_back(exact::bf16(exact::exp_maccs(exact::subtract(score, gm), c)));
      sd = exact::add(sd, sn.back());
    }
    for (std::int64_t f = 0; f < s.width_v; ++f) {
      float av = 0;
      for (std::size_t m = 0; m < sn.size(); ++m) {
        av = exact::macc(exact::bf16(exact::divide(sn[m], sd)),
                         x.v[m * static_cast<std::size_t>(s.width_v) + static_cast<std::size_t>(f)],
                         av);
      }
      out.push_back(exact::bf16(av));
    }
  }
  return out;
}

int differing_words(const FloatValues& a, const FloatValues& b) {
  EXPECT_EQ(a.size(), b.size());
  EXPECT_FALSE(a.empty());
  int differing = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    differing += numerics::bits_of(a[i]) != numerics::bits_of(b[i]) ? 1 : 0;
  return differing;
}

TEST(FuseMaxBits, IsTheCascadeInExactArithmetic) {
  for (const bool causal : {false, true}) {
    for (const double sigma : {0.5, 1.0, 4.0}) {
      const AttentionShape shape{
          .seq_q = 6, .seq_kv = 11, .width_qk = 8, .width_v = 5, .causal = causal};
      const BitsOperands x = bits_operands(shape, sigma);
      for (const std::int64_t tile : {1, 3, 4, 11, 16}) {
        SCOPED_TRACE(testing::Message()
                     << "M0 " << tile << " sigma " << sigma << " causal " << causal);
        EXPECT_EQ(differing_words(fusemax_attention(x.q, x.k, x.v, shape, 0.3, tile),
                                  cascade_one_pass(x, shape, 0.3, tile)),
                  0);
      }
      EXPECT_EQ(differing_words(three_pass_attention_bits(x.q, x.k, x.v, shape, 0.3),
                                cascade_three_pass(x, shape, 0.3)),
                0);
    }
  }
}

// Causal rows that see nothing of a tile which their neighbours see keep RM, RD and RNV, whatever
// the tiling of queries.
TEST(FuseMaxBits, QueryTileNeverShows) {
  for (const std::int64_t seq_kv : {48, 61}) {
    const AttentionShape shape{.heads = 2,
                               .kv_heads = 1,
                               .seq_q = 48,
                               .seq_kv = seq_kv,
                               .width_qk = 16,
                               .width_v = 8,
                               .causal = true};
    for (const double sigma : {1.0, 4.0}) {
      const BitsOperands x = bits_operands(shape, sigma);
      for (const std::int64_t key_tile : {1, 4, 7, 16}) {
        const FloatValues by_query = fusemax_attention(x.q, x.k, x.v, shape, 0.25, key_tile);
        for (const std::int64_t query_tile : {2, 5, 16, 48, 1000}) {
          EXPECT_EQ(differing_words(by_query, fusemax_attention(x.q, x.k, x.v, shape, 0.25,
                                                                {.key_tile = key_tile,
                                                                 .query_tile = query_tile})),
                    0)
              << "M0 " << key_tile << " P0 " << query_tile;
        }
      }
    }
  }
}

// The one exception, where a product underflows: a −0 in RNV meets +0 from a masked tile.
TEST(FuseMaxBits, OnlyTheSignOfAnUnderflowedZeroShowsTheQueryTile) {
  const AttentionShape shape{.seq_q = 2, .seq_kv = 3, .causal = true};
  const FloatValues q{-0x1p-10f, 1.0f};
  const FloatValues k{0.0f, 0.0f, 0.0f};
  const FloatValues v{1.0f, 1.0f, 1.0f};
  EXPECT_EQ(
      differing_words(
          fusemax_attention(q, k, v, shape, 1, FuseMaxTiling{.key_tile = 1, .query_tile = 1}),
          fusemax_attention(q, k, v, shape, 1, FuseMaxTiling{.key_tile = 1, .query_tile = 2})),
      0);
  // RNV = −1.5·2^-126 + 1.25·2^-126 flushes to −0 in the second tile of keys; the third is masked
  // for query 0.
  const FloatValues small{0x1.4p-126f, -0x1.8p-126f, 1.0f};
  const FloatValues alone =
      fusemax_attention(q, k, small, shape, 1, FuseMaxTiling{.key_tile = 1, .query_tile = 1});
  const FloatValues together =
      fusemax_attention(q, k, small, shape, 1, FuseMaxTiling{.key_tile = 1, .query_tile = 2});
  EXPECT_EQ(numerics::bits_of(alone[0]), 0x80000000u);
  EXPECT_EQ(numerics::bits_of(together[0]), 0u);
  EXPECT_EQ(alone[1], together[1]);
}

TEST(FuseMaxBits, HeadsAndBatchesAreIndependent) {
  const AttentionShape shape{.batch = 2,
                             .heads = 4,
                             .kv_heads = 2,
                             .seq_q = 5,
                             .seq_kv = 9,
                             .width_qk = 8,
                             .width_v = 4,
                             .causal = true};
  const BitsOperands x = bits_operands(shape, 1);
  const FloatValues whole = fusemax_attention(x.q, x.k, x.v, shape, 0.5, 4);
  AttentionShape one = shape;
  one.batch = one.heads = one.kv_heads = 1;
  for (std::ptrdiff_t head = 0; head < 8; ++head) {
    const std::ptrdiff_t kv = head / 2;
    const BitsOperands part{FloatValues(x.q.begin() + head * 40, x.q.begin() + (head + 1) * 40),
                            FloatValues(x.k.begin() + kv * 72, x.k.begin() + (kv + 1) * 72),
                            FloatValues(x.v.begin() + kv * 36, x.v.begin() + (kv + 1) * 36)};
    EXPECT_EQ(
        differing_words(FloatValues(whole.begin() + head * 20, whole.begin() + (head + 1) * 20),
                        fusemax_attention(part.q, part.k, part.v, one, 0.5, 4)),
        0);
  }
}

TEST(FuseMaxBits, SpecialOperands) {
  const AttentionShape shape{.seq_q = 1, .seq_kv = 2};
  // One key only: its value, exactly.
  EXPECT_EQ(
      fusemax_attention(FloatValues{3}, FloatValues{2}, FloatValues{-1.5f}, AttentionShape{}, 1, 1),
      FloatValues{-1.5f});
  // A score 200 below the maximum vanishes; equal scores average.
  EXPECT_EQ(
      fusemax_attention(FloatValues{1}, FloatValues{0, -200}, FloatValues{2, 100}, shape, 1, 2),
      FloatValues{2});
  EXPECT_EQ(
      fusemax_attention(FloatValues{1}, FloatValues{-200, 0}, FloatValues{100, 2}, shape, 1, 1),
      FloatValues{2});
  EXPECT_EQ(fusemax_attention(FloatValues{1}, FloatValues{5, 5}, FloatValues{1, 2}, shape, 1, 2),
            FloatValues{1.5f});
  // NaN anywhere that counts is the canonical NaN; a score of +inf is too (inf − inf).
  for (const float bad : {std::bit_cast<float>(0xFFC10000u), kInfinity}) {
    const FloatValues out =
        fusemax_attention(FloatValues{1}, FloatValues{0, bad}, FloatValues{1, 2}, shape, 1, 2);
    EXPECT_EQ(numerics::bits_of(out[0]), numerics::kCanonicalNan);
  }
  // A subnormal operand is a zero.
  EXPECT_EQ(fusemax_attention(FloatValues{std::bit_cast<float>(0x00400000u)},
                              FloatValues{0x1p127f, 0}, FloatValues{1, 2}, shape, 1, 2),
            FloatValues{1.5f});
  EXPECT_THROW(
      fusemax_attention(FloatValues{1.001f}, FloatValues{1, 2}, FloatValues{1, 2}, shape, 1, 2),
      ContractError);
  EXPECT_THROW(fusemax_attention(FloatValues{1}, FloatValues{1, 2}, FloatValues{1, 2}, shape, 1, 0),
               ContractError);
}

struct ErrorCase {
  double sigma;
  std::int64_t width;
};

void PrintTo(const ErrorCase& c, std::ostream* out) {
  *out << "sigma " << c.sigma << " width " << c.width;
}

class ErrorAgainstGolden : public testing::TestWithParam<ErrorCase> {};

double relative_rms(const FloatValues& out, const std::vector<double>& golden) {
  double error = 0;
  double size = 0;
  EXPECT_EQ(out.size(), golden.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    error += std::pow(static_cast<double>(out[i]) - golden[i], 2);
    size += golden[i] * golden[i];
  }
  return std::sqrt(error / size);
}

TEST_P(ErrorAgainstGolden, Bounded) {
  const auto [sigma, width] = GetParam();
  double worst_fusemax = 0;
  double worst_three_pass = 0;
  for (const bool causal : {false, true}) {
    const AttentionShape shape{.heads = 2,
                               .kv_heads = 2,
                               .seq_q = 96,
                               .seq_kv = 512,
                               .width_qk = width,
                               .width_v = width,
                               .causal = causal};
    const BitsOperands x = bits_operands(shape, sigma);
    const auto wide = [](const FloatValues& t) { return std::vector<double>(t.begin(), t.end()); };
    const double scale = default_scale(shape);
    const std::vector<double> golden = attention(wide(x.q), wide(x.k), wide(x.v), shape, scale);
    for (const std::int64_t tile : {16, 64, 256}) {
      worst_fusemax =
          std::max(worst_fusemax,
                   relative_rms(fusemax_attention(x.q, x.k, x.v, shape, scale, tile), golden));
    }
    worst_three_pass =
        std::max(worst_three_pass,
                 relative_rms(three_pass_attention_bits(x.q, x.k, x.v, shape, scale), golden));
  }
  RecordProperty("fusemax", std::to_string(worst_fusemax));
  RecordProperty("three_pass", std::to_string(worst_three_pass));
  EXPECT_LE(worst_fusemax, 0x1p-7);
  EXPECT_LE(worst_fusemax, 2.6e-3) << "measured figures of docs/units/golden.md";
  EXPECT_GE(worst_fusemax, 1e-4) << "bf16 outputs cannot be this exact";
  EXPECT_LE(worst_three_pass, 5e-2);
  EXPECT_LT(worst_fusemax, worst_three_pass);
}

INSTANTIATE_TEST_SUITE_P(Gaussian, ErrorAgainstGolden,
                         testing::Values(ErrorCase{0.5, 32}, ErrorCase{0.5, 64},
                                         ErrorCase{0.5, 128}, ErrorCase{1, 32}, ErrorCase{1, 64},
                                         ErrorCase{1, 128}, ErrorCase{4, 32}, ErrorCase{4, 64},
                                         ErrorCase{4, 128}));

}  // namespace
}  // namespace weft::softmax
