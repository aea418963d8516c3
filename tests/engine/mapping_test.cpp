// The mapper: what a binding leaves open, and that what is taken is the best of all by the analytic
// fidelity.
#include "models/engine/design/mapping.hpp"
#include "models/engine/design/catalog.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "models/engine/analytic/analytic.hpp"
#include "models/engine/run/run_options.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Fidelity;
using weft::engine::Lowering;
using weft::engine::Status;

Shape mapping_shape(std::int64_t length, std::int64_t width = 64) {
  return {.batch = 1,
          .heads = 2,
          .kv_heads = 2,
          .seq_q = length,
          .seq_kv = length,
          .width_qk = width,
          .width_v = width};
}

TEST(Mapping, AlternativesAreEveryCombinationTheFirstOfEachFirst) {
  const auto made = design("flat");
  const auto all = alternatives_of(made.binding());
  ASSERT_EQ(all.size(), 10u);  // five multiples of the tile of queries, two ways to lay out QK
  EXPECT_EQ(all[0].groups[0].tiles.at("p").times->front(), 1);
  EXPECT_EQ(*all[0].groups[0].steps[0].stationary, "QK");
  std::set<std::pair<std::int64_t, std::string>> seen;
  for (const auto& binding : all)
    seen.emplace(binding.groups[0].tiles.at("p").times->front(),
                 *binding.groups[0].steps[0].stationary);
  EXPECT_EQ(seen.size(), all.size());
  EXPECT_EQ(alternatives_of(design("fusemax").binding()).size(), 1u);
  const auto linear = weft::engine::Design::load(
      weft::engine::Catalog(std::string(WEFT_SOURCE_DIR) + "/configs"), "flat-cloud", "linear");
  const auto ways = alternatives_of(linear.binding());
  EXPECT_EQ(ways.size(), 2u * 6u * 2u * 3u * 2u);  // orders, rows, columns, depth, stationary
  std::set<std::vector<std::string>> orders;
  for (const auto& binding : ways) orders.insert(binding.groups[0].loops);
  EXPECT_EQ(orders.size(), 2u);
  EXPECT_EQ(made.lowerings(false).size(), 10u);
  EXPECT_EQ(made.lowerings(true).size(), 10u);
}

// Pruning must not lose anything: every mapping analysed without it.
TEST(Mapping, IsTheBestOfAll) {
  for (const std::string& name : {std::string("flat-16x16"), std::string("unfused-16x16"),
                                  std::string("flat-edge"), std::string("flat")}) {
    const auto made = design(name);
    for (const std::int64_t length : {64, 500, 4096}) {
      for (const std::int64_t width : {16, 64, 100}) {
        const Shape shape = mapping_shape(length, width);
        const auto mapping = map_point(made, workload_of(shape), shape, 1);
        ASSERT_TRUE(mapping.sizing.feasible);
        const double chosen = analyse(*mapping.lowering, mapping.sizing).cycles;
        double least = chosen;
        Total moved = mapping.sizing.moved_bytes;
        for (const Lowering* lowering : made.lowerings(false)) {
          const auto sizing = size_design(
              *lowering, shape, weft::engine::quantities_of(workload_of(shape), shape), 1);
          if (!sizing.feasible) continue;
          const double cycles = analyse(*lowering, sizing).cycles;
          least = std::min(least, cycles);
        }
        for (const Lowering* lowering : made.lowerings(false)) {
          const auto sizing = size_design(
              *lowering, shape, weft::engine::quantities_of(workload_of(shape), shape), 1);
          if (sizing.feasible && analyse(*lowering, sizing).cycles <= 1.005 * least)
            moved = std::min(moved, sizing.moved_bytes);
        }
        EXPECT_LE(chosen, 1.005 * least) << name << " " << length;
        EXPECT_EQ(mapping.sizing.moved_bytes, moved) << name << " " << length;
      }
    }
  }
}

// A row of scores of one query does not fit, whatever the mapping; at a quarter of the length it
// does.
TEST(Mapping, SaysWhatBindsWhereNothingFits) {
  const auto made = design("unfused-edge");
  const Shape shape = mapping_shape(1 << 16);
  const auto mapping = map_point(made, workload_of(shape), shape, 1);
  ASSERT_FALSE(mapping.sizing.feasible);
  EXPECT_EQ(mapping.sizing.reason,
            "none of 5 mappings fits; the nearest: group softmax holds 1179648 bytes at least; the "
            "buffer has 524288");
  const Shape shorter = mapping_shape(1 << 14);
  EXPECT_TRUE(map_point(made, workload_of(shorter), shorter, 1).sizing.feasible);
}

// Where not even one tile of any mapping fits, the point is infeasible like any other that does not
// fit.
TEST(Mapping, ABufferForNoTileAtAllIsInfeasible) {
  const auto made = design("flat", {{"arch.buffer.bytes", "300000"}});
  const Shape shape = mapping_shape(1 << 16, 256);
  const weft::engine::Mapping mapping = map_point(made, workload_of(shape), shape, 1);
  EXPECT_FALSE(mapping.sizing.feasible);
  EXPECT_NE(mapping.sizing.reason.find("none of "), std::string::npos) << mapping.sizing.reason;
}

// A product's sums that do not stay in the elements go through the buffer: read and written for
// each tile.
TEST(Mapping, LinearLayersWithStationaryWeightsPayForTheirPartialSums) {
  const auto catalog = weft::engine::Catalog(std::string(WEFT_SOURCE_DIR) + "/configs");
  const auto made = weft::engine::Design::load(catalog, "flat-cloud", "linear");
  workload::Workload workload = workload_of(mapping_shape(4096));
  workload.model_width = 768;
  Shape shape{.batch = 1,
              .heads = 1,
              .kv_heads = 1,
              .seq_q = 65536,
              .seq_kv = 65536,
              .width_qk = 768,
              .width_v = 768};
  for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
    const Result result = run(made, workload.at(shape), {.fidelity = fidelity});
    ASSERT_EQ(result.status, Status::ok);
    EXPECT_GT(result.useful_macs, 0.9);
    ASSERT_NE(result.mapping.words.find("Z keeps B"), std::string::npos) << result.mapping.words;
    std::uint64_t read = 0;
    std::uint64_t written = 0;
    for (const auto& traffic : result.traffic) {
      if (traffic.level != weft::engine::UnitKind::buffer ||
          traffic.tensor != made.lowering(false).cascade->tensor("Z"))
        continue;
      read += traffic.read_bytes;
      written += traffic.written_bytes;
    }
    // Tiles of 256 along K, three of them: each reads and writes every sum in fp32.
    EXPECT_EQ(read, 65536u * 768u * 4u * 3u);
    EXPECT_EQ(written, 65536u * 768u * 4u * 3u);
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
