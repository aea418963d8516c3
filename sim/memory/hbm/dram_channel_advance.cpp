// The state of a channel relative to time and place, and its move by whole periods.
#include <algorithm>
#include <bit>

#include "models/common/error.hpp"
#include "sim/memory/hbm/dram_channel.hpp"

namespace weft::sim::memory {
namespace {

// A tick from which on something may be: whenever it is not ahead it is now.
void put_tick(StateHash& out, Cycle tick, Cycle now) {
  out.word(tick == kNever ? kNever : std::max(tick - now, Cycle{0}));
}

void move(Cycle& tick, Cycle by) {
  if (tick != kNever) tick += by;
}

}  // namespace

void DramBanks::fingerprint(StateHash& out, Cycle now, std::int64_t row,
                            const weft::memory::DramGaps& gaps) const {
  out.word(static_cast<std::int64_t>(open_));
  for (std::size_t b = 0; b < layout_.banks; ++b) {
    const Bank& bank = bank_[b];
    out.word(bank.row == kClosed ? 0 : bank.row - row);
    for (const Cycle tick : {bank.act, bank.pre, bank.column[0], bank.column[1], bank.ref})
      put_tick(out, tick, now);
  }
  for (std::size_t g = 0; g <= layout_.group[layout_.banks - 1]; ++g) {
    for (const Cycle tick : {group_[g].act, group_[g].column[0], group_[g].column[1]})
      put_tick(out, tick, now);
  }
  for (std::size_t s = 0; s < layout_.stack_ids * layout_.pseudochannels; ++s) {
    for (const Cycle tick : {stack_[s].column[0], stack_[s].column[1]}) put_tick(out, tick, now);
  }
  for (std::size_t h = 0; h < layout_.pseudochannels; ++h) {
    const Half& half = half_[h];
    for (const Cycle tick : {half.act, half.pre, half.column[0], half.column[1], half.pre_all,
                             half.ref_all, half.ref_bank, half.refreshed, half.turned})
      put_tick(out, tick, now);
    for (std::size_t i = 0; i < half.activates.size(); ++i) {
      // It counts for as long as a fifth activate waits for it.
      const Cycle at = half.activates[(half.next + i) % half.activates.size()];
      put_tick(out, at > 0 ? at + gaps.act_act_fourth : 0, now);
    }
  }
  put_tick(out, row_bus_, now);
}

void DramBanks::advance(Cycle ticks, std::int64_t rows) {
  for (std::size_t b = 0; b < layout_.banks; ++b) {
    Bank& bank = bank_[b];
    if (bank.row != kClosed) bank.row += rows;
    for (Cycle* tick : {&bank.act, &bank.pre, &bank.column[0], &bank.column[1], &bank.ref})
      *tick += ticks;
  }
  row_timers_.advance(ticks);
  for (Group& group : group_) {
    for (Cycle* tick : {&group.act, &group.column[0], &group.column[1]}) *tick += ticks;
  }
  for (Stack& stack : stack_) {
    for (Cycle* tick : {&stack.column[0], &stack.column[1]}) *tick += ticks;
  }
  for (Half& half : half_) {
    for (Cycle* tick : {&half.act, &half.pre, &half.column[0], &half.column[1], &half.pre_all,
                        &half.ref_all, &half.ref_bank, &half.refreshed, &half.turned})
      *tick += ticks;
    for (Cycle& at : half.activates) at += at > 0 ? ticks : 0;
  }
  row_bus_ += ticks;
}

void DramChannel::fingerprint(StateHash& out, Cycle now, const Origin& origin) const {
  const State& s = state_;
  check(s.done.empty(), "what is done is taken before a state is told");
  const auto put_access = [&](const DramAccess& one) {
    out.word(static_cast<std::int64_t>(one.address - origin.address));
    out.word(static_cast<std::int64_t>(one.id - origin.id));
    out.word(one.row - origin.row);
    out.word(now - one.arrived);
    out.word(one.bank * 4 + (one.write ? 2 : 0) + (one.precharged ? 1 : 0));
  };
  s.banks.fingerprint(out, now, origin.row, gaps_);
  // Whether one hits follows from its row and the bank's.
  for (const DramQueue& queue : s.queue) {
    std::array<const DramAccess*, DramQueue::kMost> waiting{};
    std::size_t count = 0;
    queue.each([&](const DramAccess& one) { waiting[count++] = &one; });
    std::sort(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(count),
              [](const DramAccess* a, const DramAccess* b) { return a->order < b->order; });
    out.word(static_cast<std::int64_t>(count));
    for (std::size_t i = 0; i < count; ++i) {
      put_access(*waiting[i]);
      out.word(static_cast<std::int64_t>(s.arrivals - waiting[i]->order));
    }
  }
  out.word(static_cast<std::int64_t>(s.active_banks));
  for (std::uint64_t m = s.active_banks; m != 0; m &= m - 1) {
    const Active& one = s.active[static_cast<std::size_t>(std::countr_zero(m))];
    put_access(one.access);
    out.word(static_cast<std::int64_t>(s.activates - one.order));
  }
  out.word(static_cast<std::int64_t>(s.upkeep.size()));
  for (std::size_t i = 0; i < s.upkeep.size(); ++i)
    out.word(s.upkeep[i].which * 2 + (s.upkeep[i].all ? 1 : 0));
  out.word(static_cast<std::int64_t>(s.data.size()));
  for (std::size_t i = 0; i < s.data.size(); ++i) {
    out.word(static_cast<std::int64_t>(s.data[i].id - origin.id));
    out.word(s.data[i].tick - now);
  }
  out.word(static_cast<std::int64_t>(s.forwarded.size()));
  for (const std::uint64_t id : s.forwarded) out.word(static_cast<std::int64_t>(id - origin.id));
  out.word((s.write_mode ? 1 : 0) + (s.urgent_hits ? 2 : 0) + (s.refusing ? 4 : 0));
  for (const bool write : s.last_write) out.word(write ? 1 : 0);
  for (const Cycle tick : {s.column_at, s.row_at, s.refresh_at, s.look_at, s.data_clock_until})
    put_tick(out, tick, now);
  out.word(s.started.bank * 2 + (s.started.active ? 1 : 0));
  out.word(static_cast<std::int64_t>(s.refresh_next));
  // A falling edge that has gone binds nothing, nor does what went before it.
  const bool paired = s.falling_pair_at > now;
  out.word(paired ? s.falling_pair_at - now : 0);
  out.word(paired ? static_cast<int>(s.rising_command) * 256 + s.rising_bank : 0);
  out.word(static_cast<std::int64_t>(s.urgent));
  out.word(now - s.told);
  out.word(static_cast<int>(s.wait));
  out.word(half_clocks_ ? now & 1 : 0);
}

void DramChannel::advance(Cycle ticks, const Origin& by, const DramCounts& before,
                          std::uint64_t periods) {
  State& s = state_;
  count_to(s.told);
  const auto move_access = [&](DramAccess& one) {
    one.address += by.address;
    one.id += by.id;
    one.row += by.row;
    one.arrived += ticks;
  };
  s.banks.advance(ticks, by.row);
  for (std::size_t q = 0; q < s.queue.size(); ++q) {
    s.queue[q].each(move_access);
    // No later than when the oldest loses its patience; where that is does not matter before.
    s.aged_at[q] = s.queue[q].empty() ? kNever : s.queue[q].oldest().arrived + patience_;
  }
  for (std::uint64_t m = s.active_banks; m != 0; m &= m - 1)
    move_access(s.active[static_cast<std::size_t>(std::countr_zero(m))].access);
  for (std::size_t i = 0; i < s.data.size(); ++i) {
    s.data[i].id += by.id;
    s.data[i].tick += ticks;
  }
  for (std::uint64_t& id : s.forwarded) id += by.id;
  for (Cycle* tick : {&s.column_at, &s.row_at, &s.refresh_at, &s.look_at, &s.data_at})
    move(*tick, ticks);
  s.falling_pair_at += ticks;
  s.data_clock_until += ticks;
  s.counted_to += ticks;
  s.told += ticks;
  s.active_timers.advance(ticks);
  s.counts.grow(before, periods);
}

}  // namespace weft::sim::memory
