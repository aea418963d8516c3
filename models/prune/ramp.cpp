#include "models/prune/ramp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weft::prune {

double Ramp::ratio(std::int64_t layer, std::int64_t layers, double own_front) const {
  if (!by_layer.empty())
    return by_layer[std::min(static_cast<std::size_t>(layer), by_layer.size() - 1)];
  const auto first =
      static_cast<std::int64_t>(std::ceil(front.value_or(own_front) * static_cast<double>(layers)));
  if (layer < first) return 0;
  const double begin = start.value_or(average / 2);
  const std::int64_t steps = layers - first - 1;
  if (steps == 0) return average;
  return begin +
         2 * (average - begin) * static_cast<double>(layer - first) / static_cast<double>(steps);
}

std::optional<std::string> Ramp::trouble(std::int64_t layers, double own_front) const {
  double before = 0;
  for (std::int64_t layer = 0; layer < layers; ++layer) {
    const double here = ratio(layer, layers, own_front);
    if (here >= 1)
      return fmt::format("layer {} would prune {:.6g} of all; a ratio is below 1", layer, here);
    if (here < before)
      return fmt::format(
          "layer {} would prune {:.6g} and the one before {:.6g}; what is pruned stays pruned",
          layer, here, before);
    before = here;
  }
  return std::nullopt;
}

std::int64_t kept_of(std::int64_t count, double ratio) {
  const auto pruned =
      static_cast<std::int64_t>(std::floor(static_cast<double>(count) * ratio + 1e-9));
  return std::max(count - pruned, std::min<std::int64_t>(count, 1));
}

}  // namespace weft::prune
