#include "sim/cli/pending_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "models/common/descriptor.hpp"
#include "models/common/error.hpp"

namespace weft::cli {

namespace fs = std::filesystem;

PendingFile::PendingFile(const std::string& option, const fs::path& target)
    : option_(option), asked_(target), target_(target) {
  std::error_code code;
  const fs::file_status status = fs::status(target, code);
  in_place_ =
      own_descriptor(target.string()) >= 0 || (fs::exists(status) && !fs::is_regular_file(status));
  if (in_place_) {
    name_ = target.string();
    if (fs::is_fifo(status)) pipe_.emplace(open_in_place(name_));
    return;
  }
  if (fs::is_symlink(target, code)) {
    if (!fs::exists(status))
      throw ConfigError(
          Problem{{option_, 0, 0}, "", asked_.string(), "its symbolic link leads nowhere"});
    target_ = fs::canonical(target, code);
  }
  const fs::path folder = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
  const mode_t mode =
      fs::exists(status) ? static_cast<mode_t>(status.permissions()) & 0777U : 0666U;
  beside_ =
      folder / fmt::format(".{}.{}.part", target_.filename().string().substr(0, 200), ::getpid());
  file_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (file_ >= 0) {
    name_ = fmt::format("/proc/self/fd/{}", file_);
    return;
  }
  file_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file_ < 0) refuse(errno);
  named_ = true;
  name_ = beside_.string();
}

PendingFile::~PendingFile() {
  if (file_ >= 0) ::close(file_);
  if (named_) ::unlink(beside_.c_str());
}

void PendingFile::refuse(int error) const {
  throw ConfigError(Problem{{option_, 0, 0},
                            "",
                            asked_.string(),
                            "cannot be written: " + std::generic_category().message(error)});
}

void PendingFile::keep() {
  if (in_place_) return;
  if (!named_) {
    if (::linkat(AT_FDCWD, name_.c_str(), AT_FDCWD, beside_.c_str(), AT_SYMLINK_FOLLOW) != 0)
      refuse(errno);
    named_ = true;
  }
  if (::rename(beside_.c_str(), target_.c_str()) != 0) refuse(errno);
  named_ = false;
}

}  // namespace weft::cli
