#include "sim/cli/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>

#include "models/common/error.hpp"

namespace weft::cli {
namespace {

constexpr int kLookMs = 50;
constexpr int kIdleMs = 100;
constexpr std::chrono::seconds kPatience{2};
constexpr int kNotRun = 127;

void set_signals(bool ours) {
  for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE})
    ::signal(signal, ours ? SIG_IGN : SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

[[noreturn]] void become(const std::vector<std::string>& words, int output) {
  ::setpgid(0, 0);
  set_signals(false);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(kNotRun);
}

bool closed(int life) {
  pollfd file{life, POLLIN, 0};
  return ::poll(&file, 1, kLookMs) > 0;
}

// Waits for all that has been started, whatever became of its parents, which this process inherits:
// true once none is left.
bool all_gone(std::chrono::steady_clock::time_point until) {
  while (true) {
    const pid_t one = ::waitpid(-1, nullptr, WNOHANG);
    if (one > 0 || (one < 0 && errno == EINTR)) continue;
    if (one < 0) return true;
    if (std::chrono::steady_clock::now() > until) return false;
    ::usleep(kLookMs * 100);
  }
}

void end_group(pid_t program) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    ::kill(-program, signal);
    if (all_gone(std::chrono::steady_clock::now() + kPatience)) return;
  }
}

// The watcher: never returns to the caller's code.
[[noreturn]] void watch(const std::vector<std::string>& words, const std::filesystem::path& scratch,
                        int life, int output) {
  ::setpgid(0, 0);  // Ctrl-C goes to whoever holds the other end of `life`
  set_signals(true);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const pid_t program = ::fork();
  if (program < 0) ::_exit(kNotRun);
  if (program == 0) become(words, output);
  ::setpgid(program, program);
  ::close(output);
  int status = 0;
  bool stopped = false;
  while (::waitpid(program, &status, WNOHANG) == 0) {
    stopped = closed(life);
    if (stopped) break;
  }
  end_group(program);  // also what a program that failed has left behind
  std::error_code code;
  if (stopped && !scratch.empty()) std::filesystem::remove_all(scratch, code);
  if (stopped) ::_exit(128 + SIGTERM);
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace

Child::Child(const std::vector<std::string>& words, const std::filesystem::path& scratch) {
  std::array<int, 2> life{};
  std::array<int, 2> output{};
  check(::pipe2(life.data(), O_CLOEXEC) == 0 && ::pipe2(output.data(), O_CLOEXEC) == 0,
        "four descriptors are free");
  ::signal(SIGCHLD,
           SIG_DFL);  // whoever started us may have it ignored, and then no end has a status
  watcher_ = ::fork();
  check(watcher_ >= 0, "no process for a program");
  if (watcher_ == 0) {
    ::close(life[1]);
    ::close(output[0]);
    watch(words, scratch, life[0], output[1]);
  }
  ::close(life[0]);
  ::close(output[1]);
  life_ = life[1];
  output_ = output[0];
}

Child::~Child() {
  stop();
  ended();
  ::close(output_);
}

void Child::stop() {
  if (life_ >= 0) ::close(life_);
  life_ = -1;
}

int Child::ended() {
  if (watcher_ < 0) return kNotRun;
  int status = 0;
  while (::waitpid(watcher_, &status, 0) < 0 && errno == EINTR) continue;
  watcher_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int Child::wait(const std::function<void(std::string_view)>& line,
                const std::function<void()>& idle, const std::stop_token& stop) {
  std::string unread;
  std::array<char, 4096> bytes{};
  while (true) {
    if (stop.stop_requested()) this->stop();
    pollfd file{output_, POLLIN, 0};
    if (::poll(&file, 1, kIdleMs) <= 0) {
      idle();
      continue;
    }
    const ssize_t got = ::read(output_, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    unread.append(bytes.data(), static_cast<std::size_t>(got));
    for (std::size_t end = unread.find('\n'); end != std::string::npos; end = unread.find('\n')) {
      line(std::string_view(unread).substr(0, end));
      unread.erase(0, end + 1);
    }
  }
  if (!unread.empty()) line(unread);
  return ended();
}

}  // namespace weft::cli
