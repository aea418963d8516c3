#include "sim/cli/staged_folder.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "models/common/error.hpp"

namespace weft::cli {

namespace fs = std::filesystem;

StagedFolder::StagedFolder(std::string option, const fs::path& target)
    : option_(std::move(option)), asked_(target.string()) {
  std::error_code code;
  target_ = fs::absolute(target, code).lexically_normal();
  if (!target_.has_filename()) target_ = target_.parent_path();
  if (fs::exists(target_, code)) {
    if (!fs::is_directory(target_, code)) refuse("is a file; it must name a folder");
    if (::access(target_.c_str(), W_OK | X_OK) != 0)
      refuse("cannot be written: " + std::generic_category().message(errno));
    return;
  }
  if (fs::is_symlink(target_, code)) refuse("its symbolic link leads nowhere");
  fs::path above = target_.parent_path();
  while (!fs::exists(above, code) && above.has_relative_path()) above = above.parent_path();
  if (!fs::is_directory(above, code)) refuse("cannot be made: " + above.string() + " is a file");
  if (::access(above.c_str(), W_OK | X_OK) != 0)
    refuse("cannot be made: " + std::generic_category().message(errno));
}

StagedFolder::~StagedFolder() {
  std::error_code code;
  if (!staging_.empty()) fs::remove_all(staging_, code);
  for (auto parent = made_.rbegin(); parent != made_.rend(); ++parent)
    fs::remove(*parent, code);  // where it is empty
}

void StagedFolder::refuse(const std::string& why) const {
  throw ConfigError(Problem{{option_, 0, 0}, "", asked_, why});
}

const fs::path& StagedFolder::open() {
  std::error_code code;
  const bool there = fs::is_directory(target_, code);
  std::vector<fs::path> missing;
  for (fs::path above = target_.parent_path(); !there && !fs::exists(above, code);
       above = above.parent_path())
    missing.push_back(above);
  for (auto parent = missing.rbegin(); parent != missing.rend(); ++parent) {
    if (!fs::create_directory(*parent, code) && code) refuse("cannot be made: " + code.message());
    made_.push_back(*parent);
  }
  // Inside a folder that is there, which may be a file system of its own.
  const fs::path staging =
      (there ? target_ : target_.parent_path()) /
      fmt::format(".{}.{}.part", target_.filename().string().substr(0, 200), ::getpid());
  if (!fs::create_directory(staging, code))
    refuse("cannot be written: " + (code ? code.message() : staging.string() + " is there"));
  staging_ = staging;
  return staging_;
}

void StagedFolder::keep() {
  std::error_code code;
  if (!fs::exists(target_, code)) {
    fs::rename(staging_, target_, code);
    if (code) refuse("cannot be made: " + code.message());
  } else {
    std::vector<fs::path> names;
    for (const auto& entry : fs::directory_iterator(staging_))
      names.push_back(entry.path().filename());
    for (const fs::path& name : names) {
      if (fs::is_directory(target_ / name, code))
        refuse((target_ / name).string() + " is a folder, and would be a file");
    }
    for (const fs::path& name : names) {
      fs::rename(staging_ / name, target_ / name, code);
      if (code) refuse("cannot be written: " + name.string() + ": " + code.message());
    }
    fs::remove(staging_, code);
  }
  staging_.clear();
  made_.clear();
}

}  // namespace weft::cli
