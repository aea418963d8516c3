// A program that we run and that never outlives us.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

// Runs a program in a process group of its own, under a process that watches us by a pipe. When it
// is told to stop, or when we end, even by SIGKILL, the program and all that it has started get
// SIGTERM, after two seconds SIGKILL, and are waited for.
class Child {
 public:
  // `words`: the path of the program and its arguments. `scratch`: a folder that goes with it when
  // it is stopped.
  explicit Child(const std::vector<std::string>& words, const std::filesystem::path& scratch = {});
  ~Child();  // stops it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Reads what it writes to standard output and standard error, a line at a time, until it has
  // ended. `idle` is called ten times a second. Gives its exit code, 128 + the signal that ended
  // it, or 127 where it could not be run.
  int wait(const std::function<void(std::string_view)>& line, const std::function<void()>& idle,
           const std::stop_token& stop);

 private:
  void stop();
  int ended();

  pid_t watcher_ = -1;
  int life_ = -1;    // open for as long as the program may live
  int output_ = -1;  // of the program
};

}  // namespace weft::cli
