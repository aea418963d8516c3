// What goes in comes out: cycles, bytes and operations against sums made another way and against
// closed forms.
#include <algorithm>
#include <map>

#include "models/engine/run/run_options.hpp"
#include "sim/memory/bandwidth_memory.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::ArrayCounter;
using weft::engine::DramCounter;
using weft::engine::UnitKind;
using weft::engine::UnitResult;

constexpr std::int64_t kSide = 16;

struct Events : weft::engine::EventSink {
  bool event(const weft::engine::UnitEvent& event) override {
    all[event.unit].push_back(event);
    return true;
  }
  void gap(std::uint64_t /*begin*/, std::uint64_t /*end*/) override { ++gaps; }
  std::map<int, std::vector<weft::engine::UnitEvent>> all;
  int gaps = 0;
};

std::uint64_t count(const UnitResult& unit, ArrayCounter counter) {
  return unit.counters[static_cast<std::size_t>(counter)];
}
std::uint64_t count(const UnitResult& unit, DramCounter counter) {
  return unit.counters[static_cast<std::size_t>(counter)];
}

const UnitResult& array(const Result& result, const weft::engine::Lowering& lowering,
                        const std::string& name) {
  const auto found = std::find(lowering.array_names.begin(), lowering.array_names.end(), name);
  return unit_of(result, UnitKind::array, static_cast<int>(found - lowering.array_names.begin()));
}

class Conservation : public testing::TestWithParam<std::string> {
 protected:
  const Shape shape_{.batch = 2,
                     .heads = 3,
                     .kv_heads = 3,
                     .seq_q = 211,
                     .seq_kv = 150,
                     .width_qk = 32,
                     .width_v = 24};
  const weft::engine::Design design_ = design(at_side(GetParam(), kSide));
  const weft::engine::Lowering& lowering_ = design_.lowering(false);
  const std::uint64_t heads_ = 6;
  const std::uint64_t pairs_ = heads_ * 211 * 150;  // (key, query)
};

// Figures of the units against the events of a whole run: an array does one thing at a time, its
// busy cycles are theirs.
TEST_P(Conservation, BusyCyclesAreThoseOfTheEvents) {
  Events events;
  const Result result = run_point(design_, shape_, {.exact = true, .events = &events});
  EXPECT_EQ(events.gaps, 0);
  for (const UnitResult& unit : result.units) {
    EXPECT_EQ(unit.busy_cycles + unit.stall_in_cycles + unit.stall_out_cycles + unit.idle_cycles,
              result.cycles);
    if (unit.kind != UnitKind::array) continue;
    auto& mine = events.all[unit.array];
    ASSERT_EQ(mine.size(), count(unit, ArrayCounter::tiles));
    std::sort(mine.begin(), mine.end(),
              [](const auto& a, const auto& b) { return a.begin < b.begin; });
    std::uint64_t busy = 0;
    std::uint64_t until = 0;
    for (const auto& event : mine) {
      ASSERT_GE(event.begin, until) << event.name << " begins before the event before it ends";
      busy += event.end - event.begin;
      until = event.end;
    }
    EXPECT_EQ(busy, unit.busy_cycles);
    EXPECT_LE(until, result.cycles);
    // Whatever the array waited, it waited between its events.
    EXPECT_LE(unit.stall_in_cycles + unit.stall_out_cycles, until - busy);
  }
  EXPECT_GT(events.all.size(), 2u);
}

TEST_P(Conservation, DramMovesWhatTheTensorsSay) {
  const Result result = run_point(design_, shape_);
  const UnitResult& dram = unit_of(result, UnitKind::dram);
  std::uint64_t read = 0;
  std::uint64_t written = 0;
  for (const auto& traffic : result.traffic) {
    if (traffic.level != UnitKind::dram) continue;
    read += traffic.read_bytes;
    written += traffic.written_bytes;
  }
  EXPECT_EQ(count(dram, DramCounter::bytes_read), read);
  EXPECT_EQ(count(dram, DramCounter::bytes_written), written);
  const auto& config = design_.arch().dram;
  const auto burst = static_cast<std::uint64_t>(config.burst_bytes);
  EXPECT_GE(count(dram, DramCounter::read_requests), (read + burst - 1) / burst);
  EXPECT_GE(count(dram, DramCounter::write_requests), (written + burst - 1) / burst);
  EXPECT_GE(static_cast<double>(dram.busy_cycles) * config.bandwidth_bytes_per_s /
                design_.arch().clock_hz,
            static_cast<double>(read + written));
}

// Q, K and V come in at least once and AV goes out at least once, 2 bytes an element. All of it
// fits the buffer here but the scores of `unfused`, so the fused designs move just that. FuseMax at
// this side has a data bus of 32 bytes, on whole beats of which its rows lie: 24 values take 64
// bytes, not 48.
TEST_P(Conservation, TrafficIsAtLeastInputsAndOutputsOnce) {
  const Result result = run_point(design_, shape_);
  const UnitResult& dram = unit_of(result, UnitKind::dram);
  ASSERT_EQ(kSide, 16);
  const std::uint64_t values =
      GetParam() == "fusemax" || GetParam() == "fusemax-architecture" ? 32 : 24;
  const std::uint64_t inputs = heads_ * 2 * (211 * 32 + 150 * 32 + 150 * values);
  const std::uint64_t outputs = heads_ * 2 * 211 * values;
  if (GetParam() == "unfused") {
    // QK and A each out and in again.
    EXPECT_EQ(count(dram, DramCounter::bytes_written), outputs + 2 * 2 * pairs_);
    EXPECT_GE(count(dram, DramCounter::bytes_read), inputs + 2 * 2 * pairs_);
  } else {
    EXPECT_EQ(count(dram, DramCounter::bytes_written), outputs);
    EXPECT_EQ(count(dram, DramCounter::bytes_read), inputs);
  }
}

// QK multiplies E and AV (or SLNV) F numbers for each pair of key and query.
TEST_P(Conservation, OperationsAreThoseOfTheAlgorithm) {
  const Result result = run_point(design_, shape_);
  const UnitResult& big = array(result, lowering_, "array_2d");
  const UnitResult& lanes = array(result, lowering_, "array_1d");
  EXPECT_EQ(count(big, ArrayCounter::macc), pairs_ * (32 + 24));
  const std::uint64_t exps = count(big, ArrayCounter::exp) + count(lanes, ArrayCounter::exp);
  const std::uint64_t divides =
      count(big, ArrayCounter::divide) + count(lanes, ArrayCounter::divide);
  if (GetParam().starts_with("fusemax")) {
    // One exp a score, and one a query and tile of keys (PRM); AV divides once an output.
    const std::uint64_t key_tiles = (150 + kSide - 1) / kSide;
    EXPECT_EQ(exps, pairs_ + heads_ * 211 * key_tiles);
    EXPECT_EQ(divides, heads_ * 211 * 24);
  } else {
    EXPECT_EQ(exps, pairs_);
    EXPECT_EQ(divides, pairs_);
  }
}

INSTANTIATE_TEST_SUITE_P(Designs, Conservation, testing::ValuesIn(kDesigns));

// Grouped key heads are read for each query head; the bound counts them once.
TEST(GroupedHeads, ReadNoLessThanTheirKeysOnce) {
  const Shape shape{.batch = 1,
                    .heads = 4,
                    .kv_heads = 2,
                    .seq_q = 64,
                    .seq_kv = 64,
                    .width_qk = 16,
                    .width_v = 16};
  const Result result = run_point(design("fusemax-16x16"), shape);
  const UnitResult& dram = unit_of(result, UnitKind::dram);
  EXPECT_GE(count(dram, DramCounter::bytes_read), 2u * (4 * 64 * 16 + 2 * 2 * 64 * 16));
  EXPECT_EQ(count(dram, DramCounter::bytes_written), 2u * 4 * 64 * 16);
}

}  // namespace
}  // namespace weft::sim::engine::test
