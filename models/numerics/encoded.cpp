#include "models/numerics/encoded.hpp"

#include <algorithm>
#include <cmath>

namespace weft::numerics {
namespace {

constexpr std::int64_t kWordBits = 64;

}  // namespace

float largest_magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float x : values) {
    if (std::isfinite(x)) largest = std::max(largest, std::fabs(flush(x)));
  }
  return largest;
}

void through_tokens(const Format& format, std::span<float> values, std::int64_t channels) {
  check(has_scales_of_tokens(format), "a format with scales of tokens");
  const auto row = static_cast<std::size_t>(channels);
  check(row > 0 && values.size() % row == 0, "a tensor has whole rows of channels");
  const std::size_t step =
      format.granularity == Granularity::block ? static_cast<std::size_t>(format.block) : row;
  for (std::size_t begin = 0; begin < values.size(); begin += row) {
    for (std::size_t at = 0; at < row; at += step) {
      const std::span<float> part = values.subspan(begin + at, std::min(step, row - at));
      const float scale = scale_of_largest(format, largest_magnitude(part));
      for (float& x : part) x = through_integer(format, x, scale);
    }
  }
}

Encoded::Encoded(const Format& format, std::span<const float> values, std::int64_t channels,
                 float largest)
    : format_(format), size_(static_cast<std::int64_t>(values.size())), channels_(channels) {
  check(channels > 0 && size_ % channels == 0, "a tensor has whole rows of channels");
  words_.resize(static_cast<std::size_t>((bits() + kWordBits - 1) / kWordBits +
                                         1));  // one more: an element may begin in the last
  if (format.is_integer()) scale_up(values, largest);
  const std::uint32_t mask = 0xFFFFFFFFu >> (32 - format.bits);
  for (std::int64_t i = 0; i < size_; ++i) {
    const float x = values[static_cast<std::size_t>(i)];
    if (!format.is_integer()) {
      put(i, bits_of(round_to(format, x)) >> (32 - format.bits));
      continue;
    }
    check(std::isfinite(x), "an integer is of a finite value");
    const std::int64_t q = integer_of(format, x, scales_[scale_of(i)]);
    put(i, format.bits == 1 ? static_cast<std::uint32_t>(q < 0)
                            : static_cast<std::uint32_t>(q) & mask);
  }
}

std::size_t Encoded::scale_of(std::int64_t element) const {
  const std::int64_t channel = element % channels_;
  switch (format_.granularity) {
    case Granularity::channel: return static_cast<std::size_t>(channel);
    case Granularity::token: return static_cast<std::size_t>(element / channels_);
    case Granularity::block:
      return static_cast<std::size_t>(element / channels_ * scales_of_token(format_, channels_) +
                                      channel / format_.block);
    default: return 0;
  }
}

void Encoded::scale_up(std::span<const float> values, float largest) {
  const std::int64_t tokens = size_ / channels_;
  const std::int64_t count =
      format_.granularity == Granularity::channel
          ? channels_
          : std::max<std::int64_t>(1, tokens * scales_of_token(format_, channels_));
  scales_.assign(static_cast<std::size_t>(count), 0);
  if (format_.granularity == Granularity::tensor || format_.granularity == Granularity::fixed) {
    scales_[0] = format_.granularity == Granularity::tensor ? largest : format_.largest;
  } else {
    for (std::int64_t i = 0; i < size_; ++i) {
      float& scale = scales_[scale_of(i)];
      scale = std::max(scale, largest_magnitude(values.subspan(static_cast<std::size_t>(i), 1)));
    }
  }
  for (float& scale : scales_) scale = scale_of_largest(format_, scale);
}

void Encoded::put(std::int64_t element, std::uint32_t code) {
  const std::int64_t at = element * format_.bits;
  const std::int64_t shift = at % kWordBits;
  const auto word = static_cast<std::size_t>(at / kWordBits);
  words_[word] |= static_cast<std::uint64_t>(code) << shift;
  const std::int64_t beyond = shift + format_.bits - kWordBits;
  if (beyond > 0) words_[word + 1] |= static_cast<std::uint64_t>(code) >> (format_.bits - beyond);
}

std::uint32_t Encoded::code(std::int64_t element) const {
  check(element >= 0 && element < size_, "an element of the tensor");
  const std::int64_t at = element * format_.bits;
  const std::int64_t shift = at % kWordBits;
  const auto word = static_cast<std::size_t>(at / kWordBits);
  std::uint64_t found = words_[word] >> shift;
  const std::int64_t beyond = shift + format_.bits - kWordBits;
  if (beyond > 0) found |= words_[word + 1] << (format_.bits - beyond);
  return static_cast<std::uint32_t>(found) & (0xFFFFFFFFu >> (32 - format_.bits));
}

std::int64_t Encoded::integer(std::int64_t element) const {
  check(format_.is_integer(), "an integer of an integer format");
  const std::int64_t q = code(element);
  if (format_.bits == 1) return q != 0 ? -1 : 1;
  return q >> (format_.bits - 1) != 0 ? q - (std::int64_t{1} << format_.bits) : q;
}

float Encoded::value(std::int64_t element) const {
  if (!format_.is_integer()) return float_of(code(element) << (32 - format_.bits));
  return value_of(integer(element), scales_[scale_of(element)]);
}

BitPlane::BitPlane(const Encoded& tensor, int bit) : tensor_(&tensor), bit_(bit) {
  check(bit >= 0 && bit < tensor.format().bits, "a bit of the format");
}

std::int64_t BitPlane::size() const { return tensor_->size(); }

bool BitPlane::operator[](std::int64_t element) const {
  return (tensor_->code(element) >> bit_ & 1u) != 0;
}

std::int64_t BitPlane::count() const {
  std::int64_t ones = 0;
  for (std::int64_t i = 0; i < size(); ++i) ones += (*this)[i] ? 1 : 0;
  return ones;
}

}  // namespace weft::numerics
