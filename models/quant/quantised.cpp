#include "models/quant/quantised.hpp"

#include "models/numerics/encoded.hpp"

namespace weft::quant {

Quantised::Quantised(int bits, Granularity granularity, const HeadsOfRows& tensor)
    : bits_(bits),
      granularity_(granularity),
      heads_(tensor.heads),
      rows_(tensor.rows),
      width_(tensor.width) {
  check(bits >= 2 && bits <= 16, "an operand of fixed point has 2 to 16 bits");
  check(granularity == Granularity::tensor || granularity == Granularity::head ||
            granularity == Granularity::channel || granularity == Granularity::token,
        "an operand's scale is a tensor's, a head's, a channel's or a token's");
  const auto head_size = static_cast<std::size_t>(rows_ * width_);
  check(tensor.values.size() == head_size * static_cast<std::size_t>(heads_),
        "a tensor has its extents' size");
  const auto format = numerics::Format::integer(bits, granularity);
  const float largest = numerics::largest_magnitude(tensor.values);
  integers_.reserve(tensor.values.size());
  for (std::int64_t h = 0; h < heads_; ++h) {
    const numerics::Encoded head(
        format, tensor.values.subspan(static_cast<std::size_t>(h) * head_size, head_size), width_,
        largest);
    for (std::int64_t i = 0; i < head.size(); ++i)
      integers_.push_back(static_cast<std::int16_t>(head.integer(i)));
    if (granularity == Granularity::tensor && h > 0) continue;
    scales_.insert(scales_.end(), head.scales().begin(), head.scales().end());
  }
}

float Quantised::scale(std::int64_t head, std::int64_t row_index, std::int64_t channel) const {
  std::int64_t at = 0;
  switch (granularity_) {
    case Granularity::head: at = head; break;
    case Granularity::channel: at = head * width_ + channel; break;
    case Granularity::token: at = head * rows_ + row_index; break;
    default: break;
  }
  return scales_[static_cast<std::size_t>(at)];
}

}  // namespace weft::quant
