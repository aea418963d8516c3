// Values that a selection is tried with, in the model's tests and in its kernel's.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace weft::select::test {

// Lengths from 1 to 2^log2_most, most of them short so that many fit into a second; few distinct
// values, or many, or one.
inline std::vector<std::uint16_t> random_values(std::mt19937_64& random, int log2_most = 12) {
  const auto sizes = static_cast<std::uint64_t>(log2_most + 1);
  const std::uint64_t longest = std::uint64_t{1} << (random() % sizes);
  std::vector<std::uint16_t> values(1 + random() % longest);
  const std::uint64_t distinct = 1 + random() % (std::uint64_t{1} << (random() % sizes));
  for (auto& value : values) value = static_cast<std::uint16_t>(random() % distinct);
  return values;
}

}  // namespace weft::select::test
