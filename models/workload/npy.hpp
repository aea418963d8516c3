// NumPy's .npy format, versions 1 to 3: little-endian f4 and f8 in C order are read, f4 is written.
// Fortran order and other element types are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft::workload {

struct NpyArray {
  std::vector<std::int64_t> shape;  // empty for a scalar
  std::vector<float> values;        // row-major; f8 rounded to nearest even
};

// ConfigError names `file`, the field of the header, its value and what is allowed.
NpyArray parse_npy(std::string_view bytes, const std::string& file);
NpyArray load_npy(const std::filesystem::path& path);

// Version 1.0, '<f4', C order, as numpy.save writes it.
std::string npy_bytes(std::span<const std::int64_t> shape, std::span<const float> values);
void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape, std::span<const float> values);

}  // namespace weft::workload
