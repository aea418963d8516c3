#include "sim/memory/hbm/dram_banks.hpp"

#include "models/common/error.hpp"

namespace weft::sim::memory {

using weft::memory::DramGaps;

DramLayout::DramLayout(const weft::memory::Organisation& o)
    : banks(static_cast<std::size_t>(o.all_banks())),
      pseudochannels(static_cast<std::size_t>(o.pseudochannels)),
      stack_ids(static_cast<std::size_t>(o.stack_ids)),
      banks_per_half(banks / pseudochannels) {
  check(banks <= kMostBanks && pseudochannels <= kMostPseudochannels, "a channel is of that size");
  const auto of_group = static_cast<std::size_t>(o.banks);
  const std::size_t of_stack = of_group * static_cast<std::size_t>(o.bank_groups);
  for (std::size_t b = 0; b < banks; ++b) {
    half[b] = static_cast<std::uint8_t>(b / banks_per_half);
    stack[b] = static_cast<std::uint8_t>(b / of_stack);
    group[b] = static_cast<std::uint8_t>(b / of_group);
    banks_of[half[b]] |= bit_of(b);
  }
}

DramWait DramBanks::why_no_access(std::size_t b, bool write) const {
  const Half& half = half_[layout_.half[b]];
  const Group& group = group_[layout_.group[b]];
  const Cycle ready = access_ready(b, write);
  if (ready == bank_[b].column[write ? 1 : 0]) return DramWait::bank;
  if (ready == half.turned) return DramWait::turnaround;
  if (ready == group.column[write ? 1 : 0]) return DramWait::bank_group;
  return DramWait::data_bus;
}

DramWait DramBanks::why_no_row(std::size_t b) const {
  const Half& half = half_[layout_.half[b]];
  const bool open = bank_[b].row != kClosed;
  const Cycle ready = open ? precharge_ready(b) : activate_ready(b);
  if (ready == row_bus_) return DramWait::row_bus;
  if (ready == half.refreshed) return DramWait::refresh;
  if (ready == (open ? bank_[b].pre : bank_[b].act)) return DramWait::bank;
  return DramWait::activates;
}

void DramBanks::close(std::size_t b) {
  bank_[b].row = kClosed;
  open_ &= ~bit_of(b);
}

void DramBanks::activate(std::size_t b, std::int64_t row, Cycle now, const DramGaps& gaps) {
  Bank& bank = bank_[b];
  bank.row = row;
  open_ |= bit_of(b);
  bank.column[0] = now + gaps.act_rd;
  bank.column[1] = now + gaps.act_wr;
  raise(bank.pre, now + gaps.act_pre);
  raise(bank.act, now + gaps.act_act);
  raise(bank.ref, now + gaps.act_ref_bank);
  keep_row_time(b);
  raise(group_[layout_.group[b]].act, now + gaps.act_act_group);
  Half& half = half_[layout_.half[b]];
  raise(half.act, now + gaps.act_act_any);
  half.activates[half.next] = now;
  half.next = static_cast<std::uint8_t>((half.next + 1) % half.activates.size());
  // The oldest of the last four is the first; the next activate is the fifth.
  if (half.activates[half.next] > 0)
    raise(half.act, half.activates[half.next] + gaps.act_act_fourth);
  raise(half.pre_all, now + gaps.act_pre);
  raise(half.ref_all, now + gaps.act_ref);
  raise(half.ref_bank, now + gaps.act_ref_other);
  row_bus_ = now + gaps.act_bus;
}

void DramBanks::precharge(std::size_t b, Cycle now, const DramGaps& gaps) {
  close(b);
  raise(bank_[b].act, now + gaps.pre_act);
  raise(bank_[b].ref, now + gaps.pre_ref_bank);
  keep_row_time(b);
  Half& half = half_[layout_.half[b]];
  raise(half.ref_all, now + gaps.pre_ref);
  raise(half.pre, now + gaps.pre_pre);
  raise(half.pre_all, now + gaps.pre_pre);
}

void DramBanks::precharge_all(std::size_t h, Cycle now, const DramGaps& gaps) {
  for (std::size_t b = h * layout_.banks_per_half; b < (h + 1) * layout_.banks_per_half; ++b) {
    close(b);
    raise(bank_[b].ref, now + gaps.pre_all_ref);
    keep_row_time(b);
  }
  Half& half = half_[h];
  raise(half.act, now + gaps.pre_all_act);
  raise(half.ref_all, now + gaps.pre_all_ref);
  raise(half.pre, now + gaps.pre_pre);
  raise(half.pre_all, now + gaps.pre_pre);
}

void DramBanks::refresh_all(std::size_t h, Cycle now, const DramGaps& gaps) {
  raise(half_[h].act, now + gaps.ref_act);
  half_[h].refreshed = now + gaps.ref_act;
  raise(half_[h].pre_all, now + gaps.ref_pre);
  raise(half_[h].ref_all, now + gaps.ref_pre);
}

void DramBanks::refresh_bank(std::size_t b, Cycle now, const DramGaps& gaps) {
  raise(bank_[b].act, now + gaps.ref_bank_act);
  raise(bank_[b].ref, now + gaps.ref_bank_act);
  keep_row_time(b);
  Half& half = half_[layout_.half[b]];
  raise(half.act, now + gaps.ref_bank_act_other);
  raise(half.ref_bank, now + gaps.ref_bank_ref);
}

void DramBanks::read(std::size_t b, bool closes, Cycle now, const DramGaps& gaps) {
  const std::size_t h = layout_.half[b];
  Half& half = half_[h];
  raise(half.column[0], now + gaps.column_any);
  raise(half.column[1], now + gaps.rd_wr);
  half.turned = now + gaps.rd_wr;
  raise(group_[layout_.group[b]].column[0], now + gaps.column_group);
  for (std::size_t s = h * layout_.stack_ids; s < (h + 1) * layout_.stack_ids; ++s)
    raise(stack_[s].column[0],
          now + (s == layout_.stack[b] ? gaps.column_stack : gaps.column_other_stack));
  if (closes) {
    close(b);
    raise(bank_[b].act, now + gaps.rda_act);
    raise(bank_[b].ref, now + gaps.rda_ref);
    raise(half.ref_all, now + gaps.rda_ref);
  } else {
    raise(bank_[b].pre, now + gaps.rd_pre);
    raise(half.pre_all, now + gaps.rd_pre);
  }
  keep_row_time(b);
}

void DramBanks::write(std::size_t b, bool closes, Cycle now, const DramGaps& gaps) {
  const std::size_t h = layout_.half[b];
  Half& half = half_[h];
  raise(half.column[1], now + gaps.column_any);
  raise(half.column[0], now + gaps.wr_rd);
  half.turned = now + gaps.wr_rd_group;
  Group& group = group_[layout_.group[b]];
  raise(group.column[1], now + gaps.column_group);
  raise(group.column[0], now + gaps.wr_rd_group);
  for (std::size_t s = h * layout_.stack_ids; s < (h + 1) * layout_.stack_ids; ++s)
    raise(stack_[s].column[1],
          now + (s == layout_.stack[b] ? gaps.column_stack : gaps.column_other_stack));
  if (closes) {
    close(b);
    raise(bank_[b].act, now + gaps.wra_act);
    raise(bank_[b].ref, now + gaps.wra_ref);
    raise(half.ref_all, now + gaps.wra_ref);
  } else {
    raise(bank_[b].pre, now + gaps.wr_pre);
    raise(half.pre_all, now + gaps.wr_pre);
  }
  keep_row_time(b);
}

}  // namespace weft::sim::memory
