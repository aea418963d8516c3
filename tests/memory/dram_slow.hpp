// DRAM the slow way: every tick, every access that waits, every command that ever went. Straight
// from a part's sheet and from the rules of docs/units/memory/hbm.md; it shares nothing with the
// controller but the words for its input and output.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "sim/memory/hbm/stream_run.hpp"

namespace weft::sim::memory {

class SlowChannel {
 public:
  SlowChannel(const weft::memory::DramPart& part, const weft::memory::DramControl& control);

  struct Waiting {
    std::uint64_t address = 0, id = 0;
    std::size_t bank = 0;
    std::int64_t row = 0;
    bool write = false;
    Cycle arrived = 0;
    std::uint64_t order = 0;
  };
  bool offer(Cycle now, Waiting access);
  void step(Cycle now);

  std::vector<SentCommand> sent;
  std::vector<std::pair<std::uint64_t, Cycle>> done;

 private:
  struct Upkeep {
    bool all = false;
    std::size_t which = 0;
  };
  using Command = DramCommand;

  std::size_t half(std::size_t b) const;
  std::size_t stack(std::size_t b) const;
  std::size_t group(std::size_t b) const;
  Cycle length(Command command) const;
  Cycle need(const SentCommand& before, Command command, std::size_t b) const;
  bool may(Command command, std::size_t b, Cycle now) const;
  bool beside(Command command, std::size_t b, Cycle now) const;
  bool rising(Cycle now) const { return clock_ == 1 || now % 2 == 1; }
  bool hits(const Waiting& one) const { return open_[one.bank] == one.row; }
  bool has_active(std::size_t b) const;
  bool hit_waits(std::size_t queue, std::size_t b, std::size_t but) const;
  void choose(Cycle now);
  bool column(Cycle now);
  void row(Cycle now);
  void one_bus(Cycle now);
  bool active_goes(Cycle now);
  bool data_clock_stands(Cycle now) const;
  void take(Cycle now, bool active, std::size_t i);
  void take_active(Cycle now, std::size_t i);
  std::optional<std::size_t> best_hit(Cycle now) const;
  std::optional<std::size_t> best_other(Cycle now) const;
  void issue_hit(Cycle now, std::size_t i);
  void issue_other(Cycle now, std::size_t i);
  void upkeep(Cycle now);
  void access(Cycle now, const Waiting& one, bool closes);
  void send(Cycle now, Command command, std::size_t b, std::int64_t row = 0);

  const weft::memory::DramPart part_;
  const weft::memory::Timings& t_;
  const weft::memory::DramControl control_;
  const Cycle clock_;               // ticks of one
  std::vector<std::int64_t> open_;  // row of each bank, -1: closed
  std::vector<Waiting> queue_[2];   // reads, writes; in order
  std::vector<Waiting> active_;     // in the order of their activates
  std::deque<Upkeep> upkeep_;
  std::vector<std::pair<std::uint64_t, Cycle>> data_;
  std::optional<Waiting> urgent_;
  std::optional<std::pair<bool, std::size_t>> started_;  // access that the data clock started for
  bool write_mode_ = false;
  std::uint64_t arrivals_ = 0;
  std::size_t next_refreshed_ = 0;
};

// One channel, so many in flight; ticks, commands and completions of the stream.
StreamResult run_slowly(const StreamConfig& config,
                        const std::vector<weft::memory::Access>& accesses);

}  // namespace weft::sim::memory
