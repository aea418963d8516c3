// When a transfer to or from memory is complete, told in the cycle in which it is asked for:
// transfers are served in order, so nothing that comes later changes it. The rules of sim/memory
// (fetcher and DramTiming), request by request where a transfer has few, at their pace where it has
// many, and as a bus alone where nothing else of them can matter.
#pragma once

#include <array>
#include <cstdint>

#include "models/engine/analytic/walk_states.hpp"
#include "models/engine/architecture/pace.hpp"

namespace weft::engine {

class WalkMemory {
 public:
  WalkMemory(const Dram& dram, double clock_hz)
      : dram_(dram), latency_(latency_cycles(dram, clock_hz)), pace_(pace_of(dram, clock_hz)) {}

  // Whether nothing but the bus ever holds up a transfer of so many bytes, wherever in a burst it
  // begins, in multiples of `unit` bytes, and however many of at most kUnderWay are under way.
  bool is_bus(std::int64_t unit, std::int64_t bytes) const;
  // From now on all transfers are such: told to the cycle by the bus alone.
  void serve_as_bus() { as_bus_ = true; }
  static constexpr std::int64_t kUnderWay = 4;  // transfers

  // The cycle in which the sequencer hears that a transfer is complete which it asked for in cycle
  // `now`. `address`: of its first byte, counted from a multiple of burst_bytes.
  std::int64_t transfer(std::int64_t now, std::int64_t bytes, std::int64_t address, bool write);
  // What is under way, and what it holds up, is done `cycles` sooner.
  void sooner(std::int64_t cycles);
  // What will still hold up others after `now`.
  void state(std::int64_t now, StateHash& out) const;
  // Whether a transfer so far was served at a pace that may be some cycles off.
  bool at_a_pace() const { return at_a_pace_; }

 private:
  // Requests of which number k is answered at first + ⌈(part + k · each) / block_bytes⌉.
  struct Responses {
    std::int64_t begin = 0;  // the first's place among all requests
    std::int64_t count = 0;
    std::int64_t first = 0;
    std::int64_t part = 0;
    std::int64_t each = 0;
  };
  static constexpr std::int64_t kSingly = 8;  // requests of a transfer that are followed one by one
  // Under way, where their round trips hold up others.
  static constexpr std::int64_t kMostRound = 128;
  static constexpr int kRounds = 8;  // until one takes as long as the one before
  static constexpr std::size_t kRemembered = 2 * kMostRound;

  void request(std::int64_t at, std::int64_t bytes, std::int64_t address, bool write);
  bool held_up(bool write) const;
  double interval(bool write) const;
  std::int64_t ready(const Responses& responses, std::int64_t k) const;
  std::int64_t in_rounds(std::int64_t left, std::int64_t& address, bool write);
  void repeat(std::int64_t rounds, std::int64_t cycles);
  void stream(std::int64_t requests, bool write);
  // The first cycle in which another request has room among those under way.
  std::int64_t room();
  void remember(const Responses& responses);

  const Dram& dram_;
  std::int64_t latency_;
  Pace pace_;
  std::int64_t last_request_ = -1;
  Bus bus_;
  std::int64_t last_ready_ = -(std::int64_t{1} << 60);
  std::int64_t requests_ = 0;
  bool at_a_pace_ = false;
  bool as_bus_ = false;
  std::array<Responses, kRemembered> responses_{};  // a ring
  std::size_t oldest_ = 0;                          // of them, that may still hold a place
  std::size_t remembered_ = 0;                      // in all
};

}  // namespace weft::engine
