// NumPy's .npy format, versions 1 to 3: f2, f4 and f8 of either byte order are read, in C and in
// Fortran order; f4 is written. Other element types are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/limits_default.hpp"

namespace weft::workload {

struct NpyArray {
  std::vector<std::int64_t> shape;  // empty for a scalar
  std::vector<float>
      values;  // row-major, whatever the file's order; f2 widened, f8 rounded to nearest even
};

// ConfigError names `file`, the field of the header, its value and what is allowed.
NpyArray parse_npy(std::string_view bytes, const std::string& file,
                   const ReadLimits& limits = environment_limits());
// The same of a regular file, whose body is read once its header has been found to fit it.
NpyArray load_npy(const std::filesystem::path& path,
                  const ReadLimits& limits = environment_limits());

// Version 1.0, '<f4', C order, as numpy.save writes it.
std::string npy_bytes(std::span<const std::int64_t> shape, std::span<const float> values);
void write_npy(const std::filesystem::path& path, std::span<const std::int64_t> shape,
               std::span<const float> values);

}  // namespace weft::workload
