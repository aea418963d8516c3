// The safetensors format: an 8-byte length, a JSON header, then the tensors' bytes without holes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/limits_default.hpp"

namespace weft::workload {

// The element types whose values are read; `other` is listed, checked for its place and refused on
// use.
enum class Dtype : std::uint8_t { f32, bf16, f16, f64, other };

struct TensorInfo {
  std::string name;
  std::string dtype_name;  // as written: F32, BF16, I64 …
  Dtype dtype = Dtype::other;
  std::vector<std::int64_t> shape;  // empty for a scalar
  std::int64_t elements = 1;
  std::uint64_t begin = 0;  // bytes of the body
  std::uint64_t end = 0;
};

class Safetensors {
 public:
  // Checks everything about the header against the size of `bytes`; ConfigError names `file`.
  Safetensors(std::string bytes, std::string file, const ReadLimits& limits = environment_limits());
  // The same of a regular file, whose body is read once its header has been found to fit it.
  explicit Safetensors(const std::filesystem::path& path,
                       const ReadLimits& limits = environment_limits());

  const std::string& file() const { return file_; }
  std::string_view bytes() const { return bytes_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // by offset
  const TensorInfo* find(std::string_view name) const;                 // null when absent

  // Row-major. BF16 and F16 are widened, which is exact, F32 is as it is, F64 is rounded to
  // nearest, ties to even (beyond the largest float: infinity). ConfigError for any other type.
  std::vector<float> values(const TensorInfo& tensor) const;
  // The same for an engine, whose formats round it: flushed, NaN canonical, and what F64 loses does
  // not show in bf16.
  std::vector<float> operand_values(const TensorInfo& tensor) const;

 private:
  // Checks the header, which `head` begins with, against the size of the file.
  void read_header(std::string_view head, std::uint64_t file_bytes, const ReadLimits& limits);
  template <class Narrow>
  std::vector<float> convert(const TensorInfo& tensor, Narrow narrow) const;

  std::string bytes_;
  std::string file_;
  std::uint64_t body_ = 0;
  std::map<std::string, std::string> metadata_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

Safetensors load_safetensors(const std::filesystem::path& path,
                             const ReadLimits& limits = environment_limits());

struct TensorToWrite {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::int64_t> shape;
  std::span<const float> values;  // rounded to nearest even where dtype is bf16
};

// The bytes of a file: F32 before BF16, each by name; the header padded to 8 bytes. The same input,
// the same bytes.
std::string safetensors_bytes(std::vector<TensorToWrite> tensors,
                              const std::map<std::string, std::string>& metadata);
// Stopped is thrown where a pipe makes it wait beyond `stop`.
void write_safetensors(const std::filesystem::path& path, std::vector<TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       const std::stop_token& stop = {});

}  // namespace weft::workload
