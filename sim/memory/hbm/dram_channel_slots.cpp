// The two slots of a tick: which command goes.
#include <algorithm>
#include <bit>

#include "models/common/error.hpp"
#include "sim/memory/hbm/dram_channel.hpp"

namespace weft::sim::memory {

using weft::memory::Page;
using weft::memory::Scheduler;

DramChannel::Pick DramChannel::find_active(Cycle now) {
  State& s = state_;
  if (s.active_banks == 0) return {};
  const std::uint64_t come = s.active_banks & s.active_timers.come(now);
  const Active* first = nullptr;
  for (std::uint64_t m = come; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    const Active& one = s.active[b];
    if (s.banks.access_ready(b, one.access.write) > now) continue;
    if (first == nullptr || one.access.arrived < first->access.arrived ||
        (one.access.arrived == first->access.arrived && one.order < first->order))
      first = &one;
  }
  return first != nullptr ? Pick{first->access.bank} : next_active(now, come);
}

// None may in this tick.
DramChannel::Pick DramChannel::next_active(Cycle now, std::uint64_t come) const {
  const State& s = state_;
  const auto ready = [&](std::size_t b) {
    return s.banks.access_ready(b, s.active[b].access.write);
  };
  BankKey next = s.active_timers.soonest(s.active_banks & ~come, ready);
  for (std::uint64_t m = come; m != 0; m &= m - 1)
    next.least({static_cast<std::uint64_t>(ready(first_of(m))), first_of(m)});
  if (next.none()) return {};
  return {-1, 0, rise(next.tick()),
          s.banks.why_no_access(next.bank(), s.active[next.bank()].access.write)};
}

DramChannel::Pick DramChannel::find_hit(Cycle now) const {
  const State& s = state_;
  const DramQueue& queue = waiting();
  std::uint64_t banks = queue.hit_banks();
  if (s.urgent != 0) banks &= s.urgent_hits ? s.urgent : 0;
  if (banks == 0) return {};
  BankKey first, next;
  for (std::uint64_t m = banks; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    const Cycle ready = s.banks.access_ready(b, s.write_mode);
    next.least_if(ready > now, {static_cast<std::uint64_t>(ready), b});
    first.least_if(ready <= now, {queue.hit_order(b), b});
  }
  if (!first.none()) return {static_cast<int>(first.bank()), first.value()};
  return {-1, 0, rise(next.tick()), s.banks.why_no_access(next.bank(), s.write_mode)};
}

// Where the bank itself may be asked, and its pseudo-channel takes activates.
inline Cycle DramChannel::row_ready(Cycle now, std::size_t b) const {
  const DramBanks& banks = state_.banks;
  const Cycle shared = banks.shared_row_ready(b);
  const Cycle ready = shared > now ? shared : now;
  if (!half_clocks_) return ready;
  return (banks.open() & bit_of(b)) != 0 ? precharge_at(ready, b, false) : rise(ready);
}

// Of a pseudo-channel that takes no activate yet, those that wait for one need not be asked.
DramChannel::Pick DramChannel::find_other(Cycle now) {
  State& s = state_;
  const DramQueue& queue = waiting();
  std::uint64_t banks = queue.other_banks() & ~s.active_banks;
  if (s.urgent != 0) banks &= s.urgent_hits ? 0 : s.urgent;
  std::uint64_t blocked = 0;
  for (std::size_t h = 0; h < layout_.pseudochannels; ++h) {
    const bool later = rise(s.banks.half_activate_ready(h)) > now;
    blocked |= layout_.banks_of[h] & mask_if(later);
  }
  blocked &= banks & ~s.banks.open();
  std::uint64_t come = banks & ~blocked & s.banks.row_timers().come(now);
  if (control_.scheduler == Scheduler::row_hit_first && s.urgent == 0) {
    const std::uint64_t later = hit_before(come & s.banks.open() & queue.hit_banks());
    come &= ~later;
    banks &= ~later;
  }
  BankKey first;
  for (std::uint64_t m = come; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    first.least_if(row_ready(now, b) <= now, {queue.other_order(b), b});
  }
  if (!first.none()) return {static_cast<int>(first.bank()), first.value()};
  return next_other(now, banks & ~blocked, come, blocked);
}

// None may in this tick: of these banks, of which those that have come wait for others; and of
// closed ones whose pseudo-channel is blocked.
DramChannel::Pick DramChannel::next_other(Cycle now, std::uint64_t banks, std::uint64_t come,
                                          std::uint64_t blocked) const {
  const State& s = state_;
  const BankTimers& timers = s.banks.row_timers();
  BankKey next = timers.soonest(banks & ~come, [&](std::size_t b) { return timers.time(b); });
  for (std::uint64_t m = come; m != 0; m &= m - 1)
    next.least({static_cast<std::uint64_t>(row_ready(now, first_of(m))), first_of(m)});
  Pick pick{-1, 0, next.tick()};
  std::size_t soonest = next.bank();
  for (std::size_t h = layout_.pseudochannels; h-- > 0;) {
    const std::uint64_t closed = blocked & layout_.banks_of[h];
    if (closed == 0) continue;
    const Cycle ready = rise(s.banks.half_activate_ready(h));
    if (ready > pick.next) continue;
    pick.next = ready;
    soonest = first_of(closed);
  }
  if (pick.next != kNever) pick.wait = s.banks.why_no_row(soonest);
  return pick;
}

// Of these banks, whose row is open and hit, those that an access came to before any other of it.
std::uint64_t DramChannel::hit_before(std::uint64_t banks) const {
  const DramQueue& queue = waiting();
  std::uint64_t before = 0;
  for (std::uint64_t m = banks; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    if (queue.hit(b).arrived <= queue.other(b).arrived) before |= bit_of(b);
  }
  return before;
}

// The first tick from `ready` on for a precharge of a bank, or of all of its pseudo-channel: on a
// falling edge not beside a row command to the same bank, or to all banks.
Cycle DramChannel::precharge_at(Cycle ready, std::size_t b, bool all) const {
  const State& s = state_;
  if (!half_clocks_ || ready != s.falling_pair_at || layout_.half[b] != layout_.half[s.rising_bank])
    return ready;
  const bool to_all = s.rising_command == DramCommand::precharge_all ||
                      s.rising_command == DramCommand::refresh_all;
  return to_all || all || b == s.rising_bank ? ready + 1 : ready;
}

bool DramChannel::column_slot(Cycle now) {
  State& s = state_;
  const Pick active = find_active(now);
  if (active.bank >= 0) {
    const auto b = static_cast<std::size_t>(active.bank);
    access(now, s.active[b].access, true, closes_row(b, true));
    s.column_at = rise(now + 1);
    return true;
  }
  s.column_at = active.next;
  s.wait = active.wait;
  if (!s.upkeep.empty()) {
    s.wait = DramWait::refresh;
    return false;
  }
  const Pick hit = find_hit(now);
  if (hit.bank >= 0) {
    issue_hit(now, static_cast<std::size_t>(hit.bank));
    s.column_at = rise(now + 1);
    return true;
  }
  if (hit.next < s.column_at) {
    s.column_at = hit.next;
    s.wait = hit.wait;
  }
  return false;
}

// Once a column command has gone in this tick: when the next one could, as its slot of the next
// tick would find. Among hits one may mostly go at once: then that slot looks itself.
void DramChannel::look_ahead(Cycle now) {
  State& s = state_;
  if (half_clocks_ || s.urgent != 0 || waiting().hit_banks() != 0) return;
  const Pick active = find_active(now + 1);
  if (active.bank >= 0) return;
  s.told = now + 1;
  s.column_at = active.next;
  s.wait = s.upkeep.empty() ? active.wait : DramWait::refresh;
}

// True where a command went.
bool DramChannel::row_slot(Cycle now) {
  State& s = state_;
  if (!s.upkeep.empty()) {
    if (!upkeep_slot(now)) return false;
    s.column_at = s.row_at = now + 1;
    return true;
  }
  if (now < s.banks.row_bus()) {
    s.row_at = s.banks.row_bus();
    if (s.row_at < s.column_at) s.wait = DramWait::row_bus;
    return false;
  }
  const Pick other = find_other(now);
  if (other.bank >= 0) {
    issue_other(now, static_cast<std::size_t>(other.bank));
    s.row_at = std::max(now + 1, s.banks.row_bus());
    return true;
  }
  s.row_at = other.next;
  if (s.row_at < s.column_at) s.wait = other.wait;
  return false;
}

// The first refresh that waits, with the precharge before it. True where a command went.
bool DramChannel::upkeep_slot(Cycle now) {
  State& s = state_;
  const Upkeep head = s.upkeep.front();
  const std::size_t first = head.all ? head.which * layout_.banks_per_half : head.which;
  const std::uint64_t banks = head.all ? layout_.banks_of[head.which] : bit_of(head.which);
  const bool open = (s.banks.open() & banks) != 0;
  s.wait = DramWait::refresh;
  if (open && (s.active_banks & banks) != 0) {
    s.row_at = kNever;  // until that access has gone
    return false;
  }
  Cycle ready = 0;
  if (open) {
    ready = head.all ? s.banks.precharge_all_ready(head.which) : s.banks.precharge_ready(first);
    ready = precharge_at(std::max(ready, now), first, head.all);
  } else {
    ready = head.all ? s.banks.refresh_all_ready(head.which) : s.banks.refresh_bank_ready(first);
    ready = rise(std::max(ready, now));
  }
  if (ready > now) {
    s.row_at = ready;
    return false;
  }
  if (open && head.all) {
    s.banks.precharge_all(head.which, now, gaps_);
    for (std::size_t b = first; b < first + layout_.banks_per_half; ++b) closed(b);
    send(now, DramCommand::precharge_all, first, s.counts.precharges);
  } else if (open) {
    s.banks.precharge(first, now, gaps_);
    closed(first);
    send(now, DramCommand::precharge, first, s.counts.precharges);
  } else {
    if (head.all) {
      s.banks.refresh_all(head.which, now, gaps_);
    } else {
      s.banks.refresh_bank(first, now, gaps_);
    }
    s.upkeep.pop_front();
    send(now, head.all ? DramCommand::refresh_all : DramCommand::refresh_bank, first,
         s.counts.refreshes);
  }
  return true;
}

void DramChannel::issue_hit(Cycle now, std::size_t b) {
  ++state_.counts.hits;
  if (state_.urgent != 0) ++state_.counts.urgent;
  const bool closes = closes_row(b, false);
  const DramAccess taken = state_.queue[state_.write_mode ? 1 : 0].pop_hit(b);
  access(now, taken, false, closes);
}

void DramChannel::issue_other(Cycle now, std::size_t b) {
  State& s = state_;
  DramQueue& queue = s.queue[s.write_mode ? 1 : 0];
  if ((s.banks.open() & bit_of(b)) != 0) {
    queue.mark_other(b);
    s.banks.precharge(b, now, gaps_);
    closed(b);
    send(now, DramCommand::precharge, b, s.counts.precharges);
    return;
  }
  s.active[b] = {queue.pop_other(b), s.activates++};
  const DramAccess& taken = s.active[b].access;
  ++(taken.precharged ? s.counts.conflicts : s.counts.misses);
  if (s.urgent != 0) {
    ++s.counts.urgent;
    s.column_at = now + 1;  // hits of other banks may go again
  }
  s.banks.activate(b, taken.row, now, gaps_);
  for (DramQueue& one : s.queue) one.opened(b, taken.row);
  s.active_banks |= bit_of(b);
  s.active_timers.set(b, s.banks.own_access_ready(b, taken.write));
  s.column_at = std::min(s.column_at, rise(now + std::min(gaps_.act_rd, gaps_.act_wr)));
  send(now, DramCommand::activate, b, s.counts.activates, gaps_.act_bus, taken.row);
}

bool DramChannel::closes_row(std::size_t b, bool from_active) const {
  const State& s = state_;
  if (control_.page == Page::open) return false;
  const std::uint64_t bit = bit_of(b);
  if (from_active) return ((s.queue[0].hit_banks() | s.queue[1].hit_banks()) & bit) == 0;
  if ((s.active_banks & bit) != 0) return false;
  const std::size_t mine = s.write_mode ? 1 : 0;
  return s.queue[mine].one_hit(b) && (s.queue[1 - mine].hit_banks() & bit) == 0;
}

void DramChannel::access(Cycle now, const DramAccess& one, bool from_active, bool closes) {
  State& s = state_;
  const std::size_t b = one.bank;
  if (one.write) {
    s.banks.write(b, closes, now, gaps_);
    s.done.push_back({one.id, now, true});
    ++s.counts.writes;
  } else {
    s.banks.read(b, closes, now, gaps_);
    s.data.push_back({one.id, now + gaps_.read_latency});
    s.data_at = std::min(s.data_at, now + gaps_.read_latency);
    ++s.counts.reads;
  }
  s.data_clock_until =
      std::max(s.data_clock_until, now + (one.write ? gaps_.wr_clock : gaps_.rd_clock));
  const std::size_t h = layout_.half[b];
  if (s.last_write[h] != one.write) ++s.counts.turnarounds;
  s.last_write[h] = one.write;
  const DramCommand sent = one.write ? (closes ? DramCommand::write_precharge : DramCommand::write)
                                     : (closes ? DramCommand::read_precharge : DramCommand::read);
  if (from_active) s.active_banks &= ~bit_of(b);
  if (closes) {
    ++s.counts.auto_precharges;
    closed(b);
  }
  // The bank may now close, or be opened.
  if ((waiting().other_banks() & bit_of(b)) != 0 || !s.upkeep.empty())
    s.row_at = std::min(s.row_at, now);
  log(now, sent, b, one.row);
}

void DramChannel::closed(std::size_t b) {
  for (DramQueue& queue : state_.queue) queue.closed(b);
}

// On the row bus for so long, and counted.
void DramChannel::send(Cycle now, DramCommand command, std::size_t bank, std::uint64_t& counter,
                       Cycle bus, std::int64_t row) {
  State& s = state_;
  log(now, command, bank, row);
  ++counter;
  s.counts.row_bus_ticks += static_cast<std::uint64_t>(bus);
  if (half_clocks_ && rising(now)) {
    s.rising_command = command;
    s.rising_bank = static_cast<std::uint8_t>(bank);
    s.falling_pair_at = now + (command == DramCommand::activate ? 3 : 1);
  }
}

}  // namespace weft::sim::memory
