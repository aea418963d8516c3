#include "models/numerics/bf16.hpp"

namespace weft::numerics {

float bf16_from_double(double x) {
  // Round to odd into fp32 (24 bits against bf16's 8), so that the second rounding sees every bit that was lost.
  const auto nearest = static_cast<float>(x);
  const std::uint32_t bits = bits_of(nearest);
  if (std::isnan(x) || std::isinf(x) || static_cast<double>(nearest) == x) return round_to_bf16(nearest);
  if (std::isinf(nearest)) return nearest;
  // Towards zero, then force the last bit.
  const bool too_large = std::fabs(static_cast<double>(nearest)) > std::fabs(x);
  return round_to_bf16(float_of((too_large ? bits - 1 : bits) | 1u));
}

}  // namespace weft::numerics
