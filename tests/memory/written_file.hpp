// A file of a test's own, since tests run at once.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace weft::test {

// Holds `text` for as long as it lives; one at a time.
class WrittenFile {
 public:
  WrittenFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::path(testing::TempDir()) /
              ("weft-memory-" + std::to_string(::getpid()) + "-" + name)) {
    std::ofstream(path_) << text;
  }
  ~WrittenFile() { std::filesystem::remove(path_); }
  WrittenFile(const WrittenFile&) = delete;
  WrittenFile& operator=(const WrittenFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace weft::test
