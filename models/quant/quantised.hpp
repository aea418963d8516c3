// A tensor of heads in symmetric integers as an engine of fixed point holds it: 16-bit words row by
// row, the scales beside them. Integers and scales are those of numerics::Encoded, but that a scale
// may be clipped.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/numerics/format.hpp"

namespace weft::quant {

// What shares a scale. Of `channel`, each head's channel has one.
using Granularity = numerics::Granularity;

// A view of fp32 values [heads, rows, width].
struct HeadsOfRows {
  std::span<const float> values;
  std::int64_t heads = 1;
  std::int64_t rows = 1;
  std::int64_t width = 1;

  std::span<const float> row(std::int64_t head, std::int64_t row_index) const {
    return values.subspan(static_cast<std::size_t>((head * rows + row_index) * width),
                          static_cast<std::size_t>(width));
  }
};

class Quantised {
 public:
  // 2 to 16 bits; granularity tensor, head, channel or token. The last integer stands for fp32(clip
  // · the largest magnitude), above 0 and at most 1; what is beyond saturates. ContractError for
  // others, and for values that are not finite.
  Quantised(int bits, Granularity granularity, const HeadsOfRows& tensor, float clip = 1);

  int bits() const { return bits_; }
  Granularity granularity() const { return granularity_; }
  std::int64_t heads() const { return heads_; }
  std::int64_t rows() const { return rows_; }
  std::int64_t width() const { return width_; }
  std::span<const std::int16_t> row(std::int64_t head, std::int64_t row_index) const {
    return std::span<const std::int16_t>(integers_).subspan(
        static_cast<std::size_t>((head * rows_ + row_index) * width_),
        static_cast<std::size_t>(width_));
  }
  float scale(std::int64_t head, std::int64_t row_index, std::int64_t channel) const {
    return scales_[scale_at(head, row_index, channel)];
  }
  // Some of its heads and rows, in the order given, with the integers and scales that they have.
  Quantised some(std::span<const std::int64_t> heads, std::span<const std::int64_t> rows) const;

 private:
  std::size_t scale_at(std::int64_t head, std::int64_t row_index, std::int64_t channel) const;

  int bits_;
  Granularity granularity_;
  std::int64_t heads_;
  std::int64_t rows_;
  std::int64_t width_;
  std::vector<std::int16_t> integers_;
  std::vector<float> scales_;  // head by head, but of granularity tensor
};

}  // namespace weft::quant
