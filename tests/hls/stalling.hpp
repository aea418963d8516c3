// A kernel in a context of its own, between two channels of a word that the bench stalls: its reads
// wait for what has not come, its writes for what has not been taken.
#pragma once

#include <gtest/gtest.h>
#include <ucontext.h>

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace weft::hls::test {

// The chance of a step, in 256ths, that a word is offered, and that one is taken; `burst` is how
// many steps a choice lasts.
struct Stalls {
  const char* name;
  unsigned source;
  unsigned sink;
  unsigned burst;
};
inline constexpr Stalls kStalls[] = {{"none", 256, 256, 1},
                                     {"source", 60, 256, 1},
                                     {"sink", 256, 60, 1},
                                     {"both", 90, 90, 1},
                                     {"bursty", 128, 128, 7}};

// Runs a function that may be left in the middle of any of its calls, and taken up again.
class Context {
 public:
  explicit Context(std::function<void()> body) : body_(std::move(body)), stack_(kStackBytes) {
    getcontext(&inside_);
    inside_.uc_stack.ss_sp = stack_.data();
    inside_.uc_stack.ss_size = stack_.size();
    inside_.uc_link = &outside_;
    const auto self = reinterpret_cast<std::uintptr_t>(this);
    makecontext(&inside_, reinterpret_cast<void (*)()>(&Context::enter), 2,
                static_cast<unsigned>(self >> 32), static_cast<unsigned>(self));
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  bool ended() const { return ended_; }
  void resume() { swapcontext(&outside_, &inside_); }
  void leave() { swapcontext(&inside_, &outside_); }

 private:
  static constexpr std::size_t kStackBytes = 1u << 20;
  static void enter(unsigned high, unsigned low) {
    auto* self = reinterpret_cast<Context*>((static_cast<std::uintptr_t>(high) << 32) | low);
    self->body_();
    self->ended_ = true;
  }
  std::function<void()> body_;
  std::vector<char> stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  bool ended_ = false;
};

template <class T>
class StallingChannel {
 public:
  explicit StallingChannel(Context*& kernel) : kernel_(&kernel) {}

  T read() {
    while (!full_) (*kernel_)->leave();
    full_ = false;
    return value_;
  }
  void write(const T& value) {
    while (full_) (*kernel_)->leave();
    value_ = value;
    full_ = true;
  }
  bool full() const { return full_; }
  // The bench's ends.
  void offer(const T& value) {
    value_ = value;
    full_ = true;
  }
  T take() {
    full_ = false;
    return value_;
  }

 private:
  Context** kernel_;
  T value_{};
  bool full_ = false;
};

// A choice that lasts `burst` steps.
class Chance {
 public:
  Chance(unsigned share, unsigned burst) : share_(share), burst_(burst) {}
  bool operator()(std::mt19937_64& random) {
    if (left_ == 0) {
      left_ = burst_;
      now_ = random() % 256 < share_;
    }
    --left_;
    return now_;
  }

 private:
  unsigned share_;
  unsigned burst_;
  unsigned left_ = 0;
  bool now_ = false;
};

// `kernel(in, out)` once for `in`; what it wrote. Fails where it stops with words unread, or waits
// for ever.
template <class Word, class Kernel>
std::vector<std::uint64_t> run_stalled(const Kernel& kernel, const std::vector<std::uint64_t>& in,
                                       const Stalls& stalls, std::mt19937_64& random) {
  Context* context = nullptr;
  StallingChannel<Word> from(context);
  StallingChannel<Word> to(context);
  Context own([&] { kernel(from, to); });
  context = &own;
  Chance offers(stalls.source, stalls.burst);
  Chance takes(stalls.sink, stalls.burst);
  std::vector<std::uint64_t> out;
  std::size_t next = 0;
  int idle = 0;
  while (!own.ended() || to.full()) {
    if (offers(random) && !from.full() && next < in.size()) from.offer(Word(in[next++]));
    if (takes(random) && to.full()) {
      out.push_back(to.take().to_uint64());
      idle = 0;
    }
    if (!own.ended()) own.resume();
    if (next == in.size() && !from.full() && !to.full() && ++idle > 1000) {
      ADD_FAILURE() << stalls.name << ": the kernel waits for more than its input";
      return out;
    }
  }
  EXPECT_EQ(next, in.size()) << stalls.name;
  EXPECT_FALSE(from.full()) << stalls.name << ": a word stays unread";
  return out;
}

}  // namespace weft::hls::test
