#include "models/softmax/fixed_point.hpp"

namespace weft::softmax {

std::int32_t dot(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  std::int32_t sum = 0;
  for (std::size_t e = 0; e < a.size(); ++e)
    sum += static_cast<std::int32_t>(a[e]) * static_cast<std::int32_t>(b[e]);
  return sum;
}

std::int64_t dot_wide(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  std::int64_t sum = 0;
  for (std::size_t e = 0; e < a.size(); ++e)
    sum += static_cast<std::int64_t>(static_cast<std::int32_t>(a[e]) *
                                     static_cast<std::int32_t>(b[e]));
  return sum;
}

void probabilities(std::span<const float> scores, int bits, ProbabilityRow& out) {
  out.integers.resize(scores.size());
  out.largest = 0;
  if (scores.empty()) return;
  const float top = *std::max_element(scores.begin(), scores.end());
  std::vector<float> exponentials(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i)
    exponentials[i] = exp5(numerics::subtract(scores[i], top));
  LaneSum sum;
  for (const float e : exponentials) sum.add(e);
  const float total = sum.total();
  for (std::size_t i = 0; i < scores.size(); ++i)
    out.integers[i] = requantise(probability(exponentials[i], total), bits);
  out.largest = probability(1.0F, total);
}

}  // namespace weft::softmax
