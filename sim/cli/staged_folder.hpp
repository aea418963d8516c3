// A folder of results that is there whole or not at all.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weft::cli {

// Files are written to a folder of ours, and put in their place together. Nothing is made before
// open(), and unless keep() is called nothing stays: neither files nor folders, and a folder that
// was there is as it was.
class StagedFolder {
 public:
  // ConfigError names `option` where `target` is something else than a folder, or where it can be
  // neither made nor written.
  StagedFolder(std::string option, const std::filesystem::path& target);
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  // Makes the folder to write to, beside or inside the target.
  const std::filesystem::path& open();
  // Puts what has been written into the target, over files of the same names.
  void keep();

 private:
  [[noreturn]] void refuse(const std::string& why) const;

  std::string option_;
  std::string asked_;
  std::filesystem::path target_;
  std::filesystem::path staging_;
  std::vector<std::filesystem::path>
      made_;  // parents of the target that open() made, outermost first
};

}  // namespace weft::cli
