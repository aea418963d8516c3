#include "models/workload/file_bytes.hpp"

#include <fstream>
#include <limits>
#include <system_error>
#include <utility>

#include "models/common/error.hpp"

namespace weft::workload {

namespace fs = std::filesystem;

void refuse(const std::string& file, std::string_view field, std::string_view value, const std::string& why) {
  Problem problem;
  problem.where.file = file;
  problem.field = printable(field);
  problem.value = printable(value);
  problem.message = why;
  throw ConfigError(std::move(problem));
}

std::string read_file(const fs::path& path) {
  std::error_code code;
  const std::string file = path.string();
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found) refuse(file, "", "", "no such file");
  if (status.type() != fs::file_type::regular) refuse(file, "", "", "must be a regular file, not a folder or a device");
  const std::uintmax_t size = fs::file_size(path, code);
  std::ifstream in(path, std::ios::binary);
  if (code || !in) refuse(file, "", "", "cannot be read");
  std::string bytes;
  try {
    bytes.resize(size);
  } catch (const std::exception&) {
    refuse(file, "", "", "is too large for this machine's memory: " + std::to_string(size) + " bytes");
  }
  in.read(bytes.data(), static_cast<std::streamsize>(size));
  if (in.gcount() != static_cast<std::streamsize>(size)) refuse(file, "", "", "became shorter while it was read");
  return bytes;
}

std::optional<std::int64_t> checked_product(std::span<const std::int64_t> extents) {
  std::int64_t product = 1;
  for (const std::int64_t extent : extents) {
    if (extent < 0) return std::nullopt;
    if (extent != 0 && product > std::numeric_limits<std::int64_t>::max() / extent) return std::nullopt;
    product *= extent;
  }
  return product;
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char letter : text.substr(0, 80)) shown += letter >= ' ' && letter <= '~' ? letter : '?';
  return text.size() > 80 ? shown + "…" : shown;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace weft::workload
