// The state of linear attention with a decay, in fixed point, bit for bit: S ← λ·S + k·vᵀ, o = q·S
// (retention, Lightning Attention; λ = 1 is the plain sum). q, k and v are int8 integers whatever
// their scales; S has 32 bits, 12 of them below the point.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "models/common/error.hpp"

namespace weft::softmax {

inline constexpr int kStateFraction = 12;
inline constexpr int kDecayFraction = 16;  // a decay is an integer / 2^16, 0 to 1

// x / 2^places to the nearest, ties to even, within 32 bits.
constexpr std::int32_t nearest_saturated(std::int64_t x, int places) {
  const std::int64_t floor = x >> places;
  const std::int64_t rest = x - floor * (std::int64_t{1} << places);
  const std::int64_t half = std::int64_t{1} << (places - 1);
  const std::int64_t nearest = floor + (rest > half || (rest == half && floor % 2 != 0) ? 1 : 0);
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(
      nearest, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

class LinearState {
 public:
  // Both widths at least 1, width_qk at most 2^16.
  LinearState(std::size_t width_qk, std::size_t width_v)
      : width_qk_(width_qk), width_v_(width_v), state_(width_qk * width_v) {
    check(width_qk >= 1 && width_qk <= 65536 && width_v >= 1, "a state has widths");
  }

  // One token. The sum λ·S + k·v is exact, then rounded once; so is Σ q·S over e, to units of a
  // product q·k·v, saturating at 32 bits as the state does.
  std::vector<std::int32_t> step(std::span<const std::int8_t> q, std::span<const std::int8_t> k,
                                 std::span<const std::int8_t> v, std::int32_t decay) {
    check(q.size() == width_qk_ && k.size() == width_qk_ && v.size() == width_v_,
          "a token has the state's widths");
    check(decay >= 0 && decay <= 1 << kDecayFraction, "a decay is from 0 to 1");
    std::vector<std::int64_t> sums(width_v_);
    for (std::size_t e = 0; e < width_qk_; ++e) {
      for (std::size_t f = 0; f < width_v_; ++f) {
        std::int32_t& s = state_[e * width_v_ + f];
        const std::int64_t product = std::int64_t{k[e]} * v[f];
        s = nearest_saturated(std::int64_t{decay} * s +
                                  product * (std::int64_t{1} << (kDecayFraction + kStateFraction)),
                              kDecayFraction);
        sums[f] += std::int64_t{q[e]} * s;
      }
    }
    std::vector<std::int32_t> out;
    for (const std::int64_t sum : sums) out.push_back(nearest_saturated(sum, kStateFraction));
    return out;
  }

  std::span<const std::int32_t> state() const { return state_; }

 private:
  std::size_t width_qk_;
  std::size_t width_v_;
  std::vector<std::int32_t> state_;  // [width_qk, width_v]
};

}  // namespace weft::softmax
