// Jobs on processes of their own: SystemC holds one simulation a process, and a job that crashes or
// does not end takes nobody with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace weft::sim {

// What became of a job.
struct Outcome {
  enum class Kind : std::uint8_t {
    answered,   // `text` is the job's answer
    bad_input,  // it threw ConfigError, with `text`
    failed,     // it threw something else
    lost,       // its process ended: `text` says how
    timed_out   // it was ended
  };
  Kind kind = Kind::answered;
  std::string text;
};

class ProcessPool {
 public:
  using Job = std::function<std::string(std::uint64_t)>;
  using Next = std::function<std::optional<std::uint64_t>()>;
  using Answer = std::function<void(std::uint64_t, Outcome)>;

  // Forked at once, before the caller starts any thread; they live until the pool does not. A
  // process that is lost is followed by another.
  ProcessPool(unsigned count, Job job);
  ~ProcessPool();
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  // Gives every job that `next` names to whoever is free, and tells `answer` here what became of
  // it, in the order in which they end. A job that takes longer than `limit` is ended. `look` is
  // called some ten times a second. False where `stop` asked for an end.
  bool run(
      const Next& next, const Answer& answer, const std::stop_token& stop,
      std::optional<std::chrono::duration<double>> limit = std::nullopt,
      const std::function<void()>& look = [] {});

 private:
  using Clock = std::chrono::steady_clock;
  struct Worker {
    pid_t process = -1;
    int file = -1;  // a socket: numbers of jobs go out, answers come in
    std::string unread;
    std::optional<std::uint64_t> job;
    Clock::time_point begun;
  };

  void start(Worker& worker);
  std::string end(Worker& worker, bool kill);
  [[noreturn]] void work(int file) const;
  bool give(Worker& worker, std::uint64_t job);
  bool read_some(Worker& worker, const Answer& answer);
  void replace(Worker& worker, Outcome::Kind kind, const Answer& answer);

  Job job_;
  std::vector<Worker> workers_;
};

}  // namespace weft::sim
