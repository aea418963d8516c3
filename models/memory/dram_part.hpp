// A DRAM as its data sheet describes it: how it is organised, and what time must pass between
// commands. From configs/dram/*.yaml. All times are in clocks of the command bus.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/common/fields.hpp"

namespace weft::memory {

// One channel: pseudo-channels that share its command buses, each with stack identifiers, bank
// groups, banks. All are powers of two.
struct Organisation {
  std::int64_t pseudochannels = 1;
  std::int64_t stack_ids = 1;
  std::int64_t bank_groups = 1;
  std::int64_t banks = 1;  // of a group
  std::int64_t rows = 0;   // of a bank
  std::int64_t row_bytes = 0;
  std::int64_t access_bytes = 0;  // that one column command moves

  std::int64_t all_banks() const { return pseudochannels * stack_ids * bank_groups * banks; }
  std::int64_t columns() const { return row_bytes / access_bytes; }
  std::int64_t channel_bytes() const { return all_banks() * rows * row_bytes; }
};

inline auto fields(config::Tag<Organisation>) {
  using config::optional, config::required;
  return config::field_table(
      optional("pseudochannels", &Organisation::pseudochannels, {1, 2},
               "halves of a channel with data pins of their own"),
      optional("stack_ids", &Organisation::stack_ids, {1, 16}, "stack identifiers, or ranks"),
      required("bank_groups", &Organisation::bank_groups, {1, 16}, "bank groups"),
      required("banks", &Organisation::banks, {1, 64}, "banks of a group"),
      required("rows", &Organisation::rows, {1, 1 << 24}, "rows of a bank"),
      required("row_bytes", &Organisation::row_bytes, {64, 65536}, "bytes of a row"),
      required("access_bytes", &Organisation::access_bytes, {8, 256},
               "bytes that a column command moves"));
}

// Clocks between commands, by their JEDEC names (tRCDRD is rcd_read).
struct Timings {
  std::int64_t burst = 0;  // on the data pins
  std::int64_t cl = 0;
  std::int64_t cwl = 0;
  std::int64_t rcd_read = 0;
  std::int64_t rcd_write = 0;
  std::int64_t rp = 0;
  std::int64_t ras = 0;
  std::int64_t rc = 0;
  std::int64_t ccd_s = 0;
  std::int64_t ccd_l = 0;
  std::optional<std::int64_t> ccd_r = std::nullopt;  // to another stack identifier
  std::int64_t rrd_s = 0;
  std::int64_t rrd_l = 0;
  std::int64_t faw = 0;
  std::int64_t wr = 0;
  std::int64_t rtp = 0;
  std::int64_t wtr_s = 0;
  std::int64_t wtr_l = 0;
  std::int64_t read_to_write = 0;
  std::optional<std::int64_t> ppd = std::nullopt;     // precharge to precharge
  std::optional<std::int64_t> rp_all = std::nullopt;  // rp, of all banks
  // A data clock that stands unless accesses keep it going; without it, it always goes.
  std::optional<std::int64_t> wck_postamble = std::nullopt;
  std::int64_t refi = 0;
  std::int64_t rfc = 0;
  // Refresh of one bank; a part without them has none.
  std::optional<std::int64_t> refi_bank = std::nullopt;
  std::optional<std::int64_t> rfc_bank = std::nullopt;
  std::optional<std::int64_t> rrefd = std::nullopt;
};

inline auto fields(config::Tag<Timings>) {
  using config::optional, config::required;
  constexpr config::Range kClocks{1, 1 << 20};
  return config::field_table(
      required("burst", &Timings::burst, kClocks, "clocks of data of one access"),
      required("cl", &Timings::cl, kClocks, "read to its first data"),
      required("cwl", &Timings::cwl, kClocks, "write to its first data"),
      required("rcd_read", &Timings::rcd_read, kClocks, "activate to read"),
      required("rcd_write", &Timings::rcd_write, kClocks, "activate to write"),
      required("rp", &Timings::rp, kClocks, "precharge to activate"),
      required("ras", &Timings::ras, kClocks, "activate to precharge"),
      required("rc", &Timings::rc, kClocks, "activate to activate, of a bank"),
      required("ccd_s", &Timings::ccd_s, kClocks, "column to column, another bank group"),
      required("ccd_l", &Timings::ccd_l, kClocks, "column to column, the same bank group"),
      optional("ccd_r", &Timings::ccd_r, kClocks, "column to column, another stack identifier"),
      required("rrd_s", &Timings::rrd_s, kClocks, "activate to activate, another bank group"),
      required("rrd_l", &Timings::rrd_l, kClocks, "activate to activate, the same bank group"),
      required("faw", &Timings::faw, kClocks, "an activate to the fourth after it"),
      required("wr", &Timings::wr, kClocks, "last data written to precharge"),
      required("rtp", &Timings::rtp, kClocks, "read to precharge"),
      required("wtr_s", &Timings::wtr_s, kClocks, "last data written to read, another bank group"),
      required("wtr_l", &Timings::wtr_l, kClocks, "last data written to read, the same bank group"),
      required("read_to_write", &Timings::read_to_write, kClocks, "read to write"),
      optional("ppd", &Timings::ppd, kClocks, "precharge to precharge"),
      optional("rp_all", &Timings::rp_all, kClocks,
               "precharge of all banks to activate, where it takes longer than rp"),
      optional("wck_postamble", &Timings::wck_postamble, {0, 1 << 20},
               "that the data clock goes on behind an access's data; an access after that starts "
               "it by a command before it, of a clock; without this key it always goes"),
      required("refi", &Timings::refi, kClocks, "one refresh of all banks to the next"),
      required("rfc", &Timings::rfc, kClocks, "refresh of all banks to what follows"),
      optional("refi_bank", &Timings::refi_bank, kClocks, "one refresh of a bank to the next"),
      optional("rfc_bank", &Timings::rfc_bank, kClocks, "refresh of a bank to its activate"),
      optional("rrefd", &Timings::rrefd, kClocks, "refresh of a bank to another bank's activate"));
}

// How commands reach the part.
struct CommandBus {
  double activate_clocks = 1;   // that an activate takes on its bus
  double precharge_clocks = 1;  // a precharge or a refresh: half a clock, or one
  bool shared = false;          // one bus for row and column commands
};

inline auto fields(config::Tag<CommandBus>) {
  return config::field_table(
      config::optional("activate_clocks", &CommandBus::activate_clocks, {1, 4},
                       "that an activate takes on its bus, in halves"),
      config::optional("precharge_clocks", &CommandBus::precharge_clocks, {0.5, 1},
                       "that a precharge or refresh takes: 1, or 0.5 (then commands go on both "
                       "edges, columns and activates on rising ones)"),
      config::optional("shared", &CommandBus::shared,
                       "one bus for row and column commands; else one each"));
}

struct DramPart {
  std::string description;
  std::string source;
  double clock_ps = 0;
  CommandBus commands;
  Organisation organisation;
  Timings clocks;
  std::string mapping;  // the one to use unless asked for another

  // Controller's ticks in a clock: 2 where commands take half a clock.
  std::int64_t ticks_per_clock() const { return commands.precharge_clocks < 1 ? 2 : 1; }
  double tick_ps() const { return clock_ps / static_cast<double>(ticks_per_clock()); }
  // Of one channel, with all its pseudo-channels.
  double peak_bytes_per_s() const;
};

inline auto fields(config::Tag<DramPart>) {
  using config::optional, config::required;
  return config::field_table(
      optional("description", &DramPart::description, "what it is"),
      required("source", &DramPart::source, "where the numbers come from"),
      required("clock_ps", &DramPart::clock_ps, {50, 1e5}, "picoseconds of a clock of commands"),
      optional("commands", &DramPart::commands, "how commands reach it"),
      required("organisation", &DramPart::organisation, "of one channel"),
      required("clocks", &DramPart::clocks, "between commands, in clocks"),
      required("mapping", &DramPart::mapping, "of addresses, unless another is asked for"));
}

// Everything that does not fit together, each with its place.
std::vector<Problem> problems_of(const DramPart& part, const config::Origins& origins);

// ConfigError lists every fault with file and line.
DramPart load_part(const std::filesystem::path& file);

}  // namespace weft::memory
