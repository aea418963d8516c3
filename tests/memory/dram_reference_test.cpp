// The controller beside the reference: its micro-probes to the cycle, and every stream of
// tests/data/hbm-streams.csv (measured by Ramulator 2.1).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>

#include "tests/memory/dram_support.hpp"

namespace weft::sim::memory {
namespace {

using weft::memory::Access;
using weft::memory::Refresh;

// "w14 45": the cycles in which accesses are done, w before writes, in order.
std::string completions(StreamConfig config, const std::vector<Access>& accesses) {
  config.keep_completions = true;
  const StreamResult result = run_stream(config, accesses);
  std::vector<std::size_t> order(accesses.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return result.done_at[a] < result.done_at[b];
  });
  std::string text;
  for (const std::size_t i : order) {
    text += (text.empty() ? "" : " ") + std::string(accesses[i].write ? "w" : "") +
            std::to_string(result.done_at[i]);
  }
  return text;
}

std::string completions(const std::vector<Access>& accesses) {
  StreamConfig config = stream_config(part_named("hbm2"));
  config.channel.control.refresh = Refresh::none;
  return completions(config, accesses);
}

Access read_at(const At& at) { return {at.address(), false}; }
Access write_at(const At& at) { return {at.address(), true}; }

TEST(DramProbes, ReadsToTheCycle) {
  EXPECT_EQ(completions({read_at({})}), "32");
  EXPECT_EQ(completions({read_at({}), read_at({.column = 1})}), "32 36");
  EXPECT_EQ(completions({read_at({}), read_at({.half = 1})}), "32 34");
  EXPECT_EQ(
      completions({read_at({}), read_at({.group = 1}), read_at({.group = 2}), read_at({.group = 3}),
                   read_at({.bank = 1}), read_at({.bank = 1, .group = 1})}),
      "32 36 40 44 48 52");
  std::vector<Access> two_rows;
  for (std::uint64_t i = 0; i < 8; ++i)
    two_rows.push_back(read_at({.row = i & 1, .column = i / 2}));
  EXPECT_EQ(completions(two_rows), "32 36 40 44 80 84 88 92");
  EXPECT_EQ(completions({read_at({}), read_at({.column = 1}), read_at({.column = 2})}), "32 36 40");
  EXPECT_EQ(completions({read_at({}), read_at({.column = 1}), read_at({.column = 2}),
                         read_at({.half = 1}), read_at({.half = 1, .column = 1}),
                         read_at({.half = 1, .column = 2})}),
            "32 34 36 38 40 42");
}

TEST(DramProbes, ReadsAndWritesToTheCycle) {
  EXPECT_EQ(completions({read_at({}), write_at({.column = 1})}), "w14 45");
  EXPECT_EQ(completions({write_at({}), read_at({})}), "1 w14");
  EXPECT_EQ(completions({write_at({}), write_at({.row = 1})}), "w14 w63");
}

// Reads of one pseudo-channel hold up the writes of the other as they would those of their own:
// none but the first, whose read has left the queue, goes before the last read has left it.
TEST(DramProbes, WritesOfAnIdlePseudochannelWaitForTheOther) {
  const auto last_of = [](std::uint64_t writes_half) {
    std::vector<Access> accesses;
    for (std::uint64_t i = 0; i < 8; ++i)
      accesses.push_back(read_at({.group = i & 3, .half = 1, .column = i}));
    for (std::uint64_t i = 0; i < 8; ++i)
      accesses.push_back(write_at({.group = i & 3, .half = writes_half, .column = i}));
    return completions(accesses);
  };
  const std::string other = last_of(0);
  EXPECT_EQ(other.substr(0, other.find('w')), "32 36 38 40 42 44 ") << other;
}

// Worked out on paper: ACT-1 and ACT-2 in ticks 1 and 2, tRCD; then CAS where the data clock
// stands, RD or WR in the next tick, and RL and two clocks of data.
TEST(DramProbes, OfLpddr5ToTheCycle) {
  weft::memory::DramPart part = part_named("lpddr5");
  const auto of_window = [&](const std::vector<Access>& accesses, std::int64_t outstanding) {
    StreamConfig config = stream_config(part);
    config.channel.control.refresh = Refresh::none;
    config.outstanding = outstanding;
    return completions(config, accesses);
  };
  const Access first{0, false}, second{32, false};
  EXPECT_EQ(of_window({first}, 64), "37");
  EXPECT_EQ(of_window({first, second}, 64), "37 41");  // tCCDL, and the clock goes
  // One at a time: it stood from tick 38 on, one behind the data, and is started in it.
  EXPECT_EQ(of_window({first, second}, 1), "37 58");
  EXPECT_EQ(of_window({{0, true}}, 64), "w18");
  EXPECT_EQ(of_window({first, {32, true}}, 64), "w30 37");  // RD 18, and 12 from reads to writes
  // Another row of the bank: RD 18, PRE 36 = tRAS behind ACT-2, ACT-2 51, CAS 66.
  EXPECT_EQ(of_window({first, {std::uint64_t{2048} * 16, false}}, 64), "37 86");
  part.clocks.wck_postamble.reset();  // it always goes
  EXPECT_EQ(of_window({first}, 64), "36");
  EXPECT_EQ(of_window({first, second}, 1), "36 56");
}

struct Row {
  std::string pattern, mapping, text;
  std::int64_t bytes = 0, outstanding = 0, requests = 0, cycles = 0;
  double latency = 0, p99 = 0;
  std::uint64_t activates = 0, refreshes = 0;
};

std::vector<Row> rows_of_the_reference() {
  std::ifstream file(std::string(WEFT_SOURCE_DIR) + "/tests/data/hbm-streams.csv");
  std::vector<Row> rows;
  std::string line;
  while (std::getline(file, line)) {
    if (line.starts_with("#") || line.starts_with("pattern")) continue;
    std::stringstream cells(line);
    std::vector<std::string> c;
    for (std::string cell; std::getline(cells, cell, ',');) c.push_back(cell);
    const auto number = [&](std::size_t i) { return c[i].empty() ? 0 : std::stod(c[i]); };
    rows.push_back({c[0].substr(0, c[0].find("_xmany")), c[2], line, std::stoll(c[1]),
                    std::stoll(c[3]), std::stoll(c[4]), std::stoll(c[5]), number(8), number(9),
                    std::stoull(c[10]), std::stoull(c[11])});
  }
  return rows;
}

// Not within a few percent: the rules are the reference's, so each figure is.
TEST(DramReference, EveryStreamToTheCycle) {
  const weft::memory::DramPart part = part_named("hbm2");
  const std::vector<Row> rows = rows_of_the_reference();
  ASSERT_EQ(rows.size(), 56U);
  for (const Row& row : rows) {
    StreamConfig config = stream_config(part, row.mapping);
    config.outstanding = row.outstanding;
    const auto stream = weft::memory::make_stream({row.pattern, row.bytes, row.requests, 1});
    ASSERT_EQ(static_cast<std::int64_t>(stream.size()), row.requests) << row.text;
    const StreamResult result = run_stream(config, stream);
    EXPECT_EQ(result.ticks, row.cycles) << row.text;
    EXPECT_EQ(result.counts.activates, row.activates) << row.text;
    EXPECT_EQ(result.counts.refreshes, row.refreshes) << row.text;
    EXPECT_EQ(result.counts.urgent, 0U) << "patience is for what never ends";
    if (row.latency == 0) continue;
    const double sum =
        std::accumulate(result.read_latencies.begin(), result.read_latencies.end(), 0.0);
    EXPECT_NEAR(sum / static_cast<double>(result.read_latencies.size()), row.latency, 0.0051)
        << row.text;
  }
}

double share(const std::string& pattern, std::int64_t outstanding, const std::string& mapping,
             Refresh refresh = Refresh::all_bank, std::int64_t bytes = 32) {
  const weft::memory::DramPart part = part_named("hbm2");
  StreamConfig config = stream_config(part, mapping);
  config.outstanding = outstanding;
  config.channel.control.refresh = refresh;
  const auto stream = weft::memory::make_stream({pattern, bytes, 32768, 1});
  const StreamResult result = run_stream(config, stream);
  return static_cast<double>(stream.size()) / static_cast<double>(result.ticks);
}

// What the page says beside its table.
TEST(DramReference, FiguresOfThePagesText) {
  EXPECT_NEAR(share("seq_read", 16, "ChRaBaRoCo"), 0.184, 0.0005);
  EXPECT_NEAR(share("seq_read", 64, "ChRaBaRoCo"), 0.184, 0.0005);
  // Refresh costs 10.4 % of a saturated stream.
  const double without = share("seq_read", 64, "MOP4CLXOR", Refresh::none);
  EXPECT_NEAR(without / share("seq_read", 64, "MOP4CLXOR") - 1, 0.104, 0.0005);
  EXPECT_LT(share("seq_read", 64, "MOP4CLXOR", Refresh::per_bank),
            share("seq_read", 64, "MOP4CLXOR"));
}

}  // namespace
}  // namespace weft::sim::memory
