// Every kind of fault in a cost table's file is refused by file, line, field and reason.
#include "models/cost/table.hpp"
#include "tests/cost/support.hpp"

namespace weft::cost::test {
namespace {

struct TableFault {
  const char* what;
  const char* part;
  const char* by;
  int line;
  const char* message;
};

const std::vector<TableFault> kFaults{
    {"unknown key", "voltage_v: 0.9", "voltage_v: 0.9\nvolts: 1", 4, "volts: unknown key; "},
    {"near key", "dram_per_bit", "dram_per_bits", 21, "did you mean 'dram_per_bit'?"},
    {"unknown key within", "um2: 10,", "um2: 10, mm2: 1,", 7,
     "operations.macc.area.mm2: unknown key; did you mean 'um2'?"},
    {"missing key", "node: 45\n", "", 1, "node: missing key"},
    {"missing energy", "    energy: {pj: 2, source: a book}\n", "", 6,
     "operations.macc.energy: missing key"},
    {"missing source", "{pj: 2, source: a book}", "{pj: 2}", 6,
     "operations.macc.energy.source: missing key"},
    {"missing charge", "  charged: every_element\n", "", 9, "register_file.charged: missing key"},
    {"empty source", "{pj: 2, source: a book}", "{pj: 2, source: ''}", 6,
     "operations.macc.energy.source: must be text"},
    {"blank source", "{pj: 2, source: a book}", "{pj: 2, source: '  '}", 6,
     "must say where the number comes from"},
    {"blank source in a list", "source: the large one", "source: ' '", 18,
     "buffer_energy[1].source = ' ': must say where"},
    {"negative energy", "pj: 2", "pj: -2", 6,
     "operations.macc.energy.pj = '-2': must be a number from 0"},
    {"energy in words", "pj: 2", "pj: two", 6,
     "operations.macc.energy.pj = 'two': must be a number"},
    {"infinite energy", "pj: 3.9", "pj: .inf", 21, "dram_per_bit.pj = '.inf': must be a number"},
    {"huge energy", "pj: 3.9", "pj: 1e13", 21, "dram_per_bit.pj = '1e13': must be a number"},
    {"voltage", "voltage_v: 0.9", "voltage_v: 900", 3,
     "voltage_v = '900': must be a number from 0.1 to 10"},
    {"accesses", "reads_per_macc: 3", "reads_per_macc: 17", 12,
     "register_file.reads_per_macc = '17'"},
    {"charged by name", "every_element", "every_elements", 11,
     "did you mean 'every_element'? Allowed: 'one_element' or"},
    {"unknown operation", "  macc:", "  mac:", 5,
     "operations.mac: unknown operation; did you mean 'macc'?"},
    {"operations as a list", "  macc:\n    energy", "  - energy", 5,
     "operations = 'a list': must be a map"},
    {"node in words", "node: 45", "node: HP45", 2,
     "node = 'HP45': must be a node in nm: 130, 90, 65, 45, 32, 20, 16, 14, 10, 7 or"},
    {"node too small", "node: 45", "node: 5", 2, "node = '5': must be a node"},
    {"node too large", "node: 45", "node: 180", 2, "node = '180': must be a node"},
    {"capacities fall", "bytes: 4096", "bytes: 512", 18,
     "buffer_energy[1].bytes = '512': capacities must rise; the one before has 1024"},
    {"capacity twice", "bytes: 4096", "bytes: 1024", 18, "capacities must rise"},
    {"capacity zero", "bytes: 4096", "bytes: 0", 18,
     "buffer_energy[1].bytes = '0': must be a whole number from 1"},
    {"capacity broken", "bytes: 4096", "bytes: 4096.5", 18, "must be a whole number"},
    {"row above capacity", "row_bytes: 16", "row_bytes: 8192", 18,
     "a row is larger than the buffer"},
    {"free at one capacity", "read_pj: 16", "read_pj: 0", 18, "zero at every capacity or at none"},
    {"areas twice", "  - {bytes: 1024, row_bytes: 8, um2: 100, source: a book}\n",
     "  - {bytes: 1024, row_bytes: 8, um2: 100, source: a}\n  - {bytes: 1024, row_bytes: 8, um2: "
     "1, source: b}\n",
     21, "the second entry of 1024 bytes in rows of 8"},
    {"area's row", "row_bytes: 8, um2", "row_bytes: 2048, um2", 20,
     "a row is larger than the buffer"},
    {"key twice", "node: 45", "node: 45\nnode: 32", 3, "the same key stands twice"},
    {"not YAML", "node: 45", "node: [45", 2, "not YAML"},
};

class CostTableFaults : public Folder {};

TEST_F(CostTableFaults, SoundTableLoads) {
  const Table table = load_table(write("mine.yaml", kSound));
  EXPECT_EQ(table.name, "mine");
  EXPECT_EQ(table.node, "45");
  EXPECT_EQ(operation(table, "macc").energy.pj, 2);
}

TEST_F(CostTableFaults, EachIsRefusedByFileLineAndReason) {
  for (const TableFault& fault : kFaults) {
    SCOPED_TRACE(fault.what);
    const std::string file = write("faulty.yaml", with(kSound, fault.part, fault.by));
    const std::string message = refusal([&] { load_table(file); });
    // "not YAML" is said of where the parser gave up.
    const std::string place = std::string(fault.what) == "not YAML"
                                  ? file + ":"
                                  : file + ":" + std::to_string(fault.line) + ":";
    EXPECT_NE(message.find(place), std::string::npos) << message;
    EXPECT_NE(message.find(fault.message), std::string::npos) << message;
  }
}

TEST_F(CostTableFaults, EmptyListsAndFiles) {
  const std::size_t begin = kSound.find("buffer_energy:");
  const std::size_t end = kSound.find("buffer_area:");
  std::string text = kSound;
  text.replace(begin, end - begin, "buffer_energy: []\n");
  const std::string file = write("faulty.yaml", text);
  EXPECT_NE(refusal([&] {
              load_table(file);
            }).find(file + ":16:16: buffer_energy = 'a list': must be a list of one or more"),
            std::string::npos);
  const std::string empty = write("empty.yaml", "");
  EXPECT_NE(refusal([&] { load_table(empty); }).find(empty), std::string::npos);
  const std::string scalar = write("scalar.yaml", "45\n");
  EXPECT_NE(refusal([&] { load_table(scalar); }).find(scalar + ":1"), std::string::npos);
  const std::string missing = (folder_ / "missing.yaml").string();
  EXPECT_NE(refusal([&] { load_table(missing); }).find(missing), std::string::npos);
}

TEST_F(CostTableFaults, AllAtOnce) {
  const std::string text =
      with(with(with(kSound, "node: 45", "node: 4"), "  macc:", "  mac:"), "pj: 3.9", "pj: -1");
  const std::string file = write("faulty.yaml", text);
  try {
    load_table(file);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.problems().size(), 3u) << error.what();
  }
}

TEST_F(CostTableFaults, AnOperationThatIsNotThere) {
  const std::string file = write("mine.yaml", kSound);
  const Table table = load_table(file);
  const std::string message = refusal([&] { operation(table, "divide"); });
  EXPECT_NE(message.find(file + ":5:"), std::string::npos) << message;
  EXPECT_NE(message.find("operations.divide: missing key"), std::string::npos) << message;
  EXPECT_NE(message.find("cost table mine has only 'macc'"), std::string::npos) << message;
}

}  // namespace
}  // namespace weft::cost::test
