#include "models/common/count.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace weft {

TooLarge::TooLarge(std::string_view count, double value, double most)
    : std::runtime_error(fmt::format("{} come to {:.4g}, more than can be counted ({:.4g})", count,
                                     value, most)) {}

namespace detail {
void too_large(std::string_view count, double value, double most) {
  throw TooLarge(count, value, most);
}
}  // namespace detail

std::int64_t whole(double cycles, std::string_view count) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (!(cycles < kEnd)) detail::too_large(count, cycles, kEnd);
  return std::llround(cycles);
}

}  // namespace weft
