#include "models/workload/file_bytes.hpp"

#include <limits>
#include <system_error>
#include <utility>

#include "models/common/error.hpp"

namespace weft::workload {

void refuse(const std::string& file, std::string_view field, std::string_view value,
            const std::string& why) {
  Problem problem;
  problem.where.file = file;
  problem.field = printable(field);
  problem.value = printable(value);
  problem.message = why;
  throw ConfigError(std::move(problem));
}

std::optional<std::int64_t> checked_product(std::span<const std::int64_t> extents) {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) {
    if (extent < 0) return std::nullopt;
    if (extent != 0 && product > std::numeric_limits<std::int64_t>::max() / extent)
      return std::nullopt;
    product *= extent;
  }
  return product;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char letter : text.substr(0, 80))
    shown += letter >= ' ' && letter <= '~' ? letter : '?';
  return text.size() > 80 ? shown + "…" : shown;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace weft::workload
