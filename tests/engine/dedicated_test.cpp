// What FuseMax has for itself, as its RTL: ports of each tensor, a divider of thirteen stages, a
// data bus with whole beats, and room on a link that is told from registers.
#include <algorithm>
#include <map>

#include "models/engine/run/run_options.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::BufferCounter;
using weft::engine::DramCounter;
using weft::engine::UnitKind;
using weft::engine::UnitResult;

std::uint64_t count_of(const UnitResult& unit, BufferCounter counter) {
  return unit.counters[static_cast<std::size_t>(counter)];
}
std::uint64_t count_of(const UnitResult& unit, DramCounter counter) {
  return unit.counters[static_cast<std::size_t>(counter)];
}

struct DedicatedEvents : weft::engine::EventSink {
  bool event(const weft::engine::UnitEvent& event) override {
    all[std::string(event.name)].push_back(event);
    return true;
  }
  void gap(std::uint64_t /*begin*/, std::uint64_t /*end*/) override {}
  std::map<std::string, std::vector<weft::engine::UnitEvent>> all;
};

Shape square(std::int64_t tokens, std::int64_t width) {
  return {.batch = 1,
          .heads = 2,
          .kv_heads = 2,
          .seq_q = tokens,
          .seq_kv = tokens,
          .width_qk = width,
          .width_v = width};
}

// A firing waits for no port; with few that all tensors share it does, and moves the same rows.
TEST(PortsOfEachTensor, KeepNobodyWaiting) {
  const Shape shape = square(256, 64);
  const Result own = run_point(design("fusemax-16x16"), shape);
  const Result shared = run_point(design("fusemax-16x16", {{"arch.buffer.ports", "shared"},
                                                           {"arch.buffer.banks", "4"},
                                                           {"arch.buffer.read_ports", "3"},
                                                           {"arch.buffer.write_ports", "1"}}),
                                  shape);
  const UnitResult& mine = unit_of(own, UnitKind::buffer);
  const UnitResult& theirs = unit_of(shared, UnitKind::buffer);
  EXPECT_EQ(count_of(mine, BufferCounter::port_wait_cycles), 0u);
  EXPECT_EQ(mine.busy_cycles, 0u);
  EXPECT_GT(count_of(theirs, BufferCounter::port_wait_cycles), 0u);
  EXPECT_GT(theirs.busy_cycles, 0u);
  for (const BufferCounter rows : {BufferCounter::rows_read, BufferCounter::rows_written})
    EXPECT_EQ(count_of(mine, rows), count_of(theirs, rows));
}

// Results leave the divider twelve cycles after they would leave one of a single stage. Two heads
// of one tile each, so that no output waits for room: only the stores are later.
TEST(Divider, DelaysTheOutputByItsDepthAndNothingElse) {
  DedicatedEvents deep;
  DedicatedEvents flat;
  const Result with =
      run_point(design("fusemax-16x16"), square(16, 32), {.exact = true, .events = &deep});
  const Result without = run_point(
      design("fusemax-16x16", {{"arch.arrays.array_1d.operations.divide.latency_cycles", "1"}}),
      square(16, 32), {.exact = true, .events = &flat});
  EXPECT_EQ(with.cycles, without.cycles + 12);
  ASSERT_EQ(deep.all.size(), flat.all.size());
  ASSERT_EQ(deep.all["store AV"].size(), 2u);
  for (const auto& [name, events] : deep.all) {
    const auto& others = flat.all[name];
    ASSERT_EQ(events.size(), others.size()) << name;
    for (std::size_t i = 0; i < events.size(); ++i)
      EXPECT_EQ(events[i].begin - others[i].begin, name == "store AV" ? 12u : 0u) << name;
  }
}

// Three SLNV may be on the link to the lanes: the fourth begins as late as lets its first element
// arrive when RNV is done with the first, but never before the cycle after RNV has begun.
TEST(RoomOnALink, IsThereACycleAfterTheReaderBeganAtTheEarliest) {
  constexpr std::int64_t kSide = 16;
  constexpr std::int64_t kCopies = 3;
  int bound = 0;
  for (const std::int64_t width : {4, 8, 16, 24, 64}) {
    DedicatedEvents events;
    run_point(design("fusemax-16x16"), square(320, width), {.exact = true, .events = &events});
    const auto& made = events.all["SLNV"];
    const auto& read = events.all["RNV"];
    ASSERT_EQ(made.size(), read.size());
    for (std::size_t n = kCopies; n < made.size(); ++n) {
      const auto begin = static_cast<std::int64_t>(read[n - kCopies].begin);
      const auto end = static_cast<std::int64_t>(read[n - kCopies].end);
      const std::int64_t room = std::max(end - kSide, begin + 1);
      ASSERT_GE(static_cast<std::int64_t>(made[n].begin), room)
          << "width " << width << ", tile " << n;
      bound += static_cast<std::int64_t>(made[n].begin) == room ? 1 : 0;
    }
  }
  EXPECT_GT(bound, 0) << "the rule never bound";
}

struct Row {
  int side;
  std::int64_t width;
  std::int64_t row_bytes;    // in memory
  std::int64_t burst_bytes;  // largest request
};

class PaddedRows : public testing::TestWithParam<Row> {};

// By hand: 2 · side bytes a beat, rounded up to a power of two, up to side 64; a burst of 8. Every
// row of Q, K, V and the output is moved in whole beats.
TEST_P(PaddedRows, AreMovedInWholeBeats) {
  const Row row = GetParam();
  const auto made = design(at_side("fusemax", row.side));
  EXPECT_EQ(made.arch().dram.burst_bytes, row.burst_bytes);
  EXPECT_EQ(made.arch().dram.bus_bytes.has_value(), row.side <= 64);
  const std::int64_t tokens = 2 * row.side + 3;
  Shape shape = square(tokens, row.width);
  const Result result = run_point(made, shape);
  const auto tensor = static_cast<std::uint64_t>(shape.heads * tokens * row.row_bytes);
  const UnitResult& dram = unit_of(result, UnitKind::dram);
  EXPECT_EQ(count_of(dram, DramCounter::bytes_read), 3 * tensor);  // all queries are one block
  EXPECT_EQ(count_of(dram, DramCounter::bytes_written), tensor);
  for (const auto& traffic : result.traffic) {
    const bool dram_level = traffic.level == UnitKind::dram;
    EXPECT_TRUE(!dram_level || traffic.read_bytes + traffic.written_bytes == tensor);
  }
  const Result closed = run_point(made, shape, {.fidelity = weft::engine::Fidelity::analytic});
  const UnitResult& counted = unit_of(closed, UnitKind::dram);
  EXPECT_EQ(count_of(counted, DramCounter::bytes_read), 3 * tensor);
  EXPECT_EQ(count_of(counted, DramCounter::bytes_written), tensor);
}

INSTANTIATE_TEST_SUITE_P(Sides, PaddedRows,
                         testing::Values(Row{4, 20, 40, 64}, Row{4, 3, 8, 64}, Row{8, 20, 48, 128},
                                         Row{8, 64, 128, 128}, Row{12, 20, 64, 256},
                                         Row{16, 20, 64, 256}, Row{16, 64, 128, 256},
                                         Row{32, 20, 64, 512}, Row{32, 32, 64, 512},
                                         Row{33, 20, 128, 1024}, Row{64, 20, 128, 1024},
                                         Row{65, 20, 40, 1040}));

// Designs with another architecture have no bus at any side.
TEST(DataBus, IsOfFuseMaxAlone) {
  for (const std::string& name : kDesigns) {
    const bool fusemax = name == "fusemax" || name == "fusemax-architecture";
    EXPECT_EQ(design(at_side(name, 16)).arch().dram.bus_bytes.value_or(0), fusemax ? 32 : 0)
        << name;
    EXPECT_FALSE(design(name).arch().dram.bus_bytes.has_value()) << name;
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
