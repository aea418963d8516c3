// The shipped tables against the published numbers, and what a word of a buffer costs.
#include "models/cost/table.hpp"

#include <cmath>
#include <iterator>

#include "tests/cost/support.hpp"

namespace weft::cost::test {
namespace {

Table shipped(const std::string& name) { return load_table(kTables + name + ".yaml"); }

double pj(const Table& table, const std::string& name) { return operation(table, name).energy.pj; }

TEST(CostTables, FuseMaxAsPublished) {
  const Table table = shipped("fusemax-as-published-45nm");
  EXPECT_EQ(table.name, "fusemax-as-published-45nm");
  EXPECT_EQ(table.node, "45");
  EXPECT_EQ(pj(table, "macc"), 17.1645);
  EXPECT_EQ(pj(table, "multiply"), 8.825);
  EXPECT_EQ(pj(table, "add"), 8.3395);
  EXPECT_DOUBLE_EQ(pj(table, "multiply") + pj(table, "add"), pj(table, "macc"));
  EXPECT_EQ(pj(table, "max"), 0.028036);
  EXPECT_EQ(pj(table, "exp"), 94.6475);
  EXPECT_EQ(pj(table, "divide"), 36.251153);
  EXPECT_EQ(table.register_file.read.pj, 2.194455);
  EXPECT_EQ(table.register_file.write.pj, 1.906455);
  EXPECT_EQ(table.register_file.charged, Charged::one_element);
  EXPECT_EQ(table.register_file.reads_per_macc, 3);
  EXPECT_EQ(table.register_file.writes_per_macc, 3);
  EXPECT_EQ(table.register_file.reads_per_operation, 2);
  EXPECT_EQ(table.register_file.writes_per_operation, 1);
  EXPECT_DOUBLE_EQ(table.dram_per_bit.pj * 64, 249.6);

  const BufferWord binding = buffer_word(table, 16 << 20);
  EXPECT_DOUBLE_EQ(binding.read_pj * 256, 12514);
  EXPECT_DOUBLE_EQ(binding.write_pj * 256, 15745);
  EXPECT_NE(binding.source.find("fitted"), std::string::npos);
  const BufferWord flat = buffer_word(table, 32 << 20);
  EXPECT_DOUBLE_EQ(flat.read_pj * 256, 23863);
  EXPECT_DOUBLE_EQ(flat.write_pj * 256, 27094);
}

TEST(CostTables, AreasOfFuseMaxsSweep) {
  for (const char* name : {"fusemax-as-published-45nm", "horowitz-45nm"}) {
    SCOPED_TRACE(name);
    const Table table = shipped(name);
    EXPECT_EQ(operation(table, "macc").area->um2, 1545);
    EXPECT_EQ(operation(table, "add").area->um2, 1030);
    EXPECT_EQ(operation(table, "max").area->um2, 49.28944);
    EXPECT_EQ(operation(table, "exp").area->um2, 8240);
    EXPECT_EQ(operation(table, "divide").area->um2, 23740.9375);
    EXPECT_EQ(table.register_file.area->um2, 16791.04);
    EXPECT_EQ(table.register_file.area_per_address_bit->um2, 11.63484);
    const double published[2][6] = {{53741.5, 115480, 268744, 710656, 2140930, 28616212.48},
                                    {103395, 221984, 438107, 1042380, 2797370, 22647000}};
    EXPECT_EQ(table.buffer_area.size(), 12u);
    int found = 0;
    for (int wide = 0; wide < 2; ++wide) {
      for (int i = 0; i < 6; ++i) {
        const std::int64_t side = 16 << i;
        const std::int64_t width = wide ? 128 : 64;
        const std::int64_t bytes = 16 * side * width * (side == 512 ? 2 : 1);
        for (const BufferArea& entry : table.buffer_area) {
          if (entry.bytes != bytes || entry.row_bytes != 2 * side) continue;
          EXPECT_EQ(entry.um2, published[wide][i]) << side << " " << width;
          EXPECT_NE(
              entry.source.find("E = " + std::to_string(width) + ", side " + std::to_string(side)),
              std::string::npos);
          ++found;
        }
      }
    }
    EXPECT_EQ(found, 12);
  }
}

TEST(CostTables, Horowitz) {
  const Table table = shipped("horowitz-45nm");
  EXPECT_EQ(table.voltage_v, 0.9);
  EXPECT_DOUBLE_EQ(pj(table, "macc"), 1.1 + 0.9);
  EXPECT_EQ(pj(table, "multiply"), 1.1);
  EXPECT_EQ(pj(table, "add"), 0.9);
  EXPECT_EQ(pj(table, "max"), 0.1);
  EXPECT_DOUBLE_EQ(pj(table, "exp"), 6 * pj(table, "macc"));
  EXPECT_DOUBLE_EQ(pj(table, "divide"), 25 * 0.1);
  EXPECT_NE(operation(table, "divide").energy.source.find("estimate"), std::string::npos);
  EXPECT_EQ(table.register_file.charged, Charged::every_element);
  const double exponent = std::log(20.0 / 10.0) / std::log(4.0);
  EXPECT_NEAR(table.register_file.read.pj, 10 * std::pow(128.0 / 8192.0, exponent) / 4, 1e-12);
  EXPECT_EQ(table.register_file.write.pj, table.register_file.read.pj);
  EXPECT_EQ(table.dram_per_bit.pj, 3.9);
  EXPECT_NE(table.dram_per_bit.source.find("1300"), std::string::npos);

  const std::pair<std::int64_t, double> published[] = {
      {8 << 10, 10.0}, {32 << 10, 20.0}, {1 << 20, 100.0}};
  for (const auto& [bytes, energy] : published) {
    EXPECT_DOUBLE_EQ(buffer_word(table, bytes).read_pj, energy / 4);
    EXPECT_DOUBLE_EQ(buffer_word(table, bytes).write_pj, energy / 4);
  }
  const BufferWord large = buffer_word(table, 16 << 20);
  EXPECT_NEAR(large.read_pj, 25 * std::pow(16.0, std::log(5.0) / std::log(32.0)), 1e-9);
  EXPECT_NE(large.source.find("extrapolated between 32 KiB and 1 MiB to 16 MiB, power 0.464"),
            std::string::npos)
      << large.source;
}

// A table whose sources are counted by hand: every number has its own.
TEST(CostTables, EveryNumberHasASource) {
  int tables = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kTables)) {
    SCOPED_TRACE(entry.path().string());
    const Table table = load_table(entry.path().string());
    int numbers = 0;
    const auto sound = [&](const std::string& source) {
      ++numbers;
      EXPECT_GE(source.size(), 10u) << source;
    };
    EXPECT_EQ(table.operations.size(), kOperationNames.size());
    for (const auto& [name, each] : table.operations) {
      sound(each.energy.source);
      if (each.area) sound(each.area->source);
    }
    sound(table.register_file.read.source);
    sound(table.register_file.write.source);
    if (table.register_file.area) sound(table.register_file.area->source);
    if (table.register_file.area_per_address_bit)
      sound(table.register_file.area_per_address_bit->source);
    for (const BufferEnergy& each : table.buffer_energy) sound(each.source);
    for (const BufferArea& each : table.buffer_area) sound(each.source);
    for (const UnitAction& each : table.unit_energy) sound(each.source);
    sound(table.dram_per_bit.source);
    EXPECT_GE(numbers, 30);
    ++tables;
  }
  EXPECT_GE(tables, 2);
}

class CostPage : public Folder {};

TEST_F(CostPage, ItsExampleLoads) {
  std::ifstream in(WEFT_SOURCE_DIR "/docs/units/cost.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const std::size_t begin = page.find("```yaml\n") + 8;
  const std::size_t end = page.find("```", begin);
  ASSERT_LT(end, page.size());
  const Table table = load_table(write("own.yaml", page.substr(begin, end - begin)));
  EXPECT_EQ(table.node, "28");
  EXPECT_EQ(table.buffer_energy.size(), 1u);
}

class CostBufferWord : public Folder {};

TEST_F(CostBufferWord, ExactBetweenAndBeyond) {
  const Table table = load_table(write("mine.yaml", kSound));
  const BufferWord exact = buffer_word(table, 1024);  // 4 and 8 pJ per row of 8 bytes
  EXPECT_DOUBLE_EQ(exact.read_pj, 1);
  EXPECT_DOUBLE_EQ(exact.write_pj, 2);
  EXPECT_EQ(exact.source, "the small one");
  EXPECT_DOUBLE_EQ(buffer_word(table, 4096).read_pj, 2);
  EXPECT_EQ(buffer_word(table, 4096).source, "the large one");

  // Reads 1 to 2 pJ over four times the capacity: power 1/2. Writes 2 and 2: power 0.
  const BufferWord between = buffer_word(table, 2048);
  EXPECT_NEAR(between.read_pj, std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(between.write_pj, 2, 1e-12);
  EXPECT_EQ(between.source,
            "interpolated between 1 KiB and 4 KiB to 2 KiB, power 0.5 of reads and 0 of writes: "
            "the small one; the large one");
  const BufferWord above = buffer_word(table, 16384);
  EXPECT_NEAR(above.read_pj, 4, 1e-12);
  EXPECT_EQ(above.source.rfind("extrapolated between 1 KiB and 4 KiB to 16 KiB, power 0.5", 0), 0u)
      << above.source;
  const BufferWord below = buffer_word(table, 100);
  EXPECT_NEAR(below.read_pj, std::sqrt(100.0 / 1024), 1e-12);
  EXPECT_EQ(below.source.rfind("extrapolated between 1 KiB and 4 KiB to 100 B", 0), 0u)
      << below.source;
}

TEST_F(CostBufferWord, OneEntryIsTheSquareRoot) {
  Table table = load_table(write("mine.yaml", kSound));
  table.buffer_energy.pop_back();
  EXPECT_DOUBLE_EQ(buffer_word(table, 1024).write_pj, 2);
  const BufferWord word = buffer_word(table, 9216);
  EXPECT_NEAR(word.read_pj, 3, 1e-12);
  EXPECT_NEAR(word.write_pj, 6, 1e-12);
  EXPECT_EQ(word.source,
            "extrapolated from 1 KiB to 9 KiB, square root of capacity: the small one");
}

TEST_F(CostBufferWord, NearestTwoOfThree) {
  Table table = load_table(write("mine.yaml", kSound));
  table.buffer_energy.push_back({65536, 2, 32, 2, "the third"});
  EXPECT_NEAR(buffer_word(table, 2048).read_pj, std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(buffer_word(table, 16384).read_pj, 8, 1e-12);  // 2 to 32 over sixteen times: power 1
  EXPECT_NEAR(buffer_word(table, 131072).read_pj, 64, 1e-12);
}

TEST_F(CostBufferWord, FreeBuffersStayFreeAndContractsHold) {
  Table table = load_table(write("mine.yaml", kSound));
  for (BufferEnergy& entry : table.buffer_energy) entry.read_pj = 0;
  EXPECT_EQ(buffer_word(table, 2048).read_pj, 0);
  EXPECT_THROW(buffer_word(table, 0), ContractError);
  table.buffer_energy.clear();
  EXPECT_THROW(buffer_word(table, 1024), ContractError);
}

}  // namespace
}  // namespace weft::cost::test
