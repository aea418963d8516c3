// A bar on a terminal for work of over a second; nothing at all anywhere else.
#pragma once

#include <chrono>
#include <string>

namespace weft::cli {

class Progress {
 public:
  // `label` stands before the bar.
  explicit Progress(std::string label);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(double share);  // 0 … 1
  void clear();

 private:
  std::string label_;
  bool terminal_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
  std::size_t shown_ = 0;  // characters on the line
};

}  // namespace weft::cli
