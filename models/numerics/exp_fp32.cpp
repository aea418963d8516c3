#include "models/numerics/exp_fp32.hpp"

#include <bit>

#include "models/common/error.hpp"
#include "models/numerics/exp_double.hpp"

namespace weft::numerics {
namespace {

constexpr double kLn2 = 0x1.62e42fefa39efp-1;

}  // namespace

ExpSegments::ExpSegments(int segments)
    : log2_segments_(std::countr_zero(static_cast<unsigned>(segments))) {
  check(segments >= 2 && segments <= 1024 && std::has_single_bit(static_cast<unsigned>(segments)),
        "exp has a power of two of segments, from 2 to 1024");
  const double width = 1.0 / segments;
  for (int i = 0; i < segments; ++i) {
    const double low = exp_double((i - 0.5) * width * kLn2);
    const double high = exp_double((i + 0.5) * width * kLn2);
    const double middle = exp_double(i * width * kLn2);
    lines_.push_back({.slope = static_cast<float>((high - low) * segments),
                      .intercept = static_cast<float>(middle)});
  }
}

}  // namespace weft::numerics
