// Exchange with Accelergy: the form of what is written, round trips, and refusals of what is read.
#include "models/cost/accelergy.hpp"

#include <yaml-cpp/yaml.h>

#include "tests/cost/support.hpp"

namespace weft::cost::test {
namespace {

const Components kComponents{
    .root = "engine",
    .arrays = {{"array_1d", {"macc", "multiply", "add", "max", "exp", "divide"}},
               {"array_2d", {"macc", "max"}}},
    .buffer_bytes = 1 << 20,
    .buffer_row_bytes = 1024};
const Frame kFrame{.description = "imported",
                   .node = "45",
                   .voltage_v = 0.9,
                   .buffer_bytes = 1 << 20,
                   .buffer_row_bytes = 1024};

const std::vector<ActionCount> kActions{{"array_2d.macc", "compute", 3e9, 2, 6e9, "a book"},
                                        {"buffer", "read", 1000, 0.25, 250, "a book"},
                                        {"buffer", "write", 10, 0.5, 5, "a book"},
                                        {"buffer", "read", 24, 0.25, 6, "a book"},
                                        {"dram", "read", 1, 62.4, 62.4, "a book"}};

TEST(Accelergy, FormOfTheErt) {
  const Table table = load_table(kTables + "fusemax-as-published-45nm.yaml");
  const YAML::Node root = YAML::Load(energy_reference_table(table, kComponents));
  ASSERT_EQ(root.size(), 1u);
  EXPECT_EQ(root["ERT"]["version"].as<std::string>(), "0.4");
  EXPECT_EQ(root["ERT"]["version"].Tag(), "!");  // quoted: text, not a number
  const YAML::Node tables = root["ERT"]["tables"];
  ASSERT_EQ(tables.size(), 12u);  // eight operations, two register files, buffer, dram
  EXPECT_EQ(tables[0]["name"].as<std::string>(), "engine.array_1d.macc");
  EXPECT_EQ(tables[0]["actions"][0]["name"].as<std::string>(), "compute");
  EXPECT_TRUE(tables[0]["actions"][0]["arguments"].IsMap());
  EXPECT_EQ(tables[0]["actions"][0]["energy"].as<double>(), 17.1645);
  EXPECT_EQ(tables[0]["actions"][0]["energy"].Tag(), "?");  // plain: a number
  EXPECT_EQ(tables[11]["name"].as<std::string>(), "engine.dram");
  EXPECT_DOUBLE_EQ(tables[11]["actions"][0]["energy"].as<double>(), 62.4);
}

TEST(Accelergy, FormOfTheArt) {
  const Table table = load_table(kTables + "fusemax-as-published-45nm.yaml");
  Components components = kComponents;
  components.register_file_words = 40;
  const YAML::Node tables = YAML::Load(area_reference_table(table, components))["ART"]["tables"];
  std::map<std::string, double> areas;
  for (const auto& each : tables) areas[each["name"].as<std::string>()] = each["area"].as<double>();
  EXPECT_EQ(areas.size(), 10u);  // a multiply and DRAM have none
  EXPECT_EQ(areas.at("engine.array_2d.macc"), 1545);
  EXPECT_DOUBLE_EQ(areas.at("engine.array_2d.register_file"), 16791.04 + 6 * 11.63484);
  EXPECT_EQ(areas.at("engine.buffer"), 28616212.48);
}

TEST(Accelergy, ActionCountsAndTheirEnergies) {
  const YAML::Node local = YAML::Load(action_counts(kActions))["action_counts"]["local"];
  ASSERT_EQ(local.size(), 3u);
  EXPECT_EQ(local[0]["name"].as<std::string>(), "engine.array_2d.macc");
  EXPECT_EQ(local[0]["action_counts"][0]["name"].as<std::string>(), "compute");
  EXPECT_EQ(local[0]["action_counts"][0]["counts"].as<double>(), 3e9);
  EXPECT_EQ(local[1]["action_counts"].size(), 2u);
  EXPECT_EQ(local[1]["action_counts"][0]["counts"].as<double>(), 1024);
  const YAML::Node tables = YAML::Load(energy_reference_table(kActions, "chip"))["ERT"]["tables"];
  ASSERT_EQ(tables.size(), 3u);
  EXPECT_EQ(tables[1]["name"].as<std::string>(), "chip.buffer");
  EXPECT_EQ(tables[1]["actions"][1]["energy"].as<double>(), 0.5);
  // What Accelergy would add up is what the run was charged.
  double total = 0;
  for (std::size_t i = 0; i < local.size(); ++i) {
    for (std::size_t j = 0; j < local[i]["action_counts"].size(); ++j)
      total += local[i]["action_counts"][j]["counts"].as<double>() *
               tables[i]["actions"][j]["energy"].as<double>();
  }
  double charged = 0;
  for (const ActionCount& action : kActions) charged += action.pj;
  EXPECT_DOUBLE_EQ(total, charged);
}

TEST(Accelergy, TwoEnergiesOfOneActionAreABrokenContract) {
  std::vector<ActionCount> actions = kActions;
  actions[3].pj_per_action = 0.3;
  EXPECT_THROW(energy_reference_table(actions), ContractError);
}

TEST(Accelergy, AnArraysOperationWithoutEnergyIsRefused) {
  Table table = load_table(kTables + "horowitz-45nm.yaml");
  table.operations.erase("divide");
  const std::string message = refusal([&] { energy_reference_table(table, kComponents); });
  EXPECT_NE(message.find("horowitz-45nm.yaml:"), std::string::npos) << message;
  EXPECT_NE(message.find("operations.divide"), std::string::npos) << message;
}

class AccelergyFiles : public Folder {};

TEST_F(AccelergyFiles, RoundTrip) {
  for (const char* name : {"fusemax-as-published-45nm", "horowitz-45nm"}) {
    SCOPED_TRACE(name);
    const Table table = load_table(kTables + name + ".yaml");
    const std::string ert = write("ert.yaml", energy_reference_table(table, kComponents));
    const std::string art = write("art.yaml", area_reference_table(table, kComponents));
    const Table back = import_accelergy(ert, art, kFrame);
    EXPECT_EQ(back.operations.size(), table.operations.size());
    for (const auto& [operation_name, each] : table.operations) {
      const Operation& other = operation(back, operation_name);
      EXPECT_EQ(other.energy.pj, each.energy.pj);
      EXPECT_EQ(other.energy.source,
                "Accelergy ERT " + ert + ", table engine.array_1d." + operation_name);
      ASSERT_EQ(other.area.has_value(), each.area.has_value());
      if (!each.area) continue;
      EXPECT_EQ(other.area->um2, each.area->um2);
      EXPECT_EQ(other.area->source,
                "Accelergy ART " + art + ", table engine.array_1d." + operation_name);
    }
    EXPECT_EQ(back.register_file.read.pj, table.register_file.read.pj);
    EXPECT_EQ(back.register_file.write.pj, table.register_file.write.pj);
    EXPECT_EQ(back.register_file.area->um2, table.register_file.area->um2);
    EXPECT_EQ(back.register_file.reads_per_macc, 3);
    EXPECT_EQ(buffer_word(back, 1 << 20).read_pj, buffer_word(table, 1 << 20).read_pj);
    EXPECT_EQ(buffer_word(back, 1 << 20).write_pj, buffer_word(table, 1 << 20).write_pj);
    ASSERT_EQ(back.buffer_area.size(), 1u);
    EXPECT_EQ(back.buffer_area[0].um2, 28616212.48);
    EXPECT_EQ(back.buffer_area[0].row_bytes, 1024);
    EXPECT_DOUBLE_EQ(back.dram_per_bit.pj, table.dram_per_bit.pj);
    EXPECT_EQ(back.node, "45");
    // And the import exports to the same text.
    EXPECT_EQ(energy_reference_table(back, kComponents),
              energy_reference_table(table, kComponents));
    EXPECT_EQ(area_reference_table(back, kComponents), area_reference_table(table, kComponents));
  }
}

const std::string kErt = R"(ERT:
  version: 0.4
  tables:
  - name: chip.PE[0..167].macc[1..1]
    actions:
    - {name: compute, arguments: {global_cycles: 1}, energy: 3}
    - {name: leak, energy: 0.1}
  - name: chip.PE[0..167].register_file
    actions: [{name: read, energy: 1}, {name: write, energy: 2}, {name: update, energy: 2}]
  - name: chip.buffer
    actions: [{name: read, energy: 16}, {name: write, energy: 32}]
  - name: chip.dram
    actions: [{name: read, energy: 512}, {name: write, energy: 512}]
)";

TEST_F(AccelergyFiles, AnErtOfAnothersHand) {
  Frame frame = kFrame;
  frame.buffer_action_bytes = 8;
  frame.dram_action_bytes = 8;
  frame.charged = Charged::one_element;
  const std::string file = write("theirs.yaml", kErt);
  const Table table = import_accelergy(file, std::nullopt, frame);
  EXPECT_EQ(table.name, "theirs");
  EXPECT_EQ(operation(table, "macc").energy.pj, 3);
  EXPECT_EQ(operation(table, "macc").energy.source,
            "Accelergy ERT " + file + ", table chip.PE[0..167].macc[1..1]");
  EXPECT_FALSE(operation(table, "macc").area);
  EXPECT_EQ(table.register_file.write.pj, 2);
  EXPECT_EQ(table.register_file.charged, Charged::one_element);
  EXPECT_EQ(buffer_word(table, 1 << 20).read_pj, 4);
  EXPECT_EQ(buffer_word(table, 4 << 20).write_pj, 16);  // twice, by the square root of the capacity
  EXPECT_EQ(table.dram_per_bit.pj, 8);
  EXPECT_NE(refusal([&] { operation(table, "exp"); }).find(file), std::string::npos);
}

TEST_F(AccelergyFiles, EachDirectionOfDramHasItsEnergy) {
  Frame frame = kFrame;
  frame.dram_action_bytes = 8;
  const std::string file =
      write("theirs.yaml", with(kErt, "{name: write, energy: 512}", "{name: write, energy: 640}") +
                               "ERT_summary: {x: 1}\n");
  const Table table = import_accelergy(file, std::nullopt, frame);
  EXPECT_EQ(dram_bit(table, false).pj, 8);
  EXPECT_EQ(dram_bit(table, true).pj, 10);
  EXPECT_EQ(table.dram_write_per_bit->source, "Accelergy ERT " + file + ", table chip.dram");
  const Table same = import_accelergy(write("same.yaml", kErt), std::nullopt, frame);
  EXPECT_FALSE(same.dram_write_per_bit);
  EXPECT_EQ(dram_bit(same, true).pj, 8);
}

// '*' is any text, also none; indices count for nothing; the first entry that fits is taken.
TEST_F(AccelergyFiles, PatternsOfAMap) {
  std::string ert = with(kErt, "chip.buffer", "chip.a[0..3].b_glb[1..1]");
  ert = with(ert, "chip.dram", "chip.DRAM");
  const std::string file = write("theirs.yaml", ert);
  const auto buffer_by = [&](const std::string& pattern) {
    Frame frame = kFrame;
    frame.map_file = write("map.yaml", "map:\n- {component: '" + pattern +
                                           "', is: buffer}\n- {component: '*DRAM', is: dram}\n");
    try {
      return import_accelergy(file, std::nullopt, frame).buffer_energy.front().write_pj == 32;
    } catch (const ConfigError&) {
      return false;
    }
  };
  for (const char* good : {"chip.a.b_glb", "chip.a[0..3].b_glb", "*_glb", "chip.*.b_glb",
                           "chip.a.b_glb*", "*.a*b*", "c*h*i*p*g*l*b"})
    EXPECT_TRUE(buffer_by(good)) << good;
  for (const char* bad : {"chip.a.b", "b_glb", "*_glb.", "chip.**.c", "chip.a.b_glbx", "x*"})
    EXPECT_FALSE(buffer_by(bad)) << bad;
}

struct Fault {
  const char* part;
  const char* by;
  int line;
  const char* message;
};

class AccelergyFaults : public AccelergyFiles {};

TEST_F(AccelergyFaults, EachIsRefusedByFileLineAndReason) {
  const std::vector<Fault> faults{
      {"ERT:", "ART:", 1, "unknown key"},
      {"version: 0.4", "version: 0.2", 2, "ERT.version = '0.2': must be '0.3' or '0.4'"},
      {"energy: 3", "energy: -3", 6, "must be a number from 0"},
      {", energy: 3", "", 6, "ERT.tables[0].actions[0].energy: missing key"},
      {".macc[1..1]", ".mac[1..1]", 4, "did you mean 'macc'?"},
      {"name: compute", "name: mac_random", 6, "no action of macc; Allowed: 'compute'"},
      {"{name: write, energy: 32}", "{name: fill, energy: 32}", 11,
       "no action of buffer; Allowed: 'read' or 'write'"},
      {"{name: read, energy: 16}, ", "", 4,
       "missing action: 'read' of a component whose name ends in 'buffer'"},
      {"chip.dram\n", "chip.two.macc\n", 13, "no action of macc"},
      {"{name: write, energy: 2}", "{name: read, energy: 2}", 9,
       "a second number of 'register_file read', which is 1 in Accelergy ERT"},
      {"actions: [{name: read, energy: 16}, {name: write, energy: 32}]", "actions: []", 11,
       "must be a list of one or more"},
  };
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.by);
    const std::string file = write("faulty.yaml", with(kErt, fault.part, fault.by));
    const std::string message = refusal([&] { import_accelergy(file, std::nullopt, kFrame); });
    EXPECT_NE(message.find(file + ":" + std::to_string(fault.line) + ":"), std::string::npos)
        << message;
    EXPECT_NE(message.find(fault.message), std::string::npos) << message;
  }
}

TEST_F(AccelergyFaults, FaultsOfTheArt) {
  const std::string ert = write("ert.yaml", kErt);
  const auto import = [&](const std::string& text) {
    const std::string art = write("art.yaml", text);
    const std::string message = refusal([&] { import_accelergy(ert, art, kFrame); });
    EXPECT_NE(message.find(art), std::string::npos) << message;
    return message;
  };
  EXPECT_NE(import("ART: {version: '0.4', tables: [{name: chip.macc, area: -1}]}")
                .find("must be a number from 0"),
            std::string::npos);
  EXPECT_NE(import("ART: {version: '0.4', tables: [{name: chip.noc, area: 1}]}")
                .find("the last part of a component's name"),
            std::string::npos);
  EXPECT_NE(
      import("ART: {version: '0.4', tables: [{name: a.macc, area: 1}, {name: b.macc, area: 2}]}")
          .find("a second number of 'macc area'"),
      std::string::npos);
}

TEST_F(AccelergyFaults, FaultsOfTheFrame) {
  const std::string ert = write("ert.yaml", kErt);
  Frame frame = kFrame;
  frame.node = "44 nm";
  frame.voltage_v = 0;
  frame.buffer_bytes = 0;
  frame.dram_action_bytes = -1;
  const std::string message = refusal([&] { import_accelergy(ert, std::nullopt, frame); });
  for (const char* field :
       {"node = '44 nm'", "voltage_v = '0'", "buffer_bytes = '0'", "dram_action_bytes = '-1'"})
    EXPECT_NE(message.find(field), std::string::npos) << message;
  EXPECT_NE(refusal([&] {
              import_accelergy((folder_ / "none.yaml").string(), std::nullopt, kFrame);
            }).find("none.yaml"),
            std::string::npos);
}

}  // namespace
}  // namespace weft::cost::test
