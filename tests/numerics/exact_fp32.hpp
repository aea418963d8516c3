// fp32 operations by exact rational arithmetic and one explicit rounding: the reference of the
// numerics and softmax tests. Shares no code with models/numerics. Subnormal operands are zeros,
// subnormal results become zeros, NaN is 0x7FC00000.
#pragma once

#include <bit>
#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace weft::exact {

using Rational = boost::multiprecision::cpp_rational;
using Integer = boost::multiprecision::cpp_int;

inline float nan_word() { return std::bit_cast<float>(0x7FC00000u); }
inline std::uint32_t word(float x) { return std::bit_cast<std::uint32_t>(x); }

inline Rational power_of_two(int k) {
  const Integer power = Integer(1) << std::abs(k);
  return k >= 0 ? Rational(power) : Rational(Integer(1), power);
}

// ±0 for a subnormal.
inline float operand(float x) {
  return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
}

inline Rational rational(float x) {
  int exponent = 0;
  const double fraction = std::frexp(static_cast<double>(x), &exponent);
  return Rational(static_cast<std::int64_t>(std::ldexp(fraction, 24))) *
         power_of_two(exponent - 24);
}

// The multiple of 2^(e − fraction_bits) nearest to x ≠ 0, ties to even; subnormals to zero, too
// large to infinity.
inline float rounded(const Rational& x, int fraction_bits = 23) {
  const Rational magnitude = abs(x);
  const double sign = x < 0 ? -1.0 : 1.0;
  int exponent =
      static_cast<int>(msb(numerator(magnitude))) - static_cast<int>(msb(denominator(magnitude)));
  if (magnitude < power_of_two(exponent)) --exponent;
  exponent = std::max(exponent, -126);
  const Rational steps = magnitude * power_of_two(fraction_bits - exponent);
  Integer whole = numerator(steps) / denominator(steps);
  const Rational rest = steps - Rational(whole);
  const Rational half(1, 2);
  if (rest > half || (rest == half && whole % 2 == 1)) whole += 1;
  const double value = std::ldexp(static_cast<double>(whole), exponent - fraction_bits);
  if (value >= 0x1p128) return static_cast<float>(sign * std::numeric_limits<double>::infinity());
  return static_cast<float>(sign * (value < 0x1p-126 ? 0.0 : value));
}

// The sum of two numbers whose exact values and IEEE signs are known; where it is zero, the sign
// rule of IEEE 754 6.3.
inline float rounded_sum(const Rational& a, bool a_negative, const Rational& b, bool b_negative) {
  const Rational sum = a + b;
  if (sum == 0) return a_negative && b_negative ? -0.0f : 0.0f;
  return rounded(sum);
}

inline float macc(float a, float b, float c) {
  a = operand(a);
  b = operand(b);
  c = operand(c);
  const bool negative = std::signbit(a) != std::signbit(b);
  if (std::isnan(a) || std::isnan(b) || std::isnan(c)) return nan_word();
  if (std::isinf(a) || std::isinf(b)) {
    if (a == 0 || b == 0 || (std::isinf(c) && std::signbit(c) != negative)) return nan_word();
    return std::copysign(std::numeric_limits<float>::infinity(), negative ? -1.0f : 1.0f);
  }
  if (std::isinf(c)) return c;
  return rounded_sum(rational(a) * rational(b), negative, rational(c), std::signbit(c));
}

inline float add(float a, float b) { return macc(a, 1.0f, b); }
inline float subtract(float a, float b) { return macc(b, -1.0f, a); }

// The product and the quotient have signed zeros of their own.
inline float multiply(float a, float b) {
  const bool negative = std::signbit(a) != std::signbit(b);
  return macc(a, b, negative ? -0.0f : 0.0f);
}

inline float divide(float a, float b) {
  a = operand(a);
  b = operand(b);
  const float sign = std::signbit(a) != std::signbit(b) ? -1.0f : 1.0f;
  if (std::isnan(a) || std::isnan(b) || (a == 0 && b == 0) || (std::isinf(a) && std::isinf(b)))
    return nan_word();
  if (std::isinf(a) || b == 0) return sign * std::numeric_limits<float>::infinity();
  if (a == 0 || std::isinf(b)) return sign * 0.0f;
  return rounded(rational(a) / rational(b));
}

inline float bf16(float x) {
  if (std::isnan(x)) return nan_word();
  if (std::isinf(x) || operand(x) == 0) return operand(x);
  return rounded(rational(x), 7);
}

// The steps of docs/units/numerics.md, constants as printed there.
inline float exp_maccs(float x, float c) {
  const float t = macc(x, c, 12582912.0f);
  if (std::isnan(t)) return nan_word();
  const double n = static_cast<double>(t) - 12582912.0;
  if (n <= -127) return 0.0f;
  if (n >= 129) return std::numeric_limits<float>::infinity();
  const float r = macc(x, c, static_cast<float>(-n));
  float p = std::bit_cast<float>(0x3C1D0166u);
  for (const std::uint32_t coefficient : {0x3D64FE23u, 0x3E7601BCu, 0x3F317096u, 0x3F800000u}) {
    p = macc(p, r, std::bit_cast<float>(coefficient));
  }
  const double scaled = std::ldexp(static_cast<double>(p), static_cast<int>(n));
  return scaled < 0x1p-126 ? 0.0f : static_cast<float>(scaled);
}

// Operands where fp32 arithmetic has its corners.
inline constexpr std::uint32_t kCorners[] = {
    0x00000000u, 0x00000001u, 0x00400000u, 0x007FFFFFu, 0x00800000u, 0x00800001u,
    0x00FFFFFFu, 0x0C800000u, 0x33800000u, 0x34000000u, 0x3F000000u, 0x3F7FFFFFu,
    0x3F800000u, 0x3F800001u, 0x3FFFFFFFu, 0x40000000u, 0x4B000001u, 0x4B7FFFFFu,
    0x7E800000u, 0x7F7FFFFFu, 0x7F800000u, 0x7F800001u, 0x7FC00000u, 0x7FFFFFFFu};

// A corner of either sign, or any float, or one of exponent near that of 1 so that sums cancel.
inline float any_float(std::mt19937_64& random) {
  const std::uint64_t bits = random();
  const auto low = static_cast<std::uint32_t>(bits);
  switch ((bits >> 60) & 7u) {
    case 0:
    case 1: return std::bit_cast<float>(kCorners[low % std::size(kCorners)] | (low & 0x80000000u));
    case 2:
    case 3: return std::bit_cast<float>(low);
    default: return std::bit_cast<float>((low & 0x807FFFFFu) | ((120u + (low >> 24) % 16u) << 23));
  }
}

}  // namespace weft::exact
