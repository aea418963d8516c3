#include "models/common/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "models/common/descriptor.hpp"
#include "models/common/error.hpp"

namespace weft {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const std::string& why) {
  Problem problem;
  problem.where.file = path.string();
  problem.message = "cannot be written: " + why;
  throw ConfigError(std::move(problem));
}

std::string reason(int error) { return std::generic_category().message(error); }

void write_in_place(const fs::path& path, std::string_view bytes, const std::stop_token& stop) {
  const Descriptor file = open_in_place(path.string(), stop);
  if (file.number() < 0) refuse(path, reason(errno));
  if (const int error = write_all(file.number(), bytes, stop); error != 0)
    refuse(path, reason(error));
}

fs::path name_beside(const fs::path& target) {
  static std::atomic<unsigned> ordinal{0};
  const std::string name = target.filename().string().substr(0, 200);
  return target.parent_path() /
         fmt::format(".{}.{}.{}.part", name, ::getpid(), ordinal.fetch_add(1));
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view bytes,
                           const std::stop_token& stop) {
  if (const int own = own_descriptor(path.string()); own >= 0) {
    if (const int error = write_all(own, bytes, stop); error != 0) refuse(path, reason(error));
    return;
  }
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::directory) refuse(path, "it is a folder");
  if (path.filename().empty()) refuse(path, "it names no file");
  if (status.type() == fs::file_type::socket) refuse(path, "it is a socket");
  if (status.type() == fs::file_type::block) refuse(path, "it is a disk");
  if (fs::exists(status) && status.type() != fs::file_type::regular)
    return write_in_place(path, bytes, stop);

  fs::path target = path;
  if (fs::is_symlink(path, code)) {
    if (!fs::exists(status)) refuse(path, "its symbolic link leads nowhere");
    target = fs::canonical(path, code);
    if (code) refuse(path, code.message());
  }
  if (fs::exists(status) && ::access(target.c_str(), W_OK) != 0) refuse(path, reason(errno));

  const fs::path beside = name_beside(target);
  const mode_t mode =
      fs::exists(status) ? static_cast<mode_t>(status.permissions()) & 0777U : 0666U;
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.number() < 0) refuse(path, reason(errno));
  int error = write_all(file.number(), bytes);
  const int closed = file.close();
  if (error == 0) error = closed;
  if (error == 0 && ::rename(beside.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(beside.c_str());
    refuse(path, reason(error));
  }
}

}  // namespace weft
