#include "models/numerics/planes.hpp"

#include <algorithm>
#include <cstring>

#include "models/common/count.hpp"
#include "models/common/error.hpp"

namespace weft::numerics {
namespace {

constexpr std::int64_t kScaleBytes = kScaleBits / 8;

}  // namespace

Planes::Planes(const Format& format, const std::vector<int>& widths, std::int64_t rows,
               std::int64_t channels, std::int64_t alignment)
    : format_(format), rows_(rows), channels_(channels) {
  check(format.is_integer(), "planes are of integers");
  check(rows > 0 && channels > 0 && alignment > 0, "a tensor in memory has rows of channels");
  int lowest = format.bits;
  for (const int bits : widths) {
    check(bits > 0 && bits <= lowest, "planes together have the bits of the format");
    lowest -= bits;
    std::int64_t row = bytes_of_bits(channels * bits);
    if (planes_.empty()) row += scales_of_token(format, channels) * kScaleBytes;
    row = round_up(row, alignment);
    planes_.push_back({bits, lowest, bytes_, row});
    bytes_ += rows * row;
  }
  check(lowest == 0, "planes together have the bits of the format");
}

const Planes::Plane& Planes::of(int plane) const {
  check(plane >= 0 && plane < count(), "a plane of the tensor");
  return planes_[static_cast<std::size_t>(plane)];
}

std::int64_t Planes::address(int plane, std::int64_t row) const {
  check(row >= 0 && row < rows_, "a row of the tensor");
  return of(plane).begin + row * of(plane).row_bytes;
}

std::int64_t Planes::scale_address(std::int64_t row, std::int64_t channel) const {
  check(has_scales_of_tokens(format_), "scales lie in memory where they are of tokens or blocks");
  const std::int64_t index =
      format_.granularity == Granularity::block ? channel / format_.block : 0;
  return address(0, row) + bytes_of_bits(channels_ * planes_[0].bits) + index * kScaleBytes;
}

void Planes::store(const Encoded& tensor, std::span<std::uint8_t> memory) const {
  check(tensor.format() == format_ && tensor.size() == rows_ * channels_,
        "a tensor of the planes' format and shape");
  check(static_cast<std::int64_t>(memory.size()) >= bytes_, "memory has room for all planes");
  std::fill_n(memory.begin(), bytes_, std::uint8_t{0});
  for (std::int64_t row = 0; row < rows_; ++row) {
    for (const Plane& plane : planes_) {
      std::uint8_t* const to = memory.data() + plane.begin + row * plane.row_bytes;
      for (std::int64_t i = 0; i < channels_ * plane.bits; ++i) {
        const std::uint32_t code = tensor.code(row * channels_ + i / plane.bits);
        const std::uint32_t bit = code >> (plane.lowest + i % plane.bits) & 1u;
        to[i / 8] = static_cast<std::uint8_t>(to[i / 8] | bit << i % 8);
      }
    }
    const std::int64_t scales = scales_of_token(format_, channels_);
    if (scales == 0) continue;
    std::memcpy(memory.data() + scale_address(row, 0), tensor.scales().data() + row * scales,
                static_cast<std::size_t>(scales * kScaleBytes));
  }
}

std::int64_t Planes::integer(std::span<const std::uint8_t> memory, std::int64_t row,
                             std::int64_t channel, int known) const {
  check(known > 0 && known <= count(), "the upper planes are known");
  check(channel >= 0 && channel < channels_, "a channel of the tensor");
  std::uint32_t code = 0;
  for (int p = 0; p < known; ++p) {
    const Plane& plane = of(p);
    const std::uint8_t* const from = memory.data() + address(p, row);
    for (int b = 0; b < plane.bits; ++b) {
      const std::int64_t at = channel * plane.bits + b;
      code |= static_cast<std::uint32_t>(from[at / 8] >> at % 8 & 1) << (plane.lowest + b);
    }
  }
  if (format_.bits == 1) return code != 0 ? -1 : 1;
  const bool negative = (code >> (format_.bits - 1) & 1u) != 0;
  return static_cast<std::int64_t>(code) - (negative ? std::int64_t{1} << format_.bits : 0);
}

float Planes::scale(std::span<const std::uint8_t> memory, std::int64_t row,
                    std::int64_t channel) const {
  float scale = 0;
  std::memcpy(&scale, memory.data() + scale_address(row, channel), sizeof scale);
  return scale;
}

}  // namespace weft::numerics
