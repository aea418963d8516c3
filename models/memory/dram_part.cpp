#include "models/memory/dram_part.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>

namespace weft::memory {
namespace {

// Banks of a channel that the controller's masks hold.
constexpr std::int64_t kMostBanks = 64;

class Checker {
 public:
  Checker(const DramPart& part, const config::Origins& origins) : part_(part), origins_(origins) {}

  std::vector<Problem> run() {
    check_organisation();
    check_commands();
    check_row();
    check_columns();
    check_refresh();
    return std::move(problems_);
  }

 private:
  void add(const std::string& path, const std::string& value, std::string message) {
    problems_.push_back({config::origin_of(origins_, path), path, value, std::move(message)});
  }
  // Clocks of `name` are at least `least`, which `why` names.
  void at_least(const char* name, std::int64_t value, std::int64_t least, const std::string& why) {
    if (value < least)
      add(std::string("clocks.") + name, std::to_string(value),
          fmt::format("must be at least {}, {}", least, why));
  }
  static bool is_power(std::int64_t n) {
    return std::has_single_bit(static_cast<std::uint64_t>(n));
  }

  void check_organisation() {
    const Organisation& o = part_.organisation;
    const auto power = [&](const char* name, std::int64_t value) {
      if (!is_power(value))
        add(std::string("organisation.") + name, std::to_string(value), "must be a power of two");
    };
    power("pseudochannels", o.pseudochannels);
    power("stack_ids", o.stack_ids);
    power("bank_groups", o.bank_groups);
    power("banks", o.banks);
    power("rows", o.rows);
    power("row_bytes", o.row_bytes);
    power("access_bytes", o.access_bytes);
    if (o.access_bytes > o.row_bytes)
      add("organisation.access_bytes", std::to_string(o.access_bytes),
          fmt::format("must be at most the row's {}", o.row_bytes));
    if (o.all_banks() > kMostBanks)
      add("organisation", "",
          fmt::format("{} banks in a channel; must be at most {}", o.all_banks(), kMostBanks));
    if (o.stack_ids > 1 && !part_.clocks.ccd_r)
      add("clocks", "", "missing key: ccd_r, column to column of another stack identifier");
  }

  void check_commands() {
    const CommandBus& bus = part_.commands;
    const auto whole = [&](const char* name, double clocks) {
      const double ticks = clocks * static_cast<double>(part_.ticks_per_clock());
      if (ticks != std::floor(ticks))
        add(std::string("commands.") + name, config::number_text(clocks),
            part_.ticks_per_clock() == 2 ? "must be whole halves of a clock"
                                         : "must be whole clocks: no command takes half of one");
    };
    if (bus.precharge_clocks != 0.5 && bus.precharge_clocks != 1)
      add("commands.precharge_clocks", config::number_text(bus.precharge_clocks),
          "must be 0.5 or 1");
    whole("activate_clocks", bus.activate_clocks);
    if (bus.shared && bus.precharge_clocks < 1)
      add("commands.shared", "true", "a shared bus takes whole clocks");
    if (part_.clocks.wck_postamble && !bus.shared)
      add("clocks.wck_postamble", std::to_string(*part_.clocks.wck_postamble),
          "a data clock is started on a bus for all commands: commands.shared");
  }

  void check_row() {
    const Timings& t = part_.clocks;
    at_least("rc", t.rc, t.ras + t.rp, fmt::format("ras {} + rp {}", t.ras, t.rp));
    at_least("ras", t.ras, t.rcd_read, "rcd_read");
    if (t.rp_all) at_least("rp_all", *t.rp_all, t.rp, "rp");
    at_least("rrd_l", t.rrd_l, t.rrd_s, "rrd_s");
    at_least("faw", t.faw, t.rrd_s, "rrd_s");
  }

  void check_columns() {
    const Timings& t = part_.clocks;
    at_least("ccd_s", t.ccd_s, t.burst, "burst: accesses follow each other on the data pins");
    at_least("ccd_l", t.ccd_l, t.ccd_s, "ccd_s");
    if (t.ccd_r) at_least("ccd_r", *t.ccd_r, t.ccd_s, "ccd_s");
    at_least("wtr_l", t.wtr_l, t.wtr_s, "wtr_s");
    at_least("read_to_write", t.read_to_write, t.cl + t.burst - t.cwl,
             "cl + burst - cwl: data read leaves the pins before data written comes");
  }

  void check_refresh() {
    const Timings& t = part_.clocks;
    at_least("rfc", t.rfc, t.rc, "rc: a refresh is a row cycle or more");
    at_least("refi", t.refi, t.rfc + t.rc + t.rp_all.value_or(t.rp) + 1,
             "rfc + rc + rp, and a clock for anything else");
    if (t.refi_bank.has_value() != t.rfc_bank.has_value() ||
        t.refi_bank.has_value() != t.rrefd.has_value()) {
      add("clocks", "", "refi_bank, rfc_bank and rrefd come together, or none of them");
      return;
    }
    if (!t.refi_bank) return;
    at_least("rfc_bank", *t.rfc_bank, t.rc, "rc: a refresh is a row cycle or more");
    at_least("refi_bank", *t.refi_bank, t.rc + t.rp + *t.rrefd + 1,
             "rc + rp + rrefd, and a clock for anything else");
    const std::int64_t banks = part_.organisation.all_banks();
    const std::int64_t turn = *t.rfc_bank + t.rc + t.rp;
    at_least(
        "refi_bank", *t.refi_bank, turn / banks + 1,
        fmt::format("or a bank of {} is to be refreshed again before it has been: rfc_bank + rc "
                    "+ rp, over them",
                    banks));
    if (*t.rfc_bank > t.rfc)
      add("clocks.rfc_bank", std::to_string(*t.rfc_bank),
          fmt::format("must be at most rfc, {}: all banks take no less than one", t.rfc));
    at_least("refi", t.refi, *t.refi_bank, "refi_bank");
  }

  const DramPart& part_;
  const config::Origins& origins_;
  std::vector<Problem> problems_;
};

}  // namespace

double DramPart::peak_bytes_per_s() const {
  const auto bytes = static_cast<double>(organisation.access_bytes * organisation.pseudochannels);
  return bytes * 1e12 / (clock_ps * static_cast<double>(clocks.burst));
}

std::vector<Problem> problems_of(const DramPart& part, const config::Origins& origins) {
  return Checker(part, origins).run();
}

DramPart load_part(const std::filesystem::path& file) {
  config::Origins origins;
  config::Reader reader(&origins);
  DramPart part;
  config::read(config::load_file(file), part, reader);
  if (reader.count() == 0) {
    for (Problem& problem : problems_of(part, origins)) reader.add(std::move(problem));
  }
  reader.finish();
  return part;
}

}  // namespace weft::memory
