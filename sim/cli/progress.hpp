// A bar on a terminal for work of over a second; nothing at all anywhere else.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace weft::cli {

// The line for a terminal of `columns`, which it never fills, so that none wraps it: label, bar,
// share and time where there is room, then without the bar, then the share or the time alone; empty
// where not even that fits. An unknown width is columns = 0, and is taken for 80. No share: the
// work does not know how far it is.
std::string progress_line(const std::string& label, std::optional<double> share, double seconds,
                          std::size_t columns);

// Silent for the first second, then drawn ten times a second at most, in as many columns as the
// terminal has at that moment. Called by one thread at a time.
class Progress {
 public:
  // `label` stands before the bar; what is not printable ASCII in it is shown as '?'.
  explicit Progress(std::string label);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void rename(std::string label);           // from the next drawing on
  void show(double share) { draw(share); }  // 0 … 1
  void show() { draw(std::nullopt); }       // the time alone
  void clear();

 private:
  void draw(std::optional<double> share);

  std::string label_;
  bool terminal_ = false;
  std::chrono::steady_clock::time_point start_;
  std::chrono::steady_clock::time_point last_;
  std::size_t shown_ = 0;  // characters on the line
};

}  // namespace weft::cli
