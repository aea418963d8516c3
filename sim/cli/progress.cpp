#include "sim/cli/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace weft::cli {
namespace {

constexpr std::chrono::milliseconds kSilent{1000};
constexpr std::chrono::milliseconds kBetween{100};
constexpr std::size_t kLeastBar = 10;
constexpr std::size_t kMostBar = 30;
constexpr std::size_t kUnknownColumns = 80;

std::size_t columns_of_terminal() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// Characters that may be written without a terminal's wrapping them: its last column stays free.
std::size_t room_in(std::size_t columns) { return (columns == 0 ? kUnknownColumns : columns) - 1; }

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

std::string progress_line(const std::string& label, std::optional<double> share, double seconds,
                          std::size_t columns) {
  const std::size_t room = room_in(columns);
  const std::string time = fmt::format("{:.0f} s", seconds);
  if (!share) {
    for (const std::string& line : {fmt::format("{} {}", label, time), time}) {
      if (line.size() <= room) return line;
    }
    return "";
  }
  const double done = std::isnan(*share) ? 0 : std::clamp(*share, 0.0, 1.0);
  const std::string percent = fmt::format("{:3.0f} %", 100 * done);
  const std::string ends = fmt::format("{} [] {} {}", label, percent, time);
  if (ends.size() + kLeastBar <= room) {
    const std::size_t width = std::min(kMostBar, room - ends.size());
    const auto full = static_cast<std::size_t>(done * static_cast<double>(width));
    return fmt::format("{} [{}{}] {} {}", label, std::string(full, '#'),
                       std::string(width - full, '.'), percent, time);
  }
  for (const std::string& line : {fmt::format("{} {} {}", label, percent, time),
                                  fmt::format("{} {}", percent, time), percent}) {
    if (line.size() <= room) return line;
  }
  return "";
}

Progress::Progress(std::string label)
    : label_(printable(std::move(label))),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()),
      last_(start_) {}

void Progress::rename(std::string label) { label_ = printable(std::move(label)); }

void Progress::draw(std::optional<double> share) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - start_ < kSilent || now - last_ < kBetween) return;
  last_ = now;
  const std::size_t columns = columns_of_terminal();
  const std::string line =
      progress_line(label_, share, std::chrono::duration<double>(now - start_).count(), columns);
  // What was drawn on a wider terminal is wiped as far as this one reaches.
  const std::size_t wiped = std::min(shown_, room_in(columns));
  fmt::print(stderr, "\r{}{}", line,
             std::string(wiped > line.size() ? wiped - line.size() : 0, ' '));
  std::fflush(stderr);
  shown_ = line.size();
}

void Progress::clear() {
  if (shown_ == 0) return;
  fmt::print(stderr, "\r{}\r", std::string(std::min(shown_, room_in(columns_of_terminal())), ' '));
  std::fflush(stderr);
  shown_ = 0;
}

}  // namespace weft::cli
