#include "sim/memory/hbm/dram_channel.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "models/common/error.hpp"

namespace weft::sim::memory {

using weft::memory::Page;
using weft::memory::Refresh;
using weft::memory::Scheduler;

DramChannel::DramChannel(const Config& config)
    : gaps_(weft::memory::gaps_of(config.part)),
      control_(config.control),
      layout_(config.part.organisation),
      half_clocks_(config.part.ticks_per_clock() == 2),
      half_bit_(half_clocks_ ? 1 : 0),
      shared_bus_(config.part.commands.shared),
      patience_(config.control.patience_clocks * config.part.ticks_per_clock()),
      high_(static_cast<std::size_t>(std::floor(config.control.write_high *
                                                static_cast<double>(config.control.write_queue))) +
            1),
      low_(static_cast<std::size_t>(
          std::ceil(config.control.write_low * static_cast<double>(config.control.write_queue)))),
      state_(layout_, static_cast<std::size_t>(gaps_.read_latency) + 2) {
  check(control_.read_queue <= weft::memory::kMostQueue &&
            control_.write_queue <= weft::memory::kMostQueue,
        "queues are of that size");
  if (control_.refresh == Refresh::all_bank) state_.refresh_at = gaps_.refi;
  if (control_.refresh == Refresh::per_bank) {
    check(gaps_.refi_bank > 0, "the part refreshes by bank");
    state_.refresh_at = gaps_.refi_bank;
  }
}

bool DramChannel::idle() const {
  return state_.queue[0].empty() && state_.queue[1].empty() && state_.active_banks == 0 &&
         state_.data.empty() && state_.forwarded.empty();
}

Cycle DramChannel::earliest_done(Cycle next, bool more_reads) const {
  const State& s = state_;
  if (!s.forwarded.empty() || !s.queue[1].empty()) return next;
  bool reads = more_reads || !s.queue[0].empty();
  for (std::uint64_t m = s.active_banks; m != 0; m &= m - 1) {
    if (s.active[static_cast<std::size_t>(std::countr_zero(m))].access.write) return next;
    reads = true;
  }
  Cycle tick = reads ? next + gaps_.read_latency : kNever;
  if (!s.data.empty()) tick = std::min(tick, s.data.front().tick);
  return tick;
}

bool DramChannel::offer(Cycle now, const Offer& asked) {
  DramQueue& writes = state_.queue[1];
  const bool queued_write = !writes.empty() && writes.holds(asked.address);
  if (queued_write && !asked.write) {
    state_.forwarded.push_back(asked.id);
    ++state_.counts.forwarded_reads;
    return true;
  }
  if (queued_write) {
    state_.done.push_back({asked.id, now, true});
    ++state_.counts.absorbed_writes;
    return true;
  }
  const std::size_t which = asked.write ? 1 : 0;
  DramQueue& queue = state_.queue[which];
  const std::int64_t limit = asked.write ? control_.write_queue : control_.read_queue;
  if (queue.full(static_cast<std::size_t>(limit))) {
    if (!state_.refusing) ++state_.counts.refused;
    state_.refusing = true;
    return false;
  }
  state_.refusing = false;
  state_.told = now;
  count_to(now);
  const auto b = static_cast<std::size_t>(asked.bank);
  const bool hits = state_.banks.open_row(b) == asked.row;
  queue.push({asked.address, asked.id, asked.row, now, state_.arrivals++,
              static_cast<std::uint8_t>(b), asked.write},
             hits);
  Cycle& at = hits ? state_.column_at : state_.row_at;
  at = std::min(at, now + 1);
  state_.look_at = now + 1;
  state_.aged_at[which] = std::min(state_.aged_at[which], now + patience_);
  return true;
}

// So many ticks in which no command goes, all alike.
inline void DramChannel::count(DramCounts& counts, const State& s, Cycle ticks) {
  const auto n = static_cast<std::uint64_t>(ticks);
  counts.read_queue_ticks += n * s.queue[0].size();
  counts.write_queue_ticks += n * s.queue[1].size();
  counts.wait_ticks[static_cast<std::size_t>(s.wait)] += n;
  counts.busy_ticks += something_waits(s) ? n : 0;
}

// The ticks since the last that was counted, up to this one, which is no earlier.
void DramChannel::count_to(Cycle now) {
  count(state_.counts, state_, now - state_.counted_to);
  state_.counted_to = now;
}

DramCounts DramChannel::counts(Cycle to) const {
  DramCounts all = state_.counts;
  to = std::min(to, state_.told);
  if (to > state_.counted_to) count(all, state_, to - state_.counted_to);
  return all;
}

Cycle DramChannel::step(Cycle now) {
  State& s = state_;
  s.told = now;
  if (now >= s.data_at || !s.forwarded.empty()) finish_reads(now);
  if (now >= s.look_at || s.urgent != 0) look(now);
  return std::max(std::min(s.look_at, s.data_at), now + 1);
}

// What is more than data that is due: refreshes, and commands.
void DramChannel::look(Cycle now) {
  State& s = state_;
  if (now > s.counted_to) count_to(now - 1);
  if (now >= s.refresh_at) queue_refreshes(now);
  s.counted_to = now - 1;  // this one too where no command goes
  if (shared_bus_ ? shared_slot(now) : slots(now)) {
    s.counts.read_queue_ticks += s.queue[0].size();
    s.counts.write_queue_ticks += s.queue[1].size();
    ++s.counts.busy_ticks;
    s.counted_to = now;
  }
  s.look_at = next_look(now);
}

Cycle DramChannel::next_look(Cycle now) const {
  const State& s = state_;
  if (s.upkeep.empty() && s.urgent == 0 && next_mode() != s.write_mode) return now + 1;
  // Without branches, which nobody could predict.
  const auto earlier = [](Cycle a, Cycle b) { return b < a ? b : a; };
  const Cycle reads_age = s.queue[0].empty() ? kNever : s.aged_at[0];
  const Cycle writes_age = s.queue[1].empty() ? kNever : s.aged_at[1];
  const Cycle next = earlier(earlier(s.column_at, s.row_at),
                             earlier(s.refresh_at, earlier(reads_age, writes_age)));
  return next > now ? next : now + 1;
}

void DramChannel::finish_reads(Cycle now) {
  State& s = state_;
  while (s.data_at <= now) {
    s.done.push_back({s.data.front().id, now, false});
    s.data.pop_front();
    s.data_at = s.data.empty() ? kNever : s.data.front().tick;
  }
  for (const std::uint64_t id : s.forwarded) s.done.push_back({id, now, false});
  s.forwarded.clear();
}

void DramChannel::queue_refreshes(Cycle now) {
  State& s = state_;
  // Behind so many that wait another one would wait as long: a part that cannot keep up does not.
  const bool full = s.upkeep.size() + kMostPseudochannels > kMostUpkeep;
  if (control_.refresh == Refresh::all_bank) {
    for (std::size_t h = 0; h < layout_.pseudochannels && !full; ++h)
      s.upkeep.push_back({true, static_cast<std::uint8_t>(h)});
    s.refresh_at += gaps_.refi;
  } else {
    if (!full) s.upkeep.push_back({false, static_cast<std::uint8_t>(s.refresh_next)});
    s.refresh_next = (s.refresh_next + 1) % layout_.banks;
    s.refresh_at += gaps_.refi_bank;
  }
  s.row_at = std::min(s.row_at, now);
}

bool DramChannel::next_mode() const {
  const State& s = state_;
  return s.queue[0].empty() || s.queue[1].size() >= (s.write_mode ? low_ : high_);
}

void DramChannel::choose_mode(Cycle now) {
  State& s = state_;
  if (s.urgent != 0 || next_mode() == s.write_mode) return;
  s.write_mode = !s.write_mode;
  s.column_at = s.row_at = now;
}

// One that has waited beyond all patience: nothing else of the queues goes until it does.
void DramChannel::choose_urgent(Cycle now) {
  State& s = state_;
  const bool was = s.urgent != 0;
  s.urgent = 0;
  const DramAccess* first = nullptr;
  for (std::size_t q = 0; q < 2; ++q) {
    if (s.queue[q].empty()) {
      s.aged_at[q] = kNever;
      continue;
    }
    if (now < s.aged_at[q]) continue;
    const DramAccess& oldest = s.queue[q].oldest();
    s.aged_at[q] = oldest.arrived + patience_;
    if (now < s.aged_at[q]) continue;
    if (first == nullptr || oldest.order < first->order) first = &oldest;
  }
  if (first != nullptr) {
    s.urgent = bit_of(first->bank);
    s.urgent_hits = s.banks.open_row(first->bank) == first->row;
    s.write_mode = first->write;
  }
  if (first != nullptr || was) s.column_at = s.row_at = now;
}

inline void DramChannel::choose(Cycle now) {
  State& s = state_;
  if (!s.upkeep.empty()) return;
  if (s.urgent != 0 || now >= std::min(s.aged_at[0], s.aged_at[1])) choose_urgent(now);
  choose_mode(now);
}

// True where a command goes.
bool DramChannel::slots(Cycle now) {
  choose(now);
  bool column = false;
  if (rising(now) && now >= state_.column_at) column = column_slot(now);
  if (column) choose(now);
  const bool row = now >= state_.row_at && row_slot(now);
  if (column) look_ahead(now);
  return column || row;
}

// One bus: one command a tick. What has been activated goes first, then refreshes, then the oldest
// of all that may go.
bool DramChannel::shared_slot(Cycle now) {
  State& s = state_;
  if (s.started.bank >= 0)
    return shared_column(now, static_cast<std::size_t>(s.started.bank), s.started.active);
  choose(now);
  if (now < std::min(s.column_at, s.row_at)) return false;
  if (now < s.banks.row_bus()) {
    s.column_at = s.row_at = s.banks.row_bus();
    s.wait = DramWait::row_bus;
    return false;
  }
  const Pick active = find_active(now);
  if (active.bank >= 0) return shared_column(now, static_cast<std::size_t>(active.bank), true);
  s.column_at = active.next;
  if (!s.upkeep.empty()) {
    if (!upkeep_slot(now)) return false;
    s.column_at = s.row_at = now + 1;
    return true;
  }
  const Pick hit = find_hit(now);
  const Pick other = find_other(now);
  s.column_at = std::min(active.next, hit.next);
  s.row_at = other.next;
  s.wait =
      s.column_at <= s.row_at ? (active.next <= hit.next ? active.wait : hit.wait) : other.wait;
  if (hit.bank < 0 && other.bank < 0) return false;
  if (hit.bank >= 0 && (other.bank < 0 || hit.order < other.order))
    return shared_column(now, static_cast<std::size_t>(hit.bank), false);
  issue_other(now, static_cast<std::size_t>(other.bank));
  s.column_at = s.row_at = now + 1;
  return true;
}

// An access of a bank: where the data clock stands, first the command that starts it; then, in the
// next tick and whatever has come meanwhile, its own.
bool DramChannel::shared_column(Cycle now, std::size_t b, bool active) {
  State& s = state_;
  s.column_at = s.row_at = now + gaps_.column_bus;
  if (gaps_.rd_clock > 0 && s.started.bank < 0 && now >= s.data_clock_until) {
    s.started = {static_cast<std::int32_t>(b), active};
    send(now, DramCommand::start_clock, b, s.counts.clock_starts);
    return true;
  }
  s.started = {};
  if (active) {
    access(now, s.active[b].access, true, closes_row(b, true));
  } else {
    issue_hit(now, b);
  }
  return true;
}

}  // namespace weft::sim::memory
