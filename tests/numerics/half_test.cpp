#include "models/numerics/half.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace weft::numerics {
namespace {

// IEEE 754: (-1)^s · 2^(e-15) · (1 + f/1024), or 2^-14 · f/1024 where e is 0.
TEST(Half, EveryNumberWidensToItsValue) {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const int exponent = static_cast<int>((bits >> 10) & 0x1FU);
    const double fraction = (bits & 0x3FFU) / 1024.0;
    const float got = from_half(static_cast<std::uint16_t>(bits));
    EXPECT_EQ(std::signbit(got), (bits & 0x8000U) != 0) << bits;
    if (exponent == 31) {
      EXPECT_EQ(std::isinf(got), fraction == 0) << bits;
      EXPECT_EQ(std::isnan(got), fraction != 0) << bits;
      continue;
    }
    const double value =
        exponent == 0 ? std::ldexp(fraction, -14) : std::ldexp(1 + fraction, exponent - 15);
    EXPECT_EQ(std::fabs(static_cast<double>(got)), value) << bits;
  }
  EXPECT_EQ(std::bit_cast<std::uint32_t>(from_half(0xFE01)), 0xFFC02000U)
      << "a NaN's sign and payload";
}

}  // namespace
}  // namespace weft::numerics
