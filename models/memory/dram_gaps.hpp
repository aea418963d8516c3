// What a controller must keep between commands, in its ticks. A command counts from the tick in
// which its first part goes on the bus, and the part sees it whole: an activate of two clocks makes
// every rule that begins with it a clock longer, and every one that ends with it a clock shorter.
#pragma once

#include <cstdint>

#include "models/memory/dram_part.hpp"

namespace weft::memory {

struct DramGaps {
  using Ticks = std::int64_t;
  // Of a bank.
  Ticks act_rd, act_wr, act_pre, act_act, pre_act, rd_pre, wr_pre, rda_act, wra_act;
  Ticks pre_all_act, pre_all_ref;  // behind a precharge of all banks
  // Of activates: in a pseudo-channel, in a bank group, one to the fourth after it.
  Ticks act_act_any, act_act_group, act_act_fourth;
  // Of columns: in a pseudo-channel, with a stack identifier, from one to another, in a bank group.
  Ticks column_any, column_stack, column_other_stack, column_group;
  Ticks rd_wr, wr_rd, wr_rd_group;
  Ticks pre_pre;  // in a pseudo-channel; 0: none
  // Of refreshes: of all banks of a pseudo-channel, and of one.
  Ticks act_ref, pre_ref, rda_ref, wra_ref, ref_act, ref_pre;
  Ticks act_ref_bank, act_ref_other, pre_ref_bank, ref_bank_act, ref_bank_act_other, ref_bank_ref;
  Ticks act_bus;             // ticks of the row bus that an activate takes
  Ticks column_bus;          // ticks of the column bus that an access takes
  Ticks read_latency;        // RD to its data
  Ticks rd_clock, wr_clock;  // that the data clock goes on behind an access; 0: always
  Ticks refi, refi_bank;     // refi_bank 0: no refresh of one bank
};

DramGaps gaps_of(const DramPart& part);

}  // namespace weft::memory
