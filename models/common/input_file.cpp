#include "models/common/input_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>

#include "models/common/text.hpp"

namespace weft {
namespace {

std::string reason_of(int error) { return std::generic_category().message(error); }

// Why a file of this kind is refused, or "" for a regular one.
std::string kind_trouble(mode_t mode) {
  if (S_ISREG(mode)) return "";
  const char* kind = S_ISDIR(mode)    ? "folder"
                     : S_ISFIFO(mode) ? "pipe"
                     : S_ISSOCK(mode) ? "socket"
                                      : "device";
  return std::string("must be a regular file, not a ") + kind;
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    refuse(errno == ENOENT ? "cannot be read: no such file"
                           : "cannot be read: " + reason_of(errno));
  if (const std::string trouble = kind_trouble(status.st_mode); !trouble.empty())
    refuse(trouble);  // a device may act when opened
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor_ < 0) refuse("cannot be read: " + reason_of(errno));
  std::string trouble;
  if (::fstat(descriptor_, &status) != 0) {
    trouble = "cannot be read: " + reason_of(errno);
  } else {
    trouble = kind_trouble(status.st_mode);  // another may have taken its place
  }
  if (!trouble.empty()) {
    ::close(descriptor_);
    refuse(trouble);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::refuse(const std::string& why) const {
  throw ConfigError(Problem{{name_}, "", "", why});
}

std::string InputFile::read(std::uint64_t begin, std::uint64_t count) const {
  constexpr std::uint64_t kPiece =
      kMi;  // the size a file claims is not believed before it has been read
  std::string bytes;
  try {
    if (begin < size_) bytes.reserve(std::min(count, size_ - begin));
    while (bytes.size() < count) {
      const std::size_t held = bytes.size();
      const auto wanted = static_cast<std::size_t>(std::min(kPiece, count - held));
      bytes.resize(held + wanted);
      const ssize_t got =
          ::pread(descriptor_, bytes.data() + held, wanted, static_cast<off_t>(begin + held));
      if (got < 0 && errno != EINTR) refuse("cannot be read: " + reason_of(errno));
      bytes.resize(held + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got == 0) break;
    }
  } catch (const std::bad_alloc&) {
    refuse("is too large for this machine's memory: " + std::to_string(size_) + " bytes");
  }
  return bytes;
}

std::string InputFile::read_all(const Limit& bytes) const {
  bytes.hold(size_, {name_});
  std::string all = read(0, size_ > 0 ? size_ : bytes.value + 1);
  bytes.hold(all.size(), {name_});
  return all;
}

void check_text(std::string_view text, const std::string& file) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw ConfigError(Problem{{file}, "", "", "UTF-16 text: save it as UTF-8"});
  const std::size_t bad = first_not_text(text);
  if (bad == std::string_view::npos) return;
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
  throw ConfigError(Problem{{file, static_cast<int>(line), 0},
                            "",
                            std::string(text.substr(bad, 1)),
                            "not text in UTF-8"});
}

std::string read_text(const std::filesystem::path& path, const Limit& bytes) {
  const InputFile file(path);
  std::string text = file.read_all(bytes);
  check_text(text, file.name());
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.erase(0, kMark.size());
  return text;
}

}  // namespace weft
