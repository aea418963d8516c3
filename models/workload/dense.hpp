// Products of fp32 matrices for the parts of a model around its attention, quick and with the same
// bits on every machine: each element is a sum in ascending order of the inner dimension, product
// and sum rounded apart. What a processor can do decides how many elements go at once, no more.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft::workload {

// The right operand, laid out in panels of 16 columns.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // From rows[columns][inner], as weights and keys are stored: the product is a · rowsᵀ.
  static PackedMatrix of_transposed(std::span<const float> rows, std::int64_t columns,
                                    std::int64_t inner);
  // From matrix[inner][columns].
  static PackedMatrix of(std::span<const float> matrix, std::int64_t inner, std::int64_t columns);

  std::int64_t inner() const { return inner_; }
  std::int64_t columns() const { return columns_; }
  const float* panel(std::int64_t index) const {
    return values_.data() + static_cast<std::size_t>(index * inner_ * kPanel);
  }
  static constexpr std::int64_t kPanel = 16;

 private:
  PackedMatrix(std::int64_t inner, std::int64_t columns);
  float& at(std::int64_t e, std::int64_t column);

  std::int64_t inner_ = 0;
  std::int64_t columns_ = 0;
  std::vector<float> values_;
};

// out[rows, columns] = a[rows, inner] · b, from zero on.
void multiply(std::span<const float> a, std::int64_t rows, const PackedMatrix& b,
              std::span<float> out);

}  // namespace weft::workload
