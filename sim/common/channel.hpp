// A bounded valid/ready link, registered on both sides: what is taken in at edge t is seen from t +
// 1 on, and so is a place that became free, so the order in which units run within a cycle does not
// matter. Depth 2 carries a beat every cycle, depth 1 one every other cycle. Its two ends may have
// clocks of their own: a beat crosses at the first edge of the other clock. Nothing is allocated a
// beat.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/unit_class.hpp"
#include "sim/common/link_delays.hpp"
#include "sim/common/state_words.hpp"
#include "sim/common/time.hpp"

namespace weft::sim {

// Whoever drives a unit: the SystemC shell, a unit test, a lockstep bench.
struct Waker {
  virtual ~Waker() = default;
  // In so many ticks (1 or more) there is something to see. May be called more than once for a
  // cycle.
  virtual void wake_in(Cycle ticks) = 0;
};

enum class ChannelCounter : std::uint8_t { beats, beat_cycles, stall_cycles, most_beats };
inline constexpr std::array<CounterDeclaration, 4> kChannelCounters{{
    {"beats", "beats", "beats taken out"},
    {"beat_cycles", "cycles",
     "of the receiver that beats stood ready: over its cycles, the mean "
     "occupancy"},
    {"stall_cycles", "cycles", "of the sender that beats were offered and had no room"},
    {"most_beats", "beats", "most that had a place at once", Merge::most},
}};
inline constexpr UnitClass kChannelClass{"link", kChannelCounters};

// A channel of any message, as an assembly holds it.
class AnyChannel {
 public:
  virtual ~AnyChannel() = default;

  void connect(Waker* receiver) { receiver_.waker = receiver; }
  void connect_sender(Waker* sender) { sender_.waker = sender; }
  void set_periods(Cycle sender_ticks, Cycle receiver_ticks) {
    sender_.period = sender_ticks;
    receiver_.period = receiver_ticks;
  }
  const Counters& counters() const { return counters_; }
  Counters& counters() { return counters_; }
  std::uint64_t count(ChannelCounter counter) const {
    return counters_[static_cast<std::size_t>(counter)];
  }

  // Beats are seen later, in their order: nothing recurs any more.
  void delay(const LinkDelays& delays) { delays_ = delays; }
  // Beats that have a place.
  virtual std::size_t held() const = 0;
  virtual void fingerprint(StateWords& out) const = 0;
  // By a time that is whole in every clock.
  virtual void advance(Cycle ticks) = 0;

 protected:
  struct End {
    Waker* waker = nullptr;
    Cycle period = 1;
  };
  std::uint64_t& counter(ChannelCounter which) {
    return counters_[static_cast<std::size_t>(which)];
  }

  End sender_;
  End receiver_;
  LinkDelays delays_;
  std::uint64_t sent_ = 0;  // beats, where they may be late
  Counters counters_{};
};

template <class Message>
class Channel final : public AnyChannel {
 public:
  explicit Channel(std::size_t depth = 2) : entries_(depth) {
    check(depth >= 1, "a channel has room for one beat at least");
  }

  std::size_t depth() const { return entries_.size(); }

  // The sender's valid, in its cycle `now`: true where the beat is taken. One that is not is
  // offered again in every cycle that wakes the sender, until it is taken; the sender is woken when
  // there is room.
  bool offer(Cycle now, const Message& message) {
    if (!room(now)) {
      if (offered_ == kNever) offered_ = now;
      if (used_ < depth()) wake_sender(now * sender_.period);
      return false;
    }
    if (offered_ != kNever)
      counter(ChannelCounter::stall_cycles) += static_cast<std::uint64_t>(now - offered_);
    offered_ = kNever;
    Cycle seen = (now + 1) * sender_.period;
    if (delays_.any()) {
      seen += delays_.of(sent_++) * sender_.period;
      if (used_ > 0) seen = std::max(seen, entries_[at(used_ - 1)].seen);
    }
    check(used_ == 0 || entries_[at(used_ - 1)].seen <= seen,
          "a channel's messages are sent in order of time");
    entries_[at(used_)] = {seen, message};
    ++used_;
    std::uint64_t& most = counter(ChannelCounter::most_beats);
    most = std::max<std::uint64_t>(most, used_ + leaving(now));
    if (receiver_.waker != nullptr) {
      receiver_.waker->wake_in(first_cycle_from(seen, receiver_.period) * receiver_.period -
                               now * sender_.period);
    }
    return true;
  }
  // For a sender that knows that there is room, by what it has under way.
  void push(Cycle now, const Message& message) {
    check(offer(now, message), "a channel has no room for what its sender pushed");
  }
  // The receiver's ready. What was taken out in this very cycle still has its place.
  bool room(Cycle now) const { return used_ + leaving(now) < depth(); }

  bool ready(Cycle now) const {
    return used_ > 0 && entries_[first_].seen <= now * receiver_.period;
  }
  const Message& front(Cycle now) const {
    check(ready(now), "a channel was read before its message could be seen");
    return entries_[first_].message;
  }
  Message pop(Cycle now) {
    Message message = front(now);
    const Cycle late = now * receiver_.period - entries_[first_].seen;
    counter(ChannelCounter::beats) += 1;
    counter(ChannelCounter::beat_cycles) +=
        static_cast<std::uint64_t>(1 + (receiver_.period == 1 ? late : late / receiver_.period));
    first_ = at(1);
    --used_;
    const Cycle free_from = (now + 1) * receiver_.period;
    leaving_ = free_from == free_from_ ? leaving_ + 1 : 1;
    free_from_ = free_from;
    if (offered_ != kNever) wake_sender(now * receiver_.period);
    return message;
  }
  bool empty() const { return used_ == 0; }
  std::size_t held() const override { return used_; }

  void fingerprint(StateWords& out) const override {
    out.word(static_cast<std::int64_t>(used_));
    out.in_clock(sender_.period);
    for (std::size_t i = 0; i < used_; ++i) {
      out.word(entries_[at(i)].seen - out.tick());
      entries_[at(i)].message.fingerprint(out);
    }
    // Places that are free by the next tick are free.
    const bool leaves = free_from_ > out.tick() + 1;
    out.word(leaves ? static_cast<std::int64_t>(leaving_) : 0);
    out.word(leaves ? free_from_ - out.tick() : 0);
    out.time(offered_);
  }
  void advance(Cycle ticks) override {
    for (std::size_t i = 0; i < used_; ++i) {
      entries_[at(i)].seen += ticks;
      entries_[at(i)].message.advance(ticks / sender_.period);
    }
    free_from_ += ticks;
    if (offered_ != kNever) offered_ += ticks / sender_.period;
  }

 private:
  struct Entry {
    Cycle seen = 0;  // the tick from which it is
    Message message{};
  };

  std::size_t leaving(Cycle now) const { return free_from_ > now * sender_.period ? leaving_ : 0; }
  std::size_t at(std::size_t i) const {
    const std::size_t index = first_ + i;
    return index < entries_.size() ? index : index - entries_.size();
  }
  void wake_sender(Cycle tick) {
    if (sender_.waker == nullptr) return;
    sender_.waker->wake_in(first_cycle_from(free_from_, sender_.period) * sender_.period - tick);
  }

  std::vector<Entry> entries_;  // a ring
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  std::size_t leaving_ = 0;  // taken out in the receiver's latest cycle with a pop,
  Cycle free_from_ = 0;      // and the tick from which their places are free
  Cycle offered_ = kNever;   // the sender's cycle from which it has offered a beat in vain
};

}  // namespace weft::sim
