#include "sim/common/process_pool.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "models/common/error.hpp"

namespace weft::sim {
namespace {

constexpr int kLookMs = 100;

// Before the bytes of an answer.
struct Header {
  std::uint64_t job = 0;
  std::uint64_t size = 0;
  std::uint64_t kind = 0;
};

bool write_all(int file, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t wrote = ::send(file, bytes, size, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes += wrote;
    size -= static_cast<std::size_t>(wrote);
  }
  return true;
}

bool read_all(int file, void* bytes, std::size_t size) {
  auto* at = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = ::read(file, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

ProcessPool::ProcessPool(unsigned count, Job job) : job_(std::move(job)) {
  workers_.resize(std::max(1u, count));
  for (Worker& worker : workers_) start(worker);
}

ProcessPool::~ProcessPool() {
  for (Worker& worker : workers_) end(worker, true);
}

void ProcessPool::start(Worker& worker) {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0, "no socket to a worker process");
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  check(process >= 0, "no worker process");
  if (process == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // however the parent ends, this ends with it
    if (::getppid() != parent) ::_exit(1);
    // Ctrl-C, and what ends a whole group of processes, is the parent's to see: it ends this.
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_IGN);
    for (const Worker& other : workers_) {
      if (other.file >= 0) ::close(other.file);
    }
    ::close(ends[0]);
    work(ends[1]);
  }
  ::close(ends[1]);
  worker.process = process;
  worker.file = ends[0];
  worker.unread.clear();
  worker.job.reset();
}

// How the process ended, in words.
std::string ProcessPool::end(Worker& worker, bool kill) {
  if (worker.process < 0) return "";
  ::close(worker.file);
  if (kill) ::kill(worker.process, SIGKILL);
  int status = 0;
  while (::waitpid(worker.process, &status, 0) < 0 && errno == EINTR) continue;
  worker.process = worker.file = -1;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    const char* memory = signal == SIGKILL ? ", for want of memory perhaps" : "";
    return std::string("its process was ended by the signal ") + ::strsignal(signal) + memory;
  }
  return "its process ended with exit code " + std::to_string(WEXITSTATUS(status));
}

void ProcessPool::work(int file) const {
  std::uint64_t job = 0;
  while (read_all(file, &job, sizeof job)) {
    Outcome outcome;
    try {
      outcome.text = job_(job);
    } catch (const ConfigError& error) {
      outcome = {Outcome::Kind::bad_input, error.what()};
    } catch (const std::exception& error) {
      outcome = {Outcome::Kind::failed, error.what()};
    }
    const Header header{job, outcome.text.size(), static_cast<std::uint64_t>(outcome.kind)};
    std::string bytes(sizeof header, '\0');
    std::memcpy(bytes.data(), &header, sizeof header);
    bytes += outcome.text;
    if (!write_all(file, bytes.data(), bytes.size())) break;
  }
  ::_exit(0);
}

bool ProcessPool::give(Worker& worker, std::uint64_t job) {
  worker.job = job;
  worker.begun = Clock::now();
  return write_all(worker.file, reinterpret_cast<const char*>(&job), sizeof job);
}

// False at the worker's end.
bool ProcessPool::read_some(Worker& worker, const Answer& answer) {
  std::array<char, 65536> bytes{};
  const ssize_t got = ::read(worker.file, bytes.data(), bytes.size());
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  worker.unread.append(bytes.data(), static_cast<std::size_t>(got));
  Header header;
  if (worker.unread.size() < sizeof header) return true;
  std::memcpy(&header, worker.unread.data(), sizeof header);
  if (worker.unread.size() < sizeof header + header.size) return true;
  check(worker.job == header.job, "a worker process answered what it was not asked");
  Outcome outcome{static_cast<Outcome::Kind>(header.kind), worker.unread.substr(sizeof header)};
  worker.unread.clear();
  worker.job.reset();
  answer(header.job, std::move(outcome));
  return true;
}

void ProcessPool::replace(Worker& worker, Outcome::Kind kind, const Answer& answer) {
  const std::optional<std::uint64_t> job = worker.job;
  std::string how = end(worker, kind == Outcome::Kind::timed_out);
  start(worker);
  if (job) answer(*job, {kind, std::move(how)});
}

bool ProcessPool::run(const Next& next, const Answer& answer, const std::stop_token& stop,
                      std::optional<std::chrono::duration<double>> limit,
                      const std::function<void()>& look) {
  bool more = true;
  Clock::time_point looked = Clock::now();
  while (true) {
    if (stop.stop_requested()) return false;
    bool busy = false;
    for (Worker& worker : workers_) {
      if (!worker.job && more) {
        const std::optional<std::uint64_t> job = next();
        more = job.has_value();
        if (job && !give(worker, *job)) replace(worker, Outcome::Kind::lost, answer);
      }
      busy = busy || worker.job.has_value();
    }
    if (!busy && !more) return true;
    std::vector<pollfd> files;
    for (const Worker& worker : workers_) files.push_back({worker.file, POLLIN, 0});
    const int ready = ::poll(files.data(), files.size(), kLookMs);
    const Clock::time_point now = Clock::now();
    for (std::size_t w = 0; w < workers_.size(); ++w) {
      Worker& worker = workers_[w];
      if (ready > 0 && files[w].revents != 0) {
        if (stop.stop_requested()) return false;
        if (!read_some(worker, answer)) replace(worker, Outcome::Kind::lost, answer);
      } else if (limit && worker.job && now - worker.begun > *limit) {
        replace(worker, Outcome::Kind::timed_out, answer);
      }
    }
    if (now - looked >= std::chrono::milliseconds(kLookMs)) {
      look();
      looked = now;
    }
  }
}

}  // namespace weft::sim
