#include "models/common/descriptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <thread>

namespace weft {
namespace {

constexpr int kLookMs = 50;  // between two looks at the stop token

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

int Descriptor::close() {
  const int closed = ::close(number_);
  number_ = -1;
  return closed == 0 ? 0 : errno;
}

int write_all(int descriptor, std::string_view bytes, const std::stop_token& stop) {
  constexpr std::size_t kPiece =
      4096;  // PIPE_BUF: a pipe that is ready for more takes so much without waiting
  while (!bytes.empty()) {
    if (stop.stop_requested()) throw Stopped{};
    pollfd waited{descriptor, POLLOUT, 0};
    const int ready = ::poll(&waited, 1, kLookMs);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    if (ready < 0) return errno;
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), kPiece));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

Descriptor open_in_place(const std::string& path, const std::stop_token& stop) {
  while (true) {
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.number() >= 0 || errno != ENXIO) return file;
    if (stop.stop_requested()) throw Stopped{};  // a pipe without a reader
    std::this_thread::sleep_for(std::chrono::milliseconds(kLookMs));
  }
}

int own_descriptor(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    const char* last = path.data() + path.size();
    const auto [end, error] = std::from_chars(path.data() + folder.size(), last, number);
    if (error == std::errc{} && end == last && number >= 0) return number;
  }
  return -1;
}

}  // namespace weft
