#include "models/numerics/bf16.hpp"

namespace weft::numerics {

float float_from_double(double x) {
  const auto nearest = static_cast<float>(x);
  if (std::isnan(x) || std::isinf(nearest) || static_cast<double>(nearest) == x) return nearest;
  const std::uint32_t bits = bits_of(nearest);
  const bool too_large = std::fabs(static_cast<double>(nearest)) > std::fabs(x);
  constexpr std::uint32_t kHalf = 0x8000;  // of a bf16's last place
  constexpr std::uint32_t kLeastNormal = 0x00800000;
  const bool tie = (bits & 0xFFFFu) == kHalf;
  const bool flushed = too_large && (bits & 0x7FFFFFFFu) == kLeastNormal;
  if (!tie && !flushed) return nearest;
  return float_of(too_large ? bits - 1 : bits + 1);
}

float bf16_from_double(double x) { return round_to_bf16(float_from_double(x)); }

}  // namespace weft::numerics
