// The channels of an assembly around a Verilated unit: registered on both sides, as
// sim/common/channel.hpp is. And sources and sinks that pause by a pure function of the cycle, so
// that a SystemC unit and its RTL are stalled alike.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "tests/common/rtl_bench.hpp"

namespace weft::test {

// What a cycle pushes and pops is seen from the next one on.
template <class Message>
class Link {
 public:
  explicit Link(std::size_t depth = 2) : depth_(depth) {}

  bool valid() const { return seen_ > 0; }
  bool ready() const { return seen_ < depth_; }
  const Message& front() const { return held_.front(); }
  void push(Message message) { held_.push_back(std::move(message)); }
  Message pop() {
    Message message = std::move(held_.front());
    held_.pop_front();
    return message;
  }
  void tick() { seen_ = held_.size(); }

 private:
  std::size_t depth_;
  std::size_t seen_ = 0;
  std::deque<Message> held_;
};

// Whether a side pauses in a cycle: a fair coin, or in bursts a run of 16 cycles at a time.
inline bool pauses_at(Stalls stalls, bool source, std::int64_t cycle, std::uint64_t seed) {
  const bool stalled = stalls == Stalls::both || stalls == Stalls::bursty ||
                       stalls == (source ? Stalls::source : Stalls::sink);
  if (!stalled) return false;
  std::uint64_t x = static_cast<std::uint64_t>(stalls == Stalls::bursty ? cycle / 16 : cycle);
  x = (x + seed + (source ? 1 : 0x5851F42D4C957F2Du)) * 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 31) * 0xD6E8FEB86659FD93u;
  return (x >> 40 & 1) != 0;
}

// The cycles in which a source that pauses so offers its messages, the first in `from` or later.
inline std::vector<std::int64_t> source_cycles(Stalls stalls, std::size_t count, std::uint64_t seed,
                                               std::int64_t from = 0) {
  std::vector<std::int64_t> cycles;
  for (std::int64_t cycle = from; cycles.size() < count; ++cycle) {
    if (!pauses_at(stalls, true, cycle, seed)) cycles.push_back(cycle);
  }
  return cycles;
}

}  // namespace weft::test
