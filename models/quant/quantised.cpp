#include "models/quant/quantised.hpp"

#include <cmath>

#include "models/numerics/bf16.hpp"

namespace weft::quant {

Quantised::Quantised(int bits, Granularity granularity, const HeadsOfRows& tensor, float clip)
    : bits_(bits),
      granularity_(granularity),
      heads_(tensor.heads),
      rows_(tensor.rows),
      width_(tensor.width),
      integers_(tensor.values.size()) {
  check(bits >= 2 && bits <= 16, "an operand of fixed point has 2 to 16 bits");
  check(granularity == Granularity::tensor || granularity == Granularity::head ||
            granularity == Granularity::channel || granularity == Granularity::token,
        "an operand's scale is a tensor's, a head's, a channel's or a token's");
  check(clip > 0 && clip <= 1, "a clip is a share of the largest magnitude");
  check(tensor.values.size() == static_cast<std::size_t>(heads_ * rows_ * width_),
        "a tensor has its extents' size");
  scales_.assign(heads_ * rows_ * width_ == 0 ? 1 : scale_at(heads_ - 1, rows_ - 1, width_ - 1) + 1,
                 0.0F);
  const auto each = [&](auto&& visit) {
    std::size_t i = 0;
    for (std::int64_t h = 0; h < heads_; ++h) {
      for (std::int64_t r = 0; r < rows_; ++r) {
        for (std::int64_t e = 0; e < width_; ++e, ++i) visit(i, scales_[scale_at(h, r, e)]);
      }
    }
  };
  each([&](std::size_t i, float& largest) {
    check(std::isfinite(tensor.values[i]), "an integer is of a finite value");
    largest = std::fmax(largest, std::fabs(numerics::flush(tensor.values[i])));
  });
  const auto format = numerics::Format::integer(bits, granularity);
  for (float& scale : scales_)
    scale = numerics::scale_of_largest(format, numerics::multiply(scale, clip));
  each([&](std::size_t i, float scale) {
    integers_[i] = static_cast<std::int16_t>(numerics::integer_of(format, tensor.values[i], scale));
  });
}

Quantised Quantised::some(std::span<const std::int64_t> heads,
                          std::span<const std::int64_t> rows) const {
  Quantised out = *this;
  out.heads_ = static_cast<std::int64_t>(heads.size());
  out.rows_ = static_cast<std::int64_t>(rows.size());
  out.integers_.clear();
  out.scales_.clear();
  if (granularity_ == Granularity::tensor) out.scales_ = scales_;
  for (const std::int64_t h : heads) {
    for (const std::int64_t r : rows) {
      const auto integers = row(h, r);
      out.integers_.insert(out.integers_.end(), integers.begin(), integers.end());
      if (granularity_ == Granularity::token) out.scales_.push_back(scale(h, r, 0));
    }
    if (granularity_ == Granularity::head) out.scales_.push_back(scale(h, 0, 0));
    for (std::int64_t e = 0; granularity_ == Granularity::channel && e < width_; ++e)
      out.scales_.push_back(scale(h, 0, e));
  }
  return out;
}

std::size_t Quantised::scale_at(std::int64_t head, std::int64_t row_index,
                                std::int64_t channel) const {
  switch (granularity_) {
    case Granularity::head: return static_cast<std::size_t>(head);
    case Granularity::channel: return static_cast<std::size_t>(head * width_ + channel);
    case Granularity::token: return static_cast<std::size_t>(head * rows_ + row_index);
    default: return 0;
  }
}

}  // namespace weft::quant
