// One channel of DRAM with its controller: what waits, what goes on the two command buses, when
// data is there. docs/units/memory/hbm.md has the rules. A plain class with one copyable state; it
// is told the tick, and nothing happens in ticks that it does not name.
//
// Tick t in order: data that is due is done; refreshes that are due queue; one column command; one
// row command. What is offered in tick t is seen in t + 1.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "models/common/state_hash.hpp"
#include "models/memory/dram_control.hpp"
#include "models/memory/dram_gaps.hpp"
#include "models/memory/dram_part.hpp"
#include "sim/common/time.hpp"
#include "sim/memory/hbm/dram_banks.hpp"
#include "sim/memory/hbm/dram_counts.hpp"
#include "sim/memory/hbm/dram_queue.hpp"
#include "sim/memory/ring.hpp"

namespace weft::sim::memory {

// A command on its bus: for traces, and for whoever checks them. `bank` of a command to all banks
// of a pseudo-channel: its first.
struct SentCommand {
  Cycle tick = 0;
  DramCommand command = DramCommand::activate;
  std::int32_t bank = 0;
  std::int64_t row = 0;  // of an activate, and of an access
};

class DramChannel {
 public:
  struct Config {
    weft::memory::DramPart part;
    weft::memory::DramControl control{};
  };
  explicit DramChannel(const Config& config);

  // An access is done: a read when its data is there, a write when its command goes out.
  struct Done {
    std::uint64_t id = 0;
    Cycle tick = 0;
    bool write = false;
  };

  struct Offer {
    std::uint64_t address = 0;  // within the channel
    std::uint64_t id = 0;
    std::int32_t bank = 0;
    std::int64_t row = 0;
    bool write = false;
  };
  // Behind the step of tick `now`; false where its queue is full. The next step is then at now + 1.
  // A write that a queued one absorbs is done at once, and is among done().
  bool offer(Cycle now, const Offer& access);

  // The tick of the next step. Between them nothing would happen.
  Cycle step(Cycle now);

  // What is done since clear_done().
  std::span<const Done> done() const { return state_.done; }
  void clear_done() { state_.done.clear(); }

  // No access is done before this tick, where its next step is at `next` and accesses that read may
  // yet be offered then.
  Cycle earliest_done(Cycle next, bool more_reads) const;
  // Nothing waits, and no data is on its way.
  bool idle() const;
  // Up to the last tick that it has seen, and no later than `to`.
  DramCounts counts(Cycle to = kNever) const;
  const weft::memory::DramGaps& gaps() const { return gaps_; }

  // Where its accesses lie, by whatever measure: two states that differ by that and by time alone
  // go on alike. An address and a row of one place, and an id.
  struct Origin {
    std::uint64_t address = 0;
    std::int64_t row = 0;
    std::uint64_t id = 0;
  };
  // The state relative to `now`, after its steps up to then, and to an origin; its counts are not
  // part of it. What is done has been taken.
  void fingerprint(StateHash& out, Cycle now, const Origin& origin) const;
  // Moves it by so many ticks and so far, as whole periods of `before` to now would; its counts
  // grow by as many periods.
  void advance(Cycle ticks, const Origin& by, const DramCounts& before, std::uint64_t periods);

  // Everything that it sends is appended to `log`, which outlives it; nullptr: nothing.
  void log_to(std::vector<SentCommand>* log) { log_ = log; }

 private:
  // The access whose activate has gone, of a bank.
  struct Active {
    DramAccess access;
    std::uint64_t order = 0;  // of activates
  };
  // A refresh that waits; of all banks of a pseudo-channel, or of one bank.
  struct Upkeep {
    bool all = false;
    std::uint8_t which = 0;
  };
  // The access for which the data clock was started: its bank, -1: none.
  struct Started {
    std::int32_t bank = -1;
    bool active = false;
  };
  struct Due {
    std::uint64_t id = 0;
    Cycle tick = 0;
  };

  struct State {
    State(const DramLayout& layout, std::size_t under_way)
        : banks(layout), upkeep(kMostUpkeep), data(under_way) {}
    DramBanks banks;
    std::array<DramQueue, 2> queue;  // reads, writes
    std::array<Active, kMostBanks> active{};
    std::uint64_t active_banks = 0;
    BankTimers active_timers;  // from when on a bank may be asked for its active access
    Ring<Upkeep> upkeep;
    Ring<Due> data;                        // reads whose data is on its way, in order
    Cycle data_at = kNever;                // of the first of them
    std::vector<std::uint64_t> forwarded;  // reads that a queued write answers in the next step
    std::vector<Done> done;
    bool write_mode = false;
    std::array<bool, kMostPseudochannels> last_write{};  // what a pseudo-channel's pins did last
    std::uint64_t arrivals = 0;
    std::uint64_t activates = 0;
    Cycle column_at = kNever;  // no column command can go before this tick
    Cycle row_at = kNever;
    Cycle refresh_at = kNever;
    std::size_t refresh_next = 0;  // bank, of refreshes by bank
    Cycle falling_pair_at = -1;    // tick in which a precharge is bound to the row command before
    DramCommand rising_command = DramCommand::activate;
    std::uint8_t rising_bank = 0;
    Cycle data_clock_until = 0;  // it stands from that tick on, where it does not always go
    Started started;             // in the tick before, for this access
    std::array<Cycle, 2> aged_at{kNever, kNever};  // no queued access is out of patience before
    std::uint64_t urgent = 0;  // the bank of the one that goes before all others, as a mask
    bool urgent_hits = false;  // whether that one hits the open row
    bool refusing = false;     // the last offer found its queue full
    Cycle look_at = 0;  // the next tick of its own, but for data that is due and what is forwarded
    Cycle told = 0;     // the last tick stepped, looked ahead to, or offered in
    Cycle counted_to = 0;
    DramWait wait = DramWait::nothing;  // of the ticks since counted_to
    DramCounts counts;
  };

  // The access that may go first, of those that wait: its bank, or -1 where none may in this tick.
  struct Pick {
    int bank = -1;
    std::uint64_t order = 0;
    Cycle next = kNever;                // the first tick in which one that may not now could
    DramWait wait = DramWait::nothing;  // why it may not before
  };

  static constexpr std::size_t kMostUpkeep = 256;

  bool rising(Cycle now) const { return rise(now) == now; }
  Cycle rise(Cycle tick) const { return tick | half_bit_; }  // kNever is one

  void finish_reads(Cycle now);
  void look(Cycle now);
  void queue_refreshes(Cycle now);
  bool next_mode() const;
  void choose_mode(Cycle now);
  void choose_urgent(Cycle now);
  void choose(Cycle now);
  bool slots(Cycle now);
  bool shared_slot(Cycle now);
  bool shared_column(Cycle now, std::size_t b, bool active);
  Pick find_active(Cycle now);
  Pick find_hit(Cycle now) const;
  Pick find_other(Cycle now);
  Pick next_active(Cycle now, std::uint64_t come) const;
  Pick next_other(Cycle now, std::uint64_t banks, std::uint64_t come, std::uint64_t blocked) const;
  Cycle row_ready(Cycle now, std::size_t b) const;
  std::uint64_t hit_before(std::uint64_t banks) const;
  bool column_slot(Cycle now);
  void look_ahead(Cycle now);
  bool row_slot(Cycle now);
  bool upkeep_slot(Cycle now);
  void issue_hit(Cycle now, std::size_t b);
  void issue_other(Cycle now, std::size_t b);
  static bool something_waits(const State& s) {
    return !s.queue[0].empty() || !s.queue[1].empty() || s.active_banks != 0;
  }
  static void count(DramCounts& counts, const State& s, Cycle ticks);
  void count_to(Cycle now);
  Cycle next_look(Cycle now) const;
  bool closes_row(std::size_t b, bool from_active) const;
  void access(Cycle now, const DramAccess& one, bool from_active, bool closes);
  void closed(std::size_t b);
  void log(Cycle now, DramCommand command, std::size_t bank, std::int64_t row) {
    if (log_ != nullptr) log_->push_back({now, command, static_cast<std::int32_t>(bank), row});
  }
  void send(Cycle now, DramCommand command, std::size_t bank, std::uint64_t& counter, Cycle bus = 1,
            std::int64_t row = 0);
  Cycle precharge_at(Cycle ready, std::size_t b, bool all) const;
  const DramQueue& waiting() const { return state_.queue[state_.write_mode ? 1 : 0]; }

  weft::memory::DramGaps gaps_;
  weft::memory::DramControl control_;
  DramLayout layout_;
  bool half_clocks_;
  Cycle half_bit_;  // that rising edges have, where there are others
  bool shared_bus_;
  Cycle patience_;
  std::size_t high_, low_;  // writes that wait: from so many on they go, below so few no more
  State state_;
  std::vector<SentCommand>* log_ = nullptr;
};

}  // namespace weft::sim::memory
