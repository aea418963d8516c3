// Accesses in one order through the channels that they belong to, with so many in flight. Where
// state and accesses recur, moved in time and from row to row, whole periods are passed over, with
// exactly the ticks, counts, completions and commands that stepping gives.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sim/memory/hbm/stream_run.hpp"

namespace weft::sim::memory {

class StreamPass {
 public:
  // `mine`: which of the accesses, in their order; those of channel `only`, or of all channels.
  // Latencies, completions and commands go to `result`.
  StreamPass(const StreamConfig& config, std::span<const weft::memory::Access> accesses,
             std::vector<std::uint32_t> mine, std::optional<std::size_t> only,
             StreamResult& result);

  // Until the last is done; in which tick that was.
  Cycle run();
  // Channels that were done early refresh up to `last`; what all count.
  DramCounts run_out(Cycle last);

 private:
  struct Lane {
    DramChannel channel;
    Cycle at = 0;  // of its next step
  };
  // What was when a state was first seen.
  struct Seen {
    std::size_t next = 0, latencies = 0, completed = 0;
    Cycle now = 0;
    std::vector<DramCounts> counts;
    std::vector<std::size_t> commands;
  };
  static constexpr std::size_t kMostLooks = 4096;     // states, before it is given up
  static constexpr std::size_t kBetweenLooks = 1024;  // accesses, where nothing refreshes
  static constexpr Cycle kDone = kNever - 1;          // of an access, in place of its first offer

  const weft::memory::Access& access(std::size_t j) const { return accesses_[mine_[j]]; }
  // Address of the j-th in the space that its rows divide alike: of the channel, or of all.
  std::uint64_t linear(std::size_t j) const {
    return only_ ? channels_.within(access(j).address) : access(j).address;
  }
  bool offer(std::size_t j);
  void collect(DramChannel& from);
  void plan_look();
  void look();
  StateHash state_hash() const;
  std::size_t periods_after(const Seen& before) const;
  void pass_over(const Seen& before, std::size_t periods);
  // What `periods` more give; a period moves on by so many rows.
  void repeat_results(const Seen& before, std::size_t periods, std::int64_t rows);

  const StreamConfig& config_;
  std::span<const weft::memory::Access> accesses_;
  std::vector<std::uint32_t> mine_;
  std::optional<std::size_t> only_;
  StreamResult& result_;
  weft::memory::ChannelMap channels_;
  std::vector<Lane> lanes_;
  std::vector<Cycle> tried_;  // tick of the first offer, or kDone
  std::size_t next_ = 0;      // the first that has not been taken
  std::size_t oldest_ = 0;    // all before it are done
  std::int64_t in_flight_ = 0, most_;
  Cycle now_ = 0, last_ = 0;
  Cycle at_ = 0;  // of the next step of any

  std::uint64_t span_ = 0;       // of linear(), whole rows of every bank; 0: rows do not recur
  std::uint64_t lane_span_ = 0;  // the same of a channel's addresses
  std::int64_t span_rows_ = 0;   // and in rows
  Cycle interval_ = 0;           // of looks: refreshes of everything; 0: there are none
  // The next look, from that tick and that access on.
  Cycle look_at_ = kNever;
  std::size_t look_next_ = 0;
  std::size_t looks_ = 0;
  std::vector<std::uint32_t> completed_;  // in order, where completions are kept
  std::map<std::pair<std::uint64_t, std::uint64_t>, Seen> seen_;  // by hash of the state
};

}  // namespace weft::sim::memory
