// Node scaling against the paper's example and its own properties.
#include "models/cost/scaling.hpp"

#include <vector>

#include "tests/cost/support.hpp"

namespace weft::cost::test {
namespace {

const std::vector<std::string> kNodes{"130", "90", "65", "45", "32", "20", "16", "14", "10", "7"};

TEST(CostScaling, ThePapersExample) {
  EXPECT_NEAR(energy_factor({"65", 1.3}, {"32", 0.9}), 0.1755, 1e-4);
}

// E(V) worked by hand: 45 nm at 0.9 V 0.69885, 7 nm at 0.7 V 0.0478150.
TEST(CostScaling, WorkedByHand) {
  EXPECT_NEAR(energy_factor({"45", 0.9}, {"7", 0.7}), 0.047815 / 0.69885, 1e-6);
  EXPECT_NEAR(area_factor("45", "32"), 0.46, 1e-12);
  EXPECT_NEAR(area_factor("45", "7"), 0.059, 1e-12);
  EXPECT_NEAR(area_factor("65", "45"), 0.66, 1e-12);
  EXPECT_NEAR(area_factor("90", "45"), 0.35, 1e-12);
  EXPECT_NEAR(area_factor("130", "45"), 0.16, 1e-12);
  EXPECT_NEAR(area_factor("65", "32"), 0.66 * 0.46, 1e-12);
}

TEST(CostScaling, RoundTripsAndChains) {
  int pairs = 0;
  for (const std::string& from : kNodes) {
    for (const std::string& to : kNodes) {
      EXPECT_NEAR(energy_factor({from, 1.1}, {to, 0.8}) * energy_factor({to, 0.8}, {from, 1.1}), 1,
                  1e-12);
      EXPECT_NEAR(area_factor(from, to) * area_factor(to, from), 1, 1e-12);
      EXPECT_NEAR(energy_factor({from, 1.1}, {"28", 0.9}) * energy_factor({"28", 0.9}, {to, 0.8}),
                  energy_factor({from, 1.1}, {to, 0.8}),
                  1e-12 * energy_factor({from, 1.1}, {to, 0.8}));
      ++pairs;
    }
  }
  EXPECT_EQ(pairs, 100);
}

TEST(CostScaling, FallsWithTheNodeAndTheVoltage) {
  double energy = 1e9;
  double area = 1e9;
  for (const char* node : {"130", "110", "90", "65", "55", "45", "40", "32", "28", "22", "20", "16",
                           "14", "12", "10", "8", "7"}) {
    const double next = energy_factor({"45", 0.9}, {node, 0.9});
    EXPECT_LT(next, energy) << node;
    EXPECT_LT(area_factor("45", node), area) << node;
    energy = next;
    area = area_factor("45", node);
  }
  for (const std::string& node : kNodes) {
    for (double volts = 0.6; volts < 1.3; volts += 0.1)
      EXPECT_GT(energy_factor({node, volts}, {node, volts + 0.1}), 1) << node << " " << volts;
  }
}

TEST(CostScaling, BetweenNodesIsSaid) {
  EXPECT_EQ(node_remark("45"), "");
  EXPECT_EQ(node_remark("28"), "28 nm interpolated between 32 and 20 nm");
  EXPECT_EQ(node_remark("40"), "40 nm interpolated between 45 and 32 nm");
  const double at = energy_factor({"45", 0.9}, {"40", 0.9});
  EXPECT_LT(at, 1);
  EXPECT_GT(at, energy_factor({"45", 0.9}, {"32", 0.9}));
  const Table table = scaled(load_table(kTables + "horowitz-45nm.yaml"), "28", 0.9);
  EXPECT_NE(
      operation(table, "macc").energy.source.find(", 28 nm interpolated between 32 and 20 nm"),
      std::string::npos);
}

TEST(CostScaling, ATableButItsDram) {
  const Table table = load_table(kTables + "horowitz-45nm.yaml");
  const Table small = scaled(table, "7", 0.7);
  const double energy = energy_factor({"45", 0.9}, {"7", 0.7});
  const std::string remark =
      "; scaled from 45 nm 0.9 V to 7 nm 0.7 V after Stillmaker and Baas 2017";
  EXPECT_EQ(small.node, "7");
  EXPECT_EQ(small.voltage_v, 0.7);
  for (const auto& [name, each] : table.operations) {
    EXPECT_DOUBLE_EQ(small.operations.at(name).energy.pj, each.energy.pj * energy);
    EXPECT_EQ(small.operations.at(name).energy.source, each.energy.source + remark);
    ASSERT_EQ(small.operations.at(name).area.has_value(), each.area.has_value());
    if (!each.area) continue;
    EXPECT_DOUBLE_EQ(small.operations.at(name).area->um2, each.area->um2 * 0.059);
  }
  EXPECT_DOUBLE_EQ(small.register_file.read.pj, 0.3125 * energy);
  EXPECT_DOUBLE_EQ(small.register_file.area->um2, 16791.04 * 0.059);
  EXPECT_EQ(small.register_file.write.source, table.register_file.write.source + remark);
  EXPECT_DOUBLE_EQ(buffer_word(small, 1 << 20).write_pj, 25 * energy);
  EXPECT_EQ(small.buffer_energy[0].source, table.buffer_energy[0].source + remark);
  EXPECT_DOUBLE_EQ(small.buffer_area[3].um2, table.buffer_area[3].um2 * 0.059);
  EXPECT_EQ(small.dram_per_bit.pj, 3.9);
  EXPECT_EQ(small.dram_per_bit.source, table.dram_per_bit.source);

  const Table back = scaled(small, "45", 0.9);
  EXPECT_NEAR(operation(back, "macc").energy.pj, 2, 1e-12);
  const Table same = scaled(table, "45", 0.9);
  EXPECT_EQ(operation(same, "macc").energy.source, operation(table, "macc").energy.source);
}

TEST(CostScalingFaults, NodesAndVoltagesOutsideThePaper) {
  const Table table = load_table(kTables + "horowitz-45nm.yaml");
  for (const char* node : {"3", "180", "HP45", "", "45nm"}) {
    EXPECT_NE(refusal([&] { scaled(table, node, 0.9); }).find("must be a node in nm"),
              std::string::npos)
        << node;
  }
  EXPECT_NE(refusal([&] { scaled(table, "65", 0.5); }).find("must be 0.586 V or more"),
            std::string::npos);
  EXPECT_NE(refusal([&] { scaled(table, "7", 0.2); }).find("voltage_v = '0.2'"), std::string::npos);
}

}  // namespace
}  // namespace weft::cost::test
