// A file that somebody else writes by its name, too large to be held in memory: complete at its
// place, or absent.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "models/common/descriptor.hpp"

namespace weft::cli {

class PendingFile {
 public:
  // Opens a file without a name in the folder of `target`, which is gone with the process or with
  // this object unless keep() has been called; where the file system has none such, one beside the
  // target. What is there and is not a regular file (a pipe, /dev/null) is written in place; a
  // pipe's reader is waited for here. ConfigError names `option` where none can be opened.
  PendingFile(const std::string& option, const std::filesystem::path& target);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  // The name to write to, for as long as this object lives.
  const std::string& name() const { return name_; }
  // Puts what has been written in the place of `target`.
  void keep();

 private:
  [[noreturn]] void refuse(int error) const;

  std::string option_;
  std::filesystem::path asked_;
  std::filesystem::path target_;
  std::filesystem::path beside_;
  std::string name_;
  int file_ = -1;
  bool in_place_ = false;
  std::optional<Descriptor>
      pipe_;            // that is the target, so that whoever opens it by its name need not wait
  bool named_ = false;  // beside_ exists
};

}  // namespace weft::cli
