// A tensor of encoded integers: a format's bits packed one element behind the other, the scales
// beside them, bit planes as views.
//
// An integer format is symmetric: with m its largest integer and a the largest magnitude among the
// values of one scale, or the format's own,
//   scale = fp32(a / m);  q = clamp(nearest_even(x / scale), −m, m), or the sign of x at one bit;
//   x′ = fp32(q · scale)
// where quotients and products are of doubles. Where the scale is zero (no value above the least
// normal number) q is zero, at one bit +1, and x′ zero. q is stored in two's complement; at one
// bit, 1 stands for −1.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/numerics/format.hpp"

namespace weft::numerics {

class Encoded;

// One bit of each element, 0 the least significant. It sees the tensor, which must outlive it.
class BitPlane {
 public:
  BitPlane(const Encoded& tensor, int bit);
  std::int64_t size() const;
  bool operator[](std::int64_t element) const;
  std::int64_t count() const;  // of ones

 private:
  const Encoded* tensor_;
  int bit_;
};

class Encoded {
 public:
  // `values`, row-major, rows of `channels`. With granularity `tensor` the scale is that of
  // `largest`, the largest magnitude of all the tensor's heads (largest_magnitude()); else that is
  // not read. ContractError where an integer is of a value that is not finite.
  Encoded(const Format& format, std::span<const float> values, std::int64_t channels,
          float largest = 0);

  const Format& format() const { return format_; }
  std::int64_t size() const { return size_; }
  std::int64_t bits() const { return size_ * format_.bits; }  // of the elements
  const std::vector<float>& scales() const { return scales_; }
  std::uint32_t code(std::int64_t element) const;    // the element's bits
  std::int64_t integer(std::int64_t element) const;  // of an integer format
  float value(std::int64_t element) const;
  BitPlane plane(int bit) const { return {*this, bit}; }

 private:
  std::size_t scale_of(std::int64_t element) const;
  void put(std::int64_t element, std::uint32_t code);
  void scale_up(std::span<const float> values, float largest);

  Format format_;
  std::int64_t size_ = 0;
  std::int64_t channels_ = 1;
  std::vector<std::uint64_t> words_;
  std::vector<float> scales_;
};

// Values through integers and back with scales of tokens or blocks; rows of `channels`. Infinity
// becomes the largest of its scale, NaN stays.
void through_tokens(const Format& format, std::span<float> values, std::int64_t channels);

// Of the finite values; subnormal ones count as zero.
float largest_magnitude(std::span<const float> values);

}  // namespace weft::numerics
