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

namespace weft::sim::memory {

constexpr std::size_t kMostBanks = 64;
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

  std::uint64_t banks_of(std::size_t h) const {
    const std::uint64_t one =
        banks_per_half == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << banks_per_half) - 1;
    return one << (h * banks_per_half);
  }
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
  Cycle read_ready(std::size_t b) const {
    return later(later(bank_[b].rd, group_[layout_.group[b]].rd),
                 later(stack_[layout_.stack[b]].rd, half_[layout_.half[b]].rd));
  }
  Cycle write_ready(std::size_t b) const {
    return later(later(bank_[b].wr, group_[layout_.group[b]].wr),
                 later(stack_[layout_.stack[b]].wr, half_[layout_.half[b]].wr));
  }
  // No activate goes in a pseudo-channel before; and none, or no precharge, where a bank itself is
  // asked: an open one for its precharge, a closed one for its activate.
  Cycle half_activate_ready(std::size_t h) const { return later(half_[h].act, row_bus_); }
  Cycle bank_row_ready(std::size_t b) const { return row_time_[b]; }
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
  struct Bank {
    std::int64_t row = kClosed;
    Cycle act = 0, pre = 0, rd = 0, wr = 0, ref = 0;
  };
  struct Group {
    Cycle act = 0, rd = 0, wr = 0;
  };
  struct Stack {
    Cycle rd = 0, wr = 0;
  };
  struct Half {
    Cycle act = 0, pre = 0, rd = 0, wr = 0, pre_all = 0, ref_all = 0, ref_bank = 0;
    Cycle refreshed = 0;               // a refresh is under way until then
    Cycle turned = 0;                  // of rd or wr: what the other direction holds up
    std::array<Cycle, 4> activates{};  // the last four, 0: none
    std::uint8_t next = 0;             // the oldest of them
  };
  static Cycle later(Cycle a, Cycle b) { return a < b ? b : a; }
  static void raise(Cycle& time, Cycle to) { time = later(time, to); }
  void close(std::size_t b);
  void keep_row_time(std::size_t b) {
    row_time_[b] = bank_[b].row == kClosed ? bank_[b].act : bank_[b].pre;
  }

  DramLayout layout_;
  std::array<Bank, kMostBanks> bank_{};
  std::array<Cycle, kMostBanks> row_time_{};
  std::array<Group, kMostBanks> group_{};
  std::array<Stack, kMostBanks> stack_{};
  std::array<Half, kMostPseudochannels> half_{};
  std::uint64_t open_ = 0;
  Cycle row_bus_ = 0;
};

}  // namespace weft::sim::memory
