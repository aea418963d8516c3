// A registered channel: what is pushed in cycle t can be popped from t + 1, so the order in which
// units run within a cycle does not matter. The receiver is woken for that cycle.
#pragma once

#include <deque>

#include "models/common/error.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim {

// Whoever drives a unit: the SystemC shell, a unit test, a lockstep bench.
struct Waker {
  virtual ~Waker() = default;
  virtual void wake_next_cycle() = 0;
};

template <class Message>
class Channel {
 public:
  void connect(Waker* receiver) { receiver_ = receiver; }

  void push(Cycle now, const Message& message) {
    check(entries_.empty() || entries_.back().sent <= now,
          "a channel's messages are sent in order of time");
    entries_.push_back({now, message});
    if (receiver_ != nullptr) receiver_->wake_next_cycle();
  }

  bool ready(Cycle now) const { return !entries_.empty() && entries_.front().sent < now; }
  Message pop(Cycle now) {
    check(ready(now), "a channel was read before its message could be seen");
    Message message = entries_.front().message;
    entries_.pop_front();
    return message;
  }
  bool empty() const { return entries_.empty(); }

  void fingerprint(StateWords& out) const {
    out.word(static_cast<std::int64_t>(entries_.size()));
    for (const Entry& entry : entries_) {
      out.time(entry.sent);
      entry.message.fingerprint(out);
    }
  }
  void advance(Cycle cycles) {
    for (Entry& entry : entries_) {
      entry.sent += cycles;
      entry.message.advance(cycles);
    }
  }

 private:
  struct Entry {
    Cycle sent;
    Message message;
  };
  std::deque<Entry> entries_;
  Waker* receiver_ = nullptr;
};

}  // namespace weft::sim
