// No trace of the controller breaks a rule of its part, and the rules can be broken: each is met at
// its limit, and a controller that believes in a shorter time by one clock is caught.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "tests/common/seed.hpp"
#include "tests/memory/dram_checker.hpp"
#include "tests/memory/dram_random.hpp"
#include "tests/memory/dram_support.hpp"

namespace weft::sim::memory {
namespace {

using weft::memory::Access;
using weft::memory::DramPart;
using weft::memory::Page;
using weft::memory::Refresh;
using weft::memory::Scheduler;

// Runs mixes until so many commands have been seen. By rule, the least slack.
std::map<std::string, Cycle> check_random(const std::string& name, std::uint64_t seed,
                                          std::size_t commands) {
  SCOPED_TRACE(name + " " + weft::test::seed_text(seed));
  const DramPart part = part_named(name);
  std::mt19937_64 random(seed);
  std::map<std::string, Cycle> slack;
  for (std::size_t seen = 0; seen < commands;) {
    Mix mix = random_mix(random, part);
    const auto accesses = random_accesses(random, part, 2000 + random() % 6000);
    const StreamResult result = run_stream(mix.config, accesses);
    DramChecker checker(part);
    std::uint64_t served = 0;
    for (const SentCommand& sent : result.commands[0]) {
      checker.see(sent);
      served += sent.command == DramCommand::read || sent.command == DramCommand::write ||
                        sent.command == DramCommand::read_precharge ||
                        sent.command == DramCommand::write_precharge
                    ? 1
                    : 0;
    }
    EXPECT_EQ(served + result.counts.forwarded_reads + result.counts.absorbed_writes,
              accesses.size());
    if (!checker.violations().empty()) {
      ADD_FAILURE() << mix.text << ": " << checker.violations().front();
      return slack;
    }
    seen += result.commands[0].size();
    for (const auto& [rule, least] : checker.slack()) {
      const auto found = slack.emplace(rule, least).first;
      found->second = std::min(found->second, least);
    }
  }
  return slack;
}

// Rules that another one outlasts, always or in all that is likely, and so do not decide.
bool outlasted(const std::string& rule) {
  static const std::set<std::string> kOfBoth{
      "tFAW",                            // four tRRD are more, or what the row bus takes for them
      "tRC, then refresh",               // tRAS and tRP, with a clock between them
      "tRC, then refresh of a bank",     //
      "tRP, all banks",                  // a refresh follows
      "tRP, then refresh",               // and so does a precharge of all banks before that
      "tRFC, then precharge",            // what is open was activated after the refresh
      "tRFC, then refresh",              // tREFI
      "tRFCpb, then refresh of a bank",  // the same
      "tRREFD, refreshes",               // tREFIpb
      "tPPD, all banks",                 // a precharge of all banks comes after accesses
  };
  return kOfBoth.contains(rule);
}

TEST(DramRules, NoneIsBrokenAndEachIsMetAtItsLimit) {
  for (const char* part : {"hbm2", "hbm3", "ddr4", "lpddr5"}) {
    const auto slack = check_random(part, weft::test::seed_or(1502), 400'000);
    // Columns and activates go on rising edges: an odd gap between them is met half a clock late.
    const Cycle most = part == std::string("hbm3") ? 1 : 0;
    for (const auto& [rule, least] : slack) {
      if (outlasted(rule)) continue;
      // LPDDR5: by then the data clock stands, and CAS goes in the first clock.
      if (part == std::string("lpddr5") && rule == "tWTRS") {
        EXPECT_EQ(least, 1);
        continue;
      }
      EXPECT_LE(least, most) << part << ": " << rule;
    }
    EXPECT_GE(slack.size(), 25U);
  }
}

TEST(DramRulesLong, NoneIsBrokenInTenMillionCommands) {
  for (const char* part : {"hbm2", "hbm3", "ddr4", "lpddr5"})
    check_random(part, weft::test::seed_or(1503), 4'000'000);
}

TEST(DramRules, NoneIsBrokenByAnySoundPart) {
  const std::uint64_t seed = weft::test::seed_or(1509);
  SCOPED_TRACE(weft::test::seed_text(seed));
  std::mt19937_64 random(seed);
  std::size_t commands = 0;
  for (int i = 0; i < 250; ++i) {
    const DramPart part = random_part(random);
    const auto problems = weft::memory::problems_of(part, {});
    ASSERT_TRUE(problems.empty()) << problems.front().text();
    const Mix mix = random_mix(random, part);
    const auto accesses = random_accesses(random, part, 1500);
    const StreamResult result = run_stream(mix.config, accesses);
    DramChecker checker(part);
    for (const SentCommand& sent : result.commands[0]) checker.see(sent);
    ASSERT_TRUE(checker.violations().empty())
        << "part " << i << ", " << mix.text << ": " << checker.violations().front();
    const DramCounts& counts = result.counts;
    ASSERT_EQ(counts.reads + counts.writes + counts.forwarded_reads + counts.absorbed_writes,
              accesses.size());
    commands += result.commands[0].size();
  }
  EXPECT_GT(commands, 250'000U);
}

// The controller has a part whose time is a clock shorter than that of the one it is checked by.
struct Shorter {
  const char* rule;
  std::function<void(DramPart&)> change;
};

const std::vector<Shorter>& shorter_times() {
  static const std::vector<Shorter> kAll{
      {"tRCDRD", [](DramPart& p) { --p.clocks.rcd_read; }},
      {"tRCDWR", [](DramPart& p) { --p.clocks.rcd_write; }},
      {"tRP", [](DramPart& p) { --p.clocks.rp; }},
      {"tRAS", [](DramPart& p) { --p.clocks.ras; }},
      {"tCCDL of reads", [](DramPart& p) { --p.clocks.ccd_l; }},
      {"tCCDL of writes", [](DramPart& p) { --p.clocks.ccd_l; }},
      {"tRRDS", [](DramPart& p) { --p.clocks.rrd_s, --p.clocks.rrd_l; }},
      {"tRRDL", [](DramPart& p) { --p.clocks.rrd_s, --p.clocks.rrd_l; }},
      {"tWR", [](DramPart& p) { --p.clocks.wr; }},
      {"tRTP", [](DramPart& p) { --p.clocks.rtp; }},
      {"tWTRS", [](DramPart& p) { --p.clocks.wtr_s; }},
      {"tWTRL", [](DramPart& p) { --p.clocks.wtr_l; }},
      {"read to write", [](DramPart& p) { --p.clocks.read_to_write; }},
      {"tRFC", [](DramPart& p) { --p.clocks.rfc; }},
      {"tRFCpb", [](DramPart& p) { --*p.clocks.rfc_bank; }},
      {"tRREFD", [](DramPart& p) { --*p.clocks.rrefd; }},
      {"tRC", [](DramPart& p) { p.clocks.rc -= 3, p.clocks.ras -= 3; }},
  };
  return kAll;
}

TEST(DramRules, ATimeOneClockShortIsCaught) {
  for (const char* name : {"hbm2", "hbm3"}) {
    const DramPart truth = part_named(name);
    for (const Shorter& shorter : shorter_times()) {
      DramPart believed = truth;
      shorter.change(believed);
      std::mt19937_64 random(weft::test::seed_or(1504));
      bool caught = false;
      for (int i = 0; i < 60 && !caught; ++i) {
        const Mix mix = random_mix(random, believed);
        const StreamResult result = run_stream(mix.config, random_accesses(random, truth, 3000));
        DramChecker checker(truth);
        for (const SentCommand& sent : result.commands[0]) checker.see(sent);
        for (const std::string& violation : checker.violations())
          caught |= violation.find(std::string(": ") + shorter.rule + ":") != std::string::npos;
      }
      EXPECT_TRUE(caught) << name << ": " << shorter.rule;
    }
  }
}

// The two that only LPDDR5 has.
TEST(DramRules, ADataClockOrAPrechargeOfAllThatIsTooShortIsCaught) {
  const DramPart truth = part_named("lpddr5");
  const auto said = [&](const DramPart& believed) {
    std::mt19937_64 random(weft::test::seed_or(1505));
    std::set<std::string> all;
    for (int i = 0; i < 20; ++i) {
      const Mix mix = random_mix(random, believed);
      const StreamResult result = run_stream(mix.config, random_accesses(random, truth, 3000));
      DramChecker checker(truth);
      for (const SentCommand& sent : result.commands[0]) checker.see(sent);
      for (const std::string& one : checker.violations()) {
        const std::string what = one.substr(one.find(": ") + 2);
        all.insert(what.substr(0, what.find(':')));
      }
    }
    return all;
  };
  EXPECT_EQ(said(truth), std::set<std::string>{});
  DramPart believed = truth;
  --*believed.clocks.rp_all;
  EXPECT_EQ(said(believed), std::set<std::string>{"tRP, all banks, then refresh"});
  believed = truth;
  ++*believed.clocks.wck_postamble;
  EXPECT_EQ(said(believed), std::set<std::string>{"an access while the data clock stands"});
  --*believed.clocks.wck_postamble;
  --*believed.clocks.wck_postamble;
  EXPECT_EQ(said(believed), std::set<std::string>{"the data clock is started while it goes"});
}

// With closed pages an access closes its row exactly when no other that waits hits it: at the end
// every bank is closed, and rows that are come to again and again stay open between.
TEST(DramRules, AClosedPageClosesWithItsLastAccess) {
  for (const char* name : {"hbm2", "hbm3", "ddr4", "lpddr5"}) {
    const DramPart part = part_named(name);
    for (const std::int64_t outstanding : {1, 16, 64}) {
      StreamConfig config = stream_config(part);
      config.channel.control.page = Page::closed;
      config.channel.control.refresh = Refresh::none;
      config.outstanding = outstanding;
      config.keep_commands = true;
      for (const char* pattern : {"seq_read", "random_row", "rw_random"}) {
        const StreamResult result = run_stream(
            config,
            weft::memory::make_stream({pattern, 32, 8192, 1, part.organisation.access_bytes}));
        std::map<std::int32_t, int> open;
        std::uint64_t accesses = 0;
        for (const SentCommand& sent : result.commands[0]) {
          if (sent.command == DramCommand::activate) ++open[sent.bank];
          if (sent.command == DramCommand::read_precharge ||
              sent.command == DramCommand::write_precharge ||
              sent.command == DramCommand::precharge)
            --open[sent.bank];
          accesses +=
              sent.command == DramCommand::read || sent.command == DramCommand::write ? 1 : 0;
        }
        for (const auto& [bank, rows] : open) EXPECT_EQ(rows, 0) << name << pattern << bank;
        // One by one nothing else waits; with many, a row is read while it is open.
        if (pattern != std::string("seq_read")) continue;
        if (outstanding == 1) {
          EXPECT_EQ(accesses, 0U);
        }
        if (outstanding == 64) {
          EXPECT_GT(accesses, 7000U);
        }
      }
    }
  }
}

// What the checker says of states and buses, each by a trace that breaks it.
TEST(DramChecker, CatchesStatesAndBuses) {
  const DramPart two = part_named("hbm2");
  const DramPart three = part_named("hbm3");
  const auto said = [](const DramPart& part, const std::vector<SentCommand>& trace) {
    DramChecker checker(part);
    for (const SentCommand& sent : trace) checker.see(sent);
    std::string all;
    for (const std::string& one : checker.violations()) all += one + "; ";
    return all;
  };
  using enum DramCommand;
  const auto has = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  EXPECT_EQ(said(two, {{1, activate, 0, 7}, {16, read, 0, 7}, {36, precharge, 0, 0}}), "");
  has(said(two, {{1, activate, 0, 7}, {15, read, 0, 7}}), "tRCDRD: 13 ticks, must be 14");
  has(said(two, {{1, activate, 0, 7}, {16, read, 0, 8}}), "another row");
  has(said(two, {{16, read, 0, 8}}), "closed bank");
  has(said(two, {{1, activate, 0, 7}, {60, activate, 0, 8}}), "open bank");
  has(said(two, {{1, precharge, 0, 0}}), "closed bank");
  has(said(two, {{1, activate, 0, 7}, {60, refresh_bank, 0, 0}}), "refresh of an open bank");
  has(said(two, {{1, activate, 3, 7}, {60, refresh_all, 0, 0}}), "refresh of an open bank");
  has(said(two, {{1, activate, 0, 7}, {2, activate, 16, 7}}), "bus is taken");
  EXPECT_EQ(said(two, {{1, activate, 0, 7}, {3, activate, 16, 7}}), "");
  has(said(three, {{2, activate, 0, 7}}), "falling edges");
  has(said(three, {{1, activate, 0, 7}, {64, read, 0, 7}, {66, read, 0, 7}}), "falling edges");
  has(said(three, {{1, activate, 5, 7}, {4, precharge, 5, 0}}), "beside");
  has(said(three, {{301, refresh_all, 0, 0}, {302, precharge, 5, 0}}), "beside");
  const DramPart low = part_named("lpddr5");
  const SentCommand opens{1, activate, 0, 7}, starts{17, start_clock, 0, 0}, reads{18, read, 0, 7};
  EXPECT_EQ(said(low, {opens, starts, reads, {37, read, 0, 7}}), "");
  has(said(low, {opens, reads}), "data clock stands");
  has(said(low, {opens, starts, reads, {38, read, 0, 7}}), "data clock stands");
  has(said(low, {opens, starts, reads, {37, start_clock, 0, 0}, {38, read, 0, 7}}),
      "while it goes");
  has(said(low, {opens, starts, {19, read, 0, 7}}), "does not follow");
  has(said(low, {opens, starts, {18, precharge, 1, 0}}), "does not follow");
}

}  // namespace
}  // namespace weft::sim::memory
