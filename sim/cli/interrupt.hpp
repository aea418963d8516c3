// Ctrl-C as a request to stop: work ends at its next look at the token, and no output is written.
#pragma once

#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>

namespace weft::cli {

// While it lives, SIGINT and SIGTERM are taken by a thread of its own (no signal handler runs) that
// sets the token. Work that does not end within two seconds, or a second signal, ends the process;
// never in the middle of `writing()`.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  // 128 + the signal that came, as shells have it; 0 when none did.
  int exit_code() const { return signal_ == 0 ? 0 : 128 + signal_; }
  // Held while output is written.
  std::unique_lock<std::mutex> writing() { return std::unique_lock(mutex_); }

 private:
  void watch();

  std::stop_source source_;
  std::atomic<int> signal_{0};
  std::mutex mutex_;
  int signals_ = -1;  // descriptor that becomes readable with a signal
  int done_ = -1;     // and one with the end of the work
  std::jthread watcher_;
};

}  // namespace weft::cli
