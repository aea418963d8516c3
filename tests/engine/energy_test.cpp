// Energy is a sum of counters: against counts written down here from the cascade, not from the code
// that counts.
#include "models/engine/result/energy.hpp"
#include "models/engine/result/area.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::Fidelity;

std::string cost_file(const std::string& name) {
  return std::string(WEFT_SOURCE_DIR) + "/configs/cost/" + name + ".yaml";
}

std::map<std::string, double> counts_of(const Result& result,
                                        const weft::engine::Lowering& lowering,
                                        const cost::Table& table) {
  std::map<std::string, double> counts;
  for (const cost::ActionCount& action : energy_of(result, lowering, table)) {
    EXPECT_DOUBLE_EQ(action.pj, action.count * action.pj_per_action);
    EXPECT_FALSE(action.source.empty()) << action.component;
    counts[action.component + " " + action.action] = action.count;
  }
  return counts;
}

constexpr double kEnergyBatch = 2, kEnergyHeads = 3, kEnergyLength = 64, kEnergyWidth = 16,
                 kEnergySide = 16;
const Shape kEnergyShape{.batch = 2,
                         .heads = 3,
                         .kv_heads = 3,
                         .seq_q = 64,
                         .seq_kv = 64,
                         .width_qk = 16,
                         .width_v = 16};

// FuseMax's Einsums (MICRO 2024, cascade 5), counted by hand for tiles of 16 × 16.
TEST(Energy, FuseMaxIsItsEinsumsCountedByHand) {
  const auto made = design("fusemax-16x16");
  const auto table = cost::load_table(cost_file("horowitz-45nm"));
  const double scores = kEnergyBatch * kEnergyHeads * kEnergyLength * kEnergyLength;
  const double vectors = scores / kEnergySide;  // a key tile and a query
  const double outputs = kEnergyBatch * kEnergyHeads * kEnergyLength * kEnergyWidth;
  for (const Fidelity fidelity : {Fidelity::analytic, Fidelity::systemc}) {
    const Result result = run_point(made, kEnergyShape, {.fidelity = fidelity});
    const auto counts = counts_of(result, made.lowering(false), table);
    EXPECT_DOUBLE_EQ(counts.at("array_2d.macc compute"),
                     scores * (2 * kEnergyWidth + 6));            // QK, SLNV, an exp of six MACCs
    EXPECT_DOUBLE_EQ(counts.at("array_2d.max compute"), scores);  // LM
    EXPECT_DOUBLE_EQ(counts.at("array_2d.add compute"), 2 * scores);    // subtract, SLD
    EXPECT_DOUBLE_EQ(counts.at("array_1d.macc compute"), vectors * 6);  // PRM's exp
    EXPECT_DOUBLE_EQ(counts.at("array_1d.multiply compute"),
                     vectors * (1 + kEnergyWidth));  // SPD, SPNV
    EXPECT_DOUBLE_EQ(counts.at("array_1d.add compute"),
                     vectors * (2 + kEnergyWidth));                   // PRM's subtract, RD, RNV
    EXPECT_DOUBLE_EQ(counts.at("array_1d.max compute"), vectors);     // RM
    EXPECT_DOUBLE_EQ(counts.at("array_1d.divide compute"), outputs);  // AV
    EXPECT_DOUBLE_EQ(counts.at("dram write"), outputs);
    EXPECT_DOUBLE_EQ(counts.at("dram read"), 3 * outputs);  // Q, K and V, once
    // Words of the buffer. Of each vector: Q, K and V; RM for itself, SLN and PRM; RD; RNV; the
    // last three of fp32, two words. Of each query: RNV and RD for AV. And what goes to and comes
    // from the DRAM.
    const double queries = kEnergyBatch * kEnergyHeads * kEnergyLength;
    EXPECT_DOUBLE_EQ(counts.at("buffer read"),
                     vectors * (3 * kEnergyWidth + 3 * 2 + 2 + 2 * kEnergyWidth) +
                         queries * (2 * kEnergyWidth + 2) + outputs);
    EXPECT_DOUBLE_EQ(counts.at("buffer write"),
                     vectors * (2 + 2 + 2 * kEnergyWidth) + outputs + 3 * outputs);
    // Three reads and three writes a MACC, two and one any other operation.
    const double maccs = scores * (2 * kEnergyWidth + 6);
    EXPECT_DOUBLE_EQ(counts.at("array_2d.register_file read"), 3 * maccs + 2 * 3 * scores);
    EXPECT_DOUBLE_EQ(counts.at("array_2d.register_file write"), 3 * maccs + 3 * scores);
  }
}

// As published, one register file of all is charged: 256 times fewer reads than where every
// element's is.
TEST(Energy, RegisterFilesOfOneElementOrOfAll) {
  const auto made = design("fusemax-16x16");
  auto table = cost::load_table(cost_file("fusemax-as-published-45nm"));
  const Result result = run_point(made, kEnergyShape, {.fidelity = Fidelity::analytic});
  ASSERT_EQ(table.register_file.charged, cost::Charged::one_element);
  const double one =
      counts_of(result, made.lowering(false), table).at("array_2d.register_file read");
  table.register_file.charged = cost::Charged::every_element;
  const double all =
      counts_of(result, made.lowering(false), table).at("array_2d.register_file read");
  EXPECT_DOUBLE_EQ(all, one * kEnergySide * kEnergySide);
  EXPECT_GT(one, 0);
}

TEST(Energy, AnOperationWithoutAnEnergyIsRefused) {
  const auto made = design("flat-16x16");
  auto table = cost::load_table(cost_file("horowitz-45nm"));
  const Result result = run_point(made, kEnergyShape, {.fidelity = Fidelity::analytic});
  EXPECT_NO_THROW(energy_of(result, made.lowering(false), table));
  table.operations.erase("exp");
  EXPECT_THROW(energy_of(result, made.lowering(false), table), ConfigError);
}

// The published area of FuseMax's 2D array: 256² register files, maxima and MACs
// (fusemax-pareto.csv has it with 8 address bits).
TEST(Area, OfTheTwoDimensionalArrayIsThePublishedOneWithoutItsAddressBits) {
  const auto table = cost::load_table(cost_file("fusemax-as-published-45nm"));
  const auto report = area_of(design("fusemax").arch(), table);
  double array_2d = 0;
  for (const auto& item : report.items) {
    if (item.component.starts_with("array_2d.")) array_2d += item.um2;
  }
  EXPECT_NEAR(array_2d, 256.0 * 256.0 * (16791.04 + 49.28944 + 1545), 1e-3);
  EXPECT_FALSE(report.missing.empty());  // the buffer's area at 16 MiB is published nowhere
}

// Two buffers of one capacity stand in the table; rows decide between them, and rows of another
// width are none of ours.
TEST(Area, ABufferIsFoundByItsCapacityAndItsRows) {
  const auto table = cost::load_table(cost_file("fusemax-as-published-45nm"));
  weft::engine::Architecture arch = design("fusemax").arch();
  const auto buffer_um2 = [&](std::int64_t bytes, std::int64_t row_bytes) {
    arch.buffer.bytes = bytes;
    arch.buffer.row_bytes = row_bytes;
    for (const auto& item : area_of(arch, table).items) {
      if (item.component == "buffer") return item.um2;
    }
    return 0.0;
  };
  EXPECT_EQ(buffer_um2(32 << 10, 32), 103395);
  EXPECT_EQ(buffer_um2(32 << 10, 64), 115480);
  EXPECT_EQ(buffer_um2(32 << 10, 128), 115480);
  EXPECT_EQ(buffer_um2(32 << 10, 256), 0);
}

}  // namespace
}  // namespace weft::sim::engine::test
