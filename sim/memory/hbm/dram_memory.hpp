// DRAM with state behind the one memory interface: a request is cut into accesses, each goes to its
// channel, and the response follows the last of them. The part's ticks and the memory's cycles are
// two clocks: what is done in a tick is seen in the first cycle that begins with it or after it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "models/memory/dram_system.hpp"
#include "sim/memory/hbm/dram_channel.hpp"
#include "sim/memory/hbm/dram_responses.hpp"
#include "sim/memory/memory.hpp"
#include "sim/memory/stall.hpp"

namespace weft::sim::memory {

// Ticks of a part in cycles of a clock, in whole numbers.
class TickClock {
 public:
  TickClock(double tick_ps, double clock_hz);
  // The last tick that has begun when the cycle begins.
  Cycle tick_at(Cycle cycle) const;
  // The first cycle that begins with the tick or after it.
  Cycle cycle_of(Cycle tick) const;

 private:
  __extension__ using Wide = __int128;
  // A cycle is so many ticks: ticks_ / cycles_, which have no common divisor.
  Wide ticks_, cycles_;
  std::int64_t narrow_ = 0;  // cycles or ticks up to which products fit 64 bits
};

class DramMemory : public Memory {
 public:
  struct Config {
    std::shared_ptr<const weft::memory::DramSystem> system;
    double clock_hz = 0;          // of whoever asks
    std::int64_t most_bytes = 0;  // of a request
    std::size_t ports = 1;
    std::size_t tags = 1;    // of each port
    std::size_t queue = 64;  // requests of a port without a response yet
    Stalls stalls{};
  };
  explicit DramMemory(const Config& config);

  const UnitClass& unit_class() const override;
  // At rest it recurs: its refreshes, which keep time with nothing, are seen by nobody, and are
  // made up for when it is asked again. With something under way it does not.
  TimingDependsOn timing_depends_on() const override { return stalls_.timing_depends_on(); }
  void fingerprint(StateWords& out) const override;
  void advance(Cycle /*cycles*/) override {}
  Cycle step(Cycle now) override;
  UnitCounts* counts() override;
  // Channels that nobody asked refresh up to there.
  void settle(Cycle now) override;

  // Of all channels, up to where each has been stepped.
  DramCounts dram_counts() const;
  // How they spent so many cycles of the memory's clock, to which it has been settled.
  weft::memory::DramUse use(Cycle cycles) const;

 private:
  // A channel, and what waits before it.
  struct Lane {
    DramChannel channel;
    std::deque<DramChannel::Offer> waiting;
    std::uint64_t writes_waiting = 0;
    Cycle next = kNever;  // tick of its next step
  };
  void run_to(Lane& lane, Cycle tick);
  void offer(Lane& lane, Cycle tick);
  void collect(Lane& lane, Cycle tick);
  void take(const Request& request);
  Cycle wake_at() const;

  std::shared_ptr<const weft::memory::DramSystem> system_;
  weft::memory::ChannelMap channels_;
  TickClock clock_;
  Cycle tick_ = 0;  // the last stepped or settled in
  Stalls stalls_;
  std::vector<Lane> lanes_;
  DramResponses responses_;
  std::vector<std::uint64_t> requests_;  // by port
  UnitCounts counts_;
};

}  // namespace weft::sim::memory
