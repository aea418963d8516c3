#include "models/baseline/mnnfast.hpp"

#include <algorithm>

#include "models/numerics/exp_double.hpp"

namespace weft::baseline {

std::vector<std::int32_t> accumulated(std::span<const double> scores, std::int64_t column,
                                      double share) {
  std::vector<std::int32_t> kept;
  double largest = 0;
  double sum = 0;
  for (std::size_t first = 0; first < scores.size();) {
    const std::size_t end = std::min(scores.size(), first + static_cast<std::size_t>(column));
    const double before = largest;
    largest = *std::max_element(scores.begin() + static_cast<std::ptrdiff_t>(first),
                                scores.begin() + static_cast<std::ptrdiff_t>(end));
    if (first > 0) largest = std::max(largest, before);
    if (first > 0) sum *= numerics::exp_double(before - largest);
    for (std::size_t i = first; i < end; ++i) sum += numerics::exp_double(scores[i] - largest);
    for (std::size_t i = first; i < end; ++i) {
      if (numerics::exp_double(scores[i] - largest) >= share * sum)
        kept.push_back(static_cast<std::int32_t>(i));
    }
    first = end;
  }
  return kept;
}

}  // namespace weft::baseline
