// When memory responds: requests are served in order on one bus; a response follows the last byte
// by the latency and by what it stalls, never before one of its tag that was asked for earlier.
// Over a data bus of bus_bytes it takes a cycle a beat of what is read, and one for what is
// written, and the bus bounds the bandwidth; each port then is a channel with a bus of its own and
// its share of the bandwidth. The bandwidth is rounded down so that a power of two
// of bytes takes a whole number of cycles (at most 1e-4 below the wish): the state then recurs and
// a steady state can be advanced. No channel and no SystemC: sim/memory/bandwidth_memory.hpp and
// the memory beside the RTL run this same class.
#pragma once

#include <cstdint>
#include <vector>

#include "models/engine/architecture/pace.hpp"
#include "models/engine/result/result.hpp"
#include "sim/common/state_words.hpp"
#include "sim/memory/messages.hpp"
#include "sim/memory/stall.hpp"

namespace weft::sim::memory {

using weft::engine::Pace;
using weft::engine::pace_of;

class DramTiming {
 public:
  // `ports` and `tags` of each: who may ask.
  DramTiming(const weft::engine::Dram& config, double clock_hz, const Stalls& stalls = {},
             std::size_t ports = 1, std::size_t tags = 1);

  // Memory takes a request in cycle `now`, no earlier than the one before: the cycle in which its
  // response is ready.
  Cycle accept(Cycle now, const Request& request);

  const Pace& pace() const { return pace_; }  // of a bus
  const weft::engine::Counters& counters() const { return counts_.counters; }
  // The mean over channels.
  std::uint64_t busy_cycles() const { return counts_.busy_cycles; }
  UnitCounts& counts() { return counts_; }
  TimingDependsOn timing_depends_on() const { return stalls_.timing_depends_on(); }

  void fingerprint(StateWords& out) const;
  void advance(Cycle cycles);

 private:
  weft::engine::Dram config_;
  Cycle latency_;
  Pace pace_;
  Stalls stalls_;
  struct Channel {
    weft::engine::Bus bus;
    Cycle covered_until = 0;  // cycles already counted as busy
  };
  std::vector<Channel> channels_;
  std::uint64_t busy_rest_ = 0;  // busy cycles of channels that make no whole one of all
  std::size_t tags_;
  std::vector<Cycle> last_ready_;  // of the latest request: by port and tag, or of each data bus
  std::vector<std::uint64_t> requests_;  // by port
  UnitCounts counts_;
};

}  // namespace weft::sim::memory
