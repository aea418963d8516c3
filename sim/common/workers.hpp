// Independent jobs on worker processes: SystemC holds one simulation a process and must not run on
// two threads. Workers are forked at once, before the caller starts any thread, live until the last
// job, and send each answer as a line of text.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace weft::sim {

class Workers {
 public:
  using Job =
      std::function<std::string(std::size_t)>;  // the answer to job i; its line breaks become ';'
  using Answer = std::function<void(std::size_t, const std::string&)>;

  // job(i) for every i below `jobs`, each once, in order of i as workers come free, in `count`
  // processes (1: in this one).
  Workers(std::size_t jobs, unsigned count, Job job);
  ~Workers();  // ends them, whatever they do
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Calls answer(i, line) here, in the order in which lines arrive. What a job threw is thrown
  // here, as ConfigError or ContractError with its text. False where `stop` asked for an end.
  bool collect(const Answer& answer, const std::stop_token& stop);

 private:
  struct Worker {
    pid_t process = -1;
    int file = -1;
    std::string unread;
  };
  [[noreturn]] void work(int file);
  bool read_some(Worker& worker, const Answer& answer);
  void take_line(const std::string& line, const Answer& answer);

  std::size_t jobs_;
  Job job_;
  std::atomic<std::size_t>* next_ = nullptr;  // in memory that all processes share
  std::vector<Worker> workers_;
  std::size_t answered_ = 0;
};

}  // namespace weft::sim
