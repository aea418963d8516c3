// The exponential of FuseMax-type engines: e^(s·x) = 2^(x·c), c = float(s·log2 e), by fp32 MACCs
// and exponent insertion. Step order and constants are fixed, since SystemVerilog repeats them bit
// for bit: docs/units/numerics.md.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "models/common/error.hpp"
#include "models/numerics/bf16.hpp"

namespace weft::numerics {

// c of 2^(x·c) = e^(scale·x), rounded once to fp32; the softmax scale thus costs nothing. Contract:
// c is finite.
inline float softmax_scale_log2e(double scale) {
  const float c = flush(static_cast<float>(scale * 0x1.71547652b82fep+0));
  check(std::isfinite(c), "the softmax scale must be a finite fp32 number");
  return c;
}

// 2^r ≈ 1 + r·(c1 + r·(c2 + r·(c3 + r·c4))) on [−1/2, 1/2]: minimax in relative error under p(0) =
// 1, then fp32.
inline constexpr std::array<std::uint32_t, 5> kExpCoefficients = {
    0x3F800000u, 0x3F317096u, 0x3E7601BCu, 0x3D64FE23u, 0x3C1D0166u};
// 1.5·2^23: adding it rounds to the nearest integer (ties to even), which then stands in the low
// bits.
inline constexpr std::uint32_t kExpMagic = 0x4B400000u;
inline constexpr int kExpMaccs = 6;
inline constexpr int kExpSegmentMaccs = 3;

// What the first MACC's result t says about the whole.
struct ExpReduction {
  bool special =
      false;  // `result` is final: t is NaN, or the power is certainly below 2^-126 or above fp32
  float result = 0;
  std::int32_t power = 0;    // n: floor of the rounded argument
  std::int32_t segment = 0;  // index of the segment, 0 when there is one
  float rounded = 0;         // n + segment/segments, exact
};

// From t = fma(x, c, 1.5·2^(23 − log2_segments)). Order of the tests: NaN; sign or n ≤ −127 gives
// +0; n ≥ 129 gives +inf.
inline ExpReduction reduce_exp(float t, int log2_segments) {
  const std::uint32_t bits = bits_of(t);
  if (bits == kCanonicalNan) return {.special = true, .result = canonical_nan()};
  if ((bits >> 31) != 0) return {.special = true, .result = 0.0f};
  const std::uint32_t magic = kExpMagic - (static_cast<std::uint32_t>(log2_segments) << 23);
  const std::int32_t steps = static_cast<std::int32_t>(bits) - static_cast<std::int32_t>(magic);
  if (steps < -126 * (1 << log2_segments)) return {.special = true, .result = 0.0f};
  if (steps >= 129 * (1 << log2_segments))
    return {.special = true, .result = float_of(0x7F800000u)};
  return {.power = steps >> log2_segments,
          .segment = steps & ((1 << log2_segments) - 1),
          .rounded = static_cast<float>(steps) / static_cast<float>(1 << log2_segments)};
}

// p·2^n for p in [1/2, 2): n added to the exponent field; a field ≤ 0 gives +0, one ≥ 255 gives
// +inf.
inline float insert_exponent(float p, std::int32_t n) {
  const std::uint32_t bits = bits_of(p);
  const std::int32_t field = static_cast<std::int32_t>((bits >> 23) & 0xFFu) + n;
  if (field <= 0) return 0.0f;
  if (field >= 255) return float_of(0x7F800000u);
  return float_of((bits & 0x007FFFFFu) | (static_cast<std::uint32_t>(field) << 23));
}

// e^(s·difference) by six sequential MACCs; scale_log2e = softmax_scale_log2e(s). exp(±0) = 1
// exactly, never above 1 for arguments ≤ 0; results below 2^-126 are +0; −inf gives +0, +inf +inf,
// NaN the canonical NaN.
inline float exp_maccs(float difference, float scale_log2e) {
  const float t = macc(difference, scale_log2e, float_of(kExpMagic));  // MACC 1
  const std::uint32_t bits = bits_of(t);
  // reduce_exp() and insert_exponent() by selections, so that rows of it vectorise; what is special
  // is chosen at the end.
  const auto n = static_cast<std::int32_t>(bits - kExpMagic);
  const float r = macc(difference, scale_log2e, -static_cast<float>(n));            // MACC 2
  float p = macc(float_of(kExpCoefficients[4]), r, float_of(kExpCoefficients[3]));  // MACC 3
  p = macc(p, r, float_of(kExpCoefficients[2]));                                    // MACC 4
  p = macc(p, r, float_of(kExpCoefficients[1]));                                    // MACC 5
  p = macc(p, r, float_of(kExpCoefficients[0]));                                    // MACC 6
  const auto field =
      static_cast<std::int32_t>(((bits_of(p) >> 23) & 0xFFu) + static_cast<std::uint32_t>(n));
  std::uint32_t result = (bits_of(p) & 0x007FFFFFu) | (static_cast<std::uint32_t>(field) << 23);
  result = select(field <= 0, 0u, result);
  result = select(field >= 255, 0x7F800000u, result);
  result = select(n >= 129, 0x7F800000u, result);
  result = select(n < -126, 0u, result);
  result = select((bits >> 31) != 0, 0u, result);
  return float_of(select(bits == kCanonicalNan, kCanonicalNan, result));
}

// Slope and intercept of each linear segment of 2^f. Segment i is centred on i/segments; its line
// is intercept + slope·(f − i/segments) with intercept 2^(i/segments), slope (2^((i+½)/segments) −
// 2^((i−½)/segments))·segments.
class ExpSegments {
 public:
  struct Line {
    float slope = 0;
    float intercept = 0;
  };

  // A power of two from 2 to 1024; ContractError otherwise.
  explicit ExpSegments(int segments);
  int segments() const { return 1 << log2_segments_; }
  int log2_segments() const { return log2_segments_; }
  const Line& line(std::int32_t segment) const { return lines_[static_cast<std::size_t>(segment)]; }

 private:
  int log2_segments_ = 0;
  std::vector<Line> lines_;
};

// e^(s·difference) by one table look-up and three sequential MACCs; the same special values as
// exp_maccs.
inline float exp_segments(float difference, float scale_log2e, const ExpSegments& table) {
  const std::uint32_t magic = kExpMagic - (static_cast<std::uint32_t>(table.log2_segments()) << 23);
  const float t = macc(difference, scale_log2e, float_of(magic));  // MACC 1
  const ExpReduction reduced = reduce_exp(t, table.log2_segments());
  if (reduced.special) return reduced.result;
  const float r = macc(difference, scale_log2e, -reduced.rounded);  // MACC 2
  const ExpSegments::Line& line = table.line(reduced.segment);
  return insert_exponent(macc(line.slope, r, line.intercept), reduced.power);  // MACC 3
}

// How an engine computes exp.
enum class ExpMethod : std::uint8_t { maccs, segments };

}  // namespace weft::numerics
