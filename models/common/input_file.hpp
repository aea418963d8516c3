// A file of a user, opened to be read: a regular one, or it is refused. Nothing here waits for a
// pipe or reads a device.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "models/common/limits.hpp"

namespace weft {

class InputFile {
 public:
  // ConfigError where there is no such file, it cannot be opened, or it is a folder, a pipe, a
  // socket or a device; a symbolic link is followed.
  explicit InputFile(const std::filesystem::path& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }

  // The bytes from `begin` on, `count` of them or as many as there are.
  std::string read(std::uint64_t begin, std::uint64_t count) const;
  // All of it, which `bytes` limits. A file that says it is empty and is not (as in /proc) is read
  // to its end.
  std::string read_all(const Limit& bytes) const;

 private:
  [[noreturn]] void refuse(const std::string& why) const;

  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// ConfigError with the line where `text` is not UTF-8 or holds a control character other than tab
// and line breaks.
void check_text(std::string_view text, const std::string& file);

// The whole text of a regular file; ConfigError where it is not text in UTF-8. A byte order mark is
// left out.
std::string read_text(const std::filesystem::path& path, const Limit& bytes);

}  // namespace weft
