// bf16 operands, fp32 accumulation: the arithmetic of FuseMax-type engines, bit for bit.
// Round to nearest even; subnormals flushed to zero with their sign (inputs, and results below 2^-126 after
// rounding); one canonical NaN (0x7FC00000, and 0x7FC0 in bf16). A MACC is one fp32 fused multiply-add of flushed inputs.
// Values are held as float; a bf16 value is a float whose low 16 bits are zero.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace weft::numerics {

inline constexpr std::uint32_t kCanonicalNan = 0x7FC00000u;

inline float canonical_nan() { return std::bit_cast<float>(kCanonicalNan); }

// Flush a subnormal to zero, keeping its sign; make NaN canonical.
inline float flush(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude < 0x00800000u) return std::bit_cast<float>(bits & 0x80000000u);
  if (magnitude > 0x7F800000u) return canonical_nan();
  return x;
}

inline float macc(float a, float b, float c) { return flush(std::fma(flush(a), flush(b), flush(c))); }
inline float add(float a, float b) { return flush(flush(a) + flush(b)); }
inline float subtract(float a, float b) { return flush(flush(a) - flush(b)); }
inline float multiply(float a, float b) { return flush(flush(a) * flush(b)); }
inline float divide(float a, float b) { return flush(flush(a) / flush(b)); }

// IEEE 754-2019 maximum with flushed inputs: NaN wins, +0 > -0.
float max(float a, float b);

// fp32 to the nearest bf16, ties to even, held as float.
float round_to_bf16(float x);
inline std::uint16_t bf16_bits(float x) { return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(round_to_bf16(x)) >> 16); }
inline float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

}  // namespace weft::numerics
