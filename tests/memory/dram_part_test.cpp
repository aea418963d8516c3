// Parts: the gaps that hbm.md's tables state, and timings that do not fit together.
#include "models/memory/dram_part.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "models/memory/dram_gaps.hpp"
#include "tests/memory/dram_support.hpp"
#include "tests/memory/written_file.hpp"

namespace weft::memory {
namespace {

using sim::memory::part_named;
using sim::memory::shipped;

TEST(DramPart, Hbm2KeepsTheGapsOfItsTable) {
  const DramGaps g = gaps_of(part_named("hbm2"));
  EXPECT_EQ(g.act_rd, 15);
  EXPECT_EQ(g.act_wr, 13);
  EXPECT_EQ(g.act_pre, 35);
  EXPECT_EQ(g.pre_act, 13);
  EXPECT_EQ(g.act_act, 48);
  EXPECT_EQ(g.act_act_any, 4);
  EXPECT_EQ(g.act_act_group, 4);
  EXPECT_EQ(g.act_act_fourth, 15);
  EXPECT_EQ(g.act_bus, 2);
  EXPECT_EQ(g.act_ref, 49);
  EXPECT_EQ(g.act_ref_bank, 49);
  EXPECT_EQ(g.pre_ref, 14);
  EXPECT_EQ(g.pre_ref_bank, 14);
  EXPECT_EQ(g.act_ref_other, 5);
  EXPECT_EQ(g.column_any, 2);
  EXPECT_EQ(g.column_group, 4);
  EXPECT_EQ(g.rd_wr, 13);
  EXPECT_EQ(g.wr_rd, 13);
  EXPECT_EQ(g.wr_rd_group, 15);
  EXPECT_EQ(g.rd_pre, 5);
  EXPECT_EQ(g.wr_pre, 23);
  EXPECT_EQ(g.rda_act, 18);
  EXPECT_EQ(g.wra_act, 36);
  EXPECT_EQ(g.ref_act, 349);
  EXPECT_EQ(g.ref_pre, 350);
  EXPECT_EQ(g.ref_bank_act, 159);
  EXPECT_EQ(g.ref_bank_act_other, 7);
  EXPECT_EQ(g.read_latency, 16);
  EXPECT_EQ(g.refi, 3900);
  EXPECT_EQ(g.refi_bank, 122);
}

// In half-clock ticks.
TEST(DramPart, Hbm3KeepsTheGapsOfItsTable) {
  const DramPart part = part_named("hbm3");
  const DramGaps g = gaps_of(part);
  EXPECT_EQ(g.act_rd, 63);
  EXPECT_EQ(g.act_wr, 31);
  EXPECT_EQ(g.act_pre, 92);
  EXPECT_EQ(g.pre_act, 50);
  EXPECT_EQ(g.act_act, 144);
  EXPECT_EQ(g.act_act_any, 8);
  EXPECT_EQ(g.act_act_group, 10);
  EXPECT_EQ(g.act_act_fourth, 48);
  EXPECT_EQ(g.column_stack, 4);
  EXPECT_EQ(g.column_other_stack, 6);
  EXPECT_EQ(g.column_group, 8);
  EXPECT_EQ(g.rd_wr, 40);
  EXPECT_EQ(g.wr_rd, 38);
  EXPECT_EQ(g.wr_rd_group, 44);
  EXPECT_EQ(g.rd_pre, 19);
  EXPECT_EQ(g.wr_pre, 91);
  EXPECT_EQ(g.pre_pre, 4);
  EXPECT_EQ(g.ref_act, 1118);
  EXPECT_EQ(g.ref_bank_act, 638);
  EXPECT_EQ(g.act_bus, 3);
  EXPECT_EQ(g.read_latency, 44);
  EXPECT_DOUBLE_EQ(part.tick_ps(), 312.5);
}

TEST(DramPart, PeaksAndCapacitiesOfTheSheets) {
  const DramPart two = part_named("hbm2");
  EXPECT_DOUBLE_EQ(two.peak_bytes_per_s(), 32e9);
  EXPECT_EQ(two.organisation.channel_bytes(), std::int64_t{2} << 30);
  const DramPart three = part_named("hbm3");
  EXPECT_DOUBLE_EQ(three.peak_bytes_per_s(), 51.2e9);
  EXPECT_EQ(three.organisation.channel_bytes(), std::int64_t{1} << 30);
}

// DDR4 in the nanoseconds of its standard, rounded up to clocks as it says (a fortieth is left
// out).
TEST(DramPart, Ddr4KeepsTheTimesOfItsSpeedBins) {
  struct Bin {
    const char* name;
    double rcd, ras, rrd_l, bytes_per_s;
    std::int64_t cl, cwl;
  };
  for (const Bin& bin : {Bin{"ddr4", 13.32, 32, 4.9, 19.2e9, 16, 12},
                         Bin{"ddr4-3200", 13.75, 32, 4.9, 25.6e9, 22, 16}}) {
    SCOPED_TRACE(bin.name);
    const DramPart part = part_named(bin.name);
    const auto clocks = [&](double ns, std::int64_t least = 1) {
      return std::max(least,
                      static_cast<std::int64_t>(std::ceil(ns * 1000 / part.clock_ps - 0.025)));
    };
    const Timings& t = part.clocks;
    EXPECT_NEAR(part.peak_bytes_per_s(), bin.bytes_per_s, 0.001 * bin.bytes_per_s);
    EXPECT_EQ(t.cl, bin.cl);
    EXPECT_EQ(t.cwl, bin.cwl);
    EXPECT_EQ(t.rcd_read, clocks(bin.rcd));
    EXPECT_EQ(t.rcd_write, t.rcd_read);
    EXPECT_EQ(t.rp, t.rcd_read);
    EXPECT_EQ(t.ras, clocks(bin.ras));
    EXPECT_EQ(t.rc, clocks(bin.ras + bin.rcd));
    EXPECT_EQ(t.ccd_l, clocks(5, 5));
    EXPECT_EQ(t.rrd_s, clocks(2.5, 4));
    EXPECT_EQ(t.rrd_l, clocks(bin.rrd_l, 4));
    EXPECT_EQ(t.faw, clocks(21, 20));
    EXPECT_EQ(t.wr, clocks(15));
    EXPECT_EQ(t.rtp, clocks(7.5, 4));
    EXPECT_EQ(t.wtr_s, clocks(2.5, 2));
    EXPECT_EQ(t.wtr_l, clocks(7.5, 4));
    EXPECT_EQ(t.read_to_write, t.cl + t.burst + 2 - t.cwl);
    EXPECT_NEAR(static_cast<double>(t.refi) * part.clock_ps, 7.8e6, 4000);
    EXPECT_EQ(t.rfc, clocks(350));
  }
}

// LPDDR5 in nanoseconds, as gem5 has them (LPDDR5_6400_1x16_BG_BL16 of its interfaces), rounded up.
TEST(DramPart, Lpddr5KeepsTheTimesOfItsSpeedBin) {
  const DramPart part = part_named("lpddr5");
  EXPECT_DOUBLE_EQ(part.peak_bytes_per_s(), 12.8e9);
  EXPECT_EQ(part.organisation.channel_bytes(), std::int64_t{1} << 30);
  const auto clocks = [&](double ns, std::int64_t least = 1) {
    return std::max(least, static_cast<std::int64_t>(std::ceil(ns * 1000 / part.clock_ps)));
  };
  const Timings& t = part.clocks;
  EXPECT_EQ(t.cl, clocks(21.25));
  EXPECT_EQ(t.rcd_read, clocks(18, 2));
  EXPECT_EQ(t.rcd_write, t.rcd_read);
  EXPECT_EQ(t.rp, clocks(18, 2));
  EXPECT_EQ(t.rp_all, clocks(21, 2));
  EXPECT_EQ(t.ras, clocks(42, 3));
  EXPECT_EQ(t.rc, t.ras + t.rp);
  EXPECT_EQ(t.burst, clocks(2.5));
  EXPECT_EQ(t.ccd_s, clocks(2.5));
  EXPECT_EQ(t.ccd_l, clocks(5));
  EXPECT_EQ(t.rrd_s, clocks(5, 2));
  EXPECT_EQ(t.rrd_l, clocks(5, 2));
  EXPECT_EQ(t.faw, clocks(20));
  EXPECT_EQ(t.wr, clocks(34, 3));
  EXPECT_EQ(t.wtr_s, clocks(6.25, 4));
  EXPECT_EQ(t.wtr_l, clocks(12, 4));
  EXPECT_EQ(t.ppd, clocks(2.5, 2));
  EXPECT_EQ(t.rfc, clocks(210));
  EXPECT_EQ(t.refi, clocks(3906));
  EXPECT_FALSE(t.refi_bank.has_value());
}

// Two commands for an activate, and a precharge of all banks that takes longer than of one.
TEST(DramPart, Lpddr5KeepsTheGapsOfItsCommands) {
  const DramGaps g = gaps_of(part_named("lpddr5"));
  EXPECT_EQ(g.act_bus, 2);
  EXPECT_EQ(g.act_rd, 16);       // tRCD behind ACT-2
  EXPECT_EQ(g.act_pre, 35);      // and tRAS
  EXPECT_EQ(g.pre_act, 14);      // tRP before ACT-2
  EXPECT_EQ(g.pre_all_act, 16);  // tRPab
  EXPECT_EQ(g.pre_ref, 15);
  EXPECT_EQ(g.pre_all_ref, 17);
  EXPECT_EQ(g.rd_clock, 20);  // RL, the burst, tWCKPST
  EXPECT_EQ(g.wr_clock, 12);
  const DramGaps two = gaps_of(part_named("hbm2"));
  EXPECT_EQ(two.pre_all_act, two.pre_act);
  EXPECT_EQ(two.rd_clock, 0);
}

// HBM2 with one line replaced; what the message of its fault says.
std::string fault_of(const std::string& old, const std::string& replacement, int& line) {
  std::ifstream file(shipped("dram", "hbm2"));
  std::stringstream text;
  text << file.rdbuf();
  std::string whole = text.str();
  const std::size_t at = whole.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  line =
      1 + static_cast<int>(std::count(whole.begin(), whole.begin() + static_cast<long>(at), '\n'));
  whole.replace(at, old.size(), replacement);
  try {
    load_part(test::WrittenFile("dram_part_test.yaml", whole).path());
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(DramPart, TimingsThatDoNotFitTogetherAreRefusedByLine) {
  struct Case {
    const char *old, *replacement;
    std::vector<std::string> says;
    bool at_its_line = true;
  };
  const std::vector<Case> cases{
      {"  rc: 48", "  rc: 47", {"clocks.rc", "'47'", "at least 48", "ras 34 + rp 14"}},
      {"  ras: 34", "  ras: 13", {"clocks.ras", "at least 14", "rcd_read"}},
      {"  ccd_s: 2", "  ccd_s: 1", {"clocks.ccd_s", "at least 2", "burst"}},
      {"  ccd_l: 4", "  ccd_l: 1", {"clocks.ccd_l", "at least 2", "ccd_s"}},
      {"  rrd_l: 4", "  rrd_l: 3", {"clocks.rrd_l", "at least 4"}},
      {"  faw: 15", "  faw: 3", {"clocks.faw", "at least 4"}},
      {"  wtr_l: 8", "  wtr_l: 5", {"clocks.wtr_l", "at least 6"}},
      {"  read_to_write: 13", "  read_to_write: 10", {"clocks.read_to_write", "at least 11"}},
      {"  refi: 3900", "  refi: 400", {"clocks.refi", "at least 413"}},
      {"  rfc: 350", "  rfc: 40", {"clocks.rfc", "at least 48"}},
      {"  refi_bank: 122", "  refi_bank: 70", {"clocks.refi_bank", "at least 71"}},
      {"  rfc_bank: 160", "  rfc_bank: 400", {"clocks.rfc_bank", "at most rfc, 350"}},
      {"  rp: 14", "  rp: 14\n  rp_all: 13", {"clocks.rp_all", "'13'", "at least 14"}, false},
      {"  rp: 14", "  rp: 14\n  wck_postamble: 1", {"wck_postamble", "commands.shared"}, false},
      {"  rrefd: 8\n", "", {"refi_bank, rfc_bank and rrefd come together"}, false},
      {"  pseudochannels: 2\n  bank_groups: 4\n  banks: 4",
       "  bank_groups: 1\n  banks: 1",
       {"clocks.refi_bank", "'122'", "at least 223", "a bank of 1"},
       false},
      {"  rows: 65536", "  rows: 65535", {"organisation.rows", "power of two"}},
      {"  banks: 4", "  banks: 16", {"128 banks", "at most 64"}, false},
      {"  access_bytes: 32", "  access_bytes: 24", {"access_bytes", "power of two"}},
      {"  activate_clocks: 2", "  activate_clocks: 1.5", {"activate_clocks", "whole clocks"}},
      {"  bank_groups: 4", "  stack_ids: 2\n  bank_groups: 4", {"ccd_r", "missing"}, false},
      {"  cl: 14", "  cl: 14\n  clx: 3", {"clx", "unknown key", "cl"}, false},
      {"  cl: 14\n", "", {"clocks.cl", "missing key"}, false},
      {"clock_ps: 1000", "clock_ps: fast", {"clock_ps", "'fast'"}},
      {"source: JESD235D", "src: JESD235D", {"source", "missing"}, false},
  };
  for (const Case& one : cases) {
    int line = 0;
    const std::string message = fault_of(one.old, one.replacement, line);
    // Of a key that is missing or stands below, the line of what it is missing from.
    if (one.at_its_line) {
      EXPECT_NE(message.find("dram_part_test.yaml:" + std::to_string(line) + ":"),
                std::string::npos)
          << line << ": " << message;
    }
    for (const std::string& part : one.says)
      EXPECT_NE(message.find(part), std::string::npos)
          << one.replacement << ": '" << part << "' is not in: " << message;
  }
  int line = 0;
  EXPECT_EQ(fault_of("  rc: 48", "  rc: 49", line), "") << "more than the least is allowed";
}

}  // namespace
}  // namespace weft::memory
