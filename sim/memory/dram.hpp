// Memory by bandwidth and latency, between the fetcher's channels; DramTiming says when it
// responds. See docs/units/memory.md.
#pragma once

#include <deque>

#include "sim/common/channel.hpp"
#include "sim/memory/dram_timing.hpp"
#include "sim/memory/messages.hpp"

namespace weft::sim::memory {

class Dram {
 public:
  Dram(const weft::engine::Dram& config, double clock_hz, Channel<Request>& requests,
       Channel<Response>& responses, const Stalls& stalls = {})
      : timing_(config, clock_hz, stalls), requests_(requests), responses_(responses) {}

  Cycle step(Cycle now);

  const DramTiming& timing() const { return timing_; }
  DramTiming& timing() { return timing_; }

  void fingerprint(StateWords& out) const;
  void advance(Cycle cycles);

 private:
  struct Pending {
    Cycle ready = 0;
    bool write = false;
  };

  DramTiming timing_;
  Channel<Request>& requests_;
  Channel<Response>& responses_;
  std::deque<Pending> pending_;
};

}  // namespace weft::sim::memory
