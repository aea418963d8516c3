// Memory by bandwidth and latency: requests are served in order on one bus; a response follows the last byte by the
// latency. The bandwidth is rounded down so that a power of two of bytes takes a whole number of cycles (at most
// 1e-4 below the wish): the state then recurs and a steady state can be advanced. See docs/units/memory.md.
#pragma once

#include <cstdint>
#include <deque>

#include "models/engine/architecture.hpp"
#include "models/engine/result.hpp"
#include "sim/common/channel.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::memory {

// `block_bytes` (a power of two) take `block_cycles`.
struct Pace {
  std::int64_t block_bytes = 1;
  std::int64_t block_cycles = 1;
  double bytes_per_cycle() const { return static_cast<double>(block_bytes) / static_cast<double>(block_cycles); }
};
Pace pace_of(double bandwidth_bytes_per_s, double clock_hz);

class Dram {
 public:
  Dram(const weft::engine::Dram& config, double clock_hz, Channel<Request>& requests, Channel<Response>& responses);

  Cycle step(Cycle now);

  const weft::engine::Counters& counters() const { return counters_; }
  weft::engine::Counters& counters() { return counters_; }
  std::uint64_t& busy_cycles() { return busy_cycles_; }
  const Pace& pace() const { return pace_; }

  void fingerprint(StateWords& out) const;
  void advance(Cycle cycles);

 private:
  struct Pending {
    Cycle ready = 0;
    bool write = false;
  };

  void accept(Cycle now, const Request& request);

  weft::engine::Dram config_;
  Pace pace_;
  Channel<Request>& requests_;
  Channel<Response>& responses_;
  Cycle free_cycle_ = 0;  // the bus is free from free_cycle_ + free_part_ / block_bytes
  std::int64_t free_part_ = 0;
  Cycle covered_until_ = 0;  // cycles already counted as busy
  std::deque<Pending> pending_;
  weft::engine::Counters counters_{};
  std::uint64_t busy_cycles_ = 0;
};

}  // namespace weft::sim::memory
