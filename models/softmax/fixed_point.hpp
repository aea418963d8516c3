// The score datapath of SpAtten-type engines, bit for bit: integer products, fp32 softmax with a
// 5th-order exponential, 12-bit probabilities. Every operation and rounding is one function, which
// SystemC and RTL repeat: docs/units/quant.md.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "models/numerics/bf16.hpp"
#include "models/numerics/exp_fp32.hpp"

namespace weft::softmax {

inline constexpr int kProbabilityBits = 12;    // unsigned
inline constexpr int kSoftmaxParallelism = 8;  // scores a cycle, and partial sums
inline constexpr std::int32_t probability_most(int bits) { return (1 << bits) - 1; }

// ---- scores ----

// Σ a[e]·b[e], exact. 32 bits suffice where bits_a + bits_b − 2 + ⌈log₂ width⌉ ≤ 31.
std::int32_t dot(std::span<const std::int16_t> a, std::span<const std::int16_t> b);
std::int64_t dot_wide(std::span<const std::int16_t> a, std::span<const std::int16_t> b);
// The dot of `a` with each row of as many elements.
void dots(std::span<const std::int16_t> a, std::span<const std::int16_t> rows,
          std::span<std::int32_t> out);

// What an integer score of scales sq and sk is worth, 2^lower where the upper plane alone was
// multiplied: fp32(double(sq)·double(sk)·scale·2^lower), flushed; `scale` is 1/√width.
inline float score_scale(float query_scale, float key_scale, double scale, int lower) {
  return numerics::flush(
      static_cast<float>(static_cast<double>(query_scale) * static_cast<double>(key_scale) * scale *
                         static_cast<double>(std::int64_t{1} << lower)));
}
// The integer rounded to fp32 (exact below 2^24), then one product.
inline float dequantise(std::int64_t integer, float scale) {
  return numerics::multiply(static_cast<float>(integer), scale);
}

// ---- exponential ----

inline constexpr std::uint32_t kLog2E = 0x3FB8AA3Bu;       // fp32(log₂ e)
inline constexpr std::uint32_t kMinusLn2 = 0xBF317218u;    // fp32(−ln 2)
inline constexpr std::array<std::uint32_t, 6> kTaylor = {  // fp32(1/i!)
    0x3F800000u, 0x3F800000u, 0x3F000000u, 0x3E2AAAABu, 0x3D2AAAABu, 0x3C088889u};

// e^x for x ≤ 0 by seven sequential fp32 MACCs: x = n·ln 2 + r, the Taylor series of e^r to the
// 5th order, n into the exponent. exp5(±0) = 1; below 2^-126 +0; of finite x only.
inline float exp5(float x) {
  using numerics::float_of;
  using numerics::macc;
  const float t = macc(x, float_of(kLog2E), float_of(numerics::kExpMagic));  // MACC 1
  const auto n = static_cast<std::int32_t>(numerics::bits_of(t) - numerics::kExpMagic);
  const float r = macc(static_cast<float>(n), float_of(kMinusLn2), x);  // MACC 2
  float p = float_of(kTaylor[5]);
  for (std::size_t i = 5; i-- > 0;) p = macc(p, r, float_of(kTaylor[i]));  // MACCs 3 to 7
  const std::uint32_t bits = numerics::bits_of(p);
  const auto field = static_cast<std::int32_t>(bits >> 23) + n;
  const std::uint32_t moved = (bits & 0x007FFFFFu) | (static_cast<std::uint32_t>(field) << 23);
  return float_of(numerics::select(
      static_cast<int>(n < -126) + static_cast<int>(field <= 0) + static_cast<int>(x < -126.0F) > 0,
      0u, moved));
}

// ---- sum and division ----

// Exponentials added in fp32 in as many partial sums as the pipeline is wide, that of position i
// being i mod 8; then the partial sums in a tree: 0+4, 1+5, 2+6, 3+7; of those 0+2, 1+3; 0+1.
class LaneSum {
 public:
  void add(float exponential) {
    lanes_[next_] = numerics::add(lanes_[next_], exponential);
    next_ = (next_ + 1) % kSoftmaxParallelism;
  }
  float total() const {
    std::array<float, kSoftmaxParallelism> sums = lanes_;
    for (std::size_t half = kSoftmaxParallelism / 2; half > 0; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) sums[i] = numerics::add(sums[i], sums[i + half]);
    }
    return sums[0];
  }

 private:
  std::array<float, kSoftmaxParallelism> lanes_{};
  std::size_t next_ = 0;
};

inline float probability(float exponential, float total) {
  return numerics::divide(exponential, total);
}

// The probability times 2^bits − 1 in fp32, to the nearest integer, ties to even, at most 2^bits −
// 1.
inline std::int32_t requantise(float p, int bits = kProbabilityBits) {
  const std::int32_t most = probability_most(bits);
  const float scaled = numerics::multiply(p, static_cast<float>(most));
  // 2^23: adding it leaves the nearest integer in the low bits
  const float shifted = numerics::add(scaled, 8388608.0F);
  return std::min(static_cast<std::int32_t>(numerics::bits_of(shifted) & 0x007FFFFFu), most);
}

// ---- probabilities times values ----

// What an integer Σ p·v is worth: `weight` is 2^bits − 1, or the sum of the kept integer
// probabilities where they are renormalised. fp32(double(value_scale)/weight), flushed; 0 where the
// weight is 0.
inline float output_scale(float value_scale, std::int64_t weight) {
  if (weight == 0) return 0;
  return numerics::flush(
      static_cast<float>(static_cast<double>(value_scale) / static_cast<double>(weight)));
}

// ---- a row ----

// Softmax of a row's scores: the largest is subtracted, then the functions above, in order of
// position; the same bits, many at once. An empty row stays empty.
struct ProbabilityRow {
  std::vector<std::int32_t> integers;
  float largest = 0;  // of the fp32 probabilities: e^0 over the sum
};
void probabilities(std::span<const float> scores, int bits, ProbabilityRow& out);

}  // namespace weft::softmax
