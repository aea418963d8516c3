// Bytes that an attention asks of its memory, by tensor and plane. Rows are whole bytes; a scale is
// an fp32 word.
#pragma once

#include <cstdint>

#include "models/numerics/format.hpp"

namespace weft::prune {

struct Fetched {
  std::int64_t query_bytes = 0;  // upper planes
  std::int64_t key_bytes = 0;
  std::int64_t value_bytes = 0;
  std::int64_t query_lower_bytes = 0;
  std::int64_t key_lower_bytes = 0;
  std::int64_t query_scale_bytes = 0;
  std::int64_t key_scale_bytes = 0;
  std::int64_t value_scale_bytes = 0;
  std::int64_t query_rows = 0;
  std::int64_t key_rows = 0;
  std::int64_t value_rows = 0;

  std::int64_t query() const { return query_bytes + query_lower_bytes + query_scale_bytes; }
  std::int64_t key() const { return key_bytes + key_lower_bytes + key_scale_bytes; }
  std::int64_t value() const { return value_bytes + value_scale_bytes; }
  std::int64_t total() const { return query() + key() + value(); }
  Fetched& operator+=(const Fetched& other);
};

inline constexpr std::int64_t kScaleBytes = numerics::kScaleBits / 8;

inline std::int64_t row_bytes(std::int64_t width, int bits) {
  return numerics::bytes_of_bits(width * bits);
}

}  // namespace weft::prune
