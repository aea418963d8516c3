#include "sim/common/workers.hpp"

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <new>
#include <utility>

#include "models/common/error.hpp"

namespace weft::sim {
namespace {

bool write_all(int file, const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t wrote = ::write(file, text.data() + at, text.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    at += static_cast<std::size_t>(wrote);
  }
  return true;
}

// Waits for a process that has closed its pipe: whether it left by itself.
bool ended_well(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Workers::Workers(std::size_t jobs, unsigned count, Job job) : jobs_(jobs), job_(std::move(job)) {
  if (count <= 1) return;
  void* memory =
      mmap(nullptr, sizeof *next_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  check(memory != MAP_FAILED, "no memory to share with worker processes");
  next_ = new (memory) std::atomic<std::size_t>(0);
  count = static_cast<unsigned>(std::min<std::size_t>(count, jobs));
  const pid_t parent = ::getpid();
  for (unsigned w = 0; w < count; ++w) {
    std::array<int, 2> ends{};
    check(::pipe(ends.data()) == 0, "no pipe to a worker process");
    const pid_t process = ::fork();
    check(process >= 0, "no worker process");
    if (process == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // however the parent ends, this ends with it
      if (::getppid() != parent) ::_exit(1);
      ::close(ends[0]);
      for (const Worker& other : workers_) ::close(other.file);
      work(ends[1]);
    }
    ::close(ends[1]);
    workers_.push_back({process, ends[0], ""});
  }
}

Workers::~Workers() {
  for (const Worker& worker : workers_) {
    if (worker.file >= 0) ::close(worker.file);
    if (worker.process < 0) continue;
    ::kill(worker.process, SIGTERM);
    while (::waitpid(worker.process, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  if (next_ != nullptr) munmap(next_, sizeof *next_);
}

// Lines are "NUMBER KIND text": kind = of an answer, ! of bad input, ? of anything else that was
// thrown.
void Workers::work(int file) {
  for (std::size_t i = next_->fetch_add(1); i < jobs_; i = next_->fetch_add(1)) {
    std::string line = std::to_string(i) + " ";
    try {
      line += "=" + job_(i);
    } catch (const ConfigError& error) {
      line += "!" + std::string(error.what());
    } catch (const std::exception& error) {
      line += "?" + std::string(error.what());
    }
    std::replace(line.begin(), line.end(), '\n', ';');
    if (!write_all(file, line + "\n")) break;
  }
  ::_exit(0);
}

void Workers::take_line(const std::string& line, const Answer& answer) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
  const auto kind = static_cast<std::size_t>(end - line.data()) + 1;
  check(error == std::errc{} && kind < line.size(), "a worker process wrote what it should not");
  const std::string text = line.substr(kind + 1);
  if (line[kind] == '!') throw ConfigError(Problem{{}, "", "", text});
  if (line[kind] != '=') throw ContractError(text);
  ++answered_;
  answer(number, text);
}

// False at the worker's end.
bool Workers::read_some(Worker& worker, const Answer& answer) {
  std::array<char, 65536> bytes{};
  const ssize_t got = ::read(worker.file, bytes.data(), bytes.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  worker.unread.append(bytes.data(), static_cast<std::size_t>(got));
  for (std::size_t end = worker.unread.find('\n'); end != std::string::npos;
       end = worker.unread.find('\n')) {
    const std::string line = worker.unread.substr(0, end);
    worker.unread.erase(0, end + 1);
    take_line(line, answer);
  }
  return true;
}

bool Workers::collect(const Answer& answer, const std::stop_token& stop) {
  for (std::size_t i = 0; workers_.empty() && i < jobs_; ++i, ++answered_) {
    if (stop.stop_requested()) return false;
    answer(i, job_(i));
  }
  std::size_t open = workers_.size();
  while (open > 0) {
    if (stop.stop_requested()) return false;
    std::vector<pollfd> files;
    for (const Worker& worker : workers_) files.push_back({worker.file, POLLIN, 0});
    constexpr int kLookMs = 100;  // between looks at the stop token
    if (::poll(files.data(), files.size(), kLookMs) <= 0) continue;
    for (std::size_t w = 0; w < files.size(); ++w) {
      if (workers_[w].file < 0 || files[w].revents == 0 || read_some(workers_[w], answer)) continue;
      ::close(workers_[w].file);
      workers_[w].file = -1;
      --open;
      if (!ended_well(workers_[w].process)) {
        workers_[w].process = -1;
        if (stop.stop_requested()) return false;
        throw ContractError("a worker process was ended from outside, for want of memory perhaps");
      }
      workers_[w].process = -1;
    }
  }
  if (stop.stop_requested()) return false;
  check(answered_ == jobs_, "a worker process ended before its jobs did");
  return true;
}

}  // namespace weft::sim
