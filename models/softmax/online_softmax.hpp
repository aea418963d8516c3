// Softmax in one pass over tiles of scores (Milakov and Gimelshein, 2018) in the arithmetic of
// FuseMax-type engines, bit for bit: what the 1D array keeps of a query between tiles.
#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "models/numerics/exp_fp32.hpp"

namespace weft::softmax {

struct OnlineSoftmax {
  float maximum = -std::numeric_limits<float>::infinity();  // RM
  float denominator = 0;                                    // RD

  // One tile of scores, fp32; those from `visible` on are −inf. The weights of the others go to
  // `weights`: bf16(e^(s·(score − RM'))). Returns what earlier sums are worth now,
  // e^(s·(RM − RM')); `scale_log2e` is softmax_scale_log2e(s).
  float step(std::span<const float> scores, std::size_t visible, float scale_log2e,
             std::span<float> weights) {
    float larger = maximum;
    for (const float score : scores) larger = numerics::max(larger, score);
    float sum = 0;
    for (std::size_t m = 0; m < visible; ++m) {
      weights[m] = numerics::round_to_bf16(
          numerics::exp_maccs(numerics::subtract(scores[m], larger), scale_log2e));
      sum = numerics::add(sum, weights[m]);
    }
    const float correction = numerics::exp_maccs(numerics::subtract(maximum, larger), scale_log2e);
    denominator = numerics::add(sum, numerics::multiply(denominator, correction));
    maximum = larger;
    return correction;
  }
};

}  // namespace weft::softmax
