// Memory by bandwidth and latency; DramTiming says when it responds. See docs/units/memory.md.
#pragma once

#include <vector>

#include "sim/memory/dram_timing.hpp"
#include "sim/memory/memory.hpp"
#include "sim/memory/ring.hpp"

namespace weft::sim::memory {

class BandwidthMemory : public Memory {
 public:
  struct Config {
    weft::engine::Dram dram;
    double clock_hz = 0;
    Stalls stalls{};
    std::size_t ports = 1;
    std::size_t tags = 1;  // of each port
    std::size_t queue =
        0;  // requests of a port without a response yet; 0: all that may be under way
  };
  explicit BandwidthMemory(const Config& config);

  TimingDependsOn timing_depends_on() const override { return timing_.timing_depends_on(); }
  Cycle step(Cycle now) override;
  UnitCounts* counts() override { return &timing_.counts(); }

  const DramTiming& timing() const { return timing_; }

  void fingerprint(StateWords& out) const override;
  void advance(Cycle cycles) override;

 private:
  struct Pending {
    Cycle ready = 0;
    Response response;
  };

  DramTiming timing_;
  std::vector<Ring<Pending>> pending_;  // by port, in the order of responses
};

}  // namespace weft::sim::memory
