// bf16 operands, fp32 accumulation: the arithmetic of FuseMax-type engines, bit for bit.
// Round to nearest even; subnormals flushed to zero with their sign (inputs, and results that are
// subnormal after rounding); one canonical NaN (0x7FC00000, and 0x7FC0 in bf16). A MACC is one fp32
// fused multiply-add of flushed inputs. Values are held as float; a bf16 value is a float whose low
// 16 bits are zero.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace weft::numerics {

inline constexpr std::uint32_t kCanonicalNan = 0x7FC00000u;

inline std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }
inline float float_of(std::uint32_t bits) { return std::bit_cast<float>(bits); }
inline float canonical_nan() { return float_of(kCanonicalNan); }

// `chosen` where the condition holds: a selection that no compiler makes a branch of, so that rows
// vectorise.
inline std::uint32_t select(bool condition, std::uint32_t chosen, std::uint32_t otherwise) {
  const std::uint32_t mask = 0u - static_cast<std::uint32_t>(condition);
  return (chosen & mask) | (otherwise & ~mask);
}

// Flush a subnormal to zero, keeping its sign; make NaN canonical. It must vectorise.
inline float flush(float x) {
  const std::uint32_t bits = bits_of(x);
  const auto magnitude = static_cast<std::int32_t>(bits & 0x7FFFFFFFu);
  const std::uint32_t number = select(magnitude < 0x00800000, bits & 0x80000000u, bits);
  return float_of(select(magnitude > 0x7F800000, kCanonicalNan, number));
}

inline float macc(float a, float b, float c) {
  return flush(std::fma(flush(a), flush(b), flush(c)));
}
// The same where a and b are bf16 values (tested): their product has at most 16 bits, so a sum in
// double is either exact or next to a float, and the rounding to fp32 is the only one that shows.
// Inlines and vectorises where fma is a call.
inline float macc_bf16(float a, float b, float c) {
  return flush(static_cast<float>(static_cast<double>(flush(a)) * static_cast<double>(flush(b)) +
                                  static_cast<double>(flush(c))));
}
// The same where all three are flushed already, as in long sums.
inline float macc_bf16_flushed(float a, float b, float c) {
  return flush(
      static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c)));
}
// A subnormal to zero with its sign, NaN as it is.
inline float flush_subnormal(float x) {
  const std::uint32_t bits = bits_of(x);
  return float_of(
      select(static_cast<std::int32_t>(bits & 0x7FFFFFFFu) < 0x00800000, bits & 0x80000000u, bits));
}
// Inside a long sum: a and b are flushed, c is +0, flushed, or the result of the one before. NaN
// stays NaN to the end of the sum, where flush() makes it canonical: the bits of macc, step by
// step.
inline float macc_in_sum(float a, float b, float c) { return flush_subnormal(std::fma(a, b, c)); }
// The same where a and b are bf16 values, without an fma.
inline float macc_bf16_in_sum(float a, float b, float c) {
  return flush_subnormal(
      static_cast<float>(static_cast<double>(a) * static_cast<double>(b) + static_cast<double>(c)));
}
inline float add(float a, float b) { return flush(flush(a) + flush(b)); }
inline float subtract(float a, float b) { return flush(flush(a) - flush(b)); }
inline float multiply(float a, float b) { return flush(flush(a) * flush(b)); }
inline float divide(float a, float b) { return flush(flush(a) / flush(b)); }

// The sign turned; NaN canonical, a subnormal flushed.
inline float negate(float a) { return flush(-flush(a)); }

// A float's bits as an integer that orders as IEEE 754 totalOrder does among numbers: −inf < … < −0
// < +0 < … < +inf.
inline std::int32_t order_key(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits ^ ((bits >> 31) & 0x7FFFFFFF);
}

// Of a flushed value.
inline bool is_nan(float x) { return bits_of(x) == kCanonicalNan; }

// IEEE 754-2019 maximum and minimum with flushed inputs: NaN wins and is canonical, +0 > −0.
inline float max(float a, float b) {
  a = flush(a);
  b = flush(b);
  const std::uint32_t larger = select(order_key(a) < order_key(b), bits_of(b), bits_of(a));
  return float_of(
      select(static_cast<int>(is_nan(a)) + static_cast<int>(is_nan(b)) > 0, kCanonicalNan, larger));
}
inline float min(float a, float b) {
  a = flush(a);
  b = flush(b);
  const std::uint32_t smaller = select(order_key(b) < order_key(a), bits_of(b), bits_of(a));
  return float_of(select(static_cast<int>(is_nan(a)) + static_cast<int>(is_nan(b)) > 0,
                         kCanonicalNan, smaller));
}

// fp32 to the nearest bf16, ties to even, held as float; flushed before and after, beyond the
// largest bf16 to infinity.
inline float round_to_bf16(float x) {
  const std::uint32_t bits = bits_of(flush(x));
  const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) & 0xFFFF0000u;
  return float_of(bits == kCanonicalNan ? kCanonicalNan : rounded);
}
inline std::uint16_t bf16_bits(float x) {
  return static_cast<std::uint16_t>(bits_of(round_to_bf16(x)) >> 16);
}
// Any 16 bits, a bf16 subnormal or another NaN as they are; operations flush them.
inline float from_bf16(std::uint16_t bits) {
  return float_of(static_cast<std::uint32_t>(bits) << 16);
}

// A double to the nearest fp32, but for those that it would make a tie between two bf16 values, or
// the least normal number, of what is neither: they go to the fp32 on the other side. So rounding
// it on to bf16 is as good as one rounding.
float float_from_double(double x);

// A double to bf16 in one rounding, ties to even, then flushed: what a trace's or a test's values
// are loaded by.
float bf16_from_double(double x);

}  // namespace weft::numerics
