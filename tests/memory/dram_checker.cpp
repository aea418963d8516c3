#include "tests/memory/dram_checker.hpp"

#include <cmath>

namespace weft::sim::memory {
namespace {

constexpr auto kAct = DramCommand::activate;
constexpr auto kPre = DramCommand::precharge;
constexpr auto kPreAll = DramCommand::precharge_all;
constexpr auto kRead = DramCommand::read;
constexpr auto kWrite = DramCommand::write;
constexpr auto kReadPre = DramCommand::read_precharge;
constexpr auto kWritePre = DramCommand::write_precharge;
constexpr auto kRefAll = DramCommand::refresh_all;
constexpr auto kRefBank = DramCommand::refresh_bank;
constexpr auto kStart = DramCommand::start_clock;

bool is_column(DramCommand c) {
  return c == kRead || c == kWrite || c == kReadPre || c == kWritePre;
}
bool to_all(DramCommand c) { return c == kPreAll || c == kRefAll; }

}  // namespace

DramChecker::DramChecker(const weft::memory::DramPart& part)
    : part_(part),
      t_(part_.clocks),
      k_(part.commands.precharge_clocks < 1 ? 2 : 1),
      group_banks_(static_cast<std::size_t>(part.organisation.banks)),
      groups_of_stack_(static_cast<std::size_t>(part.organisation.bank_groups)),
      banks_(static_cast<std::size_t>(part.organisation.all_banks())),
      halves_(static_cast<std::size_t>(part.organisation.pseudochannels)),
      stacks_(halves_.size() * static_cast<std::size_t>(part.organisation.stack_ids)),
      groups_(stacks_.size() * groups_of_stack_),
      activates_(halves_.size()) {}

void DramChecker::fail(const std::string& what) {
  violations_.push_back("tick " + std::to_string(now_.tick) + ", bank " +
                        std::to_string(now_.bank) + ": " + what);
}

// `need` in clocks.
void DramChecker::rule(const std::string& name, Cycle gap, Cycle need) {
  const Cycle slack = gap - need * k_;
  if (slack < 0)
    fail(name + ": " + std::to_string(gap) + " ticks, must be " + std::to_string(need * k_));
  const auto found = slack_.emplace(name, slack).first;
  found->second = std::min(found->second, slack);
}

void DramChecker::check_bus(const SentCommand& sent, Cycle took) {
  const bool rising = k_ == 1 || sent.tick % 2 == 1;
  Cycle& until = is_column(sent.command) ? column_until_ : row_until_;
  if (sent.tick < until) fail("its bus is taken until " + std::to_string(until));
  until = sent.tick + took;
  if (part_.commands.shared) row_until_ = column_until_ = until;
  const bool precharge = sent.command == kPre || sent.command == kPreAll;
  if (!rising && !precharge) fail("only precharges go on falling edges");
  if (is_column(sent.command)) return;
  if (rising) {
    rising_ = sent;
    return;
  }
  // Beside it: the falling edge of the clock in which the row command on a rising edge ended.
  const Cycle beside = rising_.tick + (rising_.command == kAct ? 3 : 1);
  const auto half = [&](std::int32_t b) { return half_of(static_cast<std::size_t>(b)); };
  if (sent.tick != beside || half(sent.bank) != half(rising_.bank)) return;
  if (to_all(rising_.command) || sent.command == kPreAll || sent.bank == rising_.bank)
    fail("a precharge beside a row command to the same bank");
}

// A data clock goes until its postamble behind the last data. What starts it is followed by the
// access that it is for, and comes only while it stands.
void DramChecker::check_data_clock(const SentCommand& sent) {
  const bool started = before_.command == kStart;
  const bool access = is_column(sent.command);
  if (started && (!access || sent.tick != before_.tick + 1 || sent.bank != before_.bank))
    fail("the data clock was started for an access that does not follow");
  if (sent.command == kStart && sent.tick < data_clock_until_)
    fail("the data clock is started while it goes");
  if (access && !started && sent.tick >= data_clock_until_)
    fail("an access while the data clock stands");
  before_ = sent;
  if (!access) return;
  const bool read = sent.command == kRead || sent.command == kReadPre;
  data_clock_until_ = std::max(data_clock_until_,
                               sent.tick + (read ? t_.cl : t_.cwl) + t_.burst + *t_.wck_postamble);
}

void DramChecker::check_state(const SentCommand& sent) {
  const auto first = static_cast<std::size_t>(sent.bank);
  if (sent.command == kStart) return;
  const std::size_t count = to_all(sent.command) ? banks_.size() / halves_.size() : 1;
  for (std::size_t b = first; b < first + count; ++b) {
    Bank& bank = banks_[b];
    if (is_column(sent.command)) {
      if (!bank.open) fail("an access to a closed bank");
      if (bank.open && bank.row != sent.row) fail("an access to another row than is open");
    } else if (sent.command == kAct) {
      if (bank.open) fail("an activate of an open bank");
      bank.row = sent.row;
    } else if (sent.command == kPre) {
      if (!bank.open) fail("a precharge of a closed bank");
    } else if (sent.command != kPreAll && bank.open) {
      fail("a refresh of an open bank");
    }
    bank.open = sent.command == kAct || sent.command == kRead || sent.command == kWrite;
  }
}

void DramChecker::check_activate(std::size_t b) {
  const Scope& bank = banks_[b].scope;
  const Scope& half = halves_[half_of(b)];
  rule("tRC", since(bank, kAct), t_.rc);
  rule("tRP", since(bank, kPre), t_.rp);
  rule("tRTP + tRP, auto-precharge", since(bank, kReadPre), t_.rtp + t_.rp);
  rule("tWR + tRP, auto-precharge", since(bank, kWritePre), t_.cwl + t_.burst + t_.wr + t_.rp);
  rule("tRP, all banks", since(half, kPreAll), t_.rp_all.value_or(t_.rp));
  rule("tRRDS", since(half, kAct), t_.rrd_s);
  rule("tRRDL", since(groups_[group_of(b)], kAct), t_.rrd_l);
  rule("tRFC", since(half, kRefAll), t_.rfc);
  if (t_.rfc_bank) {
    rule("tRFCpb", since(bank, kRefBank), *t_.rfc_bank);
    rule("tRREFD", since(half, kRefBank), *t_.rrefd);
  }
  std::vector<Cycle>& four = activates_[half_of(b)];
  if (four.size() == 4) {
    rule("tFAW", at_ - four.front(), t_.faw);
    four.erase(four.begin());
  }
  four.push_back(at_);
}

void DramChecker::check_precharge(std::size_t b) {
  const Scope& bank = banks_[b].scope;
  rule("tRAS", since(bank, kAct), t_.ras);
  rule("tRTP", since(bank, kRead), t_.rtp);
  rule("tWR", since(bank, kWrite), t_.cwl + t_.burst + t_.wr);
  if (!t_.ppd) return;
  rule("tPPD", since(halves_[half_of(b)], kPre), *t_.ppd);
  rule("tPPD, all banks", since(halves_[half_of(b)], kPreAll), *t_.ppd);
}

void DramChecker::check_precharge_all(std::size_t h) {
  const Scope& half = halves_[h];
  rule("tRAS, all banks", since(half, kAct), t_.ras);
  rule("tRTP, all banks", since(half, kRead), t_.rtp);
  rule("tWR, all banks", since(half, kWrite), t_.cwl + t_.burst + t_.wr);
  rule("tRFC, then precharge", since(half, kRefAll), t_.rfc);
  if (t_.ppd) rule("tPPD, all banks", since(half, kPre), *t_.ppd);
}

void DramChecker::check_access(std::size_t b, bool write) {
  const Scope& half = halves_[half_of(b)];
  const Scope& group = groups_[group_of(b)];
  rule(write ? "tRCDWR" : "tRCDRD", since(banks_[b].scope, kAct),
       write ? t_.rcd_write : t_.rcd_read);
  for (const bool closes : {false, true}) {
    const DramCommand same = write ? (closes ? kWritePre : kWrite) : (closes ? kReadPre : kRead);
    const DramCommand other = write ? (closes ? kReadPre : kRead) : (closes ? kWritePre : kWrite);
    const std::string kind = write ? " of writes" : " of reads";
    rule("data pins" + kind, since(half, same), t_.burst);
    rule("tCCDL" + kind, since(group, same), t_.ccd_l);
    for (std::size_t s = half_of(b) * (stacks_.size() / halves_.size());
         s < (half_of(b) + 1) * (stacks_.size() / halves_.size()); ++s) {
      if (s == stack_of(b)) {
        rule("tCCDS" + kind, since(stacks_[s], same), t_.ccd_s);
      } else {
        rule("tCCDR" + kind, since(stacks_[s], same), *t_.ccd_r);
      }
    }
    if (write) {
      rule("read to write", since(half, other), t_.read_to_write);
    } else {
      rule("tWTRS", since(half, other), t_.cwl + t_.burst + t_.wtr_s);
      rule("tWTRL", since(group, other), t_.cwl + t_.burst + t_.wtr_l);
    }
  }
}

void DramChecker::check_refresh_all(std::size_t h) {
  const Scope& half = halves_[h];
  rule("tRC, then refresh", since(half, kAct), t_.rc);
  rule("tRP, then refresh", since(half, kPre), t_.rp);
  rule("tRP, all banks, then refresh", since(half, kPreAll), t_.rp_all.value_or(t_.rp));
  rule("tRTP + tRP, then refresh", since(half, kReadPre), t_.rtp + t_.rp);
  rule("tWR + tRP, then refresh", since(half, kWritePre), t_.cwl + t_.burst + t_.wr + t_.rp);
  rule("tRFC, then refresh", since(half, kRefAll), t_.rfc);
}

void DramChecker::check_refresh_bank(std::size_t b) {
  const Scope& bank = banks_[b].scope;
  const Scope& half = halves_[half_of(b)];
  rule("tRC, then refresh of a bank", since(bank, kAct), t_.rc);
  rule("tRP, then refresh of a bank", since(bank, kPre), t_.rp);
  rule("tRTP + tRP, then refresh of a bank", since(bank, kReadPre), t_.rtp + t_.rp);
  rule("tWR + tRP, then refresh of a bank", since(bank, kWritePre),
       t_.cwl + t_.burst + t_.wr + t_.rp);
  rule("tRFCpb, then refresh of a bank", since(bank, kRefBank), *t_.rfc_bank);
  rule("tRRDS, then refresh of a bank", since(half, kAct), t_.rrd_s);
  if (t_.ppd) rule("tRREFD, refreshes", since(half, kRefBank), *t_.rrefd);
}

void DramChecker::see(const SentCommand& sent) {
  now_ = sent;
  const auto b = static_cast<std::size_t>(sent.bank);
  const double clocks = sent.command == kAct ? part_.commands.activate_clocks
                        : is_column(sent.command) || sent.command == kStart
                            ? 1
                            : part_.commands.precharge_clocks;
  const Cycle took = std::llround(clocks * static_cast<double>(k_));
  at_ = sent.tick + took - 1;
  check_bus(sent, took);
  check_state(sent);
  if (t_.wck_postamble) check_data_clock(sent);
  switch (sent.command) {
    case kAct: check_activate(b); break;
    case kPre: check_precharge(b); break;
    case kPreAll: check_precharge_all(half_of(b)); break;
    case kRead:
    case kReadPre: check_access(b, false); break;
    case kWrite:
    case kWritePre: check_access(b, true); break;
    case kRefAll: check_refresh_all(half_of(b)); break;
    case kRefBank: check_refresh_bank(b); break;
    case kStart: return;
  }
  const auto note = [&](Scope& scope) { scope.last[static_cast<std::size_t>(sent.command)] = at_; };
  note(halves_[half_of(b)]);
  if (to_all(sent.command)) return;
  note(banks_[b].scope);
  note(groups_[group_of(b)]);
  note(stacks_[stack_of(b)]);
}

}  // namespace weft::sim::memory
