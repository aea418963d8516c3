#include "models/numerics/exp_double.hpp"

#include <bit>
#include <cstdint>
#include <limits>

namespace weft::numerics {
namespace {

constexpr double kLog2E = 0x1.71547652b82fep+0;
// Cody and Waite: ln 2 = hi + lo, hi with 33 significant bits, so that k·hi is exact for |k| < 2^20.
constexpr double kLn2Hi = 0x1.62e42fee00000p-1;
constexpr double kLn2Lo = 0x1.a39ef35793c76p-33;
// 1.5·2^52: adding it leaves the nearest integer in the low bits.
constexpr double kRoundToInteger = 0x1.8p+52;

double power_of_two(std::int64_t k) { return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52); }

// (e^r − 1 − r)/r² for |r| ≤ ln(2)/2: the Taylor series up to r^13, truncated by less than 5e-18.
double second_order(double r) {
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

}  // namespace

double exp_double(double x) {
  if (x != x) return std::numeric_limits<double>::quiet_NaN();
  if (x > 710.0) return std::numeric_limits<double>::infinity();
  if (x < -746.0) return 0.0;

  const double shifted = x * kLog2E + kRoundToInteger;
  const double k = shifted - kRoundToInteger;
  const double high = x - k * kLn2Hi;  // exact
  const double low = k * kLn2Lo;
  const double r = high - low;
  const double r_error = (high - r) - low;

  // 1 + r as a sum of two doubles, then everything small at once: one rounding that matters.
  const double leading = 1.0 + r;
  const double leading_error = r - (leading - 1.0);
  const double y = leading + (leading_error + (r_error + r * r * second_order(r)));

  const auto exponent = static_cast<std::int64_t>(k);
  if (exponent > 1023) return y * power_of_two(exponent - 1) * 2.0;
  if (exponent < -1021) return y * power_of_two(exponent + 64) * 0x1p-64;  // rounds once, into the subnormals
  return y * power_of_two(exponent);
}

}  // namespace weft::numerics
