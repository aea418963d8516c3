#include "models/select/zero_eliminator.hpp"

#include <bit>

namespace weft::select {

int shift_layers(std::int64_t places) {
  return places <= 1 ? 0 : static_cast<int>(std::bit_width(static_cast<std::uint64_t>(places - 1)));
}

std::vector<std::int32_t> zeros_before(std::span<const std::uint8_t> valid) {
  std::vector<std::int32_t> zeros(valid.size());
  std::int32_t count = 0;
  for (std::size_t i = 0; i < valid.size(); ++i) {
    zeros[i] = count;
    if (valid[i] == 0) ++count;
  }
  return zeros;
}

}  // namespace weft::select
