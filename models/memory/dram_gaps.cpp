#include "models/memory/dram_gaps.hpp"

#include <cmath>

namespace weft::memory {

DramGaps gaps_of(const DramPart& part) {
  const Timings& t = part.clocks;
  const std::int64_t k = part.ticks_per_clock();
  const auto ticks = [&](double clocks) { return std::llround(clocks * static_cast<double>(k)); };
  // Ticks from a command's first part to its last.
  const std::int64_t act = ticks(part.commands.activate_clocks) - 1;
  const std::int64_t pre = ticks(part.commands.precharge_clocks) - 1;  // a refresh too
  const std::int64_t col = k - 1;
  const std::int64_t written = t.cwl + t.burst;

  DramGaps g{};
  g.act_rd = k * t.rcd_read + act - col;
  g.act_wr = k * t.rcd_write + act - col;
  g.act_pre = k * t.ras + act - pre;
  g.act_act = k * t.rc;
  g.pre_act = k * t.rp + pre - act;
  g.pre_all_act = k * t.rp_all.value_or(t.rp) + pre - act;
  g.pre_all_ref = k * t.rp_all.value_or(t.rp);
  g.rd_pre = k * t.rtp + col - pre;
  g.wr_pre = k * (written + t.wr) + col - pre;
  g.rda_act = k * (t.rtp + t.rp) + col - act;
  g.wra_act = k * (written + t.wr + t.rp) + col - act;
  g.act_act_any = k * t.rrd_s;
  g.act_act_group = k * t.rrd_l;
  g.act_act_fourth = k * t.faw;
  g.column_any = k * t.burst;
  g.column_stack = k * t.ccd_s;
  g.column_other_stack = t.ccd_r ? k * *t.ccd_r : 0;
  g.column_group = k * t.ccd_l;
  g.rd_wr = k * t.read_to_write;
  g.wr_rd = k * (written + t.wtr_s);
  g.wr_rd_group = k * (written + t.wtr_l);
  g.pre_pre = t.ppd ? k * *t.ppd : 0;
  g.act_ref = g.act_ref_bank = k * t.rc + act - pre;
  g.pre_ref = g.pre_ref_bank = k * t.rp;
  g.rda_ref = k * (t.rtp + t.rp) + col - pre;
  g.wra_ref = k * (written + t.wr + t.rp) + col - pre;
  g.ref_act = k * t.rfc + pre - act;
  g.ref_pre = k * t.rfc;
  g.act_ref_other = k * t.rrd_s + act - pre;
  if (t.refi_bank) {
    g.ref_bank_act = k * *t.rfc_bank + pre - act;
    g.ref_bank_act_other = k * *t.rrefd + pre - act;
    // HBM3's sheet has it between refreshes too, as it has one between precharges.
    g.ref_bank_ref = t.ppd ? k * *t.rrefd : 0;
    g.refi_bank = k * *t.refi_bank;
  }
  g.act_bus = act + 1;
  g.column_bus = k;
  g.read_latency = k * (t.cl + t.burst);
  if (t.wck_postamble) {
    g.rd_clock = k * (t.cl + t.burst + *t.wck_postamble);
    g.wr_clock = k * (written + *t.wck_postamble);
  }
  g.refi = k * t.refi;
  return g;
}

}  // namespace weft::memory
