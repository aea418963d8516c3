#include "sim/cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace weft::cli {
namespace {

constexpr std::chrono::milliseconds kSilent{1000};
constexpr std::chrono::milliseconds kBetween{100};
constexpr int kWidth = 30;

}  // namespace

Progress::Progress(std::string label)
    : label_(std::move(label)), terminal_(::isatty(STDERR_FILENO) == 1), start_(std::chrono::steady_clock::now()), last_(start_) {}

void Progress::show(double share) {
  if (!terminal_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - start_ < kSilent || now - last_ < kBetween) return;
  last_ = now;
  share = std::clamp(share, 0.0, 1.0);
  const int full = static_cast<int>(share * kWidth);
  const std::string line = fmt::format("{} [{}{}] {:3.0f} % {:.0f} s", label_, std::string(full, '#'), std::string(kWidth - full, '.'),
                                       100 * share, std::chrono::duration<double>(now - start_).count());
  const std::string padding(shown_ > line.size() ? shown_ - line.size() : 0, ' ');
  fmt::print(stderr, "\r{}{}", line, padding);
  std::fflush(stderr);
  shown_ = line.size();
}

void Progress::clear() {
  if (shown_ == 0) return;
  fmt::print(stderr, "\r{}\r", std::string(shown_, ' '));
  std::fflush(stderr);
  shown_ = 0;
}

}  // namespace weft::cli
