// exp in double precision with the same bits on every machine: only IEEE additions, multiplications
// and bit moves, never the C library, whose result depends on the processor. Everything in double
// that reaches a result uses it. Selections rather than branches: rows of it vectorise.
#pragma once

#include <bit>
#include <cstdint>

namespace weft::numerics {

namespace detail {

constexpr double kLog2E = 0x1.71547652b82fep+0;
// Cody and Waite: ln 2 = hi + lo, hi with 33 significant bits, so that k·hi is exact for |k| <
// 2^20.
constexpr double kLn2Hi = 0x1.62e42fee00000p-1;
constexpr double kLn2Lo = 0x1.a39ef35793c76p-33;
// 1.5·2^52: adding it leaves the nearest integer in the low bits.
constexpr double kRoundToInteger = 0x1.8p+52;

constexpr std::uint64_t kInfinity = 0x7FF0000000000000u;
constexpr std::uint64_t kNan = 0x7FF8000000000000u;

// As numerics::select: never a branch.
inline std::uint64_t select(bool condition, std::uint64_t chosen, std::uint64_t otherwise) {
  const std::uint64_t mask = std::uint64_t{0} - static_cast<std::uint64_t>(condition);
  return (chosen & mask) | (otherwise & ~mask);
}

inline double power_of_two(std::uint64_t k) { return std::bit_cast<double>((k + 1023) << 52); }

// (e^r − 1 − r)/r² for |r| ≤ ln(2)/2: the Taylor series up to r^13, truncated by less than 5e-18.
inline double second_order(double r) {
  double q = 1.0 / 6227020800.0;
  q = q * r + 1.0 / 479001600.0;
  q = q * r + 1.0 / 39916800.0;
  q = q * r + 1.0 / 3628800.0;
  q = q * r + 1.0 / 362880.0;
  q = q * r + 1.0 / 40320.0;
  q = q * r + 1.0 / 5040.0;
  q = q * r + 1.0 / 720.0;
  q = q * r + 1.0 / 120.0;
  q = q * r + 1.0 / 24.0;
  q = q * r + 1.0 / 6.0;
  return q * r + 0.5;
}

}  // namespace detail

// e^x to within 1 ulp, gradual underflow included. exp(±0) = 1; NaN gives the canonical quiet NaN;
// +inf gives +inf; −inf gives +0; above 709.78… +inf; below −745.13… +0.
inline double exp_double(double x) {
  const double shifted = x * detail::kLog2E + detail::kRoundToInteger;
  const double k = shifted - detail::kRoundToInteger;
  const double high = x - k * detail::kLn2Hi;  // exact
  const double low = k * detail::kLn2Lo;
  const double r = high - low;
  const double r_error = (high - r) - low;

  // 1 + r as a sum of two doubles, then everything small at once: one rounding that matters.
  const double leading = 1.0 + r;
  const double leading_error = r - (leading - 1.0);
  const double y = leading + (leading_error + (r_error + r * r * detail::second_order(r)));

  // y·2^k in two steps, the first exact: it rounds once, into the subnormals or to infinity. k is
  // in the low bits; 2048 more keeps it positive to be halved.
  const std::uint64_t exponent =
      std::bit_cast<std::uint64_t>(shifted) - std::bit_cast<std::uint64_t>(detail::kRoundToInteger);
  const std::uint64_t half = ((exponent + 2048) >> 1) - 1024;
  auto result = std::bit_cast<std::uint64_t>(y * detail::power_of_two(half) *
                                             detail::power_of_two(exponent - half));
  result = detail::select(x > 710.0, detail::kInfinity, result);
  result = detail::select(x < -746.0, 0, result);
  return std::bit_cast<double>(detail::select(x != x, detail::kNan, result));
}

}  // namespace weft::numerics
