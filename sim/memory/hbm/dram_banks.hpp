// The banks of one channel: which row each has open, and from which tick on each command may go.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "models/common/state_hash.hpp"
#include "models/memory/dram_gaps.hpp"
#include "models/memory/dram_part.hpp"
#include "sim/common/time.hpp"
#include "sim/memory/hbm/dram_counts.hpp"
#include "sim/memory/hbm/dram_timers.hpp"

namespace weft::sim::memory {

constexpr std::size_t kMostPseudochannels = 2;

// What a controller sends; also what a trace of commands says.
enum class DramCommand : std::uint8_t {
  activate,
  precharge,
  precharge_all,
  read,
  write,
  read_precharge,
  write_precharge,
  refresh_all,
  refresh_bank,
  start_clock  // of the data, for the access that follows it
};
constexpr std::size_t kDramCommands = 10;
// As a trace writes them.
constexpr std::array<const char*, kDramCommands> kDramCommandNames{
    "ACT", "PRE", "PREab", "RD", "WR", "RDA", "WRA", "REFab", "REFpb", "CAS"};

constexpr bool has_row(DramCommand command) {
  return command == DramCommand::activate || command == DramCommand::read ||
         command == DramCommand::write || command == DramCommand::read_precharge ||
         command == DramCommand::write_precharge;
}

// Where the banks are, by their number in the channel.
struct DramLayout {
  explicit DramLayout(const weft::memory::Organisation& organisation);

  std::size_t banks = 0;
  std::size_t pseudochannels = 0;
  std::size_t stack_ids = 0;                     // of a pseudo-channel
  std::size_t banks_per_half = 0;                // of a pseudo-channel
  std::array<std::uint8_t, kMostBanks> half{};   // pseudo-channel of a bank
  std::array<std::uint8_t, kMostBanks> stack{};  // counted through the channel
  std::array<std::uint8_t, kMostBanks> group{};

  std::array<std::uint64_t, kMostPseudochannels> banks_of{};  // a pseudo-channel, as a mask
};

class DramBanks {
 public:
  static constexpr std::int64_t kClosed = -1;

  explicit DramBanks(const DramLayout& layout) : layout_(layout) {}

  std::int64_t open_row(std::size_t b) const { return bank_[b].row; }
  std::uint64_t open() const { return open_; }

  // The first tick in which a command may go, whatever the slot.
  Cycle activate_ready(std::size_t b) const {
    return later(later(bank_[b].act, group_[layout_.group[b]].act),
                 later(half_[layout_.half[b]].act, row_bus_));
  }
  Cycle precharge_ready(std::size_t b) const {
    return later(bank_[b].pre, later(half_[layout_.half[b]].pre, row_bus_));
  }
  Cycle access_ready(std::size_t b, bool write) const {
    const std::size_t w = write ? 1 : 0;
    return later(later(bank_[b].column[w], group_[layout_.group[b]].column[w]),
                 later(stack_[layout_.stack[b]].column[w], half_[layout_.half[b]].column[w]));
  }
  // What of it is the bank's own.
  Cycle own_access_ready(std::size_t b, bool write) const { return bank_[b].column[write ? 1 : 0]; }
  // No activate goes in a pseudo-channel before.
  Cycle half_activate_ready(std::size_t h) const { return later(half_[h].act, row_bus_); }
  // What opens or closes a bank, an open one's precharge or a closed one's activate: from when on
  // the bank itself may be asked for it; and those that it shares a gap with, but for the row bus
  // and activates of the pseudo-channel.
  BankTimers& row_timers() { return row_timers_; }
  const BankTimers& row_timers() const { return row_timers_; }
  Cycle shared_row_ready(std::size_t b) const {
    const Cycle act = group_[layout_.group[b]].act;
    const Cycle pre = half_[layout_.half[b]].pre;
    return (open_ >> b & 1) != 0 ? pre : act;
  }
  Cycle precharge_all_ready(std::size_t h) const { return later(half_[h].pre_all, row_bus_); }
  Cycle refresh_all_ready(std::size_t h) const { return later(half_[h].ref_all, row_bus_); }
  Cycle refresh_bank_ready(std::size_t b) const {
    return later(bank_[b].ref, later(half_[layout_.half[b]].ref_bank, row_bus_));
  }
  Cycle row_bus() const { return row_bus_; }
  // What the ready time of an access, or of a bank's activate or precharge, comes from.
  DramWait why_no_access(std::size_t b, bool write) const;
  DramWait why_no_row(std::size_t b) const;

  void activate(std::size_t b, std::int64_t row, Cycle now, const weft::memory::DramGaps& gaps);
  void precharge(std::size_t b, Cycle now, const weft::memory::DramGaps& gaps);
  void precharge_all(std::size_t h, Cycle now, const weft::memory::DramGaps& gaps);
  void refresh_all(std::size_t h, Cycle now, const weft::memory::DramGaps& gaps);
  void refresh_bank(std::size_t b, Cycle now, const weft::memory::DramGaps& gaps);
  // `closes`: with auto-precharge.
  void read(std::size_t b, bool closes, Cycle now, const weft::memory::DramGaps& gaps);
  void write(std::size_t b, bool closes, Cycle now, const weft::memory::DramGaps& gaps);

  // All that still matters after tick `now`, with rows counted from one; and moved.
  void fingerprint(StateHash& out, Cycle now, std::int64_t row,
                   const weft::memory::DramGaps& gaps) const;
  void advance(Cycle ticks, std::int64_t rows);

 private:
  using Columns = std::array<Cycle, 2>;  // reads, writes
  struct Bank {
    std::int64_t row = kClosed;
    Cycle act = 0, pre = 0, ref = 0;
    Columns column{};
  };
  struct Group {
    Cycle act = 0;
    Columns column{};
  };
  struct Stack {
    Columns column{};
  };
  struct Half {
    Cycle act = 0, pre = 0, pre_all = 0, ref_all = 0, ref_bank = 0;
    Columns column{};
    Cycle refreshed = 0;               // a refresh is under way until then
    Cycle turned = 0;                  // of a column: what the other direction holds up
    std::array<Cycle, 4> activates{};  // the last four, 0: none
    std::uint8_t next = 0;             // the oldest of them
  };
  static Cycle later(Cycle a, Cycle b) { return a < b ? b : a; }
  static void raise(Cycle& time, Cycle to) { time = later(time, to); }
  void close(std::size_t b);
  void keep_row_time(std::size_t b) {
    row_timers_.set(b, bank_[b].row == kClosed ? bank_[b].act : bank_[b].pre);
  }

  DramLayout layout_;
  std::array<Bank, kMostBanks> bank_{};
  BankTimers row_timers_;
  std::array<Group, kMostBanks> group_{};
  std::array<Stack, kMostBanks> stack_{};
  std::array<Half, kMostPseudochannels> half_{};
  std::uint64_t open_ = 0;
  Cycle row_bus_ = 0;
};

}  // namespace weft::sim::memory
