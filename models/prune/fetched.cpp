#include "models/prune/fetched.hpp"

namespace weft::prune {

Fetched& Fetched::operator+=(const Fetched& other) {
  query_bytes += other.query_bytes;
  key_bytes += other.key_bytes;
  value_bytes += other.value_bytes;
  query_lower_bytes += other.query_lower_bytes;
  key_lower_bytes += other.key_lower_bytes;
  query_scale_bytes += other.query_scale_bytes;
  key_scale_bytes += other.key_scale_bytes;
  value_scale_bytes += other.value_scale_bytes;
  query_rows += other.query_rows;
  key_rows += other.key_rows;
  value_rows += other.value_rows;
  return *this;
}

}  // namespace weft::prune
