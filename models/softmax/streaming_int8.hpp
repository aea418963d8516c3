// Softmax of int8 scores in int8, streaming, without a multiplier: that of ITA (Islamoglu et al.,
// ISLPED 2023), step for step. A score's unit is such that one step of 32 halves the weight:
// e^(s·x) = 2^(x/32), s = ln 2 / 32.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace weft::softmax {

inline constexpr int kStreamingGroup = 16;  // scores that share a maximum

// By how many places a difference of 0 to 255 moves: the nearest, half up, of difference / 32.
constexpr int streaming_shift(std::int32_t difference) { return (difference + 16) >> 5; }

// What one row keeps while its scores pass.
struct StreamingSum {
  std::int32_t maximum = -128;
  std::int32_t sum = 0;  // of 2^(8 − shift): 256 is one

  // Up to kStreamingGroup scores. Where they raise the maximum, the sum so far is moved first.
  void add(std::span<const std::int8_t> scores) {
    std::int32_t larger = maximum;
    for (const std::int8_t x : scores) larger = std::max(larger, std::int32_t{x});
    sum >>= streaming_shift(larger - maximum);
    maximum = larger;
    for (const std::int8_t x : scores) sum += 256 >> streaming_shift(maximum - x);
  }
  // ⌊255 · 256 / sum⌋, 0 to 255.
  std::int32_t inverse() const { return 255 * 256 / sum; }
};

// Weights of a row, 255 being one; empty for an empty row.
inline std::vector<std::uint8_t> streaming_softmax(std::span<const std::int8_t> scores) {
  StreamingSum row;
  for (std::size_t i = 0; i < scores.size(); i += kStreamingGroup)
    row.add(scores.subspan(i, std::min<std::size_t>(kStreamingGroup, scores.size() - i)));
  std::vector<std::uint8_t> weights;
  for (const std::int8_t x : scores)
    weights.push_back(static_cast<std::uint8_t>(row.inverse() >> streaming_shift(row.maximum - x)));
  return weights;
}

}  // namespace weft::softmax
