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

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  // The errno of closing, 0 when all went well: a full disk may show only here.
  int close() {
    const int closed = ::close(number_);
    number_ = -1;
    return closed == 0 ? 0 : errno;
  }

 private:
  int number_;
};

// The errno of writing, or 0.
int write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void write_in_place(const fs::path& path, std::string_view bytes) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.number() < 0) refuse(path, reason(errno));
  if (const int error = write_all(file.number(), bytes); error != 0) refuse(path, reason(error));
}

fs::path name_beside(const fs::path& target) {
  static std::atomic<unsigned> ordinal{0};
  const std::string name = target.filename().string().substr(0, 200);
  return target.parent_path() / fmt::format(".{}.{}.{}.part", name, ::getpid(), ordinal.fetch_add(1));
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (status.type() == fs::file_type::directory) refuse(path, "it is a folder");
  if (path.filename().empty()) refuse(path, "it names no file");
  if (fs::exists(status) && status.type() != fs::file_type::regular) return write_in_place(path, bytes);

  fs::path target = path;
  if (fs::is_symlink(path, code)) {
    if (!fs::exists(status)) refuse(path, "its symbolic link leads nowhere");
    target = fs::canonical(path, code);
    if (code) refuse(path, code.message());
  }
  if (fs::exists(status) && ::access(target.c_str(), W_OK) != 0) refuse(path, reason(errno));

  const fs::path beside = name_beside(target);
  const mode_t mode = fs::exists(status) ? static_cast<mode_t>(status.permissions()) & 0777U : 0666U;
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
