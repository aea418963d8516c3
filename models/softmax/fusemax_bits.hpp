// Attention in the arithmetic of FuseMax-type engines, bit for bit: bf16 operands, fp32
// accumulation (models/numerics/bf16.hpp). Hand-written and independent of the Einsum kernel;
// SystemC, RTL and HLS must give the same words.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/softmax/shape.hpp"

namespace weft::softmax {

struct FuseMaxTiling {
  std::int64_t key_tile = 256;  // M0; the last tile of the keys may be shorter
  // P0: under a causal mask a tile of keys is skipped where no query of the tile sees any of its
  // keys. Where a query sees none but its neighbour does, scores of −inf leave its RM, RD and RNV
  // as they were; only the sign of a zero in RNV can change (−0 to +0).
  std::int64_t query_tile = 1;
};

// The one-pass cascade (FuseMax, MICRO 2024). Q, K and V hold bf16 values (ContractError
// otherwise), and so does the result:
//   BQK  macc over e ascending from +0; keys that a query must not see: −inf
//   LM   max over m0;  RM' = max(RM, LM), from −inf
//   SLN  bf16(exp_maccs(BQK − RM', c)), c = softmax_scale_log2e(scale)
//   SLD  add over m0 ascending from +0;  SLNV  macc over m0 ascending from +0
//   PRM  exp_maccs(RM − RM', c);  RD' = SLD + RD·PRM;  RNV' = SLNV + RNV·PRM, both from +0
//   AV   bf16(RNV / RD)
std::vector<float> fusemax_attention(std::span<const float> q, std::span<const float> k,
                                     std::span<const float> v, const AttentionShape& shape,
                                     double scale, const FuseMaxTiling& tiling);
std::vector<float> fusemax_attention(std::span<const float> q, std::span<const float> k,
                                     std::span<const float> v, const AttentionShape& shape,
                                     double scale, std::int64_t key_tile);

// The three-pass cascade (FLAT and unfused) with 16-bit words between its phases; only visible keys
// are processed:
//   QK   bf16(macc over e ascending from +0);  GM  max over m
//   SN   bf16(exp_maccs(QK − GM, c));  SD  add over m ascending from +0
//   A    bf16(SN / SD);  AV  bf16(macc over m ascending from +0)
std::vector<float> three_pass_attention_bits(std::span<const float> q, std::span<const float> k,
                                             std::span<const float> v, const AttentionShape& shape,
                                             double scale);

}  // namespace weft::softmax
