#include "sim/cli/interrupt.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "models/common/error.hpp"

namespace weft::cli {
namespace {

constexpr int kPatienceMs = 2000;

bool ignored(int signal) {
  struct sigaction action {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// The signals that end us, without those that whoever started us wants ignored.
sigset_t ending_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM}) {
    if (!ignored(signal)) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  done_ = ::eventfd(0, EFD_CLOEXEC);
  check(signals_ >= 0 && done_ >= 0, "two descriptors are free");
  watcher_ = std::jthread([this] { watch(); });
}

Interrupt::~Interrupt() {
  const std::uint64_t one = 1;
  while (::write(done_, &one, sizeof one) < 0 && errno == EINTR) continue;
  watcher_.join();
  ::close(signals_);
  ::close(done_);
  const sigset_t set = ending_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Interrupt::watch() {
  int patience_ms = -1;  // until the first signal: for ever
  while (true) {
    std::array<pollfd, 2> waited{{{signals_, POLLIN, 0}, {done_, POLLIN, 0}}};
    const int ready = ::poll(waited.data(), waited.size(), patience_ms);
    if (ready < 0) continue;
    if (waited[1].revents != 0) return;
    signalfd_siginfo info{};
    const bool came = waited[0].revents != 0 && ::read(signals_, &info, sizeof info) == sizeof info;
    if (signal_ == 0 && came) {
      signal_ = static_cast<int>(info.ssi_signo);
      source_.request_stop();
      patience_ms = kPatienceMs;
    } else {
      const std::unique_lock<std::mutex> held = writing();
      ::_exit(exit_code());
    }
  }
}

}  // namespace weft::cli
