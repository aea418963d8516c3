// What is drawn at random to test DRAM with: accesses, how they are served, and sound parts.
#pragma once

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "tests/memory/dram_support.hpp"

namespace weft::sim::memory {

// Accesses to some rows of some banks, near and far, with a share of writes.
inline std::vector<weft::memory::Access> random_accesses(std::mt19937_64& random,
                                                         const weft::memory::DramPart& part,
                                                         std::size_t count) {
  const auto unit = static_cast<std::uint64_t>(part.organisation.access_bytes);
  const std::uint64_t share = random() % 5;  // of writes, quarters
  const std::uint64_t region = std::uint64_t{1} << (10 + random() % 20);
  const std::uint64_t run = 1 + random() % 16;  // accesses in a row
  std::vector<weft::memory::Access> accesses;
  std::uint64_t at = 0;
  while (accesses.size() < count) {
    if (accesses.size() % run == 0) at = random() % region;
    at += unit;
    accesses.push_back({at / unit * unit % region, random() % 4 < share});
  }
  return accesses;
}

struct Mix {
  StreamConfig config;
  std::string text;
};

inline Mix random_mix(std::mt19937_64& random, const weft::memory::DramPart& part) {
  constexpr std::array<const char*, 3> kMappings{"RoBaRaCoCh", "MOP4CLXOR", "ChRaBaRoCo"};
  const std::string mapping = kMappings[random() % kMappings.size()];
  Mix mix{stream_config(part, mapping), mapping};
  weft::memory::DramControl& control = mix.config.channel.control;
  control.page = random() % 2 == 0 ? weft::memory::Page::open : weft::memory::Page::closed;
  control.refresh = static_cast<weft::memory::Refresh>(random() % 3);
  if (control.refresh == weft::memory::Refresh::per_bank && !part.clocks.refi_bank)
    control.refresh = weft::memory::Refresh::all_bank;
  control.scheduler = static_cast<weft::memory::Scheduler>(random() % 2);
  control.patience_clocks = random() % 3 == 0 ? 200 : 16384;
  mix.config.outstanding = std::int64_t{1} << (random() % 8);
  mix.config.keep_commands = true;
  mix.text += " page " + std::to_string(static_cast<int>(control.page)) + " refresh " +
              std::to_string(static_cast<int>(control.refresh)) + " outstanding " +
              std::to_string(mix.config.outstanding);
  return mix;
}

// A sound part of any shape: one or two pseudo-channels, stacks or none, whole or half clocks, one
// bus or two.
inline weft::memory::DramPart random_part(std::mt19937_64& random) {
  const auto from = [&](std::int64_t least, std::int64_t more) {
    return least + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(more + 1));
  };
  const auto power = [&](std::int64_t most) { return std::int64_t{1} << from(0, most); };
  weft::memory::DramPart part;
  part.clock_ps = 1000;
  part.mapping = "RoBaRaCoCh";
  part.organisation = {.pseudochannels = power(1),
                       .stack_ids = power(2),
                       .bank_groups = power(2),
                       .banks = power(1),
                       .rows = 16 * power(4),
                       .row_bytes = 256 * power(2),
                       .access_bytes = 32};
  const std::int64_t kind = from(0, 2);  // one bus, two, two and half clocks
  part.commands = {.activate_clocks = kind == 2 ? 1.5 : static_cast<double>(1 + from(0, 1)),
                   .precharge_clocks = kind == 2 ? 0.5 : 1,
                   .shared = kind == 0};
  weft::memory::Timings& t = part.clocks;
  t = {.burst = from(1, 3),
       .cl = from(3, 20),
       .cwl = from(2, 10),
       .rcd_read = from(3, 20),
       .rcd_write = from(3, 20),
       .rp = from(3, 20)};
  t.ras = std::max(t.rcd_read, t.rcd_write) + from(1, 30);
  t.rc = t.ras + t.rp + from(0, 9);
  t.ccd_s = t.burst + from(0, 2);
  t.ccd_l = t.ccd_s + from(0, 4);
  if (part.organisation.stack_ids > 1) t.ccd_r = t.ccd_s + from(0, 3);
  t.rrd_s = from(2, 6);
  t.rrd_l = t.rrd_s + from(0, 4);
  t.faw = t.rrd_s + from(0, 40);
  t.wr = from(2, 20);
  t.rtp = from(2, 10);
  t.wtr_s = from(1, 9);
  t.wtr_l = t.wtr_s + from(0, 6);
  t.read_to_write = std::max<std::int64_t>(1, t.cl + t.burst - t.cwl) + from(0, 5);
  if (from(0, 1) == 1) t.ppd = from(1, 3);
  if (from(0, 1) == 1) t.rp_all = t.rp + from(0, 4);
  if (kind == 0 && from(0, 1) == 1) t.wck_postamble = from(0, 30);
  t.rfc = t.rc + from(0, 200);
  t.refi = t.rfc + t.rc + t.rp_all.value_or(t.rp) + from(500, 3000);
  if (from(0, 1) == 1) {
    t.rrefd = from(1, 9);
    t.rfc_bank = t.rc + from(0, t.rfc - t.rc);
    const std::int64_t turn = (*t.rfc_bank + t.rc + t.rp) / part.organisation.all_banks() + 1;
    t.refi_bank = std::max(turn, t.rc + t.rp + *t.rrefd + 1) + from(50, 200);
    t.refi = std::max(t.refi, *t.refi_bank);
  }
  return part;
}

}  // namespace weft::sim::memory
