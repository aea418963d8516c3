// The two slots of a tick: which command goes.
#include <algorithm>
#include <bit>

#include "models/common/error.hpp"
#include "sim/memory/hbm/dram_channel.hpp"

namespace weft::sim::memory {

using weft::memory::Page;
using weft::memory::Scheduler;

namespace {

std::size_t first_of(std::uint64_t mask) {
  return static_cast<std::size_t>(std::countr_zero(mask));
}
std::uint64_t bit_of(std::size_t b) { return std::uint64_t{1} << b; }

}  // namespace

DramChannel::Pick DramChannel::find_active(Cycle now) const {
  const State& s = state_;
  Pick pick;
  Cycle arrived = kNever;
  std::size_t soonest = 0;
  for (std::uint64_t m = s.active_banks; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    const Active& one = s.active[b];
    const Cycle ready = one.access.write ? s.banks.write_ready(b) : s.banks.read_ready(b);
    if (ready > now) {
      if (ready < pick.next) {
        pick.next = ready;
        soonest = b;
      }
      continue;
    }
    if (pick.bank < 0 || one.access.arrived < arrived ||
        (one.access.arrived == arrived && one.order < pick.order)) {
      pick.bank = static_cast<int>(b);
      pick.order = one.order;
      arrived = one.access.arrived;
    }
  }
  if (pick.bank < 0 && pick.next != kNever)
    pick.wait = s.banks.why_no_access(soonest, s.active[soonest].access.write);
  pick.next = rise(pick.next);
  return pick;
}

DramChannel::Pick DramChannel::find_hit(Cycle now) const {
  const State& s = state_;
  const DramQueue& queue = waiting();
  Pick pick;
  std::size_t soonest = 0;
  std::uint64_t banks = queue.hit_banks();
  if (s.urgent != 0) banks &= s.urgent_hits ? s.urgent : 0;
  for (std::uint64_t m = banks; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    const Cycle ready = s.write_mode ? s.banks.write_ready(b) : s.banks.read_ready(b);
    if (ready > now) {
      if (ready < pick.next) {
        pick.next = ready;
        soonest = b;
      }
      continue;
    }
    const std::uint64_t order = queue.hit_order(b);
    if (pick.bank < 0 || order < pick.order) {
      pick.bank = static_cast<int>(b);
      pick.order = order;
    }
  }
  if (pick.bank < 0 && pick.next != kNever)
    pick.wait = s.banks.why_no_access(soonest, s.write_mode);
  pick.next = rise(pick.next);
  return pick;
}

DramChannel::Pick DramChannel::find_other(Cycle now) const {
  const State& s = state_;
  const DramQueue& queue = waiting();
  Pick pick;
  std::size_t soonest = 0;
  std::uint64_t banks = queue.other_banks() & ~s.active_banks;
  if (s.urgent != 0) banks &= s.urgent_hits ? 0 : s.urgent;
  // Of a pseudo-channel that takes no activate yet, those that wait for one need not be asked.
  for (std::size_t h = 0; h < layout_.pseudochannels; ++h) {
    const std::uint64_t closed = banks & ~s.banks.open() & layout_.banks_of(h);
    const Cycle ready = rise(s.banks.half_activate_ready(h));
    if (closed == 0 || ready <= now) continue;
    banks &= ~closed;
    if (ready < pick.next) {
      pick.next = ready;
      soonest = first_of(closed);
    }
  }
  const bool hits_first = control_.scheduler == Scheduler::row_hit_first && s.urgent == 0;
  for (std::uint64_t m = banks; m != 0; m &= m - 1) {
    const std::size_t b = first_of(m);
    if (const Cycle alone = s.banks.bank_row_ready(b); alone > now) {
      if (alone < pick.next) {
        pick.next = alone;
        soonest = b;
      }
      continue;
    }
    const bool open = (s.banks.open() & bit_of(b)) != 0;
    if (open && hits_first && (queue.hit_banks() & bit_of(b)) != 0 &&
        queue.hit(b).arrived <= queue.other(b).arrived)
      continue;
    const Cycle ready = open ? precharge_at(std::max(now, s.banks.precharge_ready(b)), b, false)
                             : rise(std::max(now, s.banks.activate_ready(b)));
    if (ready > now) {
      if (ready < pick.next) {
        pick.next = ready;
        soonest = b;
      }
      continue;
    }
    const std::uint64_t order = queue.other_order(b);
    if (pick.bank < 0 || order < pick.order) {
      pick.bank = static_cast<int>(b);
      pick.order = order;
    }
  }
  if (pick.bank < 0 && pick.next != kNever) pick.wait = s.banks.why_no_row(soonest);
  return pick;
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

void DramChannel::row_slot(Cycle now) {
  State& s = state_;
  if (!s.upkeep.empty()) {
    if (upkeep_slot(now)) s.column_at = s.row_at = now + 1;
    return;
  }
  if (now < s.banks.row_bus()) {
    s.row_at = s.banks.row_bus();
    if (s.row_at < s.column_at) s.wait = DramWait::row_bus;
    return;
  }
  const Pick other = find_other(now);
  if (other.bank >= 0) {
    issue_other(now, static_cast<std::size_t>(other.bank));
    s.row_at = std::max(now + 1, s.banks.row_bus());
    return;
  }
  s.row_at = other.next;
  if (s.row_at < s.column_at) s.wait = other.wait;
}

// The first refresh that waits, with the precharge before it. True where a command went.
bool DramChannel::upkeep_slot(Cycle now) {
  State& s = state_;
  const Upkeep head = s.upkeep.front();
  const std::size_t first = head.all ? head.which * layout_.banks_per_half : head.which;
  const std::uint64_t banks = head.all ? layout_.banks_of(head.which) : bit_of(head.which);
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
    send(now, DramCommand::precharge_all, first);
  } else if (open) {
    s.banks.precharge(first, now, gaps_);
    closed(first);
    send(now, DramCommand::precharge, first);
  } else {
    if (head.all) {
      s.banks.refresh_all(head.which, now, gaps_);
    } else {
      s.banks.refresh_bank(first, now, gaps_);
    }
    s.upkeep.pop_front();
    send(now, head.all ? DramCommand::refresh_all : DramCommand::refresh_bank, first);
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
    send(now, DramCommand::precharge, b);
    return;
  }
  const DramAccess taken = queue.pop_other(b);
  ++(taken.precharged ? s.counts.conflicts : s.counts.misses);
  if (s.urgent != 0) {
    ++s.counts.urgent;
    s.column_at = now + 1;  // hits of other banks may go again
  }
  s.banks.activate(b, taken.row, now, gaps_);
  for (DramQueue& one : s.queue) one.opened(b, taken.row);
  s.active[b] = {taken, s.activates++};
  s.active_banks |= bit_of(b);
  s.column_at = std::min(s.column_at, rise(now + std::min(gaps_.act_rd, gaps_.act_wr)));
  send(now, DramCommand::activate, b, taken.row);
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
  send(now, sent, b, one.row);
}

void DramChannel::closed(std::size_t b) {
  for (DramQueue& queue : state_.queue) queue.closed(b);
}

void DramChannel::send(Cycle now, DramCommand command, std::size_t bank, std::int64_t row) {
  State& s = state_;
  if (log_ != nullptr) log_->push_back({now, command, static_cast<std::int32_t>(bank), row});
  Cycle bus = 1;
  switch (command) {
    case DramCommand::activate:
      ++s.counts.activates;
      bus = gaps_.act_bus;
      break;
    case DramCommand::precharge:
    case DramCommand::precharge_all: ++s.counts.precharges; break;
    case DramCommand::refresh_all:
    case DramCommand::refresh_bank: ++s.counts.refreshes; break;
    case DramCommand::start_clock: ++s.counts.clock_starts; break;
    default: return;
  }
  s.counts.row_bus_ticks += static_cast<std::uint64_t>(bus);
  if (half_clocks_ && rising(now)) {
    s.rising_command = command;
    s.rising_bank = static_cast<std::uint8_t>(bank);
    s.falling_pair_at = now + (command == DramCommand::activate ? 3 : 1);
  }
}

}  // namespace weft::sim::memory
